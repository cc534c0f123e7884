"""The microphone: small blocks from PortAudio into a ring, one channel at the device's own rate."""

from __future__ import annotations

import logging
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core import sound_devices
from core.errors import UserError
from core.live.ring_buffer import HELD, SoundRing
from core.live.source import GoneError, Source

log = logging.getLogger(__name__)
BLOCK = 0.01  # s
SILENT_FOR = 2.0  # s without a sample after which a device counts as gone
IDLE = 0.002  # s between looks at whether a block has come
LATENCY = 0.05  # s of sound that the device may hold back for us
GONE = "The microphone has gone. Connect it again; listening goes on by itself."
NO_MICROPHONE = "No microphone was found. Connect one, or choose another source."


class Microphone(Source):
    """Fills `ring` from when it is on. The ring stays when the device goes and comes back.

    Blocks are taken by reads that never wait: PortAudio's callbacks would wait for the interpreter while a network
    computes, and a read that waits could not be ended when a sound server has died.

    Args:
        device: a name of `sound_devices.inputs`; "" = the system's default.
        rate: Hz; 0 = the device's own.
        channel: which one is heard, from 1; 0 = the mean of all.
        seconds: how much the ring holds.

    Attributes:
        overflows: times that the device had to drop samples, since we came too late for them.
    """

    def __init__(self, device: str = "", rate: int = 0, channel: int = 0, seconds: float = HELD) -> None:
        super().__init__("microphone")
        self.device, self.rate, self.channel, self.seconds = device, rate, channel, seconds
        self.ring: SoundRing | None = None
        self.overflows = 0
        self._stream: Any = None
        self._last = 0.0  # when a block last came
        self._gap = False  # in what is heard, before the next block

    def _open(self) -> str:
        try:
            self._stream = sound_devices.opened(self._make_stream)
            self._stream.start()
        except UserError as error:
            raise GoneError(str(error)) from None
        except Exception as error:
            raise GoneError(_why_not(error, self.device)) from None
        rate, channels = round(self._stream.samplerate), self._stream.channels
        if self.ring is None or self.ring.rate != rate:
            self.ring = SoundRing(rate, self.seconds)
        self._block = max(1, round(BLOCK * rate))
        self._last, self._gap = time.perf_counter(), True
        heard = "mono" if channels == 1 else f"channel {self.channel} of {channels}" if self.channel else "mean of both"
        return f"{rate / 1000:g} kHz, {heard if channels < 3 or self.channel else f'mean of {channels} channels'}"

    def _make_stream(self) -> Any:
        sound = sound_devices.library()
        found = sound.query_devices(self.device or None, kind="input")
        channels = max(int(found["max_input_channels"]), 1)
        wanted = max(self.channel, min(channels, 2))
        return sound.InputStream(
            device=self.device or None,
            samplerate=self.rate or found["default_samplerate"],
            channels=min(wanted, channels),
            dtype="float32",
            blocksize=0,
            latency=LATENCY,
        )

    def _read(self) -> None:
        now = time.perf_counter()
        try:
            waiting = self._stream.read_available
            if waiting < self._block:
                if now - self._last > SILENT_FOR:
                    raise GoneError(GONE)
                self._stop.wait(IDLE)
                return
            samples, overflowed = self._stream.read(waiting)
            arrived = time.perf_counter()
        except GoneError:
            raise
        except Exception as error:
            log.warning("the microphone failed: %s", error)
            raise GoneError(GONE) from None
        assert self.ring is not None
        self.overflows += bool(overflowed)
        self.ring.append(self._mono(samples), arrived - self._held_back(), gap=self._gap or bool(overflowed))
        self._last, self._gap = arrived, False

    def _held_back(self) -> float:
        """Seconds between the newest sample that was read and its sound at the microphone, by the driver's word."""
        return max(0.0, float(self._stream.latency) - LATENCY)

    def _mono(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        if samples.shape[1] == 1:
            return samples[:, 0]
        if self.channel:
            return np.ascontiguousarray(samples[:, min(self.channel, samples.shape[1]) - 1])
        return samples.mean(axis=1, dtype=np.float32)

    def _close(self) -> None:
        if self._stream is not None:
            stream, self._stream = self._stream, None
            try:
                stream.abort()
            finally:
                sound_devices.closed(stream)


def _why_not(error: Exception, device: str) -> str:
    """What PortAudio says, as a sentence with what to do."""
    text = str(error)
    if "Invalid sample rate" in text:
        return f"The microphone does not give that sample rate. Choose another one, or its own. ({text})"
    if "Device unavailable" in text or "busy" in text.lower():
        return f"The microphone is in use by another program, or this one may not listen to it. ({text})"
    if "No " in text or "device -1" in text or isinstance(error, ValueError):
        return f"No microphone called “{device}” was found. Choose another one." if device else NO_MICROPHONE
    return f"The microphone cannot be opened: {text}. Allow this program to listen to it, or choose another one."
