"""Parameters and multiply-adds against sums done by hand and published figures."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from core.evaluation.cost import multiply_adds, parameters
from models import build


def test_by_hand() -> None:
    network = nn.Sequential(nn.Conv2d(3, 8, 5, padding=2), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 6 * 7, 10))
    network.train()
    assert parameters(network) == 3 * 8 * 25 + 8 + 8 * 6 * 7 * 10 + 10
    assert multiply_adds(network, torch.zeros(1, 3, 6, 7)) == 6 * 7 * 8 * 3 * 25 + 8 * 6 * 7 * 10
    assert network.training


def test_a_transformer_by_hand() -> None:
    frames, width = 7, 32
    layer = nn.TransformerEncoderLayer(width, 4, 2 * width, batch_first=True)
    projections, feed_forward = 4 * frames * width**2, 2 * frames * width * 2 * width
    attention = 2 * frames**2 * width  # scores of all pairs, and what they weigh
    assert multiply_adds(layer, torch.zeros(1, frames, width)) == projections + attention + feed_forward
    assert torch.backends.mha.get_fastpath_enabled()


def test_a_recurrent_layer_by_hand() -> None:
    assert multiply_adds(nn.GRU(16, 16, batch_first=True), torch.zeros(1, 5, 16)) == 5 * 3 * 2 * 16**2


@pytest.mark.parametrize(
    ("architecture", "millions", "giga"),
    [("alexnet", 61.10, 0.71), ("resnet50", 25.56, 4.09)],  # torchvision's own table of weights
)
def test_published_figures(architecture: str, millions: float, giga: float) -> None:
    network = build(architecture, classes=1000, streams=(3,))
    assert parameters(network) / 1e6 == pytest.approx(millions, abs=0.01)
    assert multiply_adds(network, torch.zeros(1, 3, 224, 224)) / 1e9 == pytest.approx(giga, abs=0.01)


def test_running_statistics_stay() -> None:
    network = build("baseline_cnn", classes=3)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    multiply_adds(network, torch.randn(1, 1, 64, 64))
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
