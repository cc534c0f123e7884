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
from core.evaluation.bayesian import ROPE
from core.evaluation.comparison import Comparison, common_folds, compare_networks
from core.evaluation.metrics import METRICS, score
from core.evaluation.predictions import Predictions
from core.evaluation.rows import NetworkRow, ScoredRun
from core.evaluation.seeds import SEEDS
from core.evaluation.statistics import ONE_FOLD
from core.events import Event, Progress
from core.run_records import Phase
from core.run_spec import network_labels
from core.runs import RunFolder


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

    def compare(self, metric: str, rope: float = ROPE, against: str = "") -> tuple[Comparison, ...]:
        """Every pair of networks, or all against one: see `compare_networks`."""
        return compare_networks(self.networks, metric, rope, against)

    def seed_sentences(self, metric: str) -> tuple[str, ...]:
        """How much of each network's spread comes from seeds, and what seeds are; nothing where all have one."""
        about = METRICS[metric]
        unit = "percentage points" if about.unit == "%" else about.unit
        found = [
            row.seed_spread(metric).sentence(row.label, about.scale, unit, about.decimals)
            for row in self.ranked(metric)
        ]
        said = tuple(filter(None, found))
        return (*said, SEEDS) if said else ()

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
            if set(a.folds) & set(b.folds) and not common_folds(a, b, "accuracy")
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
