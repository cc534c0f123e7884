"""Tensors onto networks: by name and shape, with an account of every one of them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch
import torchvision
from safetensors.torch import load_file

from models import MODELS, TEMPORAL_KINDS, build, build_fusion
from models.base import Classifier
from models.weights import adapt, bare_name, fit

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


@pytest.mark.parametrize("architecture", list(MODELS))
def test_the_first_stages_alone_can_be_loaded(architecture: str) -> None:
    torch.manual_seed(1)
    source = build(architecture, 5)
    torch.manual_seed(2)
    network = build(architecture, 5)
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    report = fit(network, source.state_dict(), stages=2)
    inside = {id(p) for stage in network.stages[:2] for module in stage for p in module.parameters()}
    assert inside
    for name, parameter in network.named_parameters():
        wanted = source.state_dict()[name] if id(parameter) in inside else before[name]
        assert torch.equal(parameter, wanted), name
        assert (name in report.pretrained) == (id(parameter) in inside)
    assert any("after the first 2 stages" in reason for _, reason in report.skipped)
    with pytest.raises(ValueError, match="stages, not 99"):
        fit(network, source.state_dict(), stages=99)


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


@pytest.mark.parametrize(
    "prefix", ["", "module.", "model.", "network.", "model.module.", "sight.network.", "streams.1.network."]
)
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
    assert len(report.adapted) == (channels == 1)
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
    assert report.adapted == {"network.features.0.weight": "summed over the 3 channels"}
    assert all(name.startswith("network.classifier.") for name in report.missing)
    expected = tensors["features.0.weight"].sum(dim=1, keepdim=True)
    torch.testing.assert_close(network.state_dict()["network.features.0.weight"], expected)


def test_a_convolution_for_other_channels_answers_alike_where_all_are_equal() -> None:
    """From colours to sound and to flow, from sound to both: any n to any m."""
    x = torch.randn(2, 1, 9, 9)
    for before in (1, 2, 3):
        weight = torch.randn(4, before, 3, 3)
        expected = torch.conv2d(x.expand(-1, before, -1, -1), weight)
        for after in (1, 2, 3):
            changed, how = adapt(weight, (4, after, 3, 3))
            assert bool(how) == (before != after)
            assert before == after or all(torch.equal(changed[:, 0], changed[:, n]) for n in range(after))
            torch.testing.assert_close(torch.conv2d(x.expand(-1, after, -1, -1), changed), expected)


def test_what_was_done_to_a_tensor_is_said() -> None:
    flat, deep = torch.randn(4, 3, 5, 5), torch.randn(4, 3, 3, 5, 5)
    assert adapt(flat, (4, 1, 5, 5))[1] == "summed over the 3 channels"
    assert adapt(flat[:, :1], (4, 3, 5, 5))[1] == "spread over 3 channels"
    assert adapt(flat, (4, 2, 5, 5))[1] == "sum of 3 channels spread over 2"
    assert adapt(flat, (4, 1, 3, 5, 5))[1] == "inflated over 3 frames, summed over the 3 channels"
    assert adapt(deep, (4, 3, 5, 5))[1] == "summed over time"
    assert adapt(flat, (4, 3, 5, 5)) == (flat, "")


def test_hidden_layers_of_another_width_are_not_taken_for_channels() -> None:
    weight = torch.randn(64, 32, 3, 3)
    assert adapt(weight, (64, 48, 3, 3))[0] is weight


@pytest.mark.parametrize("architecture", list(MODELS))
def test_pictures_inflated_and_back_are_the_same(architecture: str) -> None:
    torch.manual_seed(1)
    flat = build(architecture, 4, (3,))
    deep = build(architecture, 4, (3,), 4, "3-d convolution")
    report = fit(deep, flat.state_dict(), keep_head=True)
    assert not report.skipped
    assert not report.missing
    assert all(how == "inflated over 3 frames" for how in report.adapted.values())
    again = build(architecture, 4, (3,))
    assert not fit(again, deep.state_dict(), keep_head=True).missing
    for name, value in flat.state_dict().items():
        torch.testing.assert_close(again.state_dict()[name], value, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("kind", TEMPORAL_KINDS)
def test_from_sight_to_sound_and_back(kind: str) -> None:
    """A run on videos starts one on spectrograms, and that one on videos: all but the head finds its place."""
    torch.manual_seed(2)
    sight = build("baseline_cnn", 6, (3,), 4, kind)
    sound = build("baseline_cnn", 5)
    windows = build("baseline_cnn", 5, (1,), 4, kind)
    report = fit(windows, sight.state_dict())
    assert set(report.missing) == {name for name, p in windows.named_parameters() if _in_head(windows, p)}
    assert list(report.adapted.values()) == ["summed over the 3 channels"]
    assert not [name for name in fit(sound, windows.state_dict()).missing if not name.startswith("linear.")]
    again = build("baseline_cnn", 6, (3,), 4, kind)
    back = fit(again, windows.state_dict())
    assert list(back.adapted.values()) == ["spread over 3 channels"]
    # Every later layer came back as it was; the first answers to a grey video as it did.
    for name, value in sight.state_dict().items():
        if name in back.loaded and name not in back.adapted:
            assert torch.equal(again.state_dict()[name], value), name
    (first,) = back.adapted
    torch.testing.assert_close(again.state_dict()[first].sum(1), sight.state_dict()[first].sum(1))


def _in_head(network: Classifier, parameter: torch.nn.Parameter) -> bool:
    return any(parameter is p for p in network.head.parameters())


def test_one_file_fills_both_streams_and_a_run_of_two_fills_them_again() -> None:
    source = build("baseline_cnn", 5, (3,)).state_dict()
    network = build("baseline_cnn", 5, (3, 2), 4)
    report = fit(network, source)
    assert set(report.missing) == {"joint.weight", "joint.bias"}
    assert report.adapted == {"streams.1.network.blocks.0.0.weight": "sum of 3 channels spread over 2"}
    assert {name for name, _ in report.skipped} == {"linear.weight", "linear.bias"}
    torch.manual_seed(5)
    trained = build("baseline_cnn", 5, (3, 2), 4)
    assert not fit(network, trained.state_dict(), keep_head=True).missing
    for name, value in trained.state_dict().items():
        assert torch.equal(network.state_dict()[name], value), name
    colours = build("baseline_cnn", 5, (3,))
    fit(colours, trained.state_dict())
    assert torch.equal(colours.blocks[1][0].weight, trained.streams[0].network.blocks[1][0].weight)


def test_both_branches_start_from_one_file_but_keep_new_heads() -> None:
    source = build("baseline_cnn", 5, (3,)).state_dict()
    network = build_fusion("gated attention", baseline(), build("baseline_cnn", 5, (3,), 4, "gru"), 5)
    report = fit(network, source)
    assert {name for name in report.loaded if "blocks.0.0" in name} == {
        "sound.blocks.0.0.weight",
        "sight.network.blocks.0.0.weight",
    }
    assert report.adapted == {"sound.blocks.0.0.weight": "summed over the 3 channels"}
    assert {name for name, _ in report.skipped} == {"linear.weight", "linear.bias"}
    assert {"sound.linear.weight", "sight.decision.weight", "gated.scale"} <= set(report.missing)
    again = build_fusion("gated attention", baseline(seed=7), build("baseline_cnn", 5, (3,), 4, "gru"), 5)
    assert not fit(again, network.state_dict(), keep_head=True).missing
    assert all(torch.equal(value, again.state_dict()[name]) for name, value in network.state_dict().items())


def test_the_log_names_what_was_changed() -> None:
    report = fit(build("baseline_cnn", 5, (1,), 4, "3-d convolution"), build("baseline_cnn", 5, (3,)).state_dict())
    assert "loaded network.blocks.0.0.weight (inflated over 3 frames, summed over the 3 channels)" in report.lines()
