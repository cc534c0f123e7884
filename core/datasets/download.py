"""Downloading a dataset: resumed after a broken connection, unpacked safely, checked, and only then put in place."""

from __future__ import annotations

import json
import re
import shutil
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import filelock
import requests

from core.control import Control
from core.datasets.unpack import BadArchive, require_space, unpack
from core.errors import UserError
from core.events import Progress
from core.files import write_atomically, write_error
from core.readable import duration, size
from core.tables import load_dotted

BLOCK = 1 << 14  # small, so that a slow line still shows progress and can be cancelled
TIMEOUT = (10.0, 20.0)  # seconds to connect, and without a byte
WAITS = (1.0, 2.0, 4.0, 8.0, 16.0)  # seconds before each new attempt
NEW_GROUND = 1 << 20  # bytes after which a broken connection counts as the first again

Report = Callable[[Progress], None]
Check = Callable[[Path, Control, Report], None]


@dataclass(frozen=True)
class Archive:
    """Something that can be downloaded.

    Attributes:
        bytes, extracted: size of the archive and of its files, roughly; at most twice `extracted` is unpacked.
        check: looks at the unpacked folder and raises UserError for what is missing; a function or its dotted path.
    """

    url: str
    title: str
    licence: str
    bytes: int
    extracted: int
    check: str | Check


def download(archive: Archive, target: Path, control: Control, report: Report, url: str | None = None) -> Path:
    """Bring an archive's files to `target`, which must not exist yet or be empty; returns it.

    Until all is well nothing stands at `target`. What has arrived is kept in `TARGET.part` beside it after a failure
    or a cancel, and the next call goes on from there where the server allows it.

    Args:
        url: another address than the official one.

    Raises:
        UserError: in the way, no room, unreachable, refused, damaged, dangerous or incomplete; says what to do.
        Cancelled: between two blocks or files.
    """
    part = target.with_name(f"{target.name}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists() and any(target.iterdir()):
            raise UserError(f"{target} is there already. Open it, or move it away before downloading again.")
        with filelock.FileLock(target.with_name(f".{target.name}.lock"), timeout=0):
            _Fetch(archive, part, control, report, url or archive.url).run()
            _put_in_place(archive, part, target, control, report)
    except filelock.Timeout:
        raise UserError(f"{archive.title} is being downloaded to {target} already. Wait for it to end.") from None
    except OSError as error:
        raise write_error(part, error) from error
    return target


def _put_in_place(archive: Archive, part: Path, target: Path, control: Control, report: Report) -> None:
    aside = target.with_name(f".{target.name}.unpacking")
    shutil.rmtree(aside, ignore_errors=True)  # of a process that was killed
    check: Check = load_dotted(archive.check) if isinstance(archive.check, str) else archive.check
    try:
        aside.mkdir()
        unpack(part, aside, 2 * archive.extracted, control, report)
        inside = list(aside.iterdir())
        folder = inside[0] if len(inside) == 1 and inside[0].is_dir() else aside  # most archives hold one folder
        try:
            check(folder, control, report)
        except UserError as fault:
            raise BadArchive(str(fault)) from None
        if target.exists():
            target.rmdir()
        folder.rename(target)
    except BadArchive as fault:
        _discard(part)
        raise UserError(f"{fault} The archive was removed; download it again, or use another address.") from None
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    _discard(part)


def _discard(part: Path) -> None:
    part.unlink(missing_ok=True)
    _state_file(part).unlink(missing_ok=True)


def _state_file(part: Path) -> Path:
    return part.with_name(f"{part.name}.json")


class _Broken(Exception):  # noqa: N818 - an event, not a fault of ours
    """The connection ended early; worth another attempt."""


class _Fetch:
    """One file over HTTP into `part`, in as many connections as it takes."""

    def __init__(self, archive: Archive, part: Path, control: Control, report: Report, url: str) -> None:
        self.archive, self.part, self.url = archive, part, url
        self.control, self.report = control, report
        self.note = ""  # shown behind the speed
        self.reached = False  # whether the server has ever answered
        self.speeds: deque[tuple[float, int]] = deque(maxlen=50)  # (time, bytes there), for about 5 s

    @property
    def have(self) -> int:
        return self.part.stat().st_size if self.part.exists() else 0

    def run(self) -> None:
        if self._state().get("url") != self.url:
            _discard(self.part)
        if self._state().get("complete"):
            return
        require_space(
            self.part,
            max(self.archive.bytes - self.have, 0) + self.archive.extracted,
            f"{self.archive.title} (archive and unpacked files)",
        )
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
                        f"The connection to {self.url} broke {attempt + 1} times. {size(self.have)} are kept: "
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
        with requests.get(self.url, headers=headers, stream=True, timeout=TIMEOUT) as answer:
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
            f"{self.url} cannot be downloaded: the server answers {code} {answer.reason}. "
            "Check the address in the settings."
        )

    def _copy(self, answer: requests.Response, write: Callable[[bytes], object], done: int, total: int) -> None:
        most = self.archive.bytes + self.archive.extracted
        shown = 0.0
        for block in answer.iter_content(BLOCK):
            self.control.checkpoint()
            write(block)
            done += len(block)
            if max(done, total) > most:
                raise UserError(
                    f"{self.url} sends more than {size(most)}: this is not {self.archive.title}. "
                    "Check the address in the settings."
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
        about = total or self.archive.bytes
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
        return f"Downloading {self.archive.title}"

    def _unreachable(self, error: Exception) -> UserError:
        if isinstance(error, requests.exceptions.SSLError):
            why = "its certificate cannot be verified"
        elif isinstance(error, requests.Timeout):
            why = "it does not answer"
        elif isinstance(error, requests.ConnectionError):
            why = "no connection can be made"
        else:
            why = str(error)
        return UserError(
            f"{self.url} cannot be reached: {why}. Check the network and the address in the settings, or copy "
            f"{self.archive.title} to this computer by other means and open its folder."
        )

    def _state(self) -> dict[str, Any]:
        try:
            state = json.loads(_state_file(self.part).read_text(encoding="utf-8"))
            return state if isinstance(state, dict) and self.part.exists() else {}
        except (OSError, ValueError):
            return {}

    def _remember(self, **changes: object) -> None:
        self.part.touch()
        state = {**self._state(), "url": self.url, **changes}
        write_atomically(_state_file(self.part), json.dumps(state).encode())


def _validator(answer: requests.Response) -> str | None:
    """What tells whether a file on the server is still the same: a strong ETag, else its date."""
    etag = answer.headers.get("ETag", "")
    return etag if etag and not etag.startswith("W/") else answer.headers.get("Last-Modified")
