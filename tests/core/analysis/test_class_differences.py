"""Two networks class by class, against scikit-learn, SciPy and statsmodels."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import f1_score, precision_score, recall_score
from statsmodels.stats.multitest import multipletests

from core.analysis.class_differences import WORDS, ClassDifferences, class_differences
from core.control import Control
from core.errors import Cancelled
from core.evaluation.predictions import Predictions
from core.evaluation.statistics import ONE_FOLD
from core.evaluation.summary import NetworkRow, summarise
from core.runs import list_runs
from core.workspace import Workspace
from tests.gui.make_runs import NETWORKS, make_study, synthetic_clips

SCORERS = {"recall": recall_score, "precision": precision_score, "f1": f1_score}


def networks(workspace: Workspace) -> tuple[NetworkRow, ...]:
    return summarise(list_runs(workspace)).networks


def compare(a: NetworkRow, b: NetworkRow, score: str = "recall") -> ClassDifferences:
    found = class_differences(a, b, score, Control(), lambda progress: None)
    assert found is not None
    return found


def by_fold(network: NetworkRow, score: str, label: int) -> dict[int, float]:
    """Of each fold the mean over its seeds, by scikit-learn."""
    values: dict[int, list[float]] = {}
    for run in network.runs:
        said = run.folder.predictions()
        value = SCORERS[score](said.labels, said.predicted, labels=[label], average=None, zero_division=np.nan)[0]
        values.setdefault(run.spec.fold, []).append(float(value))
    return {fold: float(np.mean(several)) for fold, several in values.items()}


@pytest.mark.parametrize("score", WORDS)
def test_means_intervals_and_p_values_are_those_of_other_libraries(workspace: Workspace, score: str) -> None:
    make_study(workspace, synthetic_clips(5, per_class=48), networks=NETWORKS[::2], seeds=(0, 1))
    a, b = networks(workspace)
    found = compare(a, b, score)
    assert (found.folds, found.seeds) == (4, 2)
    p_values = []
    for label, pair in enumerate(found.classes):
        of_a, of_b = by_fold(a, score, label), by_fold(b, score, label)
        folds = [fold for fold in of_a if np.isfinite(of_a[fold]) and np.isfinite(of_b[fold])]
        assert len(folds) == 4 and pair.clips == 48
        gaps = np.array([of_a[fold] - of_b[fold] for fold in folds])
        error = np.sqrt((1 / 4 + 1 / 3) * gaps.var(ddof=1))  # a fold is tested on a third of what it is trained on
        assert pair.a.value == pytest.approx(np.mean([of_a[fold] for fold in folds]))
        assert pair.difference.mean == pytest.approx(gaps.mean())
        low, high = stats.t.interval(0.95, 3, loc=gaps.mean(), scale=error)
        assert (pair.difference.low, pair.difference.high) == pytest.approx((low, high))
        p_values.append(pair.difference.p)
        assert pair.difference.p == pytest.approx(2 * stats.t.sf(abs(gaps.mean()) / error, 3))
    adjusted = multipletests(p_values, method="holm")[1]
    assert [pair.adjusted_p for pair in found.classes] == pytest.approx(adjusted)
    assert {pair.name for pair in found.classes if pair.told_apart} == {
        found.classes[label].name for label in np.flatnonzero(adjusted < 0.05)
    }
    gaps = [found.classes[label].difference.mean for label in found.order()]
    assert gaps == sorted(gaps, reverse=True)


def test_what_is_said_fits_the_figures(workspace: Workspace) -> None:
    make_study(workspace, synthetic_clips(101, per_class=8), networks=NETWORKS[::2])
    a, b = networks(workspace)
    found = compare(a, b)
    above = sum(pair.difference.mean > 1e-12 for pair in found.classes)
    assert f"above {b.label} in {above} of 101 classes" in found.summary()
    assert f"After Holm over {found.tests} comparisons" in found.summary() and "exploratory" in found.summary()
    worst = found.order()[-1]
    assert found.worse(worst) == a.label and found.worse(found.order()[0]) == b.label
    assert a.label in found.sentence(worst) and "corrected resampled t-test" in found.sentence(worst)
    table = found.table()
    assert [row[0] for row in table.rows] == [found.classes[label].name for label in found.order()]
    assert table.rows[-1][3].startswith("−")


def test_one_fold_has_no_interval_and_other_clips_no_comparison(workspace: Workspace) -> None:
    runs = make_study(workspace, synthetic_clips(4, per_class=8), networks=NETWORKS[:2], folds=(1,))
    a, b = networks(workspace)
    found = compare(a, b)
    assert found.summary().endswith(ONE_FOLD) and found.tests == 0
    assert all(pair.a.low is None and pair.difference.p is None for pair in found.classes)
    said = runs[0].predictions()
    fewer = Predictions(said.classes, said.clip_ids[1:], said.labels[1:], said.probabilities[1:], said.features[1:])
    fewer.save(runs[0].predictions_file)
    assert class_differences(*networks(workspace), "recall", Control(), lambda progress: None) is None


def test_a_class_that_no_clip_has_is_said_and_stands_last(workspace: Workspace) -> None:
    for run in make_study(workspace, synthetic_clips(4, per_class=8), networks=NETWORKS[:2]):
        said = run.predictions()
        kept = said.labels != 0
        Predictions(
            said.classes, said.clip_ids[kept], said.labels[kept], said.probabilities[kept], said.features[kept]
        ).save(run.predictions_file)
    found = compare(*networks(workspace))
    assert found.order()[-1] == 0 and found.classes[0].difference is None and found.classes[0].clips == 0
    assert "no fold in which both" in found.sentence(0)
    assert found.table().rows[-1][1:] == ("–", "–", "–", "–", "–", "0")


def test_reading_can_be_cancelled(workspace: Workspace) -> None:
    make_study(workspace, synthetic_clips(4, per_class=8), networks=NETWORKS[:2])
    a, b = networks(workspace)
    control = Control()
    control.cancel()
    with pytest.raises(Cancelled):
        class_differences(a, b, "f1", control, lambda progress: None)
