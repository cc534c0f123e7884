"""What is measured of a sound: how loud, how far above its background, how much silence, and where its power lies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.audio.decode import AudioFacts, decode
from core.control import Control
from core.datasets.base import Dataset
from core.events import Progress
from core.property_cache import Property, PropertyCache, open_measured

VERSION = 1  # raise it when one of them is measured otherwise
FRAME = 0.02  # s; half of it to the next
BLOCK = 1 << 12  # frames at a time
SILENCE = 40.0  # dB below the loudest frame
PADDING = -90.0  # dBFS: quieter frames hold nothing but zeros and rounding, with which short sounds are filled up
BACKGROUND, FOREGROUND = 15, 85  # percentiles of the frames' levels

PROPERTIES = (
    Property("Loudness", "dBFS", "Root mean square of the whole clip; 0 dBFS is full scale. What a sound level meter "
             "shows, not what an ear hears: frequencies are not weighted.", "are louder", "are quieter", 1),
    Property("SNR estimate", "dB", "How far the loud 15 % of the clip's 20 ms frames lie above its quiet 15 % (as the "
             "quick method of NIST's stnr). Without a reference it can but take what is quiet for noise: a steady "
             "sound such as rain has a low one, however clean.", "have a higher SNR estimate",
             "have a lower SNR estimate", 1),
    Property("Silence", "s", "Time over 40 dB below the clip's loudest 20 ms frame.", "have more silence",
             "have less silence", 2),
    Property("Spectral centroid", "Hz", "Mean frequency, weighted by power over the whole clip: the higher, the "
             "brighter it sounds.", "lie higher in frequency", "lie lower in frequency", logarithmic=True),
    Property("Bandwidth", "Hz", "Standard deviation of frequency around the centroid, weighted by power: a tone has "
             "little, noise has much.", "are wider in frequency", "are narrower in frequency", logarithmic=True),
    Property("Length of sound", "s", "From the first sample to the last.", "sound longer", "sound shorter", 2),
)  # fmt: skip


def open_properties(
    dataset: Dataset,
    cache_dir: Path,
    control: Control | None = None,
    report: Callable[[Progress], None] | None = None,
) -> PropertyCache:
    """What is measured of the sounds of a dataset; what is missing or has changed is measured first.

    Raises:
        UserError, Cancelled: as `core.clip_cache.open_clips`.
    """
    return open_measured(
        "audio", VERSION, PROPERTIES, AudioFacts, measure_file, "sounds", dataset, cache_dir, control, report
    )


def measure_file(path: Path, control: Control) -> tuple[NDArray[np.float32], AudioFacts]:
    """(properties,) of a file at its own rate, in the order of PROPERTIES, and its facts.

    Raises:
        UserError: as `core.audio.decode.decode`.
        Cancelled: through `control`.
    """
    samples, facts = decode(path)
    return measure(samples, facts.rate, control), facts


def measure(samples: NDArray[np.float32], rate: int, control: Control | None = None) -> NDArray[np.float32]:
    """(properties,) of samples (n,), full scale 1, in the order of PROPERTIES; NaN where there is nothing to be heard.

    With frames x_t of 20 ms, each half of that after the one before, L_t = 10·log10(mean x_t²) and P(f) the mean over
    t of |FFT(hann · x_t)|²: loudness = 20·log10(rms); SNR = the 85th less the 15th percentile of L_t over the frames
    above −90 dBFS; silence = the share of frames with L_t < max L − 40 dB, times the length; centroid c = Σ f·P / ΣP;
    bandwidth = √(Σ (f − c)²·P / ΣP).

    The SNR compares percentiles of the powers of 20 ms, as the quick method of `stnr` does (NIST Speech Quality
    Assurance Package), with the 85 and 15 % of `signal_to_noise` (J. Picone, ISIP). Made for speech: it takes for noise
    what is quiet, and cannot tell a steady sound from noise.
    """
    if not samples.any():
        return np.full(len(PROPERTIES), np.nan, np.float32)
    from scipy.signal import get_window

    size = max(2, round(FRAME * rate))
    window = get_window("hann", size).astype(np.float32)
    spectrum, levels = np.zeros(size // 2 + 1), []
    for frames in _blocks(samples, size):
        if control is not None:
            control.checkpoint()
        levels.append(np.mean(np.square(frames, dtype=np.float64), axis=1))
        spectrum += (np.abs(np.fft.rfft(frames * window)) ** 2).sum(axis=0)
    power = np.concatenate(levels)
    decibels = 10 * np.log10(np.maximum(power, np.finfo(float).tiny))
    heard = decibels[decibels > PADDING]
    seconds = len(samples) / rate
    quiet, loud = np.percentile(heard, (BACKGROUND, FOREGROUND)) if len(heard) else (np.nan, np.nan)
    with np.errstate(invalid="ignore"):  # of a sound as short as a sample or two the window leaves nothing
        frequencies, weights = np.fft.rfftfreq(size, 1 / rate), spectrum / spectrum.sum()
    centroid = float(frequencies @ weights)
    values = (
        10 * np.log10(np.mean(np.square(samples, dtype=np.float64))),
        loud - quiet,
        np.mean(decibels < decibels.max() - SILENCE) * seconds,
        centroid,
        np.sqrt((frequencies - centroid) ** 2 @ weights),
        seconds,
    )
    return np.array(values, np.float32)


def _blocks(samples: NDArray[np.float32], size: int) -> Iterator[NDArray[np.float32]]:
    """Frames (k, size), a few thousand at a time: those of an hour at once would take the memory of several."""
    whole = np.pad(samples, (0, max(0, size - len(samples))))
    frames = np.lib.stride_tricks.sliding_window_view(whole, size)[:: size // 2]
    for start in range(0, len(frames), BLOCK):
        yield frames[start : start + BLOCK]
