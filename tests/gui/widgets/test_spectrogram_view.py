"""The picture of a spectrogram: axes, figures under the pointer, colours; and the waveform above it."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt

from core.audio.pictures import Picture, listening_picture, model_picture
from gui.widgets.spectrogram import COLOUR_MAPS, MelAxis, SpectrogramView, hertz
from gui.widgets.waveform import Waveform

RATE = 22050


def tone(frequency: float, seconds: float = 1.0) -> np.ndarray:
    time = np.arange(round(RATE * seconds)) / RATE
    return (0.5 * np.sin(2 * np.pi * frequency * time)).astype(np.float32)


def centre_of_plot(plot) -> object:
    return plot.mapFromScene(plot.item.vb.sceneBoundingRect().center())


@pytest.fixture
def view(qtbot):
    made = SpectrogramView("Listening view", "What the ear has to go by.")
    qtbot.addWidget(made)
    made.resize(600, 300)
    made.show()
    return made


def test_figures_under_the_pointer_are_time_frequency_and_level(view):
    picture = Picture(
        np.array([[-80.0, -60.0], [-40.0, -20.0], [-10.0, 0.0]], np.float32),
        np.array([100.0, 1000.0, 5000.0]),
        hop_seconds=0.5,
        levels=(-80.0, 0.0),
    )
    view.plot.set_duration(1.0)
    view.show_decibels(picture)
    assert view.figures_at(QPointF(0.0, 0.5)).split("   ") == ["0.00 s", "100 Hz", "−80 dB"]
    assert view.figures_at(QPointF(0.6, 2.5)).split("   ") == ["0.60 s", "5\u2009000 Hz", "0 dB"]
    assert view.figures_at(QPointF(0.3, 9.0)) == ""
    view.clear_decibels()
    assert view.figures_at(QPointF(0.0, 0.5)) == ""


@pytest.mark.parametrize("frequency", [300.0, 2000.0, 6000.0])
def test_a_tone_stands_at_its_frequency_with_zero_decibels(view, frequency):
    picture = listening_picture(tone(frequency), RATE)
    view.plot.set_duration(1.0)
    view.show_decibels(picture)
    row = int(np.argmax(picture.decibels[:, picture.decibels.shape[1] // 2]))
    _, hz, level = view.figures_at(QPointF(0.5, row + 0.5)).split("   ")
    assert float(hz.removesuffix(" Hz").replace("\u2009", "")) == pytest.approx(frequency, rel=0.05)
    assert abs(float(level.removesuffix(" dB").replace("−", "-"))) <= 1


def test_time_goes_right_and_frequency_up(view):
    sound = np.concatenate([tone(300), tone(6000)])  # low, then high
    view.plot.set_duration(2.0)
    view.show_decibels(listening_picture(sound, RATE))
    image = view.plot.grab().toImage()
    box = view.plot.item.vb.sceneBoundingRect()

    def brightness(x: float, y: float) -> int:
        """Within the plot: x from the left, y from the bottom, as shares."""
        best = 0
        for share in np.linspace(y - 0.15, y + 0.15, 40):
            place = view.plot.mapFromScene(QPointF(box.left() + x * box.width(), box.bottom() - share * box.height()))
            best = max(best, image.pixelColor(place).lightness())
        return best

    assert brightness(0.25, 0.2) > brightness(0.75, 0.2) + 50
    assert brightness(0.75, 0.8) > brightness(0.25, 0.8) + 50


def test_the_axis_names_round_frequencies_that_keep_a_distance():
    axis = MelAxis()
    axis.set_frequencies(np.geomspace(50, 20000, 128))
    (_, rows), *_ = axis.tickValues(0, 128, 300)
    named = [axis.frequency(row) for row in rows]
    assert len(rows) >= 4 and axis.tickStrings([axis.row(2000)], 1, 1) == ["2 kHz"]
    assert all(hz == pytest.approx(float(f"{hz:.1g}"), rel=0.01) for hz in named)
    assert min(abs(a - b) for a, b in pairwise(rows)) * 300 / 128 >= 24
    (_, zoomed), *_ = axis.tickValues(100, 110, 300)
    assert len(zoomed) >= 3, "between round ones when zoomed in"


def test_frequencies_are_written_with_their_unit():
    assert [hertz(value) for value in (50.2, 500, 1000, 2500)] == ["50 Hz", "500 Hz", "1 kHz", "2.5 kHz"]


@pytest.mark.parametrize("name", COLOUR_MAPS)
def test_every_colour_map_goes_from_dark_to_bright(view, name):
    view.set_colours(name)
    view.plot.set_duration(1.0)
    ramp = np.tile(np.linspace(-80, 0, 50, dtype=np.float32), (4, 1))
    view.show_decibels(Picture(ramp, np.arange(4) * 100.0, 0.02, (-80.0, 0.0)))
    lookup = view._image.lut if view._image.lut is not None else view._image._colorMap.getLookupTable(nPts=256)
    lookup = lookup() if callable(lookup) else lookup
    brightness = np.asarray(lookup)[:, :3].astype(int).sum(axis=1)
    assert brightness[0] < 200 and brightness[-1] > 450


def test_a_click_seeks_and_a_double_click_shows_everything(view, qtbot):
    view.plot.set_duration(2.0)
    view.show_decibels(listening_picture(tone(500, 2.0), RATE))
    qtbot.waitExposed(view)
    view.plot.item.setXRange(0.5, 1.0, padding=0)
    middle = centre_of_plot(view.plot)
    with qtbot.waitSignal(view.plot.seek_wanted, timeout=2000) as seek:
        qtbot.mouseClick(view.plot.viewport(), Qt.MouseButton.LeftButton, pos=middle)
    assert seek.args[0] == pytest.approx(0.75, abs=0.02)
    qtbot.mouseDClick(view.plot.viewport(), Qt.MouseButton.LeftButton, pos=middle)
    qtbot.mouseRelease(view.plot.viewport(), Qt.MouseButton.LeftButton, pos=middle)  # which the line above leaves out
    qtbot.waitUntil(lambda: view.plot.item.viewRange()[0] == pytest.approx([0.0, 2.0]), timeout=2000)


def test_a_double_click_leaves_the_sound_where_it_was(view, qtbot):
    view.plot.set_duration(2.0)
    view.show_decibels(listening_picture(tone(500, 2.0), RATE))
    qtbot.waitExposed(view)
    sought = []
    view.plot.seek_wanted.connect(sought.append)
    view.plot.seek_wanted.connect(view.plot.set_cursor)  # as a player answers
    view.plot.set_cursor(0.3)
    middle, left = centre_of_plot(view.plot), Qt.MouseButton.LeftButton
    qtbot.mouseClick(view.plot.viewport(), left, pos=middle)
    qtbot.mouseDClick(view.plot.viewport(), left, pos=middle)
    qtbot.mouseRelease(view.plot.viewport(), left, pos=middle)
    qtbot.waitUntil(lambda: len(sought) == 2, timeout=2000)
    assert view.plot.cursor_line.value() == pytest.approx(0.3)


def test_waveform_and_spectrogram_share_their_time_axis_to_the_pixel(view, qtbot):
    waveform = Waveform()
    qtbot.addWidget(waveform)
    waveform.resize(600, 100)
    waveform.show()
    waveform.show_samples(tone(440), RATE)
    view.plot.set_duration(1.0)
    view.show_decibels(listening_picture(tone(440), RATE))
    view.plot.resize(600, view.plot.height())
    qtbot.wait(50)
    one, other = (plot.item.vb.sceneBoundingRect() for plot in (waveform, view.plot))
    assert one.left() == pytest.approx(other.left(), abs=1)
    assert one.right() == pytest.approx(other.right(), abs=1)


def test_the_models_picture_has_its_resolution_levels_and_place():
    from core.audio.settings import AudioSettings

    settings = AudioSettings(seconds=1.0, mels=40)
    picture = model_picture(np.zeros(4 * RATE, np.float32), RATE, settings)
    assert picture.decibels.shape == (40, settings.frames)
    assert picture.start == pytest.approx(1.5, abs=0.01), "a long clip is cropped in the middle"
    louder = model_picture(tone(500), RATE, settings)
    softer = model_picture(0.1 * tone(500), RATE, settings)
    assert louder.levels == softer.levels
    assert louder.decibels.max() - softer.decibels.max() == pytest.approx(20.0, abs=0.1)


def test_the_waveform_draws_a_column_a_pixel_and_keeps_every_peak(qtbot):
    waveform = Waveform()
    qtbot.addWidget(waveform)
    waveform.resize(600, 100)
    waveform.show()
    samples = np.zeros(10 * RATE, np.float32)
    samples[100_003] = 0.9  # one sample of 220,500
    samples[150_007] = -0.8
    waveform.show_samples(samples, RATE)
    qtbot.wait(20)
    drawn = waveform._curve.curve.getData()[1]
    assert len(drawn) < 4 * 600
    assert drawn.max() == pytest.approx(0.9) and drawn.min() == pytest.approx(-0.8)


def test_the_waveform_is_drawn_anew_for_another_size(qtbot):
    waveform = Waveform()
    qtbot.addWidget(waveform)
    waveform.resize(150, 100)
    waveform.show()
    waveform.show_samples(tone(440, 5.0), RATE)
    qtbot.wait(20)
    few = len(waveform._curve.curve.getData()[1])
    waveform.resize(900, 100)
    qtbot.waitUntil(lambda: len(waveform._curve.curve.getData()[1]) > 4 * few, timeout=2000)
