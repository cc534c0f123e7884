"""What is measured of a video: of pictures whose properties are known, and against slow NumPy."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.ndimage import correlate

from core.control import Control
from core.datasets.base import Clip, Dataset, Modality
from core.video.decode import decode
from core.video.properties import PROPERTIES, contrast_and_sharpness, measure_file, open_properties
from core.wings import WINGS
from tests.core.films import moving_square, write_film

NAMES = [item.name for item in PROPERTIES]


def measured(path: Path) -> dict[str, float]:
    return dict(zip(NAMES, measure_file(path, Control())[0].tolist(), strict=True))


def test_brightness_motion_and_length_are_those_of_the_pictures(tmp_path: Path) -> None:
    levels = (50, 60, 70, 60, 50)
    film = write_film(tmp_path / "a.mkv", [np.full((48, 64, 3), level, np.uint8) for level in levels])
    found = measured(film)
    assert found["Brightness"] == pytest.approx(100 * np.mean(levels) / 255, abs=0.05)
    assert found["Motion"] == pytest.approx(100 * 10 / 255, abs=0.01)
    assert found["Contrast"] == found["Sharpness"] == 0
    assert found["Length of video"] == pytest.approx(5 / 25)


def test_contrast_and_sharpness_are_the_means_over_the_frames_of_what_slow_numpy_finds(tmp_path: Path) -> None:
    film = write_film(tmp_path / "a.mkv", moving_square(6))
    kernel = np.array([[0, 1, 0], [1, -4, 1], [0, 1, 0]])
    expected = []
    for frame in decode(film)[0]:
        grey = np.rint(frame @ np.array([0.299, 0.587, 0.114]))
        edges = correlate(grey, kernel, mode="mirror")
        expected.append((100 * grey.std() / 255, edges.var()))
    contrast, sharpness = np.mean(expected, axis=0)
    found = measured(film)
    assert found["Contrast"] == pytest.approx(contrast, rel=0.01)
    assert found["Sharpness"] == pytest.approx(sharpness, rel=0.02)


def test_a_blurred_picture_is_less_sharp() -> None:
    picture = moving_square(1)[0]
    blurred = sum(np.roll(picture.astype(int), shift, axis=1) for shift in (-1, 0, 1)) // 3
    assert contrast_and_sharpness(blurred.astype(np.uint8))[1] < contrast_and_sharpness(picture)[1] / 2


def test_a_single_frame_has_no_motion_and_a_broken_file_has_nothing(tmp_path: Path) -> None:
    write_film(tmp_path / "one.mkv", moving_square(1))
    (tmp_path / "none.mkv").write_bytes(b"no video")
    clips = tuple(Clip(name, tmp_path / name, 0, 1, name) for name in ("one.mkv", "none.mkv"))
    films = Dataset("labelled-folder", "Tests", tmp_path, ("a",), clips, "", frozenset({Modality.VIDEO}))
    cache = open_properties(films, tmp_path / "cache")
    one = dict(zip(NAMES, cache.values("one.mkv"), strict=True))
    assert np.isnan(one["Motion"]) and one["Brightness"] > 0
    assert np.isnan(cache.values("none.mkv")).all()


def test_both_wings_are_looked_up_alike_and_say_what_they_measure(tmp_path: Path) -> None:
    none = Dataset("labelled-folder", "Tests", tmp_path, ("a",), (), "", frozenset())
    for wing in WINGS.values():
        cache = wing.open_properties(none, tmp_path / "cache")
        names = [item.name for item in cache.properties]
        assert len(set(names)) == len(names)
        assert all(item.help and item.more != item.less for item in cache.properties)
