"""One clip to hear and see: what is shown, keys, failures."""

from __future__ import annotations

import threading

import numpy as np
import pytest
import soundfile
from PySide6.QtCore import QPoint, Qt

from core.audio.settings import AudioSettings
from core.datasets.base import Clip, Dataset, Modality
from core.recipe import FrontEnds
from core.video.settings import VideoSettings
from gui.widgets import clip_view as module
from gui.widgets.clip_view import BLIND, DEAF, LISTENING, MODEL, NO_SOUND_TRACK, NOTHING, ClipView
from gui.widgets.player import NO_DEVICE
from tests.core.films import moving_square, tone, write_film

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


def show(qtbot, view, dataset, place, given=FrontEnds()):  # noqa: B008 - it is frozen
    with qtbot.waitSignal(view.shown, timeout=20_000):
        view.show_clip(dataset, dataset.clips[place], given)


def test_a_clip_is_heard_and_seen(qtbot, view, dataset):
    show(qtbot, view, dataset, 1)
    assert view.player.duration == pytest.approx(2.0)
    assert view._title.text() == "wind"
    assert view._source.whole() == "Synthetic · 1.wav · Free."
    for plot in (view.waveform, view.listening.plot, view.model.plot):
        assert plot.item.viewRange()[0] == pytest.approx([0.0, 2.0], abs=0.03)
    assert view.transport.time.text() == "0.00 / 2.00 s"


def test_the_padding_of_a_short_clip_is_shown(qtbot, view, dataset):
    show(qtbot, view, dataset, 2, FrontEnds(audio=AudioSettings(seconds=3.0)))
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
    gate = threading.Event()
    real = module.prepare_clip

    def slow(*arguments):
        gate.wait(10)
        return real(*arguments)

    monkeypatch.setattr(module, "prepare_clip", slow)
    view.clear("Opening the dataset …")
    view.show_clip(dataset, dataset.clips[0])
    qtbot.waitUntil(lambda: view._status.whole().startswith("Preparing"), timeout=3000)
    assert view._placeholder.text().startswith("Preparing")  # what stood there is over
    with qtbot.waitSignal(view.shown, timeout=20_000):
        gate.set()
    assert view._status.whole() == ""


def test_the_clip_before_is_not_played_under_the_title_of_one_that_is_not_there_yet(qtbot, view, dataset, monkeypatch):
    show(qtbot, view, dataset, 1)
    gate, real = threading.Event(), module.prepare_clip

    def slow(*arguments):
        gate.wait(10)
        return real(*arguments)

    monkeypatch.setattr(module, "prepare_clip", slow)
    view.show_clip(dataset, dataset.clips[2])
    qtbot.keyClick(view, Qt.Key.Key_Space)
    assert not view.player.playing and view.player.duration == 0
    assert not view.transport.play.isEnabled()
    with qtbot.waitSignal(view.shown, timeout=20_000):
        gate.set()
    assert view.player.duration == pytest.approx(0.5) and view.transport.play.isEnabled()


def test_trouble_with_sound_goes_to_the_banner(qtbot, view, context):
    with qtbot.waitSignal(context.message) as said:
        view.player.failed.emit("No loudspeaker.")
    assert said.args == ["No loudspeaker.", "error"]


def test_a_film_that_goes_on_without_its_sound_says_why_in_view(qtbot, view, films, monkeypatch):
    def absent() -> str:
        return NO_DEVICE

    monkeypatch.setattr(view.player, "_start_sound", absent)
    show(qtbot, view, films, 0)
    assert view._silent.isHidden(), "nobody has wished to hear it"
    view.player.play()
    assert view.player.playing and view._silent.isVisible() and view._silent.whole() == NO_DEVICE
    view.player.stop()
    assert view._silent.isVisible()
    show(qtbot, view, films, 1)
    assert view._silent.isHidden(), "there is no sound to miss"


@pytest.mark.parametrize("place", [0, 1])
def test_the_strip_has_what_a_film_alone_cannot_fill_until_it_is_moved(qtbot, view, films, context, place):
    view.resize(400, 900)
    show(qtbot, view, films, place)
    whole, strip = view._whole, view.strip
    alone = place == 1
    qtbot.waitUntil(lambda: (strip.height() > whole.height() / 4) == alone and strip.height() > 40, timeout=2000)
    if alone:  # 64 × 48: the picture is as broad as it can be, and the strip as high
        assert view.film.height() == pytest.approx(max(whole.height() / 2, (400 - 16) * 48 / 64), abs=8)
    view.resize(900, 400)
    qtbot.waitUntil(lambda: strip.height() < whole.height() / 3, timeout=2000)
    view.resize(400, 900)
    whole.setSizes([700, 60])
    whole.splitterMoved.emit(700, 1)  # as dragging does
    kept = strip.height()
    show(qtbot, view, films, place)
    assert strip.height() == kept
    again = ClipView(context)
    qtbot.addWidget(again)
    again.resize(view.size())
    again.show()
    show(qtbot, again, films, place)
    assert again.strip.height() == pytest.approx(kept, abs=8)
    again.close_clip()


def test_volume_and_rows_come_back(qtbot, view, context, dataset):
    show(qtbot, view, dataset, 1)
    view.transport.volume.setValue(25)
    view._rows.setSizes([300, 100, 100])
    view._rows.splitterMoved.emit(300, 1)  # as dragging does
    again = ClipView(context)
    qtbot.addWidget(again)
    again.resize(view.size())
    again.show()
    show(qtbot, again, dataset, 1)
    assert again.transport.volume.value() == 25
    assert again.player.volume == 0.0625
    assert again._rows.sizes() == pytest.approx(view._rows.sizes(), abs=8)
    again.close_clip()


@pytest.fixture
def films(tmp_path):
    """A film with sound, one without, one with a silent track, and a sound."""
    pictures = moving_square(20)
    paths = [
        write_film(tmp_path / "both.mkv", pictures, sound=tone(0.6)),
        write_film(tmp_path / "mute.avi", pictures, codec="mpeg4"),
        write_film(tmp_path / "silent.mkv", pictures, sound=np.zeros(12_800, np.float32)),
        tmp_path / "rain.wav",
    ]
    soundfile.write(paths[3], tone(1.0), 16_000)
    clips = tuple(Clip(path.name, path, 0, 1, path.name) for path in paths)
    either = frozenset(Modality)
    return Dataset("labelled-folder", "Test", tmp_path, ("move",), clips, "Free.", either)


def test_what_a_clip_holds_decides_what_is_shown(qtbot, view, films):
    def shown():
        parts = (view.film, view.strip, view.waveform, view.model, view.transport.on, view.transport.volume, view._view)
        return "".join("+" if part.isVisible() else "-" for part in parts), view._fact.text()

    expected = [("+++++++", ""), ("++--+--", NO_SOUND_TRACK), ("+++++++", ""), ("--++-++", "")]
    for place, wanted in (*enumerate(expected), (0, expected[0])):
        show(qtbot, view, films, place)
        assert shown() == wanted, films.clips[place].id
    view.present(True)
    assert not view._view.isVisible() and view.film.isVisible()
    show(qtbot, view, films, 1)
    view.present(False)
    assert shown() == expected[1]


def test_what_a_network_is_not_given_is_not_shown_as_what_it_was_given(qtbot, view, films):
    sound, sight = FrontEnds(audio=AudioSettings()), FrontEnds(video=VideoSettings(frames=4))
    both = FrontEnds(sound.audio, sight.video)

    def shown():
        parts = (view.film, view.strip, view.waveform, view.listening, view.model, view._view, view._colours)
        return "".join("+" if part.isVisible() else "-" for part in parts), view._fact.text()

    view._view.setCurrentText(MODEL)
    for given, place, expected in (
        (both, 0, ("+++-+++", "")),
        (sight, 0, ("++++--+", DEAF)),
        (sight, 1, ("++-----", NO_SOUND_TRACK)),
        (sound, 0, ("+-+-+++", BLIND)),
        (sound, 3, ("--+-+++", "")),
        (sight, 3, ("--++--+", DEAF)),
        (FrontEnds(), 0, ("+++-+++", "")),
    ):
        show(qtbot, view, films, place, given)
        assert shown() == expected


def test_one_cursor_for_film_frames_and_sound(qtbot, view, films):
    given = FrontEnds(video=VideoSettings(frames=4))
    show(qtbot, view, films, 0, given)
    assert view.player.duration == pytest.approx(0.8), "the sound is shorter than the film"
    assert view.waveform.item.viewRange()[0][1] == pytest.approx(0.8, abs=0.01)
    assert len(view.strip._frames) == 4
    view.strip.seek_wanted.emit(float(view.strip._seconds[2]))
    assert view.strip.current == 2 and view.film.frame == view.film.film.index_at(view.strip._seconds[2])
    assert view.waveform.cursor_line.value() == pytest.approx(view.strip._seconds[2])
    assert view.player.seconds == pytest.approx(view.strip._seconds[2])


def test_frames_are_stepped_by_keys_and_buttons(qtbot, view, films):
    show(qtbot, view, films, 1)
    qtbot.keyClick(view, Qt.Key.Key_Period)
    qtbot.keyClick(view, Qt.Key.Key_Period)
    assert view.film.frame == 2 and view.player.seconds == pytest.approx(0.08)
    qtbot.keyClick(view, Qt.Key.Key_Comma)
    assert view.film.frame == 1
    qtbot.mouseClick(view.transport.on, Qt.MouseButton.LeftButton)
    assert view.film.frame == 2
    qtbot.mouseClick(view.transport.back, Qt.MouseButton.LeftButton)
    assert view.film.frame == 1
    show(qtbot, view, films, 3)
    qtbot.keyClick(view, Qt.Key.Key_Period)
    assert view.player.seconds == 0.0, "a sound has no frames"


def test_a_film_without_sound_plays_to_its_end(qtbot, view, films):
    show(qtbot, view, films, 1)
    qtbot.mouseClick(view.film, Qt.MouseButton.LeftButton)
    assert view.player.playing
    qtbot.waitUntil(lambda: not view.player.playing, timeout=5000)
    assert view.film.frame == 19 and view.film.shown.painted + view.film.shown.dropped == 20
    assert view.strip.current == len(view.strip._seconds) - 1


def test_probabilities_of_frames_wait_for_the_frames_and_go_with_the_clip(qtbot, view, films):
    given = FrontEnds(video=VideoSettings(frames=4))
    with qtbot.waitSignal(view.shown, timeout=20_000):
        view.show_clip(films, films.clips[0], given)
        view.show_frame_probabilities(np.full(4, 0.5, np.float32), "move")
    assert "move 50 %" in view.strip.words_at(view.strip.thumbnail(1).center())
    view.show_frame_probabilities(np.full(4, 0.75, np.float32), "move")
    assert "move 75 %" in view.strip.words_at(view.strip.thumbnail(1).center())
    show(qtbot, view, films, 2, given)
    assert "%" not in view.strip.words_at(view.strip.thumbnail(1).center())


def test_film_and_sound_lie_beside_each_other_where_there_is_breadth(qtbot, view, films):
    view.resize(900, 500)
    show(qtbot, view, films, 0)
    qtbot.waitUntil(lambda: view.film.width() > 200, timeout=2000)
    assert view.film.mapTo(view, view.film.rect().topRight()).x() < view.waveform.mapTo(view, QPoint()).x()
    view._halves.setSizes([300, 600])
    view._halves.splitterMoved.emit(300, 1)  # as dragging does
    kept = view._halves.sizes()
    view.resize(500, 900)
    qtbot.waitUntil(
        lambda: view.film.mapTo(view, view.film.rect().bottomLeft()).y() < view.waveform.mapTo(view, QPoint()).y()
    )
    view.resize(900, 500)
    qtbot.waitUntil(lambda: view._halves.sizes() == pytest.approx(kept, abs=8))


def test_a_film_that_cannot_be_read_is_a_sentence(qtbot, view, films, tmp_path):
    bad = tmp_path / "bad.avi"
    bad.write_bytes(b"RIFF no film")
    view.show_file(bad, "bad", FrontEnds())
    qtbot.waitUntil(lambda: "bad.avi" in view._placeholder.text(), timeout=5000)
    assert view.film.film is None and not view.player.duration
