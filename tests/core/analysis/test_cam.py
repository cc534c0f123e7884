"""Class activation maps against the library's own and a slow reading of the papers; occlusion; nothing else touched."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from core.analysis.cam import FINE, Explainer
from core.analysis.evidence import Box, Method
from core.datasets.base import Modality
from core.evaluation.predictions import Predictions
from core.recipe import Recipe
from core.run_records import Phase
from core.run_spec import Branch, DatasetChoice, Network, RunSpec
from core.runs import run_folder
from core.training.initial import build_network
from core.training.task import Task
from core.weights import write_tensors
from core.workspace import Workspace
from models import MODELS

CLASSES = ("one", "two", "three")
SOUND = {"audio": {"seconds": 2.0, "mels": 64}}
SIGHT = {"video": {"frames": 4, "size": 64, "side": 64}}


def untrained(tmp_path, network: Network, modality: Modality, recipe: dict) -> Explainer:
    """A finished run whose weights are random: what maps are made of does not depend on training."""
    workspace = Workspace(tmp_path / "workspace").open()
    spec = RunSpec(
        study="random weights", network=network, modality=modality, dataset=DatasetChoice(name="demo-sounds"),
        recipe=Recipe.model_validate(recipe), fold=1, seed=0,
        branches=tuple(Branch(network=Network(modality=of), modality=of) for of in modality.wings)
        if modality is Modality.AUDIO_VISUAL else (),
    )  # fmt: skip
    folder = run_folder(workspace, spec)
    folder.create(spec)
    torch.manual_seed(1)
    task = Task(build_network(spec, len(CLASSES)), spec.recipe, modality.wings, len(CLASSES), 0)
    write_tensors(task.state_dict(), folder.weights)
    Predictions(
        CLASSES,
        np.array(["a"]),
        np.zeros(1, np.int64),
        np.full((1, 3), 1 / 3, np.float32),
        np.zeros((1, 0), np.float16),
    ).save(folder.predictions_file)
    folder.write_status(phase=Phase.DONE)
    workspace.close()
    return Explainer(folder, torch.device("cpu"))


def raw(explainer: Explainer) -> dict:
    torch.manual_seed(2)
    return {wing: end.example(1) for wing, end in explainer.task.front_ends.items()}


def drawn_out(image: np.ndarray, size: int) -> np.ndarray:
    """Linear interpolation between the centres of cells, along one side and then along the other."""
    for axis in (0, 1):
        cells = image.shape[axis]
        places = (np.arange(size) + 0.5) * cells / size - 0.5
        image = np.apply_along_axis(
            lambda line, places=places: np.interp(places, np.arange(len(line)), line), axis, image
        )
    return image


@pytest.mark.parametrize("architecture", list(MODELS))
@pytest.mark.parametrize("method", list(Method))
def test_maps_equal_those_of_the_library_asked_by_itself(tmp_path, architecture, method):
    from pytorch_grad_cam import GradCAM, LayerCAM
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

    explainer = untrained(tmp_path, Network(architecture=architecture), Modality.AUDIO, SOUND)
    (x,) = explainer.see(raw(explainer))
    # Of an untrained network nothing may speak for a class: then there is no map to compare.
    wanted, ours = next((k, e) for k in range(3) if (e := explainer.evidence([x], [k], method)[0]).maps["audio"].any())
    layer = explainer._layers[0]
    whole = {Method.GRAD_CAM: GradCAM, Method.LAYER_CAM: LayerCAM}[method]
    network = explainer.network.requires_grad_(True)
    with whole(network, [layer]) as cam:
        theirs = cam(x, [ClassifierOutputTarget(wanted)])[0]
    got = ours.maps["audio"]
    assert got.shape == theirs.shape == tuple(x.shape[-2:])
    # Theirs is drawn out by OpenCV and brought to the range from 0 to 1: compared by its shape.
    assert np.corrcoef(got.ravel(), theirs.ravel())[0, 1] > 0.99
    assert np.abs((got - got.min()) / np.ptp(got) - theirs).mean() < 0.02


@pytest.mark.parametrize("temporal", ["average", "gru", "3-d convolution", "single frame"])
def test_maps_of_frames_are_a_slow_reading_of_the_papers(tmp_path, temporal):
    network = Network(architecture="baseline_cnn", temporal=temporal)
    explainer = untrained(tmp_path, network, Modality.VIDEO, SIGHT)
    (x,) = explainer.see(raw(explainer))
    for method in Method:
        (ours,) = explainer.evidence([x], [1], method)
        kept: list[Tensor] = []
        handle = explainer._layers[0].register_forward_hook(lambda *a, kept=kept: kept.append(a[2]))
        logits = explainer.network(x.clone().requires_grad_())
        handle.remove()
        (gradient,) = torch.autograd.grad(logits[0, 1], kept)
        a, g = kept[0].detach().numpy(), gradient.numpy()
        places = tuple(range(2, a.ndim))
        weights = g.mean(axis=places, keepdims=True) if method is Method.GRAD_CAM else np.maximum(g, 0)
        expected = np.maximum((weights * a).sum(axis=1), 0)
        got = ours.maps["video"]
        assert got.shape == (4, 64, 64)
        if temporal == "single frame":
            assert got[2].any() and not got[[0, 1, 3]].any()
        elif temporal != "3-d convolution":
            for frame in range(4):
                np.testing.assert_allclose(got[frame], drawn_out(expected[frame], 64), rtol=1e-4, atol=1e-6)
        assert got.max() <= expected.max() * (1 + 1e-5)


def test_the_layer_is_the_deepest_whose_map_is_fine_enough(tmp_path):
    explainer = untrained(tmp_path, Network(architecture="resnet50"), Modality.AUDIO, SOUND)
    (x,) = explainer.see(raw(explainer))
    sizes = {}
    handles = [
        layer.register_forward_hook(lambda layer, _, out: sizes.__setitem__(layer, min(out.shape[-2:])))
        for layer in explainer.network.cam_layers
    ]
    with torch.no_grad():
        explainer.network(x)
    for handle in handles:
        handle.remove()
    explainer.evidence([x], [0], Method.LAYER_CAM)
    chosen = explainer.network.cam_layers.index(explainer._layers[0])
    assert sizes[explainer.network.cam_layers[chosen]] >= FINE
    assert all(sizes[layer] < FINE for layer in explainer.network.cam_layers[:chosen])


def test_maps_of_both_wings_of_a_network_on_both(tmp_path):
    both = Network(architecture="baseline_cnn", modality="audio-visual", joint=True)
    explainer = untrained(tmp_path, both, Modality.AUDIO_VISUAL, SOUND | SIGHT)
    seen = explainer.see(raw(explainer))
    (found,) = explainer.evidence(seen, [0], Method.LAYER_CAM)
    assert found.maps["audio"].shape == explainer.decibels(seen).shape
    assert found.maps["video"].shape == (4, 64, 64)
    assert all(of.any() for of in found.maps.values())


def test_windows_of_a_sound_stand_side_by_side(tmp_path):
    recipe = {"audio": {"seconds": 4.0, "mels": 64, "windows": 3}}
    explainer = untrained(tmp_path, Network(temporal="gru"), Modality.AUDIO, recipe)
    seen = explainer.see(raw(explainer))
    windows, _, mels, columns = seen[0].shape[1:]
    (found,) = explainer.evidence(seen, [0], Method.LAYER_CAM)
    assert found.maps["audio"].shape == (mels, windows * columns) == explainer.decibels(seen).shape
    # A box over the second third hides the second window, and nothing else.
    hidden = explainer._without(seen, [Box("audio", 1 / 3, 2 / 3, 0, 1)])[0]
    assert torch.equal(hidden[:, [0, 2]], seen[0][:, [0, 2]])
    assert (hidden[:, 1] == seen[0].min()).all()


def test_the_spectrogram_comes_back_in_decibels(tmp_path):
    explainer = untrained(tmp_path, Network(), Modality.AUDIO, SOUND)
    inputs = raw(explainer)
    end = explainer.task.front_ends["audio"]
    end.standardise.mean.fill_(-20.0)
    end.standardise.std.fill_(12.0)
    expected = end.levels(inputs["audio"][0])[0, 0].numpy()
    np.testing.assert_allclose(explainer.decibels(explainer.see(inputs)), expected, atol=1e-3)


@pytest.mark.parametrize(
    ("wing", "modality", "recipe"), [("audio", Modality.AUDIO, SOUND), ("video", Modality.VIDEO, SIGHT)]
)
def test_what_is_hidden_is_nothing_and_the_rest_stays(tmp_path, wing, modality, recipe):
    explainer = untrained(tmp_path, Network(temporal="average"), modality, recipe)
    (x,) = explainer.see(raw(explainer))
    hidden = explainer._without([x], [Box(wing, 0.25, 0.5, 0.5, 1.0)])[0]
    rows, columns = x.shape[-2:]
    inside = torch.zeros(rows, columns, dtype=torch.bool)
    inside[rows // 2 :, columns // 4 : -(-columns // 2)] = True
    assert torch.equal(hidden[..., ~inside], x[..., ~inside])
    nothing = x.min() if wing == "audio" else torch.zeros(())
    assert (hidden[..., inside] == nothing).all()
    assert not np.array_equal(explainer.answer([x]), explainer.answer([x], [Box(wing, 0, 1, 0, 1)]))


def test_asking_leaves_no_gradients_no_hooks_and_the_weights_as_they_were(tmp_path):
    explainer = untrained(tmp_path, Network(), Modality.AUDIO, SOUND)
    before = {name: value.clone() for name, value in explainer.task.state_dict().items()}
    (x,) = explainer.see(raw(explainer))
    explainer.evidence([x], [0, 1], Method.GRAD_CAM)
    assert all(torch.equal(value, before[name]) for name, value in explainer.task.state_dict().items())
    assert all(parameter.grad is None for parameter in explainer.network.parameters())
    assert not any(module._forward_hooks for module in explainer.network.modules())
    assert not explainer.network.training
