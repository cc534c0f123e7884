"""A critical-difference diagram: mean ranks on an axis, a name each, bars that join whom a test does not tell apart.

J. Demšar 2006, JMLR 7, figure 1: the best rank is at the right, the critical difference stands above the axis.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QHelpEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from core.datasets.base import Modality
from gui import theme
from gui.looks import Look
from gui.widgets.marks import paint_mark

LINE = 2.0 * theme.GRID  # height of words; all of these before type is enlarged
WORDS, RULER = 1.0 * theme.GRID, 3.75 * theme.GRID  # the critical difference, from the top
AXIS = 7.0 * theme.GRID  # from the top
LANE = 1.25 * theme.GRID  # of bars
LEAST, MOST = 2.25 * theme.GRID, 3.5 * theme.GRID  # height of a name with its gap
TICK = 3.0 * theme.GRID  # between figures of the axis, at least
LABEL = 40.0 * theme.GRID  # of a network, at most
ROOM = 2.0 * theme.GRID  # from the end of the axis to the names
MARK = 2.5 * theme.GRID
BAR = 4.0  # pixels: thickness of a bar, and how far it reaches beyond the ranks that it joins
APART = 0.06  # of the axis: between bars in one lane, at least
NEAR = 5.0  # pixels within which the pointer is on a line
CENTRE = Qt.AlignmentFlag.AlignCenter


@dataclass(frozen=True)
class RankedNetwork:
    """One network and its mean rank. A modality of None, where it differs between the datasets, gets no mark."""

    name: str
    rank: float
    look: Look
    modality: Modality | None
    tip: str


@dataclass(frozen=True)
class Bar:
    """Networks that are not told apart, from the best to the worst of them, as places; `lane` counts downwards."""

    best: int
    worst: int
    lane: int


@dataclass(frozen=True)
class Label:
    """Where a name stands, which network it is of, and at which side of the diagram."""

    rect: QRectF
    place: int
    at_right: bool


class RankDiagram(QWidget):
    """All of it is always in view, names never overlap: there is nothing to zoom. Hovering tells ranks."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Mean ranks with the critical difference")
        self.networks: tuple[RankedNetwork, ...] = ()
        self.bars: tuple[Bar, ...] = ()
        self.critical_difference: float | None = None
        self.above = ""
        self.ruler_tip = ""
        self.title = ""
        self.empty = ""  # a sentence in place of an axis of nothing

    def show_ranks(
        self,
        networks: Sequence[RankedNetwork],
        groups: Sequence[Sequence[int]],
        critical_difference: float | None,
        *,
        above: str,
        title: str,
    ) -> None:
        """Show networks, the best first.

        Args:
            networks: none for an empty diagram.
            groups: places of those that are not told apart, ascending; one alone gets no bar.
            critical_difference: in ranks; None = it may not be read, and no ruler is drawn.
            above: words over the ruler, or why there is none.
            title: below the diagram.
        """
        self.networks, self.critical_difference = tuple(networks), critical_difference
        self.above, self.title = above, title
        self.bars = _in_lanes([group for group in groups if len(group) > 1], [n.rank for n in self.networks])
        self.setAccessibleDescription(", ".join(f"{network.name} {network.rank:.2f}" for network in self.networks))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(640, round(self._tall(MOST)))

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(360, round(self._tall(LEAST)))

    # geometry ---------------------------------------------------------------------------------------------------

    def x_of(self, rank: float) -> float:
        """Rank 1 is at the right, the worst possible at the left."""
        left, right = self._ends()
        return right - (rank - 1) / max(1, len(self.networks) - 1) * (right - left)

    @property
    def axis_y(self) -> float:
        return theme.pixels(AXIS)

    def ruler(self) -> tuple[QPointF, QPointF] | None:
        """The ends of the critical difference, from the left end of the axis; with two datasets it may be a little
        longer than that."""
        if self.critical_difference is None:
            return None
        worst = float(len(self.networks))
        y = theme.pixels(RULER)
        return QPointF(self.x_of(worst), y), QPointF(self.x_of(worst - self.critical_difference), y)

    def bar_rect(self, bar: Bar) -> QRectF:
        left, right = self.x_of(self.networks[bar.worst].rank), self.x_of(self.networks[bar.best].rank)
        y = self.axis_y + theme.pixels(LANE) * (bar.lane + 1)
        return QRectF(left - BAR, y - BAR / 2, right - left + 2 * BAR, BAR)

    def labels(self) -> list[Label]:
        """The better half at the right, its best on top, the others at the left, their worst on top: so no leader
        crosses another."""
        left, right = self._ends()
        count, height = len(self.networks), self._row()
        better, room, top = math.ceil(count / 2), theme.pixels(ROOM), self._names_top()
        found = []
        for place in range(count):
            at_right = place < better
            y = top + height * (place if at_right else count - 1 - place)
            x = right + room if at_right else 0.0
            wide = self.width() - x if at_right else left - room
            found.append(Label(QRectF(x, y, wide, height), place, at_right))
        return found

    def leader(self, label: Label) -> list[QPointF]:
        """From the rank on the axis down and aside to the name."""
        x, y = self.x_of(self.networks[label.place].rank), label.rect.center().y()
        end = label.rect.left() - theme.GRID / 2 if label.at_right else label.rect.right() + theme.GRID / 2
        return [QPointF(x, self.axis_y), QPointF(x, y), QPointF(end, y)]

    def _ends(self) -> tuple[float, float]:
        """Of the axis: the names stand beside it, as far from it on both sides."""
        metrics = QFontMetricsF(theme.font())
        longest = max((metrics.horizontalAdvance(_words(network)) for network in self.networks), default=0.0)
        label = min(longest + theme.pixels(MARK) + theme.GRID, theme.pixels(LABEL), 0.3 * self.width())
        side = max(label + theme.pixels(ROOM), 0.12 * self.width())
        return side, max(side + 1.0, self.width() - side)

    def _names_top(self) -> float:
        lanes = 1 + max((bar.lane for bar in self.bars), default=-1)
        return self.axis_y + theme.pixels(LANE) * (lanes + 1)

    def _rows(self) -> int:
        return math.ceil(len(self.networks) / 2)

    def _row(self) -> float:
        room = self.height() - self._names_top() - theme.pixels(LINE) - theme.GRID
        return max(theme.pixels(LEAST), min(theme.pixels(MOST), room / max(1, self._rows())))

    def _tall(self, row: float) -> float:
        return self._names_top() + self._rows() * theme.pixels(row) + theme.pixels(LINE) + 2 * theme.GRID

    # mouse ------------------------------------------------------------------------------------------------------

    def tip_at(self, point: QPointF) -> str:
        """What lies under a point: a name, the ruler, a bar, or a leader."""
        labels = self.labels()
        for label in labels:
            if label.rect.contains(point):
                return self.networks[label.place].tip
        ends = self.ruler()
        if ends is not None and QRectF(*ends).adjusted(-NEAR, -theme.pixels(LINE), NEAR, NEAR).contains(point):
            return self.ruler_tip
        for bar in self.bars:
            if self.bar_rect(bar).adjusted(0, -2, 0, 2).contains(point):
                joined = (network.name for network in self.networks[bar.best : bar.worst + 1])
                return f"Not told apart: {', '.join(joined)}"
        near = [(distance, label.place) for label in labels if (distance := self._off(label, point)) < NEAR]
        return self.networks[min(near)[1]].tip if near else ""

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self.tip_at(QPointF(event.pos())), self)
            return True
        return super().event(event)

    def _off(self, label: Label, point: QPointF) -> float:
        """Pixels from the leader of a name."""
        top, corner, end = self.leader(label)
        down = math.hypot(point.x() - top.x(), point.y() - min(max(point.y(), top.y()), corner.y()))
        low, high = sorted((corner.x(), end.x()))
        return min(down, math.hypot(point.x() - min(max(point.x(), low), high), point.y() - corner.y()))

    # painting ---------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not self.networks:
            painter.setPen(theme.colour("muted"))
            painter.drawText(self.rect(), CENTRE | Qt.TextFlag.TextWordWrap, self.empty)
            return
        self._paint_ruler(painter)
        labels = self.labels()
        for label in sorted(labels, key=lambda label: -label.rect.top()):  # of equal ranks each is seen for a piece
            network = self.networks[label.place]
            style = theme.MODALITY_STYLE[network.modality] if network.modality else Qt.PenStyle.SolidLine
            painter.setPen(QPen(network.look.colour, 2, style, Qt.PenCapStyle.FlatCap))
            painter.drawPolyline(self.leader(label))
        self._paint_axis(painter)
        for bar in self.bars:
            painter.fillRect(self.bar_rect(bar), theme.colour("text"))
        for label in labels:
            self._paint_name(painter, label)
        painter.setFont(theme.font(theme.SMALL))
        painter.setPen(theme.colour("muted"))
        line = theme.pixels(LINE)
        bottom = min(self.height() - line, self._names_top() + self._rows() * self._row() + theme.GRID)
        foot = QRectF(0, bottom, self.width(), line)
        title = QFontMetricsF(painter.font()).elidedText(self.title, Qt.TextElideMode.ElideRight, foot.width())
        painter.drawText(foot, CENTRE, title)

    def _paint_ruler(self, painter: QPainter) -> None:
        painter.setFont(theme.font(theme.SMALL))
        metrics, ends = QFontMetricsF(painter.font()), self.ruler()
        middle = self.width() / 2
        if ends is not None:
            painter.setPen(QPen(theme.colour("text"), 2))
            painter.drawLine(*ends)
            for end in ends:
                painter.drawLine(end - QPointF(0, BAR), end + QPointF(0, BAR))
            middle = (ends[0].x() + ends[1].x()) / 2
        wide = min(metrics.horizontalAdvance(self.above) + 2, self.width())
        left = min(max(0.0, middle - wide / 2), self.width() - wide)
        words = metrics.elidedText(self.above, Qt.TextElideMode.ElideRight, wide)
        painter.setPen(theme.colour("text" if ends is not None else "muted"))
        painter.drawText(QRectF(left, theme.pixels(WORDS), wide, theme.pixels(LINE)), CENTRE, words)

    def _paint_axis(self, painter: QPainter) -> None:
        painter.setFont(theme.font(theme.SMALL))
        (left, right), y, line = self._ends(), self.axis_y, theme.pixels(LINE)
        painter.setPen(QPen(theme.colour("muted"), 1))
        painter.drawLine(QPointF(left, y), QPointF(right, y))
        count = len(self.networks)
        for rank in range(1, count + 1, max(1, math.ceil(count * theme.pixels(TICK) / (right - left)))):
            x = self.x_of(rank)
            painter.drawLine(QPointF(x, y - BAR), QPointF(x, y))
            painter.drawText(QRectF(x - line, y - BAR - line, 2 * line, line), CENTRE, str(rank))
        for words, x, wide, flag in (
            ("best", right, self.width() - right, Qt.AlignmentFlag.AlignLeft),
            ("worst", 0.0, left, Qt.AlignmentFlag.AlignRight),
        ):
            rect = QRectF(x, y - BAR - line, wide, line).adjusted(2 * theme.GRID, 0, -2 * theme.GRID, 0)
            painter.drawText(rect, Qt.AlignmentFlag.AlignVCenter | flag, words)

    def _paint_name(self, painter: QPainter, label: Label) -> None:
        network, mark, rect = self.networks[label.place], theme.pixels(MARK), label.rect
        if network.modality is None:
            mark = 0.0
        else:
            x = rect.left() + theme.GRID if label.at_right else rect.right() - theme.GRID
            paint_mark(painter, network.modality, QPointF(x, rect.center().y()), 5, network.look.colour)
        painter.setFont(theme.font())
        painter.setPen(theme.colour("text"))
        metrics, rank = QFontMetricsF(painter.font()), f"{network.rank:.2f}"
        room = rect.adjusted(mark, 0, 0, 0) if label.at_right else rect.adjusted(0, 0, -mark, 0)
        left = room.width() - metrics.horizontalAdvance(f"  {rank}") - 1
        name = metrics.elidedText(network.name, Qt.TextElideMode.ElideMiddle, left)
        flag = Qt.AlignmentFlag.AlignLeft if label.at_right else Qt.AlignmentFlag.AlignRight
        words = f"{name}  {rank}" if label.at_right else f"{rank}  {name}"
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | flag, words)


def _words(network: RankedNetwork) -> str:
    return f"{network.name}  {network.rank:.2f}"


def _in_lanes(groups: Sequence[Sequence[int]], ranks: Sequence[float]) -> tuple[Bar, ...]:
    """A bar each, in the highest lane in which none is there before it that it would touch."""
    ends: list[float] = []  # the worst rank that each lane is taken to
    bars, gap = [], APART * (len(ranks) - 1)
    for group in sorted(groups, key=lambda group: group[0]):
        best, worst = ranks[group[0]], ranks[group[-1]]
        lane = next((n for n, end in enumerate(ends) if best > end + gap), len(ends))
        ends[lane : lane + 1] = [worst]
        bars.append(Bar(group[0], group[-1], lane))
    return tuple(bars)
