"""What is measured of a sound, against librosa and against sounds whose properties are known."""

from __future__ import annotations

from pathlib import Path

import librosa
import numpy as np
import pytest
import soundfile

from core.audio.properties import PROPERTIES, measure, open_properties
from core.control import Control
from core.datasets.base import Clip, Dataset, Modality
from core.datasets.esc50 import open_esc10
from core.errors import Cancelled

RATE = 16000
NAMES = [item.name for item in PROPERTIES]
NOISE = np.random.default_rng(0)


def measured(samples: np.ndarray, rate: int = RATE) -> dict[str, float]:
    return dict(zip(NAMES, measure(samples.astype(np.float32), rate).tolist(), strict=True))


def tone(seconds: float, frequency: float = 1000.0, level: float = 0.5) -> np.ndarray:
    return level * np.sin(2 * np.pi * frequency * np.arange(round(seconds * RATE)) / RATE)


def dataset_of(root: Path, files: list[str], modality: Modality = Modality.AUDIO) -> Dataset:
    clips = tuple(Clip(name, root / name, 0, 1, name) for name in files)
    return Dataset("labelled-folder", "Tests", root, ("a",), clips, "", frozenset({modality}))


def test_a_tone_has_the_level_the_frequency_and_the_length_it_was_made_with() -> None:
    found = measured(tone(2.0))
    assert found["Loudness"] == pytest.approx(20 * np.log10(0.5 / np.sqrt(2)), abs=0.01)
    assert found["Spectral centroid"] == pytest.approx(1000, abs=1)
    assert found["Bandwidth"] < 60  # what a window of 20 ms makes of a line
    assert found["Silence"] == 0
    assert found["SNR estimate"] == pytest.approx(0, abs=0.2)
    assert found["Length of sound"] == 2


@pytest.mark.parametrize("snr", [10, 20, 30])
def test_a_sound_in_noise_has_about_the_snr_it_was_mixed_at(snr: float) -> None:
    sound = np.tile(np.concatenate([tone(0.25), np.zeros(RATE // 4)]), 4)  # there for half of the time
    noise = NOISE.normal(0, 0.5 / np.sqrt(2) / 10 ** (snr / 20), len(sound))
    assert measured(sound + noise)["SNR estimate"] == pytest.approx(snr, abs=1.5)


def test_silence_is_what_lies_over_40_db_below_the_loudest_and_padding_is_no_noise() -> None:
    found = measured(np.concatenate([tone(0.5), tone(1.0, level=0.5 * 10 ** (-35 / 20)), np.zeros(RATE * 3 // 2)]))
    assert found["Silence"] == pytest.approx(1.5, abs=0.03)
    assert found["SNR estimate"] == pytest.approx(35, abs=0.5)


@pytest.mark.parametrize("rate", [8000, 22050, 44100])
def test_the_centre_of_the_spectrum_is_that_of_librosa(rate: int) -> None:
    samples = np.cumsum(NOISE.normal(0, 0.01, rate)).astype(np.float32) + 0.2 * NOISE.normal(0, 1, rate)
    size = round(0.02 * rate)
    frames = librosa.stft(samples.astype(np.float32), n_fft=size, hop_length=size // 2, center=False)
    power = np.mean(np.abs(frames) ** 2, axis=1, keepdims=True)
    bins = np.fft.rfftfreq(size, 1 / rate)
    centroid = librosa.feature.spectral_centroid(S=power, freq=bins)
    width = librosa.feature.spectral_bandwidth(S=power, freq=bins, p=2)
    found = measured(samples, rate)
    assert found["Spectral centroid"] == pytest.approx(centroid.item(), rel=1e-4)
    assert found["Bandwidth"] == pytest.approx(width.item(), rel=1e-4)


def test_of_what_cannot_be_heard_nothing_is_known() -> None:
    assert np.isnan(measure(np.zeros(RATE, np.float32), RATE)).all()
    assert np.isnan(measure(np.zeros(0, np.float32), 0)).all()
    assert np.isfinite(measure(np.array([0.5, -0.5], np.float32), RATE)[0])


def test_a_long_sound_is_measured_in_parts_alike_and_can_be_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    samples = NOISE.normal(0, 0.1, 3 * RATE).astype(np.float32)
    whole = measure(samples, RATE)
    monkeypatch.setattr("core.audio.properties.BLOCK", 7)
    np.testing.assert_allclose(measure(samples, RATE), whole, rtol=1e-5)
    control = Control()
    control.cancel()
    with pytest.raises(Cancelled):
        measure(samples, RATE, control)


def test_what_was_measured_is_kept_until_the_file_changes(tmp_path: Path) -> None:
    for name, level in (("a.wav", 0.5), ("b.wav", 0.05)):
        soundfile.write(tmp_path / name, tone(0.5, level=level), RATE)
    (tmp_path / "c.wav").write_bytes(b"no sound")
    clips = dataset_of(tmp_path, ["a.wav", "b.wav", "c.wav"])
    reported: list[object] = []
    first = open_properties(clips, tmp_path / "cache", report=reported.append)
    assert first.values("a.wav")[0] - first.values("b.wav")[0] == pytest.approx(20, abs=0.1)
    assert np.isnan(first.values("c.wav")).all()
    assert reported
    reported.clear()
    again = open_properties(clips, tmp_path / "cache", report=reported.append)
    np.testing.assert_array_equal(again.values("a.wav"), first.values("a.wav"))
    assert not reported
    soundfile.write(tmp_path / "a.wav", tone(0.5, level=0.25), RATE)
    changed = open_properties(clips, tmp_path / "cache")
    assert changed.values("a.wav")[0] == pytest.approx(first.values("a.wav")[0] - 6.02, abs=0.1)


def test_real_clips_have_possible_properties(esc10: Path, tmp_path: Path) -> None:
    whole = open_esc10(esc10, Control())
    few = dataset_of(esc10, [clip.id for clip in whole.clips[::40]])
    cache = open_properties(few, tmp_path)
    values = np.array([cache.values(clip.id) for clip in few.clips])
    assert np.isfinite(values).all()
    loudness, snr, silence, centroid, width, length = values.T
    assert (loudness < 0).all() and (snr >= 0).all()
    assert ((silence >= 0) & (silence < length)).all()
    assert ((centroid > 0) & (centroid < 22050)).all() and (width > 0).all()
