"""How networks learn: loss and accuracy of all their runs while they are trained, and what is left of it on the test.

Runs of a network are averaged place by place: seeds within a fold, then folds. A curve goes as far as the shortest of
the runs, so that every point is a mean of all of them and none bends where a run ends.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from core.control import Control
from core.evaluation.curves import mean_curve
from core.evaluation.statistics import Mean
from core.evaluation.summary import NetworkRow, ScoredRun, Summary
from core.evaluation.tables import TextTable
from core.events import Progress
from core.run_records import LogRow

Figures = NDArray[np.float64]
Logs = Mapping[tuple[int, int], Sequence[LogRow]]  # (fold, seed) → epochs


class Quantity(StrEnum):
    ACCURACY = "accuracy"
    LOSS = "loss"


class Along(StrEnum):
    """What the epochs of networks are set against."""

    EPOCH = "epoch"
    SHARE = "share of the training"
    TIME = "time"


class Spread(StrEnum):
    """What the band is."""

    INTERVAL = "95 % interval"
    RANGE = "lowest to highest run"


class Part(StrEnum):
    """Of the clips that are not tested."""

    TRAINING = "training"
    VALIDATION = "validation"


@dataclass(frozen=True)
class LearningCurve:
    """The mean of a network's runs.

    Attributes:
        network: whose.
        part: of the clips.
        x: (points,) epochs, shares of the training from 0 to 1, or seconds.
        y: (points,) mean loss in nats, or accuracy from 0 to 1.
        low: (points,) of the band; NaN where there is none.
        high: likewise.
        longer: runs that were trained on beyond the last point.
        basis: folds and seeds, in words.
    """

    network: NetworkRow
    part: Part
    x: Figures
    y: Figures
    low: Figures
    high: Figures
    longer: int
    basis: str


def read_learning(
    networks: Sequence[NetworkRow],
    quantity: Quantity,
    along: Along,
    spread: Spread,
    control: Control,
    report: Callable[[Progress], None],
) -> tuple[LearningCurve, ...]:
    """The curves of finished runs, from their logs; networks of which nothing was trained have none.

    Raises:
        Cancelled: as `control` says.
    """
    curves: list[LearningCurve] = []
    for done, row in enumerate(networks):
        control.checkpoint()
        report(Progress("Reading logs", done, len(networks), "networks"))
        logs = {(run.spec.fold, run.spec.seed): run.folder.log() for run in row.runs if not run.spec.late}
        found = (learning_curve(row, logs, part, quantity, along, spread) for part in Part)
        curves += [curve for curve in found if curve is not None]
    return tuple(curves)


def learning_curve(
    row: NetworkRow, logs: Logs, part: Part, quantity: Quantity, along: Along, spread: Spread
) -> LearningCurve | None:
    """The mean of a network's runs on a part of the clips; None where a run has no figures of it.

    Over epochs nothing is interpolated. Over the share of the training or the time, which differ from run to run,
    each run is read off, straight between its epochs, at as many places as the shortest has epochs.

    Args:
        row: the network.
        logs: of all its runs.
        part: of the clips.
        quantity: what is shown.
        along: against what.
        spread: INTERVAL: of the mean over the folds, as `NetworkRow.mean`, none of one fold. RANGE: the lowest and the
            highest run at each place; none of one run.
    """
    runs = {key: _places(log, along) for key, log in logs.items()}
    values = {key: _values(log, part, quantity) for key, log in logs.items()}
    if not runs or any(not len(figures) or not np.isfinite(figures).all() for figures in values.values()):
        return None
    ends = [x[-1] for x in runs.values()]
    x = np.linspace(max(x[0] for x in runs.values()), min(ends), min(map(len, runs.values())))
    read = {key: np.interp(x, runs[key], values[key]) for key in runs}
    y, low, high = mean_curve(row.mean, read, 0.0, 1.0 if quantity is Quantity.ACCURACY else math.inf)
    if spread is Spread.RANGE and len(read) > 1:
        each = np.stack(list(read.values()))
        low, high = each.min(axis=0), each.max(axis=0)
    basis = row.mean({key: float(figures[0]) for key, figures in read.items()}).basis
    return LearningCurve(row, part, x, y, low, high, sum(end > min(ends) for end in ends), basis)


@dataclass(frozen=True)
class Gap:
    """Accuracy of the tested weights on what a network was trained on, on what chose them, and on the test clips.

    None: it is not known of every run, or there is no validation part. `gap` is training less test, run by run.
    """

    network: NetworkRow
    training: Mean | None
    validation: Mean | None
    test: Mean
    gap: Mean | None


def gaps(summary: Summary) -> tuple[Gap, ...]:
    """Of each network, the most accurate first."""

    def mean(row: NetworkRow, figure: Callable[[ScoredRun], float | None], low: float = 0.0) -> Mean | None:
        figures = {(run.spec.fold, run.spec.seed): figure(run) for run in row.runs}
        known = {key: value for key, value in figures.items() if value is not None}
        return row.mean(known).within(low, 1.0) if len(known) == len(figures) else None

    return tuple(
        Gap(
            row,
            mean(row, lambda run: run.status.train_accuracy),
            mean(row, lambda run: run.status.validation_accuracy),
            row.means["accuracy"],
            mean(row, lambda run: run.gap, -1.0),
        )
        for row in summary.networks
    )


def gap_table(found: Sequence[Gap]) -> TextTable:
    """A row a network."""

    def cell(mean: Mean | None) -> str:
        return mean.text() if mean is not None else "–"

    return TextTable(
        (
            "Network",
            *(f"{part} accuracy (%) [95 % interval]" for part in ("Training", "Validation", "Test")),
            "Training − test (points) [95 % interval]",
            "Folds × seeds",
        ),
        tuple(
            (gap.network.label, *map(cell, (gap.training, gap.validation, gap.test, gap.gap)), gap.test.grid)
            for gap in found
        ),
    )


def _places(log: Sequence[LogRow], along: Along) -> Figures:
    epochs = np.array([row.epoch for row in log], dtype=float)
    if along is Along.TIME:
        return np.cumsum([row.seconds for row in log])
    return epochs / epochs[-1] if along is Along.SHARE and len(epochs) else epochs


def _values(log: Sequence[LogRow], part: Part, quantity: Quantity) -> Figures:
    name = f"{'train' if part is Part.TRAINING else 'validation'}_{quantity}"
    return np.array([getattr(row, name) for row in log], dtype=float)  # None becomes NaN
