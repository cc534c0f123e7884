"""Captures: clips recorded live, each with what every network said of it, as WAV or MP4 with JSON beside it.

Beside them, in the same folder of a session, lie recordings of everything (`core.live.recording`).
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from core.clip_cache import forget_decoded
from core.errors import UserError
from core.files import folder_size, write_atomically

SOUND, FILM, FACTS = ".wav", ".mp4", ".json"
RECORDING = "recording"  # names of folders of recordings begin so
RECORDING_FACTS = "recording.json"
CAPTURED = "captured"  # row of DATASETS
REPLAY = "replay"  # as such a source is called in the facts of a capture


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

    @property
    def best(self) -> str:
        """The likeliest class; "" where something lacked."""
        return max(self.probabilities, key=self.probabilities.__getitem__) if self.probabilities else ""


@dataclass(frozen=True)
class Capture:
    """A clip recorded live.

    Attributes:
        path: of the WAV or MP4 file; its facts lie beside it as JSON.
        label: what it really was; "" = nobody has said yet.
        session: when the source was switched on: clips of one session are much alike.
        made: local time, ISO 8601.
        sources: what was listened to and looked at, in words, by name; of a replay, the path of what was played.
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
class Recorded:
    """A recording of everything, as lists show it.

    Attributes:
        path: its folder.
        made: local time, ISO 8601.
        seconds: None = it was not finished, and cannot be replayed.
    """

    path: Path
    made: str
    seconds: float | None
    bytes: int


def session_of(capture_id: str) -> str:
    return capture_id.partition("/")[0]


def relabel(capture: Capture, label: str) -> Capture:
    """Say what it really was.

    Raises:
        UserError: it cannot be written.
    """
    changed = replace(capture, label=label.strip())
    write_facts(changed)
    return changed


def delete_capture(capture: Capture, cache: Path) -> None:
    """For good, with what was decoded of it; a session without captures goes too.

    Raises:
        UserError: a file cannot be deleted.
    """
    forget_decoded(CAPTURED, capture.path.parent.parent, cache)
    with _deleting(capture.path):
        capture.path.unlink(missing_ok=True)
        capture.path.with_suffix(FACTS).unlink(missing_ok=True)


def delete_recording(recorded: Recorded) -> None:
    """For good, with all that is in its folder.

    Raises:
        UserError: a file cannot be deleted.
    """
    with _deleting(recorded.path):
        shutil.rmtree(recorded.path)


@contextmanager
def _deleting(path: Path) -> Iterator[None]:
    """What cannot be deleted is said; a session that is left empty goes too."""
    try:
        yield
        if not any(path.parent.iterdir()):
            path.parent.rmdir()
    except OSError as error:
        raise UserError(f"{path} could not be deleted: {error.strerror or error}.") from None


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


def read_recordings(captures: Path) -> tuple[Recorded, ...]:
    """All recordings, the oldest first."""
    found: list[Recorded] = []
    for folder in captures.glob(f"*/{RECORDING}*"):
        with suppress(FileNotFoundError):  # it is being deleted, or a file of it written
            if folder.is_dir():
                found.append(_recorded(folder))
    return tuple(sorted(found, key=lambda recorded: recorded.made))


def _recorded(folder: Path) -> Recorded:
    try:
        facts: dict[str, Any] = json.loads((folder / RECORDING_FACTS).read_text(encoding="utf-8"))
        made, seconds = str(facts["started"]), float(facts["seconds"])
    except (OSError, ValueError, KeyError, TypeError):  # ended with the program: what was written can be deleted
        made = datetime.fromtimestamp(folder.stat().st_mtime).isoformat(timespec="seconds")
        return Recorded(folder, made, None, folder_size(folder))
    return Recorded(folder, made, seconds, folder_size(folder))


def _read(facts: Path) -> Capture:
    content: dict[str, Any] = json.loads(facts.read_text(encoding="utf-8"))
    path = facts.with_name(content.pop("file"))
    if not path.is_file():
        raise FileNotFoundError(f"{path.name} is gone")
    said = tuple(Said(**one) for one in content.pop("said"))
    return Capture(path=path, said=said, **content)


def write_facts(capture: Capture) -> None:
    """
    Raises:
        UserError: they cannot be written.
    """
    content = asdict(capture)
    content["file"] = content.pop("path").name
    text = json.dumps(content, indent=1, ensure_ascii=False)
    write_atomically(capture.path.with_suffix(FACTS), text.encode())
