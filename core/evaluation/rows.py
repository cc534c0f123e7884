"""Rows of a summary: a finished run with its scores, and the runs of one network with their means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.datasets.base import Modality
from core.evaluation.metrics import METRICS
from core.evaluation.seeds import SeedSpread, seed_spread
from core.evaluation.statistics import Mean, Scores, mean_over_folds
from core.run_records import RunStatus
from core.run_spec import RunSpec
from core.runs import RunFolder


@dataclass(frozen=True)
class ScoredRun:
    """One finished run."""

    folder: RunFolder
    spec: RunSpec
    status: RunStatus  # epochs, seconds, clips/s, parameters, multiply-adds, accuracy on the training part
    network: str  # label; with the digest of the recipe where one network was trained under several
    scores: dict[str, float]  # by name of the metric, on the test fold
    test_clips: int
    tested: str  # digest of the ids of the test clips: runs that share it were tested on the same

    @property
    def clips_per_second(self) -> float | None:
        """Of training; None where there was nothing to train, as in an average of scores."""
        return self.status.clips_per_second or None

    @property
    def gap(self) -> float | None:
        """Accuracy on the training clips less that on the test clips; None where the former is not known."""
        seen = self.status.train_accuracy
        return None if seen is None else seen - self.scores["accuracy"]


@dataclass(frozen=True)
class NetworkRow:
    """The runs of one network under one recipe on one dataset."""

    label: str
    runs: tuple[ScoredRun, ...]
    means: dict[str, Mean]  # by name of the metric; intervals end at the bounds of the metric

    @property
    def spec(self) -> RunSpec:
        """Of one of the runs: they differ only in fold and seed."""
        return self.runs[0].spec

    @property
    def architecture(self) -> str:
        return self.spec.network.architecture

    @property
    def dataset(self) -> str:
        return self.spec.dataset.name

    @property
    def modality(self) -> Modality:
        return self.spec.modality

    @property
    def folds(self) -> tuple[int, ...]:
        return tuple(sorted({run.spec.fold for run in self.runs}))

    @property
    def seeds(self) -> tuple[int, ...]:
        return tuple(sorted({run.spec.seed for run in self.runs}))

    @property
    def parameters(self) -> int:
        return self.runs[0].status.parameters

    @property
    def multiply_adds(self) -> int:
        return self.runs[0].status.multiply_adds

    @property
    def clips_per_second(self) -> float | None:
        """Of training, the median run; None where there was nothing to train."""
        known = [run.clips_per_second for run in self.runs if run.clips_per_second is not None]
        return float(np.median(known)) if known else None

    @property
    def seconds(self) -> float:
        """Of training, all runs together."""
        return sum(run.status.seconds for run in self.runs)

    @property
    def gap(self) -> float | None:
        """Mean over the runs; None where it is not known of all."""
        gaps = [run.gap for run in self.runs]
        known = [gap for gap in gaps if gap is not None]
        return float(np.mean(known)) if known and len(known) == len(gaps) else None

    def interval(self, metric: str) -> str:
        """`85.1 – 95.3`, or `one fold`, which has none."""
        mean, about = self.means[metric], METRICS[metric]
        if mean.low is None or mean.high is None:
            return "one fold"
        return f"{about.text(mean.low)} – {about.text(mean.high)}"

    def seeds_of(self, fold: int) -> tuple[int, ...]:
        return tuple(sorted(run.spec.seed for run in self.runs if run.spec.fold == fold))

    def scores(self, metric: str) -> Scores:
        """By (fold, seed)."""
        return {(run.spec.fold, run.spec.seed): run.scores[metric] for run in self.runs}

    def mean(self, figures: Scores) -> Mean:
        """Of figures of its runs, by (fold, seed), with an interval that allows for the clips that folds share."""
        return mean_over_folds(figures, n_train=train_clips([self]), n_test=test_clips([self]))

    @property
    def tested(self) -> dict[tuple[int, int], str]:
        """Digest of the test clips by (fold, seed)."""
        return {(run.spec.fold, run.spec.seed): run.tested for run in self.runs}

    def by_fold(self, metric: str) -> dict[int, float]:
        """Mean over the seeds of each fold: the dots of a plot."""
        values = self.scores(metric)
        return {fold: float(np.mean([v for (f, _), v in values.items() if f == fold])) for fold in self.folds}

    def seed_spread(self, metric: str) -> SeedSpread:
        """How much of the spread of its scores comes from seeds."""
        return seed_spread(self.scores(metric))


def train_clips(rows: Sequence[NetworkRow]) -> float:
    """That training could draw from, mean over the runs: what the folds share. 0 where it was not recorded, and then
    nothing is corrected."""
    return float(np.mean([run.status.pool for row in rows for run in row.runs]))


def test_clips(rows: Sequence[NetworkRow]) -> float:
    return float(np.mean([run.test_clips for row in rows for run in row.runs]))
