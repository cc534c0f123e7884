"""The painted confusion matrix: where cells lie, what is selected, what zooming keeps."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt

from gui import theme
from gui.widgets.confusion import ConfusionMatrix

CLASSES = ("dog", "rain", "clock", "siren", "saw", "bell")
COUNTS = np.diag([9, 8, 7, 6, 5, 4]).astype(float)
COUNTS[0, 3] = 2
COUNTS[4, 1] = 1


@pytest.fixture
def matrix(qtbot, qapp):
    theme.apply(qapp, dark=False)
    widget = ConfusionMatrix()
    qtbot.addWidget(widget)
    widget.resize(480, 480)
    widget.set_matrix(CLASSES, COUNTS, np.array([5, 4, 3, 2, 1, 0]), percent=False)
    widget.show()
    return widget


def middle(matrix, cell) -> QPoint:
    return matrix._rect(cell).center().toPoint()


def test_click_selects_the_cell_of_the_classes_under_it_whatever_the_order(qtbot, matrix):
    for cell in ((0, 3), (4, 1), (2, 2)):
        with qtbot.waitSignal(matrix.selection_changed) as caught:
            qtbot.mouseClick(matrix, Qt.MouseButton.LeftButton, pos=middle(matrix, cell))
        assert caught.args == [frozenset({cell})]


def test_the_first_class_of_the_order_stands_at_the_top_left(matrix):
    plot = matrix._plot()
    assert matrix._hit(plot.topLeft() + QPointF(2, 2)) == (5, 5)
    assert matrix._hit(plot.topRight() + QPointF(-2, 2)) == (5, 0)


def test_shift_adds_and_takes_away_and_a_second_click_lets_go(qtbot, matrix):
    shift, left = Qt.KeyboardModifier.ShiftModifier, Qt.MouseButton.LeftButton
    qtbot.mouseClick(matrix, left, pos=middle(matrix, (0, 3)))
    qtbot.mouseClick(matrix, left, shift, pos=middle(matrix, (4, 1)))
    assert matrix.selected == {(0, 3), (4, 1)}
    qtbot.mouseClick(matrix, left, shift, pos=middle(matrix, (0, 3)))
    assert matrix.selected == {(4, 1)}
    qtbot.mouseClick(matrix, left, pos=middle(matrix, (4, 1)))
    assert matrix.selected == frozenset()


def test_a_class_name_selects_its_errors(qtbot, matrix):
    beside = QPoint(20, middle(matrix, (0, 0)).y())
    qtbot.mouseClick(matrix, Qt.MouseButton.LeftButton, pos=beside)
    assert matrix.selected == {(0, other) for other in range(1, 6)}


def test_zoom_keeps_the_point_under_the_pointer_and_double_click_resets(qtbot, matrix):
    at = QPointF(middle(matrix, (0, 3)))
    matrix.zoom(1.5, at)
    assert matrix._hit(at) == (0, 3)
    assert matrix._span < len(CLASSES)
    qtbot.mouseDClick(matrix, Qt.MouseButton.LeftButton, pos=at.toPoint())
    assert matrix._span == len(CLASSES)
    assert matrix.selected == frozenset()


def test_errors_are_vermilion_and_the_diagonal_is_not(matrix):
    image = matrix.grab().toImage()

    def at(cell):
        rect = matrix._rect(cell)
        return image.pixelColor(int(rect.left() + 4), int(rect.top() + 4))

    assert at((0, 3)) == theme.ERROR  # the highest error has the full colour
    assert at((0, 0)) == theme.CORRECT
    assert at((5, 0)).saturationF() < 0.05  # empty
    faint = at((4, 1))
    assert theme.ERROR.saturationF() > faint.saturationF() > 0.1


def test_other_classes_drop_the_selection_the_same_classes_keep_it(matrix):
    matrix.select(frozenset({(0, 3)}))
    matrix.set_matrix(CLASSES, COUNTS * 2, np.arange(6), percent=False)
    assert matrix.selected == {(0, 3)}
    matrix.set_matrix(CLASSES[:2], COUNTS[:2, :2], np.arange(2), percent=False)
    assert matrix.selected == frozenset()


@pytest.mark.parametrize("classes", [0, 1, 2, 101, 1000])
def test_any_number_of_classes_can_be_drawn(qtbot, qapp, classes):
    theme.apply(qapp, dark=True)
    widget = ConfusionMatrix()
    qtbot.addWidget(widget)
    widget.resize(300, 260)
    names = tuple(f"class {i}" for i in range(classes))
    widget.set_matrix(names, np.eye(classes), np.arange(classes), percent=True)
    widget.zoom(3.0)
    assert not widget.grab().isNull()
