"""ROC, precision-recall and reliability against scikit-learn and slow readings of their definitions."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.calibration import calibration_curve
from sklearn.metrics import auc, average_precision_score, roc_auc_score
from statsmodels.stats.proportion import proportion_confint

from core.control import Control
from core.errors import Cancelled, UserError
from core.evaluation.curves import (
    GRID,
    Kind,
    ScoreCurves,
    area,
    mean_curve,
    precision_recall,
    read_curves,
    reliability,
    roc,
)
from core.evaluation.metrics import METRICS, calibration_error
from core.evaluation.predictions import Predictions
from core.evaluation.statistics import mean_over_folds
from core.evaluation.summary import summarise
from core.run_spec import Network
from core.runs import list_runs
from core.workspace import Workspace
from tests.gui.make_runs import NETWORKS, make_study, synthetic_clips


def fabricated(n: int, classes: int, seed: int = 0, occurring: int | None = None) -> Predictions:
    """Random probabilities, rounded so that many are equal; only the first `occurring` classes have clips."""
    rng = np.random.default_rng(seed)
    labels = np.concatenate([np.arange(occurring or classes), rng.integers(0, occurring or classes, n)])[:n]
    scores = rng.integers(1, 12, (n, classes)).astype(float)
    scores[np.arange(n), labels] += 5
    return Predictions(
        classes=tuple(f"class {k}" for k in range(classes)),
        clip_ids=np.array([f"clip{k}" for k in range(n)], dtype=np.str_),
        labels=labels.astype(np.int64),
        probabilities=(scores / scores.sum(axis=1, keepdims=True)).astype(np.float32),
        features=np.zeros((n, 0), np.float16),
    )


def rates(predictions: Predictions, k: int) -> list[tuple[int, int]]:
    """(false, true) positives at every threshold, the highest first."""
    said, true = predictions.probabilities[:, k], predictions.labels == k
    asked = sorted(set(said.tolist()), reverse=True)
    return [(int(((said >= t) & ~true).sum()), int(((said >= t) & true).sum())) for t in asked]


def slow_roc(predictions: Predictions, k: int, place: float) -> float:
    """Fawcett's algorithm 3 for one place: the last threshold with at most so many false alarms, then straight on."""
    inside = int((predictions.labels == k).sum())
    points = [(0.0, 0.0)] + [(f / (len(predictions) - inside), t / inside) for f, t in rates(predictions, k)]
    last = max(i for i, (false, _) in enumerate(points) if false <= place + 1e-12)
    if last == len(points) - 1 or abs(points[last][0] - place) < 1e-12:
        return points[last][1]
    (x0, y0), (x1, y1) = points[last], points[last + 1]
    return y0 + (y1 - y0) * (place - x0) / (x1 - x0)


def slow_precision(predictions: Predictions, k: int, place: float) -> float:
    """Precision of the shortest list with such a recall, and at least one clip of the class."""
    inside = int((predictions.labels == k).sum())
    return next(t / (t + f) for f, t in rates(predictions, k) if t and t / inside >= place - 1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_curves_are_those_of_a_slow_reading(seed: int) -> None:
    said = fabricated(60, 4, seed, occurring=3)
    for k in range(3):
        for curve, slow in ((roc, slow_roc), (precision_recall, slow_precision)):
            expected = [slow(said, k, float(place)) for place in GRID]
            np.testing.assert_allclose(curve(said, f"class {k}"), expected, atol=1e-6)
    for curve in (roc, precision_recall):
        expected = np.mean([curve(said, f"class {k}") for k in range(3)], axis=0)
        np.testing.assert_allclose(curve(said), expected)  # the class without clips counts for nothing
        assert np.isnan(curve(said, "class 3")).all()


def test_areas_are_those_of_scikit_learn_and_of_the_table_of_metrics() -> None:
    said = fabricated(400, 4)
    assert auc(GRID, roc(said)) == pytest.approx(METRICS["roc_auc"](said), abs=0.005)
    assert precision_recall(said)[1:].mean() == pytest.approx(METRICS["average_precision"](said), abs=0.005)
    for k in range(4):
        true, scores = said.labels == k, said.probabilities[:, k]
        assert area(Kind.ROC, said, f"class {k}") == pytest.approx(roc_auc_score(true, scores))
        assert area(Kind.PRECISION_RECALL, said, f"class {k}") == pytest.approx(average_precision_score(true, scores))
        came, told = calibration_curve(true, scores, n_bins=15)
        x, y, _, _, shares = reliability([(1, said)], f"class {k}")
        np.testing.assert_allclose(x, told, atol=1e-6)
        np.testing.assert_allclose(y, came, atol=1e-6)
        by_hand = (shares[shares > 0] * np.abs(y - x)).sum()
        assert area(Kind.RELIABILITY, said, f"class {k}") == pytest.approx(by_hand)


def test_reliability_of_all_classes_is_of_the_predicted_class() -> None:
    said = fabricated(300, 4)
    came, told = calibration_curve(said.correct, said.confidence, n_bins=15)
    x, y, low, high, shares = reliability([(1, said)])
    np.testing.assert_allclose(x, told, atol=1e-6)
    np.testing.assert_allclose(y, came, atol=1e-6)
    clips = shares[shares > 0] * len(said)
    assert shares.sum() == pytest.approx(1) and len(shares) == 15 and len(x) < 15  # empty bins are left out
    expected = proportion_confint(y * clips, clips, method="wilson")
    np.testing.assert_allclose([low, high], expected, atol=1e-6)
    assert (shares[shares > 0] * np.abs(y - x)).sum() == pytest.approx(calibration_error(said))


def test_seeds_of_a_fold_count_as_its_clips_once() -> None:
    one, other = fabricated(100, 4, 1), fabricated(100, 4, 2)
    twice = reliability([(1, one), (1, one), (2, other)])
    for values, expected in zip(twice, reliability([(1, one), (2, other)]), strict=True):
        np.testing.assert_allclose(values, expected)


def test_the_mean_is_over_seeds_then_folds_with_the_interval_of_the_statistics() -> None:
    curves = {(1, 0): np.array([0.5, 1.0]), (1, 1): np.array([0.7, 1.0]), (2, 0): np.array([0.9, 1.0])}
    found = mean_curve(lambda scores: mean_over_folds(scores, n_train=300, n_test=100), curves)
    expected = mean_over_folds({(1, 0): 0.6, (2, 0): 0.9}, n_train=300, n_test=100)
    assert [values[0] for values in found] == pytest.approx([0.75, 0.0, 1.0])  # cut at 0 and 1
    assert expected.low is not None and expected.low < 0
    assert [values[1] for values in found] == pytest.approx([1.0, 1.0, 1.0])


def curves_of(workspace: Workspace, kind: Kind, name: str = "") -> ScoreCurves:
    summary = summarise(list_runs(workspace))
    return read_curves(summary.networks, kind, name, Control(), lambda event: None)


@pytest.mark.parametrize("kind", Kind)
def test_every_network_has_a_curve_with_the_figure_of_the_table(workspace: Workspace, kind: Kind) -> None:
    make_study(workspace, synthetic_clips(4, per_class=16), networks=NETWORKS[:2], folds=(1, 2, 3), seeds=(0, 1))
    summary = summarise(list_runs(workspace))
    found = curves_of(workspace, kind)
    assert found.classes == synthetic_clips(4).classes and not found.one_fold
    for curve, row in zip(found.curves, summary.networks, strict=True):
        assert curve.network.label == row.label and curve.score == row.means[kind.metric]
        assert (curve.low <= curve.y + 1e-12).all() and (curve.y <= curve.high + 1e-12).all()
        assert curve.low.min() >= 0 and curve.high.max() <= 1
    assert math.isclose(found.chance, 0.25) if kind is Kind.PRECISION_RECALL else math.isnan(found.chance)
    table = found.table()
    values = [float(row[1].split()[0]) for row in table.rows]
    assert values == sorted(values, reverse=kind is not Kind.RELIABILITY)
    name = found.classes[2]
    for curve in curves_of(workspace, kind, name).curves:
        by_run = {(r.spec.fold, r.spec.seed): area(kind, r.folder.predictions(), name) for r in curve.network.runs}
        assert curve.score.value == pytest.approx(mean_over_folds(by_run).value)


def test_a_mean_curve_encloses_the_mean_area(workspace: Workspace) -> None:
    make_study(workspace, synthetic_clips(4, per_class=64), networks=NETWORKS[:1])
    (curve,) = curves_of(workspace, Kind.ROC).curves
    assert (curve.x[0], curve.y[0]) == (0, 0) and curve.y[-1] == 1
    assert auc(curve.x, curve.y) == pytest.approx(curve.score.value, abs=0.002)


def test_one_fold_has_no_band_and_a_class_elsewhere_leaves_a_network_out(workspace: Workspace) -> None:
    make_study(workspace, synthetic_clips(4, per_class=16), networks=NETWORKS[:1], folds=(1,))
    (curve,) = curves_of(workspace, Kind.ROC).curves
    assert np.isnan(curve.low).all() and np.isnan(curve.high).all()
    assert curves_of(workspace, Kind.ROC).one_fold == (curve.network.label,)
    more = (Network(architecture="alexnet", name="other classes"),)
    make_study(workspace, synthetic_clips(5, per_class=16), networks=more, folds=(1,))
    name = synthetic_clips(5).classes[4]
    assert [curve.network.label for curve in curves_of(workspace, Kind.ROC, name).curves] == ["other classes"]


def test_a_torn_file_is_named_and_reading_can_be_cancelled(workspace: Workspace) -> None:
    run, *_ = make_study(workspace, synthetic_clips(3, per_class=8), networks=NETWORKS[:1], folds=(1, 2))
    networks, control = summarise(list_runs(workspace)).networks, Control()
    control.cancel()
    with pytest.raises(Cancelled):
        read_curves(networks, Kind.ROC, "", control, lambda event: None)
    run.predictions_file.write_bytes(b"torn")
    with pytest.raises(UserError, match=r"predictions\.npz"):
        read_curves(networks, Kind.ROC, "", Control(), lambda event: None)


def test_without_features_and_frames_everything_else_is_read(workspace: Workspace) -> None:
    run, *_ = make_study(workspace, synthetic_clips(3, per_class=8), networks=(Network(modality="video"),), folds=(1,))
    whole, rest = run.predictions(), run.predictions(whole=False)
    assert whole.frame_probabilities.shape[1] and not rest.frame_probabilities.shape[1]
    np.testing.assert_array_equal(whole.probabilities, rest.probabilities)
    assert rest.clip_ids.tolist() == whole.clip_ids.tolist() and rest.classes == whole.classes
