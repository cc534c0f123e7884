"""Eight runs on a Ray cluster of two nodes, one thread each, against the same runs in turn with one thread.

uv run pytest -s tests/benchmarks/bench_cluster.py

The time counts from the first epoch that is trained: what a cluster needs before, to import the libraries on each
node, is said apart. On a machine of two cores, home's own work and the nodes' share them: the figure informs.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from core.cluster import Cluster
from core.engine import run
from core.events import Event, Outcome, RunStarted, StudyFinished, StudyStarted
from core.runner import OpenRunner, in_turn
from core.study import Study
from core.training.device import use_threads
from core.workspace import Workspace
from tests.core.tones import tone_study, write_tones

os.environ["RAY_ENABLE_UV_RUN_RUNTIME_ENV"] = "0"  # before Ray is imported
cluster_utils = pytest.importorskip("ray.cluster_utils")

EPOCHS = 60
NODES = 2


def timed(study: Study, folder: Path, runner: OpenRunner) -> tuple[float, float]:
    """Seconds from the start of the study to its first run, and from there to the end of the last."""
    at: dict[type[Event], float] = {}
    workspace = Workspace(folder).open()
    assert run(study, workspace, lambda e: at.setdefault(type(e), time.perf_counter()), runner=runner) is Outcome.DONE
    workspace.close()
    return at[RunStarted] - at[StudyStarted], at[StudyFinished] - at[RunStarted]


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
        before, together = timed(study, tmp_path / "cluster", Cluster(cluster.address).runner)
    finally:
        cluster.shutdown()
    monkeypatch.setattr("core.training.device.use_threads", lambda: use_threads(1))
    _, alone = timed(study, tmp_path / "alone", in_turn)
    with capsys.disabled():
        print(
            f"\n8 runs of {EPOCHS} epochs: {alone:.1f} s in turn with one thread, {together:.1f} s on {NODES} nodes of "
            f"one thread, {alone / together:.2f} times as fast, efficiency {alone / together / NODES:.2f}; before its "
            f"first run, the cluster took {before:.1f} s. {os.cpu_count()} cores"
        )
    assert alone / together > 1
