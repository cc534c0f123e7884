"""Sounds decoded once: float32 samples of all clips of a dataset in one file, mapped read-only ever after."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.audio.decode import AudioFacts, decode
from core.clip_cache import LIMIT_BYTES, ClipCache, Kind, open_clips
from core.control import Control
from core.datasets.base import Dataset
from core.events import Progress
from core.media import LONGEST, header_of
from core.recipe import Recipe

VERSION = 1  # raise it when decoding or resampling changes: older caches are then rebuilt


@dataclass(frozen=True)
class AudioCache(ClipCache[AudioFacts]):
    """Decoded sounds of one dataset at one rate."""

    def samples(self, clip_id: str) -> NDArray[np.float32]:
        """The clip's samples, shape (n,), full scale 1: a read-only view. A video without a sound track has none.

        Raises:
            UserError: the clip does not decode; the message says why.
        """
        return self._stored(clip_id)


def open_cache(
    dataset: Dataset,
    recipe: Recipe,
    cache_dir: Path,
    control: Control | None = None,
    report: Callable[[Progress], None] | None = None,
    *,
    limit_bytes: float = LIMIT_BYTES,
) -> AudioCache:
    """The sounds of a dataset at recipe.audio.rate; what is missing or has changed is decoded first.

    Raises:
        UserError, Cancelled: as `core.clip_cache.open_clips`.
    """
    return AudioCache(**vars(open_clips(_kind(recipe), dataset, cache_dir, control, report, limit_bytes)))


def cache_folder(dataset: Dataset, recipe: Recipe, cache_dir: Path) -> Path:
    """Where the cache of a dataset lies."""
    return _kind(recipe).folder(dataset, cache_dir)


def estimate_bytes(dataset: Dataset, recipe: Recipe) -> int:
    """Size of the cache, from headers alone."""
    return _kind(recipe).estimate_bytes(dataset.clips)


def _kind(recipe: Recipe) -> Kind[AudioFacts]:
    rate = recipe.audio.rate

    def expected(path: Path) -> float:
        header = header_of(path)
        return header.seconds * rate if header and header.sample_rate and header.seconds <= LONGEST else 0.0

    return Kind(
        wing="audio",
        version=VERSION,
        made_for=rate,
        dtype=np.float32,
        suffix="f32",
        facts=AudioFacts,
        decode=lambda path, control: decode(path, rate),
        expected=expected,
        what="sounds",
        remedy="Lower the sample rate, or leave out clips.",
    )
