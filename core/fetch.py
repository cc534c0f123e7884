"""One file over HTTP, in as many connections as it takes: what has arrived is kept and continued."""

from __future__ import annotations

import json
import re
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from core.control import Control
from core.errors import UserError
from core.events import Progress
from core.files import require_space, write_atomically, write_error
from core.readable import duration, size

BLOCK = 1 << 14  # small, so that a slow line still shows progress and can be cancelled
TIMEOUT = (10.0, 20.0)  # seconds to connect, and without a byte
WAITS = (1.0, 2.0, 4.0, 8.0, 16.0)  # seconds before each new attempt
NEW_GROUND = 1 << 20  # bytes after which a broken connection counts as the first again

Report = Callable[[Progress], None]


@dataclass(frozen=True)
class Remote:
    """A file on a server.

    Attributes:
        title: what it is called in sentences.
        about: its size in bytes, roughly.
        most: bytes; what sends more is not this file.
        room: bytes that must be free besides, for what is made of it.
        remedy: a sentence: what to do where it cannot be had.
    """

    title: str
    url: str
    about: int
    most: int
    room: int
    remedy: str


def fetch(remote: Remote, part: Path, control: Control, report: Report) -> None:
    """Bring a file to `part`, going on from what is there where the server allows it.

    What has arrived stays after a failure or a cancel, with a note beside it (`PART.json`) of what it is a part of.

    Raises:
        UserError: no room, unreachable, refused, broken off too often, or too large; says what to do.
        Cancelled: between two blocks.
    """
    try:
        part.parent.mkdir(parents=True, exist_ok=True)
        _Fetch(remote, part, control, report).run()
    except OSError as error:
        raise write_error(part, error) from error


def discard(part: Path) -> None:
    """Remove what `fetch` has brought, and its note."""
    part.unlink(missing_ok=True)
    _state_file(part).unlink(missing_ok=True)


def _state_file(part: Path) -> Path:
    return part.with_name(f"{part.name}.json")


class _Broken(Exception):  # noqa: N818 - an event, not a fault of ours
    """The connection ended early; worth another attempt."""


class _Fetch:
    """One file over HTTP into `part`, in as many connections as it takes."""

    def __init__(self, remote: Remote, part: Path, control: Control, report: Report) -> None:
        self.remote, self.part = remote, part
        self.control, self.report = control, report
        self.note = ""  # shown behind the speed
        self.reached = False  # whether the server has ever answered
        self.speeds: deque[tuple[float, int]] = deque(maxlen=50)  # (time, bytes there), for about 5 s

    @property
    def have(self) -> int:
        return self.part.stat().st_size if self.part.exists() else 0

    def run(self) -> None:
        if self._state().get("url") != self.remote.url:
            discard(self.part)
        if self._state().get("complete"):
            return
        require_space(self.part, max(self.remote.about - self.have, 0) + self.remote.room, self.remote.title)
        attempt, furthest = 0, self.have
        while True:
            self.control.checkpoint()
            try:
                self._connect()
                break
            except (_Broken, requests.RequestException) as error:
                if not self.reached and not isinstance(error, _Broken):
                    raise self._unreachable(error) from None
                if self.have > furthest + NEW_GROUND:
                    attempt = 0
                furthest = max(furthest, self.have)
                if attempt == len(WAITS):
                    raise UserError(
                        f"The connection to {self.remote.url} broke {attempt + 1} times. {size(self.have)} are kept: "
                        "start the download again to go on."
                    ) from None
                self._wait(WAITS[attempt], attempt + 1)
                attempt += 1
        self._remember(complete=True)

    def _connect(self) -> None:
        """One request: go on from what is there, or start again where the server cannot."""
        state, have = self._state(), self.have
        headers = {"Accept-Encoding": "identity", "User-Agent": "Sensorium"}
        if have:
            headers["Range"] = f"bytes={have}-"
            if state.get("validator"):
                headers["If-Range"] = state["validator"]
        with requests.get(self.remote.url, headers=headers, stream=True, timeout=TIMEOUT) as answer:
            self.reached = True
            start, total = self._place(answer, have)
            if start is None:
                return
            if not start:
                self._remember(validator=_validator(answer), total=total)
                self.note = "started again: this server cannot resume" if have else ""
            with self.part.open("ab" if start else "wb") as file:
                self._copy(answer, file.write, start, total)
        if total and self.have != total:
            raise _Broken

    def _place(self, answer: requests.Response, have: int) -> tuple[int | None, int]:
        """Where the body of an answer belongs (None = all is there), and the whole size (0 = unknown)."""
        code = answer.status_code
        if code == 200:
            length = answer.headers.get("Content-Length", "")
            return 0, int(length) if length.isdigit() else 0
        span = re.fullmatch(r"bytes (?:(\d+)-\d+|\*)/(\d+|\*)", answer.headers.get("Content-Range", ""))
        total = int(span[2]) if span and span[2] != "*" else 0
        if code == 416 and total == have:
            return None, total
        known = self._state()
        validator = _validator(answer)
        other = validator is not None and known.get("validator") not in (None, validator)
        other = other or known.get("total") not in (None, 0, total)
        if code == 206 and span and span[1] == str(have) and not other:
            return have, total
        if code in (206, 416):  # another file than before, or a server that counts in its own way
            self.part.unlink(missing_ok=True)
            raise _Broken
        if code in (408, 429) or code >= 500:
            raise _Broken
        raise UserError(
            f"{self.remote.url} cannot be downloaded: the server answers {code} {answer.reason}. {self.remote.remedy}"
        )

    def _copy(self, answer: requests.Response, write: Callable[[bytes], object], done: int, total: int) -> None:
        shown = 0.0
        for block in answer.iter_content(BLOCK):
            self.control.checkpoint()
            write(block)
            done += len(block)
            if max(done, total) > self.remote.most:
                raise UserError(
                    f"{self.remote.url} sends more than {size(self.remote.most)}: this is not {self.remote.title}. "
                    f"{self.remote.remedy}"
                )
            if time.monotonic() - shown > 0.1:
                shown = time.monotonic()
                self._show(done, total)
        self._show(done, total)

    def _show(self, done: int, total: int) -> None:
        now = time.monotonic()
        self.speeds.append((now, done))
        since, before = self.speeds[0]
        speed = max(done - before, 0) / (now - since) if now > since else 0.0
        about = total or self.remote.about
        parts = [size(done) + (f" of {size(total)}" if total else f" of about {size(about)}")]
        if speed:
            parts += [f"{size(speed)}/s", f"{duration(max(about - done, 0) / speed)} left"]
        self.report(Progress(self._what, done, total, "bytes", ", ".join([*parts, self.note] if self.note else parts)))

    def _wait(self, seconds: float, attempt: int) -> None:
        self.speeds.clear()
        detail = f"the connection broke; attempt {attempt} of {len(WAITS)} in {seconds:.0f} s"
        self.report(Progress(self._what, self.have, self._state().get("total") or 0, "bytes", detail))
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.control.checkpoint()
            time.sleep(min(0.1, seconds))

    @property
    def _what(self) -> str:
        return f"Downloading {self.remote.title}"

    def _unreachable(self, error: Exception) -> UserError:
        if isinstance(error, requests.exceptions.SSLError):
            why = "its certificate cannot be verified"
        elif isinstance(error, requests.Timeout):
            why = "it does not answer"
        elif isinstance(error, requests.ConnectionError):
            why = "no connection can be made"
        else:
            why = str(error)
        return UserError(f"{self.remote.url} cannot be reached: {why}. Check the network. {self.remote.remedy}")

    def _state(self) -> dict[str, Any]:
        try:
            state = json.loads(_state_file(self.part).read_text(encoding="utf-8"))
            return state if isinstance(state, dict) and self.part.exists() else {}
        except (OSError, ValueError):
            return {}

    def _remember(self, **changes: object) -> None:
        self.part.touch()
        state = {**self._state(), "url": self.remote.url, **changes}
        write_atomically(_state_file(self.part), json.dumps(state).encode())


def _validator(answer: requests.Response) -> str | None:
    """What tells whether a file on the server is still the same: a strong ETag, else its date."""
    etag = answer.headers.get("ETag", "")
    return etag if etag and not etag.startswith("W/") else answer.headers.get("Last-Modified")
