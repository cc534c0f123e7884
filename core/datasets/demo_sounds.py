"""Demo sounds: ten classes synthesised on this machine, so that the app does its job with nothing else.

Each class is cut from eight synthetic *sources* (one siren, one clock …) with a few parameters of its own; three clips
are cut from each source and differ in phase, onset, level and background. Some classes are alike on purpose
(siren and alarm, clock and knock, rain, wind and fire), and the background is sometimes loud: no classifier gets all.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile
from numpy.random import Generator
from numpy.typing import NDArray

from core.control import Control
from core.datasets.base import Dataset, Modality, Report
from core.datasets.synthetic import Cut, make_missing

VERSION = 1  # of the sounds: a new one makes them anew
RATE = 22050  # Hz
SECONDS = 2.0
FOLDS = 4
SOURCES = 8  # per class
CUTS = 3  # clips per source
LICENCE = "Synthetic: these sounds were computed by Sensorium and are in the public domain (CC0)."

Sound = NDArray[np.float64]  # (samples,)
N = int(RATE * SECONDS)
TIME: Sound = np.arange(N) / RATE  # seconds


def open_demo_sounds(root: Path, control: Control, report: Report | None = None) -> Dataset:
    """Open the demo sounds below `root`, and make what is missing or of another version first (a few seconds).

    Raises:
        UserError: the folder cannot be written to, or the disk is full.
        Cancelled: `control` was cancelled; the next call makes the sounds.
    """
    cuts = _cuts()
    about = {"version": VERSION, "licence": LICENCE, "rate": RATE, "classes": list(SOUNDS)}
    make_missing(root, about, cuts, _wave, control, report)
    return Dataset(
        name="demo-sounds",
        title="Demo sounds (synthetic)",
        root=root,
        classes=tuple(SOUNDS),
        clips=tuple(cut.clip(root) for cut in cuts),
        licence=LICENCE,
        modalities=frozenset({Modality.AUDIO}),
        synthetic=True,
        notes=("All sounds are synthetic: scores on them say nothing about real recordings.",),
    )


def _cuts() -> list[Cut]:
    """Sorted by path; a source stays within one fold."""
    return [
        Cut(f"audio/{name}/{name}-{source:02}-{cut}.wav", label, source, cut, source % FOLDS + 1, f"{name}-{source:02}")
        for label, name in enumerate(SOUNDS)
        for source in range(SOURCES)
        for cut in range(CUTS)
    ]


def _wave(cut: Cut) -> bytes:
    sound = clip_sound(cut.label, cut.source, cut.cut)
    buffer = io.BytesIO()
    soundfile.write(buffer, np.round(sound * 32767).astype(np.int16), RATE, format="WAV", subtype="PCM_16")
    return buffer.getvalue()


def clip_sound(label: int, source: int, cut: int) -> Sound:
    """Samples (44100,) of one clip at 22 050 Hz, |x| < 1. The same arguments give the same samples."""
    sound, background, of_clip = _parts(label, source, cut)
    mixed = sound + background
    return mixed / np.abs(mixed).max() * 10 ** (of_clip.uniform(-24.0, -1.0) / 20)  # peak in dB below full scale


def clip_parts(label: int, source: int, cut: int) -> tuple[Sound, Sound]:
    """What makes a clip one of its class, and its background, (44100,) each: their sum is the clip at another level."""
    sound, background, _ = _parts(label, source, cut)
    return sound, background


def _parts(label: int, source: int, cut: int) -> tuple[Sound, Sound, Generator]:
    """With what else is drawn for the clip."""
    of_source = np.random.default_rng([VERSION, label, source])
    of_clip = np.random.default_rng([VERSION, label, source, cut + 1])
    make = list(SOUNDS.values())[label]
    sound = make(of_source, of_clip)
    sound /= np.sqrt(np.mean(sound**2))
    background = _noise(of_clip, tilt=of_clip.uniform(-2.0, 0.0))
    background *= 10 ** (-of_clip.uniform(-3.0, 24.0) / 20)  # signal-to-noise ratio in dB
    return sound, background, of_clip


# --- building blocks ------------------------------------------------------------------------------------------------


def _noise(rng: Generator, low: float = 20.0, high: float = RATE / 2, tilt: float = 0.0) -> Sound:
    """Gaussian noise between two frequencies (Hz) with amplitude ∝ frequency^(tilt/2), at unit power."""
    frequency = np.fft.rfftfreq(N, 1 / RATE)
    shape = (np.maximum(frequency, 20.0) / 1000.0) ** (tilt / 2)
    shape /= np.sqrt((1 + (low / np.maximum(frequency, 1.0)) ** 8) * (1 + (frequency / high) ** 8))  # soft edges
    noise = np.fft.irfft(np.fft.rfft(rng.standard_normal(N)) * shape, N)
    return noise / np.sqrt(np.mean(noise**2))


def _slow(rng: Generator, hertz: float) -> Sound:
    """A smooth random curve between 0 and 1 that changes about `hertz` times a second."""
    points = max(4, int(hertz * SECONDS) + 2)
    return np.interp(TIME, np.linspace(0, SECONDS, points), rng.uniform(0, 1, points))


def _tone(frequency: Sound | float, phase: float, harmonics: list[float]) -> Sound:
    """A sum of harmonics of a frequency (Hz) that may vary over time."""
    angle = phase + 2 * np.pi * np.cumsum(np.broadcast_to(frequency, N)) / RATE
    return sum((a * np.sin(k * angle) for k, a in enumerate(harmonics, 1)), start=np.zeros(N))


def _strikes(onsets: list[float], strike: Callable[[int, Sound], Sound]) -> Sound:
    """Add what `strike(number, seconds since the onset)` returns at each onset (s); it has died away after 0.35 s."""
    out = np.zeros(N)
    for number, onset in enumerate(onsets):
        first = int(onset * RATE)
        if 0 <= first < N:
            last = min(N, first + int(0.35 * RATE))
            out[first:last] += strike(number, TIME[: last - first])
    return out


# --- the classes: what a source is, and how its clips vary ----------------------------------------------------------


def _rain(source: Generator, clip: Generator) -> Sound:
    hiss = _noise(clip, source.uniform(300, 1500), source.uniform(5000, 10000), tilt=source.uniform(-1.0, 0.3))
    drops = source.uniform(20, 120)  # a second
    pitch, decay = source.uniform(1500, 5000), source.uniform(0.002, 0.008)
    onsets = list(clip.uniform(0, SECONDS, int(drops * SECONDS)))
    loud = clip.exponential(source.uniform(0.5, 3.0), len(onsets))
    tones = pitch * clip.uniform(0.7, 1.4, len(onsets))
    return hiss + _strikes(onsets, lambda i, t: loud[i] * np.exp(-t / decay) * np.sin(2 * np.pi * tones[i] * t))


def _wind(source: Generator, clip: Generator) -> Sound:
    low = _noise(clip, 30, source.uniform(300, 1200), tilt=-1.0)
    howl = _noise(clip, source.uniform(400, 900), source.uniform(1200, 6000), tilt=-0.8)
    gusts = source.uniform(0.8, 3.0)
    return low * (0.3 + _slow(clip, gusts)) + source.uniform(0.2, 1.2) * howl * _slow(clip, gusts) ** 2


def _fire(source: Generator, clip: Generator) -> Sound:
    bed = _noise(clip, 60, source.uniform(800, 5000), tilt=source.uniform(-1.2, -0.3)) * (0.5 + 0.5 * _slow(clip, 3))
    onsets = list(clip.uniform(0, SECONDS, int(source.uniform(8, 45) * SECONDS)))
    loud = clip.exponential(source.uniform(2.0, 6.0), len(onsets))
    decay = clip.uniform(0.001, 0.006, len(onsets))
    grain = clip.standard_normal(N)
    return bed + _strikes(onsets, lambda i, t: loud[i] * np.exp(-t / decay[i]) * grain[: len(t)])


def _siren(source: Generator, clip: Generator) -> Sound:
    low = source.uniform(450, 900)
    span, rate, phase = source.uniform(1.3, 2.2), source.uniform(0.3, 2.5), clip.uniform(0, 2 * np.pi)
    sweep = 0.5 - 0.5 * np.cos(2 * np.pi * rate * TIME + phase)
    if source.uniform() < 0.4:  # "hi-lo": two pitches in turn, as alarms have too
        sweep = np.tanh(8 * (sweep - 0.5)) / 2 + 0.5
    return _tone(low * span**sweep, clip.uniform(0, 6), [1, 0.5, 0.35, source.uniform(0, 0.3), 0.1])


def _alarm(source: Generator, clip: Generator) -> Sound:
    pitch, rate = source.uniform(900, 2000), source.uniform(1.5, 5.0)
    turn = (TIME * rate + clip.uniform()) % 1
    if source.uniform() < 0.5:  # two pitches in turn, without a pause
        frequency = pitch * np.where(turn < 0.5, 1.0, source.uniform(1.15, 1.6))
        gate = np.ones(N)
    else:
        frequency = np.full(N, pitch)
        gate = (turn < source.uniform(0.4, 0.7)).astype(float)
    return gate * _tone(frequency, clip.uniform(0, 6), [1, 0.3, source.uniform(0, 0.5), 0.1, 0.15])


def _clock(source: Generator, clip: Generator) -> Sound:
    period, decay = source.uniform(0.25, 0.7), source.uniform(0.003, 0.012)
    pitches = source.uniform(700, 4000) * np.array([1.0, source.uniform(0.75, 1.0)])  # tick, tock
    onsets = list(np.arange(clip.uniform(0, period), SECONDS, period))
    grain = clip.standard_normal(N)

    def tick(i: int, t: Sound) -> Sound:
        ring: Sound = np.sin(2 * np.pi * pitches[i % 2] * t) + 0.4 * grain[: len(t)]
        return np.exp(-t / decay) * ring

    return _strikes(onsets, tick)


def _knock(source: Generator, clip: Generator) -> Sound:
    pitch, decay, gap = source.uniform(150, 1100), source.uniform(0.01, 0.05), source.uniform(0.14, 0.4)
    start, knocks = clip.uniform(0.0, 0.7), int(clip.integers(2, 7))
    onsets = list(start + gap * np.arange(knocks) * clip.uniform(0.9, 1.1, knocks))
    force = clip.uniform(0.5, 1.0, knocks)
    grain = clip.standard_normal(N)

    def hit(i: int, t: Sound) -> Sound:
        modes = np.sin(2 * np.pi * pitch * t) + 0.6 * np.sin(2 * np.pi * 1.59 * pitch * t)
        return force[i] * (np.exp(-t / decay) * modes + np.exp(-t / 0.002) * grain[: len(t)])

    return _strikes(onsets, hit)


def _engine(source: Generator, clip: Generator) -> Sound:
    revs = source.uniform(22, 90) * (1 + source.uniform(0, 0.25) * _slow(clip, 1.5))  # Hz
    tone = _tone(revs, clip.uniform(0, 6), list(np.exp(-np.arange(24) / source.uniform(3, 9))))
    return tone + source.uniform(0.1, 0.8) * _noise(clip, 50, source.uniform(600, 3000), tilt=-0.7)


def _helicopter(source: Generator, clip: Generator) -> Sound:
    blades = source.uniform(9, 26)  # beats a second; the fastest are near the slowest engine
    beat = 0.5 + 0.5 * np.sin(2 * np.pi * blades * TIME + clip.uniform(0, 6))
    thump = _noise(clip, 40, source.uniform(250, 1800), tilt=-1.0) * beat ** source.uniform(1, 5)
    return thump + source.uniform(0.1, 0.5) * _noise(clip, 300, 4000, tilt=-0.8)


def _bird(source: Generator, clip: Generator) -> Sound:
    centre, sweep, length = source.uniform(1800, 5500), source.uniform(-0.5, 0.5), source.uniform(0.05, 0.3)
    trill = source.uniform(0, 45)  # Hz
    onsets = list(np.sort(clip.uniform(0, SECONDS - length, int(clip.integers(2, 8)))))
    pitches = centre * clip.uniform(0.85, 1.15, len(onsets))

    def chirp(i: int, t: Sound) -> Sound:
        inside = t < length
        pitch = pitches[i] * (1 + sweep * t / length + 0.05 * np.sin(2 * np.pi * trill * t))
        envelope = np.sin(np.pi * np.minimum(t / length, 1.0)) ** 2
        return np.where(inside, envelope * np.sin(2 * np.pi * np.cumsum(pitch) / RATE), 0.0)

    return _strikes(onsets, chirp)


# Names in the order of the labels. The order is part of the sounds (it seeds them): change VERSION with it.
SOUNDS: dict[str, Callable[[Generator, Generator], Sound]] = {
    "alarm": _alarm,
    "bird": _bird,
    "clock": _clock,
    "engine": _engine,
    "fire": _fire,
    "helicopter": _helicopter,
    "knock": _knock,
    "rain": _rain,
    "siren": _siren,
    "wind": _wind,
}
