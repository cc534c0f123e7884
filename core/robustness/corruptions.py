"""What CORRUPTIONS name: raw clips made worse, the same way for the same clip, level and seed."""

from __future__ import annotations

from dataclasses import replace

import torch

from core.audio.corrupt import with_noise
from core.training.loaders import Batch, seed_of
from core.video.corrupt import with_blur


def add_noise(batch: Batch, level: float, seed: int) -> Batch:
    """White noise on the sounds at an SNR in dB; a clip's noise is its own, whatever the batch it stands in."""
    (waveforms,) = batch.inputs["audio"]
    snr = torch.tensor([[level]])
    noisy = [
        with_noise(clip[None], snr, torch.Generator().manual_seed(seed_of(seed, position)))
        for clip, position in zip(waveforms, batch.positions, strict=True)
    ]
    return replace(batch, inputs=batch.inputs | {"audio": (torch.cat(noisy),)})


def blur(batch: Batch, level: float, seed: int) -> Batch:
    """Pictures blurred by a Gaussian with a standard deviation in px of the kept frames; nothing is drawn."""
    pixels, sizes = batch.inputs["video"]
    return replace(batch, inputs=batch.inputs | {"video": (with_blur(pixels, sizes, level), sizes)})
