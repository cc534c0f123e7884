"""A dot plot of classes: a row a class, a mark a network, and a figure; to be scrolled and walked through."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractScrollArea, QWidget

from core.datasets.base import Modality
from gui import theme
from gui.widgets.marks import paint_mark

ROW, APART = 32.0, 9.0  # of a class, and between its marks; all of these before type is enlarged
HEAD = FOOT = 24.0
FIGURE = 80.0  # room for the gain
RADIUS = 4.0
TICKS = (0, 25, 50, 75, 100)
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


@dataclass(frozen=True)
class Dot:
    """What one network scores in a class, from 0 to 1; NaN is not drawn, nor is an interval that is NaN."""

    modality: Modality
    colour: QColor
    value: float
    low: float = math.nan
    high: float = math.nan


@dataclass(frozen=True)
class DotRow:
    """A class; as many dots as the key has entries."""

    name: str
    dots: tuple[Dot, ...]
    figure: str  # at the right
    bold: bool = False
    joined: bool = False  # whether a line goes from the first dot to the last


@dataclass(frozen=True)
class DotKey:
    """What a mark stands for."""

    modality: Modality
    word: str
    colour: QColor | None = None  # None: that of the marks differs, or says nothing


class ClassDots(QAbstractScrollArea):
    """The row under the pointer, or under ↑ and ↓, is told of."""

    pointed = Signal(int)  # class; −1 = none
    chosen = Signal(int)  # class: by a click or by Enter

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows: tuple[DotRow, ...] = ()  # by class
        self.key: tuple[DotKey, ...] = ()
        self.heading = ""
        self.order: list[int] = []
        self.current = -1  # row
        self.setFrameShape(QAbstractScrollArea.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(name)
        self.viewport().setMouseTracking(True)
        self.viewport().setCursor(Qt.CursorShape.PointingHandCursor)

    def show_rows(
        self, rows: Sequence[DotRow], order: Sequence[int], key: Sequence[DotKey] = (), heading: str = ""
    ) -> None:
        """Show classes in an order from the top; `heading` says what the figure at the right is."""
        self.rows, self.key, self.heading = tuple(rows), tuple(key), heading
        self.order = list(order)
        self.current = -1
        self._fit()
        self.viewport().update()

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(320, 128)

    # geometry ---------------------------------------------------------------------------------------------------

    def _row(self) -> float:
        return theme.pixels(ROW)

    def _body(self) -> QRectF:
        """Where the rows are seen."""
        head, foot = theme.pixels(HEAD), theme.pixels(FOOT)
        return QRectF(0, head, self.viewport().width(), max(1.0, self.viewport().height() - head - foot))

    def top_of(self, row: int) -> float:
        return self._body().top() + row * self._row() - self.verticalScrollBar().value()

    def row_at(self, y: float) -> int:
        """The row at a height of the viewport; −1 = none."""
        body = self._body()
        row = int((y - body.top() + self.verticalScrollBar().value()) // self._row())
        return row if body.top() <= y < body.bottom() and 0 <= row < len(self.order) else -1

    def x_of(self, share: float) -> float:
        left = self._names() + 2 * theme.GRID
        return left + share * (self.viewport().width() - theme.pixels(FIGURE) - theme.GRID - left)

    def _names(self) -> float:
        metrics = QFontMetricsF(theme.font())
        longest = max((metrics.horizontalAdvance(self.rows[i].name) for i in self.order), default=0.0)
        return min(longest + 2 * theme.GRID, 0.3 * self.viewport().width())

    def _fit(self) -> None:
        room = self._body().height()
        self.verticalScrollBar().setRange(0, max(0, math.ceil(len(self.order) * self._row() - room)))
        self.verticalScrollBar().setPageStep(int(room))
        self.verticalScrollBar().setSingleStep(int(self._row()))

    # pointing ---------------------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._fit()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self.point(self.row_at(event.position().y()))

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        row = self.row_at(event.position().y())
        if event.button() == Qt.MouseButton.LeftButton and row >= 0:
            self.point(row)
            self.chosen.emit(self.order[row])

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802
        self.point(-1)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        steps = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
        if event.key() in steps and self.order:
            row = min(max(0, self.current + steps[Qt.Key(event.key())]), len(self.order) - 1)
            bar, body = self.verticalScrollBar(), self._body()
            bar.setValue(
                min(max(bar.value(), math.ceil((row + 1) * self._row() - body.height())), int(row * self._row()))
            )
            self.point(row)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.current >= 0:
            self.chosen.emit(self.order[self.current])
        else:
            super().keyPressEvent(event)

    def point(self, row: int) -> None:
        """Tell of a row, as if the pointer were on it; −1 = of none."""
        if row != self.current:
            self.current = row
            self.pointed.emit(self.order[row] if row >= 0 else -1)
            self.viewport().update()

    # painting ---------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self.viewport())
        painter.fillRect(self.viewport().rect(), theme.colour("window"))
        if not self.rows:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        body, width = self._body(), self.viewport().width()
        self._paint_head(painter, width)
        bottom = min(body.bottom(), self.top_of(len(self.order)))
        painter.setFont(theme.font(theme.SMALL))
        for tick in TICKS:
            x = self.x_of(tick / 100)
            painter.setPen(QPen(theme.mix(theme.colour("window"), theme.colour("border"), 0.6), 1))
            painter.drawLine(QPointF(x, body.top()), QPointF(x, bottom))
            painter.setPen(theme.colour("muted"))
            text = QRectF(x - 4 * theme.GRID, bottom, 8 * theme.GRID, theme.pixels(FOOT))
            painter.drawText(text, Qt.AlignmentFlag.AlignCenter, f"{tick} %" if tick == 100 else f"{tick}")
        painter.setClipRect(body)
        for row, label in enumerate(self.order):
            top = self.top_of(row)
            if top + self._row() > body.top() and top < body.bottom():
                self._paint_row(painter, row, self.rows[label], QRectF(0, top, width, self._row()))

    def _paint_head(self, painter: QPainter, width: int) -> None:
        """What the marks mean, and what the figure at the right is."""
        painter.setFont(theme.font(theme.SMALL))
        metrics, head = painter.fontMetrics(), theme.pixels(HEAD)
        left = self.x_of(0)
        room = (width - theme.pixels(FIGURE) - left) / max(1, len(self.key)) - 4 * theme.GRID
        for key in self.key:
            colour = key.colour if key.colour is not None else theme.colour("muted")
            paint_mark(painter, key.modality, QPointF(left + theme.GRID / 2, head / 2), RADIUS, colour)
            painter.setPen(theme.colour("muted"))
            word = metrics.elidedText(key.word, Qt.TextElideMode.ElideMiddle, int(room))
            wide = metrics.horizontalAdvance(word)
            painter.drawText(QRectF(left + 2 * theme.GRID, 0, wide + 1, head), LEFT, word)
            left += wide + 4 * theme.GRID
        painter.setPen(theme.colour("muted"))
        rest = QRectF(left, 0, width - theme.GRID - left, head)
        painter.drawText(rest, RIGHT, metrics.elidedText(self.heading, Qt.TextElideMode.ElideMiddle, int(rest.width())))

    def _paint_row(self, painter: QPainter, row: int, shown: DotRow, rect: QRectF) -> None:
        here = row == self.current
        if here:
            painter.fillRect(rect, theme.colour("hover"))
        painter.setFont(theme.font(bold=here or shown.bold))
        painter.setPen(theme.colour("text"))
        names = QRectF(0, rect.top(), self._names(), rect.height())
        name = painter.fontMetrics().elidedText(shown.name, Qt.TextElideMode.ElideRight, int(names.width()))
        painter.drawText(names, RIGHT, name)
        painter.drawText(rect.adjusted(0, 0, -theme.GRID, 0), RIGHT, shown.figure)
        apart, first = theme.pixels(APART), rect.center().y() - theme.pixels(APART) * (len(shown.dots) - 1) / 2
        placed = [(dot, QPointF(self.x_of(dot.value), first + n * apart)) for n, dot in enumerate(shown.dots)]
        placed = [(dot, at) for dot, at in placed if math.isfinite(dot.value)]
        for dot, at in placed:
            if math.isfinite(dot.low) and math.isfinite(dot.high):
                faint = theme.mix(theme.colour("window"), dot.colour, 0.65)
                painter.setPen(QPen(faint, 1.5, theme.MODALITY_STYLE[dot.modality], Qt.PenCapStyle.FlatCap))
                painter.drawLine(QPointF(self.x_of(dot.low), at.y()), QPointF(self.x_of(dot.high), at.y()))
        if shown.joined and placed:
            painter.setPen(QPen(theme.colour("muted"), 2))
            painter.drawLine(placed[0][1], placed[-1][1])
        placed.sort(key=lambda mark: mark[0].modality == Modality.VIDEO)  # last, or half hidden: it is open
        for dot, at in placed:
            paint_mark(painter, dot.modality, at, theme.pixels(RADIUS), dot.colour)
