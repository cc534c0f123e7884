"""MFCC statistics of clips, computed once for all runs of a study and kept in memory: 26 numbers a clip."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.clip_cache import ClipCache
from core.control import Control
from core.datasets.base import Clip
from core.evaluation.classical import statistics
from core.events import Progress
from core.recipe import Recipe
from core.wings import WINGS

REPORT_EVERY = 0.1  # seconds


class ClipStatistics:
    """Looked up by clip, sample rate and length."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, int, float], NDArray[np.float64]] = {}

    def of(
        self,
        clips: Sequence[Clip],
        cache: ClipCache[Any],
        recipe: Recipe,
        control: Control,
        report: Callable[[Progress], None],
    ) -> NDArray[np.float64]:
        """(clips, 26): see `core.evaluation.classical.statistics`. A clip is cropped in the middle or padded with
        silence to the recipe's length, as networks are tested.

        Raises:
            Cancelled: through `control`; what is computed is kept.
        """
        rate, seconds = recipe.audio.rate, recipe.audio.seconds
        missing = [clip.id for clip in clips if (clip.id, rate, seconds) not in self._known]
        told = 0.0
        for done, name in enumerate(missing, 1):
            control.checkpoint()
            (waveforms,) = WINGS["audio"].gather(cache, [name], recipe, None)
            self._known[name, rate, seconds] = statistics(waveforms[0].numpy(), rate)
            if (now := time.monotonic()) - told > REPORT_EVERY or done == len(missing):
                told = now
                report(Progress("MFCC statistics", done, len(missing)))
        return np.stack([self._known[clip.id, rate, seconds] for clip in clips])
