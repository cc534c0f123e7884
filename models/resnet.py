"""Residual networks: torchvision's layers inside our Classifier."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torchvision.models.resnet import BasicBlock, Bottleneck
from torchvision.models.resnet import ResNet as TorchvisionResNet

from models.base import Classifier, take_channels


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


def build_resnet50(classes: int, channels: int) -> ResNet:
    return ResNet(Bottleneck, (3, 4, 6, 3), classes, channels)
