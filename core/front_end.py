"""What both wings' front ends are: raw clips → augmentation → what the network sees, on the device."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable

import torch
from torch import Tensor, nn

Raw = tuple[Tensor, ...]  # one batch of a wing as it lies in the cache; each front end says of what
SMALLEST_VARIANCE = 1e-6  # below it the clips are all alike, and dividing would only raise rounding


class Standardise(nn.Module):
    """(x − mean) / deviation, with one mean and one deviation for each channel, taken from the training clips alone.

    A spectrogram has one channel: one mean for all bands, as a picture has one for all rows, so that the spectral tilt
    stays visible.

    Shapes: (…, channels, rows, columns), kept.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(channels, 1, 1))
        self.register_buffer("std", torch.ones(channels, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        return (x - self.mean) / self.std

    @torch.no_grad()
    def fit(self, batches: Iterable[Tensor]) -> None:
        """Take mean and deviation from batches; 0 and 1 where there is nothing to learn them from."""
        count = 0
        total = squares = torch.zeros(len(self.mean), dtype=torch.float64)
        for batch in batches:
            values = batch.movedim(-3, 0).flatten(1).cpu().double()
            count += values.shape[1]
            total = total + values.sum(1)
            squares = squares + values.square().sum(1)
        for channel in range(len(self.mean)):
            mean = float(total[channel]) / max(count, 1)
            variance = float(squares[channel]) / max(count, 1) - mean**2
            self.mean[channel] = mean
            self.std[channel] = math.sqrt(variance) if variance > SMALLEST_VARIANCE else 1.0


class FrontEnd(nn.Module, ABC):
    """Augmentation is part of it and acts in training mode only; every random number comes from the generator given.

    In training the steps are called one by one, since clips are mixed between them: sounds after `augment`
    (between-class learning), what the network sees before `mask` (mixup).
    """

    standardise: Standardise

    @abstractmethod
    def augment(self, raw: Raw, generator: torch.Generator) -> Tensor:
        """Raw clips → clips of equal shape, changed at random in training mode."""

    @abstractmethod
    def levels(self, clips: Tensor) -> Tensor:
        """Clips → what the network sees, before standardising: (batch, …, channels, rows, columns)."""

    @abstractmethod
    def example(self, batch: int) -> Raw:
        """Made-up raw clips of the right shapes, for measuring time and cost."""

    @abstractmethod
    def nothing(self, seen: Tensor) -> Tensor:
        """What a network sees where there is nothing, to be put in place of what it saw; broadcasts to `seen`."""

    def mask(self, seen: Tensor, generator: torch.Generator) -> Tensor:
        """The last augmentation, on what the network sees; none by itself."""
        return seen

    def see(self, clips: Tensor) -> Tensor:
        seen: Tensor = self.standardise(self.levels(clips))
        return seen

    def forward(self, raw: Raw) -> Tensor:
        """Raw clips → what the network sees when nothing is random. In eval mode only."""
        return self.see(self.augment(raw, torch.Generator()))

    def fit(self, batches: Iterable[Raw]) -> None:
        """Take mean and deviation of the training clips, unaugmented."""
        mode = self.training
        self.eval()
        self.standardise.fit(self.levels(self.augment(raw, torch.Generator())) for raw in batches)
        self.train(mode)
