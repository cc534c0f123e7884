"""The painted confusion matrix: where cells lie, what is selected, what zooming keeps."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QApplication

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


def drag(qtbot, matrix, start, end, modifier=Qt.KeyboardModifier.NoModifier):
    """From the middle of a cell to that of another, on the way over what lies between."""
    left, points = Qt.MouseButton.LeftButton, [QPointF(middle(matrix, cell)) for cell in (start, end)]
    steps = [points[0], (points[0] + points[1]) / 2, points[1]]
    kinds = [QEvent.Type.MouseButtonPress, QEvent.Type.MouseMove, QEvent.Type.MouseMove, QEvent.Type.MouseButtonRelease]
    for kind, at in zip(kinds, [*steps, points[1]], strict=True):
        global_at = QPointF(matrix.mapToGlobal(at.toPoint()))
        QApplication.sendEvent(matrix, QMouseEvent(kind, at, global_at, left, left, modifier))


def test_a_drag_selects_the_rectangle_and_shift_adds_one(qtbot, matrix):
    drag(qtbot, matrix, (4, 1), (2, 3))  # up and to the left: the classes stand in reverse order
    assert matrix.selected == {(true, predicted) for true in (2, 3, 4) for predicted in (1, 2, 3)}
    drag(qtbot, matrix, (0, 5), (0, 4), Qt.KeyboardModifier.ShiftModifier)
    assert {(0, 4), (0, 5), (3, 2)} < matrix.selected and len(matrix.selected) == 11
    drag(qtbot, matrix, (5, 5), (5, 4))
    assert matrix.selected == {(5, 5), (5, 4)}
    assert not matrix.grab().isNull()


def test_where_it_is_zoomed_a_drag_pans_unless_shift_is_held(qtbot, matrix):
    matrix.zoom(1.5)
    before = middle(matrix, (2, 2))
    drag(qtbot, matrix, (2, 2), (3, 3))
    assert matrix.selected == frozenset()
    assert middle(matrix, (2, 2)) != before
    drag(qtbot, matrix, (2, 2), (3, 3), Qt.KeyboardModifier.ShiftModifier)
    assert matrix.selected == {(2, 2), (2, 3), (3, 2), (3, 3)}


def test_a_rectangle_ends_at_the_edge_of_the_matrix(qtbot, matrix):
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    start, far = QPointF(middle(matrix, (1, 1))), QPointF(matrix.width() + 90, matrix.height() + 90)
    for kind, at in (
        (QEvent.Type.MouseButtonPress, start),
        (QEvent.Type.MouseMove, far),
        (QEvent.Type.MouseButtonRelease, far),
    ):
        QApplication.sendEvent(matrix, QMouseEvent(kind, at, QPointF(matrix.mapToGlobal(at)), left, left, none))
    assert matrix.selected == {(0, 0), (0, 1), (1, 0), (1, 1)}


def test_arrows_move_a_cursor_return_chooses_and_escape_lets_go(qtbot, matrix):
    pointed = []
    matrix.hovered.connect(pointed.append)
    QApplication.sendEvent(matrix, QFocusEvent(QEvent.Type.FocusIn, Qt.FocusReason.TabFocusReason))

    def press(*keys, modifier=Qt.KeyboardModifier.NoModifier):
        for key in keys:
            qtbot.keyClick(matrix, key, modifier)

    key = Qt.Key
    press(key.Key_Down, key.Key_Right, key.Key_Right, key.Key_Return)
    assert pointed[-3:] == [(4, 5), (4, 4), (4, 3)]  # from the first class shown; the readout follows
    assert matrix.selected == {(4, 3)}
    press(*[key.Key_Right] * 9, key.Key_Up)  # it stops at the edge
    press(key.Key_Return, modifier=Qt.KeyboardModifier.ShiftModifier)
    assert matrix.selected == {(4, 3), (5, 0)}
    press(key.Key_Escape)
    assert matrix.selected == frozenset()
    press(key.Key_Plus)
    assert matrix._span < len(CLASSES)
    press(*[key.Key_Left] * 5, *[key.Key_Down] * 5)
    assert matrix._plot().adjusted(-1, -1, 1, 1).contains(matrix._rect((0, 5)))  # the view follows the cursor
    press(key.Key_0)
    assert matrix._span == len(CLASSES)


def test_keys_of_the_clip_are_left_to_the_panel(matrix):
    QApplication.sendEvent(matrix, QFocusEvent(QEvent.Type.FocusIn, Qt.FocusReason.TabFocusReason))
    for key in (Qt.Key.Key_Space, Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_L, Qt.Key.Key_Escape):
        event = QKeyEvent(QEvent.Type.KeyPress, key, Qt.KeyboardModifier.NoModifier)
        matrix.keyPressEvent(event)
        assert not event.isAccepted(), key


def test_of_a_difference_what_is_more_and_what_is_less_have_a_colour_each(matrix):
    gap = np.zeros((6, 6))
    gap[0, 0], gap[0, 3], gap[4, 1] = 4, -4, 2
    matrix.set_matrix(CLASSES, gap, np.arange(6), percent=False, difference=True)
    image = matrix.grab().toImage()

    def at(cell):
        rect = matrix._rect(cell)
        return image.pixelColor(int(rect.left() + 5), int(rect.top() + 5))

    assert at((0, 0)) == theme.colour("more_a") and at((0, 3)) == theme.colour("more_b")
    assert at((1, 1)).saturationF() < 0.05  # nothing differs
    assert abs(at((4, 1)).hueF() - theme.colour("more_a").hueF()) < 0.02
    assert theme.ERROR.rgb() not in {at((true, predicted)).rgb() for true in range(6) for predicted in range(6)}


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


def test_names_that_are_marked_keep_a_distance_and_nearly_all_of_them_are_not_marked(qtbot, qapp, monkeypatch):
    theme.apply(qapp, dark=False)
    widget, painted = ConfusionMatrix(), []
    qtbot.addWidget(widget)
    widget.resize(480, 480)
    names = tuple(f"class {i}" for i in range(101))
    widget.set_matrix(names, np.eye(101), np.arange(101), percent=True)
    monkeypatch.setattr(
        ConfusionMatrix, "_paint_name", lambda self, _, __, step, name, down, on: painted.append((down, name, on, step))
    )
    widget.select(widget._between((10, 10), (30, 20)))
    widget.grab()
    step = painted[0][3]
    rows = [name for down, name, strong, _ in painted if down and strong]
    assert rows[0] == 10 and rows[-1] > 25 and min(np.diff(rows)) * step >= 11
    painted.clear()
    widget.select(frozenset((7, other) for other in range(101) if other != 7))
    widget.grab()
    assert [(down, name) for down, name, strong, _ in painted if strong] == [(True, 7)]
