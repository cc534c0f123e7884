"""Mixing two clips and their labels: between-class learning and mixup, on the device."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

GAIN_WINDOW = 0.093  # s, rounded to a power of two: 4096 samples at 44.1 kHz, 2048 at 16 to 22 kHz
GAIN_FLOOR = -80.0  # dB


def between_class(
    waveforms: Tensor, labels: Tensor, classes: int, rate: int, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Mix each clip with one of another class so that the ratio heard is the ratio in the label.

    With gains G of the two clips in dB and r ~ U(0, 1):
    t = 1 / (1 + 10^((G₁−G₂)/20)·(1−r)/r);  x = (t·x₁ + (1−t)·x₂) / √(t² + (1−t)²);  y = r·y₁ + (1−r)·y₂.
    Tokozume, Ushiku & Harada, “Learning from between-class examples for deep sound recognition”, ICLR 2018.

    The partner is drawn evenly from the clips of other classes in the batch; where there is none the clip stays as
    it is.

    Args:
        waveforms: (batch, samples), full scale 1, at `rate` in Hz.
        labels: (batch,) int64.
        generator: on the CPU; nothing else is random.

    Returns:
        Mixed clips (batch, samples) and their labels (batch, classes), each row adding up to 1.
    """
    batch, device = len(waveforms), waveforms.device
    same_class = labels[:, None] == labels[None, :]
    draw = torch.rand(batch, batch, generator=generator).to(device)
    partner = draw.masked_fill(same_class, -1).argmax(1)
    # r = 1 leaves the clip exactly as it is.
    r = torch.rand(batch, generator=generator).to(device).masked_fill(same_class.all(1), 1.0)
    gain = a_weighted_gain(waveforms, rate)
    t = 1 / (1 + 10 ** ((gain - gain[partner]) / 20) * (1 - r) / r)
    scale = torch.sqrt(t**2 + (1 - t) ** 2)
    mixed = waveforms * (t / scale)[:, None] + waveforms[partner] * ((1 - t) / scale)[:, None]
    return mixed, _mixed_labels(labels, partner, r, classes)


def mixup(
    inputs: Sequence[Tensor], labels: Tensor, classes: int, alpha: float, generator: torch.Generator
) -> tuple[list[Tensor], Tensor]:
    """Mix each input with another of the batch: x = λ·x₁ + (1−λ)·x₂, y = λ·y₁ + (1−λ)·y₂, λ ~ Beta(α, α) per clip.

    Zhang, Cissé, Dauphin & Lopez-Paz, “mixup: Beyond empirical risk minimization”, ICLR 2018, mix what the network
    sees, here spectrograms and frames; sounds added as waveforms mask one another unless their loudness is made equal,
    which is what between-class learning is for.

    Args:
        inputs: what the network sees, one or more (batch, …) of the same clips: all get the same partner and λ.
        labels: (batch,) int64.
        generator: on the CPU; nothing else is random.

    Returns:
        Mixed inputs, shaped as before, and their labels (batch, classes), each row adding up to 1.
    """
    batch, device = len(labels), labels.device
    partner = torch.randperm(batch, generator=generator).to(device)
    seed = int(torch.randint(2**62, (), generator=generator))  # torch's own Beta draws from the global state only
    share = np.random.default_rng(seed).beta(alpha, alpha, batch)
    r = torch.from_numpy(share.astype(np.float32)).to(device)
    mixed = []
    for seen in inputs:
        share_of_one = r.view(-1, *[1] * (seen.ndim - 1))
        mixed.append(seen * share_of_one + seen[partner] * (1 - share_of_one))
    return mixed, _mixed_labels(labels, partner, r, classes)


def preview_mixup(
    one: NDArray[np.uint8], other: NDArray[np.uint8], alpha: float, seed: int
) -> tuple[NDArray[np.uint8], float]:
    """Two clips of equal shape mixed as training might mix them, and the share of the first.

    What is linear in the pixels may be done to them: the network sees the same mixture.
    """
    generator = torch.Generator().manual_seed(seed)
    clips, labels = torch.from_numpy(np.stack([one, other])).float(), torch.arange(2)
    share = 1.0
    while share == 1:  # a clip may be its own partner
        (mixed,), soft = mixup([clips], labels, 2, alpha, generator)
        share = float(soft[0, 0])
    shown: NDArray[np.uint8] = mixed[0].round().to(torch.uint8).numpy()
    return shown, share


def kl_loss(logits: Tensor, soft_labels: Tensor) -> Tensor:
    """KL(y ‖ softmax(logits)) = Σ y·(log y − log softmax), in nats, averaged over the batch; both (batch, classes)."""
    return F.kl_div(F.log_softmax(logits, dim=1), soft_labels, reduction="batchmean")


def a_weighted_gain(waveforms: Tensor, rate: int) -> Tensor:
    """The loudest moment of each clip: max over Hann windows of the A-weighted power, in dB, at least −80.

    G = max over windows of 10·log₁₀ Σ_f 10^(A(f)/10)·|X(f)|², with windows of about 93 ms half a window apart and A
    (IEC 61672) floored at −80 dB, as in Tokozume et al. 2018.

    Args:
        waveforms: (batch, samples), full scale 1.

    Returns:
        (batch,) in dB; the reference is arbitrary, only differences count.
    """
    with torch.autocast(waveforms.device.type, enabled=False):  # powers overflow half precision
        weights = _a_weights(rate).to(waveforms.device)
        n_fft = 2 * (len(weights) - 1)
        window = torch.hann_window(n_fft, device=waveforms.device)
        padded = F.pad(waveforms.float(), (0, max(0, n_fft - waveforms.shape[1])))
        loudest = []
        for clip in padded:  # one at a time stays in the processor's cache
            spectrum = torch.fft.rfft(clip.unfold(0, n_fft, n_fft // 2) * window)
            power = torch.addcmul(spectrum.real.square(), spectrum.imag, spectrum.imag)
            loudest.append((power @ weights).amax())
        return 10 * torch.stack(loudest).clamp_min(10 ** (GAIN_FLOOR / 10)).log10()


@lru_cache(maxsize=8)
def _a_weights(rate: int) -> Tensor:
    """A-weighting as a factor of power, shape (n_fft // 2 + 1,)."""
    n_fft = max(64, 2 ** round(math.log2(GAIN_WINDOW * rate)))
    f2 = np.fft.rfftfreq(n_fft, 1 / rate) ** 2
    poles = (f2 + 20.6**2) * (f2 + 12194**2) * np.sqrt((f2 + 107.7**2) * (f2 + 737.9**2))
    decibels = 20 * np.log10(np.maximum(12194**2 * f2**2 / poles, 1e-12)) + 2.0
    return torch.from_numpy(10 ** (np.maximum(decibels, GAIN_FLOOR) / 10)).float()


def _mixed_labels(labels: Tensor, partner: Tensor, r: Tensor, classes: int) -> Tensor:
    one_hot = F.one_hot(labels, classes).to(r.dtype)
    return one_hot * r[:, None] + one_hot[partner] * (1 - r)[:, None]
