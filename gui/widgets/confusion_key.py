"""The key below the confusion matrix: what its two scales of colour mean."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QLinearGradient, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui import theme
from gui.widgets.confusion_canvas import FAINTEST

TWO_SCALES = "Errors and the diagonal have a scale each, so that few errors beside many hits are seen."
DIFFERENCE = (
    "Purple: more of A's predictions are in the cell; green: more of B's. On the diagonal, framed with dots, more is "
    "better; elsewhere more is worse."
)


class ConfusionKey(QWidget):
    """A word, a scale and its end for each colour; a scale of nothing is left out."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._ends = ("0", "0")
        self._difference = False

    def set_ends(self, errors: float, correct: float, percent: bool) -> None:
        """The highest values off and on the diagonal."""
        self._show((errors, correct), percent, difference=False)

    def set_difference(self, most: float, percent: bool) -> None:
        """The largest difference of two matrices, either way: both have one scale, or their colours would deceive."""
        self._show((most, most), percent, difference=True)

    def _show(self, ends: tuple[float, float], percent: bool, difference: bool) -> None:
        first, second = (f"{100 * end:.0f} %" if percent else f"{end:.0f}" for end in ends)
        self._ends, self._difference = (first, second), difference
        self.setToolTip(DIFFERENCE if difference else TWO_SCALES)
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(320, 3 * theme.GRID)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setFont(theme.font(theme.SMALL))
        if self._difference:
            kinds = ("more of A", theme.colour("more_a")), ("more of B", theme.colour("more_b"))
        else:
            kinds = ("errors", theme.ERROR), ("correct", theme.CORRECT)
        left = 0.0
        for (word, colour), end in zip(kinds, self._ends, strict=True):
            if end not in ("0", "0 %"):  # else none are shown
                left = self._paint_scale(painter, left, word, end, colour) + 2 * theme.GRID

    def _paint_scale(self, painter: QPainter, left: float, word: str, end: str, colour: QColor) -> float:
        empty = theme.mix(theme.colour("base"), theme.colour("text"), 0.05)
        metrics = painter.fontMetrics()
        painter.setPen(theme.colour("muted"))
        place = left
        for text in (f"{word}  0", None, end):
            if text is None:
                bar = QRectF(place, (self.height() - theme.GRID) / 2, 8 * theme.GRID, theme.GRID)
                gradient = QLinearGradient(bar.topLeft(), bar.topRight())
                gradient.setColorAt(0, theme.mix(empty, colour, FAINTEST))
                gradient.setColorAt(1, colour)
                painter.fillRect(bar, gradient)
                place = bar.right() + theme.GRID
            else:
                width = metrics.horizontalAdvance(text)
                painter.drawText(QRectF(place, 0, width + 1, self.height()), Qt.AlignmentFlag.AlignVCenter, text)
                place += width + theme.GRID
        return place
