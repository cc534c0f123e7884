"""Adapting a run to where it is used: its last layer trained on captures, tested on sessions that were held out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.datasets.base import Modality
from core.errors import UserError
from core.live.shift import Shift
from core.run_spec import DatasetChoice, Network
from core.runs import Phase, RunFolder
from core.study import Study

EPOCHS = 30
EACH_SESSION = 0  # folds of a DatasetChoice: each group is left out once


def adapted_study(run: RunFolder) -> Study:
    """A study that trains the last layer of a run on captures, once for each session that is held out.

    The features stay as they are: a minute on a processor, and little to learn by heart from few clips. The last layer
    starts from the run's own where the captures are of its classes.

    Raises:
        UserError: the run joins branches: adapt those.
    """
    spec = run.spec
    if spec.modality == Modality.AUDIO_VISUAL:
        raise UserError(f"{run.name} joins a network on sound and one on sight: adapt those, and join them again.")
    network = Network(
        name=spec.network.label,
        architecture=spec.network.architecture,
        weights="run",
        weights_path=run.name,
        temporal=spec.network.temporal,
        freeze="all but head",
    )
    recipe = spec.recipe.model_copy(
        update={"epochs": EPOCHS, "batch_size": 8, "learning_rate": 1e-3, "validation_share": 0.0, "mixing": "none"}
    )
    return Study(
        name=f"adapted {run.study}",
        answers="How much is won back by training the last layer on captures of other sessions?",
        modality=spec.modality,
        dataset=DatasetChoice(name="captured", folds=EACH_SESSION),
        network=(network,),
        recipe=recipe,
    )


@dataclass(frozen=True)
class Adapted:
    """A run and what became of it, on the same captures: each was held out when its network was adapted.

    Attributes:
        before, after: share that is right, from 0 to 1.
        won, lost: captures that are right only after, and only before.
    """

    run: RunFolder
    captures: int
    before: float
    after: float
    won: int
    lost: int

    @property
    def sentence(self) -> str:
        points = 100 * (self.after - self.before)
        moves = "as before" if abs(points) < 0.05 else f"{abs(points):.1f} points {'more' if points > 0 else 'less'}"
        return (
            f"{self.run.spec.network.label}: {100 * self.after:.1f} % of {self.captures} captures of sessions that "
            f"were held out, {moves} (right only after: {self.won}, only before: {self.lost})."
        )


def compare_adapted(shift: Shift, runs: Sequence[RunFolder]) -> Adapted:
    """Beside what a run said of the captures, what its adapted runs said of those that each of them had not seen.

    Raises:
        UserError: none of them is finished.
    """
    after: dict[str, bool] = {}
    for folder in runs:
        if folder.status.phase is Phase.DONE and folder.spec.network.weights_path == shift.run.name:
            said = folder.predictions()
            after |= dict(zip(said.clip_ids.tolist(), said.correct.tolist(), strict=True))
    before = dict(zip(shift.captured.clip_ids.tolist(), shift.captured.correct.tolist(), strict=True))
    shared = sorted(before.keys() & after.keys())
    if not shared:
        raise UserError(f"No run that was adapted from {shift.run.name} is finished.")
    was, now = (np.array([said[name] for name in shared], dtype=bool) for said in (before, after))
    return Adapted(
        shift.run, len(shared), float(was.mean()), float(now.mean()), int((now & ~was).sum()), int((was & ~now).sum())
    )
