"""What networks cost beside what they score, and which of them no other beats in both."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from core.evaluation.metrics import METRICS
from core.evaluation.overview import Overview
from core.evaluation.summary import NetworkRow, ScoredRun
from core.evaluation.tables import TextTable
from core.readable import count, counted, span
from core.run_records import Latency
from core.tables import Table


class Spent(NamedTuple):
    """A cost and how far it goes; `low` and `high` are the value where it has no spread."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Cost:
    """A row of COSTS. `text` writes a value with its unit; `of` is None where the cost is not known."""

    title: str
    help: str
    spread: str  # what `low` and `high` of a Spent are, in words
    text: Callable[[float], str]
    heading: str  # of a column
    scale: float  # of the figures below it
    decimals: int
    of: Callable[[NetworkRow, Overview], Spent | None]
    seconds: bool = False


def _parameters(network: NetworkRow, _: Overview) -> Spent | None:
    return _fixed(network.parameters)


def _multiply_adds(network: NetworkRow, _: Overview) -> Spent | None:
    return _fixed(network.multiply_adds)


def _training(network: NetworkRow, overview: Overview) -> Spent | None:
    """Median run, from the quickest to the slowest; None where the time of a branch is not known."""
    by_id = {run.folder.id: run for run in overview.summary.runs}
    whole = [_with_branches(run, by_id) for run in network.runs]
    known = [seconds for seconds in whole if seconds]
    return Spent(float(np.median(known)), min(known), max(known)) if len(known) == len(whole) else None


def _latency(network: NetworkRow, overview: Overview) -> Spent | None:
    found = latencies(overview).get(network.label)
    return None if found is None else Spent(found.p50, found.p50, found.p95)


COSTS: Table[Cost] = Table(
    "cost",
    [
        (
            "parameters",
            Cost(
                title="Parameters",
                help="Numbers that can be learnt, frozen ones included: what a network takes of memory.",
                spread="",
                text=count,
                heading="Parameters (M)",
                scale=1e-6,
                decimals=2,
                of=_parameters,
            ),
        ),
        (
            "multiply_adds",
            Cost(
                title="Multiply-adds",
                help="Multiplications with an addition that one clip takes: the same on every machine.",
                spread="",
                text=count,
                heading="Multiply-adds (G)",
                scale=1e-9,
                decimals=3,
                of=_multiply_adds,
            ),
        ),
        (
            "seconds",
            Cost(
                title="Training time",
                help="Of the median run, on the machine that trained it; of two branches that were trained first, with "
                "theirs. What weights had cost before, such as ImageNet’s, is not counted.",
                spread="quickest to slowest run",
                text=span,
                heading="Training of a run (min)",
                scale=1 / 60,
                decimals=1,
                of=_training,
                seconds=True,
            ),
        ),
        (
            "latency",
            Cost(
                title="Latency",
                help="Time for one clip through front end and network, at a batch of 1: the median of 50 clips. "
                "It is measured when you ask for it.",
                spread="median to 95th percentile",
                text=span,
                heading="Latency p50 (ms)",
                scale=1000.0,
                decimals=1,
                of=_latency,
                seconds=True,
            ),
        ),
    ],
)


def latencies(overview: Overview) -> dict[str, Latency]:
    """By network, what was measured where the last measurement was made: elsewhere other times are taken."""
    newest: dict[str, Latency] = {}
    for network in overview.summary.networks:
        known = [overview.latencies[run.folder.id] for run in network.runs if run.folder.id in overview.latencies]
        if known:
            newest[network.label] = max(known, key=lambda latency: latency.at)
    last = max(newest.values(), key=lambda latency: latency.at, default=None)
    return {label: found for label, found in newest.items() if last is not None and found.bench == last.bench}


def front(points: Mapping[str, tuple[float, float]], higher_is_better: bool) -> tuple[str, ...]:
    """Names of the points (cost, score) that no other beats: none costs as little or less and scores as well or
    better, and differs. The cheapest first (V. Pareto 1906; also called the skyline)."""
    sign = 1.0 if higher_is_better else -1.0
    ordered = sorted(points.items(), key=lambda item: (item[1][0], -sign * item[1][1]))
    names: list[str] = []
    best: tuple[float, float] | None = None  # the last one that was not beaten
    for name, (cost, score) in ordered:
        if best is None or sign * score > sign * best[1] or (cost, score) == best:
            names.append(name)
            best = (cost, score)
    return tuple(names)


def cost_table(overview: Overview, metric: str) -> TextTable:
    """A row a network, the best first; a dash for what is not known."""
    about, measured = METRICS[metric], latencies(overview)
    where = next((f"; {found.device}, {counted(found.threads, 'thread')}" for found in measured.values()), "")
    return TextTable(
        (
            "Network",
            f"{about.title} ({about.unit}) [95 % interval]",
            *(cost.heading for cost in COSTS.values()),
            f"Latency p95 (ms{where})",
        ),
        tuple(
            (
                network.label,
                network.means[metric].text(about.scale, about.decimals),
                *(_cell(cost, cost.of(network, overview)) for cost in COSTS.values()),
                f"{1000 * measured[network.label].p95:.1f}" if network.label in measured else "–",
            )
            for network in overview.summary.ranked(metric)
        ),
    )


def _cell(cost: Cost, spent: Spent | None) -> str:
    return "–" if spent is None else f"{cost.scale * spent.value:.{cost.decimals}f}"


def _fixed(number: int) -> Spent | None:
    return Spent(number, number, number) if number else None


def _with_branches(run: ScoredRun, by_id: Mapping[str, ScoredRun]) -> float | None:
    """Seconds of a run and of those that its branches come from; None where one of them is not known."""
    branches = [branch.run for branch in run.spec.branches if branch.run]
    if not run.status.seconds or any(branch not in by_id for branch in branches):
        return None
    return run.status.seconds + sum(by_id[branch].status.seconds for branch in branches)
