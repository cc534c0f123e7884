"""What every live source is: a thread that opens a device, reads it, and opens it again when it has gone."""

from __future__ import annotations

import logging
import threading
from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import StrEnum

from core.errors import UserError

log = logging.getLogger(__name__)
WAITS = (0.5, 1.0, 2.0)  # s before each try to open a device again; the last one is repeated
JOIN = 5.0  # s


class SourceState(StrEnum):
    OFF = "off"
    OPENING = "opening"
    ON = "on"
    LOST = "lost"  # and looked for again


@dataclass(frozen=True)
class SourceStatus:
    """A snapshot for the window.

    Attributes:
        facts: what is heard or seen, in words, “48 kHz, 2 channels”.
        reason: why there is nothing, as a sentence.
        gone: times that it was on and went.
    """

    state: SourceState = SourceState.OFF
    facts: str = ""
    reason: str = ""
    gone: int = 0


class GoneError(UserError):
    """A device that was open gives nothing any more, or cannot be opened now."""


class Source(ABC):
    """Started and stopped as often as one likes, from one thread. Nothing it meets with ends the thread before `stop`.

    `_open`, `_read` and `_close` are called in the source's own thread, where OpenCV wants its devices released too.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.status = SourceStatus()
        self._thread: threading.Thread | None = None
        self._ending: threading.Thread | None = None  # was told to stop, and not waited for
        self._stop = threading.Event()

    def start(self) -> None:
        """Return at once; `status` says what has come of it."""
        if self._thread is None:
            self._stop.clear()
            self.status = SourceStatus(SourceState.OPENING)
            self._thread = threading.Thread(target=self._work, name=f"live {self.name}", daemon=True)
            self._thread.start()

    def stop(self, wait: bool = True) -> None:
        """Return when the device is closed; without `wait` at once: its thread closes it as soon as the driver lets it,
        and this object is not started again."""
        if self._thread is not None:
            self._ending, self._thread = self._thread, None
            self._stop.set()
            self.status = SourceStatus()
        if wait and self._ending is not None:
            self._ending.join(JOIN)
            if self._ending.is_alive():
                log.warning("%s does not answer: its thread is left behind", self.name)
            self._ending = None

    @abstractmethod
    def _open(self) -> str:
        """Open the device; returns what it gives, in words.

        Raises:
            GoneError: it cannot be opened now.
        """

    @abstractmethod
    def _read(self) -> None:
        """Take what comes next; a tenth of a second at the most where the device allows it.

        Raises:
            GoneError: nothing comes any more.
        """

    @abstractmethod
    def _close(self) -> None:
        """Release the device; called after each `_open`, also one that failed."""

    def _work(self) -> None:
        tries = 0
        while not self._stop.is_set():
            try:
                self._say(SourceState.ON, facts=self._open())
                tries = 0
                while not self._stop.is_set():
                    self._read()
            except GoneError as error:
                self._lose(str(error))
            except Exception as error:  # a driver may raise anything: what is live goes on
                log.exception("%s failed", self.name)
                self._lose(f"The {self.name} failed ({type(error).__name__}: {error}).")
            finally:
                self._close()
            self._stop.wait(WAITS[min(tries, len(WAITS) - 1)])
            tries += 1

    def _lose(self, reason: str) -> None:
        was_on = self.status.state is SourceState.ON
        if was_on:
            log.warning("%s: %s", self.name, reason)
        self._say(SourceState.LOST, reason=reason, gone=self.status.gone + was_on)

    def _say(self, state: SourceState, facts: str = "", reason: str = "", gone: int | None = None) -> None:
        self.status = SourceStatus(state, facts, reason, self.status.gone if gone is None else gone)
