"""What each network thought of one clip, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QHelpEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from core.datasets.base import Modality
from gui import theme
from gui.widgets.marks import paint_mark

ROW = 20  # pixels, before type is enlarged
SHOWN = 4  # classes beside the true one
NARROW = 128.0  # pixels of a column in which there is no room for a figure beside the bar
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
ABOUT = (
    "Probabilities that the networks gave to this clip when it was in their test fold. "
    "The true class stands first; a wrong answer is vermilion."
)
ELIDE = Qt.TextElideMode.ElideRight
WEIGHED = (
    "How much the sound counted in the answer to this clip, the sight having the rest: the gate of gated attention, "
    "or the weight of a score average, which is the same for every clip."
)
FRAMES = "Click a class to see, below the frames, what the network in view gave to it in each frame alone."


@dataclass(frozen=True)
class Opinion:
    """One network's probabilities of one clip."""

    network: str
    colour: QColor
    probabilities: NDArray[np.float32] | None  # (classes,); None = no run of it has tested the clip
    modality: Modality = Modality.AUDIO
    group: str = ""  # stands once above neighbours that share it: their architecture
    short: str = ""  # of the network within its group
    sound_share: float | None = None  # how much the sound counted beside the sight, where they are weighed


class ProbabilityBars(QWidget):
    """Rows are classes, the true one first; every network has a column of bars from 0 to 100 %."""

    class_chosen = Signal(int)  # where frames are spoken of

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.classes: tuple[str, ...] = ()
        self._true = -1
        self.of_frames = -1  # class whose probabilities stand below the frames; −1 = none do
        self._opinions: tuple[Opinion, ...] = ()
        self.rows: tuple[int, ...] = ()  # classes shown, from the top

    def show_opinions(self, classes: tuple[str, ...], true: int, opinions: Sequence[Opinion]) -> None:
        self.classes, self._true, self._opinions = classes, true, tuple(opinions)
        self.mark_frames(-1)
        given = [o.probabilities for o in opinions if o.probabilities is not None]
        if given:
            highest = np.max(given, axis=0)
            ranked = [int(c) for c in np.argsort(-highest, kind="stable") if c != true]
            self.rows = (true, *ranked[:SHOWN])
        else:
            self.rows = (true,)
        self.updateGeometry()
        self.update()

    def mark_frames(self, label: int) -> None:
        """Mark the class whose probabilities stand below the frames of the clip; −1 = none do."""
        self.of_frames = label
        self.setCursor(Qt.CursorShape.ArrowCursor if label < 0 else Qt.CursorShape.PointingHandCursor)
        self.update()

    def clear(self) -> None:
        self._opinions, self.rows = (), ()
        self.mark_frames(-1)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(480, round(theme.pixels((SHOWN + 1 + self._head() + self._weighed()) * ROW)) + theme.GRID)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(240 + 48 * max(2, len(self._opinions)), self.sizeHint().height())

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        if event.type() == QEvent.Type.FontChange:
            self.updateGeometry()
        super().changeEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        line = self._line_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and line is not None and self.of_frames >= 0:
            self.class_chosen.emit(self.rows[line])

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self.words_at(QPointF(event.pos())), self)
            return True
        return super().event(event)

    def words_at(self, point: QPointF) -> str:
        """The network under a point in full, with what it said of the class there; else what is shown here."""
        line, names, width = self._line_at(point), self._names(), self._width()
        place = int((point.x() - names) // width)
        if self._weighed() and point.y() // theme.pixels(ROW) == self._head() + len(self.rows):
            return WEIGHED
        if point.x() < names or not 0 <= place < len(self._opinions):
            return f"{ABOUT}\n{FRAMES}" if self.of_frames >= 0 else ABOUT
        opinion = self._opinions[place]
        if line is None or opinion.probabilities is None:
            return opinion.network
        class_ = self.rows[line]
        return f"{opinion.network}\n{self.classes[class_]}: {100 * float(opinion.probabilities[class_]):.1f} %"

    # geometry ---------------------------------------------------------------------------------------------------

    def _head(self) -> int:
        """Lines above the classes: the networks, and what groups them."""
        return 2 if any(opinion.group for opinion in self._opinions) else 1

    def _weighed(self) -> bool:
        """Whether a line below the classes says how much the sound counted."""
        return any(opinion.sound_share is not None for opinion in self._opinions)

    def _names(self) -> float:
        return min(theme.pixels(176.0), 0.3 * self.width())

    def _width(self) -> float:
        return (self.width() - self._names()) / max(1, len(self._opinions))

    def _line_at(self, point: QPointF) -> int | None:
        """Place in `rows` at a point."""
        line = int(point.y() // theme.pixels(ROW)) - self._head()
        return line if 0 <= line < len(self.rows) else None

    # painting ---------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        if not self.rows:
            return
        painter, height, names, width = QPainter(self), theme.pixels(ROW), self._names(), self._width()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for line, class_ in enumerate(self.rows, start=self._head()):
            self._paint_class(painter, QRectF(0, line * height, names - theme.GRID, height), class_)
        if self._weighed():
            painter.setFont(theme.font())
            painter.setPen(theme.colour("muted"))
            below = QRectF(0, (self._head() + len(self.rows)) * height, names - 2 * theme.GRID, height)
            painter.drawText(below, RIGHT, "weight of the sound")
        gap = 2 * theme.GRID if width > theme.pixels(NARROW) else theme.GRID
        for place, opinion in enumerate(self._opinions):
            top = QRectF(names + place * width, (self._head() - 1) * height, width - gap, height)
            self._paint_column(painter, top, opinion)
        painter.setFont(theme.font(bold=True))
        painter.setPen(theme.colour("text"))
        start = 0
        for group, members in groupby(self._opinions, key=lambda opinion: opinion.group):
            count = len(list(members))
            room = QRectF(names + start * width, 0, count * width - gap, height)
            painter.drawText(room, LEFT, painter.fontMetrics().elidedText(group, ELIDE, int(room.width())))
            start += count

    def _paint_class(self, painter: QPainter, room: QRectF, class_: int) -> None:
        true = class_ == self._true
        painter.setFont(theme.font(bold=true))
        painter.setPen(theme.colour("text"))
        tag = "true · " if true else ""
        text = painter.fontMetrics().elidedText(tag + self.classes[class_], ELIDE, int(room.width() - theme.GRID))
        painter.drawText(room, RIGHT, text)
        if class_ == self.of_frames:  # in the colour of the bars below the frames
            painter.fillRect(QRectF(room.left() + 2, room.top() + 3, 4, room.height() - 6), theme.colour("accent"))

    def _paint_column(self, painter: QPainter, top: QRectF, opinion: Opinion) -> None:
        middle = QPointF(top.left() + 5, top.center().y())
        paint_mark(painter, opinion.modality, middle, 5, opinion.colour)
        painter.setFont(theme.font())
        painter.setPen(theme.colour("text"))
        title = top.adjusted(2 * theme.GRID, 0, 0, 0)
        name, metrics = opinion.short or opinion.network, painter.fontMetrics()
        if metrics.horizontalAdvance(name) > title.width():
            name = name.removeprefix(f"{opinion.modality.word}, ")  # the mark says the modality, too
        painter.drawText(title, LEFT, metrics.elidedText(name, ELIDE, int(title.width())))
        if opinion.probabilities is None:
            painter.setPen(theme.colour("muted"))
            below = top.translated(0, top.height())
            painter.drawText(below, LEFT, painter.fontMetrics().elidedText("no run tested it", ELIDE, int(top.width())))
            return
        predicted = int(opinion.probabilities.argmax())
        for line, class_ in enumerate(self.rows, start=1):
            cell = top.translated(0, line * top.height())
            chosen, wrong = class_ == predicted, class_ == predicted != self._true
            mark = ("✗ " if wrong else "✓ ") if chosen else ""
            shade = opinion.colour if chosen else theme.mix(self._track(), opinion.colour, 0.55)
            painter.setFont(theme.font(bold=chosen))
            painter.setPen(theme.colour("error_text") if wrong else theme.colour("text"))
            self._paint_bar(painter, cell, shade, float(opinion.probabilities[class_]), mark)
        if opinion.sound_share is not None:
            painter.setFont(theme.font())
            painter.setPen(theme.colour("muted"))
            below = top.translated(0, (len(self.rows) + 1) * top.height())
            self._paint_bar(painter, below, theme.colour("muted"), opinion.sound_share)

    @staticmethod
    def _track() -> QColor:
        return theme.mix(theme.colour("base"), theme.colour("text"), 0.07)

    def _paint_bar(self, painter: QPainter, cell: QRectF, shade: QColor, value: float, mark: str = "") -> None:
        """A bar with its figure at the right; in a narrow column the bar is a line below the figure."""
        if cell.width() > theme.pixels(NARROW - 2 * theme.GRID):
            bar = QRectF(cell.left(), cell.top() + 3, cell.width() - theme.pixels(8.0 * theme.GRID), cell.height() - 6)
        else:
            bar = QRectF(cell.left(), cell.bottom() - 4, cell.width(), 3)
        painter.fillRect(bar, self._track())
        painter.fillRect(QRectF(bar.left(), bar.top(), max(1.0, bar.width() * value), bar.height()), shade)
        painter.drawText(cell if bar.height() > 3 else cell.adjusted(0, -3, 0, -3), RIGHT, f"{mark}{100 * value:.0f} %")
