"""The Live panel on played sources: switched on and off, answered, kept, recorded, and what is told when it fails."""

from __future__ import annotations

import dataclasses
import errno
import json
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QMessageBox, QPushButton

from core.captures import read_captures, read_recordings
from core.engine import EngineStatus, State
from core.errors import UserError
from core.files import write_error
from core.live import again, recording
from core.live.offered import FIRST
from core.live.recording import Recorder
from core.live.replay import Replay, Take
from core.live.ring_buffer import FrameRing
from core.live.session import Live
from core.live.source import SourceState, SourceStatus
from gui.panels import live_captures
from gui.panels.live import LivePanel
from gui.panels.live_bar import MICROPHONE, REPLAY
from gui.panels.live_senses import OFF
from gui.panels.live_sources import LiveSources
from gui.widgets.class_popup import ClassPopup
from gui.widgets.level_meter import LOWEST
from tests.core.datasets.captures import keep
from tests.core.films import moving_square, tone, write_film
from tests.gui.panels.live.conftest import QuickRun, wait_for_rows, wait_for_words


def live_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("live")]


def test_without_a_finished_run_the_panel_says_what_will_be_here(qtbot, show_panel, context):
    panel = show_panel(LivePanel)
    qtbot.waitUntil(lambda: panel.empty.isVisible())
    with qtbot.waitSignal(context.panel_wanted) as asked:
        panel.empty.findChild(QPushButton).click()
    assert asked.args == ["train"]


def test_networks_answer_side_by_side_and_change_their_minds(qtbot, on, world):
    classes = on.answers.cards[0].classes
    assert len(on.answers.cards) == FIRST
    for shown in (2, 1):
        world.shown = shown
        wait_for_words(qtbot, on, world, classes[shown])
    seeing = [card for card in on.answers.cards if "video" in card.modality.wings]
    assert seeing and all(card.sure and not card.wrong and card.figures for card in seeing)
    stretches = [stretch for row in on.timeline.rows for stretch in row.stretches]
    assert {classes[2], classes[1]} <= {stretch.word for stretch in stretches}


def test_a_quiet_room_is_silence_and_a_covered_camera_no_picture(qtbot, on, world):
    world.loudness, world.shown = 0.0, -1

    def told() -> bool:
        world()
        words = {tuple(card.modality.wings): card.word for card in on.answers.cards}
        return words[("audio",)] == "silence" and words[("video",)] == "no picture"

    qtbot.waitUntil(told, timeout=20_000)
    assert all(card.probabilities is None for card in on.answers.cards if card.word in ("silence", "no picture"))


def test_switching_off_closes_everything_and_shows_nothing_stale(qtbot, on, world):
    assert world.microphone.starts == world.camera.starts == 1
    on.bar.switch.click()
    assert world.microphone.stops == world.camera.stops == 1
    assert not on.live.on and on.bar.switch.text() == "Switch on"
    assert not any(card.word for card in on.answers.cards)
    assert on.senses.meter.level == LOWEST and on.senses.picture.sentence == OFF
    qtbot.waitUntil(lambda: not live_threads())


def test_two_hundred_starts_and_stops_leave_nothing(qtbot, on, world):
    for _ in range(200):
        on.bar.switch.click()
    assert on.live.on
    qtbot.waitUntil(lambda: len(live_threads()) == 1)
    wait_for_words(qtbot, on, world)
    assert world.microphone.starts == 101


def test_a_source_that_has_gone_is_said_and_the_other_goes_on(qtbot, on, world):
    world.camera.status = SourceStatus(SourceState.LOST, reason="The picture has gone.")
    world.shown = -1

    def told() -> bool:
        world()
        heard = next(card for card in on.answers.cards if card.modality.wings == ("audio",))
        return heard.sure and "The picture has gone." in on.status.text()

    assert not on.senses.picture.sentence
    qtbot.waitUntil(told)
    assert on.senses.picture.sentence == "The picture has gone.", "the last picture is none of now"
    world.camera.status, world.shown = SourceStatus(SourceState.ON, "back"), 3
    wait_for_words(qtbot, on, world, on.answers.cards[0].classes[3])


def test_pictures_too_large_to_be_held_for_a_whole_window_are_said(qtbot, on, world):
    assert "fit into memory" not in on.status.text()
    world.camera.ring = FrameRing(20.0, most_bytes=1)

    def told() -> bool:
        world()
        return "only 0 s of pictures fit into memory, 0.2 s are asked for: choose a smaller" in on.status.text()

    qtbot.waitUntil(told)


def test_devices_are_listed_again_when_the_panel_comes_to_the_front_switched_off(on, monkeypatch):
    looks: list[LiveSources] = []
    monkeypatch.setattr(LiveSources, "list_devices", lambda sources: looks.append(sources))
    on.activate()
    assert not looks, "what is on is left in peace"
    on.bar.switch.click()
    on.activate()
    assert looks == [on.sources]


def test_a_key_for_a_class_keeps_the_last_seconds_as_it(qtbot, qapp, on, world, context):
    on.activateWindow()
    qapp.setActiveWindow(on)
    on.setFocus()
    qtbot.waitUntil(on.isActiveWindow)
    world()
    qtbot.keyClick(on, Qt.Key.Key_3)
    wait_for_rows(qtbot, on, 1)
    classes = on.answers.cards[0].classes
    ((capture,), problems) = read_captures(context.workspace.captures)
    assert not problems and capture.label == classes[2] and capture.session == on.live.session
    assert capture.path.suffix == ".mp4" and capture.seconds > 0
    assert {said.network for said in capture.said} == {card.network for card in on.answers.cards}
    assert on.captures.tree.topLevelItem(0).text(1) == classes[2].replace("_", " ")
    facts = json.loads(capture.path.with_suffix(".json").read_text())
    assert facts["sources"] == {"microphone": "played by a test", "camera": "played by a test"}


def test_captures_without_a_name_are_asked_about_each_for_itself(qtbot, on, world, context):
    for _ in range(2):
        world()
        on.bar.capture.click()
    qtbot.waitUntil(lambda: len(on.captures.findChildren(ClassPopup)) == 2)
    classes, popups = on.answers.cards[0].classes, on.captures.findChildren(ClassPopup)
    assert read_captures(context.workspace.captures)[0][0].made[11:19] in popups[0].findChild(QLabel).text()
    for popup, wanted in zip(popups, classes[1:3], strict=True):
        popup.line.setText(wanted.replace("_", " "))
        qtbot.keyClick(popup.line, Qt.Key.Key_Return)
    captures, _ = read_captures(context.workspace.captures)
    assert {capture.label for capture in captures} == set(classes[1:3])


def test_a_capture_is_deleted_for_good_when_that_is_confirmed(qtbot, on, world, context, monkeypatch):
    world()
    on._keep_as("anything")
    wait_for_rows(qtbot, on, 1)
    ((capture,), _) = read_captures(context.workspace.captures)
    on.captures.tree.setCurrentItem(on.captures.tree.topLevelItem(0))
    for answer, left in ((QMessageBox.StandardButton.No, 1), (QMessageBox.StandardButton.Yes, 0)):
        monkeypatch.setattr(QMessageBox, "question", lambda *args, answer=answer: answer)
        on.captures.remove.click()
        wait_for_rows(qtbot, on, left)
        assert capture.path.exists() == bool(left)
    assert not capture.path.parent.exists(), "nor is an empty session left"


def test_what_is_recorded_is_announced_listed_replayed_and_deleted(qtbot, on, world, context, monkeypatch):
    on.bar.record.click()

    def announced() -> bool:
        world()
        return "recording" in on.status.text()

    qtbot.waitUntil(announced)
    assert on.bar.record.text() == "Recording" and on.captures.tree.topLevelItemCount() == 0
    with qtbot.waitSignal(on.captures.recorded):
        on.bar.record.click()
    (recorded,) = read_recordings(context.workspace.captures)
    assert recorded.seconds > 0 and recorded.bytes > 1000
    on.bar.switch.click()
    wait_for_rows(qtbot, on, 1)
    on.captures.tree.setCurrentItem(on.captures.tree.topLevelItem(0))
    assert on.captures.rename.isHidden() and on.captures.replay.isEnabled()
    on.captures.replay.click()
    assert on.live.on and on.bar.source == REPLAY and on.bar.replay == str(recorded.path)
    on.bar.switch.click()
    monkeypatch.setattr(QMessageBox, "question", lambda *args: QMessageBox.StandardButton.Yes)
    on.captures.remove.click()
    wait_for_rows(qtbot, on, 0)
    assert not recorded.path.exists() and not read_recordings(context.workspace.captures)


@pytest.fixture
def held(monkeypatch):
    """Set when the last frames of recordings may be written."""
    gate, stop = threading.Event(), Recorder.stop

    def wait(recorder):
        assert gate.wait(20)
        return stop(recorder)

    monkeypatch.setattr(Recorder, "stop", wait)
    yield gate
    gate.set()


def test_another_source_ends_a_recording_and_says_so_when_all_of_it_is_written(qtbot, on, context, held):
    on.bar.record.click()
    on.sources.changed.emit()
    assert on.live.on and on.live.recorder is None, "and the window waits for nothing"
    with qtbot.waitSignal(on.captures.shown):
        on.captures.read()
    assert on.captures.tree.topLevelItemCount() == 0
    with qtbot.waitSignal(context.message) as said:
        held.set()
    assert "it can be replayed" in said.args[0]
    wait_for_rows(qtbot, on, 1)


def test_what_a_recording_lacks_is_said_while_it_runs_and_when_it_ends(qtbot, on, context, monkeypatch):
    def full(recorder):
        raise OSError(errno.ENOSPC, "full")

    def no_room(path, content):
        raise write_error(path, OSError(errno.ENOSPC, "full"))

    monkeypatch.setattr(Recorder, "_take", full)
    monkeypatch.setattr(recording, "write_atomically", no_room)
    on.bar.record.click()
    qtbot.waitUntil(lambda: "The disk is full" in on.status.text())
    assert "●" not in on.status.text()
    with qtbot.waitSignal(context.message) as said:
        on.bar.switch.click()
    assert "recording.json" in said.args[0] and said.args[1] == "warning"
    assert not on.live.on and not context.settings.value("live/file"), "what is not finished cannot be replayed"


def test_a_window_that_closes_waits_until_recordings_are_written(on, context, held):
    on.bar.record.click()
    on.bar.record.click()
    held.set()
    on.close_panel()
    (recorded,) = read_recordings(context.workspace.captures)
    assert recorded.seconds is not None


def test_networks_are_asked_again_about_a_recording(qtbot, on, world, context, monkeypatch):
    class Changed(QuickRun):
        def ask(self, window):
            return np.flip(super().ask(window))

    class Gone(QuickRun):
        def __init__(self, folder, device, seconds) -> None:
            raise UserError("Its weights are gone.")

    on.bar.record.click()
    answers = on.live.recorder.folder / "answers.jsonl"

    def enough() -> bool:
        world()
        return answers.exists() and answers.read_text().count('"probabilities": [') >= 6

    qtbot.waitUntil(enough)
    with qtbot.waitSignal(on.captures.recorded):
        on.bar.switch.click()
    wait_for_rows(qtbot, on, 1)
    on.captures.tree.setCurrentItem(on.captures.tree.topLevelItem(0))
    for network, words in ((QuickRun, "equal."), (Changed, "0 answers are equal, 0"), (Gone, "weights are gone")):
        monkeypatch.setattr(again, "LiveRun", network)
        with qtbot.waitSignal(context.message) as said:
            on.captures.again.click()
            assert on.captures.progress.isVisible()
        assert words in said.args[0] and on.captures.progress.isHidden()


def test_a_recording_that_the_program_did_not_live_to_finish_can_be_deleted_only(qtbot, opened, runs, context):
    torn = context.workspace.captures / "a session" / "recording 10-00-00"
    torn.mkdir(parents=True)
    (torn / "sound.wav").write_bytes(b"half")
    panel = opened()
    wait_for_rows(qtbot, panel, 1)
    (item,) = [panel.captures.tree.topLevelItem(0)]
    assert "not finished" in item.text(2)
    panel.captures.tree.setCurrentItem(item)
    assert not panel.captures.replay.isEnabled() and panel.captures.remove.isEnabled()


def test_a_window_that_only_reads_keeps_and_changes_nothing(qtbot, opened, runs, world, context, monkeypatch):
    keep(context.workspace.captures, "a", "dog")
    monkeypatch.setattr(QMessageBox, "question", lambda *args: QMessageBox.StandardButton.Yes)
    context.workspace.close()
    panel = opened()
    panel.bar.switch.click()
    wait_for_words(qtbot, panel, world)
    wait_for_rows(qtbot, panel, 1)
    panel.captures.tree.setCurrentItem(panel.captures.tree.topLevelItem(0))
    assert not panel.captures.rename.isEnabled() and not panel.captures.remove.isEnabled()
    panel.activateWindow()
    panel.setFocus()
    qtbot.waitUntil(panel.isActiveWindow)
    for key in (Qt.Key.Key_R, Qt.Key.Key_C, Qt.Key.Key_1):
        qtbot.keyClick(panel, key)
    assert panel.live.recorder is None
    qtbot.keyClick(panel.captures.tree, Qt.Key.Key_Delete)
    panel.captures.tree.itemDoubleClicked.emit(panel.captures.tree.topLevelItem(0), 0)
    assert panel.captures.findChild(ClassPopup) is None
    qtbot.waitUntil(lambda: not context.jobs.busy)
    assert len(list(context.workspace.captures.rglob("*.json"))) == 1


def test_the_list_is_read_once_in_the_background_and_what_is_torn_is_said_once(
    qtbot, opened, runs, context, monkeypatch
):
    def read(folder):
        threads.append(threading.current_thread())
        return read_captures(folder)

    capture, threads, told = keep(context.workspace.captures, "a", ""), [], []
    (capture.path.parent / "torn.json").write_text("{")
    context.message.connect(lambda text, level: told.append(text))
    panel = opened()
    wait_for_rows(qtbot, panel, 1)
    qtbot.waitUntil(lambda: not context.jobs.busy)
    monkeypatch.setattr(live_captures, "read_captures", read)
    panel.captures._name(capture, "dog")
    qtbot.waitUntil(lambda: panel.captures.tree.topLevelItem(0).text(1) == "dog")
    assert len(threads) == 1 and threads[0] is not threading.main_thread()
    assert len([text for text in told if "torn.json" in text]) == 1


@pytest.mark.parametrize("device", ["CPU", "NVIDIA H100"])
def test_a_training_on_the_processor_waits_while_live_runs_and_says_so(qtbot, opened, runs, world, context, device):
    panel, engine = opened(), context.engine
    engine._status = EngineStatus(State.RUNNING, "a study", device=device)
    panel.bar.switch.click()
    assert engine.status.state is (State.PAUSED if device == "CPU" else State.RUNNING)
    wait_for_words(qtbot, panel, world)
    qtbot.waitUntil(lambda: ("training is paused" in panel.status.text()) == (device == "CPU"))
    panel.bar.switch.click()
    assert engine.status.state is State.RUNNING


def test_a_training_that_is_begun_meanwhile_waits_too_unless_it_is_set_going_by_hand(qtbot, on, context):
    engine = context.engine
    engine._status = EngineStatus(State.RUNNING, "a study", device="CPU")
    qtbot.waitUntil(lambda: engine.status.state is State.PAUSED)
    qtbot.waitUntil(lambda: "training is paused" in on.status.text())
    engine.resume()
    qtbot.waitUntil(lambda: "training is paused" not in on.status.text())
    assert engine.status.state is State.RUNNING


def test_what_is_chosen_comes_back(opened, runs, context, qtbot, show_panel):
    panel = opened()
    wanted = next(name for name in panel.choices if name not in panel.chosen)
    panel.bar._actions[panel.chosen[0]].setChecked(False)
    panel.bar._actions[wanted].setChecked(True)
    panel.bar.sources.setCurrentIndex(panel.bar.sources.findData(MICROPHONE))
    panel.save_state()
    again = opened()
    assert set(again.chosen) == set(panel.chosen) and wanted in again.chosen
    assert again.bar.source == MICROPHONE


def test_presenting_hides_what_is_not_shown_to_an_audience(qtbot, on, world, context):
    on.present(True)
    world()
    with qtbot.waitSignal(context.message) as told:
        on._keep_as("anything")
    assert "anything" in told.args[0], "where the list is hidden, a word says that it was kept"
    assert not on.bar.isVisible() and not on.status.isVisible() and on.answers.isVisible()
    on.present(False)
    assert on.bar.isVisible() and on.status.isVisible()


@pytest.mark.parametrize(("since", "truth"), [(2.0, ""), (4.0, "a class")])
def test_an_answer_is_set_beside_the_truth_where_most_of_its_window_is_of_what_is_played(
    qtbot, on, world, since, truth, monkeypatch
):
    replay = Replay([])
    replay.playing = Take(Path("clip.wav"), "a class")
    monkeypatch.setattr(Live, "span", 5.0)
    on.live.sources = dataclasses.replace(world.both(), replay=replay)

    def said() -> bool:
        replay.since = time.perf_counter() - since
        world()
        return [card.truth for card in on.answers.cards] == [truth] * FIRST

    asked = on.live.recogniser.status.asked
    qtbot.waitUntil(lambda: said() and on.live.recogniser.status.asked > asked)


def test_replayed_clips_of_the_open_dataset_say_their_truth(qtbot, show_panel, runs, context, tmp_path, monkeypatch):
    from core.chosen import open_chosen
    from core.control import Control
    from core.live import recogniser
    from core.run_spec import DatasetChoice
    from tests.gui.panels.live.conftest import QuickRun

    monkeypatch.setattr(recogniser, "LiveRun", QuickRun)
    folder = tmp_path / "films"
    for name in ("one", "two"):
        (folder / name).mkdir(parents=True)
        for k in range(2):
            write_film(folder / name / f"{k}.mkv", moving_square(20, seed=k), 25, tone(0.8, 440))
    choice = DatasetChoice(name="labelled-folder", root=str(folder), folds=2)
    context.set_dataset(choice, open_chosen(choice, context.workspace, Control()))
    panel = show_panel(LivePanel)
    qtbot.waitUntil(lambda: bool(panel.choices) and panel.live is not None, timeout=20_000)
    panel.bar.choose_replay("clips")
    panel.bar.switch.click()
    qtbot.waitUntil(lambda: any(card.truth in ("one", "two") for card in panel.answers.cards), timeout=20_000)
    qtbot.waitUntil(lambda: bool(panel.senses.lateness) and panel.senses.meter.level > -60, timeout=20_000)
    panel.bar.switch.click()
