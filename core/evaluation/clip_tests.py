"""Two networks on the very same clips: McNemar's exact test, and a bootstrap over the sources of the clips.

Both hold for the networks as they were trained; folds and seeds are not drawn anew. Every clip counts once. With one
seed a clip is won by the network that alone is right. With several, each clip is won by the network that is right with
more of its seeds (and its folds, where a clip is tested in several): the sign test that McNemar's is with one seed. A
vote of the seeds would test an ensemble, which nobody trained. Both networks enter with as many seeds of a fold: with
more seeds, one of two equal networks would be ahead more often.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.evaluation.bootstrap import Bootstrapped, clustered_bootstrap
from core.evaluation.design import NO_GROUPS, related_clips
from core.evaluation.predictions import Predictions
from core.evaluation.statistics import ALPHA, ROUNDING, mcnemar, p_words
from core.readable import counted, figure

CLIP_TESTS = (
    "What is said of the same clips speaks of these networks as they were trained, tested on other clips: McNemar's "
    "exact test, and a bootstrap that draws whole groups (source recordings, people). It can be sure where the folds "
    "are not: whether training anew would end the same is asked of the folds."
)


class Answers(NamedTuple):
    """Which clips a run got right."""

    clip_ids: NDArray[np.str_]  # ascending
    right: NDArray[np.bool_]

    @classmethod
    def of(cls, predictions: Predictions) -> Answers:
        order = np.argsort(predictions.clip_ids)
        return cls(predictions.clip_ids[order], predictions.correct[order])


RunAnswers = Mapping[tuple[int, int], Answers]  # by (fold, seed)


@dataclass(frozen=True)
class ClipComparison:
    """What two networks got right of the clips that both were tested on.

    Attributes:
        clips: how many.
        won: right with more of the seeds of a than of b; with one seed, right by a alone.
        lost: the other way round.
        gain: a's share of right answers less b's, with the interval of the clustered bootstrap.
        seeds: most that a clip was tested with, the same for both.
        grouped: whether it is known which clips share a source.
        p: of McNemar's exact test.
        adjusted_p: after Holm across the pairs; None of one pair.
        pairs: that were tested together.
    """

    clips: int
    won: int
    lost: int
    gain: Bootstrapped
    seeds: int
    grouped: bool
    p: float
    adjusted_p: float | None = None
    pairs: int = 1

    @property
    def interval(self) -> tuple[float, float] | None:
        """Of the gain; None where there are too few sources to draw from, or they do not differ."""
        return None if self.gain.low is None or self.gain.high is None else (self.gain.low, self.gain.high)

    @property
    def told_apart(self) -> bool:
        """By McNemar's test, after Holm where several pairs were tested."""
        return (self.p if self.adjusted_p is None else self.adjusted_p) < ALPHA

    def sentence(self, name_a: str, name_b: str) -> str:
        """Effect and interval before the counts and the p-value; the better network first."""
        mean, interval = self.gain.mean, self.interval
        better, worse, won, lost = name_a, name_b, self.won, self.lost
        if mean < 0:
            better, worse, won, lost, mean = worse, better, lost, won, -mean
            interval = interval and (-interval[1], -interval[0])
        if mean < ROUNDING:
            effect = f"{better} and {worse} are right as often"
        else:
            effect = f"{better} is right on {100 * mean:.1f} percentage points more than {worse}"
        if interval is not None:
            over = counted(self.gain.clusters, "group") if self.grouped else "single clips"
            ends = f"{figure(100 * interval[0], '.1f')} to {figure(100 * interval[1], '.1f')}"
            effect += f" (95 % {ends}, bootstrap over {over})"
        with_seeds = "" if self.seeds == 1 else f" with more of {self.seeds} seeds"
        counts = f"only {better} is right{with_seeds} on {won}, only {worse} on {lost}"
        across = "" if self.adjusted_p is None else f", after Holm over {self.pairs} pairs {p_words(self.adjusted_p)}"
        return f"On the same {self.clips:,} clips: {effect}; {counts}; McNemar's exact test: {p_words(self.p)}{across}."

    @property
    def warnings(self) -> tuple[str, ...]:
        """What these figures do not allow for."""
        if not self.grouped:
            return (NO_GROUPS,)
        return tuple(filter(None, [related_clips(self.clips, self.gain.clusters)]))


def compare_answers(
    a: RunAnswers, b: RunAnswers, folds: tuple[int, ...], groups: Mapping[str, str] | None
) -> ClipComparison:
    """Compare two networks over folds in which all their runs were tested on the same clips.

    Args:
        a: by (fold, seed).
        b: likewise. Of a fold, the seeds that both have are compared; where they have none in common, as many of each
            as the one with fewer has, the lowest first.
        folds: at least one.
        groups: the source of each clip, by its id; a clip that is not in it is a source of its own. None = unknown.
    """
    ids, right, most = [], [], 0
    for fold in folds:
        seeds = _paired_seeds(a, b, fold)
        most = max(most, len(seeds))
        for of_a, of_b in seeds:
            ids.append(a[fold, of_a].clip_ids)
            right.append(np.stack([a[fold, of_a].right, b[fold, of_b].right]))
    names, clip = np.unique(np.concatenate(ids), return_inverse=True)
    asked = np.bincount(clip)
    ahead = np.bincount(clip, np.concatenate([of_a.astype(float) - of_b for of_a, of_b in right]))
    sources = names if groups is None else np.array([groups.get(name, name) for name in names.tolist()])
    won, lost = int((ahead > 0).sum()), int((ahead < 0).sum())
    return ClipComparison(
        clips=len(names),
        won=won,
        lost=lost,
        gain=clustered_bootstrap(ahead / asked, np.unique(sources, return_inverse=True)[1]),
        seeds=most,
        grouped=groups is not None,
        p=mcnemar(won, lost),
    )


def _paired_seeds(a: RunAnswers, b: RunAnswers, fold: int) -> list[tuple[int, int]]:
    of_a, of_b = (sorted(seed for f, seed in runs if f == fold) for runs in (a, b))
    common = [seed for seed in of_a if seed in of_b]
    return [(seed, seed) for seed in common] or list(zip(of_a, of_b, strict=False))
