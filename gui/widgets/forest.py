"""A forest plot: every network's mean with its interval, its folds as dots, published figures as lines."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QHelpEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from core.datasets.base import Modality
from gui import theme
from gui.widgets.axes import linear_ticks
from gui.widgets.marks import paint_mark

LANE = 2.0 * theme.GRID  # height of a line of reference labels; all of these before type is enlarged
LABEL = 28.0 * theme.GRID  # of a reference line, at most
MOST_LANES = 8
TALL = 12  # rows; the figures of more stand above them, too: those below are out of sight
ROW = 10.0 * theme.GRID  # of a network, at most
LEAST, LINE = 3.5 * theme.GRID, 2.0 * theme.GRID  # of a network where there are many; of each more line of names
AXIS = 5.0 * theme.GRID  # room for figures and title below
NEAR = 5.0  # pixels within which the pointer is on a line or a dot


@dataclass(frozen=True)
class ForestRow:
    """One network. Values in the unit of the axis."""

    name: str  # in one line or several
    colour: QColor
    mean: float
    low: float | None  # None = no interval: one fold
    high: float | None
    dots: tuple[tuple[str, float], ...]  # what it is (“fold 1”), value
    tip: str
    modality: Modality = Modality.AUDIO


@dataclass(frozen=True)
class ForestLine:
    """A published figure."""

    label: str
    value: float
    tip: str


class ForestPlot(QWidget):
    """Wheel zooms at the pointer, drag pans, double click shows everything; hovering tells values and sources."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Means with intervals")
        self.rows: tuple[ForestRow, ...] = ()
        self.lines: tuple[ForestLine, ...] = ()
        self.title = ""
        self._range = (0.0, 1.0)
        self._dragged_from: float | None = None

    def show_rows(self, rows: Sequence[ForestRow], lines: Sequence[ForestLine], title: str) -> None:
        self.rows, self.title = tuple(rows), title
        self.lines = tuple(sorted(lines, key=lambda line: line.value))
        self._claim_height()
        self.reset_zoom()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange) and hasattr(self, "rows"):
            self._claim_height()  # type is larger, or smaller
        super().changeEvent(event)

    def _claim_height(self) -> None:
        """What the rows need: a scroll area may miss that the hint alone has changed."""
        self.setMinimumHeight(self.minimumSizeHint().height())

    def reset_zoom(self) -> None:
        """All means, intervals, dots and lines, with a little room."""
        values = [line.value for line in self.lines]
        for row in self.rows:
            values += [row.mean, *(value for _, value in row.dots)]
            values += [end for end in (row.low, row.high) if end is not None]
        values = [value for value in values if math.isfinite(value)]
        low, high = (min(values), max(values)) if values else (0.0, 1.0)
        room = 0.05 * (high - low) or 0.05 * abs(high) or 1.0
        self._range = (low - room, high + room)
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(640, 280)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        lines = max((row.name.count("\n") for row in self.rows), default=0)
        row = theme.pixels(LEAST + lines * LINE)
        return QSize(320, max(160, round(len(self.rows) * row + theme.pixels(AXIS) + theme.GRID)))

    # geometry ---------------------------------------------------------------------------------------------------

    def x_of(self, value: float) -> float:
        low, high = self._range
        return self._left() + (value - low) / (high - low) * self._width()

    def y_of(self, row: int) -> float:
        return self._top() + (row + 0.5) * (self._bottom() - self._top()) / max(1, len(self.rows))

    def labels(self) -> list[tuple[QRectF, str, ForestLine]]:
        """Where the label of each reference line stands: in the lowest lane in which it touches no other.

        What finds no lane is left out (its line tells it on hover).
        """
        metrics = self._metrics()
        height = theme.pixels(LANE)
        most = min(MOST_LANES, int(0.45 * self.height() / height))
        lanes: list[list[tuple[float, float]]] = []  # what is taken of each
        placed = []
        for line in self.lines:
            x = self.x_of(line.value)
            if not self._left() <= x <= self._left() + self._width():
                continue
            label = metrics.elidedText(line.label, Qt.TextElideMode.ElideRight, round(theme.pixels(LABEL)))
            text = f"{label} {line.value:.1f}"
            width = metrics.horizontalAdvance(text) + theme.GRID
            # Over its line, or to either side of it.
            lefts = [min(max(0.0, x - share * width), self.width() - width) for share in (0.5, 0.95, 0.05)]
            lane, left = next(
                (
                    (n, left)
                    for n, taken in enumerate([*lanes, []])
                    for left in lefts
                    if _free(taken, left, left + width)
                )
            )
            if lane < most:
                lanes += [[]] if lane == len(lanes) else []
                lanes[lane].append((left, left + width))
                placed.append((lane, left, width, text, line))
        return [
            (QRectF(left, (len(lanes) - 1 - lane) * height, width, height), text, line)
            for lane, left, width, text, line in placed
        ]

    def _left(self) -> float:
        metrics = QFontMetricsF(theme.font())
        lines = (line for row in self.rows for line in row.name.splitlines())
        longest = max((metrics.horizontalAdvance(line) for line in lines), default=0.0)
        return min(longest + 5.0 * theme.GRID, 0.35 * self.width())

    def _width(self) -> float:
        return max(1.0, self.width() - self._left() - 2 * theme.GRID)

    @property
    def _tall(self) -> bool:
        return len(self.rows) > TALL

    def _top(self) -> float:
        figures = theme.pixels(LANE) if self._tall else 0.0
        return max((rect.bottom() for rect, _, _ in self.labels()), default=0.0) + figures + theme.GRID

    def _bottom(self) -> float:
        """Of the rows: they stand no further apart than can be compared at a glance."""
        return min(self.height() - theme.pixels(AXIS), self._top() + len(self.rows) * theme.pixels(ROW))

    def _metrics(self) -> QFontMetricsF:
        return QFontMetricsF(theme.font(theme.SMALL))

    # mouse ------------------------------------------------------------------------------------------------------

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        low, high = self._range
        at = low + (event.position().x() - self._left()) / self._width() * (high - low)
        factor = 0.8 ** (event.angleDelta().y() / 120)
        if 1e-4 < (high - low) * factor < 1e4:
            self._range = (at + (low - at) * factor, at + (high - at) * factor)
            self.update()
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self._dragged_from = event.position().x()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if self._dragged_from is not None:
            low, high = self._range
            by = (self._dragged_from - event.position().x()) / self._width() * (high - low)
            self._range, self._dragged_from = (low + by, high + by), event.position().x()
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self._dragged_from = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self.reset_zoom()

    def tip_at(self, point: QPointF) -> str:
        """What lies under a point: a label, a dot, a line, or a network's row."""
        for rect, _, line in self.labels():
            if rect.contains(point):
                return line.tip
        for number, row in enumerate(self.rows):
            for what, value in row.dots:
                if abs(self.x_of(value) - point.x()) < NEAR and abs(self._dot_y(number) - point.y()) < NEAR:
                    return f"{' '.join(row.name.splitlines())}, {what}: {value:.1f}"
        if point.y() > self._top():
            for number, row in enumerate(self.rows):
                ends = [end for end in (row.low, row.high) if end is not None] or [row.mean, row.mean]
                on = self.x_of(ends[0]) - NEAR <= point.x() <= self.x_of(ends[1]) + NEAR or point.x() < self._left()
                if on and abs(self.y_of(number) - point.y()) < theme.GRID:
                    return row.tip
            for line in self.lines:
                if abs(self.x_of(line.value) - point.x()) < NEAR:
                    return line.tip
        return ""

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self.tip_at(QPointF(event.pos())), self)
            return True
        return super().event(event)

    # painting ---------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        if not self.rows:  # an axis of nothing would look like a result
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        bottom = self._bottom()
        self._paint_axis(painter, bottom)
        painter.setFont(theme.font(theme.SMALL))
        labels = self.labels()
        starts = {line: rect.bottom() for rect, _, line in labels}
        painter.setPen(QPen(theme.mix(theme.colour("border"), theme.colour("muted"), 0.3), 1, Qt.PenStyle.DashLine))
        for line in self.lines:
            x = self.x_of(line.value)
            if self._left() <= x <= self._left() + self._width():
                painter.drawLine(QPointF(x, starts.get(line, self._top())), QPointF(x, bottom))
        for rect, text, _ in labels:
            painter.fillRect(rect, theme.colour("window"))  # the line of a higher label passes behind
            painter.setPen(theme.colour("muted"))
            painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, text)
        for number, row in enumerate(self.rows):
            self._paint_row(painter, number, row)

    def _paint_axis(self, painter: QPainter, bottom: float) -> None:
        painter.setFont(theme.font(theme.SMALL))
        line = theme.pixels(LANE)
        ticks = linear_ticks(*self._range, most=max(2, int(self._width() / theme.pixels(80))))
        decimals = max(0, -math.floor(math.log10(ticks[1] - ticks[0]))) if len(ticks) > 1 else 1
        for tick in ticks:
            x = self.x_of(tick)
            painter.setPen(QPen(theme.mix(theme.colour("window"), theme.colour("border"), 0.6), 1))
            painter.drawLine(QPointF(x, self._top()), QPointF(x, bottom))
            painter.setPen(theme.colour("muted"))
            for y in (bottom + 4, self._top() - line - 4) if self._tall else (bottom + 4,):
                painter.drawText(
                    QRectF(x - line, y, 2 * line, line), Qt.AlignmentFlag.AlignCenter, f"{tick:.{decimals}f}"
                )
        title, wide = self._title()
        left = min(self._left() + (self._width() - wide) / 2, self.width() - wide)  # a long one begins further left
        below = QRectF(max(0.0, left), bottom + theme.pixels(AXIS) - line, wide, line)
        painter.drawText(below, Qt.AlignmentFlag.AlignCenter, title)

    def _title(self) -> tuple[str, float]:
        """As much of the title as there is room for, and its width."""
        metrics = self._metrics()
        title = metrics.elidedText(self.title, Qt.TextElideMode.ElideRight, self.width())
        return title, metrics.horizontalAdvance(title) + 1.0

    def _dot_y(self, number: int) -> float:
        return self.y_of(number) + 1.25 * theme.GRID

    def _paint_row(self, painter: QPainter, number: int, row: ForestRow) -> None:
        y = self.y_of(number)
        paint_mark(painter, row.modality, QPointF(1.5 * theme.GRID, y), 5, row.colour)
        painter.setPen(theme.colour("text"))
        painter.setFont(theme.font())
        room = self._left() - 4 * theme.GRID
        metrics, right = painter.fontMetrics(), Qt.TextElideMode.ElideRight
        text = "\n".join(metrics.elidedText(line, right, int(room)) for line in row.name.splitlines())
        painter.drawText(
            QRectF(3 * theme.GRID, y - theme.pixels(ROW) / 2, room, theme.pixels(ROW)),
            Qt.AlignmentFlag.AlignVCenter,
            text,
        )
        if not math.isfinite(row.mean):
            return
        painter.setClipRect(QRectF(self._left(), 0, self._width() + theme.GRID, self.height()))
        if row.low is not None and row.high is not None:
            self._paint_interval(painter, y, row, row.low, row.high)
        paint_mark(painter, row.modality, QPointF(self.x_of(row.mean), y), 7, row.colour)
        faint = QColor(row.colour)
        faint.setAlpha(190)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(faint)
        for _, value in row.dots if len(row.dots) > 1 else ():
            painter.drawEllipse(QPointF(self.x_of(value), self._dot_y(number)), 3, 3)
        painter.setClipping(False)

    def _paint_interval(self, painter: QPainter, y: float, row: ForestRow, low: float, high: float) -> None:
        """In the line style of its modality; its ends are marked, since a gap may fall on them."""
        style = theme.MODALITY_STYLE[row.modality]
        painter.setPen(QPen(row.colour, 3, style, Qt.PenCapStyle.FlatCap))
        painter.drawLine(QPointF(self.x_of(low), y), QPointF(self.x_of(high), y))
        if style != Qt.PenStyle.SolidLine:
            painter.setPen(QPen(row.colour, 2))
            for x in (self.x_of(low), self.x_of(high)):
                painter.drawLine(QPointF(x, y - 4), QPointF(x, y + 4))


def _free(taken: Sequence[tuple[float, float]], start: float, end: float) -> bool:
    return all(end <= other_start or other_end <= start for other_start, other_end in taken)
