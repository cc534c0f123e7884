"""Replay: files, clips of a dataset or a recorded session played into the rings as if they were live."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.audio.decode import decode
from core.errors import UserError
from core.live.recording import FILM, Recording
from core.live.ring_buffer import HELD, Frame, FrameRing, SoundRing
from core.live.source import GoneError, Source
from core.live.webcam import MOST_BYTES
from core.media import is_video
from core.video.decode import Reader

STEP = 0.01  # s
RATE = 44100  # Hz of the sound that is heard, whatever the files are recorded at
PAUSE = 0.5  # s of silence between two takes


@dataclass(frozen=True)
class Take:
    """One recording to be played.

    Attributes:
        label: what it really is; "" = unknown.
    """

    path: Path
    label: str = ""

    @property
    def seen(self) -> bool:
        """Whether it holds pictures."""
        return (self.path / FILM).exists() if self.path.is_dir() else is_video(self.path)


class Replay(Source):
    """Fills `sound` and `sight` in time, one take after the other, over and over.

    Args:
        takes: files; a folder that holds a recorded session is played as such.
        words: what they are, several of them.
        heard, seen: which of the rings are filled; that of pictures only where a take holds some.
        seconds: how much the rings hold.

    Attributes:
        playing: what is played now, and `since` when; None in the pauses and before the first.
        played: the same, and in a pause what was played before it.
    """

    def __init__(
        self,
        takes: Sequence[Take],
        *,
        words: str = "recordings",
        heard: bool = True,
        seen: bool = True,
        repeat: bool = True,
        seconds: float = HELD,
    ) -> None:
        super().__init__("replay")
        self.takes, self.words, self.repeat = tuple(takes), words, repeat
        self.sound = SoundRing(RATE, seconds) if heard else None
        self.sight = FrameRing(seconds, MOST_BYTES) if seen and any(take.seen for take in self.takes) else None
        self.playing: Take | None = None
        self.played: Take | None = None
        self.since = 0.0
        self.ended = False
        self._samples: NDArray[np.float32] = np.zeros(0, np.float32)
        self._frames: Iterator[tuple[float, Frame]] = iter(())
        self._coming: tuple[float, Frame] | None = None
        self._place = -1
        self._begun = 0.0
        self._given = 0  # samples of this take and the pause after it

    def _open(self) -> str:
        if not self.takes:
            raise GoneError("There is nothing to replay: choose a file or a dataset.")
        self._place, self.ended = -1, False
        self._turn()
        return f"{len(self.takes)} {self.words}" if len(self.takes) > 1 else self.takes[0].path.name

    def _read(self) -> None:
        """A step of what has passed since the last one."""
        if self._stop.wait(STEP) or self.ended:
            return
        now = time.perf_counter()
        while self._coming is not None and self._begun + self._coming[0] <= now:
            if self.sight is not None:
                self.sight.append(self._coming[1], self._begun + self._coming[0])
            self._coming = next(self._frames, None)
        self._hear(now)
        if now >= self._end and self.playing is not None:
            self.playing = None
        if now >= self._end + PAUSE:
            self._turn()

    def _close(self) -> None:
        self.playing, self._frames, self._coming = None, iter(()), None

    def _hear(self, now: float) -> None:
        if self.sound is None:
            return
        upto = round((now - self._begun) * RATE)
        block = np.zeros(max(0, upto - self._given), np.float32)
        there = self._samples[self._given : upto]
        block[: len(there)] = there
        first = self._given == 0  # nothing was heard while the take was read
        self._given += len(block)
        if len(block):
            self.sound.append(block, self._begun + self._given / RATE, gap=first)

    def _turn(self) -> None:
        """The next take; one that cannot be read is passed over, and said where none can."""
        for _ in range(len(self.takes)):
            self._place += 1
            if self._place == len(self.takes) and not self.repeat:
                self.ended = True
                return
            take = self.takes[self._place % len(self.takes)]
            try:
                self._load(take)
            except UserError as error:
                trouble = str(error)
                continue
            self._begun = self.since = time.perf_counter()
            self.playing = self.played = take
            self._given = 0
            return
        raise GoneError(trouble)

    def _load(self, take: Take) -> None:
        samples: NDArray[np.float32] = np.zeros(0, np.float32)
        frames: Iterator[tuple[float, Frame]] = iter(())
        seconds = 0.0
        if take.path.is_dir():
            recording = Recording(take.path)
            samples, frames = _in_step(recording)
        else:
            samples, facts = decode(take.path, RATE) if self.sound is not None else (samples, None)
            if is_video(take.path) and self.sight is not None:
                frames = ((when, frame.copy()) for frame, when in Reader(take.path))
            seconds = facts.seconds if facts else 0.0
        self._samples, self._frames = samples, frames
        self._coming = next(frames, None)
        self._length = max(seconds, len(samples) / RATE)

    @property
    def _end(self) -> float:
        """When the take is over: the later of sound and pictures."""
        if self._coming is not None:
            return np.inf
        return self._begun + self._length


def _at_rate(samples: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
    if not len(samples) or rate == RATE:
        return samples
    import soxr

    return np.asarray(soxr.resample(samples, rate, RATE, quality="HQ"), np.float32)


def _in_step(recording: Recording) -> tuple[NDArray[np.float32], Iterator[tuple[float, Frame]]]:
    """Its samples, after silence where pictures came first, and its frames, timed from the first of both."""
    samples, frames = _at_rate(recording.sound(), recording.rate), recording.frames()
    first = next(frames, None)
    if first is None:
        return samples, frames
    begun = min(first[0], recording.first_heard) if len(samples) else first[0]
    before = np.zeros(round((recording.first_heard - begun) * RATE) if len(samples) else 0, np.float32)
    return np.concatenate([before, samples]), ((when - begun, frame) for when, frame in chain([first], frames))
