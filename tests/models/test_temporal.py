"""Networks over time: promises, order, gradients, streams."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from models import MODELS, TEMPORAL_KINDS, build
from models.base import Classifier
from models.temporal import POOLINGS, SingleFrame

FRAMES, CLASSES = 4, 5
EACH = [(name, kind) for name in MODELS for kind in TEMPORAL_KINDS]
BLIND = ("average", "order-blind attention")
ORDERED = ("gru", "attention", "3-d convolution")


def video(batch: int = 2, channels: int = 3, frames: int = FRAMES, size: int = 64) -> Tensor:
    return torch.randn(batch, frames, channels, size, size)


class Columns(Classifier):
    """A tiny frame network that keeps apart what is left and right."""

    def __init__(self, classes: int, channels: int) -> None:
        super().__init__()
        self.conv, self.linear = nn.Conv2d(channels, 8, 3, padding=1), nn.Linear(8 * 12, classes)

    def features(self, x: Tensor) -> Tensor:
        return self.conv(x).relu().mean(dim=tuple(range(2, x.ndim - 1))).flatten(1)

    @property
    def head(self) -> nn.Linear:
        return self.linear

    @property
    def stages(self) -> list[list[nn.Module]]:
        return [[self.conv]]

    @property
    def cam_layers(self) -> list[nn.Module]:
        return [self.conv]


def test_the_kinds_are_those_of_the_table() -> None:
    assert tuple(POOLINGS) == TEMPORAL_KINDS


@pytest.mark.parametrize(("name", "kind"), EACH)
def test_promises(name: str, kind: str) -> None:
    """Shapes, stages, map, gradients and frozen depth of every architecture with every kind."""
    torch.manual_seed(0)
    network = build(name, CLASSES, (3,), FRAMES, kind).eval()
    x = video()
    maps: list[Tensor] = []
    handle = network.cam_layers[0].register_forward_hook(lambda *args: maps.append(args[2]))
    logits = network(x)
    handle.remove()
    assert logits.shape == (2, CLASSES)
    assert maps[0].ndim == (5 if kind == "3-d convolution" else 4)
    logits.sum().backward()
    assert all(p.grad is not None for p in network.parameters())
    with torch.no_grad():
        features = network.features(x)
        assert features.shape == (2, network.head.in_features)
        torch.testing.assert_close(network.classify(features), logits, rtol=1e-4, atol=1e-4)

    in_stages = [id(p) for stage in network.stages for module in stage for p in module.parameters()]
    in_head = {id(p) for p in network.head.parameters()}
    assert len(in_stages) == len(set(in_stages))
    assert set(in_stages) == {id(p) for p in network.parameters()} - in_head
    network.freeze(len(network.stages))
    assert {id(p) for p in network.parameters() if p.requires_grad} == in_head
    assert not any(m.training for stage in network.train().stages for module in stage for m in module.modules())


@pytest.mark.parametrize("kind", TEMPORAL_KINDS)
@pytest.mark.parametrize("frames", [1, 2, 5])
def test_few_frames_enter_and_one_clip_alone_can_be_trained_on(kind: str, frames: int) -> None:
    network = build("baseline_cnn", CLASSES, (3,), frames, kind).train()
    smallest = MODELS["baseline_cnn"].smallest_input
    assert network(video(1, frames=frames, size=smallest)).isfinite().all()


def test_single_frame_is_the_one_in_the_middle() -> None:
    network = build("baseline_cnn", CLASSES, (3,), 5, "single frame").eval()
    assert isinstance(network, SingleFrame)
    x = video(frames=5)
    with torch.inference_mode():
        assert torch.equal(network(x), network.network(x[:, 2]))
        assert network.features_and_frames(x)[1] is None


def test_average_is_the_mean_of_the_frames_logits() -> None:
    network = build("baseline_cnn", CLASSES, (3,), FRAMES, "average").eval()
    x = video()
    with torch.inference_mode():
        each = torch.stack([network.network(x[:, t]) for t in range(FRAMES)], dim=1)
        torch.testing.assert_close(network.features_and_frames(x)[1], each)
        torch.testing.assert_close(network(x), each.mean(dim=1))


def test_grus_logits_are_those_of_the_last_frame_and_know_only_the_past() -> None:
    network = build("baseline_cnn", CLASSES, (3,), FRAMES, "gru").eval()
    x = video()
    later = x.clone()
    later[:, -1] = 0
    with torch.inference_mode():
        said, changed = network.features_and_frames(x)[1], network.features_and_frames(later)[1]
        torch.testing.assert_close(network(x), said[:, -1])
    torch.testing.assert_close(said[:, :-1], changed[:, :-1])
    assert not torch.allclose(said[:, -1], changed[:, -1])


def test_attentions_logits_are_a_weighted_mean_of_the_frames() -> None:
    for kind in ("attention", "order-blind attention"):
        network = build("baseline_cnn", CLASSES, (3,), FRAMES, kind).eval()
        x = video()
        with torch.inference_mode():
            weights = network.score(network.frame_features(x)).softmax(dim=1)
            torch.testing.assert_close(network(x), (weights * network.features_and_frames(x)[1]).sum(dim=1))


@pytest.mark.parametrize("kind", BLIND)
def test_the_controls_cannot_know_the_order(kind: str) -> None:
    network = build("baseline_cnn", CLASSES, (3,), FRAMES, kind).eval()
    x = video()
    with torch.inference_mode():
        torch.testing.assert_close(network(x), network(x[:, torch.randperm(FRAMES)]), rtol=1e-4, atol=1e-5)


def moving(clips: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """A bar that moves to the right, and the very same frames backwards; (2 · clips, 5, 1, 4, 12) and labels."""
    x = 0.3 * torch.randn(clips, 5, 1, 4, 12, generator=generator)
    start = torch.randint(0, 4, (clips,), generator=generator)
    bars = nn.functional.one_hot(start[:, None] + 2 * torch.arange(5), 12)
    x = x + 2 * bars[:, :, None, None, :]
    return torch.cat([x, x.flip(1)]), torch.arange(2).repeat_interleave(clips)


@pytest.mark.parametrize("kind", TEMPORAL_KINDS)
def test_direction_is_learned_where_order_is_known_and_only_there(kind: str) -> None:
    torch.manual_seed(0)
    generator = torch.Generator().manual_seed(0)
    network = POOLINGS[kind](Columns, 2, 1, 5)
    optimizer = torch.optim.AdamW(network.parameters(), lr=3e-3)
    for _ in range(40):
        x, labels = moving(16, generator)
        optimizer.zero_grad()
        nn.functional.cross_entropy(network(x), labels).backward()
        optimizer.step()
    x, labels = moving(100, generator)
    with torch.inference_mode():
        accuracy = float((network.eval()(x).argmax(1) == labels).float().mean())
    # Of a clip and its reverse, who cannot tell them apart gets one right.
    assert (accuracy > 0.95) if kind in ORDERED else (accuracy < 0.55)


@pytest.mark.parametrize("kind", TEMPORAL_KINDS)
def test_two_streams(kind: str) -> None:
    """Each stream sees its channels; they share one head, and are frozen in step."""
    torch.manual_seed(0)
    network = build("baseline_cnn", CLASSES, (3, 2), FRAMES, kind).eval()
    x = video(channels=5)
    network(x).sum().backward()
    assert all(p.grad is not None for p in network.parameters())
    colours, flow = network.streams
    with torch.no_grad():
        features = network.features(x)
        expected = torch.cat([colours.features(x[:, :, :3]), flow.features(x[:, :, 3:])], dim=1)
        torch.testing.assert_close(features, expected)
        assert features.shape[1] == network.head.in_features
        assert network(x).shape == (2, CLASSES)
        of_frames = network.features_and_frames(x)[1]
    assert (of_frames is None) == (kind in ("single frame", "3-d convolution"))
    assert of_frames is None or of_frames.shape == (2, FRAMES, CLASSES)
    in_stages = {id(p) for stage in network.stages for module in stage for p in module.parameters()}
    assert in_stages == {id(p) for p in network.parameters()} - {id(p) for p in network.head.parameters()}
    network.freeze(1)
    frozen = {name for name, p in network.named_parameters() if not p.requires_grad}
    assert frozen
    assert all(".network.blocks.0." in name for name in frozen)
    assert {name[:9] for name in frozen} == {"streams.0", "streams.1"}


def test_a_wrong_number_of_channels_is_refused() -> None:
    network = build("baseline_cnn", CLASSES, (3, 2), FRAMES)
    with pytest.raises(RuntimeError, match="split"):
        network(video(channels=3))
