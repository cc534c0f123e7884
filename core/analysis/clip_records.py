"""ClipRecords: the predictions of many runs as one flat table with fast selections, behind the table of clips."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from core.evaluation.predictions import Predictions

Rows = NDArray[np.int64]  # indices into the records, ascending


@dataclass(frozen=True)
class RunInfo:
    """What is known of the run that a record comes from."""

    network: str  # label of the network
    architecture: str
    fold: int
    seed: int


@dataclass(frozen=True, eq=False)
class ClipRecords:
    """One record for each clip that each run predicted. All arrays are (records,).

    Attributes:
        classes: names.
        runs: in the order that `run` counts in.
        clip: index into `clip_ids`.
        clip_ids: (distinct clips,) sorted.
        true: class of the clip.
        predicted: most probable class.
        confidence: its probability.
        margin: its probability less that of the second.
        loss: −ln of the probability of the true class, nats.
        run: index into `runs`.
        row: of the clip in its run's predictions.
    """

    classes: tuple[str, ...]
    runs: tuple[RunInfo, ...]
    clip_ids: NDArray[np.str_]
    clip: NDArray[np.int32]
    true: NDArray[np.int32]
    predicted: NDArray[np.int32]
    confidence: NDArray[np.float32]
    margin: NDArray[np.float32]
    loss: NDArray[np.float32]
    run: NDArray[np.int32]
    row: NDArray[np.int32]

    @classmethod
    def collect(cls, runs: Sequence[tuple[RunInfo, Predictions]]) -> ClipRecords:
        """Lay the predictions of runs end to end.

        Raises:
            ValueError: there are no runs, or they are of different classes.
        """
        if not runs:
            raise ValueError("no runs to collect")
        classes = runs[0][1].classes
        if any(predictions.classes != classes for _, predictions in runs):
            raise ValueError("the runs are of different classes")
        tables = [predictions for _, predictions in runs]
        sizes = [len(table) for table in tables]
        clip_ids, clip = np.unique(np.concatenate([table.clip_ids for table in tables]), return_inverse=True)
        return cls(
            classes=classes,
            runs=tuple(info for info, _ in runs),
            clip_ids=clip_ids,
            clip=clip.astype(np.int32),
            true=np.concatenate([table.labels for table in tables]).astype(np.int32),
            predicted=np.concatenate([table.predicted for table in tables]).astype(np.int32),
            confidence=np.concatenate([table.confidence for table in tables]),
            margin=np.concatenate([_margin(table) for table in tables]),
            loss=np.concatenate([table.loss for table in tables]).astype(np.float32),
            run=np.repeat(np.arange(len(tables), dtype=np.int32), sizes),
            row=np.concatenate([np.arange(size, dtype=np.int32) for size in sizes]),
        )

    def __len__(self) -> int:
        return len(self.clip)

    @cached_property
    def correct(self) -> NDArray[np.bool_]:
        return self.true == self.predicted

    @cached_property
    def seeds(self) -> tuple[int, ...]:
        """Of the runs, ascending."""
        return tuple(sorted({info.seed for info in self.runs}))

    @cached_property
    def folds(self) -> tuple[int, ...]:
        """That the runs were tested on, ascending."""
        return tuple(sorted({info.fold for info in self.runs}))

    def of(self, runs: Sequence[int]) -> Rows:
        """Records of runs, by their places in `runs`."""
        return np.flatnonzero(np.isin(np.arange(len(self.runs)), runs)[self.run])

    def of_runs(self, networks: Sequence[str] = (), folds: Sequence[int] = (), seeds: Sequence[int] = ()) -> Rows:
        """Records of runs with one of the network labels, folds and seeds; an empty choice means all."""
        return self.of(self.runs_of(networks, folds, seeds))

    def runs_of(self, networks: Sequence[str] = (), folds: Sequence[int] = (), seeds: Sequence[int] = ()) -> list[int]:
        """Places in `runs` of those runs."""
        return [
            place
            for place, info in enumerate(self.runs)
            if (not networks or info.network in networks)
            and (not folds or info.fold in folds)
            and (not seeds or info.seed in seeds)
        ]

    def everybody_wrong(self) -> Rows:
        """Records of the clips that every network tested on them got wrong, in the same fold with the same seed."""
        return np.flatnonzero(~self._has(self.correct)[self._trial])

    def right_and_wrong(self, right: Sequence[str], wrong: Sequence[str]) -> Rows:
        """Records of networks in `wrong`, of which every one tested on the clip is wrong where every one in `right` is
        right, in the same fold with the same seed.

        Args:
            right: labels of networks; clips that none of them was tested on are left out.
            wrong: labels of others.
        """
        of_right, of_wrong = self._of(right), self._of(wrong)
        solved = self._has(of_right & self.correct) & ~self._has(of_right & ~self.correct)
        wanted = solved & ~self._has(of_wrong & self.correct)
        return np.flatnonzero(of_wrong & wanted[self._trial])

    def both_tested(self, one: str, other: str) -> Rows:
        """Records of two networks, by their labels, of the clips that both were tested on, in the same fold with the
        same seed."""
        of_one, of_other = self._of([one]), self._of([other])
        shared = self._has(of_one) & self._has(of_other)
        return np.flatnonzero((of_one | of_other) & shared[self._trial])

    @cached_property
    def seed_agreement(self) -> NDArray[np.float32]:
        """(records,) share of the seeds, this one's among them, with which the same network said the same of the clip
        in the same fold; NaN where there is one seed."""
        labels = sorted({info.network for info in self.runs})
        kinds = [len(self.folds) * labels.index(r.network) + self.folds.index(r.fold) for r in self.runs]
        asked = np.array(kinds, np.int64)[self.run] * len(self.clip_ids) + self.clip
        # Of all possible answers few are given: they are sorted rather than counted in a table.
        _, place, seeds = np.unique(asked, return_inverse=True, return_counts=True)
        _, answer, alike = np.unique(
            place * len(self.classes) + self.predicted, return_inverse=True, return_counts=True
        )
        share = alike[answer] / seeds[place]
        return np.where(seeds[place] > 1, share, np.nan).astype(np.float32)

    def flips(self) -> Rows:
        """Records of clips that the same network told differently with another seed, in the same fold."""
        return np.flatnonzero(self.seed_agreement < 1)

    def containing(self, text: str) -> Rows:
        """Records of which clip id, true and predicted class together contain each word, in either case of letters."""
        found = np.ones(len(self), bool)
        for wanted in text.casefold().split():
            in_class = np.array([wanted in name.casefold() for name in self.classes], dtype=bool)
            in_id = np.array([wanted in name.casefold() for name in self.clip_ids.tolist()], dtype=bool)
            found &= in_id[self.clip] | in_class[self.true] | in_class[self.predicted]
        return np.flatnonzero(found)

    def _of(self, networks: Sequence[str]) -> NDArray[np.bool_]:
        """(records,) whether a record is of a run of one of the networks."""
        return np.array([info.network in networks for info in self.runs], dtype=bool)[self.run]

    @cached_property
    def _trial(self) -> NDArray[np.int64]:
        """(records,) number of the clip, fold and seed: records that share it may be compared."""
        parts = sorted({(info.fold, info.seed) for info in self.runs})
        part = np.array([parts.index((info.fold, info.seed)) for info in self.runs], dtype=np.int64)
        return part[self.run] * len(self.clip_ids) + self.clip

    def _has(self, records: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """(trials,) whether one of the records chosen belongs to the trial."""
        return np.bincount(self._trial[records], minlength=self._trial.max(initial=0) + 1) > 0


def _margin(predictions: Predictions) -> NDArray[np.float32]:
    if len(predictions.classes) < 2:
        return predictions.confidence
    top = np.partition(predictions.probabilities, -2, axis=1)[:, -2:]
    margin: NDArray[np.float32] = top[:, 1] - top[:, 0]
    return margin
