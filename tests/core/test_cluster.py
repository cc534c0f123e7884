"""A study on a real Ray cluster of two nodes on this machine: it ends like one in turn, also where a node is lost."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.cluster import Cluster
from core.control import Control
from core.engine import run
from core.errors import UserError
from core.events import EpochEnded, Event, Message, Outcome, RunFinished, RunStarted, StudyFinished, StudyStarted
from core.run_spec import Network
from core.runs import Phase, RunFolder, list_runs
from core.study import Study
from core.training import device
from core.workspace import Workspace
from tests.core.film_studies import BOTH, SIGHT, SOUND, film_study
from tests.core.tones import only, tone_study

os.environ["RAY_ENABLE_UV_RUN_RUNTIME_ENV"] = "0"  # before Ray is imported: tests may run under uv
os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
cluster_utils = pytest.importorskip("ray.cluster_utils")


@pytest.fixture
def nodes() -> Iterator[Any]:
    """Two, of one processor each."""
    cluster = cluster_utils.Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    cluster.add_node(num_cpus=1)
    yield cluster
    cluster.shutdown()


def test_a_study_that_loses_a_node_ends_as_one_in_turn(
    nodes: Any, films: Path, workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = film_study(films, folds=(1, 2))
    study = study.model_copy(update={"recipe": study.recipe.model_copy(update={"epochs": 20})})
    events: list[Event] = []
    second = list(nodes.worker_nodes)[0]

    def emit(event: Event) -> None:
        events.append(event)
        if isinstance(event, EpochEnded) and len(only(events, RunStarted)) == 2 and second in nodes.worker_nodes:
            nodes.remove_node(second, allow_graceful=False)

    assert run(study, workspace, emit, runner=Cluster(nodes.address).runner) is Outcome.DONE, events
    assert only(events, StudyStarted)[0].device == "a Ray cluster of 2 nodes"
    (lost,) = (event.text for event in only(events, Message) if "was lost" in event.text)
    assert "begun anew" in lost and "attempt 2 of 3" in lost
    ended = [event.run for event in only(events, RunFinished)]
    assert len(ended) == len(set(ended)) == 6
    assert len(only(events, RunStarted)) == 7
    order = {event.run: place for place, event in enumerate(events) if isinstance(event, RunStarted)}
    over = {event.run: place for place, event in enumerate(events) if isinstance(event, RunFinished)}
    for folder in list_runs(workspace):
        assert all(over[branch.run] < order[folder.id] for branch in folder.spec.branches)

    alone = Workspace(tmp_path / "alone").open()
    monkeypatch.setattr("core.training.device.use_threads", lambda: device.torch.set_num_threads(1) or 1)
    assert run(study, alone, lambda event: None) is Outcome.DONE
    alone.close()
    here, there = (_by_id(place) for place in (alone, workspace))
    assert here.keys() == there.keys() and len(here) == 6
    for name, folder in here.items():
        expected, found = folder.predictions(), there[name].predictions()
        assert expected.clip_ids.tolist() == found.clip_ids.tolist()
        np.testing.assert_array_equal(found.probabilities, expected.probabilities, err_msg=name)
        assert {path.name for path in folder.path.iterdir()} == {path.name for path in there[name].path.iterdir()}
        same = ("dataset_fingerprint", "threads", "device", "clips", "commit")
        assert [folder.environment[key] for key in same] == [there[name].environment[key] for key in same]
        assert there[name].environment["node"]
        assert [row.epoch for row in there[name].log()] == [row.epoch for row in folder.log()]
    both = next(folder for folder in there.values() if folder.spec.network.name == BOTH)
    for branch, label in zip(both.spec.branches, (SOUND, SIGHT), strict=True):
        assert branch.network.name == label
        assert str(there[branch.run].weights) in both.initial_weights


def _by_id(workspace: Workspace) -> dict[str, RunFolder]:
    return {folder.id: folder for folder in list_runs(workspace)}
