"""The engine: the same again, bit for bit, after whatever broke a run off."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from core.control import Control
from core.engine import run
from core.events import EpochEnded, Event, Message, Outcome, RunStarted
from core.run_records import REPEATED, Phase
from core.runs import list_runs
from core.settings_file import write_toml
from core.training.loaders import Batch
from core.training.task import Task
from core.verify import verify
from core.workspace import Workspace
from tests.core.tones import only, tone_study, trained


def test_the_same_run_twice_is_equal_bit_for_bit(tones: Path, workspace: Workspace) -> None:
    augmented = tone_study(tones).recipe.model_dump() | {
        "mixing": "mixup",
        "augmentation": {"noise": 0.5, "shift": 0.5, "gain_db": 6, "time_masks": 1, "frequency_masks": 1},
    }
    trained(tone_study(tones, recipe=augmented), workspace)
    folder = next(list_runs(workspace))
    verdict = verify(folder, workspace, lambda event: None)
    assert verdict.equal, verdict.sentence()
    assert verdict.environment == ()


def test_verify_sees_a_difference(tones: Path, workspace: Workspace) -> None:
    trained(tone_study(tones), workspace)
    folder = next(list_runs(workspace))
    first = folder.predictions()
    changed = first.probabilities[:, ::-1].copy()
    type(first)(first.classes, first.clip_ids, first.labels, changed, first.features).save(
        folder.path / "predictions.npz"
    )
    assert not verify(folder, workspace, lambda event: None).equal


@pytest.mark.parametrize("validation", [0.0, 0.25])
def test_a_cancelled_run_resumes_to_the_same_predictions(
    tones: Path, workspace: Workspace, tmp_path: Path, validation: float
) -> None:
    recipe = tone_study(tones).recipe.model_copy(update={"validation_share": validation})
    study = tone_study(tones, checkpoint_every=0.0, recipe=recipe)
    control = Control()
    events: list[Event] = []

    def stop_after_two(event: Event) -> None:
        events.append(event)
        if isinstance(event, EpochEnded) and event.epoch == 2:
            control.cancel()

    assert run(study, workspace, stop_after_two, control) is Outcome.CANCELLED
    folder = next(list_runs(workspace))
    assert folder.status.phase is Phase.CANCELLED and folder.checkpoint.exists()
    assert folder.status.reason == "stopped; it goes on after epoch 2"
    assert folder.status.resumable == folder.epochs_kept() == 2
    assert REPEATED in events[-1].reason
    outcome, resumed = trained(study, workspace)
    assert outcome is Outcome.DONE
    assert only(resumed, RunStarted)[0].first_epoch == 2
    assert [row.epoch for row in folder.log()] == [1, 2, 3, 4]
    whole = Workspace(tmp_path / "whole").open()
    trained(study, whole)
    uninterrupted = next(list_runs(whole))
    whole.close()
    np.testing.assert_array_equal(folder.predictions().probabilities, uninterrupted.predictions().probabilities)
    np.testing.assert_array_equal(folder.predictions().features, uninterrupted.predictions().features)


def test_a_killed_process_resumes_to_the_same_predictions(tones: Path, workspace: Workspace, tmp_path: Path) -> None:
    recipe = tone_study(tones).recipe.model_copy(update={"epochs": 8})
    study = tone_study(tones, checkpoint_every=0.0, recipe=recipe, folds=(1, 2))
    write_toml(study, tmp_path / "study.toml")
    killed = tmp_path / "killed"
    command = [sys.executable, "main.py", "run", str(tmp_path / "study.toml"), "--workspace", str(killed)]
    process = subprocess.Popen(command, cwd=Path(__file__).parents[2], stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline and not list(killed.glob("runs/tones/*fold2*/last.ckpt")):
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL, "the study ended before it could be killed"
    place = Workspace(killed).open()
    assert [folder.status.phase for folder in list_runs(place)] == [Phase.DONE, Phase.RUNNING]
    outcome, events = trained(study, place)
    resumed = {folder.id: folder.predictions() for folder in list_runs(place)}
    place.close()
    assert outcome is Outcome.DONE
    assert [event.fold for event in only(events, RunStarted)] == [2]
    assert only(events, RunStarted)[0].first_epoch > 0
    trained(study.model_copy(update={"checkpoint_every": 60.0}), workspace)
    for folder in list_runs(workspace):
        np.testing.assert_array_equal(resumed[folder.id].probabilities, folder.predictions().probabilities)


@pytest.mark.parametrize(("size", "fits", "averaged"), [(8, 4, 2), (9, 3, 3)])
def test_out_of_memory_makes_the_batch_smaller_and_keeps_the_effective_one(
    tones: Path,
    workspace: Workspace,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    size: int,
    fits: int,
    averaged: int,
) -> None:
    original = Task.loss
    clips: list[tuple[int, ...]] = []  # of each batch since the last step
    steps: list[list[tuple[int, ...]]] = []

    most = 4

    def hungry(self: Task, batch: Batch, epoch: int, index: int) -> tuple[torch.Tensor, torch.Tensor]:
        if len(batch) > most and epoch:  # the first epoch fits, and leaves a checkpoint
            raise torch.OutOfMemoryError("fake: more than four clips")
        clips.append(batch.positions)
        return original(self, batch, epoch, index)

    def stepped(self: Task, optimizer: torch.optim.Optimizer) -> None:
        steps.append(clips.copy())
        clips.clear()

    monkeypatch.setattr(Task, "loss", hungry)
    monkeypatch.setattr(Task, "on_before_optimizer_step", stepped)
    study = tone_study(tones)
    recipe = study.recipe.model_copy(update={"batch_size": size})
    study = study.model_copy(update={"recipe": recipe, "checkpoint_every": 0.0})
    outcome, events = trained(study, workspace)
    assert outcome is Outcome.DONE, events
    said = [event.text for event in only(events, Message) if "memory ran out" in event.text]
    assert len(said) == 1 and f"{fits} clips" in said[0] and f"{averaged} batches" in said[0]
    starved, steps, most = steps, [], size  # `hungry` and `stepped` look at these
    whole = Workspace(tmp_path / "whole").open()
    trained(study, whole)
    whole.close()
    an_epoch = len(steps) // recipe.epochs
    assert {len(step) for step in steps} == {1}
    assert [len(step) for step in starved] == [1] * an_epoch + [averaged] * (len(steps) - an_epoch)
    assert [sum(step, ()) for step in starved] == [sum(step, ()) for step in steps], "other clips in a step"


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 torn", None], ids=["empty", "torn", "malicious"])
def test_a_bad_checkpoint_is_refused_and_the_run_starts_again(
    tones: Path, workspace: Workspace, tmp_path: Path, content: bytes | None
) -> None:
    study = tone_study(tones)
    trained(study, workspace)
    folder = next(list_runs(workspace))
    folder.write_status(phase=Phase.RUNNING)
    if content is None:
        torch.save({"epoch": 1, "x": Malicious(tmp_path / "touched")}, folder.checkpoint)
    else:
        folder.checkpoint.write_bytes(content)
    outcome, events = trained(study, workspace)
    assert outcome is Outcome.DONE
    assert any("nothing in it was run" in event.text for event in only(events, Message))
    assert not (tmp_path / "touched").exists()


class Malicious:
    """Unpickling it would create a file."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self):  # type: ignore[no-untyped-def]
        return (Path.touch, (self.target,))


def test_early_stopping_resumes_with_its_count(tones: Path, workspace: Workspace, tmp_path: Path) -> None:
    """The validation loss is scripted: best in epoch 2, so that patience ends the training after epoch 5."""
    losses = [1.0, 0.5, 0.6, 0.7, 0.8, 0.1, 0.1, 0.1]
    recipe = tone_study(tones).recipe.model_copy(update={"epochs": 8, "validation_share": 0.25, "patience": 3})
    study = tone_study(tones, checkpoint_every=0.0, recipe=recipe)

    def scripted(self: Task, batch: Batch, index: int) -> None:
        self.log("validation_loss", losses[self.current_epoch], batch_size=1)
        self.log("validation_accuracy", 0.5, batch_size=1)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Task, "validation_step", scripted)
        control = Control()
        run(
            study, workspace,
            lambda event: control.cancel() if isinstance(event, EpochEnded) and event.epoch == 3 else None, control,
        )  # fmt: skip
        trained(study, workspace)
        whole = Workspace(tmp_path / "whole").open()
        trained(study, whole)
    resumed, uninterrupted = next(list_runs(workspace)), next(list_runs(whole))
    whole.close()
    assert [row.epoch for row in uninterrupted.log()] == [1, 2, 3, 4, 5]
    assert [row.epoch for row in resumed.log()] == [1, 2, 3, 4, 5]
    assert resumed.status.epoch == uninterrupted.status.epoch == 2
    np.testing.assert_array_equal(resumed.predictions().probabilities, uninterrupted.predictions().probabilities)


def test_weights_of_an_epoch_that_was_lost_are_not_tested(tones: Path, workspace: Workspace, tmp_path: Path) -> None:
    """Epoch 2 was the best, and ended before a checkpoint of it was written; trained again, it goes another way."""
    recipe = tone_study(tones).recipe.model_copy(update={"validation_share": 0.25})
    study = tone_study(tones, checkpoint_every=0.0, recipe=recipe)
    losses = [0.5, 0.1, 0.1, 0.1]

    def scripted(self: Task, batch: Batch, index: int) -> None:
        self.log("validation_loss", losses[self.current_epoch], batch_size=1)
        self.log("validation_accuracy", 0.5, batch_size=1)

    def fall(event: Event) -> None:
        if isinstance(event, EpochEnded) and event.epoch == 2:
            raise RuntimeError("as if killed")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Task, "validation_step", scripted)
        run(study, workspace, fall)
        folder = next(list_runs(workspace))
        best = {path.name for path in folder.path.glob("best-*")}
        assert best == {"best-1.safetensors", "best-2.safetensors"}, "the checkpoint names the first"
        losses = [0.5, 0.9, 0.9, 0.9]
        outcome, _ = trained(study, workspace)
        whole = Workspace(tmp_path / "whole").open()
        trained(study, whole)
    uninterrupted = next(list_runs(whole))
    whole.close()
    assert outcome is Outcome.DONE
    assert folder.status.epoch == uninterrupted.status.epoch == 1
    np.testing.assert_array_equal(folder.predictions().probabilities, uninterrupted.predictions().probabilities)
    assert not list(folder.path.glob("best-*"))
