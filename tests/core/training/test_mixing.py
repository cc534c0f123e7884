"""Mixing against a slow reading of the papers in NumPy."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy import stats
from torch import Tensor
from torch.nn import functional as F

from core.training.mixing import a_weighted_gain, between_class, kl_loss, mixup

Array = NDArray[np.float64]


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def response_of_a(frequency: float) -> float:
    """Amplitude response of the A filter at a frequency in Hz, IEC 61672-1, without normalisation."""
    f = frequency
    return (12194**2 * f**4) / ((f**2 + 20.6**2) * np.sqrt((f**2 + 107.7**2) * (f**2 + 737.9**2)) * (f**2 + 12194**2))


def slow_gain(clip: Array, rate: int) -> float:
    """G: the largest A-weighted level in dB over Hann windows."""
    n_fft = {44100: 4096, 22050: 2048, 16000: 2048}[rate]
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n_fft) / n_fft)
    levels = []
    for start in range(0, len(clip) - n_fft + 1, n_fft // 2):
        power = np.abs(np.fft.rfft(clip[start : start + n_fft] * window)) ** 2
        total = 0.0
        for k, p in enumerate(power):
            response = response_of_a(k * rate / n_fft)
            weight = max(20 * np.log10(response) + 2.0, -80.0) if response > 0 else -80.0
            total += p * 10 ** (weight / 10)
        levels.append(10 * np.log10(max(total, 10**-8)))
    return max(levels)


def slow_mix(x1: Array, x2: Array, r: float, rate: int) -> Array:
    g1, g2 = slow_gain(x1, rate), slow_gain(x2, rate)
    t = 1 / (1 + 10 ** ((g1 - g2) / 20) * (1 - r) / r)
    mixed: Array = (t * x1 + (1 - t) * x2) / np.sqrt(t**2 + (1 - t) ** 2)
    return mixed


def sounds(batch: int, rate: int, seconds: float = 0.5) -> Tensor:
    """Noises and tones of very different levels and pitches."""
    random = np.random.default_rng(5)
    n = round(rate * seconds)
    time = np.arange(n) / rate
    clips = []
    for k in range(batch):
        level = 10 ** random.uniform(-3, 0)
        shape = random.normal(0, 1, n) if k % 2 else np.sin(2 * np.pi * 50 * 2 ** (k / 2) * time)
        clips.append(level * shape * np.exp(-k * time))
    return torch.from_numpy(np.stack(clips).astype(np.float32))


def test_the_a_weighting_of_this_test_is_that_of_the_standard() -> None:
    """Table of IEC 61672-1: tenths of the logarithm of the frequency in Hz, weight in dB."""
    for tenths, weight in [(15, -39.4), (20, -19.1), (30, 0.0), (34, 1.3), (39, -1.1)]:
        frequency = 10 ** (tenths / 10)
        assert 20 * np.log10(response_of_a(frequency)) + 2.0 == pytest.approx(weight, abs=0.1)


@pytest.mark.parametrize("rate", [44100, 22050, 16000])
def test_gain_is_the_papers(rate: int) -> None:
    clips = sounds(8, rate)
    expected = [slow_gain(clip.double().numpy(), rate) for clip in clips]
    np.testing.assert_allclose(a_weighted_gain(clips, rate).numpy(), expected, atol=1e-3)


def test_gain_of_silence_is_the_floor() -> None:
    assert a_weighted_gain(torch.zeros(2, 8000), 16000).tolist() == pytest.approx([-80, -80])
    assert a_weighted_gain(torch.zeros(1, 3), 16000).tolist() == pytest.approx([-80])  # shorter than a window


@pytest.mark.parametrize("rate", [44100, 22050])
def test_between_class_is_the_papers(rate: int) -> None:
    clips, labels = sounds(9, rate), torch.tensor([0, 0, 1, 1, 2, 2, 3, 3, 3])
    mixed, soft = between_class(clips, labels, 5, rate, seeded(3))
    assert mixed.shape == clips.shape
    assert soft.shape == (9, 5)
    torch.testing.assert_close(soft.sum(1), torch.ones(9))
    for row in range(9):
        own = int(labels[row])
        others = [c for c in range(5) if c != own and soft[row, c] > 0]
        assert len(others) == 1  # exactly one clip, of another class
        r = float(soft[row, own])
        candidates = [
            slow_mix(clips[row].double().numpy(), clips[partner].double().numpy(), r, rate)
            for partner in range(9)
            if labels[partner] == others[0]
        ]
        errors = [np.abs(mixed[row].numpy() - candidate).max() for candidate in candidates]
        assert min(errors) < 1e-4 * np.abs(mixed[row].numpy()).max()


def test_r_is_even_and_every_partner_of_another_class_is_drawn() -> None:
    clips = torch.eye(6).repeat_interleave(40, 1)  # each its own place, so that the partner can be told
    labels = torch.tensor([0, 0, 1, 1, 2, 2])
    partners: dict[int, set[int]] = {row: set() for row in range(6)}
    shares = []
    generator = seeded(0)
    for _ in range(100):
        mixed, soft = between_class(clips, labels, 3, 16000, generator)
        shares += soft[torch.arange(6), labels].tolist()
        for row, clip in enumerate(mixed):
            places = {int(place) // 40 for place in torch.nonzero(clip)[:, 0]}
            partners[row] |= places - {row}
    assert all(found == set(range(6)) - {row, row ^ 1} for row, found in partners.items())
    assert stats.kstest(shares, "uniform").pvalue > 0.01


def test_a_batch_of_one_class_stays_as_it_is() -> None:
    clips, labels = sounds(4, 16000), torch.full((4,), 2)
    mixed, soft = between_class(clips, labels, 3, 16000, seeded(0))
    torch.testing.assert_close(mixed, clips, rtol=0, atol=0)
    torch.testing.assert_close(soft, F.one_hot(labels, 3).float())


def test_silence_and_extreme_levels_stay_finite() -> None:
    clips = torch.stack([torch.zeros(8000), torch.full((8000,), 1e-20), 100 * torch.randn(8000, generator=seeded(0))])
    for seed in range(20):
        mixed, soft = between_class(clips, torch.tensor([0, 1, 2]), 3, 16000, seeded(seed))
        assert mixed.isfinite().all()
        assert soft.isfinite().all()


def test_mixup_is_convex_with_beta_weights() -> None:
    clips, labels = torch.eye(64), torch.arange(64)
    weights = []
    generator = seeded(0)
    for _ in range(30):
        (mixed,), soft = mixup([clips], labels, 64, 0.4, generator)
        torch.testing.assert_close(mixed, soft)  # clip k is one at place k, as its label is
        torch.testing.assert_close(soft.sum(1), torch.ones(64))
        alone = (soft > 0.9999).any(1) & ((soft > 0).sum(1) == 1)
        weights += soft[torch.arange(64), labels][~alone].tolist()
    assert stats.kstest(weights, stats.beta(0.4, 0.4).cdf).pvalue > 0.01


def test_equal_generators_give_equal_batches_and_the_global_state_is_left_alone() -> None:
    clips, labels = sounds(8, 16000), torch.arange(8) % 3
    state, numpy_state = torch.get_rng_state(), str(np.random.get_state())

    def mixed_up(seed: int) -> tuple[torch.Tensor, torch.Tensor]:
        (mixed,), soft = mixup([clips], labels, 3, 0.2, seeded(seed))
        return mixed, soft

    for mix in (lambda seed: between_class(clips, labels, 3, 16000, seeded(seed)), mixed_up):
        for one, two, other in zip(mix(7), mix(7), mix(8), strict=True):
            torch.testing.assert_close(one, two, rtol=0, atol=0)
            assert not torch.equal(one, other)
    assert torch.equal(torch.get_rng_state(), state)
    assert str(np.random.get_state()) == numpy_state


def test_kl_loss_is_the_divergence() -> None:
    random = np.random.default_rng(0)
    logits, labels = random.normal(0, 3, (10, 6)), random.dirichlet(np.ones(6), 10)
    softmax = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    expected = np.mean([stats.entropy(p, q) for p, q in zip(labels, softmax, strict=True)])
    assert float(kl_loss(torch.from_numpy(logits), torch.from_numpy(labels))) == pytest.approx(expected)


def test_kl_loss_of_plain_labels_is_cross_entropy() -> None:
    logits, labels = torch.randn(10, 6, generator=seeded(0)), torch.arange(10) % 6
    torch.testing.assert_close(kl_loss(logits, F.one_hot(labels, 6).float()), F.cross_entropy(logits, labels))


def test_inputs_of_one_clip_share_partner_and_weight() -> None:
    sound, frames, labels = torch.randn(6, 1, 4, 5), torch.randn(6, 3, 2, 4, 4), torch.arange(6)
    (mixed_sound, mixed_frames), soft = mixup([sound, frames], labels, 6, 1.0, seeded(0))
    for clip in range(6):  # the soft label says how much of which clip there is, in both
        torch.testing.assert_close(mixed_sound[clip], torch.tensordot(soft[clip], sound, 1))
        torch.testing.assert_close(mixed_frames[clip], torch.tensordot(soft[clip], frames, 1))
