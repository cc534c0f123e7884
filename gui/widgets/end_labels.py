"""Names beside a plot, each at the height at which its line ends; they cover no data and each other neither."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from core.datasets.base import Modality
from gui import theme
from gui.widgets.marks import paint_mark

LEADER = 3.0 * theme.GRID  # room in which a line is led to its name
MARK = 2.5 * theme.GRID
ROW = 2.0 * theme.GRID  # at least, of a name; these before type is enlarged
WIDEST = 36.0 * theme.GRID


class EndLabels(QWidget):
    """Told which names there are and how high each belongs. The name "" is a muted remark without a mark."""

    pointed = Signal(str)  # name; "" = none

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.marks: dict[str, tuple[Modality, QColor]] = {}
        self.remark = ""
        self.places: dict[str, float] = {}  # middle of each name in pixels from the top
        self._ends: dict[str, float] = {}
        self._front = ""
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Names of the lines")

    def show_names(self, marks: Mapping[str, tuple[Modality, QColor]], remark: str) -> None:
        self.marks, self.remark = dict(marks), remark
        self.setAccessibleDescription(", ".join(self.marks))
        self.updateGeometry()
        self.update()

    def place(self, ends: Mapping[str, float], room: QRectF) -> None:
        """Say where the line of each name ends; names whose line ends out of sight are not given."""
        self._ends = dict(sorted(ends.items(), key=lambda item: item[1]))
        self.places = dict(zip(self._ends, spread([*self._ends.values()], self._row(), room), strict=True))
        self.update()

    def point_at(self, name: str) -> None:
        self._front = name
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        metrics = QFontMetricsF(theme.font(bold=True))  # as the one in front is written
        longest = max((metrics.horizontalAdvance(name) for name in (*self.marks, self.remark)), default=0.0)
        return QSize(round(LEADER + MARK + min(longest, theme.pixels(WIDEST)) + theme.GRID), 8 * theme.GRID)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return self.sizeHint()

    def name_at(self, point: QPointF) -> str:
        near = sorted((abs(y - point.y()), name) for name, y in self.places.items())
        return near[0][1] if near and near[0][0] <= self._row() / 2 else ""

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self.pointed.emit(self.name_at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802
        self.pointed.emit("")

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), theme.colour("base"))
        for name, y in self.places.items():
            behind = bool(self._front) and name != self._front
            if name in self.marks:
                modality, colour = self.marks[name]
            elif not name:
                modality, colour = None, theme.colour("muted")
            else:
                continue
            faint = theme.mix(colour, theme.colour("base"), 0.75) if behind else colour
            painter.setPen(QPen(theme.mix(faint, theme.colour("base"), 0.3), 1))
            half = LEADER / 3
            ends = [QPointF(0, self._ends[name]), QPointF(half, self._ends[name]), QPointF(LEADER - half / 2, y)]
            painter.drawPolyline(ends)
            if modality is not None:
                paint_mark(painter, modality, QPointF(LEADER + MARK / 2 - theme.GRID / 2, y), 4.5, faint)
            left = LEADER + (MARK if modality is not None else 0.0)
            rect = QRectF(left, y - self._row(), self.width() - left, 2 * self._row())
            painter.setFont(theme.font(bold=name == self._front and bool(name)))
            painter.setPen(theme.colour("muted" if behind or not name else "text"))
            text = name or self.remark
            shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, int(rect.width()))
            painter.drawText(rect, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)

    def _row(self) -> float:
        return max(theme.pixels(ROW), QFontMetricsF(theme.font()).height())


def spread(wanted: list[float], apart: float, room: QRectF) -> list[float]:
    """Heights, ascending, moved as little as a sweep down and one up will do until neighbours are `apart`.

    Where there is no room for all they stand as close as they must.
    """
    if len(wanted) > 1:
        apart = min(apart, room.height() / (len(wanted) - 1))
    placed: list[float] = []
    for y in wanted:
        placed.append(max(y, placed[-1] + apart if placed else room.top()))
    limit = room.bottom()
    for place in reversed(range(len(placed))):
        placed[place] = min(placed[place], limit)
        limit = placed[place] - apart
    return placed
