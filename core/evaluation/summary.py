"""What a set of finished runs says: a row a run, a row a network with means over its folds, and paired differences.

Networks are compared whatever they are given of a clip: which of sound and sight says more is the question asked.

What the Compare panel shows and the command line prints at the end of a study.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

import numpy as np

from core.control import Control
from core.datasets.base import Modality
from core.errors import UserError
from core.evaluation.metrics import METRICS, score
from core.evaluation.predictions import Predictions
from core.evaluation.statistics import (
    ONE_FOLD,
    Difference,
    Mean,
    Scores,
    difference,
    folds_alike,
    holm,
    mean_over_folds,
    p_words,
)
from core.events import Event, Progress
from core.run_spec import RunSpec, network_labels
from core.runs import Phase, RunFolder, RunStatus


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

    def scores(self, metric: str) -> Scores:
        """By (fold, seed)."""
        return {(run.spec.fold, run.spec.seed): run.scores[metric] for run in self.runs}

    def mean(self, figures: Scores) -> Mean:
        """Of figures of its runs, by (fold, seed), with an interval that allows for the clips that folds share."""
        return mean_over_folds(figures, n_train=_train_clips([self]), n_test=_test_clips([self]))

    @property
    def tested(self) -> dict[tuple[int, int], str]:
        """Digest of the test clips by (fold, seed)."""
        return {(run.spec.fold, run.spec.seed): run.tested for run in self.runs}

    def by_fold(self, metric: str) -> dict[int, float]:
        """Mean over the seeds of each fold: the dots of a plot."""
        values = self.scores(metric)
        return {fold: float(np.mean([v for (f, _), v in values.items() if f == fold])) for fold in self.folds}


@dataclass(frozen=True)
class Comparison:
    """Two networks on the folds they have in common."""

    metric: str
    a: NetworkRow
    b: NetworkRow
    difference: Difference
    adjusted_p: float | None = None  # after Holm across the pairs; None where there is no test, or one pair only
    pairs: int = 1  # that were tested together

    @property
    def across(self) -> bool:
        """Whether one architecture is compared with itself on another modality."""
        return self.a.modality != self.b.modality and self.a.architecture == self.b.architecture

    @property
    def sentence(self) -> str:
        """Effect, interval and p-value in words, and what is left of it after Holm."""
        metric = METRICS[self.metric]
        unit = "percentage points" if metric.unit == "%" else metric.unit
        text = self.difference.sentence(self.a.label, self.b.label, metric.scale, unit, metric.decimals)
        if self.adjusted_p is not None:
            text += f" After Holm over {self.pairs} pairs: {p_words(self.adjusted_p)}."
        return f"{metric.title}: {text}"


@dataclass(frozen=True)
class Summary:
    """Everything there is to compare."""

    runs: tuple[ScoredRun, ...] = ()
    networks: tuple[NetworkRow, ...] = ()  # the most accurate first
    problems: tuple[str, ...] = ()  # a sentence for each finished run that cannot be read

    def ranked(self, metric: str) -> tuple[NetworkRow, ...]:
        """The best first by a metric; networks for which it is not defined last."""
        sign = -1 if METRICS[metric].higher_is_better else 1
        values = {network.label: sign * network.means[metric].value for network in self.networks}
        return tuple(sorted(self.networks, key=lambda n: (np.isnan(values[n.label]), values[n.label])))

    def compare(self, metric: str) -> tuple[Comparison, ...]:
        """Every pair of networks, whatever their modality, over the folds in which both were tested on the same clips.

        An architecture's modalities come first, then the other pairs; the better ones first within each.
        """
        found = [
            Comparison(metric, a, b, _paired(a, b, metric, folds))
            for a, b in combinations(self.networks, 2)
            if (folds := _common_folds(a, b, metric))
        ]
        found.sort(key=lambda comparison: not comparison.across)
        tested = [comparison.difference.p for comparison in found if comparison.difference.p is not None]
        if len(tested) < 2:
            return tuple(found)
        adjusted = iter(holm(tested))
        return tuple(
            replace(comparison, adjusted_p=next(adjusted), pairs=len(tested))
            if comparison.difference.p is not None
            else comparison
            for comparison in found
        )

    def on_one_fold(self, metric: str) -> str:
        """What goes before the differences where networks, or a pair, have one fold only; nothing where none has."""
        alone = [network.label for network in self.networks if network.means[metric].n_folds == 1]
        if not alone and all(len(comparison.difference.folds) > 1 for comparison in self.compare(metric)):
            return ""
        if len(alone) in (0, len(self.networks)):
            return ONE_FOLD
        return f"{', '.join(alone)} {'was' if len(alone) == 1 else 'were'} tested on one fold only. {ONE_FOLD}"

    @property
    def modalities(self) -> tuple[Modality, ...]:
        """What there are networks of: sound, sight, both."""
        return tuple(modality for modality in Modality if any(n.modality == modality for n in self.networks))

    def strangers(self) -> tuple[tuple[str, str], ...]:
        """Pairs of networks that share a fold by its number and not by its clips: they are not compared."""
        return tuple(
            (a.label, b.label)
            for a, b in combinations(self.networks, 2)
            if set(a.folds) & set(b.folds) and not _common_folds(a, b, "accuracy")
        )

    @property
    def differences(self) -> tuple[Comparison, ...]:
        """`compare` by accuracy."""
        return self.compare("accuracy")


def summarise(
    runs: Iterable[RunFolder],
    control: Control | None = None,
    report: Callable[[Event], None] = lambda event: None,
) -> Summary:
    """Read and score the finished runs among those given; scores are kept in memory until a file changes.

    Raises:
        Cancelled: as `control` says.
    """
    control = control or Control()
    rows: list[ScoredRun] = []
    problems: list[str] = []
    folders = list(runs)
    for done, folder in enumerate(folders):
        control.checkpoint()
        report(Progress("Reading results", done, len(folders), "runs"))
        status = folder.status
        if status.phase is not Phase.DONE:
            continue
        try:
            scored = _scored(folder.predictions_file, folder.predicted_ns)
            spec = folder.spec
            rows.append(
                ScoredRun(folder, spec, status, spec.network.label, dict(scored.scores), scored.clips, scored.tested)
            )
        except UserError as error:
            problems.append(str(error))
    labels = network_labels([row.spec for row in rows])
    rows = [replace(row, network=label) for row, label in zip(rows, labels, strict=True)]
    networks = [_network_row(label, [row for row in rows if row.network == label]) for label in _labels(rows)]
    networks.sort(key=lambda network: -network.means["accuracy"].value)
    return Summary(tuple(rows), tuple(networks), tuple(problems))


class _Scored(NamedTuple):
    """What is kept in memory of a predictions file."""

    scores: tuple[tuple[str, float], ...]
    clips: int
    tested: str  # digest of the ids and labels of the clips, in any order


@lru_cache(maxsize=10_000)
def _scored(path: Path, modified: int) -> _Scored:
    """A predictions file in the state of a point in time."""
    predictions = Predictions.load(path, whole=False)
    truth = zip(predictions.clip_ids.tolist(), predictions.labels.tolist(), strict=True)
    tested = hashlib.sha256(repr([predictions.classes, sorted(truth)]).encode()).hexdigest()[:16]
    return _Scored(tuple(score(predictions).items()), len(predictions), tested)


def _labels(rows: Sequence[ScoredRun]) -> list[str]:
    return list(dict.fromkeys(row.network for row in rows))


def _network_row(label: str, runs: Sequence[ScoredRun]) -> NetworkRow:
    row = NetworkRow(label, tuple(runs), {})
    means = {name: row.mean(row.scores(name)).within(about.low, about.high) for name, about in METRICS.items()}
    return replace(row, means=means)


def _paired(a: NetworkRow, b: NetworkRow, metric: str, folds: set[int]) -> Difference:
    of_a, of_b = ({key: v for key, v in row.scores(metric).items() if key[0] in folds} for row in (a, b))
    return difference(of_a, of_b, _train_clips([a, b]), _test_clips([a, b]))


def _common_folds(a: NetworkRow, b: NetworkRow, metric: str) -> set[int]:
    """Folds of the same dataset in which every run of both was tested on the same clips, and has a score.

    However they were chosen: the same clips may lie elsewhere, or be what two choices come to.
    """
    if a.dataset != b.dataset:
        return set()
    return folds_alike(a.tested, b.tested) & set(_defined_folds(a, metric)) & set(_defined_folds(b, metric))


def _defined_folds(row: NetworkRow, metric: str) -> list[int]:
    return [fold for fold, value in row.by_fold(metric).items() if np.isfinite(value)]


def _train_clips(rows: Sequence[NetworkRow]) -> float:
    """Mean over the runs; 0 where it was not recorded, and then nothing is corrected."""
    return float(np.mean([run.status.train_clips for row in rows for run in row.runs]))


def _test_clips(rows: Sequence[NetworkRow]) -> float:
    return float(np.mean([run.test_clips for row in rows for run in row.runs]))
