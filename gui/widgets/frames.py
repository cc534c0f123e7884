"""The frames of a clip that a network is given, as a strip: where each lies in time, and what it was taken for."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QHelpEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from gui import theme
from gui.widgets.film import fitted, image

GAP = 4  # pixels between two frames
BAR = 4  # height of a probability's bar
LOWEST = 40  # pixels of height for the pictures


class Grid(NamedTuple):
    """How the frames are laid out: cells of equal size in rows."""

    rows: int
    columns: int
    width: float  # of a cell
    height: float


class FramesStrip(QWidget):
    """Thumbnails in the order of time; the one nearest to the cursor is outlined, a click seeks to its time."""

    seek_wanted = Signal(float)  # seconds

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._frames: NDArray[np.uint8] = np.zeros((0, 1, 1, 3), np.uint8)
        self._seconds: NDArray[np.float64] = np.zeros(0)
        self._probabilities: NDArray[np.float32] | None = None
        self._of = self._caption = ""
        self._laid_out_for: tuple[object, ...] = ()
        self._cells = Grid(1, 1, 1.0, 1.0)
        self.current = -1
        self.setMinimumHeight(LOWEST + self._below())
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Frames the network is given")

    def show_frames(
        self,
        frames: NDArray[np.uint8],
        seconds: NDArray[np.float64],
        probabilities: NDArray[np.float32] | None = None,
        of: str = "",
        caption: str = "",
    ) -> None:
        """Show frames of shape (T, h, w, 3), RGB, at their times (T,) in seconds.

        `probabilities` (T,) of one class, given at each frame, stand below them; `of` names the class, and `caption`
        stands once above all frames.
        """
        self._frames, self._seconds = np.ascontiguousarray(frames), np.asarray(seconds, np.float64)
        self.current = 0 if len(frames) else -1
        self.show_probabilities(probabilities, of, caption)

    def show_probabilities(self, probabilities: NDArray[np.float32] | None, of: str = "", caption: str = "") -> None:
        """Show other probabilities (T,) below the same frames, or none; those of another number of frames never."""
        fit = probabilities is not None and len(probabilities) == len(self._frames)
        self._probabilities = probabilities if fit else None
        self._of, self._caption = of, caption if fit else ""
        self.setMinimumHeight(self._above() + LOWEST + self._below())
        self.update()

    def clear_frames(self) -> None:
        self.show_frames(np.zeros((0, 1, 1, 3), np.uint8), np.zeros(0))

    def set_cursor(self, seconds: float) -> None:
        """Where the clip is now."""
        if len(self._seconds):
            nearest = int(np.argmin(np.abs(self._seconds - seconds)))
            if nearest != self.current:
                self.current = nearest
                self.update()

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(320, self._above() + 48 + self._below())

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        frame = self._frame_at(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and frame is not None:
            self.seek_wanted.emit(float(self._seconds[frame]))

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self.words_at(event.pos()), self)
            return True
        return super().event(event)

    def words_at(self, place: QPoint) -> str:
        """What is said of the frame at a point of the strip."""
        frame = self._frame_at(place)
        if frame is None:
            return "The frames that a network is given of this clip. Click one to go there."
        words = f"Frame {frame + 1} of {len(self._seconds)} that a network is given, at {self._seconds[frame]:.2f} s."
        if self._probabilities is not None:
            said = " ".join(filter(None, (self._of, _percent(self._probabilities[frame]))))
            words += f"\nThe network there: {said}."
        return words + "\nClick to go there."

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        if not len(self._frames):
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setFont(theme.font(theme.SMALL))
        line = painter.fontMetrics().height()
        every = self._every(painter.fontMetrics())
        if self._caption:
            above = QRect(theme.GRID, 0, self.width() - 2 * theme.GRID, self._above())
            painter.setPen(theme.colour("muted"))
            caption = painter.fontMetrics().elidedText(self._caption, Qt.TextElideMode.ElideRight, above.width())
            painter.drawText(above, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, caption)
        for frame in range(len(self._frames)):
            cell, shown = self.cell(frame), self.thumbnail(frame)
            painter.drawImage(shown, image(self._frames[frame]))
            if frame == self.current:
                painter.setPen(QPen(theme.colour("accent"), 2))
                painter.drawRect(shown)
            worded = frame % self._grid().columns % every == 0
            below = QRect(cell.left(), shown.bottom() + 2, cell.width(), line)
            painter.setPen(theme.colour("text" if frame == self.current else "muted"))
            if worded:
                painter.drawText(_wide(below), Qt.AlignmentFlag.AlignCenter, f"{self._seconds[frame]:.2f} s")
            if self._probabilities is None:
                continue
            probability = float(self._probabilities[frame])
            bar = QRect(shown.left(), below.bottom() + 1, shown.width(), BAR)
            painter.fillRect(bar, theme.colour("raised"))
            painter.fillRect(bar.adjusted(0, 0, round((probability - 1) * bar.width()), 0), theme.colour("accent"))
            if worded:
                below.moveTop(bar.bottom() + 1)
                painter.drawText(_wide(below), Qt.AlignmentFlag.AlignCenter, _percent(probability))

    def cell(self, frame: int) -> QRect:
        """The room of a frame and its words."""
        grid = self._grid()
        row, column = divmod(frame, grid.columns)
        left, top = theme.GRID + column * grid.width, self._above() + row * grid.height
        return QRect(round(left), round(top), round(grid.width), round(grid.height))

    def thumbnail(self, frame: int) -> QRect:
        """Where its picture lies."""
        _, height, width, _ = self._frames.shape
        return fitted(QSize(width, height), self.cell(frame).adjusted(GAP // 2, 1, -GAP // 2, -self._below()))

    def _grid(self) -> Grid:
        """As many rows as make the pictures largest."""
        count, height, width, _ = self._frames.shape
        below, whole = self._below(), self.height() - self._above()

        def pictures_height(rows: int) -> float:
            room = (self.width() - 2 * theme.GRID) / -(-count // rows) - GAP
            return min(whole / rows - below - 1, room * height / width)

        laid_out_for = (self.width(), whole, below, self._frames.shape)
        if laid_out_for != self._laid_out_for:
            self._laid_out_for = laid_out_for
            rows = max(range(1, count + 1), key=pictures_height)
            columns = -(-count // rows)
            self._cells = Grid(rows, columns, (self.width() - 2 * theme.GRID) / columns, whole / rows)
        return self._cells

    def _above(self) -> int:
        """Pixels above all pictures: for the caption, where there is one."""
        return QFontMetrics(theme.font(theme.SMALL)).height() + 4 if self._caption else 0

    def _below(self) -> int:
        """Pixels below a picture: its time, and its probability where there is one."""
        line = QFontMetrics(theme.font(theme.SMALL)).height()
        return line + 2 if self._probabilities is None else 2 * line + BAR + 4

    def _every(self, metrics: QFontMetrics) -> int:
        """Of so many frames one has its words, or they would overlap."""
        return max(1, -(-(metrics.horizontalAdvance("00.00 s") + GAP) // max(int(self._grid().width), 1)))

    def _frame_at(self, place: QPoint) -> int | None:
        return next((frame for frame in range(len(self._frames)) if self.cell(frame).contains(place)), None)


def _wide(cell: QRect) -> QRect:
    """Words may reach beyond a narrow cell: those beside it have none."""
    return cell.adjusted(-2 * theme.GRID, 0, 2 * theme.GRID, 0)


def _percent(probability: float) -> str:
    return f"{100 * probability:.0f} %"
