"""The study that tests of the Train panel would train, its folders, and what it costs."""

from __future__ import annotations

from core.estimate import Estimate
from core.run_records import LogRow, Phase
from core.run_spec import Network
from core.runs import run_folder
from core.settings_file import write_toml
from core.study import Study

STUDY = Study(
    name="Trial",
    folds=(1, 2),
    network=(Network(architecture="baseline_cnn"), Network(architecture="alexnet")),
)


def costs(seconds: float, runs: int = 4) -> Estimate:
    halves = {"Baseline CNN": seconds / 2, "AlexNet": seconds / 2}
    return Estimate(seconds, 1_000_000, 10**12, runs, {name: 2 * half / runs for name, half in halves.items()})


def make_runs(workspace, phase=Phase.WAITING):
    """Folders of all runs as the engine makes them, with two epochs in each log."""
    specs = list(STUDY.runs((1, 2)))
    for spec in specs:
        folder = run_folder(workspace, spec)
        folder.create(spec)
        folder.write_status(phase=phase, epoch=2)
        folder.write_log([LogRow(epoch, 2.0 / epoch, 0.5, None, None, 1e-3, 30.0, 1.0) for epoch in (1, 2)])
    write_toml(STUDY, workspace.runs / "trial" / "study.toml")
    return specs
