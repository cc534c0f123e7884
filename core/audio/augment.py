"""Random changes of training clips, batched on the device, every one drawn from the generator that is passed in."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F
from torchaudio.functional import phase_vocoder, resample

from core.recipe import AudioAugmentation

VOCODER_WINDOW = 0.05  # s, rounded to a power of two: 2048 samples at 44.1 kHz, 1024 at 22.05 kHz
GROUP = 8  # clips that share one pitch shift or one stretch
FINEST_RATIO = 32  # largest denominator of a resampling ratio: 18/17 is a semitone within 1 cent


class AugmentWaveform(nn.Module):
    """Pitch shift, time stretch, time shift, noise and gain, in this order; the identity in eval mode.

    Noise, gain and time shift are drawn for each clip. Pitch shift and time stretch (phase vocoder: Flanagan & Golden
    1966; Dolson 1986) are drawn for groups of up to eight of the clips they befall, for speed.

    Args:
        settings: what is on, and how strong.
        rate: of the waveforms in Hz.
    """

    def __init__(self, settings: AudioAugmentation, rate: int) -> None:
        super().__init__()
        self.settings = settings
        self.n_fft = max(64, 2 ** round(math.log2(VOCODER_WINDOW * rate)))

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
                waveforms = _in_groups(waveforms, s.pitch, self._pitch_shifted, generator)
            if s.stretch:
                waveforms = _in_groups(waveforms, s.stretch, self._stretched, generator)
            if s.shift:
                waveforms = _rolled(waveforms, s.shift, generator)
            if s.noise:
                waveforms = _noisy(waveforms, s, generator)
            if s.gain_db:
                waveforms = waveforms * _decibels(s.gain_db, waveforms, generator)
        return waveforms

    def _pitch_shifted(self, clips: Tensor, generator: torch.Generator) -> Tensor:
        """By a whole number of semitones k ≠ 0: longer by 2^(k/12) at the same pitch, then played faster by as much."""
        size = int(torch.randint(1, self.settings.pitch_semitones + 1, (), generator=generator))
        up = bool(torch.randint(2, (), generator=generator))
        ratio = Fraction(2 ** ((size if up else -size) / 12)).limit_denominator(FINEST_RATIO)
        longer = self._vocoded(clips, 1 / float(ratio))
        return _fitted(resample(longer, ratio.numerator, ratio.denominator), clips.shape[1])

    def _stretched(self, clips: Tensor, generator: torch.Generator) -> Tensor:
        """Faster or slower by up to the factor set; then cropped in the middle, or padded with silence at the end."""
        exponent = 2 * float(torch.rand((), generator=generator)) - 1
        return _fitted(self._vocoded(clips, self.settings.stretch_factor**exponent), clips.shape[1])

    def _vocoded(self, clips: Tensor, speed: float) -> Tensor:
        """Duration divided by `speed`, pitch kept."""
        hop = self.n_fft // 4
        window = torch.hann_window(self.n_fft, device=clips.device)
        spectrum = torch.stft(clips, self.n_fft, hop, window=window, pad_mode="constant", return_complex=True)
        advance = torch.linspace(0, math.pi * hop, self.n_fft // 2 + 1, device=clips.device)[:, None]
        return torch.istft(
            phase_vocoder(spectrum, speed, advance),
            self.n_fft,
            hop,
            window=window,
            length=round(clips.shape[1] / speed),
        )


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


def _in_groups(
    waveforms: Tensor,
    share: float,
    change: Callable[[Tensor, torch.Generator], Tensor],
    generator: torch.Generator,
) -> Tensor:
    """Change a share of the clips, a group at a time."""
    befallen = (torch.rand(len(waveforms), generator=generator) < share).nonzero()[:, 0]
    changed = waveforms.clone()
    for group in befallen.split(GROUP):
        chosen = group.to(waveforms.device)
        changed[chosen] = change(waveforms[chosen], generator)
    return changed


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
    clips = waveforms[chosen]
    noise = torch.randn(clips.shape, generator=on_device, device=clips.device)
    level = clips.square().mean(dim=1, keepdim=True).sqrt() * 10 ** (-snr / 20).to(clips.device)
    changed = waveforms.clone()
    changed[chosen] = clips + level * noise
    return changed


def _decibels(most: float, like: Tensor, generator: torch.Generator) -> Tensor:
    """A factor for each clip, evenly in dB between ± most, shape (batch, 1)."""
    return 10 ** (most * (2 * torch.rand(len(like), 1, generator=generator) - 1) / 20).to(like.device)


def _fitted(clips: Tensor, n: int) -> Tensor:
    """Exactly n samples: cropped in the middle, or padded with silence at the end."""
    spare = clips.shape[1] - n
    return clips.narrow(1, spare // 2, n) if spare >= 0 else F.pad(clips, (0, -spare))


def _masks(batch: int, length: int, count: int, widest: int, generator: torch.Generator) -> Tensor:
    """(batch, length) bool: `count` stretches in each row, of 0 to `widest`, anywhere."""
    widths = torch.randint(min(widest, length) + 1, (batch, count, 1), generator=generator)
    starts = (torch.rand(batch, count, 1, generator=generator) * (length - widths + 1)).long()
    places = torch.arange(length)
    return ((places >= starts) & (places < starts + widths)).any(dim=1)
