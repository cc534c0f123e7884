"""The guessing game of the Live panel: whole games by keys, on fabricated runs and sounds that can be played."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QPushButton, QStackedWidget

from core.chosen import open_chosen
from core.control import Control
from core.datasets.base import Modality
from core.evaluation.statistics import Share
from core.game_results import PlayedClips, human_baselines, read_games, results_file
from core.run_spec import DatasetChoice, Network
from gui.panels.live import LivePanel
from gui.panels.live_bar import REPLAY
from gui.panels.live_game_start import NO_NETWORK, NONE_TESTED
from gui.widgets.player import NO_DEVICE
from gui.widgets.spectrogram import SpectrogramView
from gui.widgets.waveform import Waveform
from tests.core.games import kept, write_games
from tests.gui.make_runs import ClipList, make_study
from tests.gui.panels.live.game_steps import (
    FINGERPRINT,
    answer,
    begin,
    digit,
    film_study,
    finished,
    press,
    rows,
    sound_study,
    tick,
    wait_for_clip,
    words_in_view,
)
from tests.gui.widgets.test_player import FakeSound


@pytest.fixture
def sound(monkeypatch):
    """The loudspeaker."""
    fake = FakeSound()
    fake.serve(monkeypatch)
    return fake


@pytest.fixture
def opened(qtbot, show_panel, context, sound):
    """The panel in front, with its keys."""

    def open_panel(*, libraries: bool = False):
        context.libraries.ready = libraries  # the game needs none of them
        panel = show_panel(LivePanel)
        panel.activateWindow()
        panel.setFocus()
        qtbot.waitUntil(lambda: panel.isActiveWindow() and bool(panel.choices), timeout=20_000)
        return panel

    return open_panel


@pytest.fixture
def panel(opened, context, tmp_path):
    sound_study(context, tmp_path / "clips")
    return opened()


def test_a_whole_game_by_keys_is_scored_shown_and_kept(qtbot, panel, context):
    begin(qtbot, panel, 5)
    board, end = panel.game.board, panel.game.end
    rounds = list(board.game.rounds)
    for number, right in enumerate((True, True, False, True, False)):
        wait_for_clip(qtbot, panel)
        assert board.scores.standings[0].score == Share(min(number, 2) + (number > 3), number)
        asked = board.game.current
        choice = asked.true if right else (asked.true + 1) % 3
        press(qtbot, panel, digit(choice))
        assert board.bars.rows[0] == asked.true
        told = [opinion.probabilities for opinion in board.bars._opinions]
        for answered, shown in zip(asked.answers, told, strict=True):
            np.testing.assert_array_equal(answered.probabilities, shown)
        assert f"<b>{board.game.classes[asked.true]}</b>" in board.said.text()
        assert ("Right" in board.said.text()) == right
        press(qtbot, panel, Qt.Key.Key_Enter)
    assert end.isVisible() and end.title.text() == "You got 3 of 5 right"
    table = {row[0]: row[1:] for row in rows(end.scores)}
    assert table["You"] == ["sound", "3 of 5", "60.0", "23.1 – 88.2"]
    for place, network in enumerate(board.game.networks):
        right_ones = sum(int(one.answers[place].probabilities.argmax()) == one.true for one in rounds)
        assert table[network.name][1] == f"{right_ones} of 5"
    nobody = [rounds[k].clip_id for k in (2, 4) if rounds[k].true not in rounds[k].said]
    assert [row[0] for row in rows(end.unsolved)] == nobody
    (game,), _ = read_games(context.workspace)
    assert [guess.clip for guess in game.guesses] == [one.clip_id for one in rounds]
    assert game.accuracy == 0.6 and game.given == Modality.AUDIO and game.clips.fingerprints == FINGERPRINT
    assert "given the sound alone: 60.0 % over 1 game" in end.note.text()


def test_the_kept_game_is_a_baseline_of_the_study_that_was_played_against(qtbot, opened, context, tmp_path):
    runs, _ = sound_study(context, tmp_path / "clips")
    panel = opened()
    with qtbot.waitSignal(context.runs_changed, timeout=30_000):
        begin(qtbot, panel, 2)
        answer(qtbot, panel, right=True)
        answer(qtbot, panel, right=False)
    (people,), _ = human_baselines(context.workspace, runs[:1])
    assert people.accuracies == (0.5,)
    runs[0].write_environment({"dataset_fingerprint": {"audio": "other clips"}})
    assert human_baselines(context.workspace, runs[:1]) == ((), ())


def test_nothing_tells_what_the_clip_is_before_the_choice(qtbot, panel):
    begin(qtbot, panel, 3)
    wait_for_clip(qtbot, panel)
    board = panel.game.board
    asked = board.game.current
    name = board.game.classes[asked.true]
    assert not board.findChildren(SpectrogramView) and not board.findChildren(Waveform)
    assert asked.clip_id not in words_in_view(panel) and name not in words_in_view(panel)
    assert not board.bars.rows and not board.said.text()
    assert [button.name for button in board.choices.buttons] == list(board.game.classes), "in an order of their own"
    press(qtbot, panel, digit(asked.true))
    assert asked.clip_id in words_in_view(panel) and name in words_in_view(panel)
    press(qtbot, panel, Qt.Key.Key_Return)
    assert not board.bars.rows and asked.clip_id not in words_in_view(panel)
    assert not any("✓" in button.text() or "✗" in button.text() for button in board.choices.buttons)


def test_space_plays_again_from_the_start_and_a_choice_counts_once(qtbot, panel, sound):
    begin(qtbot, panel, 3)
    wait_for_clip(qtbot, panel)
    board, player = panel.game.board, panel.game.board.clip.player
    assert player.playing
    sound.streams[-1].request(150)
    assert player.seconds > 0
    since = board._since
    press(qtbot, panel, Qt.Key.Key_Space)
    assert player.playing and player.seconds == 0
    assert board._since == since, "thinking goes on"
    true = board.game.current.true
    press(qtbot, panel, digit(true))
    press(qtbot, panel, digit((true + 1) % 3))
    board.choices.buttons[(true + 2) % 3].click()
    assert [guess.choice for guess in board.game.guesses] == [true]
    press(qtbot, panel, Qt.Key.Key_Space)
    assert player.playing, "it can be heard again when the truth is known"


def test_a_choice_by_mouse_is_marked(qtbot, panel):
    begin(qtbot, panel, 2)
    wait_for_clip(qtbot, panel)
    board = panel.game.board
    true = board.game.current.true
    wrong = (true + 1) % 3
    qtbot.mouseClick(board.choices.buttons[wrong], Qt.MouseButton.LeftButton)
    assert "✓" in board.choices.buttons[true].text() and "✗" in board.choices.buttons[wrong].text()
    qtbot.mouseClick(board.next, Qt.MouseButton.LeftButton)
    assert len(board.game.guesses) == 1 and not board._told


def test_escape_leaves_at_once_and_keeps_nothing(qtbot, panel, context, sound):
    begin(qtbot, panel, 3)
    answer(qtbot, panel, right=True)
    wait_for_clip(qtbot, panel)
    press(qtbot, panel, Qt.Key.Key_Escape)
    assert panel._whole.isVisible() and not panel.game.isVisible()
    assert not panel.game.board.clip.player.playing and sound.streams[-1].closed
    assert not results_file(context.workspace).exists()
    begin(qtbot, panel, 1)
    answer(qtbot, panel, right=True)
    assert panel.game.end.isVisible()
    press(qtbot, panel, Qt.Key.Key_Escape)
    assert panel._whole.isVisible() and len(read_games(context.workspace)[0]) == 1


def test_enter_at_the_end_plays_again_with_the_same_settings(qtbot, panel, context):
    begin(qtbot, panel, 2)
    for _ in range(2):
        answer(qtbot, panel, right=False)
    first = panel.game.board.game
    press(qtbot, panel, Qt.Key.Key_Return)
    assert panel.game.board.isVisible() and panel.game.board.game is not first
    for _ in range(2):
        answer(qtbot, panel, right=True)
    one, two = read_games(context.workspace)[0]
    assert (one.accuracy, two.accuracy) == (0, 1) and one.game != two.game
    assert "50.0" in panel.game.end.note.text() and "over 2 games" in panel.game.end.note.text()
    panel.game.end.settings.click()
    assert panel.game.start.isVisible()


def test_without_a_loudspeaker_nothing_can_be_answered_until_there_is_one(qtbot, panel, sound):
    sound.devices = 0
    begin(qtbot, panel, 2)
    board = panel.game.board
    qtbot.waitUntil(board.clip.trouble.isVisible, timeout=20_000)
    assert board.clip.trouble.text() == NO_DEVICE
    press(qtbot, panel, digit(0))
    board.choices.buttons[1].click()
    assert not board.game.guesses
    sound.devices = 1
    press(qtbot, panel, Qt.Key.Key_Space)
    wait_for_clip(qtbot, panel)
    assert not board.clip.trouble.isVisible()
    press(qtbot, panel, digit(0))
    assert len(board.game.guesses) == 1


def test_a_clip_that_cannot_be_played_is_passed_over(qtbot, opened, context, tmp_path):
    _, clips = sound_study(context, tmp_path / "clips", classes=2, per_class=2)
    panel, said = opened(), []
    context.message.connect(lambda sentence, level: said.append(sentence))
    press(qtbot, panel, Qt.Key.Key_G)
    qtbot.waitUntil(panel.game.start.start.isEnabled, timeout=30_000)
    (tmp_path / "clips" / clips.ids[1]).write_bytes(b"no sound")
    begin(qtbot, panel, 4)
    for _ in range(3):
        answer(qtbot, panel, right=True)
    qtbot.waitUntil(panel.game.end.isVisible, timeout=20_000)
    (game,), _ = read_games(context.workspace)
    assert {guess.clip for guess in game.guesses} == set(clips.ids) - {clips.ids[1]}
    assert sum("take-1.wav" in sentence and "passed over" in sentence for sentence in said) == 1


def test_where_no_clip_can_be_played_the_settings_come_back(qtbot, opened, context, tmp_path):
    _, clips = sound_study(context, tmp_path / "clips", classes=2, per_class=2)
    panel = opened()
    press(qtbot, panel, Qt.Key.Key_G)
    qtbot.waitUntil(panel.game.start.start.isEnabled, timeout=30_000)
    for name in clips.ids:
        (tmp_path / "clips" / name).write_bytes(b"no sound")
    panel.game.start.start.click()
    qtbot.waitUntil(panel.game.start.isVisible, timeout=20_000)
    assert not results_file(context.workspace).exists()


def test_many_classes_are_typed(qtbot, opened, context, tmp_path):
    sound_study(context, tmp_path / "clips", classes=11, per_class=2)
    panel = opened()
    begin(qtbot, panel, 2)
    wait_for_clip(qtbot, panel)
    board = panel.game.board
    classes = board.choices.list
    assert not board.choices.buttons and classes.line.hasFocus()
    true = board.game.current.true
    press(qtbot, panel, Qt.Key.Key_Space)
    assert board.clip.player.playing and classes.line.text() == ""
    qtbot.keyClicks(classes.line, f"s_{chr(97 + true)}")  # of “class c”
    assert classes.list.count() == 1
    press(qtbot, panel, Qt.Key.Key_Return)
    assert board.game.guesses[0].choice == true and board._told, "Enter chose, and did not go on at once"
    assert classes.list.currentItem().text() == board.game.classes[true]
    press(qtbot, panel, Qt.Key.Key_Return)
    wait_for_clip(qtbot, panel)
    assert classes.line.hasFocus() and classes.list.count() == 11
    press(qtbot, panel, Qt.Key.Key_Escape)
    assert panel._whole.isVisible()


def test_pictures_are_seen_in_silence_and_need_no_loudspeaker(qtbot, opened, context, tmp_path, sound):
    film_study(context, tmp_path / "films")
    panel = opened()
    press(qtbot, panel, Qt.Key.Key_G)
    start, board = panel.game.start, panel.game.board
    qtbot.waitUntil(start.start.isEnabled, timeout=30_000)
    offered = [Modality(start.given.itemData(place)) for place in range(start.given.count())]
    assert offered == list(Modality) and start.given.currentData() == Modality.AUDIO_VISUAL
    sound.devices = 0
    start.given.setCurrentIndex(1)
    begin(qtbot, panel, 2)
    answer(qtbot, panel, right=True)
    wait_for_clip(qtbot, panel)
    assert board.clip.film.isVisible() and board.clip.film.film is not None and not sound.streams
    assert not board.clip.transport.volume.isVisible(), "there is nothing to turn up"
    answer(qtbot, panel, right=True)
    assert [row[1] for row in rows(panel.game.end.scores) if row[0] == "You"] == ["sight"]
    (game,), _ = read_games(context.workspace)
    assert game.given == Modality.VIDEO
    sound.devices = 1
    panel.game.end.settings.click()
    qtbot.waitUntil(start.start.isEnabled, timeout=30_000)
    assert start.given.currentData() == Modality.VIDEO, "as it was left"
    start.given.setCurrentIndex(0)
    press(qtbot, panel, Qt.Key.Key_Return)
    wait_for_clip(qtbot, panel)
    assert not board.clip.film.isVisible() and sound.streams, "heard only"


def test_only_the_networks_that_are_ticked_play(qtbot, opened, context, tmp_path):
    runs, clips = sound_study(context, tmp_path / "clips")
    more = make_study(
        context.workspace,
        ClipList(clips.classes, tuple(f"gone/{name}" for name in clips.ids), clips.labels, clips.folds),
        study="fabricated sounds",
        dataset=runs[0].spec.dataset,
        networks=(Network(architecture="resnet50"),),
        folds=(1, 2),
    )
    finished(more)
    panel = opened()
    press(qtbot, panel, Qt.Key.Key_G)
    start = panel.game.start
    qtbot.waitUntil(lambda: start.facts.text() == NONE_TESTED, timeout=30_000)
    assert not start.start.isEnabled(), "the third has tested other clips"
    tick(start.networks, 2, on=False)
    assert start.start.isEnabled() and "24 clips of 3 classes" in start.facts.text()
    tick(start.networks, 0, on=False)
    begin(qtbot, panel, 1)
    answer(qtbot, panel, right=True)
    assert len(rows(panel.game.end.scores)) == 2
    panel.game.end.settings.click()
    qtbot.waitUntil(lambda: start.networks.count() == 3 and start.facts.text() == NONE_TESTED, timeout=30_000)
    for place in range(3):
        tick(start.networks, place, on=False)
    assert start.facts.text() == NO_NETWORK and not start.start.isEnabled()
    press(qtbot, panel, Qt.Key.Key_Return)
    assert start.isVisible()


def test_clips_that_are_gone_are_said_and_another_study_can_be_chosen(qtbot, opened, context, tmp_path):
    _, clips = sound_study(context, tmp_path / "clips")
    gone = DatasetChoice(name="labelled-folder", root="/nowhere")
    finished(make_study(context.workspace, clips, study="gone", dataset=gone, folds=(1,)))
    panel = opened()
    press(qtbot, panel, Qt.Key.Key_G)
    start = panel.game.start
    for study, ready in (("gone", False), ("fabricated-sounds", True), ("gone", False)):
        start.study.setCurrentText(study)
        start.study.activated.emit(0)
        assert not start.start.isEnabled()
        if ready:
            qtbot.waitUntil(start.start.isEnabled, timeout=30_000)
        else:
            qtbot.waitUntil(lambda: "/nowhere" in start.facts.text(), timeout=30_000)
            assert not start.start.isEnabled()


def test_a_game_can_be_forgotten_and_all_can_be_deleted(qtbot, panel, context, monkeypatch):
    before = kept(1, 1, 2, PlayedClips(dataset="esc10", title="ESC-10", fingerprints={}))
    write_games(context.workspace, before)
    begin(qtbot, panel, 1)
    answer(qtbot, panel, right=True)
    assert len(read_games(context.workspace)[0]) == 2 and panel.game.end.forget.isVisible()
    with qtbot.waitSignal(context.runs_changed):
        panel.game.end.forget.click()
    assert read_games(context.workspace)[0] == (before,)
    assert not panel.game.end.forget.isVisible() and "deleted" in panel.game.end.note.text()
    panel.game.end.settings.click()
    start, said = panel.game.start, QMessageBox.StandardButton.No
    monkeypatch.setattr(QMessageBox, "question", lambda *_: said)
    assert "1 game so far" in start.note.text() and start.delete.isVisible()
    start.delete.click()
    assert read_games(context.workspace)[0] == (before,)
    said = QMessageBox.StandardButton.Yes
    start.delete.click()
    assert not results_file(context.workspace).exists()
    assert not start.delete.isVisible() and "0 games so far" in start.note.text()


def test_what_cannot_be_kept_is_said_at_the_end(qtbot, panel, context):
    begin(qtbot, panel, 1)
    results_file(context.workspace).mkdir()
    answer(qtbot, panel, right=True)
    assert panel.game.end.isVisible() and "games.jsonl" in panel.game.end.note.text()
    assert "not kept" in panel.game.end.note.text() and not panel.game.end.forget.isVisible()


def test_a_run_that_is_finished_meanwhile_does_not_end_the_game(qtbot, panel, context):
    begin(qtbot, panel, 2)
    wait_for_clip(qtbot, panel)
    before = panel.choices
    context.runs_changed.emit()
    qtbot.waitUntil(lambda: panel.choices is not before, timeout=20_000)
    assert panel.game.board.isVisible()
    answer(qtbot, panel, right=True)
    assert len(panel.game.board.game.guesses) == 1


def test_the_panel_in_front_again_gives_the_game_its_keys(qtbot, panel):
    window, other = QStackedWidget(), QPushButton("of another panel")
    qtbot.addWidget(window)
    for page in (panel, other):
        window.addWidget(page)
    window.resize(1200, 720)
    window.show()
    window.activateWindow()
    panel.setFocus()
    qtbot.waitUntil(panel.hasFocus)
    begin(qtbot, panel, 2)
    wait_for_clip(qtbot, panel)
    player = panel.game.board.clip.player
    window.setCurrentWidget(other)
    other.setFocus()
    assert not player.playing and other.hasFocus()
    window.setCurrentWidget(panel)
    panel.setFocus()  # as the window does
    press(qtbot, panel, Qt.Key.Key_Space)
    assert player.playing
    press(qtbot, panel, digit(0))
    assert len(panel.game.board.game.guesses) == 1
    panel.setParent(None)  # it is closed on its own


def test_live_is_switched_off_while_one_plays(qtbot, opened, context, tmp_path):
    runs, _ = sound_study(context, tmp_path / "clips")
    choice = runs[0].spec.dataset
    context.set_dataset(choice, open_chosen(choice, context.workspace, Control()))
    panel = opened(libraries=True)
    qtbot.waitUntil(lambda: panel.live is not None, timeout=60_000)
    panel._networks_changed(())  # nobody is asked: these runs have no weights
    panel.bar.sources.setCurrentIndex(panel.bar.sources.findData(REPLAY))
    panel._toggle()
    assert panel.live.on
    panel.bar.guess.click()
    assert panel.game.isVisible() and not panel.live.on and not panel._timer.isActive()
    for key, modifier in ((Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier), (Qt.Key.Key_R, None)):
        qtbot.keyClick(panel.game.start, key, *([modifier] if modifier else []))
        assert not panel.live.on, "its keys are those of the game now"


def test_closing_the_window_in_a_game_falls_silent(qtbot, panel, sound):
    begin(qtbot, panel, 2)
    wait_for_clip(qtbot, panel)
    assert panel.game.board.clip.player.playing
    panel.close_panel()
    assert not panel.game.board.clip.player.playing and sound.streams[-1].closed


def test_a_clip_that_is_on_its_way_when_one_leaves_is_not_played(qtbot, panel, context, sound):
    begin(qtbot, panel, 2)
    wait_for_clip(qtbot, panel)
    press(qtbot, panel, digit(0))
    press(qtbot, panel, Qt.Key.Key_Return)
    press(qtbot, panel, Qt.Key.Key_Escape)
    streams = len(sound.streams)
    qtbot.waitUntil(lambda: not context.jobs.busy, timeout=20_000)
    assert len(sound.streams) == streams and not panel.game.board.clip.player.duration
