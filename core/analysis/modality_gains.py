"""Where a modality helps: the score of each class with sound, with sight and with both, on the same predictions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.control import Control
from core.datasets.base import Modality
from core.evaluation.predictions import Predictions
from core.evaluation.statistics import wilson
from core.events import Progress
from core.readable import counted
from core.runs import RunFolder

Score = Literal["recall", "f1"]
Figures = NDArray[np.float64]


class Part(NamedTuple):
    """What one run said."""

    fold: int
    seed: int
    predictions: Predictions


@dataclass(frozen=True)
class ModalityGains:
    """Scores of each class over the trials (clip, fold, seed) that all the modalities have in common.

    `subject` is what is compared with the better of the others in each class: both where there is both, else sight.
    Taking the better one afresh in each class favours it, so that a gain is rather too small than too large.

    Attributes:
        classes: names.
        score: recall, TP / (TP + FN), or F1, 2·TP / (2·TP + FP + FN), of all trials put together.
        modalities: those compared, of sound, sight and both.
        values: (modalities, classes); NaN where a class has no trial.
        low: (modalities, classes), of the 95 % interval after Wilson (1927, JASA 22), over the distinct clips of a
            class: seeds are averaged within a clip, for they repeat the training and not the choice of clips. It does
            not know of clips that are alike because they share a source. NaN for F1, which is no share of anything.
        high: likewise.
        gain: (classes,) of the subject over the better of the others.
        reference: (classes,) place in `modalities` of the better other one.
        won: (classes,) trials of the class in which the subject is right and the reference is wrong.
        lost: (classes,) trials of the class in which the subject is wrong and the reference is right.
        trials: (classes,) of each class.
        clips: (classes,) distinct clips of each class.
        basis: what the scores stand on, in words.
    """

    classes: tuple[str, ...]
    score: Score
    modalities: tuple[Modality, ...]
    values: Figures
    low: Figures
    high: Figures
    gain: Figures
    reference: NDArray[np.int64]
    won: NDArray[np.int64]
    lost: NDArray[np.int64]
    trials: NDArray[np.int64]
    clips: NDArray[np.int64]
    basis: str

    @property
    def subject(self) -> Modality:
        return self.modalities[-1]

    @property
    def means(self) -> Figures:
        """(modalities,) over the classes that have trials, each counting as much."""
        means: Figures = np.nanmean(self.values, axis=1)
        return means

    @property
    def gain_over(self) -> str:
        """What `gain` is over, in a few words."""
        return "the better single one" if len(self.modalities) > 2 else self.modalities[0].word

    def order(self) -> NDArray[np.int64]:
        """Classes, the largest gain first, in the order of their names among equals; those without clips last."""
        names = np.argsort(np.argsort([name.casefold() for name in self.classes]))
        return np.lexsort((names, np.where(np.isnan(self.gain), np.inf, -self.gain)))

    def sentence(self, label: int) -> str:
        """What can be said of a class, as a sentence or two."""
        if not self.trials[label]:
            return f"{self.classes[label]}: no test clip that all of them share."
        words = {"recall": "recall", "f1": "F1"}[self.score]
        said = ", ".join(
            f"{modality.word} {_percent(value)}"
            for modality, value in zip(self.modalities, self.values[:, label], strict=True)
        )
        text = f"{self.classes[label]}, {words}: {said}. "
        other = self.modalities[self.reference[label]].word
        if np.isfinite(self.gain[label]):
            text += f"{self._moves(float(self.gain[label]), other)}: "
            text += f"right where {other} is wrong in {self.won[label]}, wrong where it is right in {self.lost[label]} "
        return f"{text}of {self.trials[label]} predictions of {counted(int(self.clips[label]), 'clip')}."

    def summary(self) -> str:
        """In how many classes the subject gains and loses, as a sentence."""
        gains = self.gain[np.isfinite(self.gain)]
        up, down = int((gains > 0).sum()), int((gains < 0).sum())
        than = f"{self.gain_over} of the class" if len(self.modalities) > 2 else self.gain_over
        return (
            f"{self.subject.word.capitalize()} lies above {than} in {up} of {counted(len(gains), 'class', 'classes')}, "
            f"below in {down}. {self.basis}."
        )

    def whole(self) -> str:
        """What all classes together say, as a sentence or two.

        A gain in a class is over whichever single one is the better there: where one of them is always right, though
        none is in every class, only the whole shows what both bring.
        """
        means = self.means
        place = int(np.argmax(means[:-1]))
        over = f"Mean over {counted(int(np.isfinite(self.gain).sum()), 'class', 'classes')}"
        said = ", ".join(f"{m.word} {_percent(mean)}" for m, mean in zip(self.modalities, means, strict=True))
        text = f"{over}: {said}. {self._moves(float(means[-1] - means[place]), self.modalities[place].word)}"
        if len(self.modalities) == 2:
            return f"{text}."
        others = self.values[:-1, np.isfinite(self.gain)]
        if (others == others.max(axis=0)).all(axis=1).any():
            return f"{text}."
        return f"{text}; no single one is the better in every class."

    def _moves(self, gain: float, other: str) -> str:
        """`Both lies 12.5 points above sight, the better single one`, or is level with it."""
        points = f"{100 * abs(gain):.1f} points {'above' if gain > 0 else 'below'}"
        moves = f"lies {points}" if abs(gain) >= 0.0005 else "is level with"
        than = f"{other}, {self.gain_over}" if len(self.modalities) > 2 else other
        return f"{self.subject.word.capitalize()} {moves} {than}"


def modality_gains(sides: Mapping[Modality, Sequence[Part]], score: Score = "recall") -> ModalityGains | None:
    """Compare modalities class by class; None where fewer than two have predictions, or they have no trial in common.

    Raises:
        ValueError: they predict different classes, or a clip has two true classes.
    """
    modalities = tuple(modality for modality in Modality if sides.get(modality))
    if len(modalities) < 2:
        return None
    classes = sides[modalities[0]][0].predictions.classes
    if any(part.predictions.classes != classes for modality in modalities for part in sides[modality]):
        raise ValueError("the networks predict different classes")
    answers = [_answers(sides[modality]) for modality in modalities]
    common = sorted(set.intersection(*map(set, answers)))
    if not common:
        return None
    said = np.array([[side[trial] for trial in common] for side in answers])  # (modalities, trials, true and predicted)
    if (said[:, :, 0] != said[0, :, 0]).any():
        raise ValueError("a clip has two true classes")
    truth, predicted = said[0, :, 0], said[:, :, 1]
    right, n = predicted == truth, len(classes)
    hits = np.array([np.bincount(truth[row], minlength=n) for row in right])
    trials = np.bincount(truth, minlength=n)
    guesses = np.array([np.bincount(row, minlength=n) for row in predicted])
    clips = _distinct_clips([clip for clip, _, _ in common], truth, n)
    recall = _ratio(hits, np.broadcast_to(trials, hits.shape))
    values = recall if score == "recall" else _ratio(2 * hits, (guesses + trials) * (trials > 0))
    low, high = wilson(values, clips) if score == "recall" else (np.full_like(values, np.nan),) * 2
    reference = np.argmax(np.nan_to_num(values[:-1], nan=-1.0), axis=0)
    of_reference = right[reference[truth], np.arange(len(truth))]
    return ModalityGains(
        classes=classes,
        score=score,
        modalities=modalities,
        values=values,
        low=low,
        high=high,
        gain=values[-1] - values[reference, np.arange(n)],
        reference=reference,
        won=np.bincount(truth[right[-1] & ~of_reference], minlength=n),
        lost=np.bincount(truth[~right[-1] & of_reference], minlength=n),
        trials=trials,
        clips=clips,
        basis=_basis(common, int(clips.sum()), max(map(len, answers))),
    )


def read_modality_gains(
    sides: Mapping[Modality, Sequence[RunFolder]],
    score: Score,
    control: Control,
    report: Callable[[Progress], None],
) -> ModalityGains | None:
    """`modality_gains` of finished runs.

    Raises:
        UserError: predictions are missing or torn.
        Cancelled: as `control` says.
    """
    total, done = sum(map(len, sides.values())), 0
    parts: dict[Modality, list[Part]] = {}
    for modality, folders in sides.items():
        for folder in folders:
            control.checkpoint()
            report(Progress("Reading predictions", done, total, "runs"))
            parts.setdefault(modality, []).append(Part(folder.spec.fold, folder.spec.seed, folder.predictions()))
            done += 1
    return modality_gains(parts, score)


def _answers(parts: Sequence[Part]) -> dict[tuple[str, int, int], tuple[int, int]]:
    """True and predicted class by clip, fold and seed."""
    return {
        (clip, part.fold, part.seed): (true, predicted)
        for part in parts
        for clip, true, predicted in zip(
            part.predictions.clip_ids.tolist(),
            part.predictions.labels.tolist(),
            part.predictions.predicted.tolist(),
            strict=True,
        )
    }


def _distinct_clips(ids: Sequence[str], truth: NDArray[np.int64], classes: int) -> NDArray[np.int64]:
    _, first = np.unique(np.asarray(ids), return_index=True)
    return np.bincount(truth[first], minlength=classes)


def _ratio(part: NDArray[np.int64], whole: NDArray[np.int64]) -> Figures:
    return np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0)


def _basis(common: Sequence[tuple[str, int, int]], clips: int, most: int) -> str:
    folds, seeds = len({fold for _, fold, _ in common}), len({seed for _, _, seed in common})
    text = f"{counted(folds, 'fold')} × {counted(seeds, 'seed')}, {len(common):,} predictions of {clips:,} clips"
    return text if len(common) == most else f"{text} that all of them share"


def _percent(value: float) -> str:
    return "–" if np.isnan(value) else f"{100 * value:.1f} %"
