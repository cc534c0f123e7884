"""A study on a real Ray cluster of two nodes on this machine: it ends like one in turn, also where a node is lost."""

from __future__ import annotations

import os
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.cluster import Cluster
from core.cluster.dispatch import Dispatch
from core.control import Control
from core.engine import run
from core.errors import UserError
from core.events import EpochEnded, Event, Message, Outcome, RunFinished, RunStarted, StudyFinished, StudyStarted
from core.run_records import Phase
from core.run_spec import Network
from core.runner import OpenRunner
from core.runs import RunFolder, list_runs
from core.study import Study
from core.training.device import use_threads
from core.workspace import Workspace
from tests.core.film_studies import BOTH, SIGHT, SOUND, film_study
from tests.core.tones import only, tone_study

os.environ["RAY_ENABLE_UV_RUN_RUNTIME_ENV"] = "0"  # before Ray is imported: tests may run under uv
os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
IMPORTING = 9.0  # seconds after which a fresh process of a node is likely at it
cluster_utils = pytest.importorskip("ray.cluster_utils")


@pytest.fixture(scope="module")
def nodes() -> Iterator[Any]:
    """Two, of one processor each."""
    cluster = cluster_utils.Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    cluster.add_node(num_cpus=1)
    yield cluster
    cluster.shutdown()


@pytest.fixture(scope="module")
def on_cluster(nodes: Any) -> Iterator[OpenRunner]:
    """Joined once: each time, the nodes' processes would take seconds to import torch."""
    with Cluster(nodes.address).runner(Study()) as runner:
        yield lambda study: nullcontext(runner)


def test_a_stop_while_nodes_are_still_importing_spoils_no_later_run(
    on_cluster: OpenRunner, tones: Path, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first test: the nodes' processes are fresh."""
    control, events = Control(), list[Event]()
    stop = threading.Timer(IMPORTING, control.cancel)

    def send(dispatch: Dispatch, job: Any) -> None:
        sent(dispatch, job)
        if stop.ident is None:
            stop.start()

    sent = Dispatch._send
    with monkeypatch.context() as patch:
        patch.setattr(Dispatch, "_send", send)
        study = tone_study(tones, folds=(1, 2))
        ended = run(study, workspace, events.append, control, runner=on_cluster)
    assert ended is Outcome.CANCELLED or ended is Outcome.DONE  # on a machine that is faster than the timer
    assert run(study, workspace, events.append, runner=on_cluster) is Outcome.DONE, events


def test_what_fails_stops_no_other_run_and_what_was_stopped_goes_on(
    on_cluster: OpenRunner, tones: Path, workspace: Workspace
) -> None:
    networks = (Network(name="gone", weights="file", weights_path="/nowhere/x.safetensors"), Network())
    recipe = tone_study(tones).recipe.model_copy(update={"epochs": 40})
    study = tone_study(tones, recipe=recipe, network=networks, folds=(1, 2, 3), checkpoint_every=0.0)
    control, events = Control(), list[Event]()

    def emit(event: Event) -> None:
        events.append(event)
        if isinstance(event, EpochEnded) and event.epoch >= 2:
            control.cancel()

    assert run(study, workspace, emit, control, runner=on_cluster) is Outcome.CANCELLED
    assert isinstance(events[-1], StudyFinished)
    failed = [event for event in only(events, RunFinished) if event.outcome is Outcome.FAILED]
    assert len(failed) == 3 and all("no weights file /nowhere/x.safetensors" in event.reason for event in failed)
    plain = [folder for folder in list_runs(workspace) if folder.spec.network.weights == "none"]
    stopped = [folder for folder in plain if folder.status.phase is Phase.CANCELLED]
    assert stopped and any(folder.checkpoint.exists() for folder in stopped)
    assert {folder.status.phase for folder in plain} == {Phase.CANCELLED, Phase.WAITING}  # the third had no room
    for folder in stopped:
        assert folder.status.reason.startswith("stopped; it goes on ")
        assert folder.status.seconds > 0 and len(folder.log()) < 40
    sooner = {folder.id: len(folder.log()) for folder in stopped if folder.checkpoint.exists()}

    events.clear()
    study = study.model_copy(update={"network": networks[1:], "checkpoint_every": 60.0})
    assert run(study, workspace, events.append, runner=on_cluster) is Outcome.DONE, events
    for event in only(events, RunStarted):
        assert 0 < event.first_epoch <= sooner[event.run] if event.run in sooner else event.first_epoch == 0
    for folder in plain:
        assert folder.status.phase is Phase.DONE and [row.epoch for row in folder.log()] == list(range(1, 41))
        assert not folder.checkpoint.exists() and len(folder.predictions()) == 6


def test_a_study_that_loses_a_node_ends_as_one_in_turn(
    nodes: Any,
    on_cluster: OpenRunner,
    films: Path,
    workspace: Workspace,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    study = film_study(films)
    study = study.model_copy(update={"recipe": study.recipe.model_copy(update={"epochs": 20})})
    events: list[Event] = []
    second = next(iter(nodes.worker_nodes))

    def emit(event: Event) -> None:
        events.append(event)
        if isinstance(event, EpochEnded) and len(only(events, RunStarted)) == 2 and second in nodes.worker_nodes:
            nodes.remove_node(second, allow_graceful=False)

    assert run(study, workspace, emit, runner=on_cluster) is Outcome.DONE, events
    assert only(events, StudyStarted)[0].device == "a Ray cluster of 2 nodes"
    (lost,) = (event.text for event in only(events, Message) if "was lost" in event.text)
    assert "begun anew" in lost and "attempt 2 of 3" in lost
    ended = [event.run for event in only(events, RunFinished)]
    assert len(ended) == len(set(ended)) == 3
    assert len(only(events, RunStarted)) == 4
    order = {event.run: place for place, event in enumerate(events) if isinstance(event, RunStarted)}
    over = {event.run: place for place, event in enumerate(events) if isinstance(event, RunFinished)}
    for folder in list_runs(workspace):
        assert all(over[branch.run] < order[folder.id] for branch in folder.spec.branches)

    alone = Workspace(tmp_path / "alone").open()
    monkeypatch.setattr("core.training.device.use_threads", lambda: use_threads(1))
    assert run(study, alone, lambda event: None) is Outcome.DONE
    alone.close()
    here, there = (_by_id(place) for place in (alone, workspace))
    assert here.keys() == there.keys() and len(here) == 3
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


def test_a_cluster_that_cannot_be_used_is_said_with_a_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and nobody listens
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        for wrong in (address, "nonsense"):
            with pytest.raises(UserError, match=f"No Ray cluster answers at {wrong}.*ray start"):
                _open(wrong)
    with pytest.raises(UserError, match=r"address of Ray's client.*ray start"):
        _open("ray://head:10001")
    monkeypatch.setitem(sys.modules, "ray", None)
    monkeypatch.setattr("core.cluster.find_spec", lambda name: None)
    with pytest.raises(UserError, match="uv sync --extra cluster"):
        _open("local")


def _open(address: str) -> None:
    with Cluster(address).runner(Study()):
        pass
