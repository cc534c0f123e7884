"""The front end of sight, against a slow reading of what it promises."""

from __future__ import annotations

import pytest
import torch

from core.recipe import Recipe
from core.video.frontend import VideoFrontEnd
from core.video.settings import VideoAugmentation, VideoSettings


def made(**settings: object) -> VideoFrontEnd:
    strength = settings.pop("augmentation", VideoAugmentation())
    return VideoFrontEnd(Recipe(video=VideoSettings(side=40, size=32, **settings), video_augmentation=strength))


@pytest.mark.parametrize("kind", ["rgb", "difference", "flow", "rgb+flow"])
@pytest.mark.parametrize("fit", ["crop", "whole"])
def test_shapes_follow_the_settings(kind: str, fit: str) -> None:
    front_end = made(frames=5, input=kind, fit=fit).eval()
    channels = {"rgb": 3, "difference": 3, "flow": 2, "rgb+flow": 5}[kind]
    pixels, sizes = front_end.example(2)
    assert pixels.shape[1] == (6 if kind == "difference" else 5)
    with torch.inference_mode():
        assert front_end((pixels, sizes)).shape == (2, 5, channels, 32, 32)


def test_differences_are_of_successive_frames() -> None:
    front_end = made(frames=3, input="difference", fit="whole").eval()
    pixels = torch.randint(256, (1, 4, 32, 32, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    seen = front_end((pixels, torch.tensor([[32, 32]])))
    values = pixels[0].permute(0, 3, 1, 2).float() / 255
    torch.testing.assert_close(seen[0], values[1:] - values[:-1])


def test_a_smaller_clip_is_seen_as_if_it_were_alone() -> None:
    """Clips of different sizes share a batch: what pads the smaller ones is never seen."""
    front_end = made(frames=2).eval()
    small = torch.randint(256, (1, 2, 40, 44, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    padded = torch.zeros(2, 2, 60, 80, 3, dtype=torch.uint8)
    padded[0, :, :40, :44] = small[0]
    alone = front_end((small, torch.tensor([[40, 44]])))
    together = front_end((padded, torch.tensor([[40, 44], [60, 80]])))
    torch.testing.assert_close(together[:1], alone)


def test_levels_are_learnt_a_channel_without_augmentation() -> None:
    strong = VideoAugmentation(crop=0.3, colour=1.0, blur=1.0, flip=True)
    plain, augmented = made(frames=2), made(frames=2, augmentation=strong)
    raw = plain.example(6)
    for front_end in (plain, augmented):
        front_end.train()
        front_end.fit([raw])
        assert front_end.training
    torch.testing.assert_close(plain.standardise.mean, augmented.standardise.mean, rtol=0, atol=0)
    seen = plain.eval()(raw).movedim(2, 0).flatten(1)
    torch.testing.assert_close(seen.mean(1), torch.zeros(3), atol=1e-4, rtol=0)
    torch.testing.assert_close(seen.std(1), torch.ones(3), atol=1e-3, rtol=0)
