"""What arrives from a server on loopback: evil and damaged archives, and ESC-50."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from core.control import Control
from core.datasets import esc50
from core.datasets.download import download
from core.errors import UserError
from core.events import Progress
from tests.core.datasets.loopback import BLOB, FILES, Server, leftovers, tarred, zipped


def link(name: str, target: str) -> bytes:
    """A zip with a symbolic link."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        info = zipfile.ZipInfo(name)
        info.create_system, info.external_attr = 3, 0o120777 << 16
        archive.writestr(info, target)
        archive.writestr(f"{name}/file", "through the link")
    return buffer.getvalue()


def tar_member(name: str, kind: bytes = tarfile.REGTYPE, linkname: str = "", content: bytes = b"evil") -> bytes:
    def add(archive: tarfile.TarFile) -> None:
        info = tarfile.TarInfo(name)
        info.type, info.linkname, info.size = kind, linkname, len(content) if kind == tarfile.REGTYPE else 0
        archive.addfile(info, io.BytesIO(content))

    return tarred(add)


OUTSIDE = "would be written outside its folder: nothing was unpacked"
LINK = "which is a link or a device: nothing was unpacked"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (zipped({"../evil.txt": b"x"}), OUTSIDE),
        (zipped({"fine.txt": b"x", "a/../../evil.txt": b"x"}), OUTSIDE),
        (zipped({"/evil.txt": b"x"}), OUTSIDE),
        (zipped({"..\\evil.txt": b"x"}), OUTSIDE),
        (zipped({"C:\\evil.txt": b"x"}), OUTSIDE),
        (link("link", "../.."), LINK),
        (tar_member("../evil.txt"), OUTSIDE),
        (tar_member("/evil.txt"), OUTSIDE),
        (tar_member("link", tarfile.SYMTYPE, "/etc"), LINK),
        (tar_member("link", tarfile.LNKTYPE, "../evil.txt"), LINK),
        (tar_member("device", tarfile.CHRTYPE), LINK),
        (tar_member("pipe", tarfile.FIFOTYPE), LINK),
        (zipped({"bomb": bytes(30_000_000)}), r"would unpack to 30 MB in 1 files, far more than expected \(at most 2"),
        (tar_member("bomb", content=bytes(30_000_000)), "would unpack to 30 MB"),
        (b"<html>This page has moved.</html>", "neither a zip nor a tar archive"),
        (b"", "neither a zip nor a tar archive"),
        (zipped(FILES)[:200_000], "neither a zip nor a tar archive, or only a part of one"),
        (zipped(FILES).replace(BLOB[5000:5100], bytes(100)), "is damaged"),
        (tar_member("a.bin", content=BLOB)[:200_000], "is damaged"),
        (zipped({"set-1/other.txt": b""}), "The set arrived incomplete: readme.txt is missing."),
    ],
    ids=lambda value: value[:20] if isinstance(value, str) else "",
)
def test_bad_archives_leave_nothing(
    server: Server, fetch: Callable[[], Path], tmp_path: Path, content: bytes, words: str
) -> None:
    server.content = content
    with pytest.raises(UserError, match=words) as caught:
        fetch()
    assert "The archive was removed; download it again, or use another address." in str(caught.value)
    assert leftovers(tmp_path) == set()
    assert {path.name for path in tmp_path.rglob("*")} <= {"sets", ".set.lock"}


def test_a_locked_archive(server: Server, fetch: Callable[[], Path]) -> None:
    content = bytearray(zipped({"a.txt": b"secret"}))
    for signature, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):  # set the flag "encrypted" in both headers
        content[content.index(signature) + offset] |= 1
    server.content = bytes(content)
    with pytest.raises(UserError, match=r"cannot be unpacked .*password"):
        fetch()


def test_two_files_of_one_name(server: Server, fetch: Callable[[], Path], tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("a.txt", "one")
        archive.writestr("a.txt", "two")
    server.content = buffer.getvalue()
    with pytest.raises(UserError, match="holds two files of one name"):
        fetch()
    assert leftovers(tmp_path) == set()


def esc_archive(rows: int) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, np.full(50, 0.1), 8000, format="WAV")
    lines = [",".join(esc50.COLUMNS)]
    files = {}
    for number in range(rows):
        name = f"{number % 5 + 1}-{number}-A-{number % 50}.wav"
        lines.append(f"{name},{number % 5 + 1},{number % 50},class{number % 50},{number % 50 < 10},{number},A")
        files[f"ESC-50-master/audio/{name}"] = buffer.getvalue()
    return zipped({**files, "ESC-50-master/meta/esc50.csv": "\n".join(lines).encode()})


def test_esc50_from_the_archive_to_the_clips(server: Server, tmp_path: Path, said: list[Progress]) -> None:
    server.content = esc_archive(2000)
    target = download(esc50.ARCHIVE, tmp_path / "ESC-50", Control(), said.append, server.url)
    dataset = esc50.open_esc50(target, Control())
    assert len(dataset.clips) == 2000 and len(dataset.classes) == 50 and dataset.notes == ()
    assert len(esc50.open_esc10(target, Control()).clips) == 400
    assert said[-1] == Progress("Checking ESC-50", 2000, 2000, "files")


def test_an_incomplete_esc50_is_refused(server: Server, tmp_path: Path) -> None:
    server.content = esc_archive(1990)
    with pytest.raises(UserError, match=r"1990 rows instead of 2000.*download it again"):
        download(replace(esc50.ARCHIVE), tmp_path / "ESC-50", Control(), lambda _: None, server.url)
    assert not (tmp_path / "ESC-50").exists()
