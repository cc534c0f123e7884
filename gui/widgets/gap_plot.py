"""Accuracy on training, validation and test clips of every network, one below the other, and the gap between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QHelpEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from core.evaluation.learning import Gap
from core.evaluation.statistics import Mean
from gui import theme
from gui.looks import Look

NAME, LANE, APART = 20.0, 9.0, 10.0  # of a network's name, of each of its marks, and to the next; before type is larger
HEAD = FOOT = 24.0
RADIUS = 4.0
PARTS = ("training", "validation", "test")
LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class GapPlot(QWidget):
    """A row a network: an open mark for training, an upright one for validation, a full one for the test."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.gaps: tuple[Gap, ...] = ()
        self._looks: dict[str, Look] = {}
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        self.setAccessibleName("Accuracy on training, validation and test clips")

    def show_gaps(self, gaps: Sequence[Gap], looks: Mapping[str, Look]) -> None:
        self.gaps, self._looks = tuple(gaps), dict(looks)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(40 * theme.GRID, round(theme.pixels(HEAD + FOOT) + len(self.gaps) * self._row()))

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(28 * theme.GRID, self.sizeHint().height())

    @property
    def parts(self) -> tuple[str, ...]:
        """Those that any network has."""
        return tuple(part for part in PARTS if any(getattr(gap, part) is not None for gap in self.gaps))

    def x_of(self, share: float) -> float:
        low, left = self._lowest(), 2.0 * theme.GRID
        return left + (share - low) / (1 - low) * (self.width() - 4 * theme.GRID - left)

    def row_at(self, y: float) -> int:
        """−1 = none."""
        row = int((y - theme.pixels(HEAD)) // self._row())
        return row if y >= theme.pixels(HEAD) and 0 <= row < len(self.gaps) else -1

    def words(self, gap: Gap) -> str:
        """All figures of a network."""
        lines = [gap.network.label]
        for part in PARTS:
            mean: Mean | None = getattr(gap, part)
            if mean is not None:
                lines.append(f"{part.capitalize()}: {mean.text()} %")
        lines.append(f"Training less test: {_gap(gap)}")
        return "\n".join([*lines, gap.test.basis])

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            row = self.row_at(event.pos().y())
            QToolTip.showText(event.globalPos(), self.words(self.gaps[row]) if row >= 0 else "", self)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not self.gaps:
            return
        self._paint_head(painter)
        self._paint_axis(painter)
        for row, gap in enumerate(self.gaps):
            self._paint_row(painter, theme.pixels(HEAD) + row * self._row(), gap)

    def _row(self) -> float:
        return theme.pixels(NAME + LANE * max(1, len(self.parts)) + APART)

    def _lowest(self) -> float:
        """Where the axis begins: a round tenth below everything that is drawn."""
        means = [mean for gap in self.gaps for part in PARTS if (mean := getattr(gap, part)) is not None]
        ends = [end for mean in means for end in (mean.value, mean.low) if end is not None]
        return max(0.0, min(0.9, int(10 * min(ends, default=0.0) - 1e-9) / 10))

    def _paint_head(self, painter: QPainter) -> None:
        """What the marks are."""
        painter.setFont(theme.font(theme.SMALL))
        metrics, head, left = painter.fontMetrics(), theme.pixels(HEAD), theme.GRID + theme.pixels(RADIUS)
        for part in self.parts:
            _paint_mark(painter, part, QPointF(left, head / 2), theme.colour("muted"))
            painter.setPen(theme.colour("muted"))
            room = metrics.horizontalAdvance(part)
            painter.drawText(QRectF(left + 2 * theme.pixels(RADIUS), 0, room + 1, head), LEFT, part)
            left += room + 2 * theme.GRID + 3 * theme.pixels(RADIUS)
        rest = QRectF(left, 0, self.width() - theme.GRID - left, head)
        words = metrics.elidedText("training − test, points", Qt.TextElideMode.ElideRight, int(rest.width()))
        painter.drawText(rest, RIGHT, words)

    def _paint_axis(self, painter: QPainter) -> None:
        top = theme.pixels(HEAD)
        bottom = top + len(self.gaps) * self._row()
        painter.setFont(theme.font(theme.SMALL))
        low = self._lowest()
        step = 0.1 if (1 - low) < 0.55 else 0.2 if low > 0 else 0.25
        for place in range(round((1 - low) / step) + 1):
            tick = 1 - place * step
            if tick < low - 1e-9:
                break
            x = self.x_of(tick)
            painter.setPen(QPen(theme.mix(theme.colour("window"), theme.colour("border"), 0.6), 1))
            painter.drawLine(QPointF(x, top), QPointF(x, bottom))
            painter.setPen(theme.colour("muted"))
            text = QRectF(x - 4 * theme.GRID, bottom, 8 * theme.GRID, theme.pixels(FOOT))
            painter.drawText(text, Qt.AlignmentFlag.AlignCenter, f"{100 * tick:.0f}{' %' if not place else ''}")

    def _paint_row(self, painter: QPainter, top: float, gap: Gap) -> None:
        colour = self._looks[gap.network.label].colour
        painter.setFont(theme.font())
        painter.setPen(theme.colour("text"))
        line = QRectF(theme.GRID, top, self.width() - 2 * theme.GRID, theme.pixels(NAME))
        said = _gap(gap)
        painter.drawText(line, RIGHT, said)
        room = line.width() - painter.fontMetrics().horizontalAdvance(said) - theme.GRID
        name = painter.fontMetrics().elidedText(gap.network.label, Qt.TextElideMode.ElideRight, int(room))
        painter.drawText(line, LEFT, name)
        for lane, part in enumerate(self.parts):
            mean: Mean | None = getattr(gap, part)
            if mean is None:
                continue
            y = top + theme.pixels(NAME + LANE * (lane + 0.5))
            if mean.low is not None and mean.high is not None:
                painter.setPen(QPen(theme.mix(theme.colour("window"), colour, 0.6), 1.5))
                painter.drawLine(QPointF(self.x_of(mean.low), y), QPointF(self.x_of(mean.high), y))
            _paint_mark(painter, part, QPointF(self.x_of(mean.value), y), colour)


def _gap(gap: Gap) -> str:
    return gap.gap.figures() if gap.gap is not None else "–"


def _paint_mark(painter: QPainter, part: str, centre: QPointF, colour: QColor) -> None:
    radius = theme.pixels(RADIUS)
    painter.setPen(QPen(colour, 1.5))
    painter.setBrush(colour if part == "test" else theme.colour("window"))
    if part == "validation":
        painter.fillRect(QRectF(centre.x() - radius / 3, centre.y() - radius, 2 * radius / 3, 2 * radius), colour)
    else:
        painter.drawEllipse(centre, radius, radius)
