"""Raw clips of the sight wing gathered into a batch, straight from the memory map."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from core.front_end import Raw
from core.recipe import Recipe
from core.video.cache import VideoCache
from core.video.sampling import positions


def gather(
    cache: VideoCache, ids: Sequence[str], recipe: Recipe, random: np.random.Generator | None, view: int | None
) -> Raw:
    """((batch, taken, rows, columns, channels) uint8 pixels, (batch, 2) int64 sizes); see VideoFrontEnd.

    Which of the kept frames are taken is drawn in training where temporal jitter is on, else always the same.
    """
    drawn = random if recipe.video_augmentation.jitter else None
    clips = [cache.frames(id) for id in ids]
    sizes = np.array([clip.shape[1:3] for clip in clips], dtype=np.int64)
    rows, columns = sizes.max(axis=0)
    pixels = np.zeros((len(clips), recipe.video.taken, rows, columns, clips[0].shape[-1]), dtype=np.uint8)
    for clip, into in zip(clips, pixels, strict=True):
        into[:, : clip.shape[1], : clip.shape[2]] = clip[positions(len(clip), recipe.video, drawn, view)]
    return torch.from_numpy(pixels), torch.from_numpy(sizes)
