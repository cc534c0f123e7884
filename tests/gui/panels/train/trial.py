"""The study that tests of the Train panel would train, and what it costs."""

from __future__ import annotations

from core.estimate import Estimate
from core.run_spec import Network
from core.study import Study

STUDY = Study(
    name="Trial",
    folds=(1, 2),
    network=(Network(architecture="baseline_cnn"), Network(architecture="alexnet")),
)


def costs(seconds: float, runs: int = 4) -> Estimate:
    halves = {"Baseline CNN": seconds / 2, "AlexNet": seconds / 2}
    return Estimate(seconds, 1_000_000, 10**12, runs, {name: 2 * half / runs for name, half in halves.items()})
