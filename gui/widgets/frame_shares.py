"""How much each frame that a network is given spoke for a class: a bar each, below the frame that is shown."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui import theme

HEIGHT = 14
GAP = 1  # pixels between two bars
LOWEST = 1  # pixels of a bar of nothing: there is a frame


class FrameShares(QWidget):
    """Bars in the order of time; the one of the frame that is shown is marked, a click wants another."""

    wanted = Signal(int)  # a frame

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.shares: NDArray[np.float32] = np.zeros(0, np.float32)
        self.current = -1
        self.setFixedHeight(HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("What each frame spoke for the class")
        self.setToolTip(
            "A bar for each frame that the network is given: how much it spoke for the class. Click to go to it."
        )

    def show_shares(self, shares: NDArray[np.float32]) -> None:
        """(T,) from 0 to 1; of no frames, nothing is shown."""
        self.shares, self.current = shares, -1
        self.update()

    def mark(self, frame: int) -> None:
        if frame != self.current:
            self.current = frame
            self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's names
        if len(self.shares):
            self.wanted.emit(min(max(int(event.position().x() / self._step), 0), len(self.shares) - 1))

    @property
    def _step(self) -> float:
        return self.width() / max(1, len(self.shares))

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        painter, wide = QPainter(self), self._step
        for frame, share in enumerate(self.shares):
            high = max(LOWEST, float(share) * (self.height() - 2))
            place = QRectF(frame * wide, self.height() - high, max(1.0, wide - GAP), high)
            if frame == self.current:
                painter.fillRect(QRectF(place.left(), 0, place.width(), self.height()), theme.colour("raised"))
            painter.fillRect(place, theme.colour("accent" if frame == self.current else "muted"))
