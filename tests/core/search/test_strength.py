"""Augmentation strength: 0 is none, 1 the one given, and between and beyond it only grows."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core.audio.augment import AugmentWaveform, SpecAugment
from core.audio.settings import AudioAugmentation
from core.datasets.base import Modality
from core.recipe import Recipe
from core.search.strength import can_be_scaled, of_wings, scaled
from core.video.settings import VideoAugmentation

GIVEN = (
    AudioAugmentation(),
    AudioAugmentation(noise=0.4, pitch=0.8, stretch=0.3, gain_db=9.0, shift=0.7, frequency_masks=2, time_masks=1),
    AudioAugmentation(gain_db=24.0, shift=1.0, noise=1.0, frequency_masks=1, frequency_width=256, time_width=1000),
    VideoAugmentation(),
    VideoAugmentation(crop=0.4, flip=True, colour=0.6, blur=0.5, jitter=False),
    VideoAugmentation(crop=0.05, colour=1.0, blur=1.0),
)
STRENGTHS = np.linspace(0, 4, 33)
FALLING = ("crop",)  # the smaller, the stronger


@pytest.mark.parametrize("given", GIVEN)
def test_once_is_the_augmentation_given(given) -> None:
    assert scaled(given, 1.0) == given


@pytest.mark.parametrize("given", GIVEN)
def test_nothing_gets_weaker_as_the_strength_grows_and_all_stays_within_bounds(given) -> None:
    values = [scaled(given, float(s)).model_dump() for s in STRENGTHS]  # validated as it is made
    for name in values[0]:
        course = np.array([float(value[name]) for value in values]) * (-1 if name in FALLING else 1)
        assert (np.diff(course) >= 0).all(), name


def test_shares_and_widths_are_multiplied_and_the_kind_of_change_stays() -> None:
    half = scaled(GIVEN[1], 0.5)
    assert half == GIVEN[1].model_copy(
        update={
            "noise": 0.2, "pitch": 0.4, "stretch": 0.15, "gain_db": 4.5, "shift": 0.35,
            "frequency_width": 4, "time_width": 8,
        }
    )  # fmt: skip
    twice = scaled(GIVEN[1], 2.0)
    assert (twice.noise, twice.pitch, twice.shift, twice.gain_db, twice.time_width) == (0.8, 1.0, 1.0, 18.0, 32)
    seen = scaled(GIVEN[4], 0.5)
    assert (seen.crop, seen.colour, seen.blur, seen.flip) == (0.7, 0.3, 0.25, True)
    assert scaled(GIVEN[4], 2.0).crop == 0.05  # 1 − 2·0.6 lies below the bound


@pytest.mark.parametrize("given", GIVEN[:3])
def test_none_leaves_sounds_and_spectrograms_as_they_are(given) -> None:
    generator = torch.Generator().manual_seed(0)
    none = scaled(given, 0.0)
    sounds, spectrograms = torch.rand(4, 800), torch.rand(4, 1, 16, 20)
    assert torch.equal(AugmentWaveform(none, 8000).train()(sounds, generator), sounds)
    assert torch.equal(SpecAugment(none).train()(spectrograms, generator), spectrograms)


def test_none_of_a_video_switches_off_what_is_drawn() -> None:
    none = scaled(GIVEN[4].model_copy(update={"jitter": True}), 0.0)
    assert (none.crop, none.flip, none.colour, none.blur, none.jitter) == (1.0, False, 0.0, 0.0, False)


def test_a_negative_strength_is_refused() -> None:
    with pytest.raises(ValueError, match="-1 times"):
        scaled(GIVEN[1], -1.0)


def test_only_what_a_network_is_given_counts() -> None:
    recipe = Recipe(augmentation=GIVEN[1])
    assert can_be_scaled(recipe, Modality.AUDIO) and can_be_scaled(recipe, Modality.AUDIO_VISUAL)
    assert not can_be_scaled(recipe, Modality.VIDEO)  # jitter is on or off
    assert list(of_wings(recipe, Modality.VIDEO)) == ["video_augmentation"]
