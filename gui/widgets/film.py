"""The pictures of a clip, each painted when the player has come to its time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QImage, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from core.video.pictures import Film
from gui import theme
from gui.widgets.player import Player

LOOK_AGAIN_MS = 20  # at most: the player may be sent elsewhere, and the device's clock trembles
MARGIN = theme.GRID


@dataclass
class Shown:
    """What became of the frames that were due while the clip was playing."""

    painted: int = 0
    dropped: int = 0  # their time passed before they could be painted


class FilmView(QWidget):
    """Paints the frame of the player's position, its aspect kept, on the background of the panel."""

    clicked = Signal()

    def __init__(self, player: Player, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.player = player
        self.film: Film | None = None
        self.shown = Shown()
        self.frame = 0
        self._painted = -1  # the frame painted last while playing; −1 = none since playing began
        self._wait = QTimer(self, singleShot=True, timerType=Qt.TimerType.PreciseTimer)
        self._wait.timeout.connect(self._follow)
        self.setMinimumHeight(80)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setToolTip("The pictures of the clip. Click to play or pause; the keys , and . go one frame back and on.")
        player.position.connect(self._move)
        player.state_changed.connect(self._state_changed)
        player.sought.connect(self._sent)

    def show_film(self, film: Film | None) -> None:
        """Stand at the first frame; None shows nothing and frees what was shown."""
        self._wait.stop()
        self.film, self.frame, self._painted = film, 0, -1
        self.shown = Shown()
        self.update()

    def step(self, frames: int) -> None:
        """Pause, and go this many frames on; back when negative."""
        if self.film is not None:
            self.player.pause()
            times = np.unique(self.film.seconds)  # of a short clip, frames may be repeated
            here = int(np.searchsorted(times, self.film.seconds[self._now()]))
            self.player.seek(float(times[min(max(here + frames, 0), len(times) - 1)]))

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(320, 240)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if event.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        if self.film is None:
            return
        self._count(self.film)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        picture = image(self.film.frames[self.frame])
        painter.drawImage(fitted(picture.size(), self.rect().adjusted(MARGIN, 0, -MARGIN, 0)), picture)

    def _count(self, film: Film) -> None:
        if self.player.playing and self.frame != self._painted:
            missed = self.frame - self._painted - 1 if self._painted >= 0 else 0
            self.shown.painted += 1
            self.shown.dropped += missed % len(film.seconds)  # a loop has begun anew where it is negative
            self._painted = self.frame

    def _sent(self) -> None:
        self._painted = -1  # what lies between was not due

    def _now(self) -> int:
        assert self.film is not None
        return self.film.index_at(self.player.seconds)

    def _move(self, seconds: float) -> None:
        if self.film is not None:
            self._show(self.film.index_at(seconds))

    def _show(self, frame: int) -> None:
        if frame != self.frame:
            self.frame = frame
            self.update()

    def _state_changed(self) -> None:
        if self.film is None or not self.player.playing:
            self._wait.stop()
            self._painted = -1
        elif not self._wait.isActive():
            self.update()  # the frame it stands at counts as the first
            self._follow()

    def _follow(self) -> None:
        """Show what is due, and wake up when the next frame is."""
        if self.film is None or not self.player.playing:
            return
        seconds = self.player.seconds
        frame = self.film.index_at(seconds)
        self._show(frame)
        later = self.film.seconds[frame + 1] if frame + 1 < len(self.film.seconds) else self.player.duration
        self._wait.start(min(max(int(np.ceil((later - seconds) * 1000)), 1), LOOK_AGAIN_MS))


def image(pixels: NDArray[np.uint8]) -> QImage:
    """A picture of shape (h, w, 3), RGB, contiguous. It shares the memory, which must outlive it."""
    height, width, _ = pixels.shape
    return QImage(pixels.data, width, height, pixels.strides[0], QImage.Format.Format_RGB888)


def fitted(size: QSize, room: QRect) -> QRect:
    """Where something of this size lies in the middle of some room, as large as its aspect allows."""
    size = size.scaled(room.size(), Qt.AspectRatioMode.KeepAspectRatio)
    left = room.left() + (room.width() - size.width()) // 2
    top = room.top() + (room.height() - size.height()) // 2
    return QRect(QPoint(left, top), size)
