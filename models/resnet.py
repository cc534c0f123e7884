"""Residual networks: torchvision's layers inside our Classifier."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torchvision.models.resnet import BasicBlock, Bottleneck
from torchvision.models.resnet import ResNet as TorchvisionResNet

from models.base import Classifier, take_channels


class PlainBottleneck(Bottleneck):
    """A bottleneck without its shortcut: relu(F(x)) in place of relu(F(x) + x), the *plain* network of He et al. 2016.

    The projections of shortcuts that change shape go, too; what is left has the weights of `Bottleneck`.
    """

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.downsample = None

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.relu(self.bn1(self.conv1(x)))
        out = self.relu(self.bn2(self.conv2(out)))
        return self.relu(self.bn3(self.conv3(out)))


class ResNet(Classifier):
    """He et al. 2016, "Deep Residual Learning for Image Recognition" (CVPR), by torchvision.

    Tensors are named `network.` + torchvision's names. Input of one or two channels: see
    `models.base.take_channels`.

    Shapes: input (batch, channels, rows, columns), layers 1 to 4 at 1/4, 1/8, 1/16 and 1/32 of rows and columns;
    features (batch, 2048) for blocks of type Bottleneck, (batch, 512) for BasicBlock.
    """

    def __init__(
        self, block: type[BasicBlock | Bottleneck], depths: Sequence[int], classes: int, channels: int
    ) -> None:
        super().__init__()
        self.network = TorchvisionResNet(block, list(depths), num_classes=classes)
        self.network.conv1 = take_channels(self.network.conv1, channels)

    def features(self, x: Tensor) -> Tensor:
        for stage in self.stages:
            for layer in stage:
                x = layer(x)
        return torch.flatten(self.network.avgpool(x), 1)

    @property
    def head(self) -> nn.Linear:
        head: nn.Linear = self.network.fc
        return head

    @property
    def stages(self) -> Sequence[Sequence[nn.Module]]:
        """The stem (convolution, normalisation, ReLU, pooling), then layers 1 to 4."""
        n = self.network
        return [[n.conv1, n.bn1, n.relu, n.maxpool], [n.layer1], [n.layer2], [n.layer3], [n.layer4]]

    @property
    def cam_layers(self) -> Sequence[nn.Module]:
        """Layers 4 to 1, at 1/32, 1/16, 1/8 and 1/4 of the input: 2 × 7 to 16 × 54 for 64 × 216."""
        return [self.network.layer4, self.network.layer3, self.network.layer2, self.network.layer1]


def build_resnet18(classes: int, channels: int) -> ResNet:
    return ResNet(BasicBlock, (2, 2, 2, 2), classes, channels)


def build_resnet34(classes: int, channels: int) -> ResNet:
    return ResNet(BasicBlock, (3, 4, 6, 3), classes, channels)


def build_plain50(classes: int, channels: int) -> ResNet:
    return ResNet(PlainBottleneck, (3, 4, 6, 3), classes, channels)


def build_resnet50(classes: int, channels: int) -> ResNet:
    return ResNet(Bottleneck, (3, 4, 6, 3), classes, channels)
