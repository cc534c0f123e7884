"""Every row of MODELS keeps the promises of Classifier."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from models import MODELS, build
from models.base import Classifier

SIZES = [(64, 216), (64, 87), (128, 216)]


@pytest.fixture(scope="module", params=list(MODELS))
def row(request: pytest.FixtureRequest) -> tuple[str, Classifier]:
    torch.manual_seed(0)
    return request.param, build(request.param, classes=7).eval()


@pytest.mark.parametrize("size", SIZES)
def test_logits_come_from_features_and_head(row: tuple[str, Classifier], size: tuple[int, int]) -> None:
    _, network = row
    x = torch.randn(2, 1, *size)
    with torch.inference_mode():
        features = network.features(x)
        logits = network(x)
        assert features.shape == (2, network.head.in_features)
        assert logits.shape == (2, 7)
        assert torch.equal(logits, network.head(features))


def test_smallest_input_is_honest(row: tuple[str, Classifier]) -> None:
    """It can be trained on, even one clip at a time; one row and column fewer cannot."""
    name, network = row
    smallest = MODELS[name].smallest_input
    network.train()
    assert network(torch.randn(1, 1, smallest, smallest)).isfinite().all()
    with pytest.raises((RuntimeError, ValueError)):
        network(torch.randn(1, 1, smallest - 1, smallest - 1))
    network.eval()


def test_stages_hold_every_parameter_but_the_heads_once(row: tuple[str, Classifier]) -> None:
    _, network = row
    in_stages = [id(p) for stage in network.stages for module in stage for p in module.parameters()]
    in_head = {id(p) for p in network.head.parameters()}
    assert len(in_stages) == len(set(in_stages))
    assert set(in_stages) == {id(p) for p in network.parameters()} - in_head


def test_cam_layers_give_ever_finer_maps_that_reach_the_logits(row: tuple[str, Classifier]) -> None:
    _, network = row
    seen: list[torch.Tensor] = []
    handles = [
        layer.register_forward_hook(lambda *args: seen.insert(0, args[2])) for layer in reversed(network.cam_layers)
    ]
    logits = network(torch.randn(1, 1, 128, 216, requires_grad=True))
    for handle in handles:
        handle.remove()
    assert len(seen) == len(network.cam_layers)
    assert all(gradient.abs().sum() > 0 for gradient in torch.autograd.grad(logits[0, 0], seen))
    rows = [min(maps.shape[2:]) for maps in seen]
    assert rows == sorted(set(rows))
    assert rows[-1] >= 16 and all(maps.ndim == 4 for maps in seen)


def test_three_channels_enter_too() -> None:
    for name in MODELS:
        network = build(name, classes=3, streams=(3,)).eval()
        with torch.inference_mode():
            assert network(torch.randn(1, 3, 96, 96)).shape == (1, 3)


def test_freeze_stops_gradients_and_running_statistics(row: tuple[str, Classifier]) -> None:
    name, _ = row
    network = build(name, classes=7)
    network.freeze(1)
    network.train()
    before = {key: value.clone() for key, value in network.state_dict().items()}
    network(torch.randn(2, 1, 64, 87)).sum().backward()
    frozen = {id(p) for module in network.stages[0] for p in module.parameters()}
    for key, parameter in network.named_parameters():
        assert (parameter.grad is None) == (id(parameter) in frozen), key
    first = [m for module in network.stages[0] for m in module.modules() if isinstance(m, nn.BatchNorm2d)]
    names = {id(module): key for key, module in network.named_modules()}
    for norm in first:
        assert torch.equal(norm.running_mean, before[f"{names[id(norm)]}.running_mean"])
    with pytest.raises(ValueError, match="stages to freeze"):
        network.freeze(99)


def test_the_baseline_is_small() -> None:
    assert sum(p.numel() for p in build("baseline_cnn", classes=50).parameters()) <= 1_000_000


def test_plain50_is_resnet50_without_its_shortcuts() -> None:
    """The same weights where both have some, and relu(F(x)) in each block, read slowly."""
    torch.manual_seed(0)
    plain, residual = build("plain50", classes=5).eval(), build("resnet50", classes=5).eval()
    own, others = plain.state_dict(), residual.state_dict()
    gone = set(others) - set(own)
    assert set(own) < set(others) and gone and all(".downsample." in name for name in gone)
    plain.load_state_dict({name: others[name] for name in own})
    x = torch.randn(2, 1, 64, 87)
    with torch.inference_mode():
        n = residual.network
        y = n.maxpool(n.relu(n.bn1(n.conv1(x))))
        for block in [block for layer in (n.layer1, n.layer2, n.layer3, n.layer4) for block in layer]:
            for convolution, norm in ((1, 1), (2, 2), (3, 3)):
                y = torch.relu(getattr(block, f"bn{norm}")(getattr(block, f"conv{convolution}")(y)))
        assert torch.equal(plain.features(x), y.mean(dim=(2, 3)))
        assert not torch.allclose(plain(x), residual(x))


@pytest.mark.parametrize(("architecture", "millions"), [("resnet18", 11.69), ("resnet34", 21.80), ("resnet50", 25.56)])
def test_residual_networks_are_as_large_as_published(architecture: str, millions: float) -> None:
    """torchvision's own table of weights: 1000 classes, three channels."""
    network = build(architecture, classes=1000, streams=(3,))
    assert sum(p.numel() for p in network.parameters()) / 1e6 == pytest.approx(millions, abs=0.005)
