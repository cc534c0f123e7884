"""The sound that is left where a map marks it, measured by its power in bands and stretches of time."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import butter, sosfiltfilt

from core.audio.frontend import mel_frequencies
from core.audio.heard import filtered
from core.audio.settings import AudioSettings

RATE = 44100
SETTINGS = AudioSettings(rate=22050, seconds=2.0, mels=64)
FRAMES = 1 + SETTINGS.samples // SETTINGS.hop


def two_tones(seconds: float = 2.0) -> np.ndarray:
    t = np.arange(int(seconds * RATE)) / RATE
    return (0.4 * np.sin(2 * np.pi * 500 * t) + 0.4 * np.sin(2 * np.pi * 4000 * t)).astype(np.float32)


def power(samples: np.ndarray, hertz: float, start: float, end: float) -> float:
    """Mean power around a frequency between two times, in dB."""
    band = butter(4, [0.8 * hertz, 1.25 * hertz], "bandpass", fs=RATE, output="sos")
    inside = sosfiltfilt(band, samples)[int(start * RATE) : int(end * RATE)]
    return float(10 * np.log10(np.mean(inside**2)))


def test_what_is_marked_stays_and_the_rest_is_much_softer():
    sound = two_tones()
    marked = np.zeros((SETTINGS.mels, FRAMES), np.float32)
    marked[mel_frequencies(SETTINGS) > 2000, : FRAMES // 2] = 3.0  # the upper tone, in the first second
    heard = filtered(sound, RATE, marked, float(marked.max()), SETTINGS)
    assert heard.shape == sound.shape
    for hertz, start, end, change in ((4000, 0.1, 0.85, 0.0), (4000, 1.15, 1.9, -40.0), (500, 0.1, 0.85, -40.0)):
        got = power(heard, hertz, start, end) - power(sound, hertz, start, end)
        assert got == pytest.approx(change, abs=1.0), (hertz, start)


def test_a_map_that_is_everywhere_the_same_leaves_the_sound_as_it_is():
    sound = two_tones()
    heard = filtered(sound, RATE, np.full((SETTINGS.mels, FRAMES), 0.2, np.float32), 0.2, SETTINGS)
    np.testing.assert_allclose(heard, sound, atol=1e-3)


def test_the_map_lies_where_the_network_was_given_the_sound():
    """Of four seconds it was given the middle two: its first second is the clip's second one."""
    sound = two_tones(4.0)
    marked = np.zeros((SETTINGS.mels, FRAMES), np.float32)
    marked[:, : FRAMES // 2] = 1.0
    heard = filtered(sound, RATE, marked, float(marked.max()), SETTINGS)
    levels = [power(heard, 500, second + 0.15, second + 0.85) - power(sound, 500, 0.15, 3.85) for second in range(4)]
    np.testing.assert_allclose(levels, [-40, 0, -40, -40], atol=1.0)


def test_nothing_marked_is_soft_all_over():
    sound = two_tones()
    heard = filtered(sound, RATE, np.zeros((SETTINGS.mels, FRAMES), np.float32), 1.0, SETTINGS)
    np.testing.assert_allclose(heard, sound / 100, atol=1e-6)


def test_a_clip_shorter_than_a_window_keeps_its_length():
    sound = two_tones()[:100]
    marked = np.ones((SETTINGS.mels, FRAMES), np.float32)
    np.testing.assert_allclose(filtered(sound, RATE, marked, 1.0, SETTINGS), sound, atol=1e-3)
