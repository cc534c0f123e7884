"""Windows: what a network is given of the newest sound and frames, prepared as its training clips were."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import soxr
import torch
from numpy.typing import NDArray

from core.audio.frontend import fit_length
from core.front_end import Raw
from core.live.ring_buffer import Frame, FrameRing, SoundRing
from core.recipe import Recipe
from core.video.decode import keep
from core.video.sampling import positions

QUIET = 0.05  # s over which loudness is judged
STILL = 0.5  # s: a picture older than this is none


@dataclass(frozen=True)
class Senses:
    """The rings of what is on."""

    sound: SoundRing | None = None
    sight: FrameRing | None = None

    @property
    def begun(self) -> bool:
        """Whether anything has been heard or seen."""
        return any(ring is not None and ring.written for ring in (self.sound, self.sight))


@dataclass(frozen=True)
class Moment:
    """Where a window ends: at a time, before a sample."""

    when: float  # s of the common clock
    sample: int | None = None  # of the sound; None where nothing is heard


@dataclass(frozen=True)
class Window:
    """What was heard and seen up to a moment.

    Attributes:
        sound: (n,) at `rate` Hz; None = there is no microphone.
        frames: times and pictures in BGR; None = there is no camera.
    """

    sound: NDArray[np.float32] | None
    rate: int
    frames: tuple[tuple[float, Frame], ...] | None
    end: float

    @property
    def loudness(self) -> float:
        """Of its loudest 50 ms, root mean square in dB below full scale; −inf where there is no sound."""
        if self.sound is None or not len(self.sound):
            return -math.inf
        n = max(1, round(QUIET * self.rate))
        pieces = self.sound[: len(self.sound) // n * n].reshape(-1, n) if len(self.sound) >= n else self.sound[None]
        loudest = float(np.sqrt(np.square(pieces, dtype=np.float64).mean(axis=1).max()))
        return 20 * math.log10(loudest) if loudest else -math.inf

    @property
    def seen(self) -> bool:
        """Whether there is a picture that is not old."""
        return bool(self.frames) and self.frames is not None and self.end - self.frames[-1][0] <= STILL


def lengths(recipe: Recipe, wings: tuple[str, ...], seconds: float) -> dict[str, float]:
    """How many seconds of sound and of sight a network is given, by wing.

    Of sight as many as its sampling takes or its recipe names; else as long as what is heard with it, or `seconds`.
    """
    found: dict[str, float] = {}
    if "audio" in wings:
        found["audio"] = recipe.audio.seconds
    if "video" in wings:
        video = recipe.video
        window = video.taken / video.rate if video.sampling == "window" else 0.0
        found["video"] = window or video.length or found.get("audio", seconds)
    return found


def cut(senses: Senses, at: Moment, seconds: Mapping[str, float]) -> Window:
    """The window that ends at a moment.

    Raises:
        IndexError: the sound is not there yet, or no more.
    """
    sound, frames, rate = None, None, 1
    if "audio" in seconds and senses.sound is not None and at.sample is not None:
        rate = senses.sound.rate
        sound = senses.sound.read(at.sample - math.ceil(seconds["audio"] * rate), at.sample)
    if "video" in seconds and senses.sight is not None:
        frames = tuple(senses.sight.between(at.when - seconds["video"], at.when))
    return Window(sound, rate, frames, at.when)


def inputs(window: Window, recipe: Recipe, wings: tuple[str, ...]) -> dict[str, Raw]:
    """Raw clips by wing, a batch of one, as `core.wings` gathers them from a cache in testing."""
    made: dict[str, Raw] = {}
    if "audio" in wings:
        made["audio"] = _heard(window, recipe)
    if "video" in wings:
        made["video"] = _looked_at(window, recipe)
    return made


def _heard(window: Window, recipe: Recipe) -> Raw:
    assert window.sound is not None
    rate = recipe.audio.rate
    same = window.rate == rate
    samples = window.sound if same else soxr.resample(window.sound, window.rate, rate, quality="HQ")
    return (torch.from_numpy(np.array(fit_length(samples, recipe.audio.samples), np.float32)[None]),)


def _looked_at(window: Window, recipe: Recipe) -> Raw:
    assert window.frames
    settings = recipe.video.model_copy(update={"start": 0.0, "length": 0.0})
    first = window.frames[0][0]
    kept, _ = keep(((frame, when - first) for when, frame in window.frames), settings)
    taken = kept[positions(len(kept), settings)]
    return torch.from_numpy(np.ascontiguousarray(taken)[None]), torch.tensor([kept.shape[1:3]], dtype=torch.int64)
