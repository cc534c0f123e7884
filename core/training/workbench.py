"""What every run of a study works at, and the weights that it may start from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import torch

from core.caches import Caches
from core.control import Control
from core.datasets.base import Dataset
from core.datasets.splits import Split, split
from core.events import BatchEnded, Event
from core.run_spec import RunSpec
from core.training.clip_statistics import ClipStatistics
from core.workspace import Workspace


@dataclass(frozen=True)
class WeightsFile:
    """Weights that a run starts from."""

    path: Path
    keep_head: bool = False  # whether the last layer is of the same classes
    origin: str = ""  # where they are said to come from, when `path` is a copy of that

    def __str__(self) -> str:
        return self.origin or str(self.path)


@dataclass(frozen=True)
class Workbench:
    """The data, the place and the people to talk to: the same for all runs of a study on one machine.

    `brought`: the weights that a run starts from, where another machine has looked them up and sent them; None = they
    are looked up in the workspace.
    """

    workspace: Workspace
    dataset: Dataset
    caches: Caches
    device: torch.device
    checkpoint_every: float  # seconds
    control: Control
    emit: Callable[[Event], None]
    on_batch: Callable[[BatchEnded], None]
    statistics: ClipStatistics = field(default_factory=ClipStatistics)
    brought: tuple[WeightsFile, ...] | None = None
    wandb: str = "off"  # or offline, online

    def parts(self, spec: RunSpec) -> Split:
        """What a run learns from, is watched on and is tested on. Raises UserError as `split` does."""
        recipe, digests = spec.recipe, self.caches.digests()
        share, few = recipe.validation_share, recipe.clips_per_class
        return split(self.dataset, spec.fold, share, spec.seed, digests, few)
