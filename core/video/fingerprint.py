"""What a video is recognised by without a network: the same for a copy of other size, brightness or coding."""

from __future__ import annotations

from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from core.clip_cache import ClipCache
from core.recipe import Recipe
from core.video.cache import VideoCache

PACE = 5.0  # steps a second
SIDE = 16  # rows and columns of a frame
LONGEST = 10.0  # s that are looked at, from the middle


def fingerprint(cache: ClipCache[Any], clip_id: str, recipe: Recipe) -> NDArray[np.float32]:
    """(steps, 256) grey values of 16 × 16 pixels, PACE steps a second, each step less the mean of its picture: neither
    brightness nor, as cosines are taken, contrast. Of optical flow, the mean of its parts. All 0 for black.

    A step is the mean of the frames kept, weighted 1 at its time and falling to 0 one step (or one frame, if they are
    further apart) away, so that a copy which begins between two steps has nearly the same.

    Raises:
        UserError: the clip does not decode.
    """
    video = cast(VideoCache, cache)
    frames, facts, settings = video.frames(clip_id), video.facts[clip_id], recipe.video
    kept = min(max(facts.seconds - settings.start, 0.0), settings.length or np.inf)  # seconds that the frames are from
    seconds = min(kept, LONGEST)
    steps = (kept - seconds) / 2 + (np.arange(max(1, round(seconds * PACE))) + 0.5) / PACE  # s
    times = (np.arange(len(frames)) + 0.5) * kept / len(frames)
    width = max(1 / PACE, kept / len(frames))
    weights = np.maximum(width - np.abs(steps[:, None] - times), 1e-9)
    small = [
        cv2.resize(np.ascontiguousarray(frame[..., :3]), (SIDE, SIDE), interpolation=cv2.INTER_AREA).mean(axis=-1)
        for frame in frames
    ]
    grey = weights @ np.stack(small).reshape(len(frames), -1) / weights.sum(axis=1, keepdims=True)
    return (grey - grey.mean(axis=1, keepdims=True)).astype(np.float32)
