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
