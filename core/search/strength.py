"""Augmentation strength: one number that turns all of a recipe's random changes up or down together."""

from __future__ import annotations

from typing import Any

from core.audio.settings import AudioAugmentation
from core.datasets.base import Modality
from core.recipe import Recipe
from core.settings import Settings
from core.video.settings import VideoAugmentation

HALF = 0.5  # any strength that is neither 0 nor 1 would do to tell whether there is something to turn
_SCALED = ("noise", "pitch", "stretch", "gain_db", "shift", "colour", "blur")
_MASKED = {"frequency_masks": "frequency_width", "time_masks": "time_width"}  # as many, each narrower or wider
_SWITCHED = ("flip", "jitter")
Augmentation = AudioAugmentation | VideoAugmentation


def scaled(augmentation: Augmentation, strength: float) -> Augmentation:
    """An augmentation s times as strong: s = 0 changes nothing at random, s = 1 is the one given, s = 2 twice as much.

    What happens to a share p of the clips (noise, pitch shift, time stretch, blur) happens to min(1, s·p) of them; what
    is drawn from a width w (gain in dB, time shift, colour, SpecAugment's widest band and longest stretch) is drawn
    from s·w, and a random crop keeps at least 1 − s·(1 − c) of the picture instead of c. All are held within the bounds
    of their fields. How a single change sounds or looks (SNR of the noise, semitones, stretch factor, σ of the blur),
    the number of masks, and what is on or off (flip, temporal jitter) are as given for every s > 0.

    Raises:
        ValueError: a negative strength.
    """
    if strength < 0:
        raise ValueError(f"an augmentation cannot be {strength:g} times as strong: give 0 or more")
    kind, given = type(augmentation), augmentation.model_dump()
    changed: dict[str, Any] = {
        name: _within(kind, name, strength * value) for name, value in given.items() if name in _SCALED
    }
    for count, width in _MASKED.items():
        if given.get(count):
            changed[width] = _within(kind, width, strength * given[width])
    if "crop" in given:
        changed["crop"] = _within(kind, "crop", 1 - strength * (1 - given["crop"]))
    if strength == 0:
        changed |= {name: 0 for name in _MASKED if name in given}
        changed |= {name: False for name in _SWITCHED if name in given}
    return kind.model_validate(given | changed)


def of_wings(recipe: Recipe, modality: Modality) -> dict[str, Augmentation]:
    """The augmentations of a recipe that clips of a modality go through, by their key in the recipe."""
    keys = {"audio": "augmentation", "video": "video_augmentation"}
    return {keys[wing]: getattr(recipe, keys[wing]) for wing in modality.wings}


def can_be_scaled(recipe: Recipe, modality: Modality) -> bool:
    """Whether anything in a recipe's augmentation has a strength."""
    return any(scaled(one, HALF) != one for one in of_wings(recipe, modality).values())


def _within(kind: type[Settings], name: str, value: float) -> float | int:
    """The value, rounded where the field is whole, and held within its bounds."""
    field = kind.model_fields[name]
    low = next(bound.ge for bound in field.metadata if hasattr(bound, "ge"))
    high = next(bound.le for bound in field.metadata if hasattr(bound, "le"))
    held = min(max(value, low), high)
    return round(held) if field.annotation is int else float(f"{held:.6g}")
