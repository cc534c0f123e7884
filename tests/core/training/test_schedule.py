"""Schedules and optimisers: shapes known in closed form."""

from __future__ import annotations

import itertools
import math
from typing import Any, get_args

import pytest
import torch
from pydantic import ValidationError
from torch import nn

from core.recipe import Recipe
from core.training.schedule import make_optimizer, make_schedule

STEPS = 100


def groups(recipe: Recipe, steps: int = STEPS) -> list[dict[str, Any]]:
    """The settings of the first parameters in each step."""
    layer = nn.Linear(2, 2)
    optimizer = make_optimizer(layer.named_parameters(), frozenset(), recipe)
    schedule = make_schedule(optimizer, recipe, steps)
    seen = []
    for _ in range(steps):
        seen.append(dict(optimizer.param_groups[0]))
        optimizer.step()
        schedule.step()
    return seen


def rates(recipe: Recipe, steps: int = STEPS) -> list[float]:
    return [group["lr"] for group in groups(recipe, steps)]


@pytest.mark.parametrize("schedule", ["one-cycle", "cosine", "step", "constant"])
def test_every_schedule_rises_to_the_learning_rate_and_never_above(schedule: str) -> None:
    seen = rates(Recipe(schedule=schedule, learning_rate=0.1, warmup=0.2))
    assert max(seen) == pytest.approx(0.1)
    assert seen[0] < 0.05
    assert all(earlier < later for earlier, later in itertools.pairwise(seen[:20]))


@pytest.mark.parametrize("warmup", [0.0, 0.05, 0.2, 0.5])
@pytest.mark.parametrize("steps", [1, 2, 3, 5, 20, 30, 100])
@pytest.mark.parametrize("schedule", get_args(Recipe.model_fields["schedule"].annotation))
def test_short_trainings_have_a_schedule_too(schedule: str, steps: int, warmup: float) -> None:
    seen = rates(Recipe(schedule=schedule, learning_rate=0.1, warmup=warmup), steps)
    assert 0.09 < max(seen) <= 0.1 + 1e-9  # the highest of one-cycle may lie between two steps
    assert min(seen) >= 0
    if schedule == "one-cycle" and steps > 2:
        assert seen[0] < 0.01 and seen[-1] < 0.001


def test_one_cycle_moves_the_momentum_against_the_rate() -> None:
    sgd = groups(Recipe(optimizer="sgd", schedule="one-cycle", warmup=0.2))
    adam = groups(Recipe(optimizer="adamw", schedule="one-cycle", warmup=0.2))
    for seen in ([group["momentum"] for group in sgd], [group["betas"][0] for group in adam]):
        assert [seen[0], seen[19], seen[99]] == pytest.approx([0.95, 0.85, 0.95])
    assert {group["momentum"] for group in groups(Recipe(optimizer="sgd", momentum=0.7))} == {0.7}


def test_a_momentum_that_one_cycle_would_overwrite_is_refused() -> None:
    with pytest.raises(ValidationError, match=r"momentum \(0.7\) has no effect with the schedule one-cycle"):
        Recipe(optimizer="sgd", schedule="one-cycle", momentum=0.7)
    Recipe(optimizer="adamw", schedule="one-cycle", momentum=0.7)  # never looked at


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
