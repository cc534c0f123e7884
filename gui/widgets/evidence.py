"""A picture that a network was given, with what it found in it laid over; a box dragged over it hides a part."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from core.analysis.evidence import HEAT, STRENGTH
from gui import theme

SMALLEST = 4  # pixels that a drag needs to be one

Share = tuple[float, float, float, float]  # left, top, right, bottom of a box, from 0 to 1


class EvidencePicture(QWidget):
    """Draws a grey or coloured picture, a map over it, a cursor and the boxes that are hidden."""

    boxed = Signal(object)  # Share of the box that is dragged, while it is dragged
    cleared = Signal()  # a click without a drag
    pointed = Signal(object)  # QPointF as shares, or None

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMouseTracking(True)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self._picture, self._map = QImage(), QImage()
        self._keeps_shape = False
        self._cursor: float | None = None
        self._boxes: tuple[Share, ...] = ()
        self._pressed: QPointF | None = None

    def show_spectrogram(self, decibels: NDArray[np.float32], levels: tuple[float, float]) -> None:
        """(bands, frames), the lowest band first."""
        low, high = levels
        grey = np.clip((decibels[::-1] - low) / (high - low), 0, 1)
        self._picture, self._keeps_shape = _grey(np.round(255 * grey).astype(np.uint8)), False
        self.update()

    def show_picture(self, pixels: NDArray[np.uint8]) -> None:
        """(rows, columns, 3) RGB."""
        rows, columns, _ = pixels.shape
        content = np.ascontiguousarray(pixels).tobytes()
        self._picture = QImage(content, columns, rows, 3 * columns, QImage.Format.Format_RGB888).copy()
        self._keeps_shape = True
        self.update()

    def show_map(self, strength: NDArray[np.float32] | None) -> None:
        """(rows, columns) from 0 to 1, the top row first, over the whole of the picture; None = no map."""
        self._map = QImage()
        if strength is not None:
            rows, columns = strength.shape
            alpha = np.round(255 * STRENGTH * np.clip(strength, 0, 1)).astype(np.uint8)
            pixels = np.empty((rows, columns, 4), np.uint8)
            pixels[..., :3], pixels[..., 3] = HEAT, alpha
            content = pixels.tobytes()
            self._map = QImage(content, columns, rows, 4 * columns, QImage.Format.Format_RGBA8888).copy()
        self.update()

    def clear(self) -> None:
        self._picture, self._map, self._boxes = QImage(), QImage(), ()
        self.update()

    def set_cursor(self, share: float | None) -> None:
        """Where of the width the clip is now; None = no cursor."""
        if share != self._cursor:
            self._cursor = share
            self.update()

    def set_boxes(self, boxes: tuple[Share, ...]) -> None:
        self._boxes = boxes
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(200, 112)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(96, 56)

    def place(self) -> QRectF:
        """Where the picture lies."""
        room = QRectF(self.rect())
        if not self._keeps_shape or self._picture.isNull():
            return room
        size = self._picture.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
        return QRectF((room.width() - size.width()) / 2, (room.height() - size.height()) / 2, *size.toTuple())

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if event.button() == Qt.MouseButton.LeftButton and not self._picture.isNull():
            self._pressed = event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self.pointed.emit(self._share(event.position()))
        if self._pressed is not None and (event.position() - self._pressed).manhattanLength() >= SMALLEST:
            self.boxed.emit(self._box(self._pressed, event.position()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if self._pressed is not None and (event.position() - self._pressed).manhattanLength() < SMALLEST:
            self.cleared.emit()
        self._pressed = None

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802
        self.pointed.emit(None)

    def _share(self, point: QPointF) -> QPointF:
        room = self.place()
        x, y = (point.x() - room.left()) / room.width(), (point.y() - room.top()) / room.height()
        return QPointF(min(max(x, 0.0), 1.0), min(max(y, 0.0), 1.0))

    def _box(self, one: QPointF, other: QPointF) -> Share:
        a, b = self._share(one), self._share(other)
        return min(a.x(), b.x()), min(a.y(), b.y()), max(a.x(), b.x()), max(a.y(), b.y())

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        painter, room = QPainter(self), self.place()
        if self._picture.isNull():
            painter.fillRect(self.rect(), theme.colour("raised"))
            return
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, self._keeps_shape)
        painter.drawImage(room, self._picture)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        if not self._map.isNull():
            painter.drawImage(room, self._map)
        for left, top, right, bottom in self._boxes:
            box = QRectF(
                room.left() + left * room.width(),
                room.top() + top * room.height(),
                (right - left) * room.width(),
                (bottom - top) * room.height(),
            )
            painter.fillRect(box, Qt.GlobalColor.black)
            painter.setPen(QPen(Qt.GlobalColor.white, 1, Qt.PenStyle.DashLine))
            painter.drawRect(box)
        if self._cursor is not None:
            x = room.left() + self._cursor * room.width()
            painter.setPen(QPen(Qt.GlobalColor.white, 1))
            painter.drawLine(QPointF(x, room.top()), QPointF(x, room.bottom()))


def _grey(pixels: NDArray[np.uint8]) -> QImage:
    rows, columns = pixels.shape
    # The copy owns its pixels: a QImage around an array's memory would outlive the array.
    content = np.ascontiguousarray(pixels).tobytes()
    return QImage(content, columns, rows, columns, QImage.Format.Format_Grayscale8).copy()
