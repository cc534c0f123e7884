"""What there is to hear and to see of one clip, by what the clip says of itself: sound, pictures, or both.

Importing this imports no torch: whoever shows clips may do so at once and compute in the background.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.audio.pictures import Picture, front_end_for, listening_picture, model_picture
from core.control import Control
from core.datasets.base import Modality
from core.media import header_of, is_video
from core.recipe import FrontEnds
from core.video.pictures import Film, model_frames, read_film
from core.video.settings import VideoSettings


@dataclass(frozen=True)
class Media:
    """A decoded clip: its sound, samples of shape (n,) at a rate in Hz, or none; and its film, or none.

    `hears` and `sees` say of what there is whether the network in question takes it; with none in question, both do.
    """

    samples: NDArray[np.float32]
    rate: int
    film: Film | None
    hears: bool = True
    sees: bool = True

    @property
    def has_sound(self) -> bool:
        """Whether there is a sound track, silent or not."""
        return len(self.samples) > 0


@dataclass(frozen=True)
class Given:
    """What a network is given of a clip: frames of shape (T, h, w, 3) at their seconds (T,), none of a sound or where
    it sees nothing.

    `listening` is for the ear, `model` for the network: None where it hears nothing. Both are without a sound track.
    """

    listening: Picture | None
    model: Picture | None
    frames: NDArray[np.uint8]
    seconds: NDArray[np.float64]


def prepare_clip(path: Path, given: FrontEnds, control: Control, report: Callable[[Any], None]) -> Given:
    """Decode a clip (reported at once as `Media`), then compute what the ear and what a network has to go by.

    Args:
        given: the network's front ends; with neither, no network is in question, and the default ones are taken, that
            for sound as long as the clip.

    Raises:
        UserError: the file cannot be decoded.
        Cancelled: through `control`.
    """
    from core.audio.decode import decode

    film = _read_film(path, control)
    samples, facts = decode(path)
    control.checkpoint()
    if given == FrontEnds():
        given = FrontEnds(front_end_for(facts.seconds), VideoSettings(fit="whole"))
    report(Media(samples, facts.rate, film, hears=given.audio is not None, sees=given.video is not None))
    frames, seconds = np.zeros((0, 1, 1, 3), np.uint8), np.zeros(0)
    if film is not None and given.video is not None:
        frames, seconds = model_frames(film, given.video)
        control.checkpoint()
    if not len(samples):
        return Given(None, None, frames, seconds)
    listening = listening_picture(samples, facts.rate)
    control.checkpoint()
    model = None if given.audio is None else model_picture(samples, facts.rate, given.audio)
    control.checkpoint()
    return Given(listening, model, frames, seconds)


def read_media(path: Path, modality: Modality, control: Control) -> Media:
    """Decode of a clip what a modality has of it: its sound, its pictures, or both.

    Raises:
        UserError: the file cannot be decoded.
        Cancelled: through `control`.
    """
    from core.audio.decode import decode

    film = _read_film(path, control) if "video" in modality.wings else None
    if "audio" not in modality.wings:
        return Media(np.zeros(0, np.float32), 1, film)
    samples, facts = decode(path)
    control.checkpoint()
    return Media(samples, facts.rate, film)


def _read_film(path: Path, control: Control) -> Film | None:
    """None where there are no pictures: a name may promise some that are not there."""
    header = header_of(path)
    if not (header.width if header is not None else is_video(path)):
        return None
    film = read_film(path, control)
    control.checkpoint()
    return film
