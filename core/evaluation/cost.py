"""What a network costs: parameters, and multiply-adds for one clip."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode


def parameters(network: nn.Module) -> int:
    """Numbers that can be learnt, frozen ones included."""
    return sum(parameter.numel() for parameter in network.parameters())


def multiply_adds(network: nn.Module, *example: Tensor) -> int:
    """Multiplications with an addition in one forward pass through convolutions, linear layers and attention.

    Half of what PyTorch counts as floating-point operations; normalisation, activation and pooling are not counted,
    as is the custom of the literature.

    Args:
        network: its mode is restored afterwards and its statistics are not changed.
        example: one clip as the network sees it, a tensor for each wing, with a batch of 1.
    """
    training, fused = network.training, torch.backends.mha.get_fastpath_enabled()
    network.eval()
    torch.backends.mha.set_fastpath_enabled(False)  # PyTorch does not look into a transformer's fused layer …
    try:
        # … nor on every device into fused attention, which is taken apart into products of matrices.
        with torch.no_grad(), sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
            network(*example)
    finally:
        network.train(training)
        torch.backends.mha.set_fastpath_enabled(fused)
    return int(counter.get_total_flops()) // 2
