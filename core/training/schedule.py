"""Optimiser and learning-rate schedule of a recipe, from torch's own."""

from __future__ import annotations

from collections.abc import Iterable

from torch import nn
from torch.optim import SGD, AdamW, Optimizer
from torch.optim.lr_scheduler import (
    ConstantLR,
    CosineAnnealingLR,
    LinearLR,
    LRScheduler,
    MultiStepLR,
    OneCycleLR,
    SequentialLR,
)

from core.recipe import Recipe

STEP_DROPS = (0.6, 0.85)  # of the training, where the rate falls ten-fold
FEWEST_IN_CYCLE = 3  # steps: one below the highest rate, one at it, one after it


def make_optimizer(named: Iterable[tuple[str, nn.Parameter]], pretrained: frozenset[str], recipe: Recipe) -> Optimizer:
    """AdamW or SGD over the parameters that learn.

    Weight decay is left off vectors (biases, normalisation); parameters in `pretrained` get the learning rate times
    `recipe.pretrained_rate`.
    """
    groups: dict[tuple[bool, bool], list[nn.Parameter]] = {}
    for name, parameter in named:
        if parameter.requires_grad:
            groups.setdefault((name in pretrained, parameter.ndim > 1), []).append(parameter)
    settings = [
        {
            "params": parameters,
            "lr": recipe.learning_rate * (recipe.pretrained_rate if came_with_weights else 1.0),
            "weight_decay": recipe.weight_decay if decays else 0.0,
        }
        for (came_with_weights, decays), parameters in groups.items()
    ]
    # On a CPU the fused step passes over the weights once: 20 times as fast for AlexNet's 57 million. On GPUs torch's
    # own choice is as quick, and Lightning forbids fused steps together with fp16 and clipping.
    fused = all(parameter.device.type == "cpu" for group in groups.values() for parameter in group) or None
    if recipe.optimizer == "adamw":
        return AdamW(settings, lr=recipe.learning_rate, fused=fused)
    momentum = recipe.momentum
    return SGD(settings, lr=recipe.learning_rate, momentum=momentum, nesterov=momentum > 0, fused=fused)


def make_schedule(optimizer: Optimizer, recipe: Recipe, steps: int) -> LRScheduler:
    """The schedule over `steps` optimiser steps, to be advanced after each.

    One-cycle moves the momentum (SGD) or β₁ (AdamW) against the rate, from 0.95 to 0.85 and back (Smith, “A disciplined
    approach to neural network hyper-parameters”, 2018); fewer than three steps have no room for it and are constant.
    """
    if recipe.schedule == "one-cycle" and steps >= FEWEST_IN_CYCLE:
        highest = [group["lr"] for group in optimizer.param_groups]
        # The rise ends at step pct_start · steps − 1, which torch divides by: not before the second step.
        return OneCycleLR(optimizer, max_lr=highest, total_steps=steps, pct_start=max(recipe.warmup, 2 / steps))
    warmup = min(round(recipe.warmup * steps), steps - 1)
    rest = max(1, steps - warmup)
    main: LRScheduler
    if recipe.schedule == "cosine":
        main = CosineAnnealingLR(optimizer, T_max=rest)
    elif recipe.schedule == "step":
        main = MultiStepLR(optimizer, milestones=[round(drop * rest) for drop in STEP_DROPS], gamma=0.1)
    else:
        main = ConstantLR(optimizer, factor=1.0, total_iters=0)
    if warmup == 0:
        return main
    rise = LinearLR(optimizer, start_factor=1 / (warmup + 1), total_iters=warmup)
    return SequentialLR(optimizer, [rise, main], milestones=[warmup])
