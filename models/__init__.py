"""MODELS: the one table of architectures. Importing it imports no torch.

To add one: a new file in this folder and a row below.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from models.base import Classifier


@dataclass(frozen=True)
class ModelInfo:
    """A row of MODELS.

    `builder` is the dotted path of a function `(classes: int, channels: int) -> Classifier`.
    `imagenet` names torchvision's own weights as `ENUM.MEMBER`, or is empty where there are none.
    """

    title: str
    help: str
    builder: str
    smallest_input: int  # rows and columns below which it cannot be trained, one clip at a time
    imagenet: str = ""


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
}


def build(architecture: str, classes: int, channels: int = 1) -> Classifier:
    """A network with random weights.

    Args:
        architecture: a row of MODELS.
        classes: outputs.
        channels: of the input: 1 for a spectrogram, 3 for a picture.
    """
    module, _, name = MODELS[architecture].builder.partition(":")
    network: Classifier = getattr(importlib.import_module(module), name)(classes, channels)
    return network
