"""Points on a plane: found under the pointer, chosen by a line around them, zoomed, drawn over one another in order."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPolygonF
from PySide6.QtWidgets import QApplication

from gui import theme
from gui.widgets.point_map import PointMap, inside

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton


@pytest.fixture
def points(qtbot):
    """A square map of a cross: its middle, and a point to each side of it."""
    made = PointMap()
    qtbot.addWidget(made)
    made.resize(400, 400)
    cross = np.array([(0, 0), (5, 0), (-5, 0), (0, 5), (0, -5)], np.float32)
    made.show_points(cross + 100, np.zeros(5, bool))
    made.show()
    return made


def send(widget, kind, at, button=LEFT, buttons=LEFT, modifiers=Qt.KeyboardModifier.NoModifier):
    where = QPointF(at)
    event = QMouseEvent(kind, where, QPointF(widget.mapToGlobal(where)), button, buttons, modifiers)
    QApplication.sendEvent(widget, event)


def lasso(widget, corners, modifiers=Qt.KeyboardModifier.NoModifier):
    send(widget, QEvent.Type.MouseButtonPress, corners[0], modifiers=modifiers)
    for corner in corners[1:]:
        send(widget, QEvent.Type.MouseMove, corner, modifiers=modifiers)
    send(widget, QEvent.Type.MouseButtonRelease, corners[-1], buttons=NONE, modifiers=modifiers)


def at(points, place):
    return QPointF(*points.pixels()[place])


def test_points_within_a_line_are_those_that_qt_finds(qtbot):
    random = np.random.default_rng(0)
    places, corners = random.random((500, 2)), random.random((12, 2))  # it crosses itself
    polygon = QPolygonF([QPointF(*corner) for corner in corners])
    expected = [polygon.containsPoint(QPointF(*place), Qt.FillRule.OddEvenFill) for place in places]
    assert 0 < sum(expected) < 500
    np.testing.assert_array_equal(inside(places, corners), expected)


def test_a_line_around_points_chooses_them_and_shift_adds(qtbot, points):
    said = []
    points.lassoed.connect(lambda places, more: said.append((places.tolist(), more)))
    right = [QPointF(300, 100), QPointF(399, 100), QPointF(399, 300), QPointF(300, 300)]
    lasso(points, right)
    lasso(points, [QPointF(10, 10), QPointF(30, 10), QPointF(30, 30)], Qt.KeyboardModifier.ShiftModifier)
    assert said == [([1], False), ([], True)]


def test_a_click_means_the_nearest_point_or_none(qtbot, points):
    said = []
    points.clicked.connect(said.append)
    for where in (at(points, 3) + QPointF(6, 0), QPointF(20, 20)):
        qtbot.mouseClick(points, LEFT, pos=where.toPoint())
    assert said == [3, -1]


def test_the_point_under_the_pointer_is_told_once(qtbot, points):
    said = []
    points.pointed.connect(said.append)
    points.pointed.connect(lambda place: points.point_at(place, -1))
    for where in (at(points, 0), at(points, 0) + QPointF(2, 2), QPointF(20, 20)):
        send(points, QEvent.Type.MouseMove, where, NONE, NONE)
    assert said == [0, -1]


def test_what_is_under_the_pointer_stays_there_when_it_is_zoomed_and_double_click_shows_everything(qtbot, points):
    before = points.pixels()
    points.zoom(3, at(points, 1))
    np.testing.assert_allclose(points.pixels()[1], before[1])
    np.testing.assert_allclose(np.ptp(points.pixels(), axis=0), 3 * np.ptp(before, axis=0))
    send(points, QEvent.Type.MouseButtonPress, QPointF(200, 200), Qt.MouseButton.RightButton)
    send(points, QEvent.Type.MouseMove, QPointF(210, 200), Qt.MouseButton.RightButton, Qt.MouseButton.RightButton)
    send(points, QEvent.Type.MouseButtonRelease, QPointF(210, 200), Qt.MouseButton.RightButton)
    np.testing.assert_allclose(points.pixels()[1], before[1] + (10, 0))
    qtbot.mouseDClick(points, LEFT, pos=QPoint(200, 200))
    np.testing.assert_allclose(points.pixels(), before)


def test_bright_points_are_drawn_over_faint_ones_and_wrong_over_right(qtbot):
    made = PointMap()
    qtbot.addWidget(made)
    made.resize(200, 200)
    made.show_points(np.array([(0, 0), (0, 0), (0, 0), (9, 9)], np.float32), np.array([True, False, False, False]))
    made.set_colours(np.array([0, 1, 2, 2]), [QColor("red"), QColor("lime"), QColor("blue")])

    def colour():
        return made.grab().toImage().pixelColor(at(made, 0).toPoint())

    assert colour() == QColor("red")
    made.set_bright(np.array([False, True, False, False]))
    assert colour() == QColor("lime")
    made.set_bright(np.zeros(4, bool))
    faint = colour()
    assert faint not in (QColor("red"), QColor("lime")) and faint.lightness() > QColor("red").lightness()


def test_words_stand_where_there_are_no_points(qtbot):
    made = PointMap()
    qtbot.addWidget(made)
    made.resize(200, 100)
    made.show_points(np.zeros((0, 2), np.float32), np.zeros(0, bool), "Nothing yet")
    picture = made.grab().toImage()
    colours = {picture.pixelColor(x, y).name() for x in range(200) for y in range(30, 70)}
    assert theme.colour("base").name() in colours and len(colours) > 2
    said = []
    made.lassoed.connect(lambda *_: said.append(True))
    lasso(made, [QPointF(10, 10), QPointF(90, 10), QPointF(90, 90)])
    assert not said
