"""Pictures in step with the player: what is painted, counted and stepped to."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QRect, QSize, Qt

from core.video.pictures import Film
from gui.widgets.film import FilmView, fitted, image
from gui.widgets.player import Player

FPS = 25
FRAMES = 20


def levels(frames: int = FRAMES) -> Film:
    """Each frame is of one brightness, ten more than the one before."""
    grey = np.arange(frames, dtype=np.uint8) * 10
    return Film(np.tile(grey[:, None, None, None], (1, 30, 42, 3)), np.arange(frames) / FPS, frames / FPS)


@pytest.fixture
def player(qtbot):
    made = Player()
    made.load(made.nothing, 0, film=FRAMES / FPS)
    yield made
    made.close()


@pytest.fixture
def view(qtbot, player):
    made = FilmView(player)
    qtbot.addWidget(made)
    made.resize(300, 200)
    made.show()
    made.show_film(levels())
    qtbot.waitExposed(made)
    return made


def painted(view) -> int:
    """The number of the frame in the middle of the widget."""
    return round(view.grab().toImage().pixelColor(view.rect().center()).red() / 10)


def test_the_frame_of_the_position_is_painted(view, player):
    for seconds, frame in ((0.0, 0), (0.039, 0), (0.04, 1), (0.5, 12), (5.0, FRAMES - 1)):
        player.seek(seconds)
        assert view.frame == frame and painted(view) == frame


def test_the_aspect_is_kept_and_the_rest_is_the_ground(view):
    picture = view.grab().toImage()
    assert fitted(QSize(42, 30), QRect(0, 0, 300, 100)) == QRect(80, 0, 140, 100)
    assert picture.pixelColor(2, 100) == view.palette().window().color()
    assert picture.pixelColor(150, 100).red() == 0


def test_colours_and_rows_of_odd_length_are_kept():
    pixels = np.zeros((3, 5, 3), np.uint8)
    pixels[2, 4] = 255, 128, 7
    assert image(pixels).pixelColor(4, 2).getRgb()[:3] == (255, 128, 7)
    assert image(pixels).pixelColor(3, 2).getRgb()[:3] == (0, 0, 0)


def test_every_frame_is_painted_while_it_plays(view, player, qtbot):
    player.play()
    qtbot.waitUntil(lambda: not player.playing, timeout=5000)
    assert view.frame == FRAMES - 1
    assert view.shown.painted + view.shown.dropped == FRAMES, "each frame was due once"
    assert view.shown.painted >= FRAMES - 2  # the machine that tests may be busy


def test_frames_that_were_missed_are_counted_and_those_jumped_over_are_not(view, player, monkeypatch):
    player.play()
    view._wait.stop()
    place = [0.0]
    monkeypatch.setattr(type(player), "seconds", property(lambda self: place[0]))
    for seconds in (0.0, 0.04, 0.20):  # frames 0, 1 and 5: 2, 3 and 4 are missed
        place[0] = seconds
        view._follow()
        view.repaint()
    assert (view.shown.painted, view.shown.dropped) == (3, 3)
    place[0] = 0.6
    player.seek(0.6)
    view.repaint()
    assert (view.shown.painted, view.shown.dropped) == (4, 3)
    place[0] = 0.04  # round a loop: frames 16 to 19 and 0 are missed
    view._follow()
    view.repaint()
    assert (view.shown.painted, view.shown.dropped) == (5, 8)


def test_steps_pause_and_stay_within_the_film(view, player):
    player.play()
    player.seek(0.4)
    view.step(1)
    assert not player.playing and view.frame in (11, 12) and player.seconds == pytest.approx(view.frame / FPS)
    before = view.frame
    view.step(-1)
    assert view.frame == before - 1 and painted(view) == before - 1
    player.seek(0.0)
    view.step(-1)
    assert view.frame == 0
    player.seek(9.0)
    view.step(1)
    assert view.frame == FRAMES - 1


def test_frames_that_stand_at_one_time_are_one_step(view, player):
    film = levels(4)
    view.show_film(Film(film.frames, np.array([0.0, 0.1, 0.1, 0.2]), 0.3))
    places = []
    for by in (1, 1, 1, -1, -1, -1):
        view.step(by)
        places.append(player.seconds)
    assert places == pytest.approx([0.1, 0.2, 0.2, 0.1, 0.0, 0.0])


def test_a_click_is_told_and_nothing_is_shown_of_no_film(view, qtbot):
    with qtbot.waitSignal(view.clicked):
        qtbot.mouseClick(view, Qt.MouseButton.LeftButton)
    view.show_film(None)
    view.step(1)
    assert view.grab().toImage().pixelColor(150, 100) == view.palette().window().color()
