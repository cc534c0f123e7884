"""Files from home, and what a node hears of the person there; without Ray."""

from __future__ import annotations

import hashlib
import os
import pickle
import stat
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from core.caches import Caches
from core.chosen import open_chosen
from core.cluster import fetch
from core.cluster.fetch import decoded_here
from core.cluster.home import Attempt, Home, Mail, Offer, Wish
from core.cluster.node import _Line
from core.control import Control
from core.errors import Cancelled, UserError
from core.events import Message
from core.run_spec import RunSpec
from core.runs import RunFolder
from core.workspace import Workspace
from tests.core.film_studies import film_study


class Blocks:
    """What a file holds, in blocks of `size`; counts how often it was asked for."""

    def __init__(self, content: bytes, size: int = 1000) -> None:
        self.content, self.size, self.asked = content, size, 0

    def __call__(self, file: Offer) -> Iterator[bytes]:
        self.asked += 1
        return (self.content[start : start + self.size] for start in range(0, len(self.content), self.size))


def test_caches_are_sent_without_their_content_and_mapped_from_a_copy(
    films: Path, workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    study = film_study(films)
    dataset = open_chosen(study.dataset, workspace)
    sound, sight, both = specs = list(study.runs((1,)))
    caches = Caches(dataset, workspace.cache).open(specs, Control(), lambda step: None)
    content = {file.path: file.path.read_bytes() for spec in specs for file in caches.files(spec)}
    sent: Caches = pickle.loads(pickle.dumps(caches.unmapped()))
    assert len(pickle.dumps(sent)) < min(map(len, content.values()))
    assert sent.digests() == caches.digests()
    asked = []

    def blocks(file: Offer) -> Iterator[bytes]:
        asked.append(file.path)
        return Blocks(content[file.path])(file)

    def places(spec: RunSpec) -> dict[str, Path]:
        found = {}

        def place(file: fetch.FlatFile) -> Path:
            found[file.path.suffix] = decoded_here(file, blocks, Control())
            return found[file.path.suffix]

        here = sent.mapped(spec, place)
        for wing in spec.modality.wings:
            mine, theirs = here.of(wing, spec.recipe), caches.of(wing, spec.recipe)
            for clip in mine.facts:
                np.testing.assert_array_equal(mine._stored(clip), theirs._stored(clip))
        return found

    assert set(places(both).values()) == set(content)  # the disk is shared: in place
    assert not asked
    for file in content:
        file.rename(file.with_suffix(".away"))
    caches = caches.mapped(both, lambda file: file.path.with_suffix(".away"))
    copies = places(both)
    assert len(asked) == 2 and all(tmp_path in copy.parents for copy in copies.values())
    assert places(sound).items() <= copies.items() and places(sight).items() <= copies.items()
    assert len(asked) == 2  # once a machine, whatever the number of runs


def test_runs_that_begin_at_once_fetch_a_cache_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    blocks = Blocks(bytes(range(256)) * 4000)
    file = fetch.FlatFile(Path("/nowhere/x.f32"), len(blocks.content), hashlib.sha256(blocks.content).hexdigest())
    places: list[Path] = []
    threads = [threading.Thread(target=lambda: places.append(decoded_here(file, blocks, Control()))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(places) == 4 and len(set(places)) == blocks.asked == 1
    assert places[0].read_bytes() == blocks.content


def test_a_copy_with_other_content_is_not_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    blocks = Blocks(b"right content")
    file = fetch.FlatFile(Path("/nowhere/x.f32"), len(blocks.content), hashlib.sha256(blocks.content).hexdigest())
    copy = fetch.copies() / f"{file.sha256}.f32"
    copy.write_bytes(b"wrong content")  # of the same size
    for _ in range(2):
        assert decoded_here(file, blocks, Control()) == copy and copy.read_bytes() == blocks.content
    assert blocks.asked == 1
    monkeypatch.setattr(fetch, "_checked", set())  # another process
    control = Control()
    control.cancel()
    with pytest.raises(Cancelled):
        decoded_here(file, blocks, control)
    assert decoded_here(file, blocks, Control()) == copy and blocks.asked == 1


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="elsewhere the temporary folder is a person's own")
def test_copies_lie_where_nobody_else_can_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    mine = fetch.copies()
    assert mine == fetch.copies() and stat.S_IMODE(mine.lstat().st_mode) == 0o700
    mine.chmod(0o777)
    other = fetch.copies()
    assert other != mine and other == fetch.copies() and stat.S_IMODE(other.lstat().st_mode) == 0o700
    mine.rmdir()
    mine.symlink_to(other)
    assert fetch.copies() == other  # and not by way of the link
    mine.unlink()
    uid = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: uid + 1)
    (tmp_path / f"sensorium-{uid + 1}").mkdir(mode=0o700)  # of the one who runs this test
    assert fetch.copies().name.startswith(f"sensorium-{uid + 1}-")


@pytest.mark.parametrize("content", [b"shorter", b"other content"])
def test_a_file_that_changed_at_home_is_not_taken(content: bytes, tmp_path: Path) -> None:
    wanted = b"right content"
    file, target = Offer(Path("/nowhere/x"), len(wanted)), tmp_path / "x"
    with pytest.raises(UserError, match="changed while it was copied"):
        fetch.fetch(file, target, Blocks(content), Control(), hashlib.sha256(wanted).hexdigest())
    control = Control()
    control.cancel()
    with pytest.raises(Cancelled):
        fetch.fetch(file, target, Blocks(wanted), control)
    assert not list(tmp_path.iterdir())
    fetch.fetch(file, target, Blocks(wanted, 5), Control(), hashlib.sha256(wanted).hexdigest())
    assert target.read_bytes() == wanted


def test_home_shows_what_it_offers_and_nothing_else(tmp_path: Path) -> None:
    file, secret = tmp_path / "weights", tmp_path / "secret"
    file.write_bytes(b"0123456789")
    secret.write_bytes(b"x")
    home = Home()
    home.offer([Offer(file, 10)])
    assert [home.read(file, start, 4) for start in (0, 4, 8)] == [b"0123", b"4567", b"89"]
    with pytest.raises(UserError, match="no file of this study"):
        home.read(secret, 0, 1)


def test_a_node_pauses_goes_on_and_stops_as_is_wished_at_home(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    ray = pytest.importorskip("ray")
    monkeypatch.setattr(ray, "get", lambda answer: answer)
    home, control = Home(), Control()
    actor = SimpleNamespace(exchange=SimpleNamespace(remote=home.exchange))
    folder = RunFolder(workspace.runs / "study" / "run")
    line = _Line(actor, Attempt("run"), folder, control)
    folder.write_log([])
    mails: list[Mail] = []
    for wish, paused in ((Wish.PAUSE, True), (Wish.GO, False), (Wish.PAUSE, True)):
        mails += home.collect(wish)
        line._exchange()
        assert control.paused is paused and not control.cancelled
    mails += home.collect(Wish.CANCEL)
    assert [list(mail.files) for mail in mails] == [["log.csv"], [], []]  # what is new, once
    line._exchange()
    assert control.cancelled and not control.paused


def test_a_node_that_does_not_reach_home_tries_again_before_it_gives_the_run_up(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    ray = pytest.importorskip("ray")
    monkeypatch.setattr(ray, "get", lambda answer: answer)
    monkeypatch.setattr("core.cluster.node.EVERY", 0.001)
    home, folder = Home(), RunFolder(workspace.runs / "study" / "run")
    folder.write_log([])
    faults: list[Exception] = []

    def exchange(mail: Mail) -> Wish:
        if faults:
            raise faults.pop()
        return home.exchange(mail)

    actor = SimpleNamespace(exchange=SimpleNamespace(remote=exchange))
    faults += [OSError("the network"), ray.exceptions.RayActorError()]
    line = _Line(actor, Attempt("run"), folder, control := Control())
    line.emit(said := Message("said once"))
    assert line._reached() and not control.cancelled and not faults
    line._exchange()
    first, second = home.collect(Wish.GO)
    assert first.events == (said,) and list(first.files) == ["log.csv"]  # nothing was lost by the vain tries
    assert not second.events and not second.files

    faults += [ray.exceptions.RayActorError() for _ in range(100)]
    line._keep_in_touch()
    assert control.cancelled and 90 < len(faults) < 100
    line = _Line(actor, Attempt("run"), folder, control := Control())
    faults[:] = [TypeError("a fault of ours")]
    with pytest.raises(TypeError):
        line._keep_in_touch()
    assert control.cancelled
