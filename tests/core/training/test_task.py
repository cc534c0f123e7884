"""Task: what is random and what is not, and the losses by hand."""

from __future__ import annotations

import itertools

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from core.audio.settings import AudioAugmentation, AudioSettings
from core.datasets.base import Modality
from core.recipe import Recipe
from core.run_spec import Network
from core.study import Study
from core.training.initial import build_network
from core.training.loaders import Batch
from core.training.task import Task, example, made_up
from core.video.settings import VideoAugmentation, VideoSettings

SMALL: dict[str, object] = {
    "audio": AudioSettings(rate=8000, seconds=0.5, n_fft=256, hop=64, mels=32),
    "video": VideoSettings(frames=4, side=40, size=32),
}
EVERYTHING: dict[str, object] = {
    "augmentation": AudioAugmentation(
        noise=1.0, pitch=0.5, stretch=0.5, gain_db=6.0, shift=1.0, frequency_masks=1, time_masks=1
    ),
    "video_augmentation": VideoAugmentation(crop=0.5, flip=True, colour=0.4, blur=0.5),
}
CLASSES = 3


@pytest.fixture(params=list(Modality), ids=str)
def modality(request: pytest.FixtureRequest) -> Modality:
    return request.param


@pytest.fixture
def batch(modality: Modality) -> Batch:
    return made_up(task(modality), 8)


def task(modality: Modality, seed: int = 0, **recipe: object) -> Task:
    torch.manual_seed(0)
    networks = tuple(Network(modality=kind.value, joint=True) for kind in Modality)
    plain = Recipe(**SMALL)
    specs = Study(network=networks, recipe=plain).runs((1,))
    spec = next(spec for spec in specs if spec.modality is modality)
    spec = spec.model_copy(update={"recipe": Recipe(**SMALL | recipe)})
    return Task(build_network(spec, CLASSES), spec.recipe, modality.wings, CLASSES, seed)


def mixings(modality: Modality) -> list[str]:
    return ["between-class", "mixup"] if modality is Modality.AUDIO else ["mixup"]


def test_a_step_depends_on_seed_epoch_and_batch_alone(modality: Modality, batch: Batch) -> None:
    def step(seed: int, epoch: int, index: int, mixing: str) -> tuple[float, list[Tensor]]:
        """The loss, and what the network was given of each wing."""
        fresh, given = task(modality, seed, mixing=mixing, **EVERYTHING), []
        fresh.network.register_forward_pre_hook(lambda network, inputs: given.extend(inputs))
        torch.rand(seed + epoch + index)  # what was drawn before must not matter
        return float(fresh.loss(batch, epoch, index)[0].detach()), given

    for mixing in ("none", *mixings(modality)):
        loss, seen = step(0, 2, 3, mixing)
        again, seen_again = step(0, 2, 3, mixing)
        assert loss == again and all(map(torch.equal, seen, seen_again))
        others = [step(*numbers, mixing) for numbers in ((1, 2, 3), (0, 3, 3), (0, 2, 4))]
        assert len({loss, *(other for other, _ in others)}) == 4
        for wing in zip(seen, *(seen_otherwise for _, seen_otherwise in others), strict=True):
            for one, other in itertools.combinations(wing, 2):  # dropout alone would make the losses differ
                assert not any(map(torch.equal, one, other)), "a clip was changed alike in two steps"


def test_measuring_leaves_every_module_in_its_mode(modality: Modality) -> None:
    learner = task(modality)
    learner.network.freeze(1)
    for mode in (True, False):
        learner.train(mode)
        before = [module.training for module in learner.modules()]
        example(learner)
        assert [module.training for module in learner.modules()] == before
        assert any(before) is mode and not all(before)


def test_testing_is_free_of_chance_augmentation_and_mixing(modality: Modality, batch: Batch) -> None:
    plain, augmented = task(modality).eval(), task(modality, mixing="mixup", **EVERYTHING).eval()
    with torch.inference_mode():
        assert torch.equal(plain(batch.inputs), augmented(batch.inputs))
        assert torch.equal(plain(batch.inputs), plain(batch.inputs))


def test_training_without_augmentation_is_cross_entropy_with_smoothing(modality: Modality, batch: Batch) -> None:
    learner = task(modality, label_smoothing=0.1)
    learner.eval()  # no dropout: the loss can be repeated by hand
    loss, accuracy = learner.loss(batch, 0, 0)
    logits = learner(batch.inputs)
    torch.testing.assert_close(loss, F.cross_entropy(logits, batch.labels, label_smoothing=0.1))
    assert accuracy == (logits.argmax(1) == batch.labels).float().mean()


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_mixed_labels_are_learnt_by_divergence(modality: Modality, batch: Batch, smoothing: float) -> None:
    for mixing in mixings(modality):
        learner = task(modality, mixing=mixing, label_smoothing=smoothing).eval()
        assert float(learner.loss(batch, 0, 0)[0].detach()) >= 0  # a divergence, unlike a cross-entropy, reaches zero
        soft = F.one_hot(batch.labels, CLASSES).float()
        smoothed = soft * (1 - smoothing) + smoothing / CLASSES
        logits = learner(batch.inputs)
        by_hand = (smoothed * (smoothed.clamp_min(1e-30).log() - F.log_softmax(logits, 1))).sum(1).mean()
        torch.testing.assert_close(learner._divergence(logits, soft), by_hand)


def test_a_spectrogram_in_windows_is_the_whole_one_cut() -> None:
    """Through augmentation, masks and the network too."""
    whole, cut = (
        task(Modality.AUDIO, audio=SMALL["audio"].model_copy(update={"windows": windows})).eval() for windows in (1, 3)
    )
    batch = made_up(whole, 2)
    (seen,), (windows,) = whole.see(batch.inputs), cut.see(batch.inputs)
    assert seen.shape == (2, 1, 32, 63) and windows.shape == (2, 3, 1, 32, 21)
    torch.testing.assert_close(torch.cat(list(windows.unbind(1)), dim=-1), seen)
    assert cut(batch.inputs).shape == (2, CLASSES)
    masks = AudioAugmentation(frequency_masks=1, frequency_width=16, time_masks=1, time_width=10)
    masked = task(Modality.AUDIO, audio=cut.recipe.audio, augmentation=masks)
    (given,), _ = masked._augmented(batch)
    hidden = given != windows
    assert hidden.any(dim=(2, 3, 4)).all() and not torch.equal(hidden[:, 0], hidden[:, 1]), "masks of its own in each"
    means = windows.mean(dim=(2, 3, 4), keepdim=True)
    torch.testing.assert_close(given, torch.where(hidden, means, windows))


def test_levels_come_from_the_clips_given_and_are_kept_with_the_weights(modality: Modality, batch: Batch) -> None:
    learner = task(modality)
    learner.fit_levels([batch])
    learner.eval()
    restored = task(modality).eval()
    restored.load_state_dict(learner.state_dict())
    for seen, again in zip(learner.see(batch.inputs), restored.see(batch.inputs), strict=True):
        channels = seen.movedim(-3, 0).flatten(1)
        torch.testing.assert_close(channels.mean(1), torch.zeros(len(channels)), atol=1e-4, rtol=0)
        torch.testing.assert_close(channels.std(1), torch.ones(len(channels)), atol=1e-3, rtol=0)
        torch.testing.assert_close(seen, again)
