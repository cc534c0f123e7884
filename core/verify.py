"""Is a finished run what its own files say? Train it again and compare the predictions."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.control import Control
from core.datasets.base import Modality
from core.engine import Emit, run
from core.errors import Cancelled, UserError
from core.events import Outcome
from core.run_records import Phase
from core.run_spec import TRAINING, Network, RunSpec
from core.runs import RunFolder, find_run, list_runs
from core.study import Study
from core.workspace import Workspace


@dataclass(frozen=True)
class Verdict:
    """How the second training compares with the first."""

    equal: bool  # bit for bit
    largest_difference: float  # of a probability
    changed_predictions: int  # clips whose predicted class differs
    clips: int
    environment: tuple[str, ...]  # “name: then → now” for what differs

    def sentence(self) -> str:
        if self.equal:
            return f"Equal: all probabilities of all {self.clips} clips are the same, bit for bit."
        text = (
            f"Not equal: {self.changed_predictions} of {self.clips} clips are predicted differently; the largest "
            f"difference of a probability is {self.largest_difference:.2g}."
        )
        if self.environment:
            return text + " What differs around it: " + "; ".join(self.environment) + "."
        return text + " The environment is the same as far as it is recorded."


def verify(folder: RunFolder, workspace: Workspace, emit: Emit, control: Control | None = None) -> Verdict:
    """Retrain a finished run in a temporary workspace, from its own study.toml, and compare.

    Raises:
        UserError: the run is not finished, or cannot be trained again (its data or weights are gone, or it was
            trained by a version that trained otherwise).
        Cancelled: through `control`.
    """
    if folder.status.phase is not Phase.DONE:
        raise UserError(f"{folder.id} is not finished ({folder.status.phase.word}): there is nothing to compare with.")
    spec = folder.spec
    if spec.training != TRAINING:
        commit = folder.environment.get("commit") or "not recorded"
        raise UserError(
            f"{folder.id} was trained by a version that trained otherwise: it would not come out equal. Verify it with "
            f"that version (commit {commit}), or train it anew."
        )
    first = folder.predictions()
    root = workspace.dataset_root(spec.dataset.name, spec.dataset.root)
    branches = _beside(folder, workspace)
    choice = spec.dataset.model_copy(update={"root": str(root)})
    if choice.with_sound == "as needed" and "video" in folder.environment.get("dataset_fingerprint", {}):
        choice = choice.model_copy(update={"with_sound": "also without"})  # others in its study saw
    study = Study(
        name=spec.study,
        dataset=choice,
        modality=spec.modality,
        folds=(spec.fold,),
        seeds=(spec.seed,),
        device=folder.environment.get("device", "auto"),
        network=(*(_as_trained(branch) for branch in branches), _anchored(spec, workspace)),
        recipe=spec.recipe,
    )
    with tempfile.TemporaryDirectory(prefix="sensorium-verify-") as temporary:
        again = Workspace(Path(temporary)).open()
        try:
            again.cache, again.weights = workspace.cache, workspace.weights
            for branch in branches:  # finished already: not trained again
                shutil.copytree(branch.path, again.runs / folder.study / branch.id)
            outcome = run(study, again, emit, control)
            if outcome is Outcome.CANCELLED:
                raise Cancelled
            second_folder = next(run for run in list_runs(again) if run.id not in {branch.id for branch in branches})
            if outcome is not Outcome.DONE:
                raise UserError(f"{folder.id} could not be trained again: {second_folder.status.reason}")
            second = second_folder.predictions()
            differing = _differences(folder.environment, second_folder.environment)
        finally:
            again.close()
    if list(first.clip_ids) != list(second.clip_ids):
        raise UserError(f"{folder.id} was tested on other clips than {root} holds now: the data have changed.")
    return Verdict(
        equal=bool(np.array_equal(first.probabilities, second.probabilities)),
        largest_difference=float(np.abs(first.probabilities - second.probabilities).max()),
        changed_predictions=int((first.predicted != second.predicted).sum()),
        clips=len(first),
        environment=differing,
    )


def _beside(folder: RunFolder, workspace: Workspace) -> list[RunFolder]:
    """The runs that stand in a study before this one: its branches, or of two branches trained jointly a run on sound
    and a run on sight."""
    spec = folder.spec
    if not spec.branches or spec.branches[0].run:
        return [RunFolder(folder.path.parent / branch.run) for branch in spec.branches]
    found = []
    for modality in (Modality.AUDIO, Modality.VIDEO):
        alone = (
            run
            for run in list_runs(workspace, folder.study)
            if run.status.phase is Phase.DONE
            and (run.spec.modality, run.spec.fold, run.spec.seed) == (modality, spec.fold, spec.seed)
        )
        run = next(alone, None)
        if run is None:
            raise UserError(
                f"{folder.id} is told beside a run on {modality.word} alone, which is gone: train one again."
            )
        found.append(run)
    return found


def _anchored(spec: RunSpec, workspace: Workspace) -> Network:
    """The same network, to be found from another workspace; its departures are in the resolved recipe already."""
    changes: dict[str, object] = {"recipe": {}}
    if spec.network.weights == "run":
        changes["weights_path"] = str(find_run(workspace, spec.network.weights_path).path)
    return spec.network.model_copy(update=changes)


def _as_trained(branch: RunFolder) -> Network:
    """The network of a branch with all that it departs in, so that its run is recognised as the one that is there."""
    spec = branch.spec
    changes = {
        "name": spec.network.label,
        "modality": spec.modality.value,
        "recipe": spec.recipe.model_dump(mode="json", exclude_none=True),
    }
    return spec.network.model_copy(update=changes)


def _differences(then: dict[str, object], now: dict[str, object], prefix: str = "") -> tuple[str, ...]:
    found: list[str] = []
    for name in sorted(then.keys() | now.keys()):
        old, new = then.get(name), now.get(name)
        if isinstance(old, dict) and isinstance(new, dict):
            found += _differences(old, new, f"{name} ")
        elif old != new:
            found.append(f"{prefix}{name}: {old} → {new}")
    return tuple(found)
