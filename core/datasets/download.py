"""Downloading a dataset: resumed after a broken connection, unpacked safely, checked, and only then put in place."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import filelock

from core.control import Control
from core.datasets import DATASETS
from core.datasets.unpack import BadArchive, unpack
from core.errors import UserError
from core.fetch import Remote, Report, discard, fetch
from core.files import write_error
from core.tables import load_dotted

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


def download_dataset(name: str, target: Path, url: str, control: Control, report: Report) -> Path:
    """The archive of a row of DATASETS, from an address of one's own; as `download`."""
    return download(load_dotted(DATASETS[name].downloader), target, control, report, url)


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
            fetch(_remote(archive, url or archive.url), part, control, report)
            _put_in_place(archive, part, target, control, report)
    except filelock.Timeout:
        raise UserError(f"{archive.title} is being downloaded to {target} already. Wait for it to end.") from None
    except OSError as error:
        raise write_error(part, error) from error
    return target


def _remote(archive: Archive, url: str) -> Remote:
    return Remote(
        title=archive.title,
        url=url,
        about=archive.bytes,
        most=archive.bytes + archive.extracted,
        room=archive.extracted,
        remedy=f"Check the address in the settings, or copy {archive.title} to this computer by other means and open "
        "its folder.",
    )


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
        discard(part)
        raise UserError(f"{fault} The archive was removed; download it again, or use another address.") from None
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    discard(part)
