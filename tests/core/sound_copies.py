"""What can be done to a sound so that its file is another and the sound is nearly the same."""

from __future__ import annotations

import io

import numpy as np
import soundfile
from numpy.typing import NDArray

Sound = NDArray[np.float32]  # (n,)


def noisy(sound: Sound, rate: int, snr: float = 20.0) -> Sound:
    """With white noise, `snr` dB below it."""
    power = np.mean(np.square(sound)) / 10 ** (snr / 10)
    return (sound + np.random.default_rng(0).normal(0, np.sqrt(power), len(sound))).astype(np.float32)


def later(sound: Sound, rate: int, seconds: float = 0.1) -> Sound:
    """After some silence; as much is lost at the end."""
    silence = np.zeros(round(seconds * rate), np.float32)
    return np.concatenate([silence, sound[: -len(silence)]])


def coded(sound: Sound, rate: int) -> Sound:
    """Through Ogg Vorbis at a low bit rate."""
    file = io.BytesIO()
    soundfile.write(file, sound, rate, format="OGG", subtype="VORBIS", compression_level=0.9)
    file.seek(0)
    heard: Sound = soundfile.read(file, dtype="float32")[0]
    return heard


COPIES = {  # by name: (sound, rate) → sound
    "softer": lambda sound, rate: 0.5 * sound,
    "later": later,
    "coded": coded,
    "noisy": noisy,
    "trimmed": lambda sound, rate: sound[round(0.2 * rate) :],
    "everything": lambda sound, rate: coded(noisy(later(0.5 * sound, rate), rate), rate),
}
