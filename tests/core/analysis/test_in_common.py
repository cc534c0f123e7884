"""What errors have in common: on predictions whose errors are made by a known property, and on none."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import soundfile
from scipy import stats
from statsmodels.stats.multitest import multipletests

from core.analysis.clip_properties import ClipProperties, read_clip_properties
from core.analysis.clip_records import ClipRecords, RunInfo
from core.analysis.in_common import Comparison, errors_of, in_common, selection_of
from core.analysis.study_records import read_study_records
from core.analysis.sub_groups import SubGroups, sub_groups
from core.audio.properties import PROPERTIES
from core.control import Control
from core.datasets.base import Clip, Dataset, Modality
from core.errors import UserError
from core.evaluation.predictions import Predictions
from core.evaluation.statistics import Share
from core.property_cache import Property
from core.workspace import Workspace
from tests.gui.make_runs import make_study, synthetic_clips

CLIPS, CLASSES = 240, ("bell", "dog", "rain")
MADE = (
    Property("Loudness", "dBFS", "How loud.", "are louder", "are quieter", 1),
    Property("Pitch", "Hz", "How high.", "are higher", "are lower"),
    Property("Length", "s", "How long.", "last longer", "are shorter", 2),
)


def made(
    effect: float, seeds: int = 2, seed: int = 0, worse: tuple[int, ...] = ()
) -> tuple[ClipRecords, ClipProperties]:
    """Clips in groups of two, in four folds; quiet ones are got wrong the more often the larger the effect, and those
    of the classes in `worse` mostly. Length is always the same."""
    random = np.random.default_rng(seed)
    ids = np.array([f"clip {i:03d}" for i in range(CLIPS)])
    labels, group = np.arange(CLIPS) // 2 % 3, np.arange(CLIPS) // 2
    loud, pitch = random.normal(-30, 5, CLIPS // 2)[group], random.normal(1000, 200, CLIPS)
    chance = np.where(np.isin(labels, worse), 0.7, 1 / (1 + np.exp(1.2 + effect * (loud + 30) / 5)))
    runs = []
    for number in range(4 * seeds):
        fold = number % 4
        inside = np.flatnonzero(np.arange(CLIPS) // 2 % 4 == fold)
        wrong = random.random(len(inside)) < chance[inside]
        said = np.where(wrong, (labels[inside] + 1) % 3, labels[inside])
        table = Predictions(
            classes=CLASSES,
            clip_ids=ids[inside],
            labels=labels[inside].astype(np.int64),
            probabilities=np.eye(3, dtype=np.float32)[said],
            features=np.zeros((len(inside), 0), np.float16),
            frame_probabilities=np.zeros((len(inside), 0, 3), np.float16),
        )
        runs.append((RunInfo("Net", "baseline_cnn", fold + 1, number // 4), table))
    values = np.stack([loud, pitch, np.full(CLIPS, 5.0)])
    names = tuple(f"{number:03d}" for number in range(CLIPS // 2))
    return ClipRecords.collect(runs), ClipProperties(MADE, values, names, group.astype(np.int64))


def found(effect: float, **how: int) -> Comparison:
    records, known = made(effect, **how)
    return in_common(records, known, errors_of(records, np.arange(len(records))), Control())


def of(result: Comparison, name: str):
    return next(contrast for contrast in result.contrasts if contrast.measured.name == name)


def test_the_property_that_makes_the_errors_comes_first_and_is_said() -> None:
    result = found(1.2)
    records, known = made(1.2)
    assert [contrast.measured.name for contrast in result.contrasts] == ["Loudness", "Pitch", "Length"]
    loud = of(result, "Loudness")
    values, wrong = known.values[0][records.clip], ~records.correct
    u = stats.mannwhitneyu(values[wrong], values[~wrong]).statistic
    assert loud.auc.value == pytest.approx(u / (wrong.sum() * (~wrong).sum()))
    assert loud.medians == (np.median(values[wrong]), np.median(values[~wrong]))
    assert (len(loud.chosen), len(loud.rest)) == (wrong.sum(), (~wrong).sum())
    sentence = result.sentence()
    assert sentence.startswith("Errors are quieter than successes (median −3")
    assert f"AUC {loud.auc.value:.2f}, 95 % " in sentence and sentence.index("AUC") < sentence.index("Holm p")


def test_p_values_are_holms_over_the_properties_that_can_be_tested() -> None:
    result = found(0.3)
    tested = [of(result, name) for name in ("Loudness", "Pitch")]
    expected = multipletests([contrast.auc.p for contrast in tested], method="holm")[1]
    assert [contrast.p for contrast in tested] == pytest.approx(list(expected))
    alike = of(result, "Length")
    assert math.isnan(alike.p) and not alike.tells and alike.strength == -1


def test_where_nothing_makes_the_errors_it_is_said_and_together_they_are_no_better() -> None:
    result = found(0.0, seed=3)
    assert result.sentence() == "Nothing that was measured tells errors from successes."
    assert result.together is not None and result.together.low < 0.5
    assert result.together_sentence().endswith("which chance may be.")


def test_all_properties_together_tell_what_one_of_them_tells() -> None:
    result = found(1.2)
    loud = of(result, "Loudness")
    assert result.together is not None
    assert result.together.value == pytest.approx(1 - loud.auc.value, abs=0.04)
    assert result.together.low > 0.5


def test_more_seeds_of_the_same_clips_make_an_interval_hardly_narrower() -> None:
    one, ten = (of(found(0.0, seeds=seeds), "Loudness").auc for seeds in (1, 10))
    assert ten.high - ten.low > 0.3 * (one.high - one.low)  # of independent ones a third or less


def test_unknown_values_are_left_out_of_their_property_alone() -> None:
    records, known = made(1.2)
    values = known.values.copy()
    values[0, :100] = np.nan
    result = in_common(
        records,
        ClipProperties(known.properties, values, known.groups, known.group),
        errors_of(records, np.arange(len(records))),
        Control(),
    )
    loud, pitch = of(result, "Loudness"), of(result, "Pitch")
    assert len(loud.chosen) + len(loud.rest) == (records.clip >= 100).sum()
    assert len(pitch.chosen) + len(pitch.rest) == len(records)


def test_shares_of_class_fold_and_group_count_each_clip_once() -> None:
    records, known = made(0.5, worse=(2,))
    result = in_common(records, known, errors_of(records, np.arange(len(records))), Control())
    assert list(result.factors) == ["Class", "Fold", "Group"]
    rain = dict(result.factors["Class"])["rain"]
    wrong = ~records.correct[records.true == 2]
    assert rain == Share(round(wrong.sum() / 2), 80)  # two seeds
    assert result.factors["Class"][0][0] == "rain"
    assert [share.interval[0] for _, share in result.factors["Group"]] == sorted(
        (share.interval[0] for _, share in result.factors["Group"]), reverse=True
    )
    alone = ClipProperties(known.properties, known.values, tuple(map(str, range(CLIPS))), np.arange(CLIPS))
    assert "Group" not in in_common(records, alone, result.compared, Control()).factors


def test_a_selection_is_set_against_the_rest_of_the_rows_and_all_rows_against_the_rest_of_their_runs() -> None:
    records, _ = made(0.5)
    rows, some = np.arange(0, 60), np.arange(10, 20)
    part = selection_of(records, rows, some)
    assert part.rows.tolist() == rows.tolist() and np.flatnonzero(part.chosen).tolist() == some.tolist()
    errors = np.flatnonzero(~records.correct & (records.run < 2))
    whole = selection_of(records, errors, errors)
    assert whole.rows.tolist() == np.flatnonzero(records.run < 2).tolist()
    assert whole.rows[whole.chosen].tolist() == errors.tolist()
    assert errors_of(records, errors).rows.tolist() == whole.rows.tolist()
    mixed = errors_of(records, rows)
    assert mixed.rows.tolist() == rows.tolist() and (mixed.chosen == ~records.correct[rows]).all()
    assert selection_of(records, rows, np.zeros(0, np.int64)).one_sided


# sub-groups ----------------------------------------------------------------------------------------------------------


def slices_of(records: ClipRecords, known: ClipProperties) -> SubGroups:
    return sub_groups(records, known, errors_of(records, np.arange(len(records))), Control())


def test_a_class_that_is_mostly_wrong_is_found_with_its_clips_and_remains() -> None:
    records, known = made(0.0, worse=(2,))
    result = slices_of(records, known)
    top = result.found[0]
    assert top.words == "rain" and top.remains
    assert top.clips.sum() == top.errors.of == 80
    assert set(records.true[top.clips[records.clip]]) == {2}
    assert top.errors.right + top.rest.right == pytest.approx((~records.correct).sum() / 2, abs=1)
    assert f"{result.looked_at:,} sub-groups of at least 10 clips were looked at; " in result.sentence()


def test_the_p_value_is_fishers_by_holm_for_all_that_were_looked_at() -> None:
    records, known = made(0.0, seeds=1, worse=(2,))  # one seed: shares are counts
    result = slices_of(records, known)
    wrong = np.zeros(CLIPS, bool)
    wrong[records.clip] = ~records.correct
    third = [np.digitize(values, np.quantile(values, [1 / 3, 2 / 3])) for values in known.values[:2]]
    fold = np.arange(CLIPS) // 2 % 4
    factors = [np.arange(CLIPS) // 2 % 3, fold, *third]  # groups are too small, and all lengths equal
    p = []
    for a in range(4):
        for value in np.unique(factors[a]):
            masks = [factors[a] == value]
            masks += [masks[0] & (factors[b] == other) for b in range(a + 1, 4) for other in np.unique(factors[b])]
            for inside in masks:
                if 10 <= inside.sum() < CLIPS:
                    table = [[(wrong & inside).sum(), (~wrong & inside).sum()]]
                    table += [[(wrong & ~inside).sum(), (~wrong & ~inside).sum()]]
                    p.append(stats.fisher_exact(table, alternative="greater")[1])
    assert result.looked_at == len(p)
    expected = multipletests(p, method="holm")[1]
    assert result.found[0].p == pytest.approx(expected.min(), rel=1e-6)
    assert all(np.isclose(expected, slice_.p).any() for slice_ in result.found)


def test_slices_are_ranked_by_their_lower_bound_have_more_errors_and_say_something_new() -> None:
    records, known = made(1.5, worse=(2,))
    result = slices_of(records, known)
    lows = [slice_.errors.interval[0] for slice_ in result.found]
    assert lows == sorted(lows, reverse=True) and len(lows) > 2
    assert all(slice_.errors.value > slice_.rest.value for slice_ in result.found)
    for i, one in enumerate(result.found):
        for other in result.found[:i]:
            assert (one.clips & other.clips).sum() <= 0.8 * (one.clips | other.clips).sum()
    single = {slice_.words: slice_.errors.value for slice_ in result.found}
    for slice_ in result.found:
        for part in slice_.words.split(" · ") if " · " in slice_.words else ():
            assert slice_.errors.interval[0] > single.get(part, 0)
    quiet = next(slice_ for slice_ in result.found if "loudness <" in slice_.words)
    assert known.values[0][quiet.clips].max() < np.quantile(known.values[0], 0.34)


def test_by_chance_alone_nothing_remains_and_it_says_so() -> None:
    remaining = 0
    for seed in range(10):
        records, known = made(0.0, seed=seed)
        result = slices_of(records, known)
        remaining += any(slice_.remains for slice_ in result.found)
        if not any(slice_.remains for slice_ in result.found):
            assert "none has more errors than chance gives" in result.sentence()
    assert remaining <= 2


def test_few_clips_have_no_sub_groups() -> None:
    records, known = made(0.0)
    rows = np.flatnonzero((records.clip < 4) & (records.run < 4))
    result = sub_groups(records, known, errors_of(records, rows), Control())
    assert not result.found and result.sentence() == "There is no sub-group of 5 clips or more to look at."


# reading -------------------------------------------------------------------------------------------------------------


def test_properties_are_in_the_order_of_the_records_and_unknown_of_clips_that_are_gone(
    workspace: Workspace, tmp_path: Path
) -> None:
    clips = synthetic_clips(2, per_class=4, folds=2)
    make_study(workspace, clips, folds=(1, 2))
    data = read_study_records(workspace, "fabricated-test-data", Control(), lambda progress: None)
    assert data is not None
    there = sorted(clips.ids)[1:]
    for place, name in enumerate(there, 1):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        soundfile.write(path, np.full(800, place / 10, np.float32), 8000)
    dataset = Dataset(
        "labelled-folder", "Tests", tmp_path, clips.classes,
        tuple(Clip(name, tmp_path / name, 0, 1, "one" if k < 3 else "two") for k, name in enumerate(there)),
        "", frozenset({Modality.AUDIO}),
    )  # fmt: skip
    known = read_clip_properties(data, dataset, workspace)
    assert known.properties == PROPERTIES
    loudness = known.values[0]
    assert np.isnan(known.values[:, 0]).all() and known.unknown == 1
    np.testing.assert_allclose(loudness[1:], 20 * np.log10(np.arange(1, 8) / 10), atol=0.01)
    groups = [known.groups[k] for k in known.group]
    assert groups == [sorted(clips.ids)[0], *["one"] * 3, *["two"] * 4]
    workspace.close()
    with pytest.raises(UserError):  # another program writes there
        read_clip_properties(data, dataset, workspace)
