"""Tensors onto networks: by name and shape, with an account of every one of them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch
import torchvision
from safetensors.torch import load_file

from models import build
from models.base import Classifier
from models.weights import bare_name, fit

DATA = Path(os.environ.get("SENSORIUM_TEST_DATA", Path(__file__).parents[2].parent / "shared" / "data"))
FEATURES = DATA / "weights" / "alexnet-features-imagenet.safetensors"


def baseline(classes: int = 5, seed: int = 0) -> Classifier:
    torch.manual_seed(seed)
    return build("baseline_cnn", classes)


def test_a_network_of_the_same_kind_takes_everything_but_the_head() -> None:
    source, network = baseline(seed=1), baseline(seed=2)
    head_before = network.head.weight.clone()
    report = fit(network, source.state_dict())
    assert set(report.missing) == {"linear.weight", "linear.bias"}
    assert dict(report.skipped) == dict.fromkeys(report.missing, "the head is new for this task")
    assert torch.equal(network.head.weight, head_before)
    for name, value in source.state_dict().items():
        if name in report.loaded:
            assert torch.equal(network.state_dict()[name], value)
    assert report.pretrained == {name for name, _ in network.named_parameters()} - set(report.missing)


def test_the_head_is_kept_on_request() -> None:
    source, network = baseline(seed=1), baseline(seed=2)
    report = fit(network, source.state_dict(), keep_head=True)
    assert not report.missing
    assert not report.skipped
    x = torch.randn(2, 1, 64, 64)
    assert torch.equal(source.eval()(x), network.eval()(x))


def test_what_does_not_fit_is_skipped_with_its_reason() -> None:
    source = baseline(classes=9).state_dict()
    tensors = {
        "blocks.0.0.weight": source["blocks.0.0.weight"],
        "blocks.0.1.weight": torch.full((32,), torch.nan),
        "blocks.1.0.weight": torch.zeros(64, 32, 5, 5),
        "module.blocks.0.0.weight": source["blocks.0.0.weight"],
        "elsewhere": torch.zeros(1),
        "linear.weight": source["linear.weight"],
    }
    report = fit(baseline(), tensors, keep_head=True)
    assert report.loaded == ("blocks.0.0.weight",)
    assert dict(report.skipped) == {
        "blocks.0.1.weight": "it holds values that are not finite",
        "blocks.1.0.weight": "its shape 64×32×5×5 differs from the network's 64×32×3×3",
        "module.blocks.0.0.weight": "stands twice in the file",
        "elsewhere": "not in the network",
        "linear.weight": "its shape 9×208 differs from the network's 5×208",
    }
    assert len(report.lines()) == 6 + len(report.missing)


def test_nothing_that_fits_is_an_error() -> None:
    with pytest.raises(ValueError, match="none of its 1 tensors fits"):
        fit(baseline(), {"x": torch.zeros(3)})


@pytest.mark.parametrize("prefix", ["", "module.", "model.", "network.", "model.module."])
def test_prefixes_of_wrappers_do_not_matter(prefix: str) -> None:
    source = baseline(seed=1)
    report = fit(baseline(), {prefix + name: value for name, value in source.state_dict().items()}, keep_head=True)
    assert not report.missing
    assert bare_name(f"{prefix}linear.bias") == "linear.bias"


@pytest.mark.parametrize(("architecture", "head"), [("alexnet", "classifier.6"), ("resnet50", "fc")])
@pytest.mark.parametrize("channels", [1, 3])
def test_torchvisions_names_map_and_give_torchvisions_features(architecture: str, head: str, channels: int) -> None:
    """A grey picture gives the same activations in both, whether the colours were summed or not."""
    torch.manual_seed(3)
    theirs = torchvision.models.get_model(architecture, weights=None).eval()
    network = build(architecture, classes=4, streams=(channels,))
    report = fit(network, theirs.state_dict())
    assert set(report.missing) == {f"network.{head}.weight", f"network.{head}.bias"}
    assert {name for name, _ in report.skipped} == {f"{head}.weight", f"{head}.bias"}
    assert len(report.summed) == (channels == 1)
    theirs.get_submodule(head.rpartition(".")[0])._modules[head.rpartition(".")[2]] = torch.nn.Identity()
    grey = torch.randn(1, 1, 96, 96)
    with torch.inference_mode():
        ours = network.eval().features(grey.expand(-1, channels, -1, -1))
        expected = theirs(grey.expand(-1, 3, -1, -1))
    torch.testing.assert_close(ours, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.skipif(not FEATURES.is_file(), reason=f"{FEATURES} is absent")
def test_the_real_features_of_alexnet_load() -> None:
    tensors = load_file(FEATURES)
    network = build("alexnet", classes=10)
    report = fit(network, tensors)
    assert len(report.loaded) == len(tensors) == 10
    assert not report.skipped
    assert report.summed == ("network.features.0.weight",)
    assert all(name.startswith("network.classifier.") for name in report.missing)
    expected = tensors["features.0.weight"].sum(dim=1, keepdim=True)
    torch.testing.assert_close(network.state_dict()["network.features.0.weight"], expected)
