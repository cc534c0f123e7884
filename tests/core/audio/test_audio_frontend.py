"""The front end against librosa, over settings, on real and on synthesised clips."""

from __future__ import annotations

import os
from pathlib import Path

import librosa
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from core.audio import frontend
from core.audio.decode import decode
from core.audio.frontend import (
    LogMel,
    Standardise,
    fit_length,
    listening_spectrogram,
    mel_filters,
    mel_frequencies,
    spectrogram,
)
from core.audio.settings import AudioSettings

DATA = Path(os.environ.get("SENSORIUM_TEST_DATA", Path(__file__).parents[4] / "shared" / "data"))

SETTINGS = [
    AudioSettings(seconds=2.0),
    AudioSettings(rate=44100, n_fft=2048, hop=512, mels=128),
    AudioSettings(rate=16000, n_fft=400, hop=160, mels=40, f_min=50, f_max=7000, seconds=1.0, top_db=120),
    AudioSettings(rate=22050, n_fft=2048, hop=300, mels=96, seconds=2.0, top_db=60),
    AudioSettings(rate=32000, n_fft=1024, hop=320, mels=64, f_min=50, f_max=14000, seconds=0.3),
]


def synthesised(settings: AudioSettings) -> NDArray[np.float32]:
    """Silence, noise, tone, chirp, click and a tone over faint noise, shape (6, samples)."""
    random = np.random.default_rng(0)
    n = settings.samples
    time = np.arange(n) / settings.rate
    tone = 0.5 * np.sin(2 * np.pi * 440 * time)
    chirp = 0.5 * np.sin(2 * np.pi * (100 * time + settings.rate / 20 * time**2))
    click = np.zeros(n)
    click[n // 3] = 1
    clips = [np.zeros(n), random.normal(0, 0.1, n), tone, chirp, click, tone + random.normal(0, 1e-4, n)]
    return np.stack(clips).astype(np.float32)


def of_librosa(clip: NDArray[np.float32], settings: AudioSettings) -> NDArray[np.float32]:
    mel = librosa.feature.melspectrogram(
        y=clip,
        sr=settings.rate,
        n_fft=settings.n_fft,
        hop_length=settings.hop,
        n_mels=settings.mels,
        fmin=settings.f_min,
        fmax=settings.f_max,
    )
    decibels: NDArray[np.float32] = librosa.power_to_db(mel, ref=1.0, amin=1e-10, top_db=settings.top_db)
    return decibels


def assert_agrees(clips: NDArray[np.float32], settings: AudioSettings) -> None:
    """1e-4 dB in the mean and 1e-2 dB at most."""
    ours = LogMel(settings)(torch.from_numpy(clips))
    assert ours.shape == (len(clips), 1, settings.mels, settings.frames)
    for clip, picture in zip(clips, ours[:, 0].numpy(), strict=True):
        difference = np.abs(picture - of_librosa(clip, settings))
        assert difference.mean() <= 1e-4
        assert difference.max() <= 1e-2


@pytest.mark.parametrize("settings", SETTINGS, ids=lambda s: f"{s.rate}-{s.n_fft}-{s.hop}-{s.mels}-{s.top_db:g}")
def test_agrees_with_librosa_on_synthesised_clips(settings: AudioSettings) -> None:
    assert_agrees(synthesised(settings), settings)


@pytest.mark.parametrize("settings", SETTINGS, ids=lambda s: f"{s.rate}-{s.n_fft}-{s.hop}-{s.mels}-{s.top_db:g}")
def test_agrees_with_librosa_on_real_clips(settings: AudioSettings) -> None:
    files = sorted((DATA / "esc10" / "audio").glob("*.ogg"))[::40]
    if not files:
        pytest.skip(f"no ESC-10 clips under {DATA}")
    clips = [fit_length(decode(file, settings.rate)[0], settings.samples) for file in files]
    assert_agrees(np.stack(clips), settings)


@pytest.mark.parametrize("chunk", [1, 3 * 1024, 100 * 1024])
def test_chunks_do_not_show(chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = AudioSettings(seconds=0.5)
    clips = torch.from_numpy(synthesised(settings))
    expected = LogMel(settings)(clips)
    monkeypatch.setitem(frontend.CHUNK, "cpu", chunk)
    torch.testing.assert_close(LogMel(settings)(clips), expected, atol=1e-2, rtol=0)


@pytest.mark.filterwarnings("ignore:n_fft=2048 is too large")
def test_clips_shorter_than_a_window() -> None:
    settings = AudioSettings(rate=8000, seconds=0.1, n_fft=2048, hop=512)
    assert_agrees(np.random.default_rng(1).normal(0, 0.1, (3, 800)).astype(np.float32), settings)


def test_stays_single_precision_where_the_network_trains_in_half() -> None:
    settings = SETTINGS[0]
    clips = torch.from_numpy(synthesised(settings))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        torch.testing.assert_close(LogMel(settings)(clips), LogMel(settings)(clips.double()))
    assert LogMel(settings)(clips).dtype == torch.float32


def test_gradients_reach_the_waveform() -> None:
    settings = AudioSettings(seconds=0.2)
    clip = (0.1 * torch.randn(1, settings.samples, generator=torch.Generator().manual_seed(0))).requires_grad_()
    LogMel(settings)(clip).mean().backward()
    assert clip.grad is not None
    assert clip.grad.isfinite().all()
    assert clip.grad.abs().max() > 0


@pytest.mark.parametrize("settings", SETTINGS, ids=lambda s: f"{s.rate}-{s.n_fft}-{s.mels}")
def test_filters_and_band_centres_are_librosas(settings: AudioSettings) -> None:
    theirs = librosa.filters.mel(
        sr=settings.rate, n_fft=settings.n_fft, n_mels=settings.mels, fmin=settings.f_min, fmax=settings.f_max
    )
    np.testing.assert_allclose(mel_filters(settings), theirs, atol=1e-6 * theirs.max())
    top = settings.f_max or settings.rate / 2
    centres = librosa.mel_frequencies(settings.mels + 2, fmin=settings.f_min, fmax=top)[1:-1]
    np.testing.assert_allclose(mel_frequencies(settings), centres)


def test_standardise_takes_one_mean_and_one_deviation() -> None:
    values = torch.randn(40, 1, 8, 5, generator=torch.Generator().manual_seed(0)) * 12 - 35
    standardise = Standardise(1)
    standardise.fit(values.split(7))
    assert float(standardise.mean) == pytest.approx(float(values.mean()), rel=1e-5)
    assert float(standardise.std) == pytest.approx(float(values.std(correction=0)), rel=1e-5)
    assert set(standardise.state_dict()) == {"mean", "std"}
    result = standardise(values)
    assert abs(float(result.mean())) < 1e-5
    assert float(result.std()) == pytest.approx(1, rel=1e-3)


def test_standardise_of_silence_divides_by_one() -> None:
    standardise = Standardise(1)
    standardise.fit([torch.full((2, 1, 3, 4), -100.0)])
    assert (float(standardise.mean), float(standardise.std)) == (-100.0, 1.0)


def test_spectrogram_is_what_the_network_is_tested_on() -> None:
    settings = AudioSettings(seconds=1.0)
    clip = synthesised(AudioSettings(seconds=3.0))[3]
    clip.flags.writeable = False  # as the cache gives it
    expected = LogMel(settings)(torch.from_numpy(clip[22050:44100].copy())[None])[0, 0].numpy()
    np.testing.assert_array_equal(spectrogram(clip, settings), expected)


@pytest.mark.parametrize(("rate", "hop"), [(44100, 256), (22050, 128), (2000, 16)])
def test_listening_view_puts_a_tone_where_it_sounds(rate: int, hop: int) -> None:
    time = np.arange(rate) / rate
    tone = (0.001 * np.sin(2 * np.pi * 440 * time)).astype(np.float32)
    decibels, frequencies, times = listening_spectrogram(tone, rate)
    assert decibels.shape == (160, len(times))
    assert decibels.max() == 0
    assert decibels.min() == -80
    assert times[1] == pytest.approx(hop / rate)
    assert frequencies[decibels.mean(axis=1).argmax()] == pytest.approx(440, abs=25)


def test_listening_view_of_silence_is_dark() -> None:
    decibels, _, _ = listening_spectrogram(np.zeros(22050, np.float32), 22050)
    assert (decibels == -80).all()


def test_fit_length_crops_and_pads() -> None:
    sound = np.arange(10, dtype=np.float32)
    assert fit_length(sound, 4).tolist() == [3, 4, 5, 6]
    assert fit_length(sound, 4, 0).tolist() == [0, 1, 2, 3]
    assert fit_length(sound, 4, 6).tolist() == [6, 7, 8, 9]
    assert fit_length(sound, 12, 0).tolist() == [*range(10), 0, 0]
    assert fit_length(sound, 10).tolist() == sound.tolist()
