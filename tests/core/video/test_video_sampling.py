"""Which frames are kept and seen, in numbers that can be checked by hand."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from core.video.sampling import Paced, Thinned, keeper, most_kept, positions, spread
from core.video.settings import VideoSettings


def test_even_takes_the_middle_of_each_stretch() -> None:
    settings = VideoSettings(frames=4)
    assert positions(16, settings).tolist() == [2, 6, 10, 14]
    assert positions(4, settings).tolist() == [0, 1, 2, 3]
    assert positions(2, settings).tolist() == [0, 0, 1, 1]  # repeated in their order
    assert positions(1, settings).tolist() == [0, 0, 0, 0]
    assert positions(10, settings).tolist() == [1, 3, 6, 8]


def test_even_at_random_draws_one_offset_for_all() -> None:
    settings = VideoSettings(frames=4)
    drawn = {tuple(positions(16, settings, np.random.default_rng(seed))) for seed in range(200)}
    assert drawn == {(n, n + 4, n + 8, n + 12) for n in range(4)}


def test_segments_draw_each_by_itself() -> None:
    settings = VideoSettings(frames=4, sampling="segments")
    assert positions(16, settings).tolist() == [2, 6, 10, 14]
    drawn = np.array([positions(16, settings, np.random.default_rng(seed)) for seed in range(300)])
    assert all(set(drawn[:, part]) == set(range(4 * part, 4 * part + 4)) for part in range(4))
    assert len({tuple(row - np.arange(4) * 4) for row in drawn}) > 100  # not one offset


def test_a_window_is_of_neighbours() -> None:
    settings = VideoSettings(frames=4, sampling="window")
    assert positions(10, settings).tolist() == [3, 4, 5, 6]
    assert positions(3, settings).tolist() == [0, 1, 2, 0]  # begins again
    starts = {tuple(positions(6, settings, np.random.default_rng(seed))) for seed in range(100)}
    assert starts == {(n, n + 1, n + 2, n + 3) for n in range(3)}


def test_views_are_spread_over_the_clip() -> None:
    settings = VideoSettings(frames=4, sampling="window", views=3)
    assert [int(positions(10, settings, view=view)[0]) for view in range(3)] == [0, 3, 6]
    assert [int(positions(2, settings, view=view)[0]) for view in range(3)] == [0, 0, 0]
    assert int(positions(11, settings.model_copy(update={"views": 2}))[0]) == 3  # no view named: the middle


@pytest.mark.parametrize("sampling", ["even", "segments", "window"])
@pytest.mark.parametrize("kept", [1, 2, 16, 17, 48, 51, 1000])
def test_always_as_many_as_are_taken_and_never_beyond(sampling: str, kept: int) -> None:
    settings = VideoSettings(sampling=sampling, input="difference")  # type: ignore[arg-type]
    for seed in range(20):
        chosen = positions(kept, settings, np.random.default_rng(seed))
        assert chosen.shape == (17,) and chosen.dtype == np.int64
        assert chosen.min() >= 0 and chosen.max() < kept
        if sampling != "window":
            assert (np.diff(chosen) >= 0).all()


def test_inputs_share_what_is_kept() -> None:
    inputs = ("rgb", "difference", "flow", "rgb+flow")
    assert {most_kept(VideoSettings(frames=8, spare=3, input=kind)) for kind in inputs} == {27}  # type: ignore[arg-type]
    assert most_kept(VideoSettings(sampling="window")) is None


def test_spread() -> None:
    assert spread(5, 10).tolist() == [0, 1, 2, 3, 4]
    assert spread(10, 5).tolist() == [1, 3, 5, 7, 9]
    assert spread(0, 5).tolist() == []


@pytest.mark.parametrize("frames", [1, 7, 40, 41, 80, 81, 1000, 12345])
def test_a_stream_is_thinned_evenly_in_bounded_memory(frames: int) -> None:
    kept, most, made = Thinned[int](10), 0, 0

    def make(number: int) -> int:
        nonlocal made
        made += 1
        return number

    for number in range(frames):
        kept.offer(0.0, partial(make, number))
        most = max(most, len(kept.held))
    chosen, ideal = np.array(kept.chosen()), spread(frames, 10)
    assert most <= 40
    assert len(chosen) == min(frames, 10)
    assert (np.diff(chosen) > 0).all()
    assert np.abs(chosen - ideal).max() <= frames / 10 / 4
    if frames <= 40:
        assert chosen.tolist() == ideal.tolist()
    if frames > 10000:
        assert made < 300  # what is not held is not made


def times_kept(rate: float | None, times: list[float]) -> list[float]:
    kept: Paced[float] = Paced(rate)
    for time in times:
        kept.offer(time, partial(float, time))
    return kept.chosen()


def test_a_pace_keeps_the_frames_nearest_to_it() -> None:
    film = [round(n * 0.04, 2) for n in range(26)]  # 25 fps
    assert times_kept(12.5, film) == film[::2]
    assert times_kept(25, film) == film
    assert times_kept(100, film) == film  # each of them once
    assert times_kept(5, film) == film[::5]
    assert times_kept(None, film) == film
    assert np.allclose(times_kept(10, film), np.arange(11) / 10, atol=0.0201)
    slow = [0.0, 1.0, 2.0]
    assert times_kept(12.5, slow) == slow


def test_what_keeps_is_chosen_by_the_settings() -> None:
    assert isinstance(keeper(VideoSettings()), Thinned)
    assert isinstance(keeper(VideoSettings(sampling="window")), Paced)
    assert isinstance(keeper(None), Paced)


@pytest.mark.parametrize("sampling", ["even", "window"])
def test_only_the_part_asked_for_is_kept(sampling: str) -> None:
    settings = VideoSettings(frames=4, spare=1, sampling=sampling, rate=10.0, start=1.0, length=0.8)
    kept = keeper(settings)
    for number in range(75):
        kept.offer(number / 25, partial(float, number / 25))
    chosen = kept.chosen()
    assert len(chosen) == (most_kept(settings) or 8)
    assert 1.0 <= min(chosen) < 1.15
    assert 1.65 < max(chosen) < 1.8


def test_of_a_clip_that_ends_before_the_part_the_last_frame_is_kept() -> None:
    kept = keeper(VideoSettings(start=5.0))
    for number in range(10):
        kept.offer(number / 25, partial(int, number))
    assert kept.chosen() == [9]
