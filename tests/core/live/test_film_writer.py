"""What is written comes back: every frame at its time, and every sample."""

from __future__ import annotations

import numpy as np
import pytest

from core.audio.decode import decode as hear
from core.live.film_writer import FilmWriter
from core.video.decode import decode as look
from tests.core.films import RATE, moving_square, tone

TIMES = (0.0, 0.04, 0.09, 0.2, 0.201, 0.5, 2.0)  # of a camera that is not steady
LOSSLESS, SHARED = True, False


def frames(count, width=64, height=48):
    return [np.ascontiguousarray(picture[..., ::-1]) for picture in moving_square(count, width, height, step=6)]


def written(path, pictures, times, lossless, sound=None):
    path = path / ("film.mkv" if lossless else "film.mp4")
    height, width = pictures[0].shape[:2]
    film = FilmWriter(path, width, height, lossless=lossless, rate=RATE if sound is not None else 0)
    try:
        for place, (picture, when) in enumerate(zip(pictures, times, strict=True)):
            film.add_frame(picture, when)
            if sound is not None:
                film.add_sound(np.array_split(sound, len(pictures))[place])
    finally:
        film.close()
    return path


@pytest.mark.parametrize("lossless", [LOSSLESS, SHARED])
@pytest.mark.parametrize("sound", [None, tone(2.0)])
def test_every_frame_comes_back_at_its_time(tmp_path, lossless, sound):
    pictures = frames(len(TIMES))
    found, times, facts = look(written(tmp_path, pictures, TIMES, lossless, sound))
    assert facts.frames == len(TIMES)
    np.testing.assert_allclose(times, TIMES, atol=1.1e-3)
    truth = np.stack(pictures)[..., ::-1]
    if lossless:
        np.testing.assert_array_equal(found, truth)
    else:
        errors = np.abs(found[:, None].astype(float) - truth[None]).mean(axis=(2, 3, 4))
        assert errors.argmin(axis=1).tolist() == list(range(len(TIMES))) and errors.diagonal().max() < 5


@pytest.mark.parametrize("lossless", [LOSSLESS, SHARED])
def test_frames_of_one_millisecond_are_all_kept_in_order(tmp_path, lossless):
    pictures = frames(4)
    found, times, _ = look(written(tmp_path, pictures, (0.0, 0.0002, 0.0004, 0.04), lossless))
    assert len(found) == 4 and times[-1] == pytest.approx(0.04, abs=1e-3)
    assert 0 < times[1] < times[2] < 0.004


def test_an_odd_size_is_kept_where_nothing_may_be_lost_and_loses_a_line_where_it_is_shared(tmp_path):
    pictures = frames(3, 65, 49)
    found, _, _ = look(written(tmp_path, pictures, TIMES[:3], LOSSLESS))
    np.testing.assert_array_equal(found, np.stack(pictures)[..., ::-1])
    assert look(written(tmp_path, pictures, TIMES[:3], SHARED))[0].shape == (3, 48, 64, 3)


@pytest.mark.parametrize("lossless", [LOSSLESS, SHARED])
def test_sound_comes_back_to_24_bits_and_what_is_too_loud_is_clipped(tmp_path, lossless):
    sound = np.random.default_rng(0).normal(0, 0.4, RATE).astype(np.float32)
    assert np.abs(sound).max() > 1
    samples, facts = hear(written(tmp_path, frames(5), TIMES[:5], lossless, sound))
    assert facts.rate == RATE and facts.channels == 1 and len(samples) == len(sound)
    np.testing.assert_allclose(samples, np.clip(sound, -1, 1), atol=2**-23)
