"""What a network is given of the newest sound and frames."""

from __future__ import annotations

import math

import numpy as np
import pytest
import soundfile

from core.audio.decode import decode
from core.audio.frontend import fit_length
from core.audio.settings import AudioSettings
from core.live.ring_buffer import FrameRing, SoundRing
from core.live.windows import STILL, Moment, Senses, Window, cut, inputs, lengths
from core.recipe import Recipe
from core.video.settings import VideoSettings
from tests.core.films import moving_square

RATE = 1000


@pytest.fixture
def senses():
    """A ramp of two seconds, and a frame every 0.1 s that tells its number."""
    sound, sight = SoundRing(RATE, 10.0), FrameRing(100.0, 10**9)
    sound.append(np.arange(2 * RATE, dtype=np.float32), 12.0)
    for number in range(21):
        sight.append(np.full((2, 2, 3), number, np.uint8), 10 + number / 10)
    return Senses(sound, sight)


def numbers(window):
    return [int(frame[0, 0, 0]) for _, frame in window.frames]


def test_a_window_ends_before_its_sample_and_with_the_frame_of_its_time(senses):
    window = cut(senses, Moment(11.52, 1500), {"audio": 0.25, "video": 0.5})
    np.testing.assert_array_equal(window.sound, np.arange(1250, 1500))
    assert (window.rate, window.end) == (RATE, 11.52)
    assert numbers(window) == [11, 12, 13, 14, 15]
    assert numbers(cut(senses, Moment(senses.sight.newest()[0]), {"video": 0.05})) == [20]


def test_before_the_first_sample_there_is_silence_and_what_has_not_come_is_refused(senses):
    early = cut(senses, Moment(10.1, 100), {"audio": 0.3})
    np.testing.assert_array_equal(early.sound, [*np.zeros(200), *np.arange(100)])
    with pytest.raises(IndexError):
        cut(senses, Moment(12.1, 2001), {"audio": 0.3})


def test_only_what_is_on_and_asked_for_is_in_a_window(senses):
    at, both = Moment(11.0, 1000), {"audio": 0.1, "video": 0.1}
    assert cut(senses, at, {"audio": 0.1}).frames is None
    assert cut(senses, at, {"video": 0.1}).sound is None
    assert cut(Senses(sight=senses.sight), at, both).sound is None
    assert cut(Senses(senses.sound), at, both).frames is None
    assert cut(senses, Moment(11.0), both).sound is None, "where nothing is heard at that time"


def slow_loudness(sound, rate):
    """Of the loudest whole 50 ms, one by one."""
    n = round(0.05 * rate)
    starts = range(0, max(1, len(sound) // n) * n, n)
    loudest = max(math.sqrt(sum(float(x) ** 2 for x in sound[i : i + n]) / len(sound[i : i + n])) for i in starts)
    return 20 * math.log10(loudest)


@pytest.mark.parametrize("length", [1, 49, 50, 99, 730])
def test_loudness_is_that_of_the_loudest_fifty_milliseconds(length):
    random = np.random.default_rng(length)
    sound = (random.normal(0, 0.1, length) * random.uniform(0.01, 1, length)).astype(np.float32)
    assert Window(sound, RATE, None, 0.0).loudness == pytest.approx(slow_loudness(sound, RATE), abs=1e-4)


def test_a_short_noise_counts_in_a_long_silence_and_full_scale_has_no_decibels():
    sound = np.zeros(44100, np.float32)
    assert Window(sound, 44100, None, 0.0).loudness == -math.inf
    sound[2205:4410] = 1.0
    assert Window(sound, 44100, None, 0.0).loudness == 0.0
    sound[2205:4410] = np.sin(2 * np.pi * 1000 * np.arange(2205) / 44100) / 10
    assert Window(sound, 44100, None, 0.0).loudness == pytest.approx(-23.01, abs=0.05)
    for nothing in (None, sound[:0]):
        assert Window(nothing, 44100, None, 0.0).loudness == -math.inf


@pytest.mark.parametrize(
    ("video", "wings", "expected"),
    [
        ({}, ("audio",), {"audio": 3.0}),
        ({}, ("video",), {"video": 2.0}),
        ({"length": 1.5, "start": 4.0}, ("video",), {"video": 1.5}),
        ({"sampling": "window", "frames": 16, "rate": 12.5}, ("video",), {"video": 1.28}),
        ({"sampling": "window", "frames": 16, "rate": 12.5, "input": "difference"}, ("video",), {"video": 1.36}),
        ({}, ("audio", "video"), {"audio": 3.0, "video": 3.0}),
        ({"length": 1.5}, ("audio", "video"), {"audio": 3.0, "video": 1.5}),
        ({"sampling": "window", "frames": 8, "rate": 10}, ("audio", "video"), {"audio": 3.0, "video": 0.8}),
    ],
)
def test_a_network_is_given_as_many_seconds_as_its_recipe_says(video, wings, expected):
    recipe = Recipe(audio=AudioSettings(seconds=3.0), video=VideoSettings(**video))
    assert lengths(recipe, wings, 2.0) == pytest.approx(expected)


def test_a_picture_that_is_old_is_none(senses):
    newest = senses.sight.newest()[0]
    for late, seen in ((0.0, True), (STILL - 0.01, True), (STILL + 0.01, False)):
        assert cut(senses, Moment(newest + late), {"video": 1.0}).seen is seen
    assert not cut(senses, Moment(5.0), {"video": 1.0}).seen, "before the first"
    assert not cut(Senses(senses.sound), Moment(11.0), {"video": 1.0}).seen


@pytest.mark.parametrize("rate", [8000, 11025, 22050, 44100, 48000])
@pytest.mark.parametrize("seconds", [0.4, 0.333])
def test_sound_is_resampled_as_a_file_of_it_to_the_length_that_the_recipe_wants(tmp_path, rate, seconds):
    recipe = Recipe(audio=AudioSettings(rate=22050, seconds=seconds))
    ring = SoundRing(rate, 2.0)
    ring.append(np.random.default_rng(0).normal(0, 0.1, rate).astype(np.float32), 1.0)
    window = cut(Senses(ring), Moment(1.0, rate), {"audio": seconds})
    (found,) = inputs(window, recipe, ("audio",))["audio"]
    assert tuple(found.shape) == (1, recipe.audio.samples)
    soundfile.write(tmp_path / "window.wav", window.sound, rate, subtype="FLOAT")
    as_a_clip, _ = decode(tmp_path / "window.wav", 22050)
    np.testing.assert_array_equal(found[0].numpy(), fit_length(as_a_clip, recipe.audio.samples))


@pytest.mark.parametrize("stretch", [{}, {"start": 3.0, "length": 0.4}])
def test_frames_are_taken_from_the_whole_window_also_where_clips_are_seen_in_part(stretch):
    recipe = Recipe(video=VideoSettings(frames=5, side=48, size=48, **stretch))
    frames = [np.ascontiguousarray(picture[..., ::-1]) for picture in moving_square(10)]
    window = Window(None, 1, tuple((70 + place / 25, frame) for place, frame in enumerate(frames)), 70.4)
    pixels, sizes = inputs(window, recipe, ("video",))["video"]
    assert tuple(pixels.shape) == (1, 5, 48, 64, 3) and sizes.tolist() == [[48, 64]]
    for taken, number in zip(pixels[0].numpy(), (1, 3, 5, 7, 9), strict=True):
        np.testing.assert_array_equal(taken, frames[number][..., ::-1], "red first")
