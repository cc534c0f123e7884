"""Every row of CORRUPTIONS on raw clips: repeatable, a clip's own, worse step by step, and blind to the other wing."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch
from scipy import ndimage

from core.robustness import CORRUPTIONS
from core.tables import load_dotted
from core.training.loaders import Batch
from core.video.corrupt import with_blur
from tests.core.films import moving_square, tone


def batch_of(positions: tuple[int, ...]) -> Batch:
    """Clips of both wings; the pictures of odd ones are smaller than the rest, and lie at the top left."""
    pixels, sizes = torch.zeros(len(positions), 3, 48, 64, 3, dtype=torch.uint8), []
    for row, position in enumerate(positions):
        height, width = (48, 64) if position % 2 == 0 else (36, 40)
        frames = moving_square(3, width=width, height=height, seed=position)
        pixels[row, :, :height, :width] = torch.from_numpy(np.stack(frames))
        sizes.append((height, width))
    sounds = torch.stack([torch.from_numpy(tone(0.2, 300 + 100 * position)) for position in positions])
    inputs = {"audio": (sounds,), "video": (pixels, torch.tensor(sizes))}
    return Batch(inputs, torch.zeros(len(positions), dtype=torch.int64), positions)


@pytest.fixture(params=CORRUPTIONS)
def corruption(request):
    return CORRUPTIONS[request.param]


def corrupted(row, batch, level, seed=3):
    return load_dotted(row.apply)(batch, level=level, seed=seed)


def test_the_same_clip_is_corrupted_alike_whatever_the_batch(corruption):
    level = corruption.levels[-1]
    whole = corrupted(corruption, batch_of((0, 1, 2, 3)), level).inputs[corruption.wing][0]
    again = corrupted(corruption, batch_of((0, 1, 2, 3)), level).inputs[corruption.wing][0]
    part = corrupted(corruption, batch_of((2, 3)), level).inputs[corruption.wing][0]
    assert torch.equal(whole, again)
    assert torch.equal(whole[2:], part)


def test_clips_stay_further_from_clean_level_by_level_and_nothing_else_changes(corruption):
    clean = batch_of((0, 1, 2))
    distances = []
    for level in corruption.levels:
        worse = corrupted(corruption, clean, level)
        assert worse.positions == clean.positions and torch.equal(worse.labels, clean.labels)
        for wing, raw in worse.inputs.items():
            for part, (one, other) in enumerate(zip(raw, clean.inputs[wing], strict=True)):
                assert one.shape == other.shape and one.dtype == other.dtype
                if wing != corruption.wing or part:
                    assert torch.equal(one, other), "the other wing and the sizes are left alone"
        apart = worse.inputs[corruption.wing][0].float() - clean.inputs[corruption.wing][0].float()
        distances.append(float(apart.square().mean()))
    assert distances[0] > 0
    assert all(b > a for a, b in pairwise(distances)), distances
    assert torch.equal(clean.inputs["video"][0], batch_of((0, 1, 2)).inputs["video"][0]), "what was given is kept"


def test_noise_has_the_power_it_says():
    row, clean = CORRUPTIONS["noise"], batch_of((0, 1)).inputs["audio"][0]
    for level in row.levels:
        noise = corrupted(row, batch_of((0, 1)), level).inputs["audio"][0] - clean
        ratio = 10 * torch.log10(clean.square().mean(1) / noise.square().mean(1))
        assert ratio.tolist() == pytest.approx([level, level], abs=0.5)


@pytest.mark.parametrize("sigma", [0.5, 1.0, 3.0, 30.0])
def test_blur_is_a_gaussian_within_each_clips_own_frame(sigma):
    pixels, sizes = batch_of((0, 1)).inputs["video"]
    blurred = with_blur(pixels, sizes, sigma)
    for clip, softer, (rows, columns) in zip(pixels, blurred, sizes.tolist(), strict=True):
        own = clip[0, :rows, :columns].double().numpy()
        expected = ndimage.gaussian_filter(own, (sigma, sigma, 0), mode="reflect", truncate=3.0)
        np.testing.assert_allclose(softer[0, :rows, :columns].numpy(), expected, atol=1.5)
        assert not softer[:, rows:].any() and not softer[:, :, columns:].any()


@pytest.mark.parametrize("channels", [2, 3, 5])
def test_blur_takes_whatever_streams_are_kept(channels):
    pixels = torch.randint(256, (1, 2, 20, 30, channels), dtype=torch.uint8)
    blurred = with_blur(pixels, torch.tensor([[20, 30]]), 2.0)
    assert blurred.float().var() < 0.5 * pixels.float().var()
