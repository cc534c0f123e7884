"""A sound of which only what a map marks is left: what a network listened to, to be heard."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.audio.settings import AudioSettings

FAINTEST = 10 ** (-40 / 20)  # what the map leaves dark is 40 dB softer: silence would ring at its edges
STRONGEST = 0.5  # of the map's highest value: from there on the sound is left as it is


def filtered(
    samples: NDArray[np.float32], rate: int, marked: NDArray[np.float32], highest: float, settings: AudioSettings
) -> NDArray[np.float32]:
    """The sound through a filter that changes over time: y = STFT⁻¹(G · STFT(x)).

    G rises with the map from −40 dB where it is 0 to 0 dB where it has half of the highest value or more, in dB
    linearly; between the centres of bands and of columns it is interpolated. The phase stays (time-frequency masking,
    Wang 2005, “On ideal binary mask …”).

    Args:
        samples: (n,) at `rate` Hz, the whole clip.
        marked: (mels, frames), ≥ 0, over the part of the clip that the network was given.
        highest: what counts as the full strength of a map.
        settings: of its front end.

    Returns:
        (n,) samples; outside the part that the network was given they are at −40 dB.
    """
    from scipy.signal import ShortTimeFFT
    from scipy.signal.windows import hann

    from core.audio.frontend import mel_frequencies

    if highest <= 0 or not len(samples):
        return (FAINTEST * samples).astype(np.float32)
    width = 2 * round(settings.n_fft / settings.rate * rate / 2)
    transform = ShortTimeFFT(hann(width, sym=False), max(1, width // 4), rate)
    length = max(len(samples), width)  # the transform takes no less than half a window
    spectrum = transform.stft(np.pad(samples.astype(np.float64), (0, length - len(samples))))
    strength = np.minimum(marked / (STRONGEST * highest), 1.0)
    bands = np.stack([np.interp(transform.f, mel_frequencies(settings), column) for column in strength.T], axis=1)
    start = max(0, round(len(samples) * settings.rate / rate) - settings.samples) // 2 / settings.rate
    columns = start + np.arange(marked.shape[1]) * settings.hop / settings.rate  # s, centres
    times = transform.t(length)
    gain = np.stack([np.interp(times, columns, row) for row in bands])
    margin = width / rate  # windows reach beyond the ends of the part
    gain[:, (times < columns[0] - margin) | (times > columns[-1] + margin)] = 0.0
    heard = transform.istft(spectrum * FAINTEST ** (1 - gain), k1=length)[: len(samples)]
    return np.asarray(heard, np.float32)
