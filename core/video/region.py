"""Which part of a frame is looked at."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.video.settings import WHOLE, Region, VideoSettings


def edges(width: int, height: int, region: Region) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of a region of a frame in whole pixels, at least one between them."""
    left, top = min(round(region[0] * width), width - 1), min(round(region[1] * height), height - 1)
    return left, top, max(round(region[2] * width), left + 1), max(round(region[3] * height), top + 1)


def part(frames: NDArray[np.uint8], region: Region) -> NDArray[np.uint8]:
    """A view of the region of frames of shape (…, h, w, c)."""
    if region == WHOLE:
        return frames
    left, top, right, bottom = edges(frames.shape[-2], frames.shape[-3], region)
    return frames[..., top:bottom, left:right, :]


def part_size(width: int, height: int, region: Region) -> tuple[int, int]:
    """(width, height) of the region in pixels."""
    left, top, right, bottom = edges(width, height, region)
    return right - left, bottom - top


def seen(frames: NDArray[np.uint8], settings: VideoSettings) -> NDArray[np.uint8]:
    """Of whole frames (…, h, w, c), what a network is shown in testing: the region, and of it the square or all."""
    looked_at = part(frames, settings.region)
    if settings.fit == "whole":
        return looked_at
    height, width = looked_at.shape[-3:-1]
    edge = min(height, width)
    top, left = (height - edge) // 2, (width - edge) // 2
    return looked_at[..., top : top + edge, left : left + edge, :]
