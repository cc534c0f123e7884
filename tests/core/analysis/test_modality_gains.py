"""Where a modality helps, against a slow reading of the same predictions."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from sklearn.metrics import f1_score
from statsmodels.stats.proportion import proportion_confint

from core.analysis.modality_gains import Part, modality_gains, read_modality_gains
from core.control import Control
from core.datasets.base import Modality
from core.errors import Cancelled
from core.evaluation.predictions import Predictions
from core.evaluation.statistics import wilson
from tests.gui.make_runs import make_modalities, synthetic_clips

CLASSES = ("rain", "bell", "Axe", "nothing of this")
CLIPS = 30  # of each fold


def fabricated(fold: int, seed: int, strength: float, clips: int = CLIPS, start: int = 0) -> Part:
    """Random answers of one run; the last class has no clips."""
    rng = np.random.default_rng([fold, seed, int(10 * strength)])
    labels = np.random.default_rng(fold).integers(0, 3, CLIPS)[start:clips]
    logits = rng.normal(size=(len(labels), 4))
    logits[np.arange(len(labels)), labels] += strength
    shares = (np.exp(logits) / np.exp(logits).sum(1, keepdims=True)).astype(np.float32)
    ids = np.array([f"{fold}/{k:02d}" for k in range(start, clips)])
    return Part(fold, seed, Predictions(CLASSES, ids, labels, shares, np.zeros((len(labels), 0), np.float16)))


GRID = [(fold, seed) for fold in (1, 2) for seed in (0, 1)]
SIDES = {
    Modality.AUDIO: [fabricated(fold, seed, 0.8) for fold, seed in GRID],
    Modality.VIDEO: [fabricated(fold, seed, 1.0, clips=28) for fold, seed in GRID],
    Modality.AUDIO_VISUAL: [fabricated(fold, seed, 1.6, start=1) for fold, seed in reversed(GRID)],
}
CHOICES = [tuple(Modality), *combinations(Modality, 2)]


def slowly(modalities):
    """(modality, class) → list of (clip, hit), of trials in all; and every (true, predicted) by modality."""
    tables = [{(p.fold, p.seed): p.predictions for p in SIDES[m]} for m in modalities]
    hits: dict[tuple[int, int], list[tuple[str, bool]]] = {}
    pairs: list[list[tuple[int, int]]] = [[] for _ in modalities]
    for run in GRID:
        shared = set.intersection(*[set(table[run].clip_ids.tolist()) for table in tables])
        for clip in sorted(shared):
            for place, table in enumerate(tables):
                row = table[run].clip_ids.tolist().index(clip)
                true, said = int(table[run].labels[row]), int(table[run].predicted[row])
                hits.setdefault((place, true), []).append((clip, true == said))
                pairs[place].append((true, said))
    return hits, pairs


@pytest.mark.parametrize("modalities", CHOICES)
def test_recall_gain_and_counts_are_those_of_a_slow_reading(modalities):
    found = modality_gains({modality: SIDES[modality] for modality in modalities})
    hits, pairs = slowly(modalities)
    assert found.modalities == modalities
    assert found.subject == modalities[-1]
    for label in range(3):
        recall = [np.mean([hit for _, hit in hits[place, label]]) for place in range(len(modalities))]
        assert found.values[:, label] == pytest.approx(recall)
        best = int(np.argmax(recall[:-1]))
        assert found.reference[label] == best
        assert found.gain[label] == pytest.approx(recall[-1] - recall[best])
        subject, other = hits[len(modalities) - 1, label], hits[best, label]
        assert [clip for clip, _ in subject] == [clip for clip, _ in other]
        assert found.won[label] == sum(s and not o for (_, s), (_, o) in zip(subject, other, strict=True))
        assert found.lost[label] == sum(o and not s for (_, s), (_, o) in zip(subject, other, strict=True))
        assert (found.won - found.lost)[label] == pytest.approx(found.gain[label] * found.trials[label])
        assert found.trials[label] == len(subject)
        clips = len({clip for clip, _ in subject})
        assert found.clips[label] == clips
        low, high = proportion_confint(recall[-1] * clips, clips, method="wilson")
        assert (found.low[-1, label], found.high[-1, label]) == pytest.approx((low, high), abs=1e-6)
    f1 = modality_gains({modality: SIDES[modality] for modality in modalities}, "f1")
    for place, answers in enumerate(pairs):
        true, said = zip(*answers, strict=True)
        assert f1.values[place, :3] == pytest.approx(f1_score(true, said, labels=range(3), average=None))
    assert np.isnan(f1.low).all()


def test_a_class_without_clips_has_no_score_stands_last_and_says_so():
    for score in ("recall", "f1"):
        found = modality_gains(SIDES, score)
        assert np.isnan(found.values[:, 3]).all()
        assert np.isnan(found.gain[3])
        order = found.order()
        assert order[-1] == 3
        assert (np.diff(found.gain[order[:3]]) <= 0).all()
        assert "no test clip" in found.sentence(3)


def test_what_is_said_of_a_class_and_of_all():
    found = modality_gains(SIDES)
    best = found.order()[0]
    assert found.gain[best] > 0
    said = found.sentence(best)
    assert said.startswith(CLASSES[best])
    for number in (100 * found.values[2, best], 100 * found.gain[best]):
        assert f"{number:.1f}" in said
    assert f"of {found.trials[best]} predictions of {found.clips[best]} clips." in said
    assert "that all of them share" in found.summary()  # the sides were not tested on all of the same clips
    assert f"in {(found.gain > 0).sum()} of 3 classes" in found.summary()


def knows(*classes: int) -> list[Part]:
    """A run on four clips of each of three classes, right in those named and else of the class that comes next."""
    labels = np.repeat(np.arange(3), 4)
    predicted = np.where(np.isin(labels, classes), labels, (labels + 1) % 3)
    ids = np.array([f"{clip:02d}" for clip in range(12)])
    shares = np.eye(4, dtype=np.float32)[predicted]
    return [Part(1, 0, Predictions(CLASSES, ids, labels, shares, np.zeros((12, 0), np.float16)))]


@pytest.mark.parametrize("score", ["recall", "f1"])
def test_the_whole_shows_what_no_class_does(score):
    """In each class one of sound and sight is always right, in all of them neither: both gains in none, and in all."""
    sides = {Modality.AUDIO: knows(1), Modality.VIDEO: knows(0, 2), Modality.AUDIO_VISUAL: knows(0, 1, 2)}
    found = modality_gains(sides, score)
    assert found.means == pytest.approx(np.nanmean(found.values, axis=1))
    mean = 100 * found.means
    assert found.whole() == (
        f"Mean over 3 classes: sound {mean[0]:.1f} %, sight {mean[1]:.1f} %, both 100.0 %. "
        f"Both lies {100 - mean[1]:.1f} points above sight, the better single one; "
        "no single one is the better in every class."
    )
    if score == "recall":
        assert not found.gain[:3].any() and "in 0 of 3 classes, below in 0" in found.summary()
        assert found.means == pytest.approx([1 / 3, 2 / 3, 1])


def test_a_single_one_that_is_the_better_in_every_class_is_not_denied():
    sides = {Modality.AUDIO: knows(1), Modality.VIDEO: knows(0, 1, 2), Modality.AUDIO_VISUAL: knows(0, 1, 2)}
    assert modality_gains(sides).whole().endswith("Both is level with sight, the better single one.")
    assert modality_gains(sides).gain_over == "the better single one"
    del sides[Modality.AUDIO]
    assert modality_gains(sides).whole().endswith("both 100.0 %. Both is level with sight.")
    assert modality_gains(sides).gain_over == "sight"


def test_gains_that_are_none_are_level_and_those_equal_are_in_the_order_of_names():
    same = {Modality.AUDIO: SIDES[Modality.AUDIO], Modality.VIDEO: SIDES[Modality.AUDIO]}
    found = modality_gains(same)
    assert "level with sound" in found.sentence(0)
    assert [CLASSES[label] for label in found.order()[:3]] == ["Axe", "bell", "rain"]
    assert "that all of them share" not in found.basis


def test_there_is_nothing_to_compare_without_two_modalities_and_a_trial_in_common():
    assert modality_gains({}) is None
    assert modality_gains({Modality.AUDIO: SIDES[Modality.AUDIO], Modality.VIDEO: []}) is None
    assert (
        modality_gains({Modality.AUDIO: [SIDES[Modality.AUDIO][0]], Modality.VIDEO: [SIDES[Modality.VIDEO][3]]}) is None
    )
    part = SIDES[Modality.AUDIO][0]
    turned = Predictions(
        CLASSES, part.predictions.clip_ids, (part.predictions.labels + 1) % 3, *vars_of(part.predictions)
    )
    with pytest.raises(ValueError, match="two true classes"):
        modality_gains({Modality.AUDIO: [part], Modality.VIDEO: [Part(part.fold, part.seed, turned)]})


def vars_of(table: Predictions):
    return table.probabilities, table.features


def test_an_interval_of_nothing_is_none():
    low, high = wilson(np.array([[np.nan, 0.5]]), np.array([0, 4]))
    assert np.isnan(low[0, 0]) and np.isnan(high[0, 0])
    assert 0 < low[0, 1] < 0.5 < high[0, 1] < 1


def test_runs_on_disk_are_read_and_reading_can_be_cancelled(workspace):
    runs = make_modalities(workspace, synthetic_clips(4, per_class=8), architectures=("alexnet",))
    sides = {m: [run for run in runs if run.spec.modality == m] for m in Modality}
    said = []
    found = read_modality_gains(sides, "recall", Control(), said.append)
    assert len(said) == len(runs) == said[0].total
    assert found.trials.tolist() == [8] * 4
    assert found.basis == "4 folds × 1 seed, 32 predictions of 32 clips"
    control = Control()
    control.cancel()
    with pytest.raises(Cancelled):
        read_modality_gains(sides, "recall", control, said.append)
