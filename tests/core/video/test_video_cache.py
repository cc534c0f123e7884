"""The cache of frames: what `decode` gives, in a file that tells of its own size."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.control import Control
from core.datasets.base import Clip, Dataset, Modality
from core.errors import Cancelled, UserError
from core.recipe import Recipe
from core.video import cache as cache_module
from core.video.cache import VideoCache, cache_folder, estimate_bytes, open_cache
from core.video.decode import decode
from core.video.settings import VideoSettings
from tests.core.films import moving_square, write_film


def recipe(**changes: Any) -> Recipe:
    settings: dict[str, Any] = {"frames": 4, "spare": 2, "side": 32, "size": 32}
    return Recipe(video=VideoSettings(**(settings | changes)))


def dataset_of(root: Path) -> Dataset:
    clips = tuple(Clip(path.name, path, 0, 1, path.name) for path in sorted(root.iterdir()))
    return Dataset("labelled-folder", "Films", root, ("a",), clips, "none", frozenset({Modality.VIDEO}))


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    root = tmp_path / "films"
    root.mkdir()
    for number, (width, height) in enumerate([(64, 48), (48, 64), (179, 143), (64, 48)]):
        write_film(root / f"{number}.mkv", moving_square(6 + 7 * number, width, height, seed=number))
    return dataset_of(root)


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the files decoded so far."""
    names: list[str] = []

    def counting(path: Path, *rest: Any) -> Any:
        names.append(path.name)
        return decode(path, *rest)

    monkeypatch.setattr(cache_module, "decode", counting)
    return names


def assert_true_to_files(cache: VideoCache, dataset: Dataset, recipe: Recipe) -> None:
    for clip in dataset.clips:
        frames, _, facts = decode(clip.path, recipe.video)
        np.testing.assert_array_equal(cache.frames(clip.id), frames)
        assert cache.facts[clip.id] == facts


@pytest.mark.parametrize(
    "changes",
    [{}, {"input": "flow"}, {"input": "rgb+flow"}, {"sampling": "window", "rate": 5.0}, {"sampling": "segments"}],
)
def test_holds_what_decoding_gives(
    dataset: Dataset, tmp_path: Path, decoded: list[str], changes: dict[str, Any]
) -> None:
    made = recipe(**changes)
    assert_true_to_files(open_cache(dataset, made, tmp_path), dataset, made)
    assert len(decoded) == 4
    assert_true_to_files(open_cache(dataset, made, tmp_path), dataset, made)
    assert len(decoded) == 4


def test_frames_are_a_read_only_view(dataset: Dataset, tmp_path: Path) -> None:
    frames = open_cache(dataset, recipe(), tmp_path).frames("0.mkv")
    assert frames.base is not None and frames.shape == (6, 32, 43, 3)
    with pytest.raises(ValueError, match="read-only"):
        frames[0] = 0


def test_what_only_training_and_testing_look_at_needs_no_other_cache(dataset: Dataset, tmp_path: Path) -> None:
    same = {
        cache_folder(dataset, recipe(**changes), tmp_path)
        for changes in ({}, {"input": "difference"}, {"sampling": "segments"}, {"fit": "whole"}, {"size": 40})
    }
    others = [{"side": 48}, {"frames": 5}, {"spare": 3}, {"input": "flow"}, {"input": "rgb+flow"}]
    others += [{"sampling": "window"}, {"sampling": "window", "rate": 6.0}]
    different = {cache_folder(dataset, recipe(**changes), tmp_path) for changes in others}
    assert len(same) == 1 and len(different) == len(others) and not same & different


@pytest.mark.parametrize("changes", [{}, {"input": "rgb+flow"}, {"sampling": "window", "rate": 5.0}])
def test_the_size_is_known_beforehand(dataset: Dataset, tmp_path: Path, changes: dict[str, Any]) -> None:
    expected = estimate_bytes(dataset, recipe(**changes))
    open_cache(dataset, recipe(**changes), tmp_path)
    assert next(tmp_path.rglob("*.u8")).stat().st_size == pytest.approx(expected, rel=0.02)


def test_what_would_be_too_large_is_refused_before_decoding(
    dataset: Dataset, tmp_path: Path, decoded: list[str]
) -> None:
    with pytest.raises(UserError, match=r"frames of Films would need about .* the limit is .* smaller side"):
        open_cache(dataset, recipe(), tmp_path, limit_bytes=10_000)
    assert decoded == [] and not (tmp_path / "video").exists()


def test_a_clip_that_is_no_video_is_said_and_the_others_serve(dataset: Dataset, tmp_path: Path) -> None:
    (dataset.root / "text.avi").write_text("text")
    larger = dataset_of(dataset.root)
    cache = open_cache(larger, recipe(), tmp_path)
    assert list(cache.failures) == ["text.avi"] and len(cache.facts) == 4
    with pytest.raises(UserError, match=r"text\.avi is not a video"):
        cache.frames("text.avi")
    assert_true_to_files(open_cache(dataset, recipe(), tmp_path), dataset, recipe())


def test_only_a_changed_clip_is_decoded_again(dataset: Dataset, tmp_path: Path, decoded: list[str]) -> None:
    open_cache(dataset, recipe(), tmp_path)
    decoded.clear()
    write_film(dataset.root / "1.mkv", moving_square(9))
    assert_true_to_files(open_cache(dataset, recipe(), tmp_path), dataset, recipe())
    assert decoded == ["1.mkv"]


def test_cancelling_ends_the_clips_under_way_and_leaves_nothing(dataset: Dataset, tmp_path: Path) -> None:
    control = Control()
    with pytest.raises(Cancelled):
        open_cache(dataset, recipe(), tmp_path, control, lambda progress: control.cancel())
    assert not [path for path in tmp_path.joinpath("video").rglob("*") if path.is_file()]
