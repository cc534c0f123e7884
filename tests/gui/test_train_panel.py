"""The Train panel on an engine that trains nothing."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QInputDialog, QMessageBox, QPushButton

import core.estimate
from core.engine import State
from core.errors import UserError
from core.estimate import Estimate
from core.events import Outcome
from core.run_spec import DatasetChoice, Network
from core.runs import OUTDATED, LogRow, Phase, run_folder
from core.settings_file import write_toml
from core.study import Study, read_study
from gui.panels.train import TrainPanel
from gui.panels.train_controls import Step
from gui.panels.train_study import PRESETS
from gui.panels.train_welcome import DEMOS
from tests.gui import fakes

STUDY = Study(
    name="Trial",
    folds=(1, 2),
    network=(Network(architecture="baseline_cnn"), Network(architecture="alexnet")),
)


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


def costs(seconds: float, runs: int = 4) -> Estimate:
    halves = {"Baseline CNN": seconds / 2, "AlexNet": seconds / 2}
    return Estimate(seconds, 1_000_000, 10**12, runs, {name: 2 * half / runs for name, half in halves.items()})


@pytest.fixture
def estimate(monkeypatch):
    """What the estimate will say; set its `value` to an Estimate or an exception."""

    class Answer:
        value: object = costs(60)

    def fake(study, workspace, control, report):
        if isinstance(Answer.value, Exception):
            raise Answer.value
        return Answer.value

    monkeypatch.setattr(core.estimate, "estimate", fake)
    return Answer


@pytest.fixture
def panel(qtbot, context):
    made = TrainPanel(context)
    made.resize(1200, 720)
    made.show()
    yield made
    made.close_panel()
    made.close()
    made.deleteLater()


@pytest.fixture
def panel_with_runs(context, panel, qtbot):
    make_runs(context.workspace)
    with qtbot.waitSignal(panel.runs.loaded):
        panel.runs.show("trial")
    return panel


@pytest.mark.parametrize("preset", DEMOS)
def test_a_new_workspace_offers_the_demo_studies(panel, estimate, qtbot, preset):
    assert panel._pages.currentWidget() is panel.welcome
    panel.welcome.findChild(QPushButton, preset).click()
    qtbot.waitUntil(lambda: panel.context.engine.started != [])
    assert panel.context.engine.started == [read_study(PRESETS / f"{preset}.toml")]
    assert panel._pages.currentWidget() is not panel.welcome


def test_a_short_study_starts_with_its_cost_in_view(panel, estimate, qtbot):
    panel.editor.set_value(STUDY)
    panel.controls.start_button.click()
    qtbot.waitUntil(lambda: panel.context.engine.started == [STUDY])
    assert panel.controls.sentence.text() == costs(60).sentence()
    assert panel.controls.step is Step.RUNNING


def test_a_long_study_asks_first(panel, estimate, qtbot):
    estimate.value = costs(3 * 3600)
    panel.editor.set_value(STUDY)
    panel.controls.start_button.click()
    qtbot.waitUntil(lambda: panel.controls.step is Step.ASKING)
    assert "3 h" in panel.controls.sentence.text()
    panel.controls.cancel_button.click()
    assert panel.context.engine.started == []
    assert panel.controls.step is Step.IDLE
    panel.controls.start_button.click()
    qtbot.waitUntil(lambda: panel.controls.step is Step.ASKING)
    panel.controls.confirm_button.click()
    assert panel.context.engine.started == [STUDY]


def test_an_early_click_waits_for_the_libraries(panel, estimate, qtbot):
    panel.context.libraries.ready = False
    panel.editor.set_value(STUDY)
    panel.controls.start_button.click()
    assert panel.controls.step is Step.WAITING
    assert "libraries" in panel.controls.sentence.text()
    panel.context.libraries.ready = True
    panel.context.libraries.arrived.emit()
    qtbot.waitUntil(lambda: panel.context.engine.started == [STUDY])


def test_what_cannot_be_estimated_is_said(panel, estimate, qtbot):
    estimate.value = UserError("There is no folder /nowhere. Choose it in the Data panel.")
    panel.controls.start_button.click()
    qtbot.waitUntil(lambda: panel.controls.sentence.text() == str(estimate.value))
    assert panel.controls.step is Step.IDLE
    assert panel.context.engine.started == []


def test_a_workspace_that_only_reads_does_not_start(panel, estimate):
    panel.context.workspace.writable = False
    panel.context.workspace.read_only_because = "It only reads."
    panel.controls.start_button.click()
    assert panel.controls.sentence.text() == "It only reads."
    panel.context.workspace.writable = True


def test_a_study_that_is_wrong_does_not_start_and_says_why(panel, estimate):
    panel.editor.set_value(STUDY)
    panel.editor.networks.rows[1].architecture.set("baseline_cnn")
    panel.controls.start_button.click()
    assert panel.controls.step is Step.IDLE
    assert panel.editor.basics.sentences() == {}
    assert panel.editor.networks.rows[1].said.text().startswith("Two networks are called “Baseline CNN”")


def test_the_form_gives_back_every_study(panel):
    study = Study(
        name="all of it",
        answers="Does it?",
        seeds=(0, 1),
        network=(
            Network(architecture="alexnet", weights="imagenet", freeze="stages", freeze_stages=2),
            Network(architecture="alexnet", recipe={"epochs": 5}),
            Network(architecture="resnet50", weights="file", weights_path="w.safetensors"),
        ),
    )
    panel.editor.set_value(study)
    assert panel.editor.value() == study


def test_networks_are_added_and_taken_out(panel):
    panel.editor.set_value(STUDY)
    panel.editor.networks.add.click()
    assert [n.architecture for n in panel.editor.value().network] == ["baseline_cnn", "alexnet", "resnet50"]
    panel.editor.networks.rows[0].remove.click()
    assert [n.architecture for n in panel.editor.value().network] == ["alexnet", "resnet50"]


MINE = DatasetChoice(name="labelled-folder", root="/home/me/Birds of Kent")


def test_a_dataset_is_used_when_it_is_asked_for_also_before_the_panel_exists(qtbot, context):
    context.settings.setValue("train/form", STUDY.model_copy(update={"answers": "?"}).model_dump_json())
    context.want_training(MINE)
    panel = TrainPanel(context)
    qtbot.addWidget(panel)
    panel.activate()
    study = panel.editor.value()
    panel.close_panel()
    assert study.dataset == MINE
    assert panel.editor.clips.title.text() == "Labelled folder: Birds of Kent"
    # A study is of one dataset: what was under the old name is not mixed with this.
    assert (study.name, study.answers, study.folds) == ("birds-of-kent", "", ())
    assert study.network == STUDY.network and study.recipe == STUDY.recipe


def test_looking_at_another_dataset_does_not_change_the_study(panel, context):
    panel.editor.set_value(STUDY)
    context.set_dataset(MINE, None)
    panel.activate()
    assert panel.editor.value() == STUDY


def test_clips_left_out_in_data_are_left_out_of_the_study(panel, context):
    panel.editor.set_value(STUDY.model_copy(update={"dataset": MINE}))
    context.set_dataset(MINE.model_copy(update={"exclude": ("a.wav",)}), None)
    assert panel.editor.value().dataset.exclude == ("a.wav",)
    assert panel.editor.value().name == STUDY.name


def test_a_preset_that_was_not_changed_gives_way_to_that_of_the_dataset(panel, context):
    assert panel.editor.open_file(PRESETS / "demo.toml")
    context.want_training(DatasetChoice(name="esc10", root="/somewhere"))
    panel.activate()
    expected = read_study(PRESETS / "esc10.toml")
    assert panel.editor.value().name == "esc10"
    assert panel.editor.value().recipe == expected.recipe and panel.editor.value().network == expected.network
    assert panel.editor.value().dataset.root == "/somewhere"


def test_runs_on_disk_are_shown_with_their_curves(panel_with_runs):
    panel = panel_with_runs
    assert [row.network for row in panel.runs.rows].count("AlexNet") == 2
    assert set(panel.curves.runs) == {row.id for row in panel.runs.rows}
    item = next(iter(panel.curves.runs.values())).items["training loss"]
    assert list(item.getData()[1]) == [2.0, 1.0]
    assert panel.queue.table.model().rowCount() == 4


def test_a_run_is_followed_while_it_trains(panel_with_runs, qtbot):
    panel, engine = panel_with_runs, panel_with_runs.context.engine
    specs = list(STUDY.runs((1, 2)))
    first = specs[0]
    engine.start(STUDY)
    with qtbot.waitSignal(panel.runs.loaded):
        engine.say(fakes.study_started(STUDY, specs), fakes.run_started(first))
    for epoch in (1, 2, 3):
        engine.say(fakes.epoch_ended(first, epoch))
    engine.batch(first.id, 1, 2.5)
    qtbot.waitUntil(lambda: len(panel.curves.runs[first.id].rows) == 3)
    qtbot.waitUntil(lambda: panel.curves.runs[first.id].items["loss of batches"].getData()[1] is not None)
    place = panel.runs.place(first.id)
    assert panel.runs.rows[place].phase is Phase.RUNNING
    assert panel.queue.table.model().index(place, 4).data() == "3 / 30"
    assert panel.facts.values["speed"].text() == "33.0 clips/s"
    engine.say(fakes.run_finished(first))
    qtbot.waitUntil(lambda: panel.runs.rows[place].phase is Phase.DONE)
    assert panel.queue.table.model().index(place, 5).data() == "80.0 %"
    assert "test accuracy" in panel.curves.runs[first.id].items or panel.curves._changed
    with qtbot.waitSignal(panel.runs.loaded):
        engine.finish()
    assert panel.curves.runs[first.id].batches_per_epoch == 5, "or its batches would be drawn as epochs"
    assert len(panel.curves.runs[first.id].trace.points()[0]) == 1
    assert panel.controls.step is Step.IDLE
    assert not panel._timer.isActive()


def test_time_left_adds_what_is_expected_of_the_runs_that_wait(panel_with_runs, qtbot):
    runs, engine = panel_with_runs.runs, panel_with_runs.context.engine
    first = runs.rows[0].spec
    assert runs.seconds_left() is None, "nothing runs"
    runs.expect({"Baseline CNN": 10.0, "AlexNet": 100.0})
    engine.start(STUDY)
    engine.say(fakes.study_started(STUDY, list(STUDY.runs((1, 2)))), fakes.run_started(first))
    qtbot.waitUntil(lambda: runs.rows[0].phase is Phase.RUNNING)
    assert runs.seconds_left() == 10.0 + 100.0 + 10.0 + 100.0, "of the run itself nothing is measured yet"
    engine.say(fakes.epoch_ended(first, 4))
    assert runs.seconds_left() == 6.0 + 100.0 + 10.0 + 100.0
    engine.say(fakes.run_finished(first))
    qtbot.waitUntil(lambda: runs.rows[0].phase is Phase.DONE)
    engine.say(fakes.run_started(runs.rows[1].spec))
    qtbot.waitUntil(lambda: runs.rows[1].phase is Phase.RUNNING)
    assert runs.seconds_left() == 100.0 + 12.0 + 100.0, "a run that is done says how long its like will take"
    runs.update(runs.rows[3].id, reason=OUTDATED)
    assert runs.seconds_left() == 100.0 + 12.0, "a run of an older recipe is not trained any more"


def test_a_run_whose_programme_was_killed_is_not_said_to_train(context, qtbot):
    make_runs(context.workspace, Phase.RUNNING)
    panel = TrainPanel(context)
    qtbot.waitUntil(lambda: bool(panel.runs.rows))
    assert {row.phase for row in panel.runs.rows} == {Phase.INTERRUPTED}
    assert "Resume" in panel.runs.rows[0].reason
    panel.close_panel()
    panel.deleteLater()


def test_the_form_of_a_workspace_with_runs_is_that_of_its_study(context, qtbot):
    make_runs(context.workspace)
    panel = TrainPanel(context)
    qtbot.waitUntil(lambda: bool(panel.runs.rows))
    assert panel.editor.value() == STUDY
    panel.close_panel()
    panel.deleteLater()


def test_pause_resume_and_stop(panel, estimate, qtbot):
    engine = panel.context.engine
    panel.editor.set_value(STUDY)
    panel.controls.start_button.click()
    qtbot.waitUntil(lambda: engine.started != [])
    panel.controls.pause_button.click()
    assert engine.status.state is State.PAUSED
    assert panel.controls.pause_button.text() == "Resume"
    panel.controls.pause_button.click()
    assert engine.status.state is State.RUNNING
    panel.controls.stop_button.click()
    assert not panel.controls.stop_button.isEnabled()
    engine.finish(Outcome.CANCELLED)
    qtbot.waitUntil(lambda: panel.controls.step is Step.IDLE)


def test_an_unfinished_study_is_resumed_from_its_file(panel_with_runs, estimate, qtbot):
    assert not panel_with_runs.queue.resume.isHidden()
    panel_with_runs.queue.resume.click()
    qtbot.waitUntil(lambda: panel_with_runs.context.engine.started == [STUDY])


def test_notes_are_kept(panel_with_runs, monkeypatch):
    monkeypatch.setattr(QInputDialog, "getMultiLineText", lambda *a, **k: ("odd one", True))
    queue = panel_with_runs.queue
    queue.table.selectRow(0)
    queue.annotate.click()
    assert queue.chosen()[0].folder.note == "odd one"
    assert queue.table.model().index(0, 7).data() == "odd one"


def test_one_run_is_given_a_name(panel_with_runs, monkeypatch):
    monkeypatch.setattr(QInputDialog, "getText", lambda *a, **k: ("the odd one", True))
    queue = panel_with_runs.queue
    network = queue.table.model().index(0, 0).data()
    queue.table.selectAll()
    assert not queue.name.isEnabled()
    queue.table.selectRow(0)
    queue.name.click()
    assert queue.chosen()[0].folder.title == "the odd one"
    assert queue.table.model().index(0, 0).data() == f"the odd one · {network}"


def test_deleting_says_what_becomes_free_and_can_be_refused(panel_with_runs, monkeypatch, qtbot):
    queue, said = panel_with_runs.queue, []

    def answer(text):
        def exec_(box):
            said.append(box.informativeText())
            next(button for button in box.buttons() if button.text() == text).click()

        monkeypatch.setattr(QMessageBox, "exec", exec_)

    queue.table.selectRow(0)
    path = queue.chosen()[0].folder.path
    answer("Keep")
    queue.delete.click()
    assert path.exists()
    answer("Delete")
    with qtbot.waitSignal(panel_with_runs.runs.loaded):
        queue.delete.click()
    assert not path.exists()
    assert len(panel_with_runs.runs.rows) == 3
    assert "B become free" in said[0]


def test_a_chosen_run_comes_to_the_front(panel_with_runs):
    queue, curves = panel_with_runs.queue, panel_with_runs.curves
    queue.table.selectRow(0)
    run = queue.chosen()[0].id
    other = next(name for name in curves.runs if name != run)
    front = curves.runs[run].items["training loss"].opts["pen"].color()
    assert front == curves.runs[run].colour
    assert curves.runs[other].items["training loss"].opts["pen"].color() != curves.runs[other].colour


def test_chosen_runs_stay_chosen_when_the_runs_are_read_again(panel_with_runs, context, qtbot):
    queue = panel_with_runs.queue
    queue.table.selectRow(2)
    before = [row.id for row in queue.chosen()]
    with qtbot.waitSignal(panel_with_runs.runs.loaded):
        context.runs_changed.emit()
    assert [row.id for row in queue.chosen()] == before


def test_form_and_study_come_back(panel_with_runs, context, qtbot):
    panel_with_runs.editor.set_value(STUDY)
    panel_with_runs.save_state()
    again = TrainPanel(context)
    with qtbot.waitSignal(again.runs.loaded):
        pass
    assert again.editor.value() == STUDY
    assert again.runs.study == "trial"
    again.close_panel()
    again.deleteLater()


def test_weights_that_do_not_exist_are_said_under_the_network(panel):
    panel.editor.set_value(STUDY)
    row = panel.editor.networks.rows[0]
    row.weights.set("imagenet")
    assert panel.editor.value() is None
    assert row.form.sentences()[""] == "There are no ImageNet weights for baseline_cnn: set weights to “none”."


def test_a_preset_finds_the_recordings_where_they_were_opened_before(panel, context, tmp_path):
    folder = tmp_path / "recordings"
    folder.mkdir()
    context.remember_choice(DatasetChoice(name="esc10", root=str(folder)))
    assert panel.editor.open_file(PRESETS / "esc10.toml")
    assert panel.editor.value().dataset == DatasetChoice(name="esc10", root=str(folder))
    folder.rmdir()  # gone: its place in the workspace is what is left
    assert panel.editor.open_file(PRESETS / "esc10.toml")
    assert panel.editor.value().dataset == DatasetChoice(name="esc10")
