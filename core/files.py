"""Files: written so that a crash leaves the old one or the new one, never half of either; sizes and safe names."""

from __future__ import annotations

import errno
import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from core.errors import UserError
from core.readable import size


@contextmanager
def replace_synced(path: Path) -> Iterator[Path]:
    """Give a path beside `path` for a library to write to; on success it is synced and takes `path`'s name.

    Raises:
        UserError: the disk is full, or the folder cannot be written to.
    """
    aside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield aside
        with aside.open("rb+") as file:
            os.fsync(file.fileno())
        aside.replace(path)
    except OSError as error:
        raise write_error(path, error) from error
    finally:
        with suppress(OSError):  # its folder may be no folder: the first error says so
            aside.unlink(missing_ok=True)


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """Give an empty folder beside `folder` to be filled; on success it takes `folder`'s name, else nothing is left.

    Raises:
        UserError: there is something of that name, the disk is full, or the place cannot be written to.
    """
    if folder.exists():
        raise UserError(f"There is already something called {folder}. Choose another name, or move it away.")
    aside = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}")
    try:
        aside.mkdir(parents=True)
        yield aside
        aside.rename(folder)
    except OSError as error:
        raise write_error(folder, error) from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def write_atomically(path: Path, content: bytes | Callable[[BinaryIO], None]) -> None:
    """Write aside, fsync, rename. `content` is the bytes, or a function that writes them to an open file.

    Raises:
        UserError: the disk is full, or the folder cannot be written to.
    """
    with replace_synced(path) as aside, aside.open("wb") as file:
        if callable(content):
            content(file)
        else:
            file.write(content)


def write_error(path: Path, error: OSError) -> UserError:
    """The sentence for a failed write."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return UserError(
            f"The disk is full: {path} could not be written. Free some space, then resume or try again; what was on "
            "disk before is kept."
        )
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return UserError(f"{path.parent} cannot be written to. Choose another folder, or change its permissions.")
    return UserError(f"{path} could not be written: {error.strerror or error}.")


def require_space(place: Path, needed: float, what: str) -> None:
    """Raises UserError when the disk that holds `place` (or will) has fewer free bytes than `what` needs."""
    there = next(folder for folder in (place, *place.parents) if folder.exists())
    free = shutil.disk_usage(there).free
    if free < needed:
        raise UserError(
            f"{what} needs {size(needed)} in {there}, where {size(free)} are free. "
            "Free some space, or choose a workspace on another disk."
        )


def remove_folder(folder: Path) -> None:
    """A folder and all that is in it, for good.

    Raises:
        UserError: it cannot be written to.
    """
    try:
        shutil.rmtree(folder)
    except OSError as error:
        raise write_error(folder, error) from error


def folder_size(path: Path) -> int:
    """Bytes of all files below a folder; 0 where there is none."""
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file() and not file.is_symlink())


def slug(text: str) -> str:
    """A name that is safe as a folder on every system."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "unnamed"
