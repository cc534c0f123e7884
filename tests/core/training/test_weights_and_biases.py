"""Weights & Biases: off by default, offline with nothing sent, and no part of any result."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import core.training.trackers
from core.control import Control
from core.engine import run
from core.errors import UserError
from core.evaluation.metrics import score
from core.events import EpochEnded, Event, Outcome
from core.runs import RunFolder, list_runs
from core.study import Study
from core.training.trackers import CLIPS, WeightsAndBiases, require_wandb, wandb_installed
from core.workspace import Workspace
from tests.core.tones import tone_study, trained

installed = pytest.mark.skipif(not wandb_installed(), reason="the extra wandb is not installed")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[list[Any]]:
    """What is sent to W&B would come here; and nobody is logged in."""
    calls: list[Any] = []
    listening = socket.create_server(("127.0.0.1", 0))

    def listen() -> None:
        try:
            while True:
                calls.append(listening.accept())
        except OSError:  # closed
            pass

    threading.Thread(target=listen, daemon=True).start()
    monkeypatch.setenv("WANDB_BASE_URL", f"http://127.0.0.1:{listening.getsockname()[1]}")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.delenv("WANDB_API_KEY", raising=False)
    yield calls
    listening.close()


@installed
def test_offline_tells_all_to_the_runs_folder_and_nothing_to_the_network(
    tones: Path, workspace: Workspace, tmp_path: Path, server: list[Any]
) -> None:
    recipe = tone_study(tones).recipe.model_copy(update={"epochs": 3, "validation_share": 0.25})
    study = tone_study(tones, checkpoint_every=0.0, recipe=recipe, wandb="offline")
    control = Control()

    def stop(event: Event) -> None:
        if isinstance(event, EpochEnded) and event.epoch == 2:
            control.cancel()

    run(study, workspace, stop, control)
    outcome, _ = trained(study, workspace)
    assert outcome is Outcome.DONE and not server
    folder = next(list_runs(workspace))
    begun, config, history = read(folder)
    assert (begun.project, begun.run_group, begun.run_id) == ("tones", "Baseline CNN", folder.id)
    assert config["recipe.audio.mels"] == 32 and config["fold"] == 1
    for row in folder.log():
        assert history[row.epoch]["train/loss"] == row.train_loss
        assert history[row.epoch]["validation/accuracy"] == row.validation_accuracy
    assert history[3]["test/accuracy"] == score(folder.predictions())["accuracy"]
    pictures = list(folder.path.glob("wandb/offline-run-*/files/media/images/**/*.png"))
    assert len(pictures) == 1 + min(8, int((~folder.predictions().correct).sum()))
    plain = Workspace(tmp_path / "plain").open()
    trained(study.model_copy(update={"wandb": "off"}), plain)
    other = next(list_runs(plain))
    plain.close()
    assert other.id == folder.id and not (other.path / "wandb").exists()
    np.testing.assert_array_equal(other.predictions().probabilities, folder.predictions().probabilities)


def read(folder: RunFolder) -> tuple[Any, dict[str, Any], dict[int, dict[str, Any]]]:
    """The W&B run that is ready to be sent, its settings, and by step what was told."""
    from wandb.proto import wandb_internal_pb2
    from wandb.sdk.internal.datastore import DataStore

    (file,) = folder.path.glob("wandb/offline-run-*/*.wandb")  # one, also of a run that was resumed
    store, begun, history = DataStore(), None, {}
    store.open_for_scan(str(file))
    while (content := store.scan_data()) is not None:
        record = wandb_internal_pb2.Record.FromString(content)
        if record.HasField("run"):
            begun = record.run
        if record.HasField("history"):
            told = {item.key or item.nested_key[0]: json.loads(item.value_json) for item in record.history.item}
            history[record.history.step.num] = told
    assert begun is not None
    return begun, {item.key: json.loads(item.value_json) for item in begun.config.update}, history


def test_it_is_off_unless_asked_for_and_changes_no_digest(tones: Path) -> None:
    assert Study().wandb == "off"
    ids = {next(tone_study(tones, wandb=mode).runs((1,))).id for mode in ("off", "offline", "online")}
    assert len(ids) == 1


def test_without_the_extra_the_study_says_how_to_get_it(
    tones: Path, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(core.training.trackers, "wandb_installed", lambda: False)
    outcome, events = trained(tone_study(tones, wandb="offline"), workspace)
    assert outcome is Outcome.FAILED and "uv run --extra wandb main.py" in events[-1].reason
    assert not list(list_runs(workspace))
    require_wandb("off")


@installed
def test_online_needs_a_login(server: list[Any]) -> None:
    with pytest.raises(UserError, match="wandb login"):
        require_wandb("online")
    assert not server


def test_pictures_of_clips_that_are_private_are_not_sent_and_all_else_is() -> None:
    for private in (False, True):
        told: dict[str, Any] = {}
        tracker = object.__new__(WeightsAndBiases)
        tracker._image = tracker._html = lambda content: content
        tracker._private, tracker._run = private, SimpleNamespace(log=lambda what, step, told=told: told.update(what))
        tracker.licence("Mine & yours.", 3)
        for tag in ("confusion_matrix", f"{CLIPS}/1"):
            tracker.picture(tag, np.zeros((2, 2, 3), np.uint8), 3)
        assert told["licence"] == "<p>Mine &amp; yours.</p>" and "confusion_matrix" in told
        assert (f"{CLIPS}/1" in told) != private
