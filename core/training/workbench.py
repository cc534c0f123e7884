"""What every run of a study works at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch

from core.caches import Caches
from core.control import Control
from core.datasets.base import Dataset
from core.events import BatchEnded, Event
from core.workspace import Workspace


@dataclass(frozen=True)
class Workbench:
    """The data, the place and the people to talk to: the same for all runs of a study."""

    workspace: Workspace
    dataset: Dataset
    caches: Caches
    device: torch.device
    checkpoint_every: float  # seconds
    control: Control
    emit: Callable[[Event], None]
    on_batch: Callable[[BatchEnded], None]
    wandb: str = "off"  # or offline, online
