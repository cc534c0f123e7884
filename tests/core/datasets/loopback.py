"""What a server on loopback has and how it behaves, and the archives that it sends."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from core.control import Control
from core.datasets.download import Archive
from core.errors import UserError
from core.events import Progress


@dataclass
class Server:
    """What the server has and how it behaves."""

    content: bytes = b""
    ranges: bool = True
    length: bool = True
    etag: str = '"v1"'
    cuts: list[int] = field(default_factory=list)  # bytes after which each connection is cut, in turn
    stalls: int = 0  # so many connections send nothing after the cut and stay open
    statuses: list[int] = field(default_factory=list)  # answered first, in turn
    asked: list[str | None] = field(default_factory=list)  # the Range of each request
    url: str = ""


def zipped(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def tarred(add: Callable[[tarfile.TarFile], None], mode: str = "w:gz") -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:  # type: ignore[call-overload]
        add(archive)
    return buffer.getvalue()


BLOB = np.random.default_rng(0).bytes(300_000)  # does not compress: the archive is as long
FILES = {"set-1/readme.txt": b"hello", "set-1/audio/a.bin": BLOB}


def accept(root: Path, control: Control, report: Callable[[Progress], None]) -> None:
    if not (root / "readme.txt").is_file():
        raise UserError("The set arrived incomplete: readme.txt is missing.")


ARCHIVE = Archive("http://unused.invalid/", "Test set", "none", 400_000, 1_000_000, accept)


def leftovers(tmp_path: Path) -> set[str]:
    """What lies beside the target besides the lock."""
    return {path.name for path in (tmp_path / "sets").iterdir()} - {".set.lock"}
