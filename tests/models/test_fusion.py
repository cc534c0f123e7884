"""Sound and sight joined: shapes, frozen branches, weights of scores, gates."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.optimize import minimize_scalar
from torch import Tensor, nn

from models import FUSION_KINDS, build, build_fusion
from models.base import Classifier
from models.fusion import FUSIONS, Fusion, GatedAttention, ScoreAverage

CLASSES = 4


class Given(Classifier):
    """A branch whose features are its input."""

    def __init__(self, dimensions: int) -> None:
        super().__init__()
        self.linear = nn.Linear(dimensions, CLASSES)

    def features(self, x: Tensor) -> Tensor:
        return x

    @property
    def head(self) -> nn.Linear:
        return self.linear

    @property
    def stages(self) -> list[list[nn.Module]]:
        return []

    @property
    def cam_layers(self) -> list[nn.Module]:
        return [self.linear]


def real(kind: str) -> tuple[Fusion, Tensor, Tensor]:
    torch.manual_seed(0)
    sound, sight = build("baseline_cnn", CLASSES), build("baseline_cnn", CLASSES, (3,), 4, "gru")
    return build_fusion(kind, sound, sight, CLASSES), torch.randn(3, 1, 64, 40), torch.randn(3, 4, 3, 48, 48)


def test_the_kinds_are_those_of_the_table() -> None:
    assert tuple(FUSIONS) == FUSION_KINDS


@pytest.mark.parametrize("kind", FUSION_KINDS)
def test_promises(kind: str) -> None:
    network, sound, sight = real(kind)
    network.eval()
    logits = network(sound, sight)
    with torch.no_grad():
        features = network.features(sound, sight)
        assert logits.shape == (3, CLASSES)
        torch.testing.assert_close(network.classify(features), logits)
        torch.testing.assert_close(features[:, :208], network.sound.features(sound))
        torch.testing.assert_close(features[:, 208:], network.sight.features(sight))
        assert network.features_and_frames(sound, sight)[1] is None
    in_stages = [id(p) for stage in network.stages for module in stage for p in module.parameters()]
    in_head = [id(p) for p in network.head.parameters()]
    assert sorted(in_stages + in_head) == sorted(id(p) for p in network.parameters())


@pytest.mark.parametrize("kind", FUSION_KINDS)
def test_frozen_branches_leave_the_fusions_own_layers_learning(kind: str) -> None:
    network, sound, sight = real(kind)
    network.freeze(len(network.stages))
    network.train()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    learning = {id(p) for p in network.parameters() if p.requires_grad}
    assert learning == {id(p) for p in network.head.parameters()}
    assert not network.sound.training
    assert not network.sight.training
    network(sound, sight)
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


@pytest.mark.parametrize("kind", ["concatenation", "gated attention"])
def test_the_gradient_reaches_everything_that_learns(kind: str) -> None:
    network, sound, sight = real(kind)
    # The layers that start at zero hold the gradient back from others in the very first step.
    nn.init.normal_(network.head[1].weight if kind == "concatenation" else network.gated.correction.weight)
    network(sound, sight)[:, 0].sum().backward()
    assert all((p.grad is not None) == p.requires_grad for p in network.parameters())
    assert any(float(p.grad.abs().sum()) > 0 for p in network.sound.blocks.parameters())
    assert any(float(p.grad.abs().sum()) > 0 for p in network.sight.network.blocks.parameters())


def test_average_of_scores_read_slowly() -> None:
    network, sound, sight = real("score average")
    assert isinstance(network, ScoreAverage)
    network.weight.fill_(0.3)
    with torch.inference_mode():
        p = network.eval()(sound, sight).exp()
        expected = 0.3 * network.sound(sound).softmax(1) + 0.7 * network.sight(sight).softmax(1)
    torch.testing.assert_close(p, expected)
    for weight, branch, given in ((1.0, network.sound, sound), (0.0, network.sight, sight)):
        network.weight.fill_(weight)
        with torch.inference_mode():
            shares = network.shares(network.features(sound, sight))
            assert shares.tolist() == [[weight, 1 - weight]] * len(sound)
            torch.testing.assert_close(network(sound, sight).softmax(1), branch(given).softmax(1))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("sharpness", [0.5, 3.0])
def test_the_weight_is_the_one_of_the_least_log_loss(seed: int, sharpness: float) -> None:
    random = np.random.default_rng(seed)
    labels = random.integers(0, CLASSES, 60)
    sound, sight = (
        _softmax(random.normal(size=(60, CLASSES)) * 2 + strength * np.eye(CLASSES)[labels])
        for strength in (sharpness, 1.5)
    )
    network, *_ = real("score average")
    network.weigh(torch.from_numpy(sound), torch.from_numpy(sight), torch.from_numpy(labels))
    rows = np.arange(60)
    best = minimize_scalar(
        lambda w: -np.log(w * sound[rows, labels] + (1 - w) * sight[rows, labels]).mean(),
        bounds=(0, 1),
        method="bounded",
        options={"xatol": 1e-9},
    )
    assert float(network.weight) == pytest.approx(best.x, abs=1e-4)


def test_the_weight_at_its_ends() -> None:
    network, *_ = real("score average")
    right, wrong = torch.eye(CLASSES), torch.eye(CLASSES).roll(1, 0)
    labels = torch.arange(CLASSES)
    for sound, sight, weight in ((right, wrong, 1.0), (wrong, right, 0.0), (right, right, 0.5), (wrong, wrong, 0.5)):
        network.weigh(sound, sight, labels)
        assert float(network.weight) == pytest.approx(weight, abs=1e-6)


def _softmax(scores: np.ndarray) -> np.ndarray:
    powers = np.exp(scores)
    return powers / powers.sum(1, keepdims=True)


def made_up(clips: int, noise: float | None, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """Features of sound at a level of noise (None: drawn clip by clip from 0 … 4) and of sight, and labels.

    Noise adds to sound's own and is heard in twelve further features, as background is in a spectrogram.
    """
    labels = torch.randint(0, CLASSES, (clips,), generator=generator)
    level = torch.rand(clips, 1, generator=generator) * 4 if noise is None else torch.full((clips, 1), noise)
    sound = torch.randn(clips, 24, generator=generator) * 0.3
    sound[:, :CLASSES] += 1.2 * nn.functional.one_hot(labels, CLASSES)
    sound[:, :12] += 0.6 * level * torch.randn(clips, 12, generator=generator)
    sound[:, 12:] += 0.5 * level
    sight = torch.randn(clips, 16, generator=generator)
    sight[:, :CLASSES] += 1.8 * nn.functional.one_hot(labels, CLASSES)
    return sound, sight, labels


def learn(network: nn.Module, inputs: tuple[Tensor, ...], labels: Tensor, steps: int, rate: float = 1e-2) -> None:
    optimizer = torch.optim.AdamW([p for p in network.parameters() if p.requires_grad], lr=rate)
    for _ in range(steps):
        optimizer.zero_grad()
        nn.functional.cross_entropy(network(*inputs), labels).backward()
        optimizer.step()


def test_the_gate_follows_the_noise_and_never_loses_to_the_better_branch() -> None:
    """Few hundred clips, branches kept: above both where both know something, with sight where sound is lost."""
    torch.manual_seed(0)
    generator = torch.Generator().manual_seed(0)
    sound, sight, labels = made_up(300, None, generator)
    branches = Given(24), Given(16)
    for branch, x in zip(branches, (sound, sight), strict=True):
        learn(branch, (x,), labels, 200)
    network = build_fusion("gated attention", *branches, CLASSES)
    assert isinstance(network, GatedAttention)
    network.freeze(2)
    *unseen, labels = made_up(300, None, generator)
    learn(network, tuple(unseen), labels, 150, rate=3e-3)
    network.eval()
    gained, gates = [], []
    for noise in (0.0, 1.0, 2.0, 4.0):
        sound, sight, labels = made_up(2000, noise, generator)
        with torch.inference_mode():
            scores = {
                "sound": network.sound(sound),
                "sight": network.sight(sight),
                "both": network(sound, sight),
            }
            gates.append(float(network.shares(network.features(sound, sight))[:, 0].mean()))
        right = {name: float((logits.argmax(1) == labels).float().mean()) for name, logits in scores.items()}
        gained.append(right["both"] - max(right["sound"], right["sight"]))
    assert min(gained) > -0.02
    assert max(gained) > 0.02
    assert gates[0] > gates[1] > gates[2]
    assert gates[3] < gates[0]


def test_gates_add_up_to_one_and_start_with_the_surer_branch() -> None:
    network = build_fusion("gated attention", Given(6), Given(6), CLASSES).eval()
    with torch.no_grad():
        network.sound.linear.weight.mul_(20)
    sound, sight = torch.randn(50, 6), torch.randn(50, 6)
    with torch.inference_mode():
        gates = network.shares(network.features(sound, sight))
    torch.testing.assert_close(gates.sum(1), torch.ones(50))
    assert float(gates[:, 0].mean()) > 0.6
