"""Which frames of a clip are kept on disk, and which of those a network is shown."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from core.video.settings import VideoSettings

Item = TypeVar("Item")

FINER = 4  # a stream is thinned to no fewer than half this many times the frames that are kept of it
EARLY = 1e-6  # s: rounding of timestamps


def positions(
    kept: int, settings: VideoSettings, random: np.random.Generator | None = None, view: int | None = None
) -> NDArray[np.int64]:
    """Indices into the frames kept of a clip, ascending, shape (settings.taken,).

    even: the clip is cut into equal stretches and one frame taken from each: from its middle, or with `random` from a
    place that is drawn once for all of them. segments: the place is drawn for each stretch by itself (Wang et al.,
    Temporal Segment Networks, ECCV 2016). window: neighbouring frames, from anywhere with `random`, else from the
    `view`-th of settings.views starts spread evenly over the clip, or from the middle where there is one or none is
    named. A clip with fewer frames than are taken has frames repeated (even, segments) or begins again (window).

    Args:
        kept: frames there are, at least 1.
    """
    taken = settings.taken
    if settings.sampling == "window":
        room = max(0, kept - taken)
        if random is not None:
            start = int(random.integers(room + 1))
        elif view is None or settings.views == 1:
            start = room // 2
        else:
            start = round(view * room / (settings.views - 1))
        return (start + np.arange(taken)) % kept
    if random is None:
        place: float | NDArray[np.float64] = 0.5
    else:
        place = random.random() if settings.sampling == "even" else random.random(taken)
    return np.minimum((np.arange(taken) + place) * kept / taken, kept - 1).astype(np.int64)


def most_kept(settings: VideoSettings) -> int | None:
    """Frames that are kept of a clip at most; None where its length decides (window).

    One more is kept for each of the spare ones than is seen, as differences need: all inputs then see the same frames,
    and pictures and their differences share a cache.
    """
    return None if settings.sampling == "window" else (settings.frames + 1) * settings.spare


def keeper(settings: VideoSettings | None) -> Thinned[Any] | Paced[Any] | Within[Any]:
    """What chooses the frames to keep from those that pass; without settings, all."""
    if settings is None:
        return Paced(None)
    most = most_kept(settings)
    inside: Thinned[Any] | Paced[Any] = Thinned(most) if most else Paced(settings.rate)
    if not (settings.start or settings.length):
        return inside
    return Within(inside, settings.start, settings.start + settings.length if settings.length else math.inf)


def spread(frames: int, kept: int) -> NDArray[np.int64]:
    """The indices of `kept` frames, each in the middle of one of as many equal stretches; of all, if there are fewer.

    Shape (min(frames, kept),).
    """
    if frames <= kept:
        return np.arange(frames)
    return ((np.arange(kept) + 0.5) * frames / kept).astype(np.int64)


class Thinned(Generic[Item]):
    """Keeps `kept` items spread over a stream whose length nobody knows, in bounded memory.

    Every `stride`-th item is held. When the room is used up, every other one is let go and the stride doubles. At the
    end the items nearest to the ideal places are chosen: exactly those while the stream fits, else within a quarter of
    their distance.

    Attributes:
        held: at least half of `room` items, once so many have passed; evenly spaced.
    """

    def __init__(self, kept: int, room: int = 0) -> None:
        self.kept, self.seen, self.stride = kept, 0, 1
        self.held: list[Item] = []
        self._room = room or FINER * kept  # even

    def offer(self, seconds: float, make: Callable[[], Item]) -> None:
        """The next of the stream; it is made only where it is held."""
        if self.seen % self.stride == 0:
            if len(self.held) == self._room:  # `seen` is then a multiple of the new stride too
                del self.held[1::2]
                self.stride *= 2
            self.held.append(make())
        self.seen += 1

    def chosen(self) -> list[Item]:
        nearest = np.rint(spread(self.seen, self.kept) / self.stride).astype(np.int64)
        return [self.held[min(index, len(self.held) - 1)] for index in nearest]


class Paced(Generic[Item]):
    """Keeps the items of a stream nearest to the times 0, 1/rate, 2/rate, …; where it has fewer, each of them once.

    Without a rate it keeps all.
    """

    def __init__(self, rate: float | None) -> None:
        self.rate, self._due, self._last = rate, 0.0, 0.0
        self.held: list[Item] = []

    def offer(self, seconds: float, make: Callable[[], Item]) -> None:
        """The next of the stream, at its time; it is made only where it is held."""
        if self.rate is None:
            self.held.append(make())
            return
        reach = seconds + (seconds - self._last) / 2 + EARLY  # the next one is as far away as the one before
        self._last = seconds
        if reach >= self._due:
            self.held.append(make())
            self._due = (np.floor(reach * self.rate) + 1) / self.rate

    def chosen(self) -> list[Item]:
        return self.held


class Within(Generic[Item]):
    """Lets the items from `start` to before `end` (seconds) through; of a shorter stream, its last one."""

    def __init__(self, inside: Thinned[Item] | Paced[Item], start: float, end: float) -> None:
        self.inside, self.start, self.end = inside, start, end
        self._before: list[Item] = []

    def offer(self, seconds: float, make: Callable[[], Item]) -> None:
        """The next of the stream, at its time."""
        if seconds < self.start - EARLY:
            self._before = [make()]
        elif seconds < self.end - EARLY:
            self.inside.offer(seconds - self.start, make)

    @property
    def held(self) -> list[Item]:
        return self.inside.held

    def chosen(self) -> list[Item]:
        return self.inside.chosen() or self._before
