"""AlexNet: torchvision's layers inside our Classifier."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torchvision.models import alexnet

from models.base import Classifier, take_channels


class AlexNet(Classifier):
    """Krizhevsky 2014, "One weird trick for parallelizing convolutional neural networks" (one tower), by torchvision.

    Tensors are named `network.` + torchvision's names. Input of one or two channels: see
    `models.base.take_channels`.

    Shapes: input (batch, channels, rows, columns) of at least 63 × 63, the convolutions' output is pooled to
    256 × 6 × 6 whatever the input; features (batch, 4096). 57 million parameters, 55 million of them in linear layers.
    """

    def __init__(self, classes: int, channels: int) -> None:
        super().__init__()
        self.network = alexnet(weights=None, num_classes=classes)
        self.network.features[0] = take_channels(self.network.features[0], channels)

    def features(self, x: Tensor) -> Tensor:
        x = torch.flatten(self.network.avgpool(self.network.features(x)), 1)
        for layer in self.network.classifier[:-1]:
            x = layer(x)
        return x

    @property
    def head(self) -> nn.Linear:
        head: nn.Linear = self.network.classifier[-1]
        return head

    @property
    def stages(self) -> Sequence[Sequence[nn.Module]]:
        """Five convolutions, each with its ReLU and pooling, then two linear layers with ReLU and dropout."""
        convolutions, linear = list(self.network.features), list(self.network.classifier)
        return [
            convolutions[0:3], convolutions[3:6], convolutions[6:8], convolutions[8:10], convolutions[10:],
            linear[0:3], linear[3:6],
        ]  # fmt: skip

    @property
    def cam_layers(self) -> Sequence[nn.Module]:
        """The fifth, second and first convolution after their ReLU, before pooling, at about 1/16, 1/8 and 1/4 of the
        input: 7 × 12, 15 × 26 and 31 × 53 for 128 × 216. The third and fourth are no finer than the fifth."""
        return [self.network.features[layer] for layer in (11, 4, 1)]


def build(classes: int, channels: int) -> AlexNet:
    return AlexNet(classes, channels)
