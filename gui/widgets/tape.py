"""What moves a clip on: a tape on its way to the loudspeaker, or a clock where nothing is heard."""

from __future__ import annotations

from time import monotonic

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]


class Tape:
    """Samples at the device's rate and how far they have gone.

    The sound thread calls `fill`; the window reads `heard`. `mark` is one tuple, replaced at once, so that the
    two never see half a change. Seeking makes a new tape instead of moving this one.
    """

    def __init__(self, samples: Samples, start: int, loop: bool, volume: float) -> None:
        self.samples = samples
        self.start = min(max(start, 0), len(samples))
        self.loop = loop
        self.volume = volume
        self._furthest = 0
        self.delivered = 0  # frames of the clip handed to the device since the start
        self.mark: tuple[int, float] | None = None  # frames delivered before a block, stream time at which it is heard

    def fill(self, out: NDArray[np.float32], heard_at: float) -> None:
        """Copy the next frames into `out`, shape (frames, channels); silence after the end."""
        if not self.exhausted:  # the mark of the last block stays, so that its end is reached
            self.mark = (self.delivered, heard_at)
        filled = 0
        while filled < len(out) and (count := min(len(out) - filled, self._ahead())):
            begin = self._index()
            np.multiply(
                self.samples[begin : begin + count, None],
                self.volume,
                out=out[filled : filled + count],
                casting="unsafe",
            )
            filled += count
            self.delivered += count
        out[filled:] = 0.0

    def heard(self, now: float, rate: float) -> int:
        """Frames since the start that have left the loudspeaker at stream time `now`.

        The device's estimate of its own delay trembles by some milliseconds: the count never goes back.
        """
        if self.mark is not None:
            before, heard_at = self.mark
            reached = min(before + (now - heard_at) * rate, self.delivered)
            self._furthest = max(self._furthest, round(reached))
        return self._furthest

    def index(self, heard: int) -> int:
        """Where in the clip that is; laps of a loop are taken off, the end stays the end."""
        place = self.start + heard
        return place if place <= len(self.samples) else (place - 1) % len(self.samples) + 1

    @property
    def exhausted(self) -> bool:
        return self._ahead() == 0

    def _index(self) -> int:
        place = self.start + self.delivered
        return place % len(self.samples) if self.loop and len(self.samples) else self.index(self.delivered)

    def _ahead(self) -> int:
        return len(self.samples) - self._index()


class Clock:
    """The passing of time, for a clip that is seen and not heard."""

    def __init__(self, start: float, duration: float, loop: bool) -> None:
        self._start, self._duration, self._loop = start, duration, loop
        self._began = monotonic()

    @property
    def seconds(self) -> float:
        """Where in the clip that is: the end stays the end, a loop begins again."""
        place = self._start + monotonic() - self._began
        return place % self._duration if self._loop else min(place, self._duration)

    @property
    def exhausted(self) -> bool:
        return not self._loop and self.seconds >= self._duration
