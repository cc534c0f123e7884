"""Fits tensors read from a file onto a network, by name and shape."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from models.base import Classifier

WRAPPERS = ("module.", "model.", "network.")


@dataclass(frozen=True)
class WeightsReport:
    """What became of every tensor of the file and of the network.

    Attributes:
        loaded: names in the network.
        summed: those of `loaded` that had three input channels in the file and were summed over them.
        skipped: (name in the file, reason).
        missing: names in the network that found nothing in the file and keep their random values.
        pretrained: names of the parameters (not buffers) in `loaded`, as `named_parameters` gives them.
    """

    loaded: tuple[str, ...]
    summed: tuple[str, ...]
    skipped: tuple[tuple[str, str], ...]
    missing: tuple[str, ...]
    pretrained: frozenset[str]

    def summary(self) -> str:
        return f"{len(self.loaded)} tensors loaded, {len(self.skipped)} skipped, {len(self.missing)} missing."

    def lines(self) -> list[str]:
        """Tensor by tensor, for the log."""
        return [
            *(f"loaded {name}{' (summed over the colours)' if name in self.summed else ''}" for name in self.loaded),
            *(f"skipped {name}: {reason}" for name, reason in self.skipped),
            *(f"missing {name}" for name in self.missing),
        ]


def bare_name(name: str) -> str:
    """A tensor's name without the prefixes that wrappers (DataParallel, Lightning, ours) put before it."""
    while name.startswith(WRAPPERS):
        name = name.split(".", 1)[1]
    return name


def fit(network: Classifier, tensors: Mapping[str, Tensor], keep_head: bool = False) -> WeightsReport:
    """Copy every tensor that has its place in the network; tell what was loaded, skipped and missing.

    A convolution with three input channels in the file and one in the network is summed over the channels
    (`models.base.sum_channels` says why that is exact). Names are compared without the prefixes of wrappers.

    Args:
        network: changed in place.
        tensors: by name, as a state dict.
        keep_head: also load the last layer: only for weights that were trained on the same classes.

    Raises:
        ValueError: nothing fits.
    """
    targets = {bare_name(name): (name, target) for name, target in network.state_dict(keep_vars=True).items()}
    head = {id(parameter) for parameter in network.head.parameters()}
    loaded, summed, skipped = [], [], []
    for name, tensor in tensors.items():
        own, target = targets.get(bare_name(name), ("", None))
        reason = ""
        if target is None:
            reason = "not in the network"
        elif own in loaded:
            reason = "stands twice in the file"
        elif id(target) in head and not keep_head:
            reason = "the head is new for this task"
        else:
            if target.ndim == 4 and tensor.ndim == 4 and target.shape[1] == 1 and tensor.shape[1] == 3:
                tensor = tensor.sum(dim=1, keepdim=True)
                summed.append(own)
            if tensor.shape != target.shape:
                reason = f"its shape {_shape(tensor)} differs from the network's {_shape(target)}"
            elif not torch.isfinite(tensor).all():
                reason = "it holds values that are not finite"
        if reason or target is None:
            skipped.append((name, reason))
            continue
        with torch.no_grad():
            target.copy_(tensor)
        loaded.append(own)
    if not loaded:
        raise ValueError(f"none of its {len(tensors)} tensors fits the network")
    return WeightsReport(
        loaded=tuple(loaded),
        summed=tuple(name for name in summed if name in loaded),
        skipped=tuple(skipped),
        # Files from before 2018 lack the counter of batches, which nothing here uses.
        missing=tuple(n for n, _ in targets.values() if n not in loaded and not n.endswith("num_batches_tracked")),
        pretrained=frozenset(loaded) & {name for name, _ in network.named_parameters()},
    )


def _shape(tensor: Tensor) -> str:
    return "×".join(map(str, tensor.shape)) or "scalar"
