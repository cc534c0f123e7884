"""MODELS: the one table of architectures. Importing it imports no torch.

To add one: a new file in this folder and a row below.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from models.base import Classifier
    from models.fusion import Fusion


@dataclass(frozen=True)
class ModelInfo:
    """A row of MODELS.

    `builder` is the dotted path of a function `(classes: int, channels: int) -> Classifier`.
    `imagenet` names torchvision's own weights as `ENUM.MEMBER`, or is empty where there are none.
    `ablation_of` names the architecture that this one is compared with, to learn what a part of that one is worth; it
    is empty for those that are compared for their own sake.
    """

    title: str
    help: str
    builder: str
    smallest_input: int  # rows and columns below which it cannot be trained, one clip at a time
    imagenet: str = ""
    ablation_of: str = ""


MODELS: dict[str, ModelInfo] = {
    "baseline_cnn": ModelInfo(
        title="Baseline CNN",
        help="Four blocks of two 3×3 convolutions, trained from scratch; under a million parameters.",
        builder="models.baseline_cnn:build",
        smallest_input=31,
    ),
    "alexnet": ModelInfo(
        title="AlexNet",
        help="Krizhevsky 2014 (one tower), torchvision's layers. 57 million parameters, most of them in its head.",
        builder="models.alexnet:build",
        imagenet="AlexNet_Weights.IMAGENET1K_V1",
        smallest_input=63,
    ),
    "resnet50": ModelInfo(
        title="ResNet-50",
        help="He et al. 2016, torchvision's layers. 24 million parameters in 50 layers with shortcuts.",
        builder="models.resnet:build_resnet50",
        imagenet="ResNet50_Weights.IMAGENET1K_V2",
        smallest_input=33,
    ),
    "resnet18": ModelInfo(
        title="ResNet-18",
        help="The shallowest residual network of He et al. 2016: 11 million parameters. Does depth help?",
        builder="models.resnet:build_resnet18",
        imagenet="ResNet18_Weights.IMAGENET1K_V1",
        smallest_input=33,
        ablation_of="resnet50",
    ),
    "resnet34": ModelInfo(
        title="ResNet-34",
        help="He et al. 2016: 21 million parameters in 34 layers. Does depth help?",
        builder="models.resnet:build_resnet34",
        imagenet="ResNet34_Weights.IMAGENET1K_V1",
        smallest_input=33,
        ablation_of="resnet50",
    ),
    "plain50": ModelInfo(
        title="Plain-50",
        help="ResNet-50 without its shortcuts, the plain network of He et al. 2016. Do residual connections help?",
        builder="models.resnet:build_plain50",
        smallest_input=33,
        ablation_of="resnet50",
    ),
}


TEMPORAL_KINDS = ("single frame", "average", "gru", "attention", "order-blind attention", "3-d convolution")
FUSION_KINDS = ("score average", "concatenation", "gated attention")


def build(
    architecture: str,
    classes: int,
    streams: Sequence[int] = (1,),
    frames: int | None = None,
    temporal: str = "average",
) -> Classifier:
    """A network with random weights.

    Args:
        architecture: a row of MODELS.
        classes: outputs.
        streams: channels of each stream of the input: (1,) for a spectrogram, (3,) for pictures, (2,) for optical
            flow, (3, 2) for both side by side.
        frames: of a video, or windows of a spectrogram; None for networks on (batch, channels, rows, columns).
        temporal: one of TEMPORAL_KINDS, where there are frames.
    """
    module, _, name = MODELS[architecture].builder.partition(":")
    make: Callable[[int, int], Classifier] = getattr(importlib.import_module(module), name)
    if frames is None:
        return make(classes, sum(streams))
    from models import temporal as over_time  # here, because it imports torch

    return over_time.build(make, classes, streams, frames, temporal)


def build_fusion(kind: str, sound: Classifier, sight: Classifier, classes: int) -> Fusion:
    """Two networks joined; `kind` is one of FUSION_KINDS."""
    from models import fusion  # here, because it imports torch

    return fusion.FUSIONS[kind](sound, sight, classes)
