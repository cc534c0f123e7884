"""How loud it is now: a bar in dB, the peak of the last second, and a lamp for what is too loud."""

from __future__ import annotations

from time import monotonic

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from core.audio.track import FULL_SCALE
from gui import theme

LOWEST = -60.0  # dB below full scale
HOLD = 1.0  # s that a peak stays
LAMP = 2.0  # s that the lamp stays lit
MARKS = (-48, -36, -24, -12, 0)


class LevelMeter(QWidget):
    """Fed with samples, full scale 1."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self.setToolTip(
            "Level in dB below full scale: root mean square as a bar, the peak as a line. The lamp above says that "
            "sound was clipped: turn the microphone down."
        )
        self.setAccessibleName("Level")
        self.level = self.peak = LOWEST
        self._peaked = self._clipped = -np.inf

    @property
    def clipped(self) -> bool:
        """Whether the lamp is lit."""
        return monotonic() - self._clipped < LAMP

    def add(self, samples: NDArray[np.float32]) -> None:
        """The newest samples, shape (n,)."""
        if not len(samples):
            return
        now = monotonic()
        highest = float(np.abs(samples).max())
        self.level = _decibels(float(np.sqrt(np.square(samples, dtype=np.float64).mean())))
        peak = _decibels(highest)
        if peak >= self.peak or now - self._peaked > HOLD:
            self.peak, self._peaked = peak, now
        if highest >= FULL_SCALE:
            self._clipped = now
        self.update()

    def clear(self) -> None:
        self.level = self.peak = LOWEST
        self._clipped = -np.inf
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(round(theme.pixels(5 * theme.GRID)), 12 * theme.GRID)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        lamp = QRectF(2, 4, 10, 10)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("error_text" if self.clipped else "border"))
        painter.drawEllipse(lamp)
        bar = QRectF(2, 20, 10, self.height() - 24)
        painter.fillRect(bar, theme.colour("raised"))
        top = bar.bottom() - _share(self.level) * bar.height()
        painter.fillRect(QRectF(bar.left(), top, bar.width(), bar.bottom() - top), theme.colour("accent"))
        line = bar.bottom() - _share(self.peak) * bar.height()
        painter.fillRect(QRectF(bar.left(), line - 1, bar.width(), 2), theme.colour("text"))
        painter.setFont(theme.font(theme.SMALL))
        painter.setPen(theme.colour("muted"))
        for mark in MARKS:
            height = bar.bottom() - _share(mark) * bar.height()
            room = QRectF(bar.right() + 3, height - 8, self.width() - bar.right() - 3, 16)
            painter.drawText(
                room, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, f"{mark}".replace("-", "−")
            )


def _decibels(amplitude: float) -> float:
    return max(LOWEST, 20 * float(np.log10(max(amplitude, 1e-12))))


def _share(decibels: float) -> float:
    return min(1.0, max(0.0, (decibels - LOWEST) / -LOWEST))
