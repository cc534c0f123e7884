"""The cache of decoded sounds: decodes once, notices every change, trusts nothing torn."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import soundfile

from core import clip_cache
from core.audio import cache as cache_module
from core.audio.cache import AudioCache, cache_folder, estimate_bytes, open_cache
from core.audio.decode import decode
from core.audio.settings import AudioSettings
from core.control import Control
from core.datasets.base import Clip, Dataset, Modality
from core.errors import Cancelled, UserError
from core.events import Progress
from core.recipe import Recipe
from tests.core.films import moving_square, write_film

RATE = 8000
RECIPE = Recipe(audio=AudioSettings(rate=RATE))


def write_sound(path: Path, seed: int, seconds: float = 0.5) -> None:
    noise = np.random.default_rng(seed).normal(0, 0.1, round(seconds * 16000))
    soundfile.write(path, noise, 16000, subtype="PCM_16")


def dataset_of(root: Path) -> Dataset:
    clips = tuple(Clip(path.name, path, 0, 1, path.name) for path in sorted(root.glob("*.wav")))
    return Dataset("labelled-folder", "Test", root, ("noise",), clips, "none", frozenset({Modality.AUDIO}))


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    root = tmp_path / "sounds"
    root.mkdir()
    for number in range(6):
        write_sound(root / f"{number}.wav", number, 0.1 * (number + 1))
    return dataset_of(root)


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the files decoded so far."""
    names: list[str] = []

    def counting(path: Path, rate: int) -> Any:
        names.append(path.name)
        return decode(path, rate)

    monkeypatch.setattr(cache_module, "decode", counting)
    return names


def assert_true_to_files(cache: AudioCache, dataset: Dataset) -> None:
    for clip in dataset.clips:
        samples, facts = decode(clip.path, RATE)
        np.testing.assert_array_equal(cache.samples(clip.id), samples)
        assert cache.facts[clip.id] == facts


def test_holds_what_the_files_hold_and_decodes_once(dataset: Dataset, tmp_path: Path, decoded: list[str]) -> None:
    reports: list[Progress] = []
    first = open_cache(dataset, RECIPE, tmp_path / "cache", report=reports.append)
    assert_true_to_files(first, dataset)
    assert (reports[-1].done, reports[-1].total) == (6, 6)
    assert sorted(decoded) == [f"{n}.wav" for n in range(6)]
    decoded.clear()
    second = open_cache(dataset, RECIPE, tmp_path / "cache")
    assert_true_to_files(second, dataset)
    assert decoded == []
    assert not second.failures


def test_samples_are_a_read_only_view(dataset: Dataset, tmp_path: Path) -> None:
    cache = open_cache(dataset, RECIPE, tmp_path)
    samples = cache.samples("3.wav")
    assert samples.base is not None
    with pytest.raises(ValueError, match="read-only"):
        samples[0] = 1.0


def test_the_result_is_deterministic(dataset: Dataset, tmp_path: Path) -> None:
    contents = []
    for name in ("one", "two"):
        open_cache(dataset, RECIPE, tmp_path / name)
        contents.append(next((tmp_path / name).rglob("*.f32")).read_bytes())
    assert contents[0] == contents[1]


def test_only_the_changed_and_the_new_clip_are_decoded(dataset: Dataset, tmp_path: Path, decoded: list[str]) -> None:
    open_cache(dataset, RECIPE, tmp_path)
    decoded.clear()
    write_sound(dataset.root / "2.wav", 99, 0.3)  # same size as before
    os.utime(dataset.root / "2.wav", ns=(1, 1))
    write_sound(dataset.root / "6.wav", 6)
    larger = dataset_of(dataset.root)
    assert_true_to_files(open_cache(larger, RECIPE, tmp_path), larger)
    assert sorted(decoded) == ["2.wav", "6.wav"]
    assert len(list(tmp_path.rglob("*.f32"))) == 1  # the old samples are gone


def test_a_touched_file_is_checked_by_content_not_decoded(
    dataset: Dataset, tmp_path: Path, decoded: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    open_cache(dataset, RECIPE, tmp_path)
    decoded.clear()
    os.utime(dataset.clips[0].path)
    open_cache(dataset, RECIPE, tmp_path)
    assert decoded == []

    def forbidden(path: Path, control: Control) -> str:
        raise AssertionError(f"{path} was read again although nothing changed")

    monkeypatch.setattr(clip_cache, "_digest", forbidden)
    open_cache(dataset, RECIPE, tmp_path)


def test_a_part_of_the_dataset_uses_the_same_cache(dataset: Dataset, tmp_path: Path, decoded: list[str]) -> None:
    open_cache(dataset, RECIPE, tmp_path)
    decoded.clear()
    part = Dataset(**{**vars(dataset), "clips": dataset.clips[::2]})
    cache = open_cache(part, RECIPE, tmp_path)
    assert_true_to_files(cache, part)
    assert set(cache.facts) == {clip.id for clip in part.clips}
    open_cache(dataset, RECIPE, tmp_path)
    assert decoded == []


def test_another_rate_or_version_is_another_cache(
    dataset: Dataset, tmp_path: Path, decoded: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    open_cache(dataset, RECIPE, tmp_path)
    assert len(open_cache(dataset, Recipe(audio=AudioSettings(rate=4000)), tmp_path).samples("0.wav")) == 400
    assert len(decoded) == 12
    monkeypatch.setattr(cache_module, "VERSION", cache_module.VERSION + 1)
    open_cache(dataset, RECIPE, tmp_path)
    assert len(decoded) == 18


def _truncate(samples: Path, index: Path) -> None:
    os.truncate(samples, samples.stat().st_size - 4)


def _lengthen(samples: Path, index: Path) -> None:
    os.truncate(samples, samples.stat().st_size + 4)


def _overwrite(samples: Path, index: Path) -> None:
    samples.write_bytes(bytes(samples.stat().st_size))
    os.utime(samples, ns=(1, 1))


def _remove(samples: Path, index: Path) -> None:
    samples.unlink()


def _tear_index(samples: Path, index: Path) -> None:
    index.write_bytes(index.read_bytes()[:-100])


def _foreign_index(samples: Path, index: Path) -> None:
    index.write_text('{"hello": "world"}')


def _index_out_of_bounds(samples: Path, index: Path) -> None:
    index.write_text(index.read_text().replace('"start":0,', '"start":999999999,'))


def _index_elsewhere(samples: Path, index: Path) -> None:
    shutil.copy(samples, samples.parent.parent / samples.name)
    index.write_text(index.read_text().replace(samples.name, f"../{samples.name}"))


@pytest.mark.parametrize(
    "damage",
    [
        _truncate,
        _lengthen,
        _overwrite,
        _remove,
        _tear_index,
        _foreign_index,
        _index_out_of_bounds,
        _index_elsewhere,
    ],
)
def test_a_damaged_cache_is_rebuilt(dataset: Dataset, tmp_path: Path, decoded: list[str], damage: Any) -> None:
    open_cache(dataset, RECIPE, tmp_path)
    folder = cache_folder(dataset, RECIPE, tmp_path)
    damage(next(folder.glob("*.f32")), folder / "index.json")
    decoded.clear()
    assert_true_to_files(open_cache(dataset, RECIPE, tmp_path), dataset)
    assert len(decoded) == 6


def test_what_a_killed_build_left_is_removed(dataset: Dataset, tmp_path: Path) -> None:
    folder = cache_folder(dataset, RECIPE, tmp_path)
    folder.mkdir(parents=True)
    (folder / ".samples-dead.f32.x").write_bytes(bytes(1000))
    open_cache(dataset, RECIPE, tmp_path)
    assert len(list(folder.iterdir())) == 2


def test_failures_are_recorded_and_tried_again_when_mended(
    dataset: Dataset, tmp_path: Path, decoded: list[str]
) -> None:
    (dataset.root / "7.wav").write_text("not a sound")
    larger = dataset_of(dataset.root)
    cache = open_cache(larger, RECIPE, tmp_path)
    assert list(cache.failures) == ["7.wav"]
    with pytest.raises(UserError, match=r"7\.wav is not a sound file"):
        cache.samples("7.wav")
    decoded.clear()
    assert open_cache(larger, RECIPE, tmp_path).failures == cache.failures
    assert decoded == []
    write_sound(dataset.root / "7.wav", 7)
    mended = open_cache(larger, RECIPE, tmp_path)
    assert decoded == ["7.wav"]
    assert_true_to_files(mended, larger)
    (dataset.root / "0.wav").unlink()
    assert "There is no file" in open_cache(larger, RECIPE, tmp_path).failures["0.wav"]


def test_a_dataset_of_failures_only(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_text("not a sound")
    (tmp_path / "b.wav").mkdir()
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "c.wav")
    dataset = dataset_of(tmp_path)
    for _ in range(2):
        cache = open_cache(dataset, RECIPE, tmp_path / "cache")
        assert set(cache.failures) == {clip.id for clip in dataset.clips}


def test_cancelling_leaves_nothing_behind(dataset: Dataset, tmp_path: Path) -> None:
    control = Control()
    with pytest.raises(Cancelled):
        open_cache(dataset, RECIPE, tmp_path, control, lambda progress: control.cancel())
    assert not [path for path in tmp_path.joinpath("audio").rglob("*") if path.is_file()]


def test_the_size_is_estimated_from_headers(dataset: Dataset, tmp_path: Path, decoded: list[str]) -> None:
    estimate = estimate_bytes(dataset, RECIPE)
    assert decoded == []
    open_cache(dataset, RECIPE, tmp_path)
    assert next(tmp_path.rglob("*.f32")).stat().st_size == pytest.approx(estimate, rel=0.01)


def test_too_little_space_is_said_before_decoding(
    dataset: Dataset, tmp_path: Path, decoded: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=1000))
    with pytest.raises(UserError, match="Free some space"):
        open_cache(dataset, RECIPE, tmp_path)
    assert decoded == []


def test_a_disk_that_fills_up_ends_in_a_sentence(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UserError, match="The disk is full"):
        open_cache(dataset, RECIPE, tmp_path)
    assert not [path for path in tmp_path.joinpath("audio").rglob("*") if path.is_file()]


def test_caches_made_before_there_were_videos_serve_on(dataset: Dataset, tmp_path: Path, decoded: list[str]) -> None:
    open_cache(dataset, RECIPE, tmp_path)
    key = hashlib.sha256(f"{dataset.name}\0{dataset.root.absolute()}\0{RATE}".encode()).hexdigest()[:16]
    index = json.loads((tmp_path / "audio" / key / "index.json").read_bytes())
    assert set(index) == {"version", "rate", "samples", "total", "mtime_ns", "sha256", "clips"}
    assert (index["version"], index["rate"]) == (1, RATE)
    assert set(index["clips"]["0.wav"]) == {"stamp", "start", "length", "facts", "failure"}


def test_a_film_without_sound_has_no_samples(tmp_path: Path) -> None:
    root = tmp_path / "films"
    root.mkdir()
    path = write_film(root / "mute.mkv", moving_square(5))
    dataset = Dataset(**{**vars(dataset_of(root)), "clips": (Clip("mute.mkv", path, 0, 1, "m"),)})
    cache = open_cache(dataset, RECIPE, tmp_path)
    assert cache.samples("mute.mkv").shape == (0,) and cache.facts["mute.mkv"].channels == 0
