"""Home: an actor on the machine that started the study, through which the nodes of a cluster read and report.

Light to import: its process needs neither torch nor the networks.
"""

from __future__ import annotations

import threading
from collections.abc import Collection
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from core.errors import UserError
from core.events import BatchEnded, Event


class Wish(StrEnum):
    """What the person at home wants of the runs under way."""

    GO = "go"
    PAUSE = "pause"
    CANCEL = "cancel"


@dataclass(frozen=True)
class Attempt:
    """A run is tried again where its node is lost."""

    run: str
    number: int = 1


@dataclass(frozen=True)
class Mail:
    """What a node has to say of an attempt since it last spoke."""

    attempt: Attempt
    host: str
    events: tuple[Event, ...] = ()
    batches: tuple[BatchEnded, ...] = ()
    files: dict[str, bytes] = field(default_factory=dict)  # small ones of the run's folder that are new


@dataclass(frozen=True)
class Offer:
    """A file at home that nodes may read."""

    path: Path
    size: int


class Home:
    """Several methods run at once, each in a thread of its own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._offered: set[Path] = set()
        self._mail: list[Mail] = []
        self._wish = Wish.GO

    def offer(self, files: Collection[Offer]) -> None:
        """Let the nodes read these files, and no others."""
        with self._lock:
            self._offered |= {file.path for file in files}

    def read(self, path: Path, start: int, length: int) -> bytes:
        """A part of a file that is offered.

        Raises:
            UserError: it is not.
        """
        with self._lock:
            if path not in self._offered:
                raise UserError(f"{path} was asked for by a node of the cluster, but it is no file of this study.")
        with path.open("rb") as file:
            file.seek(start)
            return file.read(length)

    def exchange(self, mail: Mail) -> Wish:
        """Called by nodes: leave a mail, take along what is wished."""
        with self._lock:
            self._mail.append(mail)
            return self._wish

    def collect(self, wish: Wish) -> list[Mail]:
        """Called by who started the study: say what is wished, take the mails that have come."""
        with self._lock:
            self._wish = wish
            mails, self._mail = self._mail, []
            return mails
