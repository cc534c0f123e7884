"""The newest sound and the newest frames, written by the threads of the devices and read by everyone else.

All times are seconds of `time.perf_counter`: the one clock that microphone, camera and recogniser share.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from core.errors import UserError

HELD = 65.0  # s: the longest window of a recipe, 60 s, and what comes before it is read
DRIFT = 2e-4  # by which the clock of a sound card may differ from the computer's
Frame = NDArray[np.uint8]  # (h, w, 3) BGR, as OpenCV gives it


class SoundRing:
    """The last `seconds` of one channel at `rate` Hz, float32, full scale 1. Samples are counted from the first one.

    Attributes:
        written: samples so far.
    """

    def __init__(self, rate: int, seconds: float) -> None:
        self.rate, self.written = rate, 0
        self._samples = np.zeros(max(1, round(rate * seconds)), np.float32)
        self._lock = threading.Lock()
        self._start: float | None = None  # when sample 0 was heard, judged by the block that came with least delay
        self._last = 0.0

    @property
    def oldest(self) -> int:
        """The first sample that is still there."""
        return max(0, self.written - len(self._samples))

    def append(self, samples: NDArray[np.float32], heard: float, gap: bool = False) -> None:
        """The next block, shape (n,), and when its last sample was heard.

        `gap`: some before it were not taken. Silence stands for them, so that samples go on telling the time.
        """
        with self._lock:
            if gap and self._start is not None:
                missing = round((heard - self._start) * self.rate) - len(samples) - self.written
                silence = np.zeros(min(max(0, missing), len(self._samples)), np.float32)
                self.written += max(0, missing) - len(silence)
                self._write(silence)
            self._write(samples)
            start = heard - self.written / self.rate
            if gap or self._start is None:
                self._start = start
            else:
                self._start = min(self._start + DRIFT * (heard - self._last), start)
            self._last = heard

    def _write(self, samples: NDArray[np.float32]) -> None:
        room = len(self._samples)
        kept = samples[-room:]
        place = (self.written + len(samples) - len(kept)) % room
        head = min(len(kept), room - place)
        self._samples[place : place + head] = kept[:head]
        self._samples[: len(kept) - head] = kept[head:]
        self.written += len(samples)

    def read(self, start: int, stop: int) -> NDArray[np.float32]:
        """A copy of the samples from `start` to before `stop`, shape (stop − start,); silence before the first one.

        Raises:
            IndexError: some are not there yet, or no more.
        """
        with self._lock:
            if stop > self.written or max(start, 0) < self.oldest:
                raise IndexError(f"samples {start} to {stop} are not held: {self.oldest} to {self.written} are")
            places = np.arange(max(start, 0), stop) % len(self._samples)
            return np.concatenate([np.zeros(max(0, -start), np.float32), self._samples[places]])

    def time_of(self, sample: int) -> float:
        """When a sample was heard.

        Raises:
            UserError: nothing was heard yet.
        """
        with self._lock:
            if self._start is None:
                raise UserError("Nothing has been heard yet.")
            return self._start + sample / self.rate

    def sample_at(self, when: float) -> int:
        """The sample that was heard at a time; it may lie before the first or after the last.

        Raises:
            UserError: nothing was heard yet.
        """
        return round((when - self.time_of(0)) * self.rate)


class FrameRing:
    """The last `seconds` of frames, at most `most_bytes` of them.

    Attributes:
        written: frames so far.
        holds: seconds that it holds when it is full; fewer than `seconds` once those were too many bytes.
    """

    def __init__(self, seconds: float, most_bytes: int) -> None:
        self.written, self.holds = 0, seconds
        self._seconds, self._most = seconds, most_bytes
        self._frames: deque[tuple[float, Frame]] = deque()
        self._bytes = 0
        self._lock = threading.Lock()

    def append(self, frame: Frame, when: float | None = None) -> None:
        """The next frame, which is not written to any more, and when it was seen; None = now.

        What is seen now is stamped under the lock: who asks for all frames up to a time that has passed gets all.
        """
        with self._lock:
            when = time.perf_counter() if when is None else when
            self._frames.append((when, frame))
            self._bytes += frame.nbytes
            self.written += 1
            too_many = self._bytes > self._most
            while self._bytes > self._most or self._frames[0][0] < when - self._seconds:
                if len(self._frames) == 1:
                    break
                self._bytes -= self._frames.popleft()[1].nbytes
            if too_many:
                self.holds = when - self._frames[0][0]

    def newest(self) -> tuple[float, Frame] | None:
        """Time and frame; None before the first."""
        with self._lock:
            return self._frames[-1] if self._frames else None

    def between(self, start: float, end: float) -> list[tuple[float, Frame]]:
        """Times and frames after `start`, up to and with `end`."""
        with self._lock:
            return [(when, frame) for when, frame in self._frames if start < when <= end]

    def after(self, number: int) -> tuple[int, list[tuple[float, Frame]]]:
        """Of the frames that came after the first `number`: how many are gone, and the others with their times."""
        with self._lock:
            gone = max(0, self.written - len(self._frames) - number)
            return gone, list(islice(self._frames, max(0, len(self._frames) - (self.written - number)), None))
