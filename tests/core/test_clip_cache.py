"""What both caches are made of: any items, any facts. The wings' own tests try it with sounds and films."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from core.clip_cache import WAITING, ClipCache, Kind, open_clips
from core.control import Control
from core.datasets.base import Clip, Dataset, Modality
from core.errors import Cancelled, UserError
from core.events import Progress


@dataclass(frozen=True)
class Letters:
    """Facts of a text."""

    file_digest: str
    letters: int


def read(path: Path, control: Control) -> tuple[NDArray[np.uint16], Letters]:
    text = path.read_text()
    if "!" in text:
        raise UserError(f"{path} shouts.")
    return np.array([ord(letter) for letter in text], np.uint16), Letters("", len(text))


def kind(expected: float = 3.0, version: int = 1) -> Kind[Letters]:
    return Kind(
        "texts", version, "plain", np.uint16, "u16", Letters, read, lambda path: expected, "texts", "Write less."
    )


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    for name, text in {"a": "one", "b": "three", "c": "", "d": "stop!"}.items():
        (tmp_path / f"{name}.txt").write_text(text)
    clips = tuple(Clip(path.name, path, 0, 1, path.name) for path in sorted(tmp_path.glob("*.txt")))
    return Dataset("texts", "Texts", tmp_path, ("a",), clips, "", frozenset({Modality.AUDIO}))


def opened(dataset: Dataset, kind: Kind[Letters], limit: float = 1e9) -> ClipCache[Letters]:
    return open_clips(kind, dataset, dataset.root / "cache", None, None, limit)


def test_any_items_and_any_facts(dataset: Dataset) -> None:
    for _ in range(2):
        cache = opened(dataset, kind())
        assert "".join(map(chr, cache._stored("b.txt"))) == "three"
        assert len(cache._stored("c.txt")) == 0
        assert cache.facts["a.txt"] == Letters("", 3)
        assert cache.failures == {"d.txt": f"{dataset.root / 'd.txt'} shouts."}
    assert next(dataset.root.rglob("*.u16")).stat().st_size == 16


def test_the_size_is_estimated_from_a_sample_of_the_clips(dataset: Dataset) -> None:
    looked_at = 0

    def expected(path: Path) -> float:
        nonlocal looked_at
        looked_at += 1
        return 5.0

    counting = Kind(**(vars(kind()) | {"expected": expected}))
    assert counting.estimate_bytes(dataset.clips * 500) == 2000 * 5 * 2
    assert looked_at <= 250
    assert counting.estimate_bytes([]) == 0


def test_a_limit_is_kept_though_headers_lie(dataset: Dataset) -> None:
    with pytest.raises(UserError, match=r"texts of Texts would need about 24 .* Write less\."):
        opened(dataset, kind(), limit=20)
    with pytest.raises(UserError, match=r"texts of Texts need more than 16 .* the limit is 10 .* Write less\."):
        opened(dataset, kind(expected=0.0), limit=10)
    assert not list(dataset.root.rglob("*.u16"))
    assert len(opened(dataset, kind(), limit=24).facts) == 3
    assert len(opened(dataset, kind(), limit=1).facts) == 3  # it is there already


def test_who_waits_for_another_decoding_is_told_so_and_can_be_cancelled(dataset: Dataset) -> None:
    paused, holds, said = Control(), threading.Event(), list[Progress]()
    paused.pause()

    def expected(path: Path) -> float:
        holds.set()
        return 3.0

    counting = Kind(**(vars(kind()) | {"expected": expected}))
    other = threading.Thread(target=open_clips, args=(counting, dataset, dataset.root / "cache", paused, None, 1e9))
    other.start()
    assert holds.wait(5)
    control = Control()
    threading.Timer(0.3, control.cancel).start()
    with pytest.raises(Cancelled):
        open_clips(kind(), dataset, dataset.root / "cache", control, said.append, 1e9)
    paused.resume()
    other.join()
    assert [(progress.what, progress.total) for progress in said] == [(WAITING, 0)], "once, and nothing is counted"
    assert len(opened(dataset, kind()).facts) == 3


def test_another_version_is_made_anew(dataset: Dataset) -> None:
    opened(dataset, kind())
    first = next(dataset.root.rglob("*.u16")).name
    opened(dataset, kind())
    assert next(dataset.root.rglob("*.u16")).name == first
    opened(dataset, kind(version=2))
    assert next(dataset.root.rglob("*.u16")).name != first
