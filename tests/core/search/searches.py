"""A search over the tones that takes seconds, and one whose trainings are made up and take none."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from core.audio.settings import AudioAugmentation
from core.control import Control
from core.events import EpochEnded, Event, Outcome
from core.search import run as module
from core.search.plan import Plan
from core.search.run import run_search
from core.search.settings import Search
from core.search.trials import Trial
from core.training.workbench import Workbench
from core.workspace import Workspace
from tests.core.tones import tone_study

EPOCHS = 4


def plan_of(root: Path, **asked: Any) -> Plan:
    """Of the tones, with something to augment."""
    study = tone_study(root, folds=())
    recipe = study.recipe.model_copy(update={"augmentation": AudioAugmentation(gain_db=6.0, shift=0.2)})
    given = {"trials": 3, "epochs": EPOCHS, "batch_size": (4, 8), "learning_rate": (1e-4, 1e-1)}
    return Plan(study.model_copy(update={"recipe": recipe}), Search(**(given | asked)))


def searched(plan: Plan, workspace: Workspace, cancel_after: int = 0) -> tuple[Outcome, list[Event]]:
    """`cancel_after`: so many epochs; 0 = never."""
    events: list[Event] = []
    control = Control()

    def emit(event: Event) -> None:
        events.append(event)
        if cancel_after and sum(isinstance(one, EpochEnded) for one in events) == cancel_after:
            control.cancel()

    return run_search(plan, workspace, emit, control), events


class MadeUpFitting:
    """In place of a training: the validation loss falls with the epochs, and the lower the nearer the learning rate is
    to 0.003. The batch matters a little, the rest not at all."""

    training = validation = train_batches = ()
    network = None
    overfits = 0.0  # by so much the loss rises in the last epoch

    def __init__(self, spec, recipe, parts, bench: Workbench, run: str) -> None:
        self.spec, self.recipe, self.run, self.bench = spec, recipe, run, bench

    def fit(self, callbacks) -> None:
        (log,) = callbacks
        away = abs(math.log10(self.recipe.learning_rate / 3e-3))
        for epoch in range(1, self.recipe.epochs + 1):
            self.bench.control.checkpoint()
            loss = away + 0.01 * self.recipe.batch_size / 8 + 1 / epoch + self.overfits * (epoch == self.recipe.epochs)
            log._emit(EpochEnded(self.run, epoch, self.recipe.epochs, loss, 0.5, loss, 1 / (1 + loss), 1e-3, 99.0, 1.0))

    def release(self) -> None:
        pass


@pytest.fixture
def made_up(monkeypatch: pytest.MonkeyPatch) -> type[MadeUpFitting]:
    """Trainings are made up."""
    import core.training.fitting as fitting

    monkeypatch.setattr(fitting, "Fitting", MadeUpFitting)
    monkeypatch.setattr(module, "_started", lambda name, fitting: None)
    return MadeUpFitting


def drawn(trial: Trial) -> tuple[Any, ...]:
    """What tells a trial from others: its settings and what came of them."""
    return (tuple(sorted(trial.settings.items())), trial.ending, trial.loss)
