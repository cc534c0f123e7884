"""Batches of raw clips, straight from the memory map: no worker processes, no queues."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from core.clip_cache import ClipCache
from core.datasets.base import Clip
from core.front_end import Raw
from core.recipe import Recipe
from core.wings import WINGS


@dataclass(frozen=True)
class Batch:
    """Raw clips as they lie in the caches.

    Attributes:
        inputs: by wing, what its front end takes.
        labels: (batch,) int64.
        positions: of the clips in the sequence the loader was given.
    """

    inputs: dict[str, Raw]
    labels: Tensor
    positions: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.positions)

    def to(self, device: torch.device) -> Batch:
        moved = {wing: tuple(tensor.to(device) for tensor in raw) for wing, raw in self.inputs.items()}
        return Batch(moved, self.labels.to(device), self.positions)


def seed_of(*numbers: int) -> int:
    """One 63-bit seed from (run seed, epoch, batch, …): independent streams, the same on every machine."""
    # With their count, for the sequence is padded with zeros: 5 alone and 5, 0 would give the same stream.
    return int(np.random.SeedSequence((len(numbers), *numbers)).generate_state(1, np.uint64)[0] >> np.uint64(1))


class Batches:
    """An iterable of batches whose order depends on (seed, epoch) alone, so that a resumed run sees the same ones.

    In training the order is drawn anew each epoch and so is what is cropped and sampled from long clips; otherwise
    the order is that of the clips and nothing is random. Where gradients of several batches are averaged, an epoch has
    a multiple of so many batches, so that all of its steps are of as many clips; unless it has too few for one step,
    or for another clip in each batch.

    Args:
        clips: in the order of `Batch.positions`.
        caches: by wing, what holds their content.
        recipe: what is taken of a clip, and the size of a batch.
        seed: of the run.
        training: whether anything is random.
        view: which of the recipe's views of a clip, as in testing; None = the middle of it.
    """

    def __init__(
        self,
        clips: Sequence[Clip],
        caches: Mapping[str, ClipCache[Any]],
        recipe: Recipe,
        seed: int,
        training: bool = False,
        view: int | None = None,
    ) -> None:
        self.clips, self.caches, self.recipe = clips, caches, recipe
        self.seed, self.training, self.view = seed, training, view
        self.epoch = 0

    def __len__(self) -> int:
        batches, per_step = -(-len(self.clips) // self.recipe.batch_size), self.recipe.accumulate
        if self.training and batches > per_step:
            batches = min(-(-batches // per_step) * per_step, len(self.clips))
        return batches

    def __iter__(self) -> Iterator[Batch]:
        random = np.random.default_rng(seed_of(self.seed, self.epoch))
        order = random.permutation(len(self.clips)) if self.training else np.arange(len(self.clips))
        # Even batches rather than a last one of a clip or two, on which batch normalisation would stumble.
        for chosen in np.array_split(order, len(self)):
            yield self._batch([int(i) for i in chosen], random if self.training else None)

    def views(self) -> Iterator[Batches]:
        """The same clips once for each view of them."""
        for view in range(self.recipe.video.views if "video" in self.caches else 1):
            yield Batches(self.clips, self.caches, self.recipe, self.seed, self.training, view)

    def _batch(self, chosen: list[int], random: np.random.Generator | None) -> Batch:
        ids = [self.clips[position].id for position in chosen]
        inputs = {
            wing: WINGS[wing].gather(cache, ids, self.recipe, random, self.view) for wing, cache in self.caches.items()
        }
        labels = np.array([self.clips[position].label for position in chosen], dtype=np.int64)
        return Batch(inputs, torch.from_numpy(labels), tuple(chosen))
