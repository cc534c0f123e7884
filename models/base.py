"""What every classifier offers, whatever its layers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import torch
from torch import Tensor, nn


class Classifier(nn.Module, ABC):
    """A network that maps pictures or spectrograms to class scores.

    Shapes: input (batch, channels, rows, columns), standardised to zero mean and unit variance;
    features (batch, dimensions); logits (batch, classes).
    """

    @abstractmethod
    def features(self, x: Tensor) -> Tensor:
        """The penultimate activations, (batch, dimensions): what the head sees."""

    @property
    @abstractmethod
    def head(self) -> nn.Linear:
        """The last layer, features → logits. New for every task, never loaded from other classes."""

    @property
    @abstractmethod
    def stages(self) -> Sequence[Sequence[nn.Module]]:
        """All layers but the head, grouped in order from the input: the steps in which depth can be frozen."""

    @property
    @abstractmethod
    def cam_layer(self) -> nn.Module:
        """The convolutional layer whose activations are mapped back onto the input."""

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.head(self.features(x))
        return logits

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


def sum_channels(convolution: nn.Conv2d) -> nn.Conv2d:
    """A one-channel convolution that answers as the three-channel one does to a grey picture.

    Repeating a spectrogram x over the RGB channels gives Σ_c W_c * x = (Σ_c W_c) * x, so summing the weights over
    the channels is exact and costs a third. A standardised spectrogram has the mean 0 and variance 1 that
    ImageNet normalisation gives pictures, so no further scaling is due.
    """
    padding = convolution.padding
    single = nn.Conv2d(
        1,
        convolution.out_channels,
        (convolution.kernel_size[0], convolution.kernel_size[1]),
        (convolution.stride[0], convolution.stride[1]),
        padding if isinstance(padding, str) else (padding[0], padding[1]),
        bias=convolution.bias is not None,
    )
    with torch.no_grad():
        single.weight.copy_(convolution.weight.sum(dim=1, keepdim=True))
        if convolution.bias is not None and single.bias is not None:
            single.bias.copy_(convolution.bias)
    return single
