"""What networks score against what they cost: a mark each, the ones that no other beats joined, published lines."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QHelpEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from core.analysis.costs import Spent
from core.datasets.base import Modality
from gui import theme
from gui.widgets.axes import linear_ticks, log_ticks
from gui.widgets.end_labels import spread
from gui.widgets.forest import ForestLine
from gui.widgets.marks import paint_mark

LEFT, HEAD, FOOT = 6.0 * theme.GRID, 3.0 * theme.GRID, 5.0 * theme.GRID  # of the axes; these before type is enlarged
NAME = 30.0 * theme.GRID  # of a network or a published line, at most
LINE = 2.0 * theme.GRID  # height of a name
MARK, NEAR = 7.0, 8.0  # pixels: radius of a mark, and how near the pointer is on it
LEADER = 2.0 * theme.GRID  # from the end of a published line to its name
ALIKE, ASIDE = 0.01, 12.0  # powers of ten between costs whose marks stand side by side, and pixels between these
NARROWEST = 0.02  # powers of ten that the axis can be zoomed to
CENTRE = Qt.AlignmentFlag.AlignCenter
MIDDLE_LEFT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
MIDDLE_RIGHT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight


@dataclass(frozen=True)
class CostPoint:
    """One network: its cost, and its score in the unit of the axis."""

    name: str
    colour: QColor
    modality: Modality
    cost: Spent
    score: float
    low: float | None  # None = no interval: one fold
    high: float | None
    tip: str


@dataclass(frozen=True)
class CostAxis:
    """What a cost is called and how its values are written."""

    title: str
    text: Callable[[float], str] = str
    seconds: bool = False


class CostPlot(QWidget):
    """Wheel zooms at the pointer, drag pans, double click shows everything; hovering tells values and sources."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Score against cost")
        self.points: tuple[CostPoint, ...] = ()
        self.lines: tuple[ForestLine, ...] = ()
        self.front: tuple[CostPoint, ...] = ()
        self.axis = CostAxis("")
        self.title = ""
        self.empty = ""  # a sentence in place of a plot of nothing
        self._aside: dict[str, float] = {}  # pixels, by name: off their cost, as the axis then says
        self._x, self._y = (0.0, 1.0), (0.0, 1.0)  # powers of ten, and scores, from one edge to the other
        self._dragged_from: QPointF | None = None

    def show_points(
        self,
        points: Sequence[CostPoint],
        front: Sequence[str],
        lines: Sequence[ForestLine],
        axis: CostAxis,
        title: str,
    ) -> None:
        """Show networks; `front` names those that no other beats, the cheapest first; `title` is that of the scores."""
        self.points, self.axis, self.title = tuple(points), axis, title
        by_name = {point.name: point for point in points}
        self.front = tuple(by_name[name] for name in front)
        self.lines = tuple(sorted(lines, key=lambda line: -line.value))
        self._aside = _side_by_side(self.points)
        self.reset_zoom()

    def reset_zoom(self) -> None:
        """All marks, intervals and lines, with a little room."""
        costs = [math.log10(end) for point in self.points for end in point.cost]
        scores = [line.value for line in self.lines]
        scores += [end for p in self.points for end in (p.score, p.low, p.high) if end is not None]
        self._x = _with_room(costs, 0.12, 0.5)
        self._y = _with_room(scores, 0.05, 0.0)
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(640, 320)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(360, 160)

    # geometry ---------------------------------------------------------------------------------------------------

    def area(self) -> QRectF:
        """Within the axes."""
        left, top = theme.pixels(LEFT), theme.pixels(HEAD)
        width, height = self.width() - left - self._gutter() - theme.GRID, self.height() - top - theme.pixels(FOOT)
        return QRectF(left, top, max(1.0, width), max(1.0, height))

    def place_of(self, cost: float, score: float) -> QPointF:
        area, (west, east), (low, high) = self.area(), self._x, self._y
        return QPointF(
            area.left() + (math.log10(cost) - west) / (east - west) * area.width(),
            area.bottom() - (score - low) / (high - low) * area.height(),
        )

    def mark_of(self, point: CostPoint) -> QPointF:
        """Where a network stands; those of one cost stand side by side, or their intervals would hide each other."""
        return self.place_of(point.cost.value, point.score) + QPointF(self._aside[point.name], 0)

    def labels(self) -> list[tuple[QRectF, CostPoint]]:
        """Where the names of the networks in view stand: beside their marks, or nearby where that is taken.

        What finds no place is left out (its mark tells it on hover).
        """
        area, metrics, height = self.area(), QFontMetricsF(theme.font(theme.SMALL)), theme.pixels(LINE)
        seen = [point for point in self.points if area.contains(self.mark_of(point))]
        marks = [self._mark(point) for point in seen]
        bars = [self._bar(point) for point in seen]
        placed: list[tuple[QRectF, CostPoint]] = []
        for point in sorted(seen, key=lambda point: -point.score):
            at = self.mark_of(point)
            width = metrics.horizontalAdvance(self._name(point)) + theme.GRID
            taken = [*marks, *(rect for rect, _ in placed)]
            candidates = [
                rect
                for rect in _around(at, width, height)
                if area.contains(rect) and not any(rect.intersects(other) for other in taken)
            ]
            free = [rect for rect in candidates if not any(rect.intersects(bar) for bar in bars)]
            if free or candidates:
                placed.append(((free or candidates)[0], point))
        return placed

    def costs(self) -> list[float]:
        """Where the axis has figures: those of marks that are moved off a cost that all share would lie."""
        if self._one_cost():
            cost = self.points[0].cost.value
            return [cost] if self._x[0] <= math.log10(cost) <= self._x[1] else []
        most = max(2, int(self.area().width() / theme.pixels(80)))
        return log_ticks(10 ** self._x[0], 10 ** self._x[1], most, seconds=self.axis.seconds)

    def foot(self) -> str:
        """The name of the costs, and what of their places is not to be read off."""
        if self._one_cost():
            return f"{self.axis.title}: practically the same for all, which stand side by side"
        return self.axis.title + (" · networks of one cost stand side by side" if any(self._aside.values()) else "")

    def line_names(self) -> list[tuple[QRectF, ForestLine]]:
        """Where the names of the published lines in view stand, beside the axes: none covers another."""
        area, height = self.area(), theme.pixels(LINE)
        seen = [line for line in self.lines if area.top() <= self._height_of(line.value) <= area.bottom()]
        heights = spread([self._height_of(line.value) for line in seen], height, area)
        left = area.right() + LEADER
        return [
            (QRectF(left, y - height / 2, self.width() - left, height), line)
            for y, line in zip(heights, seen, strict=True)
        ]

    def _gutter(self) -> float:
        """Room for the names of the published lines."""
        metrics = QFontMetricsF(theme.font(theme.SMALL))
        longest = max((metrics.horizontalAdvance(_figure(line)) for line in self.lines), default=0.0)
        return min(longest + LEADER, theme.pixels(NAME), 0.36 * self.width()) if self.lines else 0.0

    def _height_of(self, score: float) -> float:
        return self.place_of(1.0, score).y()

    def _mark(self, point: CostPoint) -> QRectF:
        at = self.mark_of(point)
        return QRectF(at.x() - NEAR, at.y() - NEAR, 2 * NEAR, 2 * NEAR)

    def _bar(self, point: CostPoint) -> QRectF:
        """Of the interval."""
        if point.low is None or point.high is None:
            return self._mark(point)
        x, top, bottom = self.mark_of(point).x(), self._height_of(point.high), self._height_of(point.low)
        return QRectF(x - 2, top, 4, bottom - top)

    def _name(self, point: CostPoint) -> str:
        metrics = QFontMetricsF(theme.font(theme.SMALL))
        return metrics.elidedText(point.name, Qt.TextElideMode.ElideMiddle, round(theme.pixels(NAME)))

    # mouse ------------------------------------------------------------------------------------------------------

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        area, factor = self.area(), 0.8 ** (event.angleDelta().y() / 120)
        across = (event.position().x() - area.left()) / area.width()
        up = (area.bottom() - event.position().y()) / area.height()
        (west, east), (low, high) = self._x, self._y
        if NARROWEST < (east - west) * factor < 30 and 1e-4 < (high - low) * factor < 1e4:
            self._x, self._y = _zoomed(self._x, across, factor), _zoomed(self._y, up, factor)
            self.update()
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self._dragged_from = event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if self._dragged_from is not None:
            area, moved = self.area(), event.position() - self._dragged_from
            (west, east), (low, high) = self._x, self._y
            across, up = -moved.x() / area.width() * (east - west), moved.y() / area.height() * (high - low)
            self._x, self._y = (west + across, east + across), (low + up, high + up)
            self._dragged_from = event.position()
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self._dragged_from = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self.reset_zoom()

    def tip_at(self, point: QPointF) -> str:
        """What lies under a point: a network’s mark or name, or a published line or its name."""
        for rect, line in self.line_names():
            if rect.contains(point):
                return line.tip
        if not self.area().contains(point):
            return ""
        names = {id(network): rect for rect, network in self.labels()}
        for network in reversed(self.points):
            if self._mark(network).contains(point) or names.get(id(network), QRectF()).contains(point):
                return network.tip
        near = (line.tip for line in self.lines if abs(self._height_of(line.value) - point.y()) < NEAR / 2)
        return next(near, "")

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self.tip_at(QPointF(event.pos())), self)
            return True
        return super().event(event)

    # painting ---------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not self.points:  # axes of nothing would look like a result
            painter.setPen(theme.colour("muted"))
            painter.drawText(self.rect(), CENTRE | Qt.TextFlag.TextWordWrap, self.empty)
            return
        painter.setFont(theme.font(theme.SMALL))
        self._paint_axes(painter)
        self._paint_lines(painter)
        painter.setClipRect(self.area())
        self._paint_front(painter)
        for point in self.points:
            self._paint_spread(painter, point)
        for rect, point in self.labels():
            self._paint_name(painter, rect, point)
        for point in self.points:
            paint_mark(painter, point.modality, self.mark_of(point), MARK, point.colour)

    def _paint_axes(self, painter: QPainter) -> None:
        area, line = self.area(), theme.pixels(LINE)
        faint = QPen(theme.mix(theme.colour("window"), theme.colour("border"), 0.6), 1)
        low, high = self._y
        scores = linear_ticks(low, high, max(2, int(area.height() / theme.pixels(40))))
        decimals = max(0, -math.floor(math.log10(scores[1] - scores[0]))) if len(scores) > 1 else 1
        for score in scores:
            y = self._height_of(score)
            painter.setPen(faint)
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(theme.colour("muted"))
            left = QRectF(0, y - line / 2, area.left() - theme.GRID, line)
            painter.drawText(left, MIDDLE_RIGHT, f"{score:.{decimals}f}")
        for cost in self.costs():
            x = self.place_of(cost, low).x()
            painter.setPen(faint)
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
            painter.setPen(theme.colour("muted"))
            below = QRectF(x - 2 * line, area.bottom() + 4, 4 * line, line)
            painter.drawText(below, CENTRE, self.axis.text(cost))
        foot = QRectF(area.left(), self.height() - line, area.width(), line)
        for rect, flag, text in (
            (QRectF(theme.GRID, 0, self.width() - theme.GRID, area.top()), MIDDLE_LEFT, self.title),
            (foot, CENTRE, self.foot()),
        ):
            words = QFontMetricsF(painter.font()).elidedText(text, Qt.TextElideMode.ElideRight, rect.width())
            painter.drawText(rect, flag, words)

    def _one_cost(self) -> bool:
        costs = [point.cost.value for point in self.points]
        return len(costs) > 1 and math.log10(max(costs) / min(costs)) < ALIKE

    def _paint_lines(self, painter: QPainter) -> None:
        area, metrics = self.area(), QFontMetricsF(painter.font())
        colour = theme.mix(theme.colour("border"), theme.colour("muted"), 0.3)
        for rect, line in self.line_names():
            y, left = self._height_of(line.value), area.right()
            painter.setPen(QPen(colour, 1, Qt.PenStyle.DashLine))
            painter.drawLine(QPointF(area.left(), y), QPointF(left, y))
            painter.setPen(QPen(colour, 1))
            painter.drawLine(QPointF(left, y), QPointF(left + 0.75 * LEADER, rect.center().y()))
            painter.setPen(theme.colour("muted"))
            value = f" {line.value:.1f}"
            room = rect.width() - metrics.horizontalAdvance(value)
            name = metrics.elidedText(line.label, Qt.TextElideMode.ElideRight, room)
            painter.drawText(rect, MIDDLE_LEFT, name + value)

    def _paint_front(self, painter: QPainter) -> None:
        """Steps: for what lies between two costs, the score that the lower one buys."""
        painter.setPen(QPen(theme.mix(theme.colour("window"), theme.colour("muted"), 0.55), 2))
        places = [self.mark_of(point) for point in self.front]
        for one, other in itertools.pairwise(places):
            painter.drawPolyline([one, QPointF(other.x(), one.y()), other])

    def _paint_spread(self, painter: QPainter, point: CostPoint) -> None:
        """The interval of the score, in the line style of the modality, and thin that of the cost."""
        if point.low is not None and point.high is not None:
            painter.setPen(QPen(point.colour, 2, theme.MODALITY_STYLE[point.modality], Qt.PenCapStyle.FlatCap))
            x = self.mark_of(point).x()
            painter.drawLine(QPointF(x, self._height_of(point.low)), QPointF(x, self._height_of(point.high)))
        if point.cost.low < point.cost.high:
            painter.setPen(QPen(point.colour, 1))
            painter.drawLine(self.place_of(point.cost.low, point.score), self.place_of(point.cost.high, point.score))

    def _paint_name(self, painter: QPainter, rect: QRectF, point: CostPoint) -> None:
        at = self.mark_of(point)
        beside = abs(rect.center().y() - at.y()) < rect.height()
        if not beside:  # led to its mark, or it might be taken for that of another
            painter.setPen(QPen(theme.mix(theme.colour("window"), point.colour, 0.6), 1))
            edge = rect.left() if rect.left() > at.x() else rect.right()
            painter.drawLine(
                at, QPointF(edge if not rect.left() < at.x() < rect.right() else at.x(), rect.center().y())
            )
        painter.fillRect(rect, theme.colour("window"))
        painter.setPen(theme.colour("text"))
        painter.drawText(rect, CENTRE, self._name(point))


def _side_by_side(points: Sequence[CostPoint]) -> dict[str, float]:
    """Pixels by which each mark is moved, by name: about a common middle where costs are alike, else none."""
    groups: list[list[CostPoint]] = []
    for point in sorted(points, key=lambda point: point.cost.value):
        if groups and math.log10(point.cost.value / groups[-1][-1].cost.value) < ALIKE:
            groups[-1].append(point)
        else:
            groups.append([point])
    return {point.name: ASIDE * (place - (len(group) - 1) / 2) for group in groups for place, point in enumerate(group)}


def _around(at: QPointF, width: float, height: float) -> list[QRectF]:
    """Places for a name near a mark, the best first: beside it, above and below it, further up and down beside it."""
    right, left = at.x() + NEAR + 2, at.x() - NEAR - 2 - width
    tops = [at.y() - height / 2]
    places = [QRectF(x, tops[0], width, height) for x in (right, left)]
    places += [QRectF(x, at.y() + dy, width, height) for dy in (-NEAR - height, NEAR) for x in (right, left)]
    places += [QRectF(at.x() - width / 2, at.y() + dy, width, height) for dy in (-NEAR - height, NEAR)]
    for step in range(2, 7):
        places += [
            QRectF(x + side, at.y() - height / 2 + way * step * height, width, height)
            for way in (-1, 1)
            for x, side in ((right, theme.GRID), (left, -theme.GRID))
        ]
    return places


def _figure(line: ForestLine) -> str:
    return f"{line.label} {line.value:.1f}"


def _with_room(values: Sequence[float], share: float, least: float) -> tuple[float, float]:
    """From the least to the largest and a share of that more, at each end; `least` to each side where there is one."""
    finite = [value for value in values if math.isfinite(value)]
    low, high = (min(finite), max(finite)) if finite else (0.0, 1.0)
    room = max(share * (high - low), least if high - low < least else 0.0) or 0.05 * abs(high) or 1.0
    return low - room, high + room


def _zoomed(ends: tuple[float, float], at: float, factor: float) -> tuple[float, float]:
    """A range narrowed by a factor about a place in it, which stays."""
    low, high = ends
    kept = low + at * (high - low)
    return kept + (low - kept) * factor, kept + (high - kept) * factor
