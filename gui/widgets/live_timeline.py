"""The last decisions of every network, below the spectrogram and on its scale of time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui import theme
from gui.widgets.live_spectrogram import SECONDS

ROW = 22  # px, before type is enlarged
GAP = 1  # px between neighbours
FEWEST = 4  # letters of a word that is not whole


@dataclass(frozen=True)
class Stretch:
    """What a network said from one time to another, in s before now (≤ 0).

    Attributes:
        word: the class; "" = not sure, or nothing to be said.
    """

    start: float
    end: float
    word: str


@dataclass(frozen=True)
class Row:
    network: str
    colour: QColor
    stretches: tuple[Stretch, ...] = ()


class LiveTimeline(QWidget):
    """A row for each network."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._left = self._right = 2 * theme.GRID  # px beside the rows
        self.rows: tuple[Row, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Timeline of decisions")
        self.setToolTip("What every network decided in the last seconds; grey where it was not sure.")

    def align(self, left: int, right: int) -> None:
        """Leave so many px free at the sides: time then runs as above."""
        if (left, right) != (self._left, self._right):
            self._left, self._right = left, right
            self.update()

    def show_rows(self, rows: Sequence[Row]) -> None:
        many = len(rows) != len(self.rows)
        self.rows = tuple(rows)
        if many:
            self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(320, round(len(self.rows) * theme.pixels(ROW)) + theme.GRID)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        height, width = theme.pixels(ROW), self.width() - self._left - self._right
        for place, row in enumerate(self.rows):
            line = QRectF(self._left, place * height + 2, width, height - 4)
            painter.fillRect(line, theme.colour("raised"))
            painter.fillRect(QRectF(self._left - 8, line.top(), 4, line.height()), row.colour)
            for stretch in row.stretches:
                self._paint(painter, line, row, stretch)

    def _paint(self, painter: QPainter, line: QRectF, row: Row, stretch: Stretch) -> None:
        start, end = max(stretch.start, -SECONDS), min(stretch.end, 0.0)
        if not stretch.word or end <= start:
            return
        left = line.left() + (1 + start / SECONDS) * line.width()
        width = max(0.0, (end - start) / SECONDS * line.width() - GAP)
        room = QRectF(left, line.top(), width, line.height())
        painter.fillRect(room, row.colour)
        painter.setFont(theme.font(theme.SMALL))
        painter.setPen(theme.readable_on(row.colour))
        whole = stretch.word.replace("_", " ")
        words = painter.fontMetrics().elidedText(whole, Qt.TextElideMode.ElideRight, int(room.width()) - 6)
        if words == whole or len(words) > FEWEST:  # as … is one letter
            painter.drawText(
                room.adjusted(4, 0, -2, 0), Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, words
            )
