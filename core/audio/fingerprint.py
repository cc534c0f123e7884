"""What a sound is recognised by without a network: the same for a copy that is louder, re-encoded, shifted or noisy."""

from __future__ import annotations

import math
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from core.audio.cache import AudioCache
from core.audio.frontend import fit_length, spectrogram
from core.audio.settings import AudioSettings
from core.clip_cache import ClipCache
from core.recipe import Recipe

PACE = 43.0  # steps a second: 23 ms apart
WINDOW = 0.093  # s, rounded to a power of two: 2048 samples at 22.05 kHz
BANDS = 32
LOWEST, HIGHEST = 50.0, 8000.0  # Hz; coding at low rates takes away what lies above
LONGEST = 10.0  # s that are looked at, from the middle
LOUDNESS = 0.3  # power of the power: as loudness grows (Stevens 1957), so that faint noise counts little


def fingerprint(cache: ClipCache[Any], clip_id: str, recipe: Recipe) -> NDArray[np.float32]:
    """(steps, 32) loudness of 32 mel bands, PACE steps a second, less its mean over time in each band and its mean over
    the bands at each step: what is left is neither level nor filtering, but what happens when. All 0 for silence.

    Raises:
        UserError: the clip does not decode.
    """
    rate = recipe.audio.rate
    samples = cast(AudioCache, cache).samples(clip_id)
    samples = fit_length(samples, min(len(samples), round(LONGEST * rate)))
    settings = AudioSettings.model_construct(
        rate=rate,
        seconds=len(samples) / rate,
        n_fft=2 ** round(math.log2(WINDOW * rate)),
        hop=round(rate / PACE),
        mels=BANDS,
        f_min=LOWEST,
        f_max=min(HIGHEST, rate / 2),
    )
    peak = float(np.abs(samples).max(initial=0)) or 1.0
    loudness = 10 ** (spectrogram(samples / peak, settings).T * (LOUDNESS / 10))
    loudness -= loudness.mean(axis=0)
    loudness -= loudness.mean(axis=1, keepdims=True)
    return loudness
