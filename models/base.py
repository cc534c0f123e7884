"""What every classifier offers, whatever its layers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn


class Classifier(nn.Module, ABC):
    """A network that maps pictures, spectrograms, videos or pairs of them to class scores.

    Shapes: one input (batch, channels, rows, columns), or (batch, frames, channels, rows, columns) in
    `models.temporal`; two inputs, sound and sight, in `models.fusion`. Each is standardised to zero mean and unit
    variance. Features (batch, dimensions); logits (batch, classes).
    """

    @abstractmethod
    def features(self, *inputs: Any, **named: Any) -> Tensor:
        """The penultimate activations, (batch, dimensions): what the head sees."""

    @property
    @abstractmethod
    def head(self) -> nn.Module:
        """The last layer, features → logits. New for every task, never loaded from other classes."""

    @property
    @abstractmethod
    def stages(self) -> Sequence[Sequence[nn.Module]]:
        """All layers but the head, grouped in order from the input: the steps in which depth can be frozen."""

    @property
    @abstractmethod
    def cam_layers(self) -> Sequence[nn.Module]:
        """Layers whose activations can be mapped back onto the input, the deepest first: each knows more of classes
        and less of places than the next."""

    @property
    def parts(self) -> Sequence[Classifier]:
        """For each input, the network that takes it."""
        return [self]

    @property
    def heads(self) -> Sequence[nn.Module]:
        """The head, and those of networks within."""
        return [self.head]

    def classify(self, features: Tensor) -> Tensor:
        """Features (batch, dimensions) → logits (batch, classes)."""
        logits: Tensor = self.head(features)
        return logits

    def forward(self, *inputs: Tensor) -> Tensor:
        return self.classify(self.features(*inputs))

    def features_and_frames(self, *inputs: Any) -> tuple[Tensor, Tensor | None]:
        """`features`, and what is said at each frame, (batch, frames, classes); None where nothing can be said."""
        return self.features(*inputs), None

    def shares(self, features: Tensor) -> Tensor | None:
        """How much each input counts in the answer, (batch, inputs); a row adds up to one. None where nothing says."""
        return None

    def freeze(self, stages: int) -> None:
        """Keep the weights, and the running statistics of normalisation, of the first `stages` stages.

        Raises:
            ValueError: the network has fewer stages.
        """
        if stages > len(self.stages):
            raise ValueError(f"has {len(self.stages)} stages to freeze, not {stages}")
        self._frozen = [module for stage in self.stages[:stages] for module in stage]
        for module in self._frozen:
            module.requires_grad_(False)
        self.train(self.training)

    def train(self, mode: bool = True) -> Classifier:
        super().train(mode)
        for module in getattr(self, "_frozen", ()):
            module.eval()  # frozen batch normalisation must not follow the new data
        return self


def take_channels(convolution: nn.Conv2d, channels: int) -> nn.Conv2d:
    """The convolution with fewer input channels, whose answer to a grey picture stays the same.

    The three channels are dealt out, W'_j = Σ W_c over all c with c mod `channels` = j. For one channel this is
    Σ_c W_c: repeating a spectrogram x over the RGB channels gives Σ_c W_c * x = (Σ_c W_c) * x, so summing the weights
    is exact and costs a third. A standardised spectrogram has the mean 0 and variance 1 that ImageNet normalisation
    gives pictures, so no further scaling is due. For two (optical flow) each channel keeps random weights of its own.

    Raises:
        ValueError: more channels than the convolution has.
    """
    if channels == convolution.in_channels:
        return convolution
    if channels > convolution.in_channels:
        raise ValueError(f"takes at most {convolution.in_channels} channels, not {channels}")
    padding = convolution.padding
    dealt = nn.Conv2d(
        channels,
        convolution.out_channels,
        (convolution.kernel_size[0], convolution.kernel_size[1]),
        (convolution.stride[0], convolution.stride[1]),
        padding if isinstance(padding, str) else (padding[0], padding[1]),
        bias=convolution.bias is not None,
    )
    with torch.no_grad():
        for channel in range(channels):
            dealt.weight[:, channel] = convolution.weight[:, channel::channels].sum(dim=1)
        if convolution.bias is not None and dealt.bias is not None:
            dealt.bias.copy_(convolution.bias)
    return dealt
