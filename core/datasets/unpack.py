"""Unpacking an archive that nobody here made: nothing leaves the folder, nothing fills the disk."""

from __future__ import annotations

import lzma
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import IO

from core.control import Control
from core.errors import UserError
from core.events import Progress
from core.files import require_space, write_error
from core.readable import size

BLOCK = 1 << 20
MOST_FILES = 200_000
DAMAGED = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    NotImplementedError,  # a compression that zipfile does not know
    ValueError,  # names that are no text
)


class BadArchive(UserError):  # noqa: N818 - reads as what it is in the code that catches it
    """The archive is damaged or dangerous; it is of no use and may be deleted."""


@dataclass(frozen=True)
class _Member:
    name: str
    size: int  # bytes, as declared
    is_file: bool
    is_folder: bool
    open: Callable[[], IO[bytes] | None]


def unpack(archive: Path, into: Path, limit: int, control: Control, report: Callable[[Progress], None]) -> None:
    """Unpack a zip or tar archive into an empty folder.

    Everything is looked at before anything is written. Links and devices are refused with the rest: sound needs none.

    Args:
        limit: most bytes that all files may have together.

    Raises:
        BadArchive: no archive, damaged, encrypted; a name that leads outside, a link, too many or too large files.
        UserError: the disk has too little room or cannot be written to.
    """
    try:
        with _opened(archive) as members:
            checked = [(member, _inside(archive, member)) for member in members]
            total = sum(member.size for member in members)
            if total > limit or len(members) > MOST_FILES:
                raise BadArchive(
                    f"{archive.name} would unpack to {size(total)} in {len(members)} files, far more than "
                    f"expected (at most {size(limit)}): nothing was unpacked."
                )
            require_space(into, total, f"Unpacking {archive.name}")
            done = 0
            for member, parts in checked:
                path = into.joinpath(*parts)
                if member.is_folder:
                    path.mkdir(parents=True, exist_ok=True)
                    continue
                path.parent.mkdir(parents=True, exist_ok=True)
                source = member.open()
                assert source is not None  # only folders, links and devices have no content
                with source, path.open("xb") as file:
                    while block := source.read(BLOCK):
                        control.checkpoint()
                        done += len(block)
                        file.write(block)
                report(Progress("Unpacking", done, total, "bytes"))
    except DAMAGED as error:
        raise BadArchive(f"{archive.name} is damaged ({error or type(error).__name__}).") from None
    except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:
        raise BadArchive(f"{archive.name} holds two files of one name ({Path(error.filename).name}).") from None
    except RuntimeError as error:  # zipfile's for a password
        raise BadArchive(f"{archive.name} cannot be unpacked ({error}).") from None
    except OSError as error:
        if error.errno is None:  # gzip's and bz2's word for damage
            raise BadArchive(f"{archive.name} is damaged ({error}).") from None
        raise write_error(into, error) from error


@contextmanager
def _opened(archive: Path) -> Iterator[list[_Member]]:
    """The members of a zip or tar archive, readable while the context lasts."""
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as packed:
            yield [_zip_member(packed, info) for info in packed.infolist()]
    elif tarfile.is_tarfile(archive):
        with tarfile.open(archive) as tar:
            yield [_tar_member(tar, info) for _, info in zip(range(MOST_FILES + 1), tar, strict=False)]
    else:
        raise BadArchive(f"{archive.name} is neither a zip nor a tar archive, or only a part of one.")


def _zip_member(packed: zipfile.ZipFile, info: zipfile.ZipInfo) -> _Member:
    kind = stat.S_IFMT(info.external_attr >> 16)  # 0 where the archive was made without Unix modes
    folder = info.is_dir()
    return _Member(
        info.filename,
        info.file_size,
        is_file=not folder and kind in (0, stat.S_IFREG),
        is_folder=folder and kind in (0, stat.S_IFDIR),
        open=lambda: packed.open(info),
    )


def _tar_member(tar: tarfile.TarFile, info: tarfile.TarInfo) -> _Member:
    return _Member(info.name, info.size, info.isreg(), info.isdir(), open=lambda: tar.extractfile(info))


def _inside(archive: Path, member: _Member) -> tuple[str, ...]:
    """The parts of a member's path. Raises BadArchive where it leads outside or is no plain file or folder."""
    path = PurePosixPath(member.name.replace("\\", "/"))  # what Windows would make of it, on every system
    if path.is_absolute() or PureWindowsPath(member.name).drive or ".." in path.parts:
        raise BadArchive(
            f"{archive.name} holds “{member.name}”, which would be written outside its folder: nothing was unpacked."
        )
    if not (member.is_file or member.is_folder):
        raise BadArchive(f"{archive.name} holds “{member.name}”, which is a link or a device: nothing was unpacked.")
    return path.parts
