"""The engine: it finishes, says so, and survives what goes wrong."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from core.engine import Engine, State
from core.errors import UserError
from core.evaluation.summary import summarise
from core.events import EpochEnded, Event, Message, Outcome, RunFinished, RunStarted, StudyFinished, StudyStarted
from core.run_records import Phase
from core.run_spec import Network
from core.runs import RunFolder, list_runs
from core.training.loaders import Batch
from core.training.task import Task
from core.verify import verify
from core.workspace import Workspace
from tests.core.tones import only, tone_study, trained, write_tones


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


def test_runs_that_are_preferred_while_it_trains_come_next(tones: Path, workspace: Workspace) -> None:
    engine, order = Engine(workspace), []

    def listen(event: Event) -> None:
        if isinstance(event, StudyStarted):
            engine.prefer([event.runs[3]])
            assert engine.first == (event.runs[3],)
            order.extend(event.runs)
        if isinstance(event, RunStarted):
            started.append(event.run)

    started: list[str] = []
    engine.subscribe(listen)
    engine.start(tone_study(tones, folds=(), seeds=(0,)))
    assert engine.join(60) and engine.first == ()
    assert started == [order[3], *order[:3]]


def test_few_clips_of_each_class_are_learned_from_and_the_rest_is_written_down(
    tones: Path, workspace: Workspace
) -> None:
    recipe = tone_study(tones).recipe.model_copy(update={"clips_per_class": 1, "epochs": 1})
    _, events = trained(tone_study(tones, recipe=recipe), workspace)
    (run,) = list_runs(workspace, "tones")
    assert only(events, RunStarted)[0].train_clips == run.status.train_clips == 3
    assert run.set_aside is not None and len(run.set_aside) == 15  # of 18
    assert not run.set_aside & set(run.predictions().clip_ids.tolist())


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


def test_missing_folds_are_said_and_a_study_without_any_is_refused(tones: Path, workspace: Workspace) -> None:
    outcome, events = trained(tone_study(tones, folds=(1, 5)), workspace)
    assert outcome is Outcome.DONE
    assert len(only(events, RunFinished)) == 1
    assert any("Fold 5 of the study has no clips" in event.text for event in only(events, Message))
    outcome, events = trained(tone_study(tones, folds=(7,)), workspace)
    assert outcome is Outcome.FAILED
    assert "has the folds 1, 2, 3, 4" in events[-1].reason


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


def test_a_read_only_workspace_is_said(tones: Path, workspace: Workspace) -> None:
    second = Workspace(workspace.root).open()
    outcome, events = trained(tone_study(tones), second)
    assert outcome is Outcome.FAILED
    assert "in use by another Sensorium" in events[-1].reason


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
