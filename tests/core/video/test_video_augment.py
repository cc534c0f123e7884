"""Augmentation of videos: where it acts, what it keeps, and that nothing else is random."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torchvision.transforms.v2 import functional as tv

from core.recipe import VideoAugmentation, VideoSettings
from core.video.augment import STILL, augmented, cut, plain_boxes, random_boxes

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


def test_blur_is_torchvisions_gaussian_of_the_width_drawn() -> None:
    frames = videos()
    changed = augmented(frames, VideoSettings(), VideoAugmentation(blur=1.0, blur_sigma=2.0), seeded(3))
    draw = torch.rand(6, generator=seeded(3)).tolist()  # of the first clip
    sigma = 0.1 + 1.9 * draw[5]
    kernel = 2 * int(np.ceil(3 * sigma)) + 1
    expected = tv.gaussian_blur(frames[0], [kernel, kernel], [sigma, sigma])
    torch.testing.assert_close(changed[0], expected)


def test_equal_generators_give_equal_clips_and_the_global_state_is_left_alone() -> None:
    strong = VideoAugmentation(crop=0.3, flip=True, colour=0.5, blur=0.5)
    state = torch.get_rng_state()
    first, again, other = (augmented(videos(), VideoSettings(), strong, seeded(seed)) for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert torch.equal(torch.get_rng_state(), state)
