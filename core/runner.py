"""Who trains the runs of a study: this machine in turn, or a cluster."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from core.control import Control
from core.datasets.base import Dataset
from core.events import BatchEnded, Event
from core.run_spec import RunSpec
from core.runs import run_folder
from core.study import Study
from core.workspace import Workspace

if TYPE_CHECKING:
    import torch

    from core.caches import Caches


@dataclass(frozen=True)
class Work:
    """What the runs of a study need, and who is told."""

    study: Study
    workspace: Workspace
    dataset: Dataset
    caches: Caches
    control: Control
    emit: Callable[[Event], None]
    on_batch: Callable[[BatchEnded], None]


class Runner(Protocol):
    """Trains runs. The folder of each is made, and waits."""

    @property
    def device(self) -> str:
        """What they are trained on, as a person knows it."""

    def train(self, specs: Sequence[RunSpec], work: Work) -> None:
        """Train all; one that fails is marked so and does not stop the others.

        Raises:
            Cancelled: through the control of the work, after the runs under way were marked so.
        """


def in_order(specs: Sequence[RunSpec], first: Sequence[str]) -> list[RunSpec]:
    """Runs whose ids are wanted first, each after the branches it starts from; then the others as they stand."""
    branches = {spec.id: [branch.run for branch in spec.branches] for spec in specs}
    wanted = [run for name in first if name in branches for run in (*branches[name], name)]
    place = {run: number for number, run in enumerate(dict.fromkeys(wanted))}
    return sorted(specs, key=lambda spec: place.get(spec.id, len(place)))


OpenRunner = Callable[[Study], AbstractContextManager[Runner]]


@contextlib.contextmanager
def in_turn(study: Study) -> Iterator[Runner]:
    """This machine, one run after the other, in the thread that asks.

    Raises:
        UserError: the study's device is not there.
    """
    from core.training.device import choose_device, use_threads

    yield _InTurn(choose_device(study.device), use_threads())


@dataclass(frozen=True)
class _InTurn:
    where: torch.device
    threads: int

    @property
    def device(self) -> str:
        from core.training.device import describe

        return describe(self.where)

    def train(self, specs: Sequence[RunSpec], work: Work) -> None:
        # Torch and Lightning take seconds to import: only now, in the engine's thread.
        from core.environment import environment
        from core.training.trainer import train_run
        from core.training.workbench import Workbench

        surroundings = environment(str(self.where), self.threads, work.dataset, work.caches)
        bench = Workbench(
            work.workspace, work.dataset, work.caches, self.where, work.study.checkpoint_every,
            work.control, work.emit, work.on_batch, wandb=work.study.wandb,
        )  # fmt: skip
        waiting = list(specs)
        while waiting:
            work.control.checkpoint()
            spec, *waiting = in_order(waiting, work.control.first)
            folder = run_folder(work.workspace, spec)
            folder.write_environment(surroundings)
            train_run(spec, folder, bench)
