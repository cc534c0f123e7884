"""Random changes of training clips, batched on the device, every one drawn from the generator that is passed in."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F
from torchaudio.functional import resample

from core.audio.corrupt import with_noise
from core.audio.settings import AudioAugmentation
from core.audio.vocoder import stretched

FINEST_RATIO = 32  # largest denominator of a resampling ratio: 18/17 is a semitone within 1 cent


class AugmentWaveform(nn.Module):
    """Pitch shift, time stretch, time shift, noise and gain, in this order; the identity in eval mode.

    Everything is drawn for each clip by itself.

    Args:
        settings: what is on, and how strong.
        rate: of the waveforms in Hz.
    """

    def __init__(self, settings: AudioAugmentation, rate: int) -> None:
        super().__init__()
        self.settings, self.rate = settings, rate

    def forward(self, waveforms: Tensor, generator: torch.Generator) -> Tensor:
        """(batch, samples) → the same shape, a new tensor where anything changes.

        Args:
            waveforms: full scale 1.
            generator: on the CPU, whatever the device; equal states give equal results.
        """
        s = self.settings
        if not self.training:
            return waveforms
        with torch.autocast(waveforms.device.type, enabled=False):
            if s.pitch:
                waveforms = _each(waveforms, s.pitch, self._pitch_shifted, generator)
            if s.stretch:
                waveforms = _each(waveforms, s.stretch, self._stretched, generator)
            if s.shift:
                waveforms = _rolled(waveforms, s.shift, generator)
            if s.noise:
                waveforms = _noisy(waveforms, s, generator)
            if s.gain_db:
                waveforms = waveforms * _decibels(s.gain_db, waveforms, generator)
        return waveforms

    def _pitch_shifted(self, clip: Tensor, generator: torch.Generator) -> Tensor:
        """By a whole number of semitones k ≠ 0: longer by 2^(k/12) at the same pitch, then played faster by as much."""
        size = int(torch.randint(1, self.settings.pitch_semitones + 1, (), generator=generator))
        up = bool(torch.randint(2, (), generator=generator))
        ratio = Fraction(2 ** ((size if up else -size) / 12)).limit_denominator(FINEST_RATIO)
        longer = stretched(clip, 1 / float(ratio), self.rate)
        return _fitted(resample(longer, ratio.numerator, ratio.denominator), len(clip))

    def _stretched(self, clip: Tensor, generator: torch.Generator) -> Tensor:
        """Faster or slower by up to the factor set; then cropped in the middle, or padded with silence at the end."""
        exponent = 2 * float(torch.rand((), generator=generator)) - 1
        return _fitted(stretched(clip, self.settings.stretch_factor**exponent, self.rate), len(clip))


class SpecAugment(nn.Module):
    """Bands and stretches of each spectrogram set to its mean; the identity in eval mode.

    Park et al., “SpecAugment”, Interspeech 2019 (without time warping): widths are drawn evenly from 0 to the widest,
    then places evenly.
    """

    def __init__(self, settings: AudioAugmentation) -> None:
        super().__init__()
        self.settings = settings

    def forward(self, spectrograms: Tensor, generator: torch.Generator) -> Tensor:
        """(batch, 1, mels, frames) → the same shape; masks differ from clip to clip. `generator` is on the CPU."""
        s = self.settings
        if not self.training or not (s.frequency_masks or s.time_masks):
            return spectrograms
        batch, _, mels, frames = spectrograms.shape
        rows = _masks(batch, mels, s.frequency_masks, s.frequency_width, generator)
        columns = _masks(batch, frames, s.time_masks, s.time_width, generator)
        mask = (rows[:, None, :, None] | columns[:, None, None, :]).to(spectrograms.device)
        return torch.where(mask, spectrograms.mean(dim=(1, 2, 3), keepdim=True), spectrograms)


def preview(samples: NDArray[np.float32], rate: int, settings: AudioAugmentation, seed: int) -> NDArray[np.float32]:
    """One clip (n,) as training might hear it: whatever is on happens, also where its share of clips is below 1."""
    certain = {name: float(getattr(settings, name) > 0) for name in ("noise", "pitch", "stretch")}
    augment = AugmentWaveform(settings.model_copy(update=certain), rate)
    waveform = torch.from_numpy(np.array(samples, np.float32))
    with torch.inference_mode():
        changed: NDArray[np.float32] = augment(waveform[None], torch.Generator().manual_seed(seed))[0].numpy()
    return changed


def preview_masks(decibels: NDArray[np.float32], settings: AudioAugmentation, seed: int) -> NDArray[np.float32]:
    """One spectrogram (mels, frames) as training might see it."""
    spectrogram = torch.from_numpy(np.array(decibels, np.float32))
    masked: NDArray[np.float32] = SpecAugment(settings)(spectrogram[None, None], torch.Generator().manual_seed(seed))[
        0, 0
    ].numpy()
    return masked


def _each(
    waveforms: Tensor,
    share: float,
    change: Callable[[Tensor, torch.Generator], Tensor],
    generator: torch.Generator,
) -> Tensor:
    """Change a share of the clips, one by one."""
    befallen = torch.rand(len(waveforms), generator=generator) < share
    return torch.stack(
        [change(clip, generator) if chosen else clip for clip, chosen in zip(waveforms, befallen.tolist(), strict=True)]
    )


def _rolled(waveforms: Tensor, share: float, generator: torch.Generator) -> Tensor:
    """Rolled around in time by up to ± share of the length."""
    furthest = share * waveforms.shape[1]
    offsets = torch.rand(len(waveforms), generator=generator).mul(2).sub(1).mul(furthest).round().long()
    return torch.stack([clip.roll(offset) for clip, offset in zip(waveforms, offsets.tolist(), strict=True)])


def _noisy(waveforms: Tensor, settings: AudioAugmentation, generator: torch.Generator) -> Tensor:
    """White noise at an SNR (mean power of the whole clip over that of the noise) drawn evenly in dB."""
    low, high = settings.noise_snr_low, settings.noise_snr_high
    befallen = (torch.rand(len(waveforms), generator=generator) < settings.noise).nonzero()[:, 0]
    snr = low + (high - low) * torch.rand(len(befallen), 1, generator=generator)
    # Millions of numbers are drawn where they are needed, from a seed out of the generator on the CPU.
    on_device = torch.Generator(waveforms.device).manual_seed(int(torch.randint(2**62, (), generator=generator)))
    chosen = befallen.to(waveforms.device)
    changed = waveforms.clone()
    changed[chosen] = with_noise(waveforms[chosen], snr, on_device)
    return changed


def _decibels(most: float, like: Tensor, generator: torch.Generator) -> Tensor:
    """A factor for each clip, evenly in dB between ± most, shape (batch, 1)."""
    return 10 ** (most * (2 * torch.rand(len(like), 1, generator=generator) - 1) / 20).to(like.device)


def _fitted(clip: Tensor, n: int) -> Tensor:
    """Exactly n samples: cropped in the middle, or padded with silence at the end."""
    spare = len(clip) - n
    return clip.narrow(0, spare // 2, n) if spare >= 0 else F.pad(clip, (0, -spare))


def _masks(batch: int, length: int, count: int, widest: int, generator: torch.Generator) -> Tensor:
    """(batch, length) bool: `count` stretches in each row, of 0 to `widest`, anywhere."""
    widths = torch.randint(min(widest, length) + 1, (batch, count, 1), generator=generator)
    starts = (torch.rand(batch, count, 1, generator=generator) * (length - widths + 1)).long()
    places = torch.arange(length)
    return ((places >= starts) & (places < starts + widths)).any(dim=1)
