"""Downloads from a server on loopback: broken connections, servers that cannot resume, full disks."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import filelock
import pytest

from core import fetch as fetching
from core.control import Control
from core.datasets.download import download
from core.errors import Cancelled, UserError
from core.events import Progress
from tests.core.datasets.loopback import ARCHIVE, BLOB, FILES, Server, leftovers, tarred, zipped


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
