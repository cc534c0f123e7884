"""The confusion matrix as it is painted: rows true, columns predicted, errors in vermilion on a quiet diagonal."""

from __future__ import annotations

from math import ceil

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QLineF, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from core.readable import figure
from gui import theme

Cell = tuple[int, int]  # true class, predicted class
# Both before type is enlarged. Where classes stand closer than names need, every second or third is named.
SMALLEST_LABEL = 11.0  # pixels a class name needs
NUMBER_ROOM = (24.0, 17.0)  # pixels of width and of height of a cell in which a number can be read
WIDEST = 1.4  # the cells' longer side over the shorter
FAINTEST = 0.28  # a cell that is not empty is never fainter than this, so that one error in a thousand shows


class MatrixCanvas(QWidget):
    """Paints a matrix, or the difference of two, as far as it is zoomed to, and what is marked in it.

    Cells are named (true class, predicted class) whatever the order in which classes are shown.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.classes: tuple[str, ...] = ()
        self._values: NDArray[np.float64] = np.zeros((0, 0))
        self._percent = self._difference = False
        self._order: NDArray[np.int64] = np.zeros(0, np.int64)
        self._place: NDArray[np.int64] = np.zeros(0, np.int64)  # class → row or column
        self._image = QImage()
        self._longest: float | None = None  # pixels of the longest name
        self._selected: frozenset[Cell] = frozenset()
        self._outline: list[QLineF] | None = None  # of the cells selected, in rows and columns
        self._hover: Cell | None = None
        self._cursor: Cell | None = None  # of the keyboard
        self._band: tuple[Cell, Cell] | None = None  # corners of the rectangle that is being drawn
        self._origin = QPointF(0, 0)  # column and row at the top left corner
        self._span = 1.0  # classes along a side

    def set_matrix(
        self,
        classes: tuple[str, ...],
        values: NDArray[np.float64],
        order: NDArray[np.int64],
        percent: bool,
        difference: bool = False,
    ) -> None:
        """Show values (classes, classes), rows true; `order` lists the classes from the top, and from the left.

        Of a difference, values may be negative, and the diagonal has the same colours as the rest.
        """
        if classes != self.classes:
            self._selected, self._hover, self._cursor, self._band = frozenset(), None, None, None
            self._origin, self._span = QPointF(0, 0), float(max(1, len(classes)))
        self.classes, self._values, self._order, self._percent = classes, values, order, percent
        self._difference, self._place = difference, np.argsort(order)
        self._image, self._longest, self._outline = QImage(), None, None
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(480, 480)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(240, 240)

    def reset_zoom(self) -> None:
        self._origin, self._span = QPointF(0, 0), float(max(1, len(self.classes)))
        self.update()

    def zoom(self, factor: float, at: QPointF | None = None) -> None:
        """Show 1/factor as many classes; the point `at` (default: the middle) stays where it is."""
        n, plot = len(self.classes), self._plot()
        if not n:
            return
        at = at or plot.center()
        where = QPointF((at.x() - plot.left()) / plot.width(), (at.y() - plot.top()) / plot.height())
        span = min(float(n), max(min(4.0, n), self._span / factor))
        self._origin += where * (self._span - span)
        self._span = span
        self._keep_inside()

    # geometry ---------------------------------------------------------------------------------------------------

    def _plot(self) -> QRectF:
        """Where the cells are, a little wider or higher than square where there is room; names stand around it."""
        if self._longest is None:  # asked for many times while painting
            metrics = QFontMetricsF(self._label_font(12))
            self._longest = max((metrics.horizontalAdvance(name) for name in self.classes), default=0.0)
        names = max(
            theme.pixels(9.5 * theme.GRID), min(self._longest + 2 * theme.GRID, 0.26 * min(self.width(), self.height()))
        )
        wide, high = max(1.0, self.width() - names - theme.GRID), max(1.0, self.height() - names - theme.GRID)
        return QRectF(names, names, min(wide, WIDEST * high), min(high, WIDEST * wide))

    def _step(self) -> tuple[float, float]:
        """Width and height of a cell."""
        plot = self._plot()
        return plot.width() / self._span, plot.height() / self._span

    def _rect(self, cell: Cell) -> QRectF:
        plot, (wide, high) = self._plot(), self._step()
        column, row = self._place[cell[1]] - self._origin.x(), self._place[cell[0]] - self._origin.y()
        return QRectF(plot.left() + column * wide, plot.top() + row * high, wide, high)

    def _hit(self, point: QPointF) -> tuple[int | None, int | None]:
        """(true, predicted) under a point; None for the one whose names, rather than cells, lie there."""
        plot, n = self._plot(), len(self.classes)
        wide, high = self._step()
        column = int((point.x() - plot.left()) / wide + self._origin.x())
        row = int((point.y() - plot.top()) / high + self._origin.y())
        in_rows = plot.top() <= point.y() < plot.bottom() and 0 <= row < n
        in_columns = plot.left() <= point.x() < plot.right() and 0 <= column < n
        true = int(self._order[row]) if in_rows and point.x() < plot.right() else None
        predicted = int(self._order[column]) if in_columns and point.y() < plot.bottom() else None
        return true, predicted

    def _between(self, one: Cell, other: Cell) -> frozenset[Cell]:
        """The rectangle of cells with these at opposite corners."""
        rows, columns = (sorted((int(self._place[a]), int(self._place[b]))) for a, b in zip(one, other, strict=True))
        return frozenset(
            (int(true), int(predicted))
            for true in self._order[rows[0] : rows[1] + 1]
            for predicted in self._order[columns[0] : columns[1] + 1]
        )

    def _keep_inside(self) -> None:
        most = len(self.classes) - self._span
        self._origin = QPointF(min(max(0.0, self._origin.x()), most), min(max(0.0, self._origin.y()), most))
        self.update()

    # painting ---------------------------------------------------------------------------------------------------

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._image, self._longest = QImage(), None
        super().changeEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        n = len(self.classes)
        if not n:
            return
        if self._image.isNull():
            self._image = self._coloured()
        painter = QPainter(self)
        plot = self._plot()
        painter.drawImage(plot, self._image, QRectF(self._origin.x(), self._origin.y(), self._span, self._span))
        painter.setClipRect(plot)
        if min(self._step()) >= 6:
            self._paint_grid(painter, plot)
        if all(step >= theme.pixels(room) for step, room in zip(self._step(), NUMBER_ROOM, strict=True)):
            self._paint_numbers(painter, plot)
        self._paint_marks(painter, plot)
        painter.setClipping(False)
        self._paint_names(painter, plot)

    def _coloured(self) -> QImage:
        """One pixel a cell, in the order shown."""
        shown = self._values[np.ix_(self._order, self._order)]
        diagonal = np.eye(len(shown), dtype=bool)
        empty = _rgb(theme.mix(theme.colour("base"), theme.colour("text"), 0.05))
        pixels = np.empty((*shown.shape, 3))
        if self._difference:
            parts = (shown >= 0, theme.colour("more_a")), (shown < 0, theme.colour("more_b"))
        else:
            parts = (diagonal, theme.CORRECT), (~diagonal, theme.ERROR)
        for part, colour in parts:
            amount = np.abs(shown[part])[:, None]
            highest = max(float(np.abs(shown if self._difference else amount).max(initial=0.0)), 1e-12)
            strength = np.where(amount > 0, FAINTEST + (1 - FAINTEST) * amount / highest, 0.0)
            pixels[part] = empty + strength * (_rgb(colour) - empty)
        content = np.ascontiguousarray(pixels.round().astype(np.uint8))
        rows, columns, _ = content.shape
        # The copy owns its pixels: a QImage around an array's memory would outlive the array.
        return QImage(content.tobytes(), columns, rows, 3 * columns, QImage.Format.Format_RGB888).copy()

    def _paint_grid(self, painter: QPainter, plot: QRectF) -> None:
        painter.setPen(QPen(theme.colour("base"), 1))
        wide, high = self._step()
        for place in range(ceil(self._span) + 1):
            x = plot.left() + (place - self._origin.x() % 1) * wide
            y = plot.top() + (place - self._origin.y() % 1) * high
            painter.drawLine(QPointF(x, plot.top()), QPointF(x, plot.bottom()))
            painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y))

    def _paint_numbers(self, painter: QPainter, plot: QRectF) -> None:
        painter.setFont(self._label_font(11))
        for true in self._order:
            for predicted in self._order:
                value = float(self._values[true, predicted])
                rect = self._rect((int(true), int(predicted)))
                if value and rect.intersects(plot):
                    back = self._image.pixelColor(int(self._place[predicted]), int(self._place[true]))
                    painter.setPen(theme.readable_on(back))
                    text = figure(100 * value if self._percent else value, "+.0f" if self._difference else ".0f")
                    painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, "<1" if text.lstrip("+−") == "0" else text)

    def _paint_marks(self, painter: QPainter, plot: QRectF) -> None:
        if self._hover:
            veil = QColor(theme.colour("text"))
            veil.setAlpha(36)
            rect = self._rect(self._hover)
            painter.fillRect(QRectF(plot.left(), rect.top(), plot.width(), rect.height()), veil)
            painter.fillRect(QRectF(rect.left(), plot.top(), rect.width(), plot.height()), veil)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if self._difference and min(self._step()) >= 6:  # the colours do not tell the diagonal from errors here
            painter.setPen(QPen(theme.colour("muted"), 1, Qt.PenStyle.DotLine))
            for label in range(len(self.classes)):
                painter.drawRect(self._rect((label, label)).adjusted(1, 1, -2, -2))
        painter.setClipRect(plot.adjusted(-1, -1, 1, 1))
        if self._outline is None:
            self._outline = self._edges()
        painter.setPen(QPen(theme.colour("text"), 2))
        wide, high = self._step()
        corner = plot.topLeft() - QPointF(self._origin.x() * wide, self._origin.y() * high)
        painter.drawLines(
            [
                QLineF(corner.x() + e.x1() * wide, corner.y() + e.y1() * high, corner.x() + e.x2() * wide,
                       corner.y() + e.y2() * high)
                for e in self._outline
            ]
        )  # fmt: skip
        painter.setPen(QPen(theme.colour("accent"), 2))
        if self._band is not None:
            painter.drawRect(self._rect(self._band[0]).united(self._rect(self._band[1])))
        if self._cursor is not None and self.hasFocus():
            painter.drawRect(self._rect(self._cursor).adjusted(2, 2, -2, -2))

    def _edges(self) -> list[QLineF]:
        """Around the cells selected, where they end: between two of them there is none."""
        n = len(self.classes)
        inside = np.zeros((n + 2, n + 2), bool)
        for true, predicted in self._selected:
            inside[self._place[true] + 1, self._place[predicted] + 1] = True
        across = np.argwhere(inside[:-1, 1:-1] != inside[1:, 1:-1])  # between a row and the one above it
        down = np.argwhere(inside[1:-1, :-1] != inside[1:-1, 1:])
        return [QLineF(column, row, column + 1, row) for row, column in across.tolist()] + [
            QLineF(column, row, column, row + 1) for row, column in down.tolist()
        ]

    def _paint_names(self, painter: QPainter, plot: QRectF) -> None:
        for axis, down in enumerate((True, False)):
            step = self._step()[down]
            every = max(1, ceil(theme.pixels(SMALLEST_LABEL) / step))
            painter.setFont(self._label_font(min(12.0, max(9.0, 0.85 * step / theme.pixels(1)))))
            marked: list[int] = []  # places, as far as they have room
            for place in self._named(axis):
                if all(abs(place - other) >= every for other in marked):
                    marked.append(place)
            for place, name in enumerate(self._order):
                free = all(abs(place - other) >= every for other in marked)
                if place in marked or (place % every == 0 and free):
                    self._paint_name(painter, plot, step, int(name), down, place in marked)
        painter.setFont(self._label_font(11))
        painter.setPen(theme.colour("muted"))
        corner = QRectF(0, 0, plot.left() - theme.GRID, plot.top() - theme.GRID)
        painter.drawText(corner, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignBottom, "predicted →\ntrue ↓")

    def _named(self, axis: int) -> list[int]:
        """Places of the classes whose names are marked: that of the cell under the pointer, then of those selected.

        Of the errors of a whole row or column nearly all the others are selected: to mark them would say nothing.
        """
        selected = {cell[axis] for cell in self._selected}
        selected = selected if len(selected) < len(self.classes) - 1 else set()
        hovered = [int(self._place[self._hover[axis]])] if self._hover else []
        return hovered + sorted(int(self._place[name]) for name in selected)

    def _paint_name(self, painter: QPainter, plot: QRectF, step: float, name: int, down: bool, strong: bool) -> None:
        """One class name: left of its row (`down`), or on end above its column."""
        start = plot.top() if down else plot.left()
        middle = start + (self._place[name] + 0.5 - (self._origin.y() if down else self._origin.x())) * step
        if not start <= middle <= start + (plot.height() if down else plot.width()):
            return
        metrics = painter.fontMetrics()
        text = metrics.elidedText(self.classes[name], Qt.TextElideMode.ElideRight, int(plot.left() - 1.5 * theme.GRID))
        width, height = metrics.horizontalAdvance(text) + theme.GRID, metrics.height()
        painter.save()
        if down:
            box = QRectF(plot.left() - width, middle - height / 2, width, height)
        else:
            painter.translate(middle, plot.top())
            painter.rotate(-90)
            box = QRectF(0, -height / 2, width, height)
        if strong:
            painter.fillRect(box, theme.colour("text"))
        painter.setPen(theme.colour("base" if strong else "text"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
        painter.restore()

    def _label_font(self, pixels: float) -> QFont:
        font = theme.font()
        font.setPixelSize(round(theme.pixels(pixels)))
        return font


def _rgb(colour: QColor) -> NDArray[np.float64]:
    return np.array([colour.red(), colour.green(), colour.blue()], float)
