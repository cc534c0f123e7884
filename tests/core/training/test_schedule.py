"""Schedules and optimisers: shapes known in closed form."""

from __future__ import annotations

import itertools
import math

import pytest
import torch
from torch import nn

from core.recipe import Recipe
from core.training.schedule import make_optimizer, make_schedule

STEPS = 100


def rates(recipe: Recipe) -> list[float]:
    layer = nn.Linear(2, 2)
    optimizer = make_optimizer(layer.named_parameters(), frozenset(), recipe)
    schedule = make_schedule(optimizer, recipe, STEPS)
    seen = []
    for _ in range(STEPS):
        seen.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return seen


@pytest.mark.parametrize("schedule", ["one-cycle", "cosine", "step", "constant"])
def test_every_schedule_rises_to_the_learning_rate_and_never_above(schedule: str) -> None:
    seen = rates(Recipe(schedule=schedule, learning_rate=0.1, warmup=0.2))
    assert max(seen) == pytest.approx(0.1)
    assert seen[0] < 0.05
    assert all(earlier < later for earlier, later in itertools.pairwise(seen[:20]))


def test_cosine_is_the_cosine() -> None:
    seen = rates(Recipe(schedule="cosine", learning_rate=0.1, warmup=0.0))
    assert seen == pytest.approx([0.05 * (1 + math.cos(math.pi * step / STEPS)) for step in range(STEPS)])


def test_step_drops_ten_fold_twice() -> None:
    seen = rates(Recipe(schedule="step", learning_rate=0.1, warmup=0.0))
    assert [seen[59], seen[60], seen[84], seen[85]] == pytest.approx([0.1, 0.01, 0.01, 0.001])


def test_constant_is_constant_after_the_warm_up() -> None:
    assert set(rates(Recipe(schedule="constant", learning_rate=0.1, warmup=0.0))) == {0.1}


def test_decay_spares_vectors_and_pretrained_layers_have_their_own_rate() -> None:
    network = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Linear(3, 2))
    network[2].bias.requires_grad_(False)
    recipe = Recipe(learning_rate=0.1, weight_decay=0.5, pretrained_rate=0.1)
    optimizer = make_optimizer(network.named_parameters(), frozenset({"0.weight", "0.bias"}), recipe)
    found = {
        id(parameter): (group["lr"], group["weight_decay"])
        for group in optimizer.param_groups
        for parameter in group["params"]
    }
    expected = {"0.weight": (0.01, 0.5), "0.bias": (0.01, 0), "1.weight": (0.1, 0), "2.weight": (0.1, 0.5)}
    for name, parameter in network.named_parameters():
        if name in expected:
            assert found[id(parameter)] == pytest.approx(expected[name])
    assert id(network[2].bias) not in found, "frozen parameters are left to themselves"


def test_sgd_is_chosen_by_the_recipe() -> None:
    layer = nn.Linear(2, 2)
    assert isinstance(make_optimizer(layer.named_parameters(), frozenset(), Recipe(optimizer="sgd")), torch.optim.SGD)
