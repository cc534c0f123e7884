"""Raw clips of the sound wing gathered into a batch, straight from the memory map."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from core.audio.cache import AudioCache
from core.audio.frontend import fit_length
from core.front_end import Raw
from core.recipe import Recipe

SILENCE = np.empty(0, np.float32)


def gather(
    cache: AudioCache, ids: Sequence[str], recipe: Recipe, random: np.random.Generator | None, view: int | None
) -> Raw:
    """((batch, samples) float32 waveforms,). Clips longer than the recipe says are cropped: at random in training,
    else from the middle; shorter ones are padded with silence. There is one view of a sound.

    A clip whose sound does not decode is silent: it is here for its pictures only."""
    length = recipe.audio.samples
    waveforms = np.empty((len(ids), length), dtype=np.float32)
    for row, id in enumerate(ids):
        sound = cache.samples(id) if id in cache.facts else SILENCE
        spare = max(0, len(sound) - length)
        waveforms[row] = fit_length(sound, length, int(random.integers(spare + 1)) if random is not None else None)
    return (torch.from_numpy(waveforms),)
