"""Recorded sessions: all that was heard and seen, without loss, and all that was said of it.

A folder holds `sound.wav` (32-bit float), `frames.mkv` (FFV1), `frames.csv` (the exact time of every frame),
`answers.jsonl` (one line for each network and window) and `recording.json`.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, TextIO

import numpy as np
import soundfile
from numpy.typing import NDArray

from core.captures import RECORDING_FACTS
from core.errors import UserError
from core.files import write_atomically, write_error
from core.live.film_writer import FilmWriter
from core.live.live_run import Answer, Lack
from core.live.ring_buffer import Frame, FrameRing, SoundRing
from core.live.windows import Moment, Senses
from core.readable import counted
from core.video.decode import Reader

log = logging.getLogger(__name__)
SOUND, FILM, TIMES, ANSWERS = "sound.wav", "frames.mkv", "frames.csv", "answers.jsonl"
LOOK = 0.05  # s between looks at what is new
NEVER = 1e12  # s
MARGIN = 0.2  # s of the oldest sound, which may be written over while one reads


class Recorder:
    """Writes what comes into the rings until `stop`.

    Args:
        folder: is made; nothing is there yet.
        senses: what is on, the same from start to end.
        sight: seconds of sight that networks are given where nothing of theirs says.
        since: what was heard and seen before is not written, though it may be held; 0 = all that is held.

    Attributes:
        finished: all is written, and can be replayed.
    """

    def __init__(self, folder: Path, senses: Callable[[], Senses], sight: float, since: float = 0.0) -> None:
        self.folder, self._sight, self._since = folder, sight, since
        self.finished = False
        self._lost_samples = self._lost_frames = 0  # that were gone before they could be written
        self._failure = ""
        self._senses = senses
        self._files = ExitStack()
        self._sound: soundfile.SoundFile | None = None
        self._ring: SoundRing | None = None
        self._first = self._next = 0  # samples
        self._first_heard = 0.0
        self._film: FilmWriter | None = None
        self._times: TextIO
        self._shape: tuple[int, ...] = ()
        self._origin = self._last = 0.0
        self._seen = self._frames = 0  # frames that have come, and those that are written
        self._end = NEVER  # what comes later is not written
        self._answers: list[str] = []
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="live recorder", daemon=True)

    def start(self) -> None:
        """
        Raises:
            UserError: the folder cannot be made.
        """
        try:
            self.folder.mkdir(parents=True)
        except OSError as error:
            raise write_error(self.folder, error) from None
        self._started = datetime.now()
        self._thread.start()

    def note(self, answers: Sequence[Answer]) -> None:
        """What was said; written with the next look."""
        lines = [_line(answer) for answer in answers]
        with self._lock:
            self._answers += lines

    @property
    def trouble(self) -> str:
        """What is missing in it, and why, in sentences; "" = nothing."""
        lost = []
        if self._lost_frames:
            lost.append(counted(self._lost_frames, "frame"))
        if self._ring is not None and self._lost_samples:
            lost.append(f"{self._lost_samples / self._ring.rate:.2g} s of sound")
        if not lost:
            return self._failure
        return (
            f"{self._failure} The recording lacks {' and '.join(lost)}: more came than could be written. "
            "Choose a smaller picture, or ask fewer networks."
        ).strip()

    def end(self) -> None:
        """Return at once: what has come is still written, which may take seconds, and nothing that comes later."""
        if self._end == NEVER:
            self._end = time.perf_counter()
            self._stop.set()

    def stop(self) -> Recording:
        """End it, and return when all is written and the files are closed."""
        self.end()
        self._thread.join()
        return Recording(self.folder)

    def _work(self) -> None:
        try:
            with self._files:
                while not self._stop.wait(LOOK):
                    self._take()
                self._take()
        except OSError as error:
            self._failure = str(write_error(self.folder, error))
        except Exception as error:
            log.exception("%s cannot be recorded", self.folder)
            self._failure = (
                f"The recording has stopped ({type(error).__name__}: {error}). What is written is kept; "
                "is there room on the disk?"
            )
        self._stop.wait()  # until then a disk that was full may have room again
        try:
            self._write_facts()
            self.finished = True
        except UserError as error:
            self._failure = str(error)

    def _write_facts(self) -> None:
        heard = (self._next - self._first) / self._ring.rate if self._ring else 0.0
        facts = {
            "started": self._started.isoformat(timespec="seconds"),
            "seconds": max(heard, self._last - self._origin),
            "rate": self._ring.rate if self._ring else 0,
            "first_sample": self._first,
            "first_heard": self._first_heard,
            "samples": self._next - self._first,
            "frames": self._frames,
            "lost": self._lost_samples + self._lost_frames,
            "sight": self._sight,
            "trouble": self.trouble,
        }
        write_atomically(self.folder / RECORDING_FACTS, json.dumps(facts, indent=1).encode())

    def _take(self) -> None:
        senses = self._senses()
        if senses.sound is not None and senses.sound.written:
            self._hear(senses.sound)
        if senses.sight is not None:
            self._see(senses.sight)
        with self._lock:
            lines, self._answers = self._answers, []
        if lines:
            with (self.folder / ANSWERS).open("a", encoding="utf-8") as file:
                file.writelines(lines)

    def _hear(self, ring: SoundRing) -> None:
        if self._ring is None:
            self._ring = ring
            self._sound = self._files.enter_context(
                soundfile.SoundFile(
                    self.folder / SOUND, "w", samplerate=ring.rate, channels=1, subtype="FLOAT", format="WAV"
                )
            )
            self._first = self._next = min(ring.written, max(_readable(ring), ring.sample_at(self._since)))
            self._first_heard = ring.time_of(self._first)
        if ring is not self._ring or self._sound is None:
            self._failure = "The microphone came back with another sample rate: the recording goes on without it."
            return
        if self._next < ring.oldest:
            gone = _readable(ring) - self._next
            self._sound.write(np.zeros(gone, np.float32))
            self._lost_samples, self._next = self._lost_samples + gone, self._next + gone
        stop = min(ring.written, max(self._next, ring.sample_at(self._end)))
        self._sound.write(ring.read(self._next, stop))
        self._next = stop

    def _see(self, ring: FrameRing) -> None:
        gone, frames = ring.after(self._seen)
        if self._film is not None:  # else they had gone before there was a recording
            self._lost_frames += gone
        self._seen += gone + len(frames)
        for when, frame in frames:
            if when > self._end:
                break
            if when < self._since:
                continue
            if self._film is None:
                self._film = self._begin_film(when, frame)
            if frame.shape != self._shape:
                self._failure = "The camera came back with another picture size: its frames are not recorded."
                continue
            self._film.add_frame(frame, when - self._origin)
            self._times.write(f"{when!r}\n")
            self._last = when
            self._frames += 1

    def _begin_film(self, when: float, frame: Frame) -> FilmWriter:
        self._origin = self._last = when
        self._shape = frame.shape
        self._times = self._files.enter_context((self.folder / TIMES).open("w", encoding="utf-8", buffering=1))
        film = FilmWriter(self.folder / FILM, frame.shape[1], frame.shape[0], lossless=True)
        return self._files.enter_context(closing(film))


def _readable(ring: SoundRing) -> int:
    """The first sample that can still be read in peace."""
    return ring.oldest + round(MARGIN * ring.rate) if ring.oldest else 0


@dataclass(frozen=True)
class Recording:
    """A recorded session on disk.

    Raises:
        UserError: `recording.json` is missing or damaged, when it is first asked for.
    """

    folder: Path

    @cached_property
    def facts(self) -> dict[str, Any]:
        try:
            content: dict[str, Any] = json.loads((self.folder / RECORDING_FACTS).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            place = self.folder / RECORDING_FACTS
            raise UserError(f"{place} cannot be read: {error}. The recording was not finished.") from None
        return content

    @property
    def rate(self) -> int:
        return int(self.facts["rate"])

    @property
    def first_heard(self) -> float:
        """When its first sample was heard, by the clock of the frames."""
        return float(self.facts["first_heard"])

    @property
    def sight(self) -> float:
        """Seconds of sight that networks were given where nothing of theirs says."""
        return float(self.facts["sight"])

    def sound(self) -> NDArray[np.float32]:
        """All samples, shape (n,); none where nothing was heard."""
        if not self.facts["samples"]:
            return np.zeros(0, np.float32)
        samples, _ = soundfile.read(self.folder / SOUND, dtype="float32")
        return np.asarray(samples, np.float32)

    def frames(self) -> Iterator[tuple[float, Frame]]:
        """Every frame in BGR with the time at which it was seen."""
        times = [float(line) for line in _whole_lines(self.folder / TIMES)]
        if times:
            for when, (frame, _) in zip(times, Reader(self.folder / FILM), strict=False):  # a full disk ends one first
                yield when, frame

    def answers(self) -> list[Answer]:
        """What was said, in order."""
        return [_answer(line) for line in _whole_lines(self.folder / ANSWERS)]


def _whole_lines(path: Path) -> list[str]:
    """Of a text that may be missing, and whose last line is torn where the disk was full."""
    return path.read_text(encoding="utf-8").split("\n")[:-1] if path.exists() else []


def _line(answer: Answer) -> str:
    said = None if answer.probabilities is None else answer.probabilities.tolist()
    content = {
        "run": answer.run,
        "when": answer.at.when,
        "sample": answer.at.sample,
        "complete": answer.complete,
        "ready": answer.ready,
        "probabilities": said,
        "lack": answer.lack,
    }
    return json.dumps(content) + "\n"


def _answer(line: str) -> Answer:
    content = json.loads(line)
    said = content["probabilities"]
    return Answer(
        content["run"],
        Moment(content["when"], content["sample"]),
        content["complete"],
        content["ready"],
        None if said is None else np.array(said, np.float32),
        Lack(content["lack"]),
    )
