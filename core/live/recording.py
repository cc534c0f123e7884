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
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from core.captures import RECORDING_FACTS
from core.errors import UserError
from core.files import folder_size, write_atomically, write_error
from core.live.film_writer import FilmWriter
from core.live.live_run import Answer, Lack
from core.live.ring_buffer import Frame, FrameRing, SoundRing
from core.live.windows import Moment, Senses
from core.video.decode import Reader

log = logging.getLogger(__name__)
SOUND, FILM, TIMES, ANSWERS = "sound.wav", "frames.mkv", "frames.csv", "answers.jsonl"
LOOK = 0.05  # s between looks at what is new


class Recorder:
    """Writes what comes into the rings from `start` to `stop`, and what was there already.

    What was there before is written too: windows that end soon after the start can then be asked about again.

    Args:
        folder: is made; nothing is there yet.
        senses: what is on now.
        sight: seconds of sight that networks are given where nothing of theirs says.
    """

    def __init__(self, folder: Path, senses: Callable[[], Senses], sight: float) -> None:
        self.folder, self._sight = folder, sight
        self.trouble = ""
        self.lost = 0  # samples and frames that were gone before they could be written
        self._senses = senses
        self._sound: soundfile.SoundFile | None = None
        self._ring: SoundRing | None = None
        self._first = self._next = 0  # samples
        self._film: FilmWriter | None = None
        self._shape: tuple[int, ...] = ()
        self._origin, self._last, self._frames = 0.0, -np.inf, 0
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

    def stop(self) -> Recording:
        """Write what is left and close the files."""
        self._stop.set()
        self._thread.join()
        heard = (self._next - self._first) / self._ring.rate if self._ring else 0.0
        seen = self._last - self._origin if self._frames else 0.0
        facts = {
            "started": self._started.isoformat(timespec="seconds"),
            "seconds": max(heard, seen),
            "rate": self._ring.rate if self._ring else 0,
            "first_sample": self._first,
            "samples": self._next - self._first,
            "frames": self._frames,
            "lost": self.lost,
            "sight": self._sight,
            "trouble": self.trouble,
        }
        write_atomically(self.folder / RECORDING_FACTS, json.dumps(facts, indent=1).encode())
        return Recording(self.folder)

    def _work(self) -> None:
        try:
            while not self._stop.wait(LOOK):
                self._take()
            self._take()
        except OSError as error:
            self.trouble = str(write_error(self.folder, error))
        except Exception as error:
            log.exception("%s cannot be recorded", self.folder)
            self.trouble = f"The recording has stopped ({type(error).__name__}: {error}). What is written is kept."
        finally:
            if self._sound is not None:
                self._sound.close()
            if self._film is not None:
                self._film.close()

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
            self._ring, self._first = ring, ring.oldest
            self._next = self._first
            self._sound = soundfile.SoundFile(
                self.folder / SOUND, "w", samplerate=ring.rate, channels=1, subtype="FLOAT", format="WAV"
            )
        if ring is not self._ring or self._sound is None:
            self.trouble = "The microphone came back with another sample rate: the recording goes on without it."
            return
        stop = ring.written
        if self._next < ring.oldest:
            gone = ring.oldest - self._next
            self._sound.write(np.zeros(gone, np.float32))
            self.lost, self._next = self.lost + gone, ring.oldest
        self._sound.write(ring.read(self._next, stop))
        self._next = stop

    def _see(self, ring: FrameRing) -> None:
        lines = []
        for when, frame in ring.between(self._last, time.perf_counter()):
            if self._film is None:
                self._origin, self._shape = when, frame.shape
                self._film = FilmWriter(self.folder / FILM, frame.shape[1], frame.shape[0], lossless=True)
            if frame.shape != self._shape:
                self.lost += 1
                self.trouble = "The camera came back with another picture size: its frames are not recorded."
                continue
            self._film.add_frame(frame, when - self._origin)
            self._last = when
            self._frames += 1
            lines.append(f"{when!r}\n")
        if lines:
            with (self.folder / TIMES).open("a", encoding="utf-8") as file:
                file.writelines(lines)


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
    def sight(self) -> float:
        """Seconds of sight that networks were given where nothing of theirs says."""
        return float(self.facts["sight"])

    @property
    def bytes(self) -> int:
        return folder_size(self.folder)

    def sound(self) -> NDArray[np.float32]:
        """All samples, shape (n,); none where nothing was heard."""
        if not (self.folder / SOUND).exists():
            return np.zeros(0, np.float32)
        samples, _ = soundfile.read(self.folder / SOUND, dtype="float32")
        return np.asarray(samples, np.float32)

    def frames(self) -> Iterator[tuple[float, Frame]]:
        """Every frame in BGR with the time at which it was seen."""
        if (self.folder / FILM).exists():
            times = [float(line) for line in (self.folder / TIMES).read_text(encoding="utf-8").split()]
            for when, (frame, _) in zip(times, Reader(self.folder / FILM), strict=True):
                yield when, frame

    def answers(self) -> list[Answer]:
        """What was said, in order."""
        if not (self.folder / ANSWERS).exists():
            return []
        return [_answer(line) for line in (self.folder / ANSWERS).read_text(encoding="utf-8").splitlines()]


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
