"""The confusion matrix in hand: cells are hovered, selected, zoomed and panned, with the mouse or with keys."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from gui import theme
from gui.widgets.confusion_canvas import Cell, MatrixCanvas

ARROWS = {  # rows down, columns to the right
    Qt.Key.Key_Up: (-1, 0), Qt.Key.Key_Down: (1, 0), Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1)
}  # fmt: skip
ZOOM = 1.5  # by a key or a button


class ConfusionMatrix(MatrixCanvas):
    """Cells are selected by a click, or by dragging a rectangle; Shift adds.

    The wheel zooms; a drag then pans, and with Shift it draws the rectangle; a double click resets. When the matrix has
    been reached with Tab: arrows, Return, Escape, +, − and 0.
    """

    selection_changed = Signal(object)  # frozenset[Cell]; empty = nothing selected
    hovered = Signal(object)  # Cell | None: under the pointer, or under the cursor of the keyboard

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # after a click the keys are those of the clip, as elsewhere
        self.setAccessibleName("Confusion matrix")
        self._pressed: QPointF | None = None
        self._panned = False

    @property
    def selected(self) -> frozenset[Cell]:
        return self._selected

    def select(self, cells: frozenset[Cell]) -> None:
        if cells != self._selected:
            self._selected, self._outline = cells, None
            self.update()
            self.selection_changed.emit(cells)

    def zoom_in(self) -> None:
        self.zoom(ZOOM)

    def zoom_out(self) -> None:
        self.zoom(1 / ZOOM)

    def _choose(self, cells: frozenset[Cell], add: bool) -> None:
        """As a click does: what is selected already is let go."""
        if add:
            cells = self._selected - cells if cells <= self._selected else self._selected | cells
        self.select(frozenset() if cells == self._selected else cells)

    def _set_hover(self, cell: Cell | None) -> None:
        if cell != self._hover:
            self._hover = cell
            self.hovered.emit(cell)
            self.update()

    # mouse ------------------------------------------------------------------------------------------------------

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802 - Qt's names
        self.zoom(1.25 ** (event.angleDelta().y() / 120), event.position())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed, self._panned = event.position(), False

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        point = event.position()
        if self._pressed is None:
            self._set_hover(self._cell_at(point))
            return
        moved = point - self._pressed
        if not (self._panned or self._band or moved.manhattanLength() > theme.GRID):
            return
        zoomed = self._span < len(self.classes)
        if zoomed and not self._band and not event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._panned = True
            wide, high = self._step()
            self._origin -= QPointF(moved.x() / wide, moved.y() / high)
            self._pressed = point
            self._keep_inside()
        elif not self._panned:
            plot = self._plot().adjusted(0, 0, -1, -1)
            inside = QPointF(
                min(max(plot.left(), point.x()), plot.right()), min(max(plot.top(), point.y()), plot.bottom())
            )
            start, end = self._cell_at(self._pressed), self._cell_at(inside)
            if start is not None and end is not None:
                self._set_hover(None)
                self._band = start, end
                self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if self._pressed is None or event.button() != Qt.MouseButton.LeftButton:
            return
        band, self._pressed, self._band = self._band, None, None
        add = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if band is not None:
            cells = self._between(*band)
            self.select(self._selected | cells if add else cells)
            self.update()
        elif not self._panned:
            self._choose(self._cells_at(event.position()), add)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self._pressed = None
        self.reset_zoom()

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802
        self._set_hover(self._cursor if self.hasFocus() else None)

    def _cell_at(self, point: QPointF) -> Cell | None:
        true, predicted = self._hit(point)
        return None if true is None or predicted is None else (true, predicted)

    def _cells_at(self, point: QPointF) -> frozenset[Cell]:
        """A cell; or, on the name of a class, the errors of its row or column."""
        true, predicted = self._hit(point)
        everything = range(len(self.classes))
        if true is not None and predicted is not None:
            return frozenset({(true, predicted)})
        if true is not None:
            return frozenset((true, other) for other in everything if other != true)
        if predicted is not None:
            return frozenset((other, predicted) for other in everything if other != predicted)
        return frozenset()

    # keys -------------------------------------------------------------------------------------------------------

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        super().focusInEvent(event)
        if self.classes:
            first = int(self._order[0])
            self._move_to(self._cursor or min(self._selected, default=(first, first)))

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        super().focusOutEvent(event)
        self._set_hover(None)
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Other keys are the panel's: it plays clips."""
        key = Qt.Key(event.key())
        if self._cursor is None:
            super().keyPressEvent(event)
        elif key in ARROWS:
            last = len(self.classes) - 1
            true, predicted = (
                int(self._order[min(max(0, int(self._place[label]) + by), last)])
                for label, by in zip(self._cursor, ARROWS[key], strict=True)
            )
            self._move_to((true, predicted))
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._choose(frozenset({self._cursor}), bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
        elif key == Qt.Key.Key_Escape and self._selected:
            self.select(frozenset())
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom(ZOOM, self._rect(self._cursor).center())
        elif key == Qt.Key.Key_Minus:
            self.zoom_out()
        elif key == Qt.Key.Key_0:
            self.reset_zoom()
        else:
            super().keyPressEvent(event)

    def _move_to(self, cell: Cell) -> None:
        """The cursor, into view."""
        self._cursor = cell
        row, column = (int(self._place[label]) for label in cell)
        room = self._span - 1
        self._origin = QPointF(
            min(max(self._origin.x(), column - room), column), min(max(self._origin.y(), row - room), row)
        )
        self._set_hover(cell)
        self._keep_inside()
