"""Fits tensors read from a file onto a network, by name and shape."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from models.base import Classifier
from models.inflation import inflate_weight

# What wrappers put before a tensor's name, and the places where a network stands inside another.
PREFIXES = re.compile(r"^((module|model|network|sound|sight|streams\.\d+)\.)+")
MOST_CHANNELS = 8  # of an input; no hidden layer is so narrow


@dataclass(frozen=True)
class WeightsReport:
    """What became of every tensor of the file and of the network.

    Attributes:
        loaded: names in the network.
        adapted: how a tensor was changed to fit, for those of `loaded` that were.
        skipped: (name in the file, reason).
        missing: names in the network that found nothing in the file and keep their random values.
        pretrained: names of the parameters (not buffers) in `loaded`, as `named_parameters` gives them.
    """

    loaded: tuple[str, ...]
    adapted: Mapping[str, str]
    skipped: tuple[tuple[str, str], ...]
    missing: tuple[str, ...]
    pretrained: frozenset[str]

    def summary(self) -> str:
        return f"{len(self.loaded)} tensors loaded, {len(self.skipped)} skipped, {len(self.missing)} missing."

    def lines(self) -> list[str]:
        """Tensor by tensor, for the log."""
        return [
            *(f"loaded {name}{f' ({self.adapted[name]})' if name in self.adapted else ''}" for name in self.loaded),
            *(f"skipped {name}: {reason}" for name, reason in self.skipped),
            *(f"missing {name}" for name in self.missing),
        ]


def bare_name(name: str) -> str:
    """A tensor's name without the prefixes that wrappers (DataParallel, Lightning, ours) put before it."""
    return PREFIXES.sub("", name)


def fit(network: Classifier, tensors: Mapping[str, Tensor], keep_head: bool = False, stages: int = 0) -> WeightsReport:
    """Copy every tensor that has its place in the network; tell what was loaded, skipped and missing.

    Names are compared bare. One tensor of the file may serve several places (each stream, both branches); where
    several could serve one place, that from the like-named part of a network is taken, else the first.
    `adapt` says how a tensor is changed for another number of channels, or for or from 3-D.

    Args:
        network: changed in place.
        tensors: by name, as a state dict.
        keep_head: also load the last layer: only for weights that were trained on the same classes.
        stages: load the first so many stages only; 0 = all.

    Raises:
        ValueError: nothing fits, or the network has fewer stages.
    """
    if stages > len(network.stages):
        raise ValueError(f"it has {len(network.stages)} stages, not {stages}")
    sources: dict[str, list[str]] = {}
    for name in tensors:
        sources.setdefault(bare_name(name), []).append(name)
    head = {id(parameter) for layer in network.heads for parameter in layer.parameters()}
    later = [module for stage in network.stages[stages:] for module in stage] if stages else []
    random = {id(tensor) for module in later for tensor in module.state_dict(keep_vars=True).values()}
    targets = network.state_dict(keep_vars=True)
    reasons: dict[str, str] = {}  # why a tensor of the file does not serve, in the last place that was tried
    adapted: dict[str, str] = {}
    used, loaded = set(), []
    for own, target in targets.items():
        candidates = sources.get(bare_name(own), [])
        if not candidates:
            continue
        name = max(candidates, key=lambda candidate: _likeness(candidate, own))
        if id(target) in head and not keep_head:
            reasons[name] = "the head is new for this task"
            continue
        if id(target) in random:
            reasons[name] = f"it lies after the first {stages} stages"
            continue
        tensor, how = adapt(tensors[name], target.shape)
        if tensor.shape != target.shape:
            reasons[name] = f"its shape {_shape(tensor.shape)} differs from the network's {_shape(target.shape)}"
        elif not torch.isfinite(tensor).all():
            reasons[name] = "it holds values that are not finite"
        else:
            with torch.no_grad():
                target.copy_(tensor)
            used.add(name)
            loaded.append(own)
            adapted |= {own: how} if how else {}
    if not loaded:
        raise ValueError(f"none of its {len(tensors)} tensors fits the network")
    places = {bare_name(own) for own in targets}
    return WeightsReport(
        loaded=tuple(loaded),
        adapted=adapted,
        skipped=tuple(
            (name, reasons.get(name, "stands twice in the file" if bare_name(name) in places else "not in the network"))
            for name in tensors
            if name not in used
        ),
        # Files from before 2018 lack the counter of batches, which nothing here uses.
        missing=tuple(name for name in targets if name not in loaded and not name.endswith("num_batches_tracked")),
        pretrained=frozenset(loaded) & {name for name, _ in network.named_parameters()},
    )


def adapt(tensor: Tensor, shape: Sequence[int]) -> tuple[Tensor, str]:
    """A convolution's weights made ready for another input; and how, in words, or "" where nothing was changed.

    Over time: 2-D weights are inflated (`models.inflation.inflate_weight`), 3-D weights are summed over time, which
    is what they answer to a still video. Over n channels of the input instead of m:

        W'_j = 1/n Σ_c W_c,   j = 1 … n

    by which the answer stays the same where all channels are equal: for one channel the sum over the colours, exact
    for a grey picture (`models.base.take_channels`); from one channel an even spread; from colours to optical flow
    after the cross-modality initialisation of Wang et al. 2016 (Temporal Segment Networks, ECCV), who give every
    channel the mean 1/m Σ_c W_c and thereby a fainter or stronger answer.
    """
    how = []
    if tensor.ndim == 4 and len(shape) == 5:
        tensor = inflate_weight(tensor, shape[2])
        how += [f"inflated over {shape[2]} frames"] if shape[2] > 1 else []
    elif tensor.ndim == 5 and len(shape) == 4:
        how += ["summed over time"] if tensor.shape[2] > 1 else []
        tensor = tensor.sum(dim=2)
    if (
        tensor.ndim == len(shape) >= 4
        and tensor.shape[1] != shape[1]
        and max(tensor.shape[1], shape[1]) <= MOST_CHANNELS
    ):
        before, after = tensor.shape[1], shape[1]
        tensor = (tensor.sum(dim=1, keepdim=True) / after).expand(-1, after, *tensor.shape[2:])
        if after == 1:
            how.append(f"summed over the {before} channels")
        elif before == 1:
            how.append(f"spread over {after} channels")
        else:
            how.append(f"sum of {before} channels spread over {after}")
    return tensor, ", ".join(how)


def _likeness(name: str, own: str) -> int:
    """How many parts two names share, counted from the end."""
    theirs, ours = name.split(".")[::-1], own.split(".")[::-1]
    return next((n for n, (a, b) in enumerate(zip(theirs, ours, strict=False)) if a != b), min(len(theirs), len(ours)))


def _shape(shape: Sequence[int]) -> str:
    return "×".join(map(str, shape)) or "scalar"
