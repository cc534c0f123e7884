"""Weight files: what is read, what is refused and with which sentence, and the download."""

from __future__ import annotations

import functools
import hashlib
import http.server
import os
import resource
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from safetensors.torch import save_file

import core.weights
from core import fetch as fetching
from core.control import Control
from core.errors import Cancelled, UserError
from core.events import Event, Progress
from core.weights import imagenet_to_fetch, imagenet_weights, read_tensors, torchvision_file, write_tensors
from models import MODELS

TENSORS = {"a.weight": torch.arange(6.0).reshape(2, 3), "a.bias": torch.ones(2)}


def same(found: dict[str, torch.Tensor]) -> bool:
    return found.keys() == TENSORS.keys() and all(torch.equal(found[name], TENSORS[name]) for name in TENSORS)


def test_safetensors_are_read(tmp_path: Path) -> None:
    save_file(TENSORS, tmp_path / "w.safetensors")
    assert same(read_tensors(tmp_path / "w.safetensors"))


@pytest.mark.parametrize("legacy", [False, True])
@pytest.mark.parametrize(
    "content",
    [TENSORS, {"state_dict": TENSORS, "epoch": 3}, {"model": TENSORS}, {"model": {"state_dict": TENSORS}}],
)
def test_checkpoints_are_unwrapped(tmp_path: Path, content: dict[str, object], legacy: bool) -> None:
    torch.save(content, tmp_path / "w.pth", _use_new_zipfile_serialization=not legacy)
    assert same(read_tensors(tmp_path / "w.pth"))


class Malicious:
    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.target),)


def test_a_malicious_pickle_is_refused_and_not_executed(tmp_path: Path) -> None:
    torch.save({"a": Malicious(tmp_path / "executed")}, tmp_path / "evil.pth")
    with pytest.raises(UserError, match=r"evil\.pth was not loaded.*state_dict"):
        read_tensors(tmp_path / "evil.pth")
    assert not (tmp_path / "executed").exists()


@pytest.mark.parametrize("suffix", [".pth", ".pt", ".safetensors"])
@pytest.mark.parametrize("kind", ["truncated", "text", "empty"])
def test_a_damaged_file_gives_a_sentence(tmp_path: Path, suffix: str, kind: str) -> None:
    path = tmp_path / f"w{suffix}"
    if suffix == ".safetensors":
        save_file(TENSORS, path)
    else:
        torch.save(TENSORS, path)
    whole = path.read_bytes()
    path.write_bytes({"truncated": whole[: len(whole) // 2], "text": b"not weights at all\n" * 9, "empty": b""}[kind])
    with pytest.raises(UserError, match=f"w{suffix}"):
        read_tensors(path)


def test_what_is_no_weights_file_gives_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="There is no weights file"):
        read_tensors(tmp_path / "absent.pth")
    with pytest.raises(UserError, match="no weights file: choose"):
        read_tensors(tmp_path / "picture.png")
    (tmp_path / "folder.pth").mkdir()
    with pytest.raises(UserError, match="cannot be read"):
        read_tensors(tmp_path / "folder.pth")
    torch.save({"epoch": 3}, tmp_path / "none.pth")
    with pytest.raises(UserError, match="holds no tensors"):
        read_tensors(tmp_path / "none.pth")


class Server(http.server.SimpleHTTPRequestHandler):
    """Serves a folder, continues where asked (RFC 9110 ranges), and breaks off the first answer if told to."""

    break_after = 0
    asked: list[str | None] = []  # noqa: RUF012 - emptied by the fixture

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path))
        if not path.is_file():
            self.send_error(404)
            return
        content = path.read_bytes()
        wanted = self.headers.get("Range")
        Server.asked.append(wanted)
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0
        self.send_response(206 if wanted else 200)
        self.send_header("Content-Length", str(len(content) - start))
        if wanted:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.end_headers()
        body = content[start:]
        if Server.break_after:
            body, Server.break_after = body[: Server.break_after], 0
        self.wfile.write(body)
        self.close_connection = True

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, Path]]:
    """Address and file name of weights on a loopback server; torchvision's name is given the right digits."""
    folder = tmp_path / "server"
    folder.mkdir()
    # Random values cannot be compressed, so the file is as large as it looks and arrives in several blocks.
    content = {"features.0.weight": torch.rand(64, 3, 11, 11), "classifier.6.bias": torch.rand(500_000)}
    torch.save(content, folder / "w.pth")
    digits = hashlib.sha256((folder / "w.pth").read_bytes()).hexdigest()[:8]
    file = (folder / "w.pth").rename(folder / f"alexnet-owt-{digits}.pth")
    official = f"http://unused.invalid/{file.name}", file.stat().st_size
    monkeypatch.setattr(core.weights, "torchvision_file", lambda architecture: official)
    monkeypatch.setattr(fetching, "WAITS", (0.0, 0.0))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    Server.break_after, Server.asked = 0, []
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Server, directory=folder)) as httpd:
        thread = threading.Thread(target=httpd.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{httpd.server_port}/", file
        httpd.shutdown()
        thread.join()


def test_imagenet_weights_are_fetched_once(server: tuple[str, Path], tmp_path: Path) -> None:
    address, file = server
    said: list[Event] = []
    tensors = read_tensors(imagenet_weights("alexnet", tmp_path / "weights", report=said.append, address=address))
    assert tensors["features.0.weight"].shape == (64, 3, 11, 11)
    last = said[-1]
    assert isinstance(last, Progress)
    assert last.done == last.total == file.stat().st_size
    imagenet_weights("alexnet", tmp_path / "weights", address="http://127.0.0.1:9")  # nothing listens there
    assert [path.name for path in (tmp_path / "weights").iterdir()] == [file.name]


def test_the_address_may_come_from_the_environment(
    server: tuple[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SENSORIUM_WEIGHTS_URL", server[0])
    assert imagenet_weights("alexnet", tmp_path / "weights")


def test_a_broken_download_is_continued(server: tuple[str, Path], tmp_path: Path) -> None:
    address, file = server
    Server.break_after = 1_200_000
    assert imagenet_weights("alexnet", tmp_path / "weights", address=address)
    first, second = Server.asked
    assert first is None
    assert 0 < int(str(second).removeprefix("bytes=").rstrip("-")) <= 1_200_000
    assert [path.name for path in (tmp_path / "weights").iterdir()] == [file.name]


def test_a_disk_that_is_too_small_is_said_before_the_download(
    server: tuple[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=1000))
    with pytest.raises(UserError, match=r"alexnet-owt-.* needs 2\.\d MB .* 1 kB are free"):
        imagenet_weights("alexnet", tmp_path, address=server[0])
    assert Server.asked == []


def test_a_download_can_be_cancelled(server: tuple[str, Path], tmp_path: Path) -> None:
    control = Control()
    with pytest.raises(Cancelled):
        imagenet_weights("alexnet", tmp_path, control, lambda event: control.cancel(), address=server[0])
    assert not list(tmp_path.glob("*.pth"))


def test_a_wrong_checksum_is_refused(server: tuple[str, Path], tmp_path: Path) -> None:
    address, file = server
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    with pytest.raises(UserError, match="checksum is wrong"):
        imagenet_weights("alexnet", tmp_path / "weights", address=address)
    assert not list((tmp_path / "weights").iterdir())
    (tmp_path / file.name).write_bytes(b"put here by hand, and torn")
    with pytest.raises(UserError, match="Delete it"):
        imagenet_weights("alexnet", tmp_path, address=address)


def test_offline_the_sentence_names_file_and_folder(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        imagenet_weights("resnet50", tmp_path, address="http://127.0.0.1:9")
    assert "resnet50-11ad3fa6.pth" in str(caught.value)
    assert str(tmp_path) in str(caught.value)


@pytest.mark.parametrize("architecture", list(MODELS))
def test_every_row_names_weights_that_torchvision_has(architecture: str) -> None:
    if MODELS[architecture].imagenet:
        address, size = torchvision_file(architecture)
        stem, _, digits = address.removesuffix(".pth").rpartition("-")
        assert stem.startswith("https://")
        assert size > 1e6
        assert len(digits) == 8
        int(digits, 16)
    else:
        with pytest.raises(UserError, match="There are no ImageNet weights"):
            torchvision_file(architecture)


def test_without_internet_a_part_beside_the_dataset_will_do_and_the_official_file_comes_first(
    server: tuple[str, Path], tmp_path: Path
) -> None:
    workspace, beside = tmp_path / "w", tmp_path / "beside"
    beside.mkdir()
    partial = beside / "alexnet-features-imagenet.safetensors"
    partial.write_bytes(b"")
    nowhere = "http://127.0.0.1:9"
    assert imagenet_weights("alexnet", workspace, address=nowhere, beside=beside) == partial
    imagenet_weights("alexnet", workspace, address=server[0])  # a part is enough: nothing is fetched for nothing
    assert imagenet_weights("alexnet", workspace, address=nowhere, beside=beside).name == server[1].name


def test_what_will_be_fetched_is_known_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(core.weights.ADDRESS_VARIABLE, raising=False)
    folder, beside = tmp_path / "weights", tmp_path / "beside"
    url, _ = torchvision_file("resnet50")
    name = url.rpartition("/")[2]
    sentence = imagenet_to_fetch("resnet50", folder, beside)
    assert f"{name}, 103 MB, will be fetched from download.pytorch.org" in sentence and str(folder) in sentence
    monkeypatch.setenv(core.weights.ADDRESS_VARIABLE, "http://mirror.example:8000/files")
    assert "from mirror.example:8000" in imagenet_to_fetch("resnet50", folder, beside)
    beside.mkdir()
    (beside / "resnet50-part-of-imagenet.safetensors").touch()
    assert imagenet_to_fetch("resnet50", folder, beside) == ""
    with pytest.raises(UserError, match="no ImageNet weights for Baseline CNN"):
        imagenet_to_fetch("baseline_cnn", folder)


def test_written_weights_come_back_and_a_disk_that_takes_no_more_is_said(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    write_tensors({"a": TENSORS["a.weight"].T}, path)  # not contiguous
    assert torch.equal(read_tensors(path)["a"], TENSORS["a.weight"].T)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(UserError, match=r"w\.safetensors could not be written"):
            write_tensors({"a": torch.zeros(10_000)}, path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(tmp_path.iterdir()) == [path] and read_tensors(path)["a"].shape == (3, 2)
