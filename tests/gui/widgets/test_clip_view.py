"""One clip to hear and see: what is shown, keys, failures."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile
from PySide6.QtCore import Qt

from core.datasets.base import Clip, Dataset, Modality
from core.recipe import AudioSettings, Recipe
from gui.widgets import clip_view as module
from gui.widgets.clip_view import LISTENING, MODEL, NOTHING, ClipView

RATE = 22050


@pytest.fixture
def dataset(tmp_path):
    generator = np.random.default_rng(0)
    clips = []
    for place, seconds in enumerate((1.0, 2.0, 0.5)):
        path = tmp_path / f"{place}.wav"
        soundfile.write(path, 0.1 * generator.normal(size=round(seconds * RATE)), RATE)
        clips.append(Clip(path.name, path, place % 2, 1, path.name))
    broken = tmp_path / "broken.wav"
    broken.write_text("no sound")
    clips.append(Clip(broken.name, broken, 0, 1, broken.name))
    return Dataset(
        "labelled-folder",
        "Test",
        tmp_path,
        ("rain", "wind"),
        tuple(clips),
        "Free.",
        frozenset({Modality.AUDIO}),
        synthetic=True,
    )


@pytest.fixture
def view(qtbot, context):
    made = ClipView(context)
    qtbot.addWidget(made)
    made.resize(700, 500)
    made.show()
    yield made
    made.close_clip()


def show(qtbot, view, dataset, place, recipe=None):
    with qtbot.waitSignal(view.shown, timeout=20_000):
        view.show_clip(dataset, dataset.clips[place], recipe)


def test_a_clip_is_heard_and_seen(qtbot, view, dataset):
    show(qtbot, view, dataset, 1)
    assert view.player.duration == pytest.approx(2.0)
    assert view._title.text() == "wind"
    assert view._source.whole() == "Synthetic · 1.wav · Free."
    for plot in (view.waveform, view.listening.plot, view.model.plot):
        assert plot.item.viewRange()[0] == pytest.approx([0.0, 2.0], abs=0.03)
    assert view.transport.time.text() == "0.00 / 2.00 s"


def test_the_padding_of_a_short_clip_is_shown(qtbot, view, dataset):
    show(qtbot, view, dataset, 2, Recipe(audio=AudioSettings(seconds=3.0)))
    assert view.player.duration == pytest.approx(0.5)
    assert view.listening.plot.item.viewRange()[0] == pytest.approx([0.0, 3.0], abs=0.05)


def test_only_the_last_of_many_clips_is_drawn(qtbot, view, dataset):
    show(qtbot, view, dataset, 0)
    view.show_clip(dataset, dataset.clips[1])
    show(qtbot, view, dataset, 2)
    assert view.player.duration == pytest.approx(0.5)
    qtbot.wait(100)
    assert view.player.duration == pytest.approx(0.5)


def test_a_broken_file_is_a_sentence_and_the_next_clip_is_shown(qtbot, view, dataset):
    view.show_clip(dataset, dataset.clips[3])
    qtbot.waitUntil(lambda: "broken.wav" in view._placeholder.text(), timeout=5000)
    assert view._pages.currentIndex() == 0 and view.player.duration == 0
    show(qtbot, view, dataset, 0)
    assert view._pages.currentIndex() == 1
    view.clear()
    assert view._placeholder.text() == NOTHING


def test_the_cursor_runs_through_all(qtbot, view, dataset):
    show(qtbot, view, dataset, 0)
    view.player.seek(0.4)
    for plot in (view.waveform, view.listening.plot, view.model.plot):
        assert plot.cursor_line.isVisible() and plot.cursor_line.value() == pytest.approx(0.4)
    view.waveform.seek_wanted.emit(0.7)
    assert view.player.seconds == pytest.approx(0.7)


def test_keys(qtbot, view, dataset, monkeypatch):
    show(qtbot, view, dataset, 0)
    toggled = []
    monkeypatch.setattr(view.player, "toggle", lambda: toggled.append(1))
    qtbot.keyClick(view, Qt.Key.Key_Space)
    assert toggled == [1]
    qtbot.keyClick(view, Qt.Key.Key_End)
    assert view.player.seconds == pytest.approx(1.0)
    qtbot.keyClick(view, Qt.Key.Key_Home)
    assert view.player.seconds == 0.0
    qtbot.keyClick(view, Qt.Key.Key_L)
    assert view.player.loop and view.transport.loop.isChecked()
    with qtbot.waitSignal(view.next_wanted):
        qtbot.keyClick(view, Qt.Key.Key_Right)
    with qtbot.waitSignal(view.previous_wanted):
        qtbot.keyClick(view, Qt.Key.Key_Left)
    with qtbot.assertNotEmitted(view.next_wanted):
        qtbot.keyClick(view, Qt.Key.Key_Right, Qt.KeyboardModifier.ControlModifier)


def test_views_and_colours_are_chosen_and_remembered(qtbot, view, context):
    view._view.setCurrentText(LISTENING)
    assert not view.listening.isHidden() and view.model.isHidden()
    view._view.setCurrentText(MODEL)
    assert not view.model.isHidden() and view.listening.isHidden()
    view._colours.setCurrentText("viridis")
    again = ClipView(context)
    qtbot.addWidget(again)
    assert again._view.currentText() == MODEL and again._colours.currentText() == "viridis"
    again.close_clip()


def test_work_that_takes_long_says_so(qtbot, view, dataset, monkeypatch):
    import threading

    gate = threading.Event()
    real = module.prepare_clip

    def slow(*arguments):
        gate.wait(10)
        return real(*arguments)

    monkeypatch.setattr(module, "prepare_clip", slow)
    view.show_clip(dataset, dataset.clips[0])
    qtbot.waitUntil(lambda: view._status.whole().startswith("Preparing"), timeout=3000)
    with qtbot.waitSignal(view.shown, timeout=20_000):
        gate.set()
    assert view._status.whole() == ""


def test_trouble_with_sound_goes_to_the_banner(qtbot, view, context):
    with qtbot.waitSignal(context.message) as said:
        view.player.failed.emit("No loudspeaker.")
    assert said.args == ["No loudspeaker.", "error"]


def test_volume_and_rows_come_back(qtbot, view, context):
    view.show()
    view.transport.volume.setValue(25)
    view._rows.setSizes([300, 100, 100])
    view._rows.splitterMoved.emit(300, 1)  # as dragging does
    again = ClipView(context)
    qtbot.addWidget(again)
    again.resize(view.size())
    again.show()
    assert again.transport.volume.value() == 25
    assert again.player.volume == 0.0625
    assert again._rows.sizes() == pytest.approx(view._rows.sizes(), abs=8)
