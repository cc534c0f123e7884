"""What there is to see of a sound: its two spectrograms, with their axes and levels.

Importing this imports no torch: whoever shows pictures may do so at once and compute them in the background.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.audio.settings import AudioSettings

MODEL_LEVELS = (-50.0, 30.0)  # dB; the loudest bands of ESC clips reach from 0 to +31


@dataclass(frozen=True)
class Picture:
    """A spectrogram to draw: decibels of shape (bands, frames); times in seconds, frequencies in Hz."""

    decibels: NDArray[np.float32]
    frequencies: NDArray[np.float64]
    hop_seconds: float
    levels: tuple[float, float]
    start: float = 0.0

    @property
    def end(self) -> float:
        """Seconds into the clip at which the last column stands."""
        return self.start + (self.decibels.shape[1] - 1) * self.hop_seconds


def front_end_for(seconds: float) -> AudioSettings:
    """The default front end for a clip of this length: where no recipe says how to crop or pad it."""
    return AudioSettings(seconds=min(max(seconds, 0.1), 60.0))


def listening_picture(samples: NDArray[np.float32], rate: int) -> Picture:
    """The spectrogram for the ear: levels relative to the loudest point of this clip."""
    from core.audio import frontend

    decibels, frequencies, times = frontend.listening_spectrogram(samples, rate)
    hop = float(times[1] - times[0]) if len(times) > 1 else len(samples) / rate
    return Picture(decibels, frequencies, hop, (-frontend.LISTENING_RANGE, 0.0))


def model_picture(samples: NDArray[np.float32], rate: int, settings: AudioSettings) -> Picture:
    """The picture the network is given, standing where it lies in the whole clip."""
    import soxr

    from core.audio import frontend

    resampled = soxr.resample(samples, rate, settings.rate, quality="HQ") if rate != settings.rate else samples
    cropped = max(0, len(resampled) - settings.samples) // 2
    return Picture(
        frontend.spectrogram(resampled, settings),
        frontend.mel_frequencies(settings),
        settings.hop / settings.rate,
        MODEL_LEVELS,
        cropped / settings.rate,
    )
