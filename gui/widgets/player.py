"""The one clock of a clip: its sound goes to the loudspeaker, and the position of what is heard comes back."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer, Signal

from core import sound_devices
from core.errors import UserError
from gui.widgets.tape import Clock, Samples, Tape

log = logging.getLogger(__name__)

NO_DEVICE = "Sound is off: no loudspeaker or headphones were found. Connect one and press play again."
DEVICE_LOST = "The sound device has gone. Connect it again, or choose another one in the system, and press play."
TICK_MS = 33  # 30 positions a second while playing
DELAY = 0.1  # seconds of sound waiting in the device: training may hold the interpreter for as long
SILENT_FOR = 4.0  # seconds without a request from the device after which it counts as gone


class Player(QObject):
    """Plays one clip through the system's default device. Never raises: trouble is a sentence in `reason`.

    The position is taken from the stream's own clock (frames delivered less what still waits in the device), so
    that cursor and picture show what is heard, not what was sent. A clip with pictures runs on the computer's clock
    where it has no sound, or no device to hear it. Nothing is imported or opened before the first `play()`.
    """

    position = Signal(float)  # seconds into the clip
    state_changed = Signal()  # playing, loop, or what is loaded
    sought = Signal()  # sent elsewhere, which the next position says
    failed = Signal(str)  # a sentence
    nothing: Samples = np.zeros(0, np.float32)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.reason = ""
        self.playing = False
        self._loop = False
        self._volume = 1.0
        self._samples = self.nothing
        self._rate = 1
        self._duration = 0.0
        self._silently = False  # plays on without a device: there is something to see
        self._seconds = 0.0  # where play() begins
        self._resampled: Samples | None = None
        self._tape: Tape | None = None
        self._clock: Clock | None = None
        self._stream: Any = None
        self._timer = QTimer(self, interval=TICK_MS)
        self._timer.timeout.connect(self._tick)

    @property
    def duration(self) -> float:
        """Seconds."""
        return self._duration

    @property
    def seconds(self) -> float:
        """Where the clip is now."""
        if self._clock is not None:
            return self._clock.seconds
        if self.playing and self._tape is not None:
            heard = self._tape.heard(self._stream.time, self._stream.samplerate)
            return min(self._tape.index(heard) / float(self._stream.samplerate), self.duration)
        return self._seconds

    @property
    def loop(self) -> bool:
        return self._loop

    @loop.setter
    def loop(self, on: bool) -> None:
        self._loop = on
        if self._tape is not None:
            self._tape.loop = on
        if self._clock is not None:
            self._clock = Clock(self._clock.seconds, self._duration, on)
        self.state_changed.emit()

    @property
    def volume(self) -> float:
        """0 (silent) to 1."""
        return self._volume

    @volume.setter
    def volume(self, volume: float) -> None:
        self._volume = volume
        if self._tape is not None:
            self._tape.volume = volume

    def load(self, samples: Samples, rate: int, film: float | None = None) -> None:
        """Take a mono clip, shape (samples,), and stand at its start.

        `film` is how many seconds of pictures go with it: the longer of the two is the clip, the sound may be empty.
        """
        self.stop()
        self._samples = np.ascontiguousarray(samples, np.float32)
        self._rate = rate
        missing = round((film or 0.0) * rate) - len(samples)
        if len(samples) and missing > 0:
            self._samples = np.pad(self._samples, (0, missing))
        self._duration = len(self._samples) / rate if len(samples) else film or 0.0
        self._silently = film is not None
        self._resampled = None
        self.state_changed.emit()

    def play(self) -> None:
        if self.playing or not self.duration:
            return
        if self._seconds >= self.duration:
            self._seconds = 0.0
        trouble = self._start_sound() if len(self._samples) else ""
        if trouble and not self._silently:
            self._fail(trouble)
            return
        if trouble or not len(self._samples):
            self._clock = Clock(self._seconds, self._duration, self._loop)
        self.playing = True
        self.reason = trouble
        self._timer.start()
        self.state_changed.emit()

    def pause(self) -> None:
        """Fall silent at once and stay here."""
        if self.playing:
            self._halt(self.seconds)

    def toggle(self) -> None:
        if self.playing:
            self.pause()
        else:
            self.play()

    def stop(self) -> None:
        """Fall silent and go back to the start."""
        self._halt(0.0)
        self.position.emit(0.0)

    def seek(self, seconds: float) -> None:
        self._seconds = min(max(seconds, 0.0), self.duration)
        if self._clock is not None:
            self._clock = Clock(self._seconds, self._duration, self._loop)
        elif self.playing:
            self._wind(self._seconds)
        self.sought.emit()
        self.position.emit(self._seconds)

    def close(self) -> None:
        """Give the device back and stay here."""
        self._halt(self.seconds)
        self._give_back()

    def _start_sound(self) -> str:
        """Begin to be heard, or say why that cannot be."""
        try:
            if self._stream is None:
                self._stream = sound_devices.opened(self._make_stream)
            self._wind(self._seconds)
            self._stream.start()
        except UserError as error:
            return str(error)
        except Exception as error:
            log.warning("sound could not be started: %s", error)
            self.close()
            return NO_DEVICE
        return ""

    def _make_stream(self) -> Any:
        """The default device, at its own rate. Raises whatever the sound library raises."""
        sound = sound_devices.library()
        device = sound.query_devices(kind="output")
        rate = float(device["default_samplerate"])
        if self._resampled is not None and len(self._resampled) != round(self.duration * rate):
            self._resampled = None
        return sound.OutputStream(
            samplerate=rate,
            channels=min(2, int(device["max_output_channels"])),
            dtype="float32",
            latency=DELAY,
            callback=self._deliver,
        )

    def _wind(self, seconds: float) -> None:
        rate = float(self._stream.samplerate)
        if self._resampled is None:
            import soxr

            self._resampled = np.asarray(soxr.resample(self._samples, self._rate, rate), np.float32)
        self._tape = Tape(self._resampled, round(seconds * rate), self._loop, self._volume)

    def _deliver(self, out: NDArray[np.float32], frames: int, time: Any, status: Any) -> None:
        """Sound thread: only copies."""
        tape = self._tape
        if tape is None:
            out[:] = 0.0
            return
        waits = time.outputBufferDacTime - time.currentTime
        tape.fill(out, time.currentTime + (waits if waits > 0 else self._stream.latency))

    def _tick(self) -> None:
        if self._clock is not None:
            if self._clock.exhausted:
                self._halt(self.duration)
            self.position.emit(self.seconds)
            return
        tape, stream = self._tape, self._stream
        if tape is None or stream is None:
            return
        silent_for = stream.time - tape.mark[1] if tape.mark is not None else 0.0
        if not stream.active or silent_for > SILENT_FOR:
            self._lost()
            return
        self.position.emit(self.seconds)
        if tape.exhausted and tape.heard(stream.time, stream.samplerate) >= tape.delivered:
            self._halt(self.duration)
            self.position.emit(self.duration)

    def _lost(self) -> None:
        self.close()
        self._fail(DEVICE_LOST)

    def _fail(self, sentence: str) -> None:
        self.reason = sentence
        self.state_changed.emit()
        self.failed.emit(sentence)

    def _halt(self, seconds: float) -> None:
        self._timer.stop()
        if self.playing:
            self.playing = False
            try:
                if self._tape is not None:
                    self._stream.abort()
            except Exception as error:
                log.warning("the sound stream could not be stopped: %s", error)
                self._give_back()
        self._tape = self._clock = None
        self._seconds = seconds
        self.state_changed.emit()

    def _give_back(self) -> None:
        if self._stream is not None:
            stream, self._stream = self._stream, None
            try:
                sound_devices.closed(stream)
            except Exception as error:
                log.warning("the sound stream could not be closed: %s", error)
