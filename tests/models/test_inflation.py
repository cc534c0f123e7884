"""Networks of pictures as networks of videos."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from models import MODELS, build
from models.inflation import draw_anew, inflate, inflate_weight


def test_inflated_weights_read_slowly() -> None:
    weight = torch.randn(4, 3, 5, 5)
    longer = inflate_weight(weight, 3)
    assert longer.shape == (4, 3, 3, 5, 5)
    for out in range(4):
        for time in range(3):
            torch.testing.assert_close(longer[out, :, time], weight[out] / 3)


@pytest.mark.parametrize("architecture", list(MODELS))
@pytest.mark.parametrize("frames", [1, 6])
def test_a_still_video_gets_the_answer_of_its_picture(architecture: str, frames: int) -> None:
    """Exactly, to the borders, at any length; with statistics of normalisation that are not those of a new network."""
    torch.manual_seed(0)
    flat = build(architecture, 4, (3,))
    for module in flat.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.running_mean, -0.1, 0.1)
            nn.init.uniform_(module.running_var, 0.5, 2)
    deep = build(architecture, 4, (3,))
    deep.load_state_dict(flat.state_dict())
    names = list(deep.state_dict())
    inflate(deep)
    assert list(deep.state_dict()) == names
    picture = torch.randn(2, 3, 64, 64)
    with torch.inference_mode():
        expected = flat.eval()(picture)
        got = deep.eval()(picture[:, :, None].expand(-1, -1, frames, -1, -1))
    torch.testing.assert_close(got, expected, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(("architecture", "left"), [("baseline_cnn", 4), ("alexnet", 8), ("resnet50", 2)])
def test_time_shrinks_from_the_second_stage_on(architecture: str, left: int) -> None:
    """What is left of 16 frames at the deepest layer that can be mapped."""
    network = inflate(build(architecture, 4, (3,))).eval()
    sizes: list[torch.Size] = []
    handle = network.cam_layers[0].register_forward_hook(lambda *args: sizes.append(args[2].shape))
    with torch.inference_mode():
        network(torch.randn(1, 3, 16, 64, 64))
    handle.remove()
    assert sizes[0][2] == left


@pytest.mark.parametrize("architecture", list(MODELS))
def test_new_weights_keep_the_scale_and_differ_over_time(architecture: str) -> None:
    torch.manual_seed(0)
    flat = dict(build(architecture, 4, (3,)).named_parameters())
    deep = draw_anew(inflate(build(architecture, 4, (3,))))
    for name, parameter in deep.named_parameters():
        if parameter.ndim == 5 and parameter.shape[2] > 1:
            assert float(parameter.detach().std()) * 3**0.5 == pytest.approx(float(flat[name].detach().std()), rel=0.1)
            assert not torch.allclose(parameter[:, :, 0], parameter[:, :, 1])
