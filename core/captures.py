"""Captures: clips recorded live, each with what every network said of it, as WAV or MP4 with JSON beside it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from core.errors import UserError
from core.files import write_atomically

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


def relabel(capture: Capture, label: str) -> Capture:
    """Say what it really was.

    Raises:
        UserError: it cannot be written.
    """
    changed = replace(capture, label=label.strip())
    write_facts(changed)
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


def write_facts(capture: Capture) -> None:
    """
    Raises:
        UserError: they cannot be written.
    """
    content = asdict(capture)
    content["file"] = content.pop("path").name
    text = json.dumps(content, indent=1, ensure_ascii=False)
    write_atomically(capture.path.with_suffix(FACTS), text.encode())
