"""The rings of the newest sound and frames."""

from __future__ import annotations

import numpy as np
import pytest

from core.audio.settings import AudioSettings
from core.errors import UserError
from core.live.microphone import Microphone
from core.live.recogniser import PATIENCE
from core.live.ring_buffer import FrameRing, SoundRing


@pytest.mark.parametrize("block", [1, 3, 10, 25, 100])
def test_what_is_read_is_what_was_written_however_it_came(block):
    ring = SoundRing(rate=10, seconds=5.0)
    sound = np.random.default_rng(0).normal(size=237).astype(np.float32)
    for start in range(0, len(sound), block):
        ring.append(sound[start : start + block], heard=start / 10)
        assert ring.written == min(start + block, len(sound))
        oldest = ring.oldest
        np.testing.assert_array_equal(ring.read(oldest, ring.written), sound[oldest : ring.written])
    assert ring.written - ring.oldest == 50


def test_before_the_first_sample_there_is_silence_and_what_is_gone_or_to_come_is_refused():
    ring = SoundRing(rate=10, seconds=1.0)
    ring.append(np.ones(4, np.float32), heard=0.4)
    np.testing.assert_array_equal(ring.read(-3, 2), [0, 0, 0, 1, 1])
    with pytest.raises(IndexError, match="0 to 4 are"):
        ring.read(0, 5)
    ring.append(np.ones(10, np.float32), heard=1.4)
    with pytest.raises(IndexError, match="4 to 14 are"):
        ring.read(3, 8)
    with pytest.raises(IndexError):
        ring.read(-3, 8)


def test_a_sample_is_known_by_the_block_that_came_with_least_delay():
    ring = SoundRing(rate=1000, seconds=10.0)
    with pytest.raises(UserError, match="Nothing has been heard"):
        ring.time_of(0)
    delays = np.random.default_rng(1).exponential(0.02, size=200)
    delays[50] = 0.0
    for place, delay in enumerate(delays):
        ring.append(np.zeros(10, np.float32), heard=7.0 + 0.01 * (place + 1) + delay)
    assert ring.time_of(500) == pytest.approx(7.5, abs=1e-3)
    assert ring.sample_at(7.5) == pytest.approx(500, abs=1)


def test_a_clock_that_runs_slow_is_followed_and_a_gap_begins_anew():
    ring = SoundRing(rate=1000, seconds=1.0)
    for place in range(6000):  # a minute of a sound card whose second lasts 1.0001
        ring.append(np.zeros(10, np.float32), heard=0.010001 * (place + 1))
    assert ring.time_of(60_000) == pytest.approx(60.006, abs=1e-3)
    ring.append(np.zeros(10, np.float32), heard=100.0, gap=True)
    assert ring.time_of(ring.written) == pytest.approx(100.0)


@pytest.mark.parametrize("away", [0.3, 40.0], ids=["short", "longer than the ring"])
def test_silence_stands_for_what_was_not_heard(away):
    ring = SoundRing(rate=1000, seconds=1.0)
    ring.append(np.ones(400, np.float32), heard=7.4)
    ring.append(np.full(100, 2, np.float32), heard=7.5 + away, gap=True)
    assert ring.written == 500 + round(1000 * away)
    assert ring.time_of(100) == pytest.approx(7.1) and ring.time_of(ring.written) == pytest.approx(7.5 + away)
    heard = ring.read(ring.oldest, ring.written)
    np.testing.assert_array_equal(heard[-100:], 2)
    assert not heard[-100 - min(900, round(1000 * away)) : -100].any()
    ring.append(np.ones(100, np.float32), heard=7.55 + away, gap=True)
    np.testing.assert_array_equal(ring.read(ring.written - 200, ring.written), [2] * 100 + [1] * 100)


def test_the_longest_sound_of_a_recipe_is_held_while_its_end_is_waited_for():
    longest = max(getattr(bound, "le", 0.0) for bound in AudioSettings.model_fields["seconds"].metadata)
    ring = SoundRing(rate=100, seconds=Microphone().seconds)
    ring.append(np.zeros(20_000, np.float32), heard=200.0)
    end = ring.sample_at(200.0 - PATIENCE)
    assert len(ring.read(end - round(100 * longest), end)) == 100 * longest == 6000


def test_frames_are_held_for_so_long_and_no_more_than_so_many_bytes():
    ring = FrameRing(seconds=1.0, most_bytes=10**9)
    assert ring.newest() is None
    frames = [np.full((2, 2, 3), place, np.uint8) for place in range(30)]
    for place, frame in enumerate(frames):
        ring.append(frame, place / 10)
    assert [frame[0, 0, 0] for _, frame in ring.between(2.35, 2.7)] == [24, 25, 26, 27]
    assert [when for when, _ in ring.between(0, 9)] == pytest.approx(np.arange(19, 30) / 10)
    assert ring.newest()[0] == 2.9 and ring.written == 30
    small = FrameRing(seconds=100.0, most_bytes=3 * frames[0].nbytes)
    for place, frame in enumerate(frames):
        small.append(frame, place / 10)
    assert len(small.between(0, 9)) == 3
    assert small.after(20) == (7, small.between(0, 9))
    assert small.after(29) == (0, small.between(2.85, 9)) and small.after(30) == (0, [])
    huge = FrameRing(seconds=1.0, most_bytes=1)
    huge.append(frames[0], 0.0)
    assert huge.newest() is not None, "the newest is held whatever its size"
    assert (ring.holds, small.holds) == (1.0, pytest.approx(0.2))
