"""The Robustness panel on fabricated runs and answers: what is shown at once, what is asked, and when it is not."""

from __future__ import annotations

import threading

import pytest
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QPushButton

from core.engine import EngineStatus, State
from core.errors import UserError
from core.evaluation.statistics import ONE_FOLD
from core.events import Outcome, Progress, StudyStarted
from core.robustness import CORRUPTIONS
from core.robustness.tables import level_table
from core.runs import list_runs
from core.study import Study
from core.workspace import Workspace
from gui.context import Context
from gui.panels import robustness
from gui.panels.robustness import ANSWERED, RobustnessPanel
from gui.panels.robustness_bar import levels_in
from tests.core.robustness.made_answers import make_answers
from tests.gui import fakes
from tests.gui.make_runs import make_modalities, make_study, synthetic_clips

CLIPS = synthetic_clips(6, per_class=16)


@pytest.fixture
def opened(qtbot, show_panel):
    """Make the panel and wait until it has read its runs."""

    def open_panel(wait=True):
        panel = show_panel(RobustnessPanel)
        if wait:
            settled(qtbot, panel)
        return panel

    return open_panel


def settled(qtbot, panel):
    qtbot.waitUntil(lambda: panel.sweep is not None and panel._job is None and panel.asking is None, timeout=20_000)


def choose(qtbot, panel, corruption):
    panel.bar._corruptions.setCurrentIndex(panel.bar._corruptions.findData(corruption))
    panel.bar._corruptions.activated.emit(panel.bar._corruptions.currentIndex())
    qtbot.waitUntil(lambda: panel.sweep.corruption == corruption and panel._job is None, timeout=20_000)


def write_levels(panel, text):
    panel.bar.levels.setText(text)
    panel.bar.levels.editingFinished.emit()


@pytest.fixture
def asked(monkeypatch):
    """What the panel asks the engine for; in place of networks, answers are fabricated."""
    calls = []

    def fabricate(study, corruption, workspace, levels, control, emit):
        calls.append((study, corruption, levels))
        emit(Progress("asking", 0, 2, "answers"))
        make_answers(list(list_runs(workspace, study)), corruption, levels)

    monkeypatch.setattr(robustness, "sweep", fabricate)
    return calls


def test_without_runs_it_says_what_will_be_here(qtbot, opened, context):
    panel = opened(wait=False)
    (button,) = [b for b in panel.findChildren(QPushButton) if b.isVisible()]
    with qtbot.waitSignal(context.panel_wanted) as caught:
        button.click()
    assert caught.args == ["train"]


@pytest.mark.parametrize("corruption", CORRUPTIONS)
def test_what_is_on_disk_is_shown_at_once(qtbot, opened, context, asked, corruption):
    make_answers(make_modalities(context.workspace, CLIPS), corruption)
    panel = opened()
    choose(qtbot, panel, corruption)
    row, shown = CORRUPTIONS[corruption], panel.shown()
    assert shown.levels == (None, *row.levels)
    assert panel.curve.isVisible() and panel.table.isVisible()
    assert [line.name for line in panel.curve.lines] == list(shown.networks)
    table = level_table(shown)
    for place, cells in enumerate(table.rows):
        seen = [panel.table.item(place, column).text() for column in range(panel.table.columnCount())]
        assert seen == [cells[0], *cells[2:]]
    assert panel.findings.text().count("significantly") >= 2
    assert not panel.bar.ask.isEnabled() and panel.bar.ask.toolTip() == ANSWERED
    assert panel.note.isHidden()
    assert asked == []
    assert "synthetic" in panel.curve.caption.text()


@pytest.mark.parametrize("corruption", CORRUPTIONS)
def test_what_is_missing_is_asked_for_in_the_background(qtbot, opened, context, asked, corruption):
    make_modalities(context.workspace, CLIPS)
    panel = opened()
    choose(qtbot, panel, corruption)
    row = CORRUPTIONS[corruption]
    assert row.title in panel.unasked.sentence.text()
    (button,) = [b for b in panel.findChildren(QPushButton) if b.isVisible()]
    assert button.isEnabled() and button.text() == "Test the networks"
    assert panel.note.text() == f"{4 * 2 * 2} runs to be tested at {len(row.levels)} levels each."
    button.click()
    assert panel.asking is not None and panel.progress.isVisible() and not button.isEnabled()
    settled(qtbot, panel)
    assert asked == [(panel.study, corruption, row.levels)]
    assert panel.progress.isHidden() and panel.curve.isVisible()
    write_levels(panel, f"{row.levels[0] * 1.25:g} {row.levels[0]:g}")
    assert panel.bar.ask.isEnabled() and panel.note.text().startswith("16 of 32 tests missing:")
    panel.bar.ask.click()
    settled(qtbot, panel)
    assert asked[1][2] == row.in_order([row.levels[0], row.levels[0] * 1.25])
    assert len(panel.curve.lines[0].points) == 3


@pytest.mark.parametrize("corruption", CORRUPTIONS)
def test_a_study_that_does_not_look_there_has_nothing_to_ask(qtbot, opened, context, corruption):
    row = CORRUPTIONS[corruption]
    modality = {"audio": "video", "video": "audio"}[row.wing]
    for folder in make_modalities(context.workspace, CLIPS, architectures=("resnet50",)):
        if folder.spec.modality != modality:
            folder.delete()
    panel = opened()
    choose(qtbot, panel, corruption)
    assert f"{row.title} changes nothing here" in panel.unasked.sentence.text()
    assert not [b for b in panel.findChildren(QPushButton) if b.isVisible()]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("20, ten", "“ten” is no level: write figures, e.g. 20, 10, 0, −10."),
        ("", "“” is no level"),
        ("20, 9999", "White noise goes from −60 to 100 dB SNR: 9999 is outside."),
        ("nan", "nan is outside"),
    ],
)
def test_levels_that_are_none_are_refused_in_a_sentence_and_what_was_shown_stays(opened, context, text, sentence):
    make_answers(make_modalities(context.workspace, CLIPS))
    panel = opened()
    before = panel.curve.lines
    write_levels(panel, text)
    assert sentence in panel.note.text() and panel.note.isVisible()
    assert not panel.bar.ask.isEnabled() and panel.curve.lines == before
    assert not panel.bar.copy.isEnabled()
    panel.bar._usual.click()
    assert panel.bar.copy.isEnabled()
    assert panel.bar.levels.text() == "20, 10, 0, −10" and panel.note.isHidden()


def test_levels_are_read_however_they_are_written():
    row = CORRUPTIONS["noise"]
    assert levels_in(" −10;0  20, 10,10", row) == (20.0, 10.0, 0.0, -10.0)
    assert levels_in("2.5", row) == (2.5,)
    with pytest.raises(UserError):
        levels_in("1e9", row)


def test_while_a_study_is_trained_nothing_is_asked(qtbot, opened, context, asked):
    make_modalities(context.workspace, CLIPS)
    panel = opened()
    assert panel._unasked_button.isEnabled()
    context.engine._status = EngineStatus(State.RUNNING, "another")
    context.engine.say(StudyStarted("another", (), (), "CPU"))
    qtbot.waitUntil(lambda: not panel._unasked_button.isEnabled())
    assert "is being trained" in panel.note.text()
    panel.ask()
    assert panel.asking is None and asked == []
    context.engine.finish(Outcome.DONE)
    qtbot.waitUntil(panel._unasked_button.isEnabled)


def test_a_training_that_begins_holds_the_asking_and_a_cancel_ends_it(qtbot, opened, context, monkeypatch):
    make_answers(make_modalities(context.workspace, CLIPS), levels=[20.0])
    panel = opened()
    write_levels(panel, "20, 10")
    begun, rounds = threading.Event(), []

    def slow(study, corruption, workspace, levels, control, emit):
        begun.set()
        while True:
            control.checkpoint()
            rounds.append(1)
            threading.Event().wait(0.005)

    monkeypatch.setattr(robustness, "sweep", slow)
    panel.bar.ask.click()
    assert begun.wait(10)
    job = panel.asking
    context.engine.start(Study(name="another"))
    context.engine.say(StudyStarted("another", (), (), "CPU"))
    qtbot.waitUntil(lambda: job.control.paused)
    assert "waits" in panel.progress.what.text()
    context.engine.finish()
    qtbot.waitUntil(lambda: not job.control.paused)
    done = len(rounds)
    qtbot.waitUntil(lambda: len(rounds) > done)
    panel.progress.cancel.click()
    assert panel.asking is None and panel.progress.isHidden() and job.control.cancelled
    settled(qtbot, panel)
    assert panel.bar.ask.isEnabled()


def test_a_study_that_is_being_read_stays_chosen_when_the_asking_ends(qtbot, opened, context):
    for study in ("first", "second"):
        make_modalities(context.workspace, CLIPS, study=study)
    panel = opened()
    other = next(name for name in ("first", "second") if name != panel.study)
    panel.bar._studies.setCurrentText(other)
    assert panel.bar.ask.isEnabled()
    panel.bar._studies.activated.emit(0)
    assert not panel.bar.ask.isEnabled(), "it would ask the study that is about to go"
    panel._ended()
    assert panel.bar.study == other
    qtbot.waitUntil(lambda: panel.study == other and panel._job is None, timeout=20_000)
    assert panel.bar.ask.isEnabled()


def test_a_workspace_that_another_writes_to_is_read_only(qtbot, context, show_panel):
    make_modalities(context.workspace, CLIPS)
    second = Context(Workspace(context.workspace.root).open(), fakes.FakeEngine(context.workspace), context.settings)
    panel = RobustnessPanel(second)
    qtbot.addWidget(panel)
    panel.show()
    panel.activate()
    settled(qtbot, panel)
    assert not panel._unasked_button.isEnabled()
    assert "in use by another Sensorium" in panel.note.text()
    panel.close_panel()
    panel.hide()
    second.close()


def test_what_goes_wrong_is_said(qtbot, opened, context, monkeypatch):
    make_modalities(context.workspace, CLIPS)
    panel = opened()

    def fail(*_):
        raise UserError("The clips are gone.")

    monkeypatch.setattr(robustness, "sweep", fail)
    with qtbot.waitSignal(panel.said) as caught:
        panel._unasked_button.click()
    assert caught.args == ["The clips are gone.", "error"]
    assert panel.asking is None and panel.progress.isHidden()
    settled(qtbot, panel)


def test_tables_and_sentences_are_copied(opened, context):
    make_answers(make_modalities(context.workspace, CLIPS))
    panel = opened()
    copied = {}
    for action in panel.bar.copy.menu().findChildren(QAction):
        if action.data():
            action.trigger()
            copied[action.data()] = QGuiApplication.clipboard().text()
    table = level_table(panel.shown())
    assert copied["markdown"] == table.markdown()
    assert copied["latex"] == table.latex()
    assert copied["csv"].count("\n") == 1 + 6 * 5 and "level,unit,accuracy_mean" in copied["csv"]
    assert "significantly" in copied["sentences"] and "<" not in copied["sentences"].replace("p < 0.001", "")


def test_levels_that_are_still_typed_are_not_copied(opened, context):
    make_answers(make_modalities(context.workspace, CLIPS))
    panel = opened()
    before = panel.curve.lines
    panel.bar.levels.setText("abc")  # and the button is pressed before the field has been left
    QGuiApplication.clipboard().setText("kept")
    panel.bar.copy.menu().actions()[0].trigger()
    assert QGuiApplication.clipboard().text() == "kept"
    assert "“abc” is no level" in panel.note.text() and not panel.bar.copy.isEnabled()
    assert panel.curve.lines == before


def test_one_fold_says_that_there_is_no_interval(opened, context):
    make_answers(make_study(context.workspace, CLIPS, folds=(1,)))
    panel = opened()
    assert panel.findings.text().startswith(f"<p>{ONE_FOLD}</p>") and panel.findings.text().count("no interval") == 1
    assert "[" not in panel.table.item(0, 1).text()
    assert "one fold: no interval" in panel.curve.lines[0].points[0].words


def test_study_corruption_and_levels_come_back(qtbot, opened, context, show_panel):
    make_modalities(context.workspace, CLIPS, study="first")
    make_modalities(context.workspace, CLIPS, study="second")
    panel = opened()
    other = next(name for name in ("first", "second") if name != panel.study)
    panel.bar._studies.setCurrentText(other)
    panel.bar._studies.activated.emit(0)
    qtbot.waitUntil(lambda: panel.study == other and panel._job is None)
    choose(qtbot, panel, "blur")
    write_levels(panel, "3, 6")
    panel.save_state()
    again = show_panel(RobustnessPanel)
    settled(qtbot, again)
    assert (again.study, again.bar.corruption, again.bar.levels.text()) == (other, "blur", "3, 6")


def test_presentation_keeps_the_data_and_hides_the_controls(opened, context):
    make_answers(make_modalities(context.workspace, CLIPS))
    panel = opened()
    panel.present(True)
    assert not panel.bar.isVisible() and not panel.note.isVisible() and not panel.curve.figures.isVisible()
    assert panel.curve.graphics.isVisible() and panel.table.isVisible() and panel.findings.isVisible()
    panel.present(False)
    assert panel.bar.isVisible() and panel.curve.figures.isVisible()


def test_pointing_at_a_row_of_the_table_points_at_its_line(opened, context):
    make_answers(make_modalities(context.workspace, CLIPS))
    panel = opened()
    panel.table.entered.emit(panel.table.model().index(2, 1))
    assert panel.curve.pointed == panel.curve.lines[2].name
