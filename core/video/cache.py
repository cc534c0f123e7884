"""Videos decoded once: the frames kept of all clips of a dataset in one file, mapped read-only ever after."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.clip_cache import LIMIT_BYTES, ClipCache, Kind, open_clips
from core.control import Control
from core.datasets.base import Dataset
from core.events import Progress
from core.media import LONGEST, header_of
from core.recipe import Recipe
from core.video.decode import VideoFacts, channels, decode, kept_size
from core.video.region import part_size
from core.video.sampling import most_kept
from core.video.settings import WHOLE, VideoSettings

VERSION = 2  # raise it when decoding, resizing or what is kept changes: older caches are then rebuilt


@dataclass(frozen=True)
class VideoCache(ClipCache[VideoFacts]):
    """Frames kept of the videos of one dataset."""

    settings: VideoSettings

    def frames(self, clip_id: str) -> NDArray[np.uint8]:
        """The clip's frames, shape (n, h, w, c): a read-only view. `core.video.sampling.positions` says which to see.

        Raises:
            UserError: the clip does not decode; the message says why.
        """
        stored, facts = self._stored(clip_id), self.facts[clip_id]
        return stored.reshape(-1, *_frame_shape(facts.width, facts.height, self.settings))


def open_cache(
    dataset: Dataset,
    recipe: Recipe,
    cache_dir: Path,
    control: Control | None = None,
    report: Callable[[Progress], None] | None = None,
    *,
    limit_bytes: float = LIMIT_BYTES,
) -> VideoCache:
    """The frames of a dataset as recipe.video keeps them; what is missing or has changed is decoded first.

    Raises:
        UserError, Cancelled: as `core.clip_cache.open_clips`.
    """
    opened = open_clips(_kind(recipe), dataset, cache_dir, control, report, limit_bytes)
    return VideoCache(**vars(opened), settings=recipe.video)


def cache_folder(dataset: Dataset, recipe: Recipe, cache_dir: Path) -> Path:
    """Where the cache of a dataset lies."""
    return _kind(recipe).folder(dataset, cache_dir)


def estimate_bytes(dataset: Dataset, recipe: Recipe) -> int:
    """Size of the cache, from headers alone."""
    return _kind(recipe).estimate_bytes(dataset.clips)


def _frame_shape(width: int, height: int, settings: VideoSettings) -> tuple[int, int, int]:
    return (*kept_size(*part_size(width, height, settings.region), settings.side), channels(settings))


def _kind(recipe: Recipe) -> Kind[VideoFacts]:
    settings = recipe.video
    most = most_kept(settings)

    def kept(path: Path, control: Control) -> tuple[NDArray[np.uint8], VideoFacts]:
        frames, _, facts = decode(path, settings, control)
        return frames.reshape(-1), facts

    def expected(path: Path) -> float:
        header = header_of(path)
        if header is None or not (header.width and header.height):
            return 0.0
        promised = header.frames or header.seconds * header.frame_rate
        if most is not None:
            count = min(promised or most, most)
        else:
            whole = min(header.seconds, LONGEST)
            seconds = min(whole, settings.length or whole)
            count = math.ceil(seconds * min(settings.rate, header.frame_rate or settings.rate))
        return count * float(np.prod(_frame_shape(header.width, header.height, settings)))

    pace = f"{settings.rate:g} fps" if most is None else f"{most} frames"
    if settings.start or settings.length:
        pace += f" from {settings.start:g} s for {settings.length:g} s"
    if settings.region != WHOLE:
        pace += f", region {settings.region}"
    streams = "rgb" if settings.streams == (3,) else settings.input  # pictures serve differences too
    return Kind(
        wing="video",
        version=VERSION,
        made_for=f"{pace}, {settings.side} px, {streams}",
        dtype=np.uint8,
        suffix="u8",
        facts=VideoFacts,
        decode=kept,
        expected=expected,
        what="frames",
        remedy="Choose a smaller side, fewer frames or fewer kept per frame, a lower rate, or leave out clips.",
    )
