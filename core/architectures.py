"""ARCHITECTURES: everything a study can name, networks and classical baselines, from the two tables that list them."""

from __future__ import annotations

from dataclasses import dataclass

from core.evaluation.classical import CLASSICAL
from core.tables import Table
from models import MODELS


@dataclass(frozen=True)
class Architecture:
    """What a study, a table or a form needs to know of one.

    Attributes:
        smallest_input: rows and columns below which it cannot be trained; 0 = it looks at no picture.
        imagenet: torchvision's name of its weights; empty where there are none.
        classical: fitted to MFCC statistics by scikit-learn, with no epochs and no weights; else a network.
    """

    title: str
    help: str
    smallest_input: int = 0
    imagenet: str = ""
    classical: bool = False


ARCHITECTURES: Table[Architecture] = Table(
    "architecture",
    [
        *((name, Architecture(row.title, row.help, row.smallest_input, row.imagenet)) for name, row in MODELS.items()),
        *((name, Architecture(row.title, row.help, classical=True)) for name, row in CLASSICAL.items()),
    ],
)
