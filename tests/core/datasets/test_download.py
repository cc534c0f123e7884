"""Downloads from a server on loopback: broken connections, servers that cannot resume, full disks, evil archives."""

from __future__ import annotations

import io
import shutil
import socket
import tarfile
import threading
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import filelock
import numpy as np
import pytest
import soundfile

from core import fetch as fetching
from core.control import Control
from core.datasets import esc50
from core.datasets.download import Archive, download
from core.errors import Cancelled, UserError
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


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    it = Server()
    released = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            wanted = self.headers.get("Range")
            it.asked.append(wanted)
            if it.statuses:
                self.send_error(it.statuses.pop(0))
                return
            first = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted and it.ranges else 0
            if first and self.headers.get("If-Range", it.etag) != it.etag:
                first = 0
            size = len(it.content)
            if first >= size > 0 and first:
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{size}")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            self.send_response(206 if first else 200)
            if first:
                self.send_header("Content-Range", f"bytes {first}-{size - 1}/{size}")
            if it.length:
                self.send_header("Content-Length", str(size - first))
            else:
                self.send_header("Connection", "close")
            if it.etag:
                self.send_header("ETag", it.etag)
            self.end_headers()
            body = it.content[first:]
            cut = it.cuts.pop(0) if it.cuts else len(body)
            try:
                self.wfile.write(body[:cut])
            except OSError:  # the client has gone: it cancelled
                return
            if cut < len(body):
                self.close_connection = True
                if it.stalls:
                    it.stalls -= 1
                    released.wait(20)
                self.wfile.flush()
                self.connection.shutdown(socket.SHUT_RDWR)

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    it.url = f"http://127.0.0.1:{http.server_address[1]}/esc.zip"
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(fetching, "WAITS", (0.0, 0.0, 0.0))
    yield it
    released.set()
    http.shutdown()
    thread.join()
    http.server_close()


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


@pytest.fixture
def said() -> list[Progress]:
    return []


@pytest.fixture
def fetch(server: Server, tmp_path: Path, said: list[Progress]) -> Callable[[], Path]:
    return lambda: download(ARCHIVE, tmp_path / "sets" / "set", Control(), said.append, server.url)


def leftovers(tmp_path: Path) -> set[str]:
    """What lies beside the target besides the lock."""
    return {path.name for path in (tmp_path / "sets").iterdir()} - {".set.lock"}


def check_whole(target: Path) -> None:
    assert (target / "audio" / "a.bin").read_bytes() == BLOB
    assert leftovers(target.parents[1]) == {"set"}


def test_a_download_is_put_in_place(server: Server, fetch: Callable[[], Path], said: list[Progress]) -> None:
    server.content = zipped(FILES)
    check_whole(fetch())
    assert server.asked == [None]
    last = [item for item in said if item.what == "Downloading Test set"][-1]
    assert last.done == last.total == len(server.content) and last.unit == "bytes"
    assert "300 kB of 300 kB" in last.detail
    assert any("/s" in item.detail for item in said)
    unpacking = [item for item in said if item.what.startswith("Unpacking")]
    assert unpacking[-1].done == unpacking[-1].total == 300_005


def test_tar_archives_will_do(server: Server, fetch: Callable[[], Path], tmp_path: Path) -> None:
    for name, content in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    server.content = tarred(lambda archive: archive.add(tmp_path / "set-1", "set-1"))
    check_whole(fetch())


def test_a_cut_connection_is_resumed(server: Server, fetch: Callable[[], Path], said: list[Progress]) -> None:
    server.content, server.cuts = zipped(FILES), [100_000, 50_000]
    check_whole(fetch())
    starts = [int(str(wanted)[6:-1]) for wanted in server.asked[1:]]
    assert server.asked[0] is None and len(starts) == 2
    lost = fetching.BLOCK  # at most a block is asked for again
    assert 100_000 - lost <= starts[0] <= 100_000 and starts[0] + 50_000 - lost <= starts[1] <= starts[0] + 50_000
    assert any("the connection broke; attempt 1 of 3" in item.detail for item in said)


def test_a_stalled_connection_is_resumed(
    server: Server, fetch: Callable[[], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "TIMEOUT", (5.0, 0.3))
    server.content, server.cuts, server.stalls = zipped(FILES), [100_000], 1
    check_whole(fetch())
    assert len(server.asked) == 2 and server.asked[1]


def test_a_server_without_ranges_starts_again(server: Server, fetch: Callable[[], Path], said: list[Progress]) -> None:
    server.content, server.cuts, server.ranges = zipped(FILES), [100_000], False
    check_whole(fetch())
    assert len(server.asked) == 2 and "started again: this server cannot resume" in said[-1 - unpackings(said)].detail


def unpackings(said: list[Progress]) -> int:
    return sum(item.what.startswith("Unpacking") for item in said)


def test_a_server_that_gives_no_length(server: Server, fetch: Callable[[], Path], said: list[Progress]) -> None:
    server.content, server.length, server.etag = zipped(FILES), False, ""
    check_whole(fetch())
    assert said[0].total == 0 and "of about 400 kB" in said[0].detail


def test_a_file_that_changed_meanwhile_is_not_mixed(server: Server, fetch: Callable[[], Path]) -> None:
    server.content, server.cuts = zipped({**FILES, "set-1/x": b"old"}), [100_000, 0, 0, 0]
    with pytest.raises(UserError):
        fetch()
    server.content, server.etag = zipped(FILES), '"v2"'
    check_whole(fetch())


def test_it_gives_up_after_a_few_attempts_and_goes_on_later(
    server: Server, fetch: Callable[[], Path], tmp_path: Path
) -> None:
    server.content, server.cuts = zipped(FILES), [90_000, 10, 10, 10]
    with pytest.raises(UserError, match=r"broke 4 times\. 8\d kB are kept: start the download again to go on"):
        fetch()
    assert leftovers(tmp_path) == {"set.part", "set.part.json"}
    check_whole(fetch())
    assert str(server.asked[-1]).startswith("bytes=8")


def test_cancel_keeps_what_arrived(server: Server, tmp_path: Path) -> None:
    server.content = zipped(FILES)
    control = Control()
    target = tmp_path / "sets" / "set"
    with pytest.raises(Cancelled):
        download(ARCHIVE, target, control, lambda _: control.cancel(), server.url)
    kept = (tmp_path / "sets" / "set.part").stat().st_size
    assert 0 < kept < len(server.content) and not target.exists()
    download(ARCHIVE, target, Control(), lambda _: None, server.url)
    check_whole(target)
    assert server.asked == [None, f"bytes={kept}-"]


def test_cancel_while_unpacking_does_not_download_again(server: Server, tmp_path: Path) -> None:
    server.content = zipped(FILES)
    control, target = Control(), tmp_path / "sets" / "set"

    def stop(progress: Progress) -> None:
        if progress.what.startswith("Unpacking"):
            control.cancel()

    with pytest.raises(Cancelled):
        download(ARCHIVE, target, control, stop, server.url)
    assert leftovers(tmp_path) == {"set.part", "set.part.json"}
    download(ARCHIVE, target, Control(), lambda _: None, server.url)
    check_whole(target)
    assert len(server.asked) == 1


def test_all_there_but_not_known_to_be(server: Server, fetch: Callable[[], Path], tmp_path: Path) -> None:
    """Killed between the last byte and the note that it was the last."""
    server.content, server.cuts = zipped(FILES), [90_000, 0, 0, 0]
    with pytest.raises(UserError):
        fetch()
    (tmp_path / "sets" / "set.part").write_bytes(server.content)
    check_whole(fetch())


def test_another_address_starts_anew(server: Server, fetch: Callable[[], Path], tmp_path: Path) -> None:
    server.content, server.cuts = zipped(FILES), [90_000, 0, 0, 0]
    with pytest.raises(UserError):
        fetch()
    download(ARCHIVE, tmp_path / "sets" / "set", Control(), lambda _: None, server.url + "?mirror")
    assert server.asked[-1] is None


@pytest.mark.parametrize("status", [500, 503, 429])
def test_a_busy_server_is_asked_again(server: Server, fetch: Callable[[], Path], status: int) -> None:
    server.content, server.statuses = zipped(FILES), [status]
    check_whole(fetch())


def test_not_found(server: Server, fetch: Callable[[], Path], tmp_path: Path) -> None:
    server.statuses = [404]
    with pytest.raises(UserError, match=r"the server answers 404 Not Found\. Check the address in the settings"):
        fetch()
    assert leftovers(tmp_path) == set() and len(server.asked) == 1


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/x.zip", "ftp://127.0.0.1/x.zip", "nonsense", "http://"])
def test_unreachable(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with pytest.raises(UserError, match="cannot be reached: ") as caught:
        download(ARCHIVE, tmp_path / "set", Control(), lambda _: None, url)
    assert url in str(caught.value) and "Check the network" in str(caught.value)


def test_too_small_a_disk(
    server: Server, fetch: Callable[[], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.content = zipped(FILES)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1_300_000))
    with pytest.raises(UserError, match=r"needs 1\.4 MB in .*, where 1\.3 MB are free"):
        fetch()
    assert server.asked == []
    room = iter([2_000_000, 200_000])  # enough at the start, not at the unpacking
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=next(room)))
    with pytest.raises(UserError, match=r"Unpacking set.part needs 300 kB .*, where 200 kB are free"):
        fetch()
    assert leftovers(tmp_path) == {"set.part", "set.part.json"}  # 300 kB that need not come again
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1_000_000))
    check_whole(fetch())
    assert len(server.asked) == 1


def test_what_is_there_is_not_overwritten(fetch: Callable[[], Path], tmp_path: Path) -> None:
    mine = tmp_path / "sets" / "set" / "mine.txt"
    mine.parent.mkdir(parents=True)
    mine.write_text("keep")
    with pytest.raises(UserError, match="is there already"):
        fetch()
    assert mine.read_text() == "keep"


def test_an_empty_folder_is_taken(server: Server, fetch: Callable[[], Path], tmp_path: Path) -> None:
    server.content = zipped(FILES)
    (tmp_path / "sets" / "set").mkdir(parents=True)
    check_whole(fetch())


def test_one_download_at_a_time(fetch: Callable[[], Path], tmp_path: Path) -> None:
    (tmp_path / "sets").mkdir()
    with (
        filelock.FileLock(tmp_path / "sets" / ".set.lock"),
        pytest.raises(UserError, match=r"being downloaded to .* already"),
    ):
        fetch()


def test_a_place_that_cannot_be_written_to(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="could not be written"):
        download(ARCHIVE, tmp_path / "file" / "set", Control(), lambda _: None, server.url)


def test_an_endless_file_is_not_taken(server: Server, fetch: Callable[[], Path]) -> None:
    server.content, server.length = bytes(2_000_000), False
    with pytest.raises(UserError, match=r"sends more than 1\.4 MB: this is not Test set"):
        fetch()


# --- archives --------------------------------------------------------------------------------------------------------


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


# --- ESC-50 ----------------------------------------------------------------------------------------------------------


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
