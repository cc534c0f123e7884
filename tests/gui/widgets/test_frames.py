"""The strip of frames a network is given: layout, outline, seeking, words."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt

from gui import theme
from gui.widgets.frames import FramesStrip


@pytest.fixture
def strip(qtbot):
    made = FramesStrip()
    qtbot.addWidget(made)
    made.resize(640, 72)
    made.show()
    return made


def frames(count: int, height: int = 30, width: int = 40) -> tuple[np.ndarray, np.ndarray]:
    return np.full((count, height, width, 3), 120, np.uint8), 0.1 + 0.2 * np.arange(count)


@pytest.mark.parametrize("count", [1, 7, 16, 64, 256])
@pytest.mark.parametrize("size", [(640, 72), (250, 300)])
def test_every_frame_has_its_place(strip, count, size):
    strip.resize(*size)
    strip.show_frames(*frames(count))
    places = [strip.thumbnail(frame) for frame in range(count)]
    assert all(strip.rect().contains(place) and not place.isEmpty() for place in places)
    assert not any(a.intersects(b) for i, a in enumerate(places) for b in places[i + 1 :])
    order = [(place.center().y(), place.center().x()) for place in places]
    assert order == sorted(order), "time goes to the right, then down"


def test_the_frame_nearest_to_the_cursor_is_outlined(strip):
    strip.show_frames(*frames(16))
    for seconds, nearest in ((0.0, 0), (0.19, 0), (0.21, 1), (9.0, 15)):
        strip.set_cursor(seconds)
        assert strip.current == nearest
        picture = strip.grab().toImage()
        outlined = [picture.pixelColor(strip.thumbnail(f).topLeft()) == theme.colour("accent") for f in range(16)]
        assert outlined == [frame == nearest for frame in range(16)]


def test_a_click_seeks(strip, qtbot):
    strip.show_frames(*frames(8))
    with qtbot.waitSignal(strip.seek_wanted) as sought:
        qtbot.mouseClick(strip, Qt.MouseButton.LeftButton, pos=strip.thumbnail(3).center())
    assert sought.args == [pytest.approx(0.7)]
    with qtbot.assertNotEmitted(strip.seek_wanted):
        qtbot.mouseClick(strip, Qt.MouseButton.LeftButton, pos=QPoint(1, 70))


def test_probabilities_stand_below_their_frames(strip):
    strip.resize(640, 100)
    strip.show_frames(*frames(4), np.array([0.0, 0.25, 1.0, 0.5], np.float32), "walk")
    assert "at 0.30 s" in strip.words_at(strip.thumbnail(1).center())
    assert "walk 25 %" in strip.words_at(strip.thumbnail(1).center())
    picture = strip.grab().toImage()

    def length(frame: int) -> int:
        """Of the longest line of the bar's colour below a frame."""
        shown, accent = strip.thumbnail(frame), theme.colour("accent").rgb()
        return max(
            sum(picture.pixel(x, y) == accent for x in range(shown.left(), shown.right() + 1))
            for y in range(shown.bottom() + 4, strip.height())
        )

    whole = strip.thumbnail(0).width()
    assert [length(frame) for frame in range(4)] == pytest.approx([0, whole / 4, whole, whole / 2], abs=1)
    strip.show_probabilities(np.ones(3, np.float32))
    assert "%" not in strip.words_at(strip.thumbnail(1).center()), "of another number of frames"


def test_a_caption_stands_above_all_frames(strip):
    said = np.full(16, 0.5, np.float32)
    strip.show_frames(*frames(16), said, "walk")
    without = strip.minimumHeight()
    strip.show_frames(*frames(16), said, "walk", "how probable walk is")
    assert strip.minimumHeight() > without
    strip.resize(640, strip.minimumHeight())
    picture, background = strip.grab().toImage(), strip.palette().window().color().rgb()
    top = min(strip.thumbnail(frame).top() for frame in range(16))
    written = {y for y in range(top) for x in range(200) if picture.pixel(x, y) != background}
    assert len(written) >= 6 and all(strip.rect().contains(strip.thumbnail(frame)) for frame in range(16))
    strip.show_frames(*frames(15), said, "walk", "how probable walk is")
    assert strip._above() == 0, "of another number of frames"


def test_nothing_is_shown_of_no_frames(strip, qtbot):
    strip.show_frames(*frames(4))
    strip.clear_frames()
    strip.set_cursor(1.0)
    assert strip.current == -1 and "Click one" in strip.words_at(QPoint(20, 20))
    picture = strip.grab().toImage()
    assert {picture.pixel(x, 20) for x in range(0, 640, 7)} == {strip.palette().window().color().rgb()}
