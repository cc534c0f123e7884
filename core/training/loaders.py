"""Batches of raw clips, straight from the memory map: no worker processes, no queues."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from core.audio.cache import AudioCache
from core.audio.frontend import fit_length
from core.datasets.base import Clip


@dataclass(frozen=True)
class Batch:
    """Raw clips as they lie in the cache.

    Attributes:
        inputs: (batch, samples) float32 waveforms.
        labels: (batch,) int64.
        positions: of the clips in the sequence the loader was given.
    """

    inputs: Tensor
    labels: Tensor
    positions: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.positions)


def seed_of(*numbers: int) -> int:
    """One 63-bit seed from (run seed, epoch, batch, …): independent streams, the same on every machine."""
    return int(np.random.SeedSequence(numbers).generate_state(1, np.uint64)[0] >> np.uint64(1))


class Batches:
    """An iterable of batches whose order depends on (seed, epoch) alone, so that a resumed run sees the same ones.

    In training the order is drawn anew each epoch and clips longer than `samples` are cropped at random; otherwise
    the order is that of the clips and crops are centred.
    """

    def __init__(
        self, clips: Sequence[Clip], cache: AudioCache, samples: int, batch_size: int, seed: int, training: bool
    ) -> None:
        self.clips, self.cache, self.samples = clips, cache, samples
        self.batch_size, self.seed, self.training = batch_size, seed, training
        self.epoch = 0

    def __len__(self) -> int:
        return -(-len(self.clips) // self.batch_size)

    def __iter__(self) -> Iterator[Batch]:
        random = np.random.default_rng((self.seed, self.epoch))
        order = random.permutation(len(self.clips)) if self.training else np.arange(len(self.clips))
        # Even batches rather than a last one of a clip or two, on which batch normalisation would stumble.
        for chosen in np.array_split(order, len(self)):
            yield self._batch([int(i) for i in chosen], random)

    def _batch(self, chosen: list[int], random: np.random.Generator) -> Batch:
        inputs = np.empty((len(chosen), self.samples), dtype=np.float32)
        for row, position in enumerate(chosen):
            sound = self.cache.samples(self.clips[position].id)
            spare = max(0, len(sound) - self.samples)
            inputs[row] = fit_length(
                sound, self.samples, int(random.integers(spare + 1)) if self.training else spare // 2
            )
        labels = np.array([self.clips[position].label for position in chosen], dtype=np.int64)
        return Batch(torch.from_numpy(inputs), torch.from_numpy(labels), tuple(chosen))
