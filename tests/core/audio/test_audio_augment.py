"""Augmentation: what each does to a sound; equal generators give equal results; eval mode does nothing."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torchaudio.functional import phase_vocoder

from core.audio.augment import AugmentWaveform, SpecAugment, preview, preview_masks
from core.audio.settings import AudioAugmentation
from core.audio.vocoder import stretched

RATE = 16000
EVERY_ONE: list[dict[str, Any]] = [
    {"noise": 1.0},
    {"pitch": 1.0},
    {"stretch": 1.0},
    {"gain_db": 6.0},
    {"shift": 1.0},
    {"noise": 0.5, "pitch": 0.5, "stretch": 0.5, "gain_db": 6.0, "shift": 0.5},
]


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def tones(batch: int = 12, frequency: float = 440.0) -> Tensor:
    time = torch.arange(RATE) / RATE
    return (0.3 * torch.sin(2 * math.pi * frequency * time)).repeat(batch, 1)


def pitch_of(clip: Tensor) -> float:
    """Frequency of the largest peak in Hz, between bins by parabola."""
    spectrum = (clip * torch.hann_window(len(clip))).double()
    power = torch.fft.rfft(spectrum, n=8 * len(clip)).abs()
    return float(power.argmax()) * RATE / (8 * len(clip))


@pytest.mark.parametrize("chosen", EVERY_ONE, ids=lambda chosen: "+".join(chosen))
def test_seeded_same_shape_input_untouched_and_off_in_eval(chosen: dict[str, Any]) -> None:
    augment = AugmentWaveform(AudioAugmentation(**chosen), RATE)
    clips = tones() + 0.01 * torch.randn(12, RATE, generator=seeded(0))
    before = clips.clone()
    global_state = torch.get_rng_state()
    first = augment(clips, seeded(1))
    torch.testing.assert_close(augment(clips, seeded(1)), first, rtol=0, atol=0)
    assert not torch.equal(augment(clips, seeded(2)), first)
    assert torch.equal(torch.get_rng_state(), global_state)
    assert first.shape == clips.shape
    assert first.dtype == torch.float32
    assert first.isfinite().all()
    assert torch.equal(clips, before)
    assert not torch.equal(first, clips)
    assert len({tuple(row[5000:5010].tolist()) for row in first - clips}) > 1  # drawn clip by clip
    assert augment.eval()(clips, seeded(1)) is clips


def test_nothing_on_is_the_identity() -> None:
    clips = tones()
    assert AugmentWaveform(AudioAugmentation(), RATE)(clips, seeded(0)) is clips


def test_noise_has_the_snr_that_was_set() -> None:
    settings = AudioAugmentation(noise=1.0, noise_snr_low=10, noise_snr_high=20)
    clips = tones(200)
    noise = AugmentWaveform(settings, RATE)(clips, seeded(0)) - clips
    snr = 10 * torch.log10(clips.square().mean(1) / noise.square().mean(1))
    assert 9.8 < float(snr.min()) < 10.5
    assert 19.5 < float(snr.max()) < 20.2
    assert float(snr.mean()) == pytest.approx(15, abs=0.7)
    spectrum = torch.fft.rfft(noise).abs().square().mean(0)  # white: as much above half the band as below
    assert float(spectrum[:4000].mean() / spectrum[4000:].mean()) == pytest.approx(1, abs=0.05)


def test_noise_befalls_its_share_and_leaves_silence_silent() -> None:
    augment = AugmentWaveform(AudioAugmentation(noise=0.25), RATE)
    clips = tones(400)[:, :1000]
    changed = (augment(clips, seeded(0)) != clips).any(1)
    assert 0.15 < float(changed.float().mean()) < 0.35
    assert not augment(torch.zeros(8, 1000), seeded(0)).any()


def test_pitch_moves_by_whole_semitones_and_duration_stays() -> None:
    clips = tones(60)
    shifted = AugmentWaveform(AudioAugmentation(pitch=1.0, pitch_semitones=3), RATE)(clips, seeded(0))
    semitones = [12 * math.log2(pitch_of(clip) / 440) for clip in shifted]
    assert {round(k) for k in semitones} == {-3, -2, -1, 1, 2, 3}
    assert max(abs(k - round(k)) for k in semitones) < 0.1
    level = shifted[:, 2000:-2000].square().mean(1) / clips[:, 2000:-2000].square().mean(1)
    assert 0.75 < float(level.min()) <= float(level.max()) < 1.05  # a plain phase vocoder loses up to 1 dB of a tone


def test_stretch_keeps_the_pitch_and_moves_the_time() -> None:
    """Two tone bursts 0.5 s apart come to stand between 0.5/1.5 and 0.5·1.5 s apart."""
    clips = torch.zeros(16, RATE)
    clips[:, 4000:4800] = clips[:, 12000:12800] = tones(1)[:, :800]
    changed = AugmentWaveform(AudioAugmentation(stretch=1.0, stretch_factor=1.5), RATE)(clips, seeded(0))
    apart = []
    for clip in changed:
        loud = torch.nonzero(clip.abs() > 0.1)[:, 0]
        gap = int(loud.diff().argmax())
        apart.append(float(loud[gap + 1] - loud[0]) / RATE)
    assert 0.5 / 1.6 < min(apart) < 0.42
    assert 0.6 < max(apart) < 0.5 * 1.6
    whole = AugmentWaveform(AudioAugmentation(stretch=1.0, stretch_factor=1.5), RATE)(tones(8), seeded(0))
    assert all(pitch_of(clip) == pytest.approx(440, abs=3) for clip in whole)


def test_gain_is_even_in_decibels() -> None:
    clips = tones(400)
    changed = AugmentWaveform(AudioAugmentation(gain_db=6.0), RATE)(clips, seeded(0))
    gain = 20 * torch.log10(changed.abs().amax(1) / clips.abs().amax(1))
    assert -6 <= float(gain.min()) < -5.8
    assert 5.8 < float(gain.max()) <= 6.001
    assert abs(float(gain.mean())) < 0.5


@pytest.mark.parametrize("share", [0.1, 1.0])
def test_shift_rolls_around(share: float) -> None:
    clips = torch.zeros(300, 1000)
    clips[:, 500] = 1
    changed = AugmentWaveform(AudioAugmentation(shift=share), RATE)(clips, seeded(0))
    assert torch.equal(changed.sum(1), torch.ones(300))
    places = changed.argmax(1)
    reach = min(1000 * share, 500)
    assert 500 - reach <= int(places.min()) < 500 - 0.9 * reach
    assert 500 + 0.9 * reach < int(places.max()) <= 500 + reach


@pytest.mark.parametrize("speed", [0.5, 0.8125, 1.0, 1.125, 1.5, 2.0])  # exact in binary: neither rounds a time
def test_vocoder_equals_torchaudios(speed: float) -> None:
    """In double precision, away from the ends, which torchaudio covers with fewer windows."""
    n_fft, hop = 1024, 256
    clip = 0.1 * torch.randn(20000, dtype=torch.float64, generator=seeded(0))
    window = torch.hann_window(n_fft, dtype=torch.float64)
    spectrum = torch.stft(clip, n_fft, hop, window=window, pad_mode="constant", return_complex=True)
    advance = torch.linspace(0, math.pi * hop, n_fft // 2 + 1, dtype=torch.float64)[:, None]
    theirs = torch.istft(
        phase_vocoder(spectrum, speed, advance), n_fft, hop, window=window, length=round(20000 / speed)
    )
    ours = stretched(clip, speed, 22050)
    assert ours.shape == theirs.shape
    torch.testing.assert_close(ours[n_fft : -2 * n_fft], theirs[n_fft : -2 * n_fft], atol=1e-8, rtol=0)
    torch.testing.assert_close(stretched(clip.float(), speed, 22050), ours.float(), atol=1e-4, rtol=0)


def test_vocoder_at_its_own_speed_gives_the_clip_back_to_its_ends() -> None:
    clip = torch.randn(5000, generator=seeded(0))
    torch.testing.assert_close(stretched(clip, 1.0, RATE), clip, atol=1e-5, rtol=0)


def test_a_clip_of_a_few_samples_survives_everything() -> None:
    chosen = AudioAugmentation(noise=1.0, pitch=1.0, stretch=1.0, gain_db=6.0, shift=1.0)
    clips = torch.randn(3, 5, generator=seeded(0))
    changed = AugmentWaveform(chosen, 44100)(clips, seeded(0))
    assert changed.shape == clips.shape
    assert changed.isfinite().all()


def test_masks_hold_the_mean_and_nothing_else_changes() -> None:
    settings = AudioAugmentation(frequency_masks=2, frequency_width=8, time_masks=1, time_width=16)
    pictures = torch.randn(50, 1, 64, 100, generator=seeded(0)) - 40
    augment = SpecAugment(settings)
    masked = augment(pictures, seeded(1))
    torch.testing.assert_close(augment(pictures, seeded(1)), masked, rtol=0, atol=0)
    widest_rows = widest_columns = 0
    for before, after in zip(pictures[:, 0], masked[:, 0], strict=True):
        changed = before != after
        torch.testing.assert_close(after[changed], before.mean().expand(int(changed.sum())))
        rows, columns = changed.all(1), changed.all(0)
        assert torch.equal(changed, rows[:, None] | columns[None, :])
        widest_rows, widest_columns = max(widest_rows, int(rows.sum())), max(widest_columns, int(columns.sum()))
    assert 10 < widest_rows <= 16
    assert widest_columns == 16
    assert len({tuple(row.tolist()) for row in (pictures != masked).all(3)[:, 0]}) > 25  # clip by clip
    assert augment.eval()(pictures, seeded(1)) is pictures


def test_masks_wider_than_the_picture() -> None:
    settings = AudioAugmentation(frequency_masks=1, frequency_width=256, time_masks=1, time_width=1000)
    masked = SpecAugment(settings)(torch.randn(20, 1, 16, 10, generator=seeded(0)), seeded(0))
    assert masked.shape == (20, 1, 16, 10)


def test_preview_shows_the_change_whatever_its_share() -> None:
    clip = tones(1)[0].numpy()
    clip.flags.writeable = False  # as the cache gives it
    for settings in (AudioAugmentation(noise=0.01), AudioAugmentation(pitch=0.01), AudioAugmentation(stretch=0.01)):
        changed = preview(clip, RATE, settings, seed=3)
        assert changed.shape == clip.shape
        assert not np.array_equal(changed, clip)
        np.testing.assert_array_equal(changed, preview(clip, RATE, settings, seed=3))
    np.testing.assert_array_equal(preview(clip, RATE, AudioAugmentation(), seed=3), clip)


def test_preview_of_masks() -> None:
    picture = np.random.default_rng(0).normal(-40, 10, (64, 100)).astype(np.float32)
    masked = preview_masks(picture, AudioAugmentation(frequency_masks=2, time_masks=2), seed=1)
    assert masked.shape == picture.shape
    assert 0 < (masked != picture).mean() < 0.7
