"""The spectrogram that never ends equals one that is made at once."""

from __future__ import annotations

import librosa
import numpy as np
import pytest

from core.live.columns import BANDS, FLOOR, Columns

RATE = 16000


@pytest.mark.parametrize("block", [1, 100, 267, 5000])
def test_columns_are_the_same_however_the_samples_come(block):
    sound = np.random.default_rng(0).normal(size=RATE // 4).astype(np.float32)
    whole = Columns(RATE).add(sound)
    columns = Columns(RATE)
    parts = [columns.add(sound[start : start + block]) for start in range(0, len(sound), block)]
    np.testing.assert_allclose(np.concatenate(parts, axis=1), whole, atol=1e-3)
    assert whole.shape == (BANDS, len(sound) // columns.hop)


def test_a_column_is_the_spectrum_of_librosa_in_the_bands_of_librosa():
    sound = np.random.default_rng(1).normal(size=RATE).astype(np.float32)
    columns = Columns(RATE)
    found = columns.add(sound)
    padded = np.concatenate([np.zeros(columns.n - columns.hop, np.float32), sound])
    power = np.abs(librosa.stft(padded, n_fft=columns.n, hop_length=columns.hop, center=False)) ** 2
    filters = librosa.filters.mel(sr=RATE, n_fft=columns.n, n_mels=BANDS, norm=None)
    filters /= np.maximum(filters.max(axis=1, keepdims=True), 1e-12)
    scale = np.hanning(columns.n + 1)[:-1].sum() / 2
    expected = 10 * np.log10(np.maximum(filters @ power / scale**2, 10 ** (FLOOR / 10)))
    np.testing.assert_allclose(found, expected[:, : found.shape[1]], atol=0.01)


def test_a_tone_at_full_scale_has_no_decibels_and_silence_lies_on_the_floor():
    columns = Columns(44100)
    hz = columns.frequencies[60]
    tone = np.sin(2 * np.pi * hz * np.arange(44100) / 44100).astype(np.float32)
    last = columns.add(tone)[:, -1]
    assert int(last.argmax()) == 60
    assert 0 <= last[60] < 2.5, "and what leaks into the neighbouring bins of a wide band"
    np.testing.assert_allclose(columns.add(np.zeros(44100, np.float32))[:, -1], FLOOR, atol=1e-3)
