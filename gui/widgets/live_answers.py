"""What every network says now, side by side: its decision in large type, its likeliest classes as bars."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from core.datasets.base import Modality
from gui import theme

TOP = 5  # classes
ROW = 20  # px, before type is enlarged
TITLE_ROW = 36
LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
ELIDE = Qt.TextElideMode.ElideRight


@dataclass(frozen=True)
class Card:
    """One network's present state.

    Attributes:
        word: its decision, “not sure”, or what it lacks; "" = it has not been asked yet.
        sure: whether the word is a class.
        probabilities: (classes,); None = nothing could be said.
        truth: class that is known to be played; "" = nobody knows.
        figures: latency in words.
    """

    network: str
    colour: QColor
    modality: Modality
    classes: tuple[str, ...]
    word: str = ""
    sure: bool = False
    probabilities: NDArray[np.float32] | None = None
    truth: str = ""
    figures: str = ""

    @property
    def wrong(self) -> bool:
        return self.sure and bool(self.truth) and self.truth in self.classes and self.word != self.truth


class LiveAnswers(QWidget):
    """Cards in a column, each as high as its bars need; narrower bars where there are many."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.cards: tuple[Card, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Answers of the networks")
        self.setToolTip(
            "What each network says now, and at the right how long after the end of a window: in the median, and at "
            "most in 95 of 100."
        )

    def show_cards(self, cards: Sequence[Card]) -> None:
        many = len(cards) != len(self.cards)
        self.cards = tuple(cards)
        if many:
            self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(420, round(max(1, len(self.cards)) * self._needed(TOP)))

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(240, round(max(1, len(self.cards)) * self._needed(1)))

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        if not self.cards:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        height = self.height() / len(self.cards)
        bars = int(max(1, min(TOP, (height - self._needed(0)) // theme.pixels(ROW))))
        height = min(height, self._needed(bars) + theme.pixels(ROW))
        for place, card in enumerate(self.cards):
            room = QRectF(theme.GRID, place * height, self.width() - 2 * theme.GRID, height)
            self._paint(painter, room, card, bars)

    def _needed(self, bars: int) -> float:
        return theme.pixels(ROW + TITLE_ROW + bars * ROW) + theme.GRID

    def _paint(self, painter: QPainter, room: QRectF, card: Card, bars: int) -> None:
        row = theme.pixels(ROW)
        head = QRectF(room.left(), room.top() + theme.GRID / 2, room.width(), row)
        mark = QRectF(head.left(), head.top() + 4, 4, row - 8)
        painter.fillRect(mark, card.colour)
        painter.setFont(theme.font(theme.SMALL))
        painter.setPen(theme.colour("muted"))
        name = head.adjusted(theme.GRID + 4, 0, 0, 0)
        taken = painter.fontMetrics().horizontalAdvance(card.figures) + theme.GRID
        if QFontMetrics(theme.font(bold=True)).horizontalAdvance(card.network) + taken <= name.width():
            painter.drawText(head, RIGHT, card.figures)  # of the two the name is wanted more
        painter.setFont(theme.font(bold=True))
        painter.setPen(theme.colour("text"))
        painter.drawText(name, LEFT, painter.fontMetrics().elidedText(card.network, ELIDE, int(name.width())))
        self._paint_word(painter, QRectF(room.left(), head.bottom(), room.width(), theme.pixels(TITLE_ROW)), card)
        if card.probabilities is None:
            return
        best = np.argsort(-card.probabilities, kind="stable")[:bars]
        top = head.bottom() + theme.pixels(TITLE_ROW)
        for line, class_ in enumerate(best):
            self._paint_bar(painter, QRectF(room.left(), top + line * row, room.width(), row), card, int(class_))

    def _paint_word(self, painter: QPainter, room: QRectF, card: Card) -> None:
        painter.setFont(theme.font(theme.TITLE, bold=card.sure))
        painter.setPen(theme.colour("error_text" if card.wrong else "text" if card.sure else "muted"))
        words = card.word.replace("_", " ")
        painter.drawText(room, LEFT, painter.fontMetrics().elidedText(words, ELIDE, int(room.width())))

    def _paint_bar(self, painter: QPainter, room: QRectF, card: Card, class_: int) -> None:
        assert card.probabilities is not None
        share = float(card.probabilities[class_])
        names, figures = 0.38 * room.width(), theme.pixels(44)
        painter.setFont(theme.font(bold=card.classes[class_] == card.truth))
        painter.setPen(theme.colour("text"))
        name = QRectF(room.left(), room.top(), names - theme.GRID, room.height())
        text = card.classes[class_].replace("_", " ")
        painter.drawText(name, RIGHT, painter.fontMetrics().elidedText(text, ELIDE, int(name.width())))
        bar = QRectF(room.left() + names, room.top() + 4, room.width() - names - figures, room.height() - 8)
        painter.fillRect(bar, theme.colour("raised"))
        painter.fillRect(QRectF(bar.left(), bar.top(), share * bar.width(), bar.height()), card.colour)
        painter.setFont(theme.font())
        figure = QRectF(bar.right(), room.top(), figures, room.height())
        painter.drawText(figure, RIGHT, f"{100 * share:.0f} %")
