"""What people see of a film, and what they are told a network sees."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from core.control import Control
from core.datasets.base import Clip, Dataset, Modality
from core.errors import Cancelled, UserError
from core.recipe import Recipe
from core.video.cache import open_cache
from core.video.decode import decode
from core.video.pictures import Film, model_frames, read_film
from core.video.sampling import positions
from core.video.settings import WHOLE, Region, VideoSettings
from tests.core.films import moving_square, write_film


def test_all_frames_at_their_times(tmp_path: Path) -> None:
    pictures = moving_square(20)
    film = read_film(write_film(tmp_path / "a.mkv", pictures), Control())
    np.testing.assert_array_equal(film.frames, pictures)  # never enlarged
    np.testing.assert_allclose(film.seconds, np.arange(20) * 0.04, atol=1e-6)
    assert film.duration == pytest.approx(0.8)


def test_the_frame_of_a_time() -> None:
    film = Film(np.zeros((3, 1, 1, 3), np.uint8), np.array([0.0, 0.5, 2.0]), 3.0)
    assert [film.index_at(time) for time in (-1, 0, 0.49, 0.5, 1.99, 2.0, 99)] == [0, 0, 0, 1, 1, 2, 2]


def test_memory_is_held_by_size_first_and_then_by_rate(tmp_path: Path) -> None:
    path = write_film(tmp_path / "a.mkv", moving_square(40, 640, 480), codec="mpeg4")
    assert read_film(path, Control()).frames.shape == (40, 360, 480, 3)
    lower = read_film(path, Control(), most_bytes=40 * 3 * 160 * 120 * 2)
    assert lower.frames.shape[0] == 40 and 120 < lower.frames.shape[1] < 200
    fewer = read_film(path, Control(), most_bytes=10 * 3 * 160 * 120)
    assert fewer.frames.shape == (10, 120, 160, 3)
    assert (np.diff(fewer.seconds) > 0).all() and fewer.seconds[-1] > 1.2
    assert fewer.duration == pytest.approx(1.6)


def test_a_header_that_promises_too_little_does_not_break_the_bound(tmp_path: Path) -> None:
    path = write_film(tmp_path / "a.avi", moving_square(60))
    content = bytearray(path.read_bytes())
    for mark, offset in ((b"avih", 24), (b"strh", 40)):
        place = content.index(mark) + offset
        content[place : place + 4] = (2).to_bytes(4, "little")
    path.write_bytes(content)
    film = read_film(path, Control(), most_bytes=20 * 64 * 48 * 3)
    assert 10 <= len(film.frames) <= 20


def test_reading_can_be_cancelled_and_bad_files_are_said(tmp_path: Path) -> None:
    control = Control()
    control.cancel()
    with pytest.raises(Cancelled):
        read_film(write_film(tmp_path / "a.mkv", moving_square(5)), control)
    (tmp_path / "text.avi").write_text("text")
    with pytest.raises(UserError, match="not a video"):
        read_film(tmp_path / "text.avi", Control())


@pytest.mark.parametrize("input", ["rgb", "difference", "flow", "rgb+flow"])
@pytest.mark.parametrize("sampling", ["even", "segments", "window"])
@pytest.mark.parametrize("region", [WHOLE, (0.25, 0.0, 0.75, 1.0)])
def test_the_network_s_frames_are_those_of_the_cache(tmp_path: Path, region: Region, sampling: str, input: str) -> None:
    path = write_film(tmp_path / "a.mkv", moving_square(31))
    side = 48 if region == WHOLE else 32  # of the file: nothing is resized
    settings = VideoSettings(
        frames=4, spare=2, side=side, size=32, sampling=sampling, input=input, region=region, fit="whole"
    )  # type: ignore[arg-type]
    frames, seconds = model_frames(read_film(path, Control()), settings)
    assert frames.shape == (4, 48, 64 if region == WHOLE else 32, 3)
    clips = (Clip("a", path, 0, 1, "a"),)
    dataset = Dataset("x", "X", tmp_path, ("a",), clips, "", frozenset({Modality.VIDEO}))
    cache = open_cache(dataset, Recipe(video=settings), tmp_path)
    given = positions(len(cache.frames("a")), settings)[-4:]  # of a difference, the second frames
    np.testing.assert_array_equal(decode(path, settings)[1][given], seconds)
    if input != "flow":
        np.testing.assert_array_equal(cache.frames("a")[given][..., :3], frames)


def test_of_a_frame_that_is_cropped_the_square_is_shown(tmp_path: Path) -> None:
    film = read_film(write_film(tmp_path / "a.mkv", moving_square(5)), Control())
    frames, _ = model_frames(film, VideoSettings(frames=2))
    assert frames.shape == (2, 48, 48, 3)
    np.testing.assert_array_equal(frames[0], moving_square(5)[1][:, 8:56])


def test_showing_pictures_imports_neither_torch_nor_opencv() -> None:
    code = "import sys, core.video.pictures, core.datasets.scan; print({'torch', 'cv2', 'av'} & set(sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert found.strip() == "set()"
