"""Task: what is random and what is not, and the losses by hand."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

import models
from core.recipe import AudioAugmentation, AudioSettings, Recipe
from core.training.loaders import Batch
from core.training.task import Task

AUDIO = AudioSettings(rate=8000, seconds=0.5, n_fft=256, hop=64, mels=32)
EVERYTHING = AudioAugmentation(
    noise=1.0, pitch=0.5, stretch=0.5, gain_db=6.0, shift=1.0, frequency_masks=1, time_masks=1
)
CLASSES = 3


@pytest.fixture
def batch() -> Batch:
    sounds = 0.1 * torch.randn(8, AUDIO.samples, generator=torch.Generator().manual_seed(1))
    return Batch(sounds, torch.arange(8) % CLASSES, tuple(range(8)))


def task(seed: int = 0, **recipe: object) -> Task:
    torch.manual_seed(0)
    network = models.build("baseline_cnn", CLASSES)
    return Task(network, Recipe(audio=AUDIO, **recipe), CLASSES, seed)


@pytest.mark.parametrize("mixing", ["none", "between-class", "mixup"])
def test_a_step_depends_on_seed_epoch_and_batch_alone(batch: Batch, mixing: str) -> None:
    def loss(seed: int, epoch: int, index: int) -> float:
        fresh = task(seed, augmentation=EVERYTHING, mixing=mixing)
        torch.rand(seed + epoch + index)  # what was drawn before must not matter
        return float(fresh.loss(batch, epoch, index)[0].detach())

    first = loss(0, 2, 3)
    assert loss(0, 2, 3) == first
    assert len({first, loss(1, 2, 3), loss(0, 3, 3), loss(0, 2, 4)}) == 4


def test_testing_is_free_of_chance_augmentation_and_mixing(batch: Batch) -> None:
    plain, augmented = task().eval(), task(augmentation=EVERYTHING, mixing="mixup").eval()
    with torch.inference_mode():
        assert torch.equal(plain(batch.inputs), augmented(batch.inputs))
        assert torch.equal(plain(batch.inputs), plain(batch.inputs))


def test_training_without_augmentation_is_cross_entropy_with_smoothing(batch: Batch) -> None:
    learner = task(label_smoothing=0.1)
    learner.eval()  # no dropout: the loss can be repeated by hand
    loss, accuracy = learner.loss(batch, 0, 0)
    logits = learner(batch.inputs)
    torch.testing.assert_close(loss, F.cross_entropy(logits, batch.labels, label_smoothing=0.1))
    assert accuracy == (logits.argmax(1) == batch.labels).float().mean()


@pytest.mark.parametrize("mixing", ["between-class", "mixup"])
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_mixed_labels_are_learnt_by_divergence(batch: Batch, mixing: str, smoothing: float) -> None:
    learner = task(mixing=mixing, label_smoothing=smoothing).eval()
    assert float(learner.loss(batch, 0, 0)[0].detach()) >= 0  # a divergence, unlike a cross-entropy, reaches zero
    soft = F.one_hot(batch.labels, CLASSES).float()
    smoothed = soft * (1 - smoothing) + smoothing / CLASSES
    logits = learner(batch.inputs)
    by_hand = (smoothed * (smoothed.clamp_min(1e-30).log() - F.log_softmax(logits, 1))).sum(1).mean()
    torch.testing.assert_close(learner._divergence(logits, soft), by_hand)


def test_levels_come_from_the_clips_given_and_are_kept_with_the_weights(batch: Batch) -> None:
    learner = task()
    learner.fit_levels([batch])
    seen = learner.frontend(batch.inputs)
    assert abs(float(seen.mean())) < 1e-4
    assert abs(float(seen.std()) - 1) < 1e-3
    restored = task()
    restored.load_state_dict(learner.state_dict())
    torch.testing.assert_close(restored.frontend(batch.inputs), seen)
