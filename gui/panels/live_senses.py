"""What is heard and seen now: the picture of the camera, the spectrogram with its level, and how late they are."""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QWidget

from core.live.source import SourceState
from gui import theme
from gui.widgets.camera_picture import CameraPicture
from gui.widgets.level_meter import LevelMeter
from gui.widgets.live_spectrogram import ScrollingSpectrogram

if TYPE_CHECKING:
    from core.live.columns import Columns
    from core.live.ring_buffer import FrameRing, SoundRing
    from core.live.session import Sources

OFF = "Nothing is on: “Switch on” opens what is chosen above."
MEASURED = 400  # paintings over which their lateness is told


class LiveSenses(QSplitter):
    """Drawn from the rings whenever `draw` is called; what has gone is not shown as if it were now.

    Attributes:
        lateness: of the last columns in s, from the newest sample that the sound interface had given to the painting
            of the column that shows it.
        seen: frames that have come, of which `passed` were not shown.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Vertical, parent)
        self.spectrogram, self.meter, self.picture = ScrollingSpectrogram(), LevelMeter(), CameraPicture()
        self.lateness: deque[float] = deque(maxlen=MEASURED)
        self.seen = self.passed = 0
        self._columns: Columns | None = None
        self._heard = 0  # samples that are drawn
        self._newest: float | None = None  # when the sound was heard that is drawn and not painted yet
        self._hearing = QWidget()
        sound = QHBoxLayout(self._hearing)
        sound.setContentsMargins(theme.GRID, 0, 0, 0)
        sound.addWidget(self.meter)
        sound.addWidget(self.spectrogram, 1)
        for place, widget in enumerate((self.picture, self._hearing)):
            self.addWidget(widget)
            self.setStretchFactor(place, 1)
        self.picture.say(OFF)
        self.spectrogram.painted.connect(self._painted)

    @property
    def margins(self) -> tuple[int, int]:
        """Pixels on the left and on the right of the time axis."""
        if not self._hearing.isVisible():
            return 2 * theme.GRID, 2 * theme.GRID
        left, right = self.spectrogram.span
        place = self.spectrogram.mapTo(self, QPoint()).x()
        return place + left, self.width() - place - right

    def begin(self, sources: Sources) -> None:
        """Anew, with what was switched on; nothing = it was switched off."""
        on = bool(sources.all())
        self._columns, self._heard, self._newest = None, 0, None
        self.seen = self.passed = 0
        self.lateness.clear()
        self.meter.clear()
        self.picture.say("" if on else OFF)
        self._hearing.setVisible(not on or sources.microphone is not None)  # or what is replayed has a sound
        self.picture.setVisible(not on or sources.camera is not None or sources.senses().sight is not None)

    def draw(self, sources: Sources) -> None:
        """What has come since the last call."""
        senses = sources.senses()
        if senses.sound is not None and senses.sound.written:
            self._draw_sound(senses.sound)
        if senses.sight is not None and senses.sight.written != self.seen:
            self._draw_frame(senses.sight)
        for source in sources.all():
            if source.status.state is SourceState.LOST:
                if source is not sources.microphone:
                    self.picture.say(source.status.reason)
                if source is not sources.camera:
                    self.meter.clear()

    def _draw_frame(self, ring: FrameRing) -> None:
        self.passed += ring.written - self.seen - 1
        self.seen = ring.written
        newest = ring.newest()
        if newest is not None:
            self.picture.show_frame(newest[1])

    def _draw_sound(self, ring: SoundRing) -> None:
        if self._columns is None or self._columns.rate != ring.rate:
            from core.live.columns import Columns

            self._columns, self._heard = Columns(ring.rate), ring.written
            self.spectrogram.begin(self._columns.frequencies, ring.rate / self._columns.hop)
        stop = ring.written
        samples = ring.read(max(self._heard, ring.oldest), stop)
        self._heard = stop
        if self._hearing.isHidden() and samples.any():
            self._hearing.show()
        if len(samples):
            self.spectrogram.add(self._columns.add(samples))
            self.meter.add(samples)
        if self.spectrogram.draw():
            self._newest = ring.time_of(stop)

    def _painted(self) -> None:
        if self._newest is not None:
            self.lateness.append(time.perf_counter() - self._newest)
            self._newest = None
