"""What each network thought of one clip, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui import theme

ROW = 20  # pixels, before type is enlarged
SHOWN = 4  # classes beside the true one
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


@dataclass(frozen=True)
class Opinion:
    """One network's probabilities of one clip."""

    network: str
    colour: QColor
    probabilities: NDArray[np.float32] | None  # (classes,); None = no run of it has tested the clip


class ProbabilityBars(QWidget):
    """Rows are classes, the true one first; every network has a column of bars from 0 to 100 %."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setToolTip(
            "Probabilities that the networks gave to this clip when it was in their test fold. "
            "The true class stands first; a wrong answer is vermilion."
        )
        self._classes: tuple[str, ...] = ()
        self._true = -1
        self._opinions: tuple[Opinion, ...] = ()
        self.rows: tuple[int, ...] = ()  # classes shown, from the top

    def show_opinions(self, classes: tuple[str, ...], true: int, opinions: Sequence[Opinion]) -> None:
        self._classes, self._true, self._opinions = classes, true, tuple(opinions)
        given = [o.probabilities for o in opinions if o.probabilities is not None]
        if given:
            highest = np.max(given, axis=0)
            ranked = [int(c) for c in np.argsort(-highest, kind="stable") if c != true]
            self.rows = (true, *ranked[:SHOWN])
        else:
            self.rows = (true,)
        self.updateGeometry()
        self.update()

    def clear(self) -> None:
        self._opinions, self.rows = (), ()
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(480, round(theme.pixels((SHOWN + 2) * ROW)) + theme.GRID)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(240 + 96 * max(1, len(self._opinions)), self.sizeHint().height())

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        if event.type() == QEvent.Type.FontChange:
            self.updateGeometry()
        super().changeEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        if not self.rows:
            return
        painter, height = QPainter(self), theme.pixels(ROW)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        names = min(theme.pixels(176.0), 0.3 * self.width())
        width = (self.width() - names) / max(1, len(self._opinions))
        for line, class_ in enumerate(self.rows, start=1):
            true = class_ == self._true
            painter.setFont(theme.font(bold=true))
            painter.setPen(theme.colour("text"))
            tag = "true · " if true else ""
            text = painter.fontMetrics().elidedText(
                tag + self._classes[class_], Qt.TextElideMode.ElideRight, int(names - theme.GRID)
            )
            painter.drawText(QRectF(0, line * height, names - theme.GRID, height), RIGHT, text)
        for place, opinion in enumerate(self._opinions):
            self._paint_column(painter, QRectF(names + place * width, 0, width - 2 * theme.GRID, height), opinion)

    def _paint_column(self, painter: QPainter, top: QRectF, opinion: Opinion) -> None:
        painter.setFont(theme.font())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(opinion.colour)
        painter.drawEllipse(QRectF(top.left(), top.center().y() - 5, 10, 10))
        painter.setPen(theme.colour("text"))
        title = top.adjusted(2 * theme.GRID, 0, 0, 0)
        name = painter.fontMetrics().elidedText(opinion.network, Qt.TextElideMode.ElideRight, int(title.width()))
        painter.drawText(title, LEFT, name)
        if opinion.probabilities is None:
            painter.setPen(theme.colour("muted"))
            painter.drawText(top.translated(0, top.height()), LEFT, "no run tested it")
            return
        predicted = int(opinion.probabilities.argmax())
        figures = theme.pixels(8.0 * theme.GRID)
        for line, class_ in enumerate(self.rows, start=1):
            value = float(opinion.probabilities[class_])
            cell = top.translated(0, line * top.height())
            bar = QRectF(cell.left(), cell.top() + 3, cell.width() - figures, cell.height() - 6)
            track = theme.mix(theme.colour("base"), theme.colour("text"), 0.07)
            painter.fillRect(bar, track)
            chosen = class_ == predicted
            shade = opinion.colour if chosen else theme.mix(track, opinion.colour, 0.55)
            painter.fillRect(QRectF(bar.left(), bar.top(), max(1.0, bar.width() * value), bar.height()), shade)
            wrong = chosen and class_ != self._true
            painter.setFont(theme.font(bold=chosen))
            painter.setPen(theme.colour("error_text") if wrong else theme.colour("text"))
            mark = ("✗ " if wrong else "✓ ") if chosen else ""
            painter.drawText(cell, RIGHT, f"{mark}{100 * value:.0f} %")
