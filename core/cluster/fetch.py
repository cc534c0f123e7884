"""Files from home: in place where a node sees the same disk, else a copy in blocks of a few megabytes."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import filelock

from core.clip_cache import FlatFile
from core.cluster.home import Offer
from core.control import Control
from core.errors import UserError
from core.files import require_space, write_atomically

BLOCK = 8 << 20  # bytes

Blocks = Callable[[Offer], Iterator[bytes]]
_checked: set[Path] = set()  # copies whose content this process has found right


def fetch(file: Offer, target: Path, blocks: Blocks, control: Control, sha256: str = "") -> None:
    """Copy a file from home to `target`.

    Raises:
        UserError: the disk is full, or the file has changed at home.
        Cancelled: through `control`; nothing is left behind.
    """
    require_space(target.parent, file.size, f"A copy of {file.path.name}")
    digest = hashlib.sha256()

    def write(copy: BinaryIO) -> None:
        for block in blocks(file):
            control.checkpoint()
            digest.update(block)
            copy.write(block)
        if copy.tell() != file.size or (sha256 and digest.hexdigest() != sha256):
            raise UserError(f"{file.path} changed while it was copied to a node of the cluster. Start the study again.")

    write_atomically(target, write)


def decoded_here(file: FlatFile, blocks: Blocks, control: Control) -> Path:
    """Where a cache lies on this machine: at its place, if that is on a disk that is shared with home, else in a copy
    that is made once and kept for other runs and studies. Every process reads a copy through before it believes it.

    Raises:
        UserError, Cancelled: as `fetch`.
    """
    if _has_size(file.path, file.size):
        return file.path
    place = copies() / f"{file.sha256}{file.path.suffix}"
    with filelock.FileLock(place.with_suffix(".lock")):  # several runs may begin on this machine at once
        if not (_has_size(place, file.size) and (place in _checked or _digest(place, control) == file.sha256)):
            fetch(Offer(file.path, file.size), place, blocks, control, file.sha256)
        _checked.add(place)
    return place


def copies() -> Path:
    """The folder of a machine's copies of caches, a person's own, which nobody else may read or write: not one that
    another person has put under its name in the temporary folder, where everybody may."""
    person = os.getuid() if hasattr(os, "getuid") else os.environ.get("USERNAME", "")
    there = Path(tempfile.gettempdir())
    folder = there / f"sensorium-{person}"
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    for known in (folder, *sorted(there.glob(f"{folder.name}-*"))):
        if _private(known):
            return known
    return Path(tempfile.mkdtemp(prefix=f"{folder.name}-"))


def _private(folder: Path) -> bool:
    state = folder.lstat()  # not of what a link points to
    if not stat.S_ISDIR(state.st_mode):
        return False
    return not hasattr(os, "getuid") or (state.st_uid == os.getuid() and not stat.S_IMODE(state.st_mode) & 0o077)


def _digest(path: Path, control: Control) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            control.checkpoint()
            digest.update(block)
    return digest.hexdigest()


def _has_size(path: Path, size: int) -> bool:
    try:
        return path.stat().st_size == size
    except OSError:
        return False
