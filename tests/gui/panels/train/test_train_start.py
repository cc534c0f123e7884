"""From the wish to train to the start of a study."""

from __future__ import annotations

import threading

import numpy as np
import pytest
import soundfile

import core.estimate
import core.weights  # now: its libraries take longer than a test waits
from core.engine import STOPPED, State
from core.estimate import Estimate
from core.run_records import REPEATED, LogRow, Phase
from core.run_spec import DatasetChoice, Network
from core.runs import run_folder
from core.settings_file import write_toml
from core.study import Study
from gui.panels.train import TrainPanel
from gui.panels.train_controls import Step
from tests.gui import fakes

STUDY = Study(name="one", folds=(1, 2), network=(Network(architecture="baseline_cnn"), Network(architecture="alexnet")))
LEFT = Estimate(340.0, 1000, 10**12, 4, {"Baseline CNN": 20.0, "AlexNet": 200.0})


def write_runs(workspace, epochs: dict[str, int], checkpoint: bool = True) -> list:
    """Runs of the study that were stopped after some epochs of each."""
    specs = list(STUDY.runs((1, 2)))
    for spec in specs:
        folder = run_folder(workspace, spec)
        folder.create(spec)
        done = epochs.get(spec.id, 0)
        folder.write_status(phase=Phase.CANCELLED if done else Phase.WAITING)
        folder.write_log([LogRow(n + 1, 2.0, 0.5, None, None, 1e-3, 30.0, 1.0) for n in range(done)])
        if done and checkpoint:
            folder.checkpoint.write_bytes(b"what is resumed from")
    write_toml(STUDY, workspace.runs / "one" / "study.toml")
    return specs


@pytest.fixture
def panel(qtbot, context):
    specs = list(STUDY.runs((1, 2)))
    write_runs(context.workspace, {specs[1].id: STUDY.recipe.epochs // 2})
    made = TrainPanel(context)
    made.resize(1200, 720)
    made.show()
    qtbot.waitUntil(lambda: bool(made.runs.rows))
    yield made
    made.close_panel()
    made.close()
    made.deleteLater()


def test_weights_that_are_not_here_are_said_and_asked_about_before_the_start(
    panel, qtbot, context, monkeypatch, tmp_path
):
    for name in ("rain", "wind"):
        (tmp_path / "mine" / name).mkdir(parents=True)
        for take in range(2):
            soundfile.write(tmp_path / "mine" / name / f"{take}.wav", np.ones(800) * take / 2, 8000)
    study = Study(
        name="pretrained",
        dataset=DatasetChoice(name="labelled-folder", root=str(tmp_path / "mine")),
        network=(Network(architecture="resnet50", weights="imagenet"),),
    )
    label = study.network[0].label
    short = Estimate(30.0, 1000, 10**12, 1, {label: 30.0})
    monkeypatch.setattr(core.estimate, "estimate", lambda *args: short)
    panel.starter.start(study)
    qtbot.waitUntil(lambda: panel.controls.step is not Step.WAITING, timeout=20_000)
    assert panel.controls.step is Step.ASKING, panel.controls.sentence.text()
    assert "The ImageNet weights of ResNet-50 are not here yet" in panel.controls.sentence.text()
    assert context.engine.started == []
    panel.controls.cancel_button.click()
    (tmp_path / "weights").mkdir()  # beside the dataset
    (tmp_path / "weights" / "resnet50-imagenet.safetensors").touch()
    panel.starter.start(study)
    qtbot.waitUntil(lambda: context.engine.started == [study], timeout=20_000)
    context.engine.finish()
    qtbot.waitUntil(lambda: not panel._timer.isActive())


def test_resume_says_what_is_left_and_the_time_left_counts_it_too(panel, qtbot, context, monkeypatch):
    monkeypatch.setattr(core.estimate, "estimate", lambda *args: LEFT)
    panel.queue.resume.click()
    qtbot.waitUntil(lambda: context.engine.started == [STUDY])
    assert "6 min" in panel.controls.sentence.text()
    specs = list(STUDY.runs((1, 2)))
    for spec in specs:
        run_folder(context.workspace, spec).write_status(phase=Phase.WAITING)
    with qtbot.waitSignal(panel.runs.loaded):
        context.engine.say(fakes.study_started(STUDY, specs))
    assert panel.runs.seconds_left() == 340.0
    context.engine.finish()
    qtbot.waitUntil(lambda: context.engine.status.state is State.IDLE and not panel._timer.isActive())


def slow_estimates(monkeypatch) -> dict[str, threading.Event]:
    """Estimates that come, by the study's name, when their event is set: a short one, or ten hours for “one”."""
    gates = {name: threading.Event() for name in ("one", "short")}

    def estimate(study, workspace, control, report):
        assert gates[study.name].wait(5)
        hours = 10 if study.name == "one" else 0
        return Estimate(60.0 + 3600 * hours, 1000, 10**12, 4, LEFT.per_run)

    monkeypatch.setattr(core.estimate, "estimate", estimate)
    return gates


def test_nothing_is_resumed_while_another_study_is_about_to_start(panel, qtbot, context, monkeypatch):
    gates = slow_estimates(monkeypatch)
    short = STUDY.model_copy(update={"name": "short"})
    panel.editor.set_value(short)
    assert panel.queue.resume.isEnabled()
    panel.controls.start_button.click()
    assert panel.controls.step is Step.WAITING and not panel.queue.resume.isEnabled()
    panel.queue.resume_wanted.emit("one")
    for gate in gates.values():
        gate.set()
    qtbot.waitUntil(lambda: context.engine.started == [short])
    assert not panel.queue.resume.isEnabled(), "the engine has not said yet that it started"
    panel.queue.resume_wanted.emit("one")
    assert panel.controls.step is Step.RUNNING
    context.engine.finish()
    qtbot.waitUntil(panel.queue.resume.isEnabled)
    assert context.engine.started == [short]


def test_a_long_study_that_is_resumed_is_named_in_the_question(panel, qtbot, context, monkeypatch):
    long = Estimate(36_000.0, 1000, 10**12, 84, LEFT.per_run)
    monkeypatch.setattr(core.estimate, "estimate", lambda *args: long)
    panel.editor.set_value(STUDY.model_copy(update={"name": "another"}))
    panel.queue.resume.click()
    qtbot.waitUntil(lambda: panel.controls.step is Step.ASKING)
    assert panel.controls.sentence.text() == f"“one”: {long.sentence()}"
    panel.controls.cancel_button.click()
    panel.controls.start_button.click()
    qtbot.waitUntil(lambda: panel.controls.step is Step.ASKING)
    assert panel.controls.sentence.text() == long.sentence(), "of the study in the form"


def test_what_a_stop_costs_is_said_where_one_stops_and_resumes(panel):
    assert REPEATED in panel.controls.stop_button.toolTip()
    assert REPEATED in panel.queue.resume.toolTip()
    assert REPEATED in STOPPED


def test_a_later_wish_takes_the_place_of_an_earlier_one(panel, qtbot, context, monkeypatch):
    gates = slow_estimates(monkeypatch)
    panel.starter.start(STUDY.model_copy(update={"name": "short"}))
    panel.starter.start(STUDY)
    gates["short"].set()
    qtbot.wait(100)
    assert context.engine.started == [], "the times of the first are not those of the second"
    gates["one"].set()
    qtbot.waitUntil(lambda: panel.controls.step is Step.ASKING)
    panel.controls.confirm_button.click()
    assert context.engine.started == [STUDY]
    context.engine.finish()
    qtbot.waitUntil(lambda: not panel._timer.isActive())


def test_the_size_of_the_decoded_clips_is_told_apart():
    words = Estimate(60.0, 1_900_000_000, 10**12, 3, {}, 1_200_000_000).sentence()
    assert words == "3 runs, about 1 min on this machine and 1.9 GB of disk, of which 1.2 GB decoded clips."
