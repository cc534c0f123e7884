"""“How well on captures?”: who is asked, what is shown and copied, and a network adapted, on made-up answers."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from PySide6.QtGui import QGuiApplication

from core.captures import relabel
from core.engine import EngineStatus, State
from core.errors import UserError
from core.estimate import Estimate
from core.evaluation.predictions import Predictions
from core.evaluation.statistics import Share
from core.events import Outcome, Progress, RunFinished, StudyStarted
from core.live.adapt import EPOCHS, Adapted
from core.live.capture import Kept, write_capture
from core.live.shift import Shift, Shifts
from core.live.shift_table import KEPT, shift_table
from core.study import Study
from gui.panels import live_adapt, live_shift
from gui.panels.live_adapt import NONE_CHOSEN, TRAINED, UNDER_WAY
from gui.panels.live_shift import NO_CAPTURES, NO_CLASSES, PAUSED, WAITING
from tests.core.films import RATE, tone
from tests.gui.fakes import epoch_ended

STUDY = Study(name="adapted to captures")


def made_shift(run):
    """As if it had been asked about six of its test clips, of which it is right in as many as it was."""
    tested = run.predictions()
    first = Predictions(tested.classes, tested.clip_ids[:6], tested.labels[:6], tested.probabilities[:6],
                        np.zeros((6, 0), np.float16))  # fmt: skip
    return Shift(run, tested, first, sessions=2, unknown=3)


@pytest.fixture
def asked(monkeypatch):
    """The runs that were asked, each time; their answers are made up."""
    calls = []

    def answer(runs, workspace, control, report):
        calls.append([run.name for run in runs])
        report(Progress("Asking about captures", 0, len(runs), "runs"))
        return Shifts(tuple(map(made_shift, runs)), unnamed=1)

    monkeypatch.setattr(live_shift, "shifts", answer)
    return calls


@pytest.fixture
def planned(monkeypatch):
    """The runs of which a plan was made; nothing is timed."""
    calls = []

    def plan(run, captures):
        calls.append(run.name)
        return STUDY

    monkeypatch.setattr(live_adapt, "captured", lambda workspace, control: None)
    monkeypatch.setattr(live_adapt, "adapted_study", plan)
    monkeypatch.setattr(live_adapt, "estimate", lambda *_: Estimate(50.0, 2_000_000, 10**9, 2, {}))
    return calls


def keep(context, label, number=0):
    kept = Kept(tone(0.1, 300.0 + number), RATE, ())
    return write_capture(context.workspace.captures, kept, session="a", label=label)


@pytest.fixture
def panel(qtbot, opened, runs, context):
    keep(context, "dog")
    made = opened()
    qtbot.waitUntil(made.shift.isEnabled)
    return made


@pytest.fixture
def dialog(qtbot, panel, asked):
    """Opened, with its answers; a network that sees is chosen."""
    panel.shift.click()
    qtbot.waitUntil(lambda: panel.shift.dialog.found is not None)
    sees = [shift.run.spec.modality == "video" for shift in panel.shift.dialog.found.shifts]
    panel.shift.dialog.table.selectRow(sees.index(True))
    yield panel.shift.dialog
    panel.shift.dialog.hide()


@pytest.fixture
def adapting(qtbot, dialog, planned, context):
    """The first network in training."""
    dialog.adapt.adapt.click()
    qtbot.waitUntil(dialog.adapt.start.isVisible)
    dialog.adapt.start.click()
    return dialog.adapt


def test_the_button_says_what_is_missing(qtbot, opened, runs, context):
    panel = opened()
    assert panel.captures.isAncestorOf(panel.shift)
    assert not panel.shift.isEnabled() and panel.shift.toolTip() == NO_CAPTURES
    capture = keep(context, "")
    panel.captures.read()
    qtbot.waitUntil(lambda: panel.shift.toolTip() == NO_CLASSES)
    assert not panel.shift.isEnabled()
    relabel(capture, "dog")
    panel.captures.read()
    qtbot.waitUntil(panel.shift.isEnabled)
    assert "whose true class is known" in panel.shift.toolTip()


def test_the_networks_that_are_asked_live_are_asked_and_shown_with_what_must_be_known(panel, dialog, asked):
    assert asked == [list(panel.chosen)] and len(panel.chosen) == 3
    rows = shift_table(dialog.found).rows
    table = dialog.table
    seen = [[table.item(row, column).text() for column in range(table.columnCount())] for row in range(3)]
    assert seen == [list(row) for row in rows]
    assert seen[0][4].endswith("6 captures of 2 sessions") and seen[0][-1] == "3 of a class it does not know"
    assert KEPT in dialog.notes.text() and "1 capture is not counted" in dialog.notes.text()
    assert table.isVisible() and dialog.progress.isHidden()


def test_without_a_choice_all_finished_runs_are_asked(qtbot, panel, asked, runs):
    panel._networks_changed(())
    panel.shift.click()
    qtbot.waitUntil(lambda: panel.shift.dialog.found is not None)
    assert [sorted(names) for names in asked] == [sorted(run.name for run in runs)]
    panel.shift.dialog.hide()


def test_the_table_is_copied(dialog):
    copied = {}
    for action in dialog.copy.menu().actions():
        action.trigger()
        copied[action.data()] = QGuiApplication.clipboard().text()
    table = shift_table(dialog.found)
    assert copied == {"markdown": table.markdown(), "csv": table.csv(), "latex": table.latex()}


def test_what_goes_wrong_is_said_in_place_of_the_table(qtbot, panel, monkeypatch):
    def fail(*_):
        raise UserError("Two are needed.")

    monkeypatch.setattr(live_shift, "shifts", fail)
    panel.shift.click()
    dialog = panel.shift.dialog
    qtbot.waitUntil(lambda: dialog.empty.sentence.text() == "Two are needed.")
    assert dialog.empty.isVisible() and not dialog.copy.isEnabled() and not dialog.table.isVisible()
    dialog.hide()


@pytest.fixture
def slow(monkeypatch):
    """Asking that goes on until it is cancelled."""
    begun = threading.Event()

    def ask(runs, workspace, control, report):
        begun.set()
        while True:
            control.checkpoint()
            threading.Event().wait(0.005)

    monkeypatch.setattr(live_shift, "shifts", ask)
    return begun


@pytest.mark.parametrize("way", ["cancel", "close"])
def test_asking_is_given_up(panel, slow, way):
    panel.shift.click()
    dialog = panel.shift.dialog
    assert slow.wait(10) and dialog.progress.isVisible()
    job = dialog._job
    dialog.progress.cancel.click() if way == "cancel" else dialog.reject()
    assert job.control.cancelled and dialog.isHidden() and dialog.progress.isHidden()


def test_a_training_goes_first(qtbot, panel, context, asked):
    context.engine._status = EngineStatus(State.RUNNING, "another")
    panel.shift.click()
    dialog = panel.shift.dialog
    assert dialog.empty.sentence.text() == WAITING and asked == []
    context.engine.finish()
    qtbot.waitUntil(lambda: dialog.found is not None)
    assert len(asked) == 1
    dialog.hide()


def test_a_training_that_begins_holds_the_asking(qtbot, panel, slow, context):
    panel.shift.click()
    dialog = panel.shift.dialog
    assert slow.wait(10)
    context.engine.start(Study(name="another"))
    context.engine.say(StudyStarted("another", (), (), "CPU"))
    qtbot.waitUntil(lambda: dialog._job.control.paused)
    assert dialog.progress.what.text() == PAUSED
    context.engine.finish()
    qtbot.waitUntil(lambda: not dialog._job.control.paused)
    dialog.hide()


def test_a_chosen_network_is_adapted_and_compared(qtbot, dialog, planned, context, monkeypatch):
    line, chosen = dialog.adapt, dialog.table.chosen()
    line.adapt.click()
    qtbot.waitUntil(line.start.isVisible)
    assert planned == [chosen.run.name] and context.engine.started == []
    assert "its other layers stay as they are. 2 runs, about 50 s on this machine" in line.sentence.text()
    assert line.leave.isVisible() and not line.adapt.isVisible()
    line.start.click()
    assert context.engine.started == [STUDY] and line.progress.isVisible() and not line.start.isVisible()
    spec = chosen.run.spec
    context.engine.say(StudyStarted(STUDY.name, ("one", "two"), (), "CPU"), RunFinished("one", Outcome.DONE))
    context.engine.say(epoch_ended(spec, 3, EPOCHS))
    qtbot.waitUntil(lambda: line.progress.detail.text() == f"{EPOCHS + 3} of {2 * EPOCHS} epochs")
    compared = []
    made = Adapted(chosen.run, 2, Share(3, 6), Share(5, 6), 2, 0, (4, 4))
    monkeypatch.setattr(live_adapt, "compare_adapted", lambda shift, folders: compared.append(shift) or made)
    context.engine.finish()
    qtbot.waitUntil(lambda: line.sentence.text() == made.sentence)
    assert compared == [chosen] and line.progress.isHidden() and line.adapt.isVisible()
    dialog.table.clearSelection()
    assert line.sentence.text() == made.sentence, "what was found stays to be read"


def test_a_plan_is_given_up_with_its_network(qtbot, dialog, planned, context):
    line = dialog.adapt
    for leave in (line.leave.click, dialog.table.clearSelection):
        line.adapt.click()
        qtbot.waitUntil(line.start.isVisible)
        leave()
        assert not line.start.isVisible() and line.adapt.isVisible() and not line.sentence.text()
    assert len(planned) == 2
    assert context.engine.started == []


def test_what_is_trained_already_is_only_compared(qtbot, dialog, planned, monkeypatch):
    monkeypatch.setattr(live_adapt, "estimate", lambda *_: Estimate(0.0, 0, 10**9, 0, {}))
    dialog.adapt.adapt.click()
    qtbot.waitUntil(dialog.adapt.start.isVisible)
    assert dialog.adapt.sentence.text().endswith(TRAINED)


def test_too_few_sessions_are_said(qtbot, dialog, planned, monkeypatch):
    def refuse(run, captures):
        raise UserError("Switch Live off and on again.")

    monkeypatch.setattr(live_adapt, "adapted_study", refuse)
    dialog.adapt.adapt.click()
    qtbot.waitUntil(lambda: dialog.adapt.sentence.text() == "Switch Live off and on again.")
    assert dialog.adapt.adapt.isVisible() and not dialog.adapt.start.isVisible()


def test_while_another_study_is_trained_nothing_is_adapted(qtbot, dialog, planned, context, monkeypatch):
    line = dialog.adapt
    line.adapt.click()
    qtbot.waitUntil(line.start.isVisible)

    def refuse(study):
        raise UserError("The study “another” is under way. Stop it first.")

    monkeypatch.setattr(context.engine, "start", refuse)
    line.start.click()
    assert "under way" in line.sentence.text() and line.adapt.isVisible()
    context.engine._status = EngineStatus(State.RUNNING, "another")
    context.engine.say(StudyStarted("another", (), (), "CPU"))
    qtbot.waitUntil(lambda: not line.adapt.isEnabled())
    assert line.adapt.toolTip() == UNDER_WAY
    context.engine.finish()
    qtbot.waitUntil(line.adapt.isEnabled)


def test_what_cannot_be_adapted_is_said_before_it_is_tried(dialog):
    for row, shift in enumerate(dialog.found.shifts):
        dialog.table.selectRow(row)
        joins = shift.run.spec.modality == "audio-visual"
        assert dialog.adapt.adapt.isEnabled() != joins
        assert ("joins a network on sound and one on sight" in dialog.adapt.adapt.toolTip()) == joins
    assert any(shift.run.spec.modality == "audio-visual" for shift in dialog.found.shifts)
    dialog.table.clearSelection()
    assert not dialog.adapt.adapt.isEnabled() and dialog.adapt.adapt.toolTip() == NONE_CHOSEN


def test_a_run_that_fails_says_why_and_a_stop_stops(qtbot, adapting, context):
    adapting.progress.cancel.click()
    assert context.engine.cancels == 1
    context.engine.say(RunFinished("one", Outcome.FAILED, "The disk is full."))
    context.engine.finish(Outcome.FAILED, "1 of the runs failed; their reasons stand beside them.")
    qtbot.waitUntil(lambda: adapting.sentence.text() == "The disk is full.")
    assert adapting.progress.isHidden() and adapting.adapt.isVisible()


def test_what_ends_when_the_dialog_is_closed_is_said_in_the_window(qtbot, dialog, adapting, context):
    dialog.hide()
    with qtbot.waitSignal(context.message) as said:
        context.engine.finish(Outcome.CANCELLED, "Stopped.")
    assert said.args == ["Stopped.", "info"]
