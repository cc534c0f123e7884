"""The front end of sound: waveform → log-mel spectrogram in dB, on the device the waveform is on."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from core.audio.augment import AugmentWaveform, SpecAugment
from core.audio.settings import AudioSettings
from core.front_end import FrontEnd, Raw, Standardise
from core.recipe import Recipe

POWER_FLOOR = 1e-10  # power below this is −100 dB
# Windowed samples transformed at a time: on a CPU as many as stay in its caches together with their spectra.
CHUNK = {"cpu": 1 << 19}
CHUNK_ELSEWHERE = 1 << 25
# The rounding of a single-precision FFT lies some 130 dB below a pure tone: felt in ranges wider than this.
SINGLE_RANGE = 90.0  # dB

LISTENING_WINDOW = 0.05  # s, rounded to a power of two: 2048 samples at 44.1 kHz
LISTENING_BANDS = 160
LISTENING_RANGE = 80.0  # dB


class LogMel(nn.Module):
    """Log-mel spectrogram, equal to librosa's `power_to_db(melspectrogram(y))` of each clip.

    S = 10·log₁₀ max(10⁻¹⁰, M·|STFT(x)|²), then S = max(S, max(S) − top_db) per clip. The STFT has periodic Hann
    windows, centred, with zeros beyond the ends; M are triangles on Slaney's mel scale (linear to 1 kHz, then
    logarithmic), each of unit area (Slaney, Auditory Toolbox, 1998).

    In single precision even where the network trains in half of it (powers span more than that can hold), and with a
    double-precision FFT for ranges above 90 dB where the device has one. Windows are transformed in chunks that fit
    the processor's cache, and only real powers are kept.
    """

    filters: Tensor

    def __init__(self, settings: AudioSettings) -> None:
        super().__init__()
        self.n_fft, self.hop, self.top_db = settings.n_fft, settings.hop, settings.top_db
        self.window = torch.hann_window(settings.n_fft, periodic=True, dtype=torch.float64)
        filters = torch.from_numpy(mel_filters(settings).T.astype(np.float32, order="C"))
        self.register_buffer("filters", filters, persistent=False)

    def forward(self, waveforms: Tensor) -> Tensor:
        """(batch, samples) with full scale 1 → (batch, 1, mels, 1 + samples // hop) in dB."""
        with torch.autocast(waveforms.device.type, enabled=False):
            padded = F.pad(waveforms.float(), (self.n_fft // 2, self.n_fft // 2))
            windows = padded.unfold(1, self.n_fft, self.hop)  # (batch, frames, n_fft), a view
            decibels = self._mel_power(windows).clamp_min(POWER_FLOOR).log10() * 10
            loudest = decibels.amax(dim=(1, 2), keepdim=True)
            decibels = torch.maximum(decibels, loudest - self.top_db)
            return decibels.transpose(1, 2).unsqueeze(1)

    def _mel_power(self, windows: Tensor) -> Tensor:
        """(batch, frames, n_fft) → (batch, frames, mels)."""
        batch, frames, _ = windows.shape
        double = self.top_db > SINGLE_RANGE and windows.device.type != "mps"
        window = self.window.to(torch.float64 if double else torch.float32).to(windows.device)
        step = max(1, CHUNK.get(windows.device.type, CHUNK_ELSEWHERE) // self.n_fft)  # windows in a chunk
        clips = max(1, step // frames)  # short clips share a chunk, long ones are cut
        rows = []
        for first in range(0, batch, clips):
            chunks = []
            for start in range(0, frames, step):
                spectrum = torch.fft.rfft(windows[first : first + clips, start : start + step] * window)
                power = torch.addcmul(spectrum.real.square(), spectrum.imag, spectrum.imag)
                chunks.append(power.float() @ self.filters)
            rows.append(torch.cat(chunks, dim=1))
        return torch.cat(rows)


class AudioFrontEnd(FrontEnd):
    """Waveforms → augmentation → log-mel spectrogram in dB → mean 0 and deviation 1 → masks.

    Raw clips are ((batch, samples) float32 waveforms,), full scale 1. What the network sees has the shape
    (batch, 1, mels, frames); where the recipe cuts it into windows, (batch, windows, 1, mels, frames // windows).
    """

    def __init__(self, recipe: Recipe) -> None:
        super().__init__()
        self.settings = recipe.audio
        self.waveform = AugmentWaveform(recipe.augmentation, recipe.audio.rate)
        self.logmel, self.standardise = LogMel(recipe.audio), Standardise(1)
        self.masks = SpecAugment(recipe.augmentation)

    def augment(self, raw: Raw, generator: torch.Generator) -> Tensor:
        changed: Tensor = self.waveform(raw[0], generator)
        return changed

    def levels(self, clips: Tensor) -> Tensor:
        return in_windows(self.logmel(clips), self.settings.windows)

    def nothing(self, seen: Tensor) -> Tensor:
        """Silence: the lowest level of each clip."""
        lowest = seen.flatten(1).amin(dim=1)
        return lowest.view(-1, *[1] * (seen.ndim - 1))

    def mask(self, seen: Tensor, generator: torch.Generator) -> Tensor:
        masked: Tensor = self.masks(seen.flatten(0, -4), generator)
        return masked.view(seen.shape)

    def example(self, batch: int) -> Raw:
        return (0.1 * torch.randn(batch, self.settings.samples, generator=torch.Generator().manual_seed(0)),)


def front_end(recipe: Recipe) -> AudioFrontEnd:
    """The front end that both wings offer under this name."""
    return AudioFrontEnd(recipe)


def in_windows(spectrograms: Tensor, windows: int) -> Tensor:
    """(batch, 1, mels, frames) → (batch, windows, 1, mels, frames // windows), columns that are over left off at the
    end; unchanged where there is one window."""
    if windows == 1:
        return spectrograms
    width = spectrograms.shape[-1] // windows
    return spectrograms[..., : width * windows].unflatten(-1, (windows, width)).movedim(-2, 1)


def spectrogram(samples: NDArray[np.float32], settings: AudioSettings) -> NDArray[np.float32]:
    """One clip as the network is tested on it: (mels, frames) in dB, before standardising.

    Args:
        samples: (n,) at `settings.rate`; cropped in the middle or padded with silence to the length the network sees.
    """
    return _decibels(fit_length(samples, settings.samples), settings)


def listening_spectrogram(
    samples: NDArray[np.float32], rate: int
) -> tuple[NDArray[np.float32], NDArray[np.float64], NDArray[np.float64]]:
    """A finer picture for people, whose levels are the clip's own.

    Args:
        samples: (n,) at any `rate` in Hz.

    Returns:
        (160, frames) in dB with 0 = loudest, down to −80; centres of the bands in Hz; times of the columns in s.
        Windows of about 50 ms (2048 samples at 44.1 kHz) an eighth apart.
    """
    n_fft = max(64, 2 ** round(math.log2(LISTENING_WINDOW * rate)))
    settings = AudioSettings.model_construct(  # unchecked: a file may have a rate no network is trained at
        rate=rate, n_fft=n_fft, hop=n_fft // 8, mels=LISTENING_BANDS, f_min=0.0, f_max=None, top_db=LISTENING_RANGE
    )
    peak = float(np.abs(samples).max(initial=0))
    decibels = _decibels(samples / (peak or 1.0), settings)  # brought up, or a faint clip would end at −100 dB
    loudest = decibels.max() if peak else decibels.max() + LISTENING_RANGE  # silence is dark, not loudest
    times = np.arange(decibels.shape[1]) * settings.hop / rate
    return decibels - loudest, mel_frequencies(settings), times


def mel_frequencies(settings: AudioSettings) -> NDArray[np.float64]:
    """Centres of the mel bands in Hz, ascending, shape (mels,)."""
    return _mel_points(settings)[1:-1]


def mel_filters(settings: AudioSettings) -> NDArray[np.float64]:
    """Triangular filters of unit area on Slaney's mel scale, shape (mels, n_fft // 2 + 1), per Hz."""
    points = _mel_points(settings)[:, None]
    bins = np.fft.rfftfreq(settings.n_fft, 1 / settings.rate)
    rising = (bins - points[:-2]) / (points[1:-1] - points[:-2])
    falling = (points[2:] - bins) / (points[2:] - points[1:-1])
    triangles: NDArray[np.float64] = np.maximum(0, np.minimum(rising, falling)) * 2 / (points[2:] - points[:-2])
    return triangles


def fit_length(samples: NDArray[np.float32], n: int, offset: int | None = None) -> NDArray[np.float32]:
    """Exactly n samples: a crop from `offset` (None = from the middle), or the clip with zeros at its end."""
    spare = len(samples) - n
    if spare < 0:
        return np.pad(samples, (0, -spare))
    start = spare // 2 if offset is None else min(offset, spare)
    return samples[start : start + n]


def _decibels(samples: NDArray[np.float32], settings: AudioSettings) -> NDArray[np.float32]:
    waveform = torch.from_numpy(np.array(samples, np.float32))  # a copy: the cache's samples are read-only
    with torch.inference_mode():
        decibels: NDArray[np.float32] = _log_mel(settings)(waveform[None])[0, 0].numpy()
    return decibels


@lru_cache(maxsize=8)
def _log_mel(settings: AudioSettings) -> LogMel:
    return LogMel(settings)


def _mel_points(settings: AudioSettings) -> NDArray[np.float64]:
    """Corners of the triangles in Hz, evenly spaced in mel, shape (mels + 2,)."""
    top = settings.f_max if settings.f_max is not None else settings.rate / 2
    low, high = _hz_to_mel(settings.f_min), _hz_to_mel(top)
    return _mel_to_hz(np.linspace(low, high, settings.mels + 2))


_LINEAR = 3 / 200  # mel per Hz up to 1 kHz
_KNEE = 1000.0  # Hz
_LOG_STEP = math.log(6.4) / 27  # above: 27 mel from 1 kHz to 6.4 kHz


def _hz_to_mel(hz: float) -> float:
    return hz * _LINEAR if hz < _KNEE else _KNEE * _LINEAR + math.log(hz / _KNEE) / _LOG_STEP


def _mel_to_hz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    knee = _KNEE * _LINEAR
    above = _KNEE * np.exp(_LOG_STEP * (np.maximum(mel, knee) - knee))
    return np.where(mel < knee, mel / _LINEAR, above)
