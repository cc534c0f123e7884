"""Captures: what was just heard and seen, kept as a clip with what every network said of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from core.errors import UserError
from core.files import replace_synced, write_atomically
from core.live.film_writer import FilmWriter
from core.live.ring_buffer import Frame

SOUND, FILM, FACTS = ".wav", ".mp4", ".json"


@dataclass(frozen=True)
class Said:
    """What one network said at the moment of a capture.

    Attributes:
        run: name of its folder, STUDY/RUN.
        network: its label.
        probabilities: by class, as they were shown: averaged over the last windows; {} where something lacked.
        lack: what.
    """

    run: str
    network: str
    probabilities: Mapping[str, float] = field(default_factory=dict)
    lack: str = ""


@dataclass(frozen=True)
class Capture:
    """A clip recorded live.

    Attributes:
        path: of the WAV or MP4 file; its facts lie beside it as JSON.
        label: what it really was; "" = nobody has said yet.
        session: when the source was switched on: clips of one session are much alike.
        made: local time, ISO 8601.
        sources: what was listened to and looked at, in words, by wing.
    """

    path: Path
    label: str
    session: str
    made: str
    seconds: float
    sources: Mapping[str, str] = field(default_factory=dict)
    said: tuple[Said, ...] = ()

    @property
    def id(self) -> str:
        """SESSION/NAME, as the dataset of captures calls it."""
        return f"{self.path.parent.name}/{self.path.name}"


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
    stem = captures / session / made.strftime("%H-%M-%S-%f")[:-3]
    path = stem.with_suffix(FILM if kept.frames else SOUND)
    with replace_synced(path) as aside:
        if kept.frames:
            _write_film(aside, kept)
        else:
            soundfile.write(aside, kept.sound, kept.rate, subtype="FLOAT", format="WAV")
    capture = Capture(
        path, label, session, made.isoformat(timespec="milliseconds"), kept.seconds, dict(sources or {}), tuple(said)
    )
    _write_facts(capture)
    return capture


def relabel(capture: Capture, label: str) -> Capture:
    """Say what it really was.

    Raises:
        UserError: it cannot be written.
    """
    changed = replace(capture, label=label.strip())
    _write_facts(changed)
    return changed


def delete_capture(capture: Capture) -> None:
    """For good; a session without captures goes too.

    Raises:
        UserError: a file cannot be deleted.
    """
    try:
        capture.path.unlink(missing_ok=True)
        capture.path.with_suffix(FACTS).unlink(missing_ok=True)
        if not any(capture.path.parent.iterdir()):
            capture.path.parent.rmdir()
    except OSError as error:
        raise UserError(f"{capture.path} could not be deleted: {error.strerror or error}.") from None


def read_captures(captures: Path) -> tuple[tuple[Capture, ...], tuple[str, ...]]:
    """All captures, the oldest first, and a sentence for each whose facts cannot be read."""
    found: list[Capture] = []
    problems: list[str] = []
    for facts in sorted(captures.glob(f"*/*{FACTS}")):
        try:
            found.append(_read(facts))
        except (OSError, ValueError, KeyError, TypeError) as error:
            problems.append(f"{facts} cannot be read ({error}): its clip is passed over. Delete both, or mend it.")
    return tuple(found), tuple(problems)


def _read(facts: Path) -> Capture:
    content: dict[str, Any] = json.loads(facts.read_text(encoding="utf-8"))
    path = facts.with_name(content.pop("file"))
    if not path.is_file():
        raise FileNotFoundError(f"{path.name} is gone")
    said = tuple(Said(**one) for one in content.pop("said"))
    return Capture(path=path, said=said, **content)


def _write_facts(capture: Capture) -> None:
    content = asdict(capture)
    content["file"] = content.pop("path").name
    text = json.dumps(content, indent=1, ensure_ascii=False)
    write_atomically(capture.path.with_suffix(FACTS), text.encode())


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
