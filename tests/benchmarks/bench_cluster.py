"""Eight runs on a Ray cluster of two nodes, one thread each, against the same runs in turn with one thread.

uv run pytest -s tests/benchmarks/bench_cluster.py

The time counts from the first epoch that is trained: what a cluster needs before, to import the libraries on each
node, is said apart. On a machine of two cores, home's own work and the nodes' share them, and whatever else runs: the
ratio of times informs. What must hold is that nodes do not wait for work: the share of their time that runs take.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from core.cluster import Cluster
from core.engine import run
from core.events import Event, Outcome, RunFinished, RunStarted, StudyStarted
from core.runner import OpenRunner, in_turn
from core.study import Study
from core.training.device import use_threads
from core.workspace import Workspace
from tests.core.tones import tone_study, write_tones

os.environ["RAY_ENABLE_UV_RUN_RUNTIME_ENV"] = "0"  # before Ray is imported
cluster_utils = pytest.importorskip("ray.cluster_utils")

EPOCHS = 60
NODES = 2
BOUND = 0.8


def timed(study: Study, folder: Path, runner: OpenRunner) -> tuple[float, float, float]:
    """Seconds from the start of the study to its first run, from there to the end of the last, and of all runs."""
    at: dict[type[Event], float] = {}
    trained: list[float] = []

    def emit(event: Event) -> None:
        at.setdefault(type(event), time.perf_counter())
        if isinstance(event, RunFinished):
            trained.append(event.seconds)
            at[RunFinished] = time.perf_counter()  # the last

    workspace = Workspace(folder).open()
    assert run(study, workspace, emit, runner=runner) is Outcome.DONE
    workspace.close()
    return at[RunStarted] - at[StudyStarted], at[RunFinished] - at[RunStarted], sum(trained)


def test_two_nodes_against_one_thread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tones = write_tones(tmp_path / "tones", 16)
    recipe = tone_study(tones).recipe.model_copy(update={"epochs": EPOCHS})
    study = tone_study(tones, recipe=recipe, folds=(), seeds=(0, 1))
    cluster = cluster_utils.Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    try:
        for _ in range(NODES - 1):
            cluster.add_node(num_cpus=1)
        before, together, busy = timed(study, tmp_path / "cluster", Cluster(cluster.address).runner)
    finally:
        cluster.shutdown()
    monkeypatch.setattr("core.training.device.use_threads", lambda: use_threads(1))
    _, alone, _ = timed(study, tmp_path / "alone", in_turn)
    with capsys.disabled():
        print(
            f"\n8 runs of {EPOCHS} epochs: {alone:.1f} s in turn with one thread, {together:.1f} s on {NODES} nodes of "
            f"one thread, {alone / together:.2f} times as fast, efficiency {alone / together / NODES:.2f}; before its "
            f"first run, the cluster took {before:.1f} s. The nodes trained for {busy / together / NODES:.2f} of the "
            f"time (at least {BOUND}). {os.cpu_count()} cores"
        )
    assert busy / together / NODES >= BOUND
