"""Runs in the Train panel: read from disk, followed, resumed, named, deleted."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QInputDialog, QMessageBox

from core.run_records import OUTDATED, Phase
from gui.panels.train import TrainPanel
from gui.panels.train_controls import Step
from tests.gui import fakes
from tests.gui.panels.train.trial import STUDY, make_runs


@pytest.fixture
def panel_with_runs(context, train_panel, qtbot):
    make_runs(context.workspace)
    with qtbot.waitSignal(train_panel.runs.loaded):
        train_panel.runs.show("trial")
    return train_panel


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
    assert front == curves.runs[run].look.colour
    assert curves.runs[other].items["training loss"].opts["pen"].color() != curves.runs[other].look.colour


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
