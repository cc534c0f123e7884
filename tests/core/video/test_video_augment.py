"""Augmentation of videos: where it acts, what it keeps, and that nothing else is random."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image, ImageEnhance
from scipy.ndimage import gaussian_filter

from core.video.augment import STILL, augmented, cut, plain_boxes, random_boxes
from core.video.settings import VideoAugmentation, VideoSettings

OFF = VideoAugmentation()


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def videos(channels: int = 3, size: int = 24) -> torch.Tensor:
    return torch.rand(4, 5, channels, size, size, generator=seeded(9))


def test_cut_takes_what_is_in_the_box_at_its_own_size() -> None:
    pixels = torch.randint(256, (2, 3, 30, 40, 3), generator=seeded(), dtype=torch.uint8)
    boxes = torch.tensor([[2, 5, 16, 16], [14, 24, 16, 16]])
    seen = cut(pixels, boxes, 16)
    assert seen.shape == (2, 3, 3, 16, 16)
    np.testing.assert_allclose(seen[0, 1].numpy(), pixels[0, 1, 2:18, 5:21].permute(2, 0, 1).numpy() / 255, rtol=1e-6)
    np.testing.assert_allclose(seen[1, 2].numpy(), pixels[1, 2, 14:30, 24:].permute(2, 0, 1).numpy() / 255, rtol=1e-6)


def test_plain_boxes_are_the_middle_or_the_whole() -> None:
    sizes = torch.tensor([[30, 40], [50, 21]])
    assert plain_boxes(sizes, "crop").tolist() == [[0, 5, 30, 30], [14, 0, 21, 21]]
    assert plain_boxes(sizes, "whole").tolist() == [[0, 0, 30, 40], [0, 0, 50, 21]]


@pytest.mark.parametrize("fit", ["crop", "whole"])
def test_random_boxes_lie_inside_and_have_the_areas_asked_for(fit: str) -> None:
    sizes = torch.tensor([[96, 128]]).expand(400, 2)
    boxes = random_boxes(sizes, VideoSettings(fit=fit), 0.3, seeded()).double()
    top, left, height, width = boxes.T
    assert (top >= 0).all() and (left >= 0).all()
    assert (top + height <= 96).all() and (left + width <= 128).all()
    shares = height * width / (96 * 128)
    assert shares.min() > 0.28
    assert shares.max() > 0.6
    assert len(np.unique(boxes.numpy(), axis=0)) > 300
    aspects = width / height / (128 / 96 if fit == "whole" else 1)
    assert 0.7 < aspects.min() < 0.85 and 1.18 < aspects.max() < 1.42


def test_everything_off_changes_nothing() -> None:
    frames = videos()
    torch.testing.assert_close(augmented(frames, VideoSettings(), OFF, seeded()), frames, rtol=0, atol=0)


def test_half_of_the_clips_are_mirrored_whole() -> None:
    frames = videos().repeat(50, 1, 1, 1, 1)
    changed = augmented(frames, VideoSettings(), VideoAugmentation(flip=True), seeded())
    mirrored = [bool(torch.equal(one, other.flip(-1))) for one, other in zip(changed, frames, strict=True)]
    kept = [bool(torch.equal(one, other)) for one, other in zip(changed, frames, strict=True)]
    assert all(a != b for a, b in zip(mirrored, kept, strict=True))
    assert 70 < sum(mirrored) < 130


@pytest.mark.parametrize(("kind", "channels", "x"), [("flow", 2, 0), ("rgb+flow", 5, 3)])
def test_a_mirrored_motion_goes_the_other_way(kind: str, channels: int, x: int) -> None:
    frames = videos(channels).repeat(8, 1, 1, 1, 1)
    settings = VideoSettings(input=kind)
    changed = augmented(frames, settings, VideoAugmentation(flip=True), seeded())
    seen = 0
    for one, other in zip(changed, frames, strict=True):
        if not torch.equal(one, other):
            seen += 1
            torch.testing.assert_close(one[:, x] - STILL, STILL - other[:, x].flip(-1))
            torch.testing.assert_close(one[:, x + 1], other[:, x + 1].flip(-1))
    assert seen


def test_colour_is_one_change_for_all_frames_of_a_clip_and_leaves_flow_alone() -> None:
    frames = videos(5)
    frames[:, 1:] = frames[:, :1]  # a still clip stays still
    changed = augmented(frames, VideoSettings(input="rgb+flow"), VideoAugmentation(colour=0.5), seeded())
    torch.testing.assert_close(changed[:, 1:], changed[:, :1].expand_as(changed[:, 1:]))
    assert torch.equal(changed[:, :, 3:], frames[:, :, 3:])
    assert not torch.allclose(changed[:, :, :3], frames[:, :, :3])
    assert changed.min() >= 0 and changed.max() <= 1


def test_what_stands_still_keeps_one_colour_while_the_light_around_it_changes() -> None:
    frames = videos(3)
    frames[..., :8] = frames[:, :1, :, :, :8]
    frames[..., 8:] *= torch.linspace(0.1, 0.9, frames.shape[1])[:, None, None, None]
    changed = augmented(frames, VideoSettings(), VideoAugmentation(colour=0.5), seeded())[..., :8]
    torch.testing.assert_close(changed, changed[:, :1].expand_as(changed))
    assert not torch.allclose(changed, frames[..., :8])


def test_colours_change_as_pillow_changes_a_still_clip() -> None:
    frames = (videos(3)[:, :1] * 255).round() / 255
    changed = augmented(frames, VideoSettings(), VideoAugmentation(colour=0.4), seeded(5))
    generator = seeded(5)
    for clip, seen in zip(frames, changed, strict=True):
        brightness, contrast, saturation = (1 + 0.4 * (2 * torch.rand(6, generator=generator)[1:4] - 1)).tolist()
        picture = Image.fromarray((255 * clip[0]).byte().permute(1, 2, 0).numpy())
        picture = ImageEnhance.Brightness(picture).enhance(brightness)
        picture = ImageEnhance.Color(ImageEnhance.Contrast(picture).enhance(contrast)).enhance(saturation)
        np.testing.assert_allclose(
            255 * seen[0].permute(1, 2, 0).numpy(), np.asarray(picture), atol=4
        )  # rounded thrice


def test_blur_is_a_gaussian(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.video.augment.LEAST_SIGMA", 2.0)  # the only width that can be drawn
    frames = videos()
    changed = augmented(frames, VideoSettings(), VideoAugmentation(blur=1.0, blur_sigma=2.0), seeded())
    expected = gaussian_filter(frames.numpy(), sigma=(0, 0, 0, 2, 2), mode="mirror")
    np.testing.assert_allclose(changed.numpy(), expected, atol=5e-3)  # torchvision's is cut off at 3 σ
    assert changed.std() < 0.5 * frames.std()


def test_the_width_of_the_blur_is_drawn_evenly_within_its_bounds() -> None:
    points = torch.zeros(300, 1, 3, 25, 25)
    points[..., 12, 12] = 1
    changed = augmented(points, VideoSettings(), VideoAugmentation(blur=1.0, blur_sigma=3.0), seeded())[:, 0, 0]
    distance = torch.arange(25) - 12.0
    sigmas = (changed.sum(1) * distance**2).sum(1).sqrt()  # of what a point becomes; a little less for the cut-off
    assert 0 <= sigmas.min() < 0.2 and 2.8 < sigmas.max() <= 3.0
    assert sigmas.mean() == pytest.approx((0.1 + 3.0) / 2, abs=0.15)


def test_equal_generators_give_equal_clips_and_the_global_state_is_left_alone() -> None:
    strong = VideoAugmentation(crop=0.3, flip=True, colour=0.5, blur=0.5)
    state = torch.get_rng_state()
    first, again, other = (augmented(videos(), VideoSettings(), strong, seeded(seed)) for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert torch.equal(torch.get_rng_state(), state)
