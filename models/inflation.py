"""Networks of pictures turned into networks of videos."""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch
from torch import Tensor, nn

from models.base import Classifier

SPAN = 3  # frames that a convolution or pooling sees, where it sees more than one row


class TimeConv(nn.Conv3d):
    """A 3-D convolution that pads time with copies of the first and the last frame.

    With zeros a still video would seem to appear and to vanish, and inflated weights would answer to that:
    with five convolutions no frame of sixteen keeps the answer they were trained to give.
    """

    def forward(self, x: Tensor) -> Tensor:
        margin = self.kernel_size[0] // 2
        if margin:
            x = nn.functional.pad(x, (0, 0, 0, 0, margin, margin), mode="replicate")
        return super().forward(x)


def inflate(network: Classifier) -> Classifier:
    """Turn a network of pictures into one of videos, in place, with the names of its tensors.

    Carreira & Zisserman 2017 (I3D, CVPR): every k × k kernel becomes SPAN × k × k, its weights repeated over time
    and divided by SPAN; 1 × 1 kernels stay within a frame. Hence a video of equal frames gets the answer of the
    picture, which is exact here because of `TimeConv`. Time is halved (rounded up, so one frame stays one) wherever
    rows and columns are, except in the first stage: motion of a frame or two is seen before it is averaged away
    (Tran et al. 2015, C3D, ICCV). 16 frames leave AlexNet and the baseline as 4 and ResNet as 2.

    Shapes: input (batch, channels, frames, rows, columns), features (batch, dimensions) as before.
    """
    first = {id(module) for layer in network.stages[0] for module in layer.modules()}
    for parent in list(network.modules()):
        for name, module in list(parent.named_children()):
            longer = _over_time(module, halve=id(module) not in first)
            if longer is not module:
                setattr(parent, name, longer)
    return network


@torch.no_grad()
def draw_anew(network: Classifier) -> Classifier:
    """Random weights for training an inflated network from scratch, in place.

    Repeated weights see no motion until training has told them apart. Every kernel over time is drawn from a
    normal distribution with the deviation of the weights it was inflated from over √SPAN, by which the variance of
    activations stays what each network's own initialisation (He et al. 2015) makes it.
    """
    for module in network.modules():
        if isinstance(module, TimeConv) and module.kernel_size[0] > 1:
            deviation = float(module.weight.std()) * SPAN / math.sqrt(SPAN)
            module.weight.normal_(std=deviation)
    return network


def inflate_weight(weight: Tensor, span: int) -> Tensor:
    """(outputs, inputs, rows, columns) → (outputs, inputs, span, rows, columns): W / span at every step of time."""
    return weight.unsqueeze(2).expand(-1, -1, span, -1, -1) / span


def _over_time(module: nn.Module, halve: bool) -> nn.Module:
    """The 3-D counterpart of one 2-D layer; other layers as they are."""
    if isinstance(module, nn.Conv2d):
        return _convolution(module, halve)
    if isinstance(module, nn.BatchNorm2d):
        norm = nn.BatchNorm3d(module.num_features, module.eps, module.momentum, module.affine)
        norm.load_state_dict(module.state_dict())
        return norm
    if isinstance(module, nn.MaxPool2d):
        rows, columns = _pair(module.stride)
        return nn.MaxPool3d(
            (SPAN, *_pair(module.kernel_size)),
            (2 if halve and rows > 1 else 1, rows, columns),
            (SPAN // 2, *_pair(module.padding)),
        )
    if isinstance(module, nn.AdaptiveAvgPool2d):
        return nn.AdaptiveAvgPool3d((1, *_pair(module.output_size)))
    return module


def _convolution(module: nn.Conv2d, halve: bool) -> TimeConv:
    rows, columns = _pair(module.stride)
    span = SPAN if max(module.kernel_size) > 1 else 1
    convolution = TimeConv(
        module.in_channels,
        module.out_channels,
        (span, *_pair(module.kernel_size)),
        (2 if halve and rows > 1 else 1, rows, columns),
        (0, *_pair(module.padding)),
        bias=module.bias is not None,
    )
    with torch.no_grad():
        convolution.weight.copy_(inflate_weight(module.weight, span))
        if module.bias is not None and convolution.bias is not None:
            convolution.bias.copy_(module.bias)
    return convolution


def _pair(value: object) -> tuple[int, int]:
    """A size that torch keeps as one number or as two."""
    rows, columns = value if isinstance(value, Iterable) else (value, value)
    assert isinstance(rows, int) and isinstance(columns, int)
    return rows, columns
