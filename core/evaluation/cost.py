"""What a network costs: parameters, and multiply-adds for one clip."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode


def parameters(network: nn.Module) -> int:
    """Numbers that can be learnt, frozen ones included."""
    return sum(parameter.numel() for parameter in network.parameters())


def multiply_adds(network: nn.Module, *example: Tensor) -> int:
    """Multiplications with an addition in one forward pass through convolutions and linear layers.

    Half of what PyTorch counts as floating-point operations; normalisation, activation and pooling are not counted,
    as is the custom of the literature.

    Args:
        network: its mode is restored afterwards and its statistics are not changed.
        example: one clip as the network sees it, a tensor for each wing, with a batch of 1.
    """
    training = network.training
    network.eval()
    try:
        with torch.no_grad(), FlopCounterMode(display=False) as counter:
            network(*example)
    finally:
        network.train(training)
    return int(counter.get_total_flops()) // 2
