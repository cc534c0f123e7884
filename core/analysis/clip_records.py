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

    def of_runs(self, networks: Sequence[str] = (), folds: Sequence[int] = (), seeds: Sequence[int] = ()) -> Rows:
        """Records of runs with one of the network labels, folds and seeds; an empty choice means all."""
        return np.flatnonzero(np.isin(np.arange(len(self.runs)), self.runs_of(networks, folds, seeds))[self.run])

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

    def right_and_wrong(self, right: str, wrong: str) -> Rows:
        """Records of network `wrong` that are wrong where `right` was right, in the same fold with the same seed.

        Args:
            right: label of a network; clips it was not tested on are left out.
            wrong: label of another.
        """
        of_right, of_wrong = self._of(right), self._of(wrong)
        solved = self._has(of_right & self.correct) & ~self._has(of_right & ~self.correct)
        return np.flatnonzero(of_wrong & ~self.correct & solved[self._trial])

    def containing(self, text: str) -> Rows:
        """Records whose clip id, true or predicted class contains the text, in either case of letters."""
        wanted = text.casefold()
        in_class = np.array([wanted in name.casefold() for name in self.classes], dtype=bool)
        in_id = np.array([wanted in name.casefold() for name in self.clip_ids.tolist()], dtype=bool)
        return np.flatnonzero(in_id[self.clip] | in_class[self.true] | in_class[self.predicted])

    def _of(self, network: str) -> NDArray[np.bool_]:
        """(records,) whether a record is of a run of the network."""
        return np.array([info.network == network for info in self.runs], dtype=bool)[self.run]

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
