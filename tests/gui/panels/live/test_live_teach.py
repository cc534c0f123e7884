"""Teaching in the Live panel: a key is held and there are examples, they are trained, and the run is asked at once."""

from __future__ import annotations

import time

import pytest
import soundfile
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QApplication, QMessageBox, QPushButton

from core.datasets.base import Modality
from core.engine import EngineStatus, State
from core.events import Outcome
from core.live import recogniser
from core.live.session import Sources
from core.live.source import SourceState, SourceStatus
from core.live.teach import Lesson, lessons
from core.runs import run_folder
from core.video.decode import decode as look
from gui.panels import live_teach
from gui.panels.live import LivePanel
from gui.panels.live_bar import MICROPHONE
from gui.panels.live_sources import LiveSources
from gui.panels.live_teach import SWITCH_ON
from tests.core.live.test_teach import heard
from tests.gui import fakes
from tests.gui.make_runs import ClipList, make_run
from tests.gui.panels.live.conftest import QuickRun

FOCUS_LOST = QFocusEvent(QEvent.Type.FocusOut, Qt.FocusReason.ActiveWindowFocusReason)


@pytest.fixture
def fresh(qtbot, qapp, show_panel, world, monkeypatch):
    """The panel of a workspace in which nothing was trained, with the pane shown."""
    monkeypatch.setattr(recogniser, "LiveRun", QuickRun)
    monkeypatch.setattr(LiveSources, "make", lambda sources: world.both())
    monkeypatch.setattr(LiveSources, "list_devices", lambda sources: None)

    def open_panel():
        panel = show_panel(LivePanel)
        panel.bar.teach.setChecked(True)
        panel.activateWindow()
        qapp.setActiveWindow(panel)
        panel.setFocus()
        qtbot.waitUntil(lambda: panel.isActiveWindow() and panel.live is not None and not panel.context.jobs.busy)
        return panel

    return open_panel


@pytest.fixture
def ready(fresh, world):
    """Two classes named, half a second an example, and switched on."""
    panel = fresh()
    panel.teach.seconds.setValue(0.5)
    name_classes(panel.teach, "wave", "clap")
    panel.bar.switch.click()
    world()
    return panel


@pytest.fixture
def taught(context):
    """A lesson with enough in it."""
    lesson = Lesson.called("Signs", context.workspace, 0.5, ("wave", "clap"))
    lesson.save()
    for label in lesson.classes:
        for _ in range(3):
            lesson.add(label, heard(1.04))
    return lesson


def name_classes(pane, *names):
    for row, name in zip(pane.rows, names, strict=False):
        row.line.setText(name)
        row.line.editingFinished.emit()


def live_for(qtbot, world, seconds):
    """The world goes on."""
    end = time.perf_counter() + seconds

    def over() -> bool:
        world()
        return time.perf_counter() >= end

    qtbot.waitUntil(over)


def written(qtbot, pane, world):
    """All presses are on disk, or were refused."""

    def done() -> bool:
        world()
        return pane._holding is None and not +pane._coming

    qtbot.waitUntil(done, timeout=20_000)


def hold(qtbot, panel, world, key, seconds=0.8):
    qtbot.keyPress(panel, key)
    assert panel.teach._holding is not None
    live_for(qtbot, world, seconds)
    qtbot.keyRelease(QApplication.focusWidget(), key)
    written(qtbot, panel.teach, world)


def test_a_newcomer_without_a_network_finds_the_way_in_and_back(qtbot, show_panel, world, monkeypatch):
    monkeypatch.setattr(LiveSources, "make", lambda sources: world.both())
    monkeypatch.setattr(LiveSources, "list_devices", lambda sources: None)
    panel = show_panel(LivePanel)
    qtbot.waitUntil(lambda: panel.empty.isVisible() and panel.live is not None)
    train, teach = panel.empty.findChildren(QPushButton)
    assert (train.text(), teach.text()) == ("Train networks", "Teach your own classes")
    teach.click()
    assert panel.teach.isVisible() and panel.senses.picture.isVisible() and panel.bar.teach.isChecked()
    assert not panel.answers.isVisible(), "nobody can answer yet"
    assert len(panel.teach.rows) == 2 and not panel.teach.train.isEnabled()
    assert "hold a button" in panel.teach.lacks.text()
    panel.bar.switch.click()
    panel.bar.teach.click()
    assert panel.bar.isVisible() and not panel.teach.isVisible(), "what is on can be switched off"
    panel.bar.switch.click()
    assert panel.empty.isVisible()


@pytest.mark.parametrize("source", ["both", "microphone", "camera"])
def test_what_is_heard_and_seen_while_a_key_is_held_becomes_examples(qtbot, fresh, world, context, monkeypatch, source):
    sources = {"both": world.both(), "microphone": Sources(world.microphone), "camera": Sources(camera=world.camera)}
    monkeypatch.setattr(LiveSources, "make", lambda _: sources[source])
    panel = fresh()
    pane = panel.teach
    pane.seconds.setValue(0.5)
    name_classes(pane, "wave", "clap twice")
    panel.bar.switch.click()
    world()
    hold(qtbot, panel, world, Qt.Key.Key_2, 1.15)
    (lesson,) = lessons(context.workspace)[0]
    assert lesson.classes == ("wave", "clap twice") and lesson.seconds == 0.5
    assert lesson.presses() == {"clap twice": 1} and lesson.examples() == {"clap twice": 3}
    assert lesson.learns == (Modality.AUDIO if source == "microphone" else Modality.VIDEO)
    for row in lesson.rows:
        path = lesson.folder / row["path"]
        seconds = soundfile.info(path).duration if source == "microphone" else look(path)[2].seconds
        assert seconds == pytest.approx(0.5, abs=0.1)
    assert pane.rows[1].count.text() == "1 press\n3 examples" and pane.rows[0].count.text() == "0 presses\n0 examples"
    assert pane.note.text().startswith("clap twice: 3 examples from 1.")
    assert pane.rows[1].line.isReadOnly() and not pane.title.isEnabled() and not pane.rows[0].line.isReadOnly()
    assert "3 times" in pane.lacks.text() and not pane.train.isEnabled()


def test_a_key_that_repeats_itself_is_one_press(qtbot, ready, world):
    pane = ready.teach
    qtbot.keyPress(ready, Qt.Key.Key_1)
    since = pane._holding
    for kind in (QEvent.Type.KeyRelease, QEvent.Type.KeyPress):
        repeated = QKeyEvent(kind, Qt.Key.Key_1, Qt.KeyboardModifier.NoModifier, "1", autorep=True)
        QApplication.sendEvent(QApplication.focusWidget(), repeated)
    qtbot.keyPress(ready, Qt.Key.Key_1)
    qtbot.keyPress(ready, Qt.Key.Key_2)
    assert pane._holding == since and since is not None
    live_for(qtbot, world, 0.8)
    assert pane.rows[0].button.text().startswith("Recording 0.")
    qtbot.keyRelease(QApplication.focusWidget(), Qt.Key.Key_1)
    written(qtbot, pane, world)
    assert pane.lesson.presses() == {"wave": 1}
    assert pane.rows[0].button.text() == "Hold to record  (1)"


def test_the_button_records_as_its_key_does(qtbot, ready, world):
    button = ready.teach.rows[1].button
    qtbot.mousePress(button, Qt.MouseButton.LeftButton)
    live_for(qtbot, world, 0.7)
    qtbot.mouseRelease(button, Qt.MouseButton.LeftButton)
    written(qtbot, ready.teach, world)
    assert ready.teach.lesson.presses() == {"clap": 1}


def test_digits_that_are_typed_are_letters_of_a_name(qtbot, ready):
    line = ready.teach.rows[0].line
    line.setFocus()
    qtbot.keyClick(line, Qt.Key.Key_2)
    assert line.text() == "wave2" and ready.teach._holding is None


def test_too_short_a_press_says_so(qtbot, ready, world):
    hold(qtbot, ready, world, Qt.Key.Key_1, 0.2)
    assert "Hold the key for 0.5 s at least" in ready.teach.note.text() and ready.teach.note.property("error")
    assert ready.teach.lesson.rows == [] and not ready.teach.rows[0].line.isReadOnly()


def test_a_press_does_not_last_for_ever(qtbot, ready, world, monkeypatch):
    monkeypatch.setattr(live_teach, "LONGEST", 0.6)
    qtbot.keyPress(ready, Qt.Key.Key_1)
    written(qtbot, ready.teach, world)
    assert ready.teach.lesson.presses() == {"wave": 1}


@pytest.mark.parametrize("end", ["switch off", "another window", "hide"])
def test_what_was_held_is_kept_when_the_press_is_cut_short(qtbot, ready, world, end):
    pane = ready.teach
    qtbot.keyPress(ready, Qt.Key.Key_1)
    live_for(qtbot, world, 0.8)
    if end == "switch off":
        ready.bar.switch.click()
    elif end == "hide":
        ready.bar.teach.click()
    else:
        QApplication.sendEvent(pane, FOCUS_LOST)
    assert pane._holding is None
    written(qtbot, pane, world)
    assert pane.lesson.presses() == {"wave": 1}


def test_what_is_off_or_gives_nothing_is_said(qtbot, fresh, world):
    panel = fresh()
    pane = panel.teach
    name_classes(pane, "wave", "clap")
    qtbot.keyPress(panel, Qt.Key.Key_1)
    assert pane.note.text() == SWITCH_ON and pane._holding is None
    panel.bar.switch.click()
    world.camera.status = SourceStatus(SourceState.LOST, reason="No camera was found.")
    qtbot.keyPress(panel, Qt.Key.Key_1)
    assert pane.note.text() == "No camera was found." and pane._holding is None


def test_presses_that_follow_one_another_are_all_written(qtbot, ready, world):
    for _ in range(3):
        for key in (Qt.Key.Key_1, Qt.Key.Key_2):
            qtbot.keyPress(ready, key)
            live_for(qtbot, world, 0.6)
            qtbot.keyRelease(QApplication.focusWidget(), key)
    written(qtbot, ready.teach, world)
    assert ready.teach.lesson.presses() == {"wave": 3, "clap": 3}
    assert ready.teach.train.isEnabled() and "enough" in ready.teach.lacks.text()
    ready.teach.forget.click()
    assert ready.teach.lesson.presses() == {"wave": 3, "clap": 2} and not ready.teach.train.isEnabled()
    assert "of clap, is deleted" in ready.teach.note.text()


def test_everything_is_there_again_at_the_next_start(qtbot, fresh, taught, context):
    Lesson.called("another", context.workspace, 1.0).save()
    panel = fresh()
    pane = panel.teach
    pane.lessons.setCurrentIndex(pane.lessons.findText("Signs"))
    pane.lessons.activated.emit(pane.lessons.currentIndex())
    pane.add.click()
    pane.rows[2].line.setText("nod")
    pane.rows[2].line.editingFinished.emit()
    panel.save_state()
    again = fresh().teach
    assert again.isVisible() and again.title.text() == "Signs" and again.seconds.value() == 0.5
    assert [row.name for row in again.rows] == ["wave", "clap", "nod"]
    assert again.rows[0].count.text() == "3 presses\n9 examples"
    assert again.rows[2].remove.isVisible() and not again.rows[0].remove.isVisible()
    assert "Record nod 3 times" in again.lacks.text()
    again.rows[2].remove.click()
    assert again.train.isEnabled() and again.lesson.classes == ("wave", "clap")


def test_a_lesson_and_its_classes_have_names_of_their_own(fresh, taught, context):
    pane = fresh().teach
    pane.new.click()
    assert pane.title.text() == "My classes" and not (taught.folder.parent / "my-classes").exists()
    name_classes(pane, "yes", "Yes")
    assert "Two classes would be called Yes" in pane.note.text() and pane.names == ("yes",)
    assert Lesson.read(taught.folder.parent / "my-classes").classes == ("yes",)
    for title, kept in (("signs!", "My classes"), ("", "My classes"), ("Answers", "Answers")):
        pane.title.setText(title)
        pane.title.editingFinished.emit()
        assert pane.title.text() == pane.lesson.title or title == ""
        assert pane.lesson.title == kept
    assert sorted(folder.name for folder in taught.folder.parent.iterdir()) == ["answers", "signs"]
    assert [pane.lessons.itemText(k) for k in range(pane.lessons.count())] == ["Answers", "Signs"]


def test_a_lesson_is_deleted_for_good_when_that_is_confirmed(qtbot, fresh, taught, monkeypatch):
    pane = fresh().teach
    for answer in (QMessageBox.StandardButton.No, QMessageBox.StandardButton.Yes):
        assert taught.folder.exists()
        monkeypatch.setattr(QMessageBox, "question", lambda *args, answer=answer: answer)
        pane.delete.click()
    qtbot.waitUntil(lambda: pane.lesson.title == "My classes")
    assert not taught.folder.exists() and not pane.delete.isEnabled()


def test_sounds_are_suggested_to_be_shorter_than_movements(fresh):
    panel = fresh()
    assert panel.teach.seconds.value() == 2.0
    panel.bar.sources.setCurrentIndex(panel.bar.sources.findData(MICROPHONE))
    panel.bar.source_changed.emit()
    assert panel.teach.seconds.value() == panel.teach.lesson.seconds == 1.0
    panel.teach.seconds.setValue(1.5)
    panel.bar.sources.setCurrentIndex(0)
    panel.bar.source_changed.emit()
    assert panel.teach.seconds.value() == 1.5, "as it was chosen"


def learn(qtbot, panel, lesson, engine, outcome=Outcome.DONE):
    """Click Train, and play the engine's part; returns the folder of the run."""
    panel.teach.train.click()
    (study,) = engine.started
    spec = next(study.runs((1, 2, 3)))
    engine.say(fakes.study_started(study, [spec]), fakes.run_started(spec), fakes.epoch_ended(spec, 4))
    qtbot.waitUntil(lambda: panel.teach.progress.detail.text() == "6 s left")
    if outcome is Outcome.DONE:
        ids = tuple(row["path"] for row in lesson.rows)
        labels = tuple(lesson.classes.index(row["label"]) for row in lesson.rows)
        folds = tuple((int(row["group"]) - 1) % 3 + 1 for row in lesson.rows)
        make_run(panel.context.workspace, spec, ClipList(lesson.classes, ids, labels, folds))
        run_folder(panel.context.workspace, spec).weights.write_bytes(b"not read by these tests")
    engine.say(fakes.run_finished(spec, outcome, "The disk is full."))
    engine.finish(outcome, "1 of the runs failed; their reasons stand beside them.")
    qtbot.waitUntil(lambda: not panel.teach.progress.isVisible())
    return run_folder(panel.context.workspace, spec)


def test_a_lesson_is_trained_and_its_run_is_asked_at_once(qtbot, fresh, runs, taught, world, context):
    panel = fresh()
    assert len(panel.chosen) > 1, "others are asked so far"
    panel.bar.switch.click()
    world()
    with qtbot.waitSignal(panel.teach.learned), qtbot.assertNotEmitted(panel.said):
        run = learn(qtbot, panel, taught, context.engine)
    (study,) = context.engine.started
    assert study.name == "taught signs" and study.dataset.root == str(taught.folder)
    assert study.modality == Modality.AUDIO
    right = 100 * run.predictions().correct.mean()
    assert f"“Signs” is learned: {right:.0f} % of 6 examples of 2 presses" in panel.teach.note.text()
    qtbot.waitUntil(lambda: [card.network for card in panel.answers.cards] == ["Signs"])
    assert panel.answers.isVisible() and panel.chosen == (run.name,)
    assert panel.answers.cards[0].classes == ("wave", "clap")
    panel.bar.teach.click()
    assert panel.chosen == (run.name,) and panel.answers.isVisible()


def test_while_it_is_trained_nothing_is_changed_and_it_can_be_stopped(qtbot, fresh, taught, context):
    panel = fresh()
    pane = panel.teach
    pane.train.click()
    assert pane.progress.isVisible() and context.engine.started
    for widget in (pane.train, pane.forget, pane.delete, pane.new, pane.rows[0].button):
        assert not widget.isEnabled()
    pane.progress.cancel.click()
    assert context.engine.cancels == 1
    context.engine.finish(Outcome.CANCELLED, "Stopped.")
    qtbot.waitUntil(lambda: not pane.progress.isVisible())
    assert pane.note.text() == "Stopped." and not pane.note.property("error") and pane.train.isEnabled()
    assert panel.chosen == ()


def test_a_training_that_fails_says_why(qtbot, fresh, taught, context):
    panel = fresh()
    learn(qtbot, panel, taught, context.engine, Outcome.FAILED)
    assert panel.teach.note.text() == "The disk is full." and panel.teach.note.property("error")
    assert panel.chosen == () and panel.teach.train.isEnabled()


def test_beside_another_study_it_is_not_trained(fresh, taught, context):
    pane = fresh().teach
    context.engine._status = EngineStatus(State.PAUSED, "a long study", device="CPU")
    pane.train.click()
    assert not context.engine.started
    assert "“a long study” is under way" in pane.note.text() and pane.train.isEnabled()


def test_what_is_taught_goes_on_while_live_is_on(fresh, taught, context):
    panel = fresh()
    panel.teach.train.click()
    panel.bar.switch.click()
    assert context.engine.status.state is State.RUNNING and not panel.live.holds_training


def test_before_the_libraries_are_there_one_can_name_classes_but_not_train(qtbot, fresh, taught, context):
    panel = fresh()
    context.libraries.ready = False
    panel.teach._refresh()
    assert not panel.teach.train.isEnabled() and "libraries" in panel.teach.lacks.text()
    context.libraries.have_arrived("CPU")
    assert panel.teach.train.isEnabled()


def test_a_workspace_that_is_only_read_says_so(fresh, taught, context):
    context.workspace.close()
    context.workspace.read_only_because = "Another Sensorium writes here."
    panel = fresh()
    assert panel.teach.lacks.text() == "Another Sensorium writes here."
    assert not panel.teach.rows[0].button.isEnabled() and not panel.teach.train.isEnabled()


def test_presenting_puts_it_away_for_a_while(fresh):
    panel = fresh()
    panel.present(True)
    assert not panel.teach.isVisible()
    panel.present(False)
    assert panel.teach.isVisible()
