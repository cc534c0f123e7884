"""What was just heard and seen, kept as a clip with what every network said of it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import soundfile
from numpy.typing import NDArray

from core.captures import FILM, SOUND, Capture, Said, write_facts
from core.errors import UserError
from core.files import replace_synced
from core.live.film_writer import FilmWriter
from core.live.ring_buffer import Frame, SoundRing

if TYPE_CHECKING:
    from core.live.windows import Senses  # torch comes with it

ARRIVES = 0.5  # s for which sound that is still on its way is waited for
LOOK = 0.01  # s between looks at whether it is there


@dataclass(frozen=True)
class Kept:
    """What is to be written: copies, so that the rings go on.

    Attributes:
        sound: (n,) at `rate` Hz; empty where nothing was heard.
        frames: with their times; () where nothing was seen.
    """

    sound: NDArray[np.float32]
    rate: int
    frames: tuple[tuple[float, Frame], ...]

    @property
    def seconds(self) -> float:
        if len(self.sound):
            return len(self.sound) / self.rate
        return self.frames[-1][0] - self.frames[0][0] if self.frames else 0.0

    def part(self, start: float, end: float) -> Kept:
        """The stretch from one time to another, in s since its beginning."""
        sound = self.sound[round(start * self.rate) : round(end * self.rate)]
        first = self.frames[0][0] if self.frames else 0.0
        frames = tuple((when, frame) for when, frame in self.frames if start <= when - first < end)
        return Kept(sound, self.rate, frames)


@dataclass(frozen=True)
class Stretch:
    """What was heard and seen from one time to another: frames are taken at once, as little of them is held; sound,
    which is held for longer and may be on its way still, is taken when it is cut out."""

    start: float
    end: float
    sound: SoundRing | None
    frames: tuple[tuple[float, Frame], ...]

    @classmethod
    def of(cls, senses: Senses, start: float, end: float) -> Stretch:
        frames = senses.sight.between(start, end) if senses.sight is not None else ()
        return cls(start, end, senses.sound, tuple(frames))

    def cut_out(self) -> Kept:
        """As far as it is held. The sound begins with the first frame; it is silence where it came later."""
        sound = self.sound
        if sound is None or not sound.written:
            return Kept(np.zeros(0, np.float32), 1, self.frames)
        patience = time.perf_counter() + ARRIVES
        while sound.sample_at(self.end) > sound.written and time.perf_counter() < patience:
            time.sleep(LOOK)
        wanted = sound.sample_at(self.frames[0][0] if self.frames else self.start)
        first, last = max(sound.oldest, wanted), min(sound.written, sound.sample_at(self.end))
        if first >= last:  # a microphone that had gone
            return Kept(np.zeros(0, np.float32), sound.rate, self.frames)
        silence = first - wanted if self.frames else 0
        return Kept(np.pad(sound.read(first, last), (silence, 0)), sound.rate, self.frames)


def write_capture(
    captures: Path,
    kept: Kept,
    *,
    session: str,
    label: str = "",
    sources: Mapping[str, str] | None = None,
    said: Sequence[Said] = (),
    now: datetime | None = None,
) -> Capture:
    """Write a capture into `captures`/SESSION; what was seen as MP4 with its sound, what was only heard as WAV.

    Raises:
        UserError: there is nothing to keep, or it cannot be written.
    """
    if not len(kept.sound) and not kept.frames:
        raise UserError("There is nothing to keep yet: no sound and no picture has come.")
    made = now or datetime.now()
    path = write_clip(captures / session / made.strftime("%H-%M-%S-%f")[:-3], kept)
    capture = Capture(
        path, label, session, made.isoformat(timespec="milliseconds"), kept.seconds, dict(sources or {}), tuple(said)
    )
    write_facts(capture)
    return capture


def write_clip(stem: Path, kept: Kept) -> Path:
    """Write what was seen as MP4 with its sound, what was only heard as WAV; `stem` is the path without its ending.

    Raises:
        UserError: it cannot be written.
    """
    path = stem.with_name(stem.name + (FILM if kept.frames else SOUND))
    with replace_synced(path) as aside:
        if kept.frames:
            _write_film(aside, kept)
        else:
            soundfile.write(aside, kept.sound, kept.rate, subtype="FLOAT", format="WAV")
    return path


def _write_film(path: Path, kept: Kept) -> None:
    """The sound begins with the first frame, as players have it."""
    first = kept.frames[0][0]
    height, width = kept.frames[0][1].shape[:2]
    film = FilmWriter(path, width, height, lossless=False, rate=kept.rate if len(kept.sound) else 0)
    try:
        for when, frame in kept.frames:
            if frame.shape[:2] == (height, width):  # a camera that came back may have another size
                film.add_frame(frame, when - first)
        if len(kept.sound):
            film.add_sound(kept.sound)
    finally:
        film.close()
