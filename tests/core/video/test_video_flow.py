"""Optical flow: a texture that is moved by a known number of pixels."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from core.video.flow import FARTHEST, NO_MOTION, Flow, as_bytes
from tests.core.films import as_pixels


def texture(height: int = 96, width: int = 128) -> NDArray[np.uint8]:
    noise = np.random.default_rng(0).uniform(0, 255, (height, width)).astype(np.float32)
    return cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 3), None, 0, 255, cv2.NORM_MINMAX).astype(np.uint8)  # type: ignore[call-overload,no-any-return]


@pytest.mark.parametrize(("right", "down"), [(3, 0), (-4, 0), (0, 2), (5, -3)])
def test_a_known_shift(right: int, down: int) -> None:
    first = texture()
    flow = Flow().between(first, np.roll(first, (down, right), (0, 1)))
    assert flow.shape == (96, 128, 2) and flow.dtype == np.uint8
    middle = as_pixels(flow)[20:-20, 20:-20]
    assert np.median(middle[..., 0]) == pytest.approx(right, abs=0.2)
    assert np.median(middle[..., 1]) == pytest.approx(down, abs=0.2)


def test_stillness_is_the_middle() -> None:
    assert (Flow().between(texture(), texture()) == NO_MOTION).all()


def test_pictures_too_small_to_search_in_stand_still() -> None:
    first = texture(32, 96)[:8]
    assert (Flow().between(first, np.roll(first, 1, 1)) == NO_MOTION).all()
    assert Flow().between(texture(32, 32), texture(32, 32)[::-1].copy()).shape == (32, 32, 2)


def test_bytes_hold_half_a_step_and_cut_off_what_is_far() -> None:
    pixels = np.array([0, 0.5, -0.5, 7.3, FARTHEST, -FARTHEST, 99, -99, np.nan], np.float32)
    found = as_pixels(as_bytes(pixels))
    expected = np.clip(np.nan_to_num(pixels), -FARTHEST, FARTHEST)
    assert np.abs(found - expected).max() <= 20 / 127 / 2 + 1e-6
    assert (as_pixels(as_bytes(-pixels)) == -found).all()  # mirrored exactly
