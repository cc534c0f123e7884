"""What training may do to one clip, before and after: to hear and to see.

Importing this imports no torch: whoever shows it may do so at once and compute in the background.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.audio.pictures import Picture, front_end_for, model_picture
from core.audio.settings import AudioAugmentation, AudioSettings
from core.control import Control
from core.datasets.base import Clip
from core.errors import UserError
from core.video.pictures import Film
from core.video.settings import VideoAugmentation, VideoSettings


@dataclass(frozen=True)
class Heard:
    """One side of a sound: samples of shape (n,) at a rate in Hz, and the picture the network is given."""

    samples: NDArray[np.float32]
    rate: int
    picture: Picture


@dataclass(frozen=True)
class Seen:
    """Both sides of a video: frames of shape (T, size, size, 3) at their times.

    `share` of the second is the clip itself, the rest is the clip of id `other`. `drawn`: which frames it has is left
    to chance.
    """

    before: Film
    after: Film
    other: str = ""
    share: float = 1.0
    drawn: bool = False

    @property
    def words(self) -> str:
        """What is to be said of the second side."""
        if self.other:
            return f"{100 * self.share:.0f} % of this clip, {100 * (1 - self.share):.0f} % of {self.other}"
        if self.drawn and np.array_equal(self.before.seconds, self.after.seconds):
            return "the same frames, as this seed draws them; try another"
        return ""


def heard(
    path: Path, augmentation: AudioAugmentation, seed: int, control: Control, report: object = None
) -> tuple[Heard, Heard]:
    """A sound as it is and as training might get it, at the rate a network with default settings is given.

    What acts on the spectrogram alone leaves the samples as they are.

    Raises:
        UserError: the file cannot be decoded.
        Cancelled: through `control`.
    """
    from core.audio.augment import preview, preview_masks
    from core.audio.decode import decode

    rate = AudioSettings().rate
    samples, facts = decode(path, rate)
    settings = front_end_for(facts.seconds)
    control.checkpoint()
    before = Heard(samples, rate, model_picture(samples, rate, settings))
    control.checkpoint()
    changed = preview(samples, rate, augmentation, seed)
    picture = model_picture(changed, rate, settings)
    masked = preview_masks(picture.decibels, augmentation, seed)
    return before, Heard(changed, rate, replace(picture, decibels=masked))


def seen(path: Path, augmentation: VideoAugmentation, seed: int, control: Control, report: object = None) -> Seen:
    """The frames that a network with default settings is given in testing, and those it might get in training.

    Raises:
        UserError: the file cannot be decoded.
        Cancelled: through `control`.
    """
    before = _film(path, VideoAugmentation(jitter=False), seed, control)
    return Seen(before, _film(path, augmentation, seed, control), drawn=augmentation.jitter)


def mixed(clip: Clip, others: Sequence[Clip], alpha: float, seed: int, control: Control, report: object = None) -> Seen:
    """The same with one of the others, drawn from the seed, mixed in; its share is drawn from Beta(α, α).

    Raises:
        UserError: there are no others, or a file cannot be decoded.
        Cancelled: through `control`.
    """
    from core.training.mixing import preview_mixup

    if not others:
        raise UserError("There is no clip of another class to mix this one with. Open a dataset with more classes.")
    other = others[int(np.random.default_rng(seed).integers(len(others)))]
    plain = VideoAugmentation(jitter=False)
    one, two = (_film(item.path, plain, seed, control) for item in (clip, other))
    frames, share = preview_mixup(one.frames, two.frames, alpha, seed)
    return Seen(one, replace(one, frames=frames), other.id, share)


def _film(path: Path, augmentation: VideoAugmentation, seed: int, control: Control) -> Film:
    from core.video.augment import preview
    from core.video.decode import decode
    from core.video.sampling import positions

    settings = VideoSettings()
    kept, seconds, facts = decode(path, settings, control)
    control.checkpoint()
    taken = positions(len(kept), settings, np.random.default_rng(seed) if augmentation.jitter else None)
    return Film(preview(kept[taken], settings, augmentation, seed), seconds[taken], facts.seconds)
