"""What may go wrong with a sound on its way to the network: in tests of robustness, and as augmentation."""

from __future__ import annotations

import torch
from torch import Tensor


def with_noise(waveforms: Tensor, snr: Tensor, generator: torch.Generator) -> Tensor:
    """White noise added at a signal-to-noise ratio, SNR = 10·log₁₀(mean power of the clip / mean power of the noise).

    Args:
        waveforms: (batch, samples), full scale 1; what exceeds it afterwards is not clipped.
        snr: (batch, 1) in dB.
        generator: on the device of the waveforms.
    """
    noise = torch.randn(waveforms.shape, generator=generator, device=waveforms.device)
    level = waveforms.square().mean(dim=1, keepdim=True).sqrt() * 10 ** (-snr / 20).to(waveforms.device)
    return waveforms + level * noise
