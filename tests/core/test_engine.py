"""The engine: it finishes, says so, resumes bit for bit, and survives what goes wrong."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from core.control import Control
from core.engine import Engine, State, run
from core.errors import UserError
from core.evaluation.summary import summarise
from core.events import EpochEnded, Event, Message, Outcome, RunFinished, RunStarted, StudyFinished, StudyStarted
from core.run_spec import Network
from core.runs import Phase, RunFolder, list_runs
from core.settings_file import write_toml
from core.study import Study
from core.training.loaders import Batch
from core.training.task import Task
from core.verify import verify
from core.workspace import Workspace
from tests.core.tones import tone_study, write_tones


@pytest.fixture(scope="module")
def tones(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tones(tmp_path_factory.mktemp("tones"))


def trained(study: Study, workspace: Workspace, control: Control | None = None) -> tuple[Outcome, list[Event]]:
    events: list[Event] = []
    return run(study, workspace, events.append, control), events


def only(events: list[Event], kind: type) -> list:
    return [event for event in events if isinstance(event, kind)]


def test_a_study_leaves_predictions_and_says_finished_last(tones: Path, workspace: Workspace) -> None:
    study = tone_study(tones, folds=(), seeds=(0,))
    outcome, events = trained(study, workspace)
    assert outcome is Outcome.DONE
    assert isinstance(events[-1], StudyFinished)
    assert len(only(events, StudyStarted)[0].runs) == len(only(events, RunFinished)) == 4
    assert len(only(events, EpochEnded)) == 4 * study.recipe.epochs
    for folder in list_runs(workspace, "tones"):
        predictions = folder.predictions()
        assert len(predictions) == 6
        assert {clip_id.split("-")[0] for clip_id in predictions.clip_ids} == {"low", "middle", "high"}
        np.testing.assert_allclose(predictions.probabilities.sum(1), 1, atol=1e-5)
        status = folder.status
        assert status.phase is Phase.DONE
        assert status.parameters > 10_000 and status.multiply_adds > 10_000 and status.train_accuracy is not None
        assert not folder.checkpoint.exists()
        assert folder.environment["dataset_fingerprint"]
        assert list((folder.path / "tensorboard").glob("events.*"))


def test_the_tones_are_learnt(tones: Path, workspace: Workspace) -> None:
    recipe = tone_study(tones).recipe.model_copy(update={"epochs": 15})
    _, events = trained(tone_study(tones, recipe=recipe), workspace)
    assert only(events, RunFinished)[0].scores["accuracy"] == 1.0


def test_training_augments_drops_out_and_follows_its_batches(
    tones: Path, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lightning trains in whatever mode it finds a network in, and validation leaves."""
    plain, modes = Task.loss, []

    def looked_at(task: Task, *arguments: Any) -> Any:
        modes.append({name for name, module in task.named_modules() if not module.training})
        return plain(task, *arguments)

    monkeypatch.setattr(Task, "loss", looked_at)
    recipe = tone_study(tones).recipe.model_copy(update={"epochs": 2, "validation_share": 0.3})
    network = (Network(), Network(name="frozen", freeze="stages", freeze_stages=1))
    trained(tone_study(tones, recipe=recipe, network=network), workspace)
    half = len(modes) // 2
    assert modes[:half] == [set()] * half
    for resting in modes[half:]:
        assert resting and all(name.startswith(("network.blocks.0", "network.pools.0")) for name in resting)


def test_a_finished_run_is_not_done_again_and_a_new_seed_is_only_added(tones: Path, workspace: Workspace) -> None:
    trained(tone_study(tones), workspace)
    outcome, events = trained(tone_study(tones, seeds=(0, 1)), workspace)
    assert outcome is Outcome.DONE
    assert [event.seed for event in only(events, RunStarted)] == [1]
    assert len(only(events, StudyStarted)[0].finished) == 1


def test_a_run_of_another_training_is_not_counted(tones: Path, workspace: Workspace) -> None:
    trained(tone_study(tones), workspace)
    now = next(list_runs(workspace))
    old = now.spec.model_copy(update={"training": 1})
    then = RunFolder(now.path.rename(now.path.with_name(old.id)))
    then.create(old)
    outcome, events = trained(tone_study(tones), workspace)
    assert outcome is Outcome.DONE and only(events, StudyStarted)[0].finished == ()
    assert {folder.id for folder in list_runs(workspace)} == {now.id, then.id}
    assert len(summarise(list_runs(workspace)).networks) == 2
    with pytest.raises(UserError, match="was trained by a version that trained otherwise"):
        verify(then, workspace, lambda event: None)


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
    assert "last checkpoint" in events[-1].reason
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
    recipe = tone_study(tones).recipe.model_copy(update={"epochs": 15})
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
    trained(study, workspace)
    for folder in list_runs(workspace):
        np.testing.assert_array_equal(resumed[folder.id].probabilities, folder.predictions().probabilities)


def test_a_loss_that_is_no_number_fails_the_run_and_the_study_goes_on(
    tones: Path, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = Task.loss

    def wild(self: Task, batch: Batch, epoch: int, index: int) -> tuple[torch.Tensor, torch.Tensor]:
        loss, accuracy = original(self, batch, epoch, index)
        return (loss * float("nan") if self.recipe.learning_rate == 10.0 and epoch == 1 else loss), accuracy

    monkeypatch.setattr(Task, "loss", wild)
    networks = (Network(name="wild", recipe={"learning_rate": 10.0}), Network())
    outcome, events = trained(tone_study(tones, network=networks), workspace)
    assert outcome is Outcome.FAILED
    first, second = only(events, RunFinished)
    assert first.outcome is Outcome.FAILED
    assert "epoch 2, batch 1, at learning rate" in first.reason
    assert second.outcome is Outcome.DONE


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


def test_missing_folds_are_said_and_a_study_without_any_is_refused(tones: Path, workspace: Workspace) -> None:
    outcome, events = trained(tone_study(tones, folds=(1, 5)), workspace)
    assert outcome is Outcome.DONE
    assert len(only(events, RunFinished)) == 1
    assert any("Fold 5 of the study has no clips" in event.text for event in only(events, Message))
    outcome, events = trained(tone_study(tones, folds=(7,)), workspace)
    assert outcome is Outcome.FAILED
    assert "has the folds 1, 2, 3, 4" in events[-1].reason


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


def test_other_clips_under_the_same_name_are_refused(tones: Path, workspace: Workspace, tmp_path: Path) -> None:
    trained(tone_study(tones), workspace)
    other = write_tones(tmp_path / "other", clips=12)
    outcome, events = trained(tone_study(other), workspace)
    assert outcome is Outcome.FAILED
    assert "has runs on other clips" in events[-1].reason
    shorter = tone_study(other).recipe.model_copy(update={"epochs": 3})  # other runs, but the same study
    outcome, events = trained(tone_study(other, recipe=shorter), workspace)
    assert outcome is Outcome.FAILED
    assert "has runs on other clips" in events[-1].reason


def test_weights_that_were_trained_on_the_test_clips_are_refused(tones: Path, workspace: Workspace) -> None:
    trained(tone_study(tones), workspace)
    first = next(list_runs(workspace))
    leaking = Network(name="leaking", weights="run", weights_path=f"tones/{first.id}")
    outcome, events = trained(tone_study(tones, name="second", folds=(2,), network=(leaking,)), workspace)
    assert outcome is Outcome.FAILED
    assert "would give the answers away" in only(events, RunFinished)[0].reason


def test_the_file_of_a_run_and_an_outer_folder_give_no_way_around(tones: Path, workspace: Workspace) -> None:
    trained(tone_study(tones), workspace)
    first = next(list_runs(workspace))
    leaking = Network(name="leaking", weights="file", weights_path=str(first.weights))
    outcome, events = trained(tone_study(tones, name="second", folds=(2,), network=(leaking,)), workspace)
    assert outcome is Outcome.FAILED
    assert "would give the answers away" in only(events, RunFinished)[0].reason
    outer = first.spec.dataset.model_copy(update={"root": str(tones.parent)})  # as a dataset within a folder is opened
    write_toml(first.spec.model_copy(update={"dataset": outer}), first.path / "study.toml")
    outcome, events = trained(tone_study(tones, name="third", folds=(2,), network=(leaking,)), workspace)
    assert "would give the answers away" in only(events, RunFinished)[0].reason
    outcome, _ = trained(tone_study(tones, name="fourth", network=(leaking,)), workspace)  # the same fold is tested
    assert outcome is Outcome.DONE


def test_a_read_only_workspace_is_said(tones: Path, workspace: Workspace) -> None:
    second = Workspace(workspace.root).open()
    outcome, events = trained(tone_study(tones), second)
    assert outcome is Outcome.FAILED
    assert "in use by another Sensorium" in events[-1].reason


def test_an_earlier_run_gives_initial_weights_with_its_head(tones: Path, workspace: Workspace) -> None:
    trained(tone_study(tones, recipe=tone_study(tones).recipe.model_copy(update={"epochs": 15})), workspace)
    first = next(list_runs(workspace))
    again = Network(
        name="again", weights="run", weights_path=f"tones/{first.id}", recipe={"epochs": 1, "learning_rate": 1e-6}
    )
    outcome, events = trained(tone_study(tones, name="second", network=(again,)), workspace)
    assert outcome is Outcome.DONE
    assert only(events, RunFinished)[0].scores["accuracy"] == 1.0


def test_frozen_layers_keep_their_weights(tones: Path, workspace: Workspace) -> None:
    from safetensors.torch import load_file

    trained(tone_study(tones), workspace)
    first = next(list_runs(workspace))
    frozen = Network(name="frozen", weights="run", weights_path=f"tones/{first.id}", freeze="all but head")
    trained(tone_study(tones, name="second", network=(frozen,)), workspace)
    before = load_file(first.weights)
    after = load_file(next(list_runs(workspace, "second")).weights)
    moved = {name for name in before if name.startswith("network.") and not torch.equal(before[name], after[name])}
    assert moved == {"network.linear.weight", "network.linear.bias"}


def test_the_engine_pauses_resumes_and_cancels_in_its_thread(tones: Path, workspace: Workspace) -> None:
    engine = Engine(workspace)
    events: list[Event] = []
    unsubscribe = engine.subscribe(events.append)
    recipe = tone_study(tones).recipe.model_copy(update={"epochs": 500})
    engine.start(tone_study(tones, recipe=recipe))
    wait_for(lambda: len(only(events, EpochEnded)) >= 1)
    with pytest.raises(UserError, match="under way"):
        engine.start(tone_study(tones))
    engine.pause()
    assert engine.status.state is State.PAUSED
    time.sleep(0.3)
    paused_at = len(only(events, EpochEnded))
    time.sleep(0.3)
    assert len(only(events, EpochEnded)) == paused_at
    assert engine.drain_batches() and not engine.drain_batches()
    engine.resume()
    wait_for(lambda: len(only(events, EpochEnded)) > paused_at)
    engine.cancel()
    assert engine.join(10)
    assert engine.status.state is State.IDLE
    assert events[-1] == StudyFinished("tones", Outcome.CANCELLED, events[-1].reason)
    unsubscribe()


def wait_for(condition, seconds: float = 30.0) -> None:  # type: ignore[no-untyped-def]
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def test_a_finished_run_leaves_no_weights_in_memory(tones: Path, workspace: Workspace) -> None:
    def weights() -> int:
        return sum(p.numel() for p in gc.get_objects() if type(p) is torch.nn.Parameter and not p.is_meta)

    gc.collect()
    before = weights()
    gc.disable()  # as in the window, where the engine's thread must not collect
    try:
        trained(tone_study(tones, seeds=(0, 1)), workspace)
        assert weights() - before < 100_000, "one network has 900,000"
    finally:
        gc.enable()
