"""Columns of a spectrogram that never ends: made of new samples as they come."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.audio.frontend import mel_filters, mel_frequencies
from core.audio.settings import AudioSettings

WINDOW = 0.046  # s, rounded to a power of two: 2048 samples at 44.1 kHz
BANDS = 128
FLOOR = -120.0  # dB


class Columns:
    """Mel bands over the whole range of what is heard, in dB: a pure tone at full scale has 0 dB in its band.

    L = 10·log₁₀(M·|X|²), with X the spectrum of a Hann window w over samples up to now, divided by Σw/2, and M
    triangles on Slaney's mel scale with the height 1 (narrow ones reach their neighbours' share of a tone's energy).

    Args:
        rate: Hz of the sound.
        a_second: columns a second.
    """

    def __init__(self, rate: int, a_second: float = 60.0) -> None:
        self.rate = rate
        self.hop = max(1, round(rate / a_second))
        self.n = max(64, 2 ** round(np.log2(WINDOW * rate)))
        settings = AudioSettings.model_construct(
            rate=rate, n_fft=self.n, hop=self.hop, mels=BANDS, f_min=0.0, f_max=None
        )
        filters = mel_filters(settings)
        self.frequencies: NDArray[np.float64] = mel_frequencies(settings)
        self._filters = (filters / np.maximum(filters.max(axis=1, keepdims=True), 1e-12)).T.astype(np.float32)
        self._window = np.hanning(self.n + 1)[:-1].astype(np.float32)
        self._scale = np.float32(2 / self._window.sum())
        self._tail = np.zeros(self.n - self.hop, np.float32)

    def add(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """The next samples, shape (n,) → the columns that they complete, shape (bands, k); the rest waits."""
        joined = np.concatenate([self._tail, samples])
        count = max(0, (len(joined) - self.n) // self.hop + 1)
        if not count:
            self._tail = joined
            return np.zeros((BANDS, 0), np.float32)
        windows = np.lib.stride_tricks.sliding_window_view(joined, self.n)[:: self.hop][:count]
        spectra = np.fft.rfft(windows * self._window, axis=1)
        power = (np.abs(spectra) * self._scale).astype(np.float32) ** 2
        self._tail = joined[count * self.hop :].copy()
        decibels: NDArray[np.float32] = 10 * np.log10(np.maximum(power @ self._filters, 10 ** (FLOOR / 10))).T
        return decibels
