"""What the camera sees now."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui import theme
from gui.widgets.film import fitted


class CameraPicture(QWidget):
    """Paints the newest frame with its aspect kept, or a sentence where there is none."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._image: QImage | None = None
        self.sentence = ""
        self.setMinimumHeight(10 * theme.GRID)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Camera picture")

    def show_frame(self, frame: NDArray[np.uint8]) -> None:
        """A frame (h, w, 3) in BGR."""
        height, width = frame.shape[:2]
        packed = np.ascontiguousarray(frame)
        self._image = QImage(packed.data, width, height, 3 * width, QImage.Format.Format_BGR888).copy()
        self.update()

    def say(self, sentence: str) -> None:
        """There is no picture: why."""
        if self._image is not None or sentence != self.sentence:
            self._image, self.sentence = None, sentence
            self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(320, 240)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        if self._image is not None:
            painter.drawImage(fitted(self._image.size(), self.rect().adjusted(4, 4, -4, -4)), self._image)
        else:
            painter.setFont(theme.font())
            painter.setPen(theme.colour("muted"))
            room = self.rect().adjusted(2 * theme.GRID, 0, -2 * theme.GRID, 0)
            painter.drawText(room, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self.sentence)
