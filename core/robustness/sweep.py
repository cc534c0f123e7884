"""A study's finished runs asked again while their test clips get worse, step by step."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from core.control import Control
from core.datasets.base import Modality
from core.errors import UserError
from core.evaluation.predictions import Predictions
from core.evaluation.statistics import Difference, Mean, Scores, difference, mean_over_folds
from core.events import Event, Progress
from core.runs import Phase, RunFolder, list_runs
from core.study import network_labels
from core.tables import Table, load_dotted
from core.workspace import Workspace

if TYPE_CHECKING:
    from core.training.loaders import Batch

Level = float | None  # None = clean


@dataclass(frozen=True)
class Corruption:
    """A row of CORRUPTIONS.

    `apply` is the dotted path of a function `(batch: Batch, level: float, seed: int) -> Batch`, which changes raw
    clips; the same arguments give the same clips.
    """

    title: str
    wing: str  # networks that do not look at it are not asked again
    unit: str
    levels: tuple[float, ...]  # the mildest first
    apply: str


CORRUPTIONS: Table[Corruption] = Table(
    "corruption",
    [
        (
            "noise",
            Corruption(
                "White noise", "audio", "dB SNR", (20.0, 10.0, 0.0, -10.0), "core.robustness.corruptions:add_noise"
            ),
        )
    ],
)


@dataclass(frozen=True)
class Sweep:
    """Scores of every network on clean and on corrupted clips, from predictions as everywhere.

    Attributes:
        study: name of its folder.
        corruption: row of CORRUPTIONS.
        levels: what was asked; None stands for clean clips, first.
        modalities: network → what it is given.
        scores: network → level → (fold, seed) → accuracy.
        train_clips: of a run, in the mean.
        test_clips: of a run, in the mean.
    """

    study: str
    corruption: str
    levels: tuple[Level, ...]
    modalities: Mapping[str, Modality]
    scores: Mapping[str, Mapping[Level, Scores]]
    train_clips: float
    test_clips: float

    def mean(self, network: str, level: Level) -> Mean:
        """Over the folds, with its interval; see `core.evaluation.statistics`."""
        return mean_over_folds(self.scores[network][level], n_train=self.train_clips, n_test=self.test_clips)

    def difference(self, network: str, other: str, level: Level) -> Difference:
        """Of two networks, paired by fold."""
        one, two = self.scores[network][level], self.scores[other][level]
        return difference(one, two, self.train_clips, self.test_clips)


def sweep(
    study: str,
    corruption: str,
    workspace: Workspace,
    levels: Sequence[float] = (),
    control: Control | None = None,
    emit: Callable[[Event], None] = lambda event: None,
) -> Sweep:
    """Ask every finished run of a study again at every level; its predictions are kept in its folder.

    What is there already is not asked again.

    Raises:
        UserError: there is no finished run, or its clips or weights are gone.
        Cancelled: through `control`; what is done is kept.
    """
    row, levels = CORRUPTIONS[corruption], tuple(levels) or CORRUPTIONS[corruption].levels
    workspace.require_writable()
    finished = [folder for folder in list_runs(workspace, study) if folder.status.phase is Phase.DONE]
    if not finished:
        raise UserError(f"There is no finished run of a study “{study}” in {workspace.runs}. Train it first.")
    todo = [
        (folder, level)
        for folder in finished
        if row.wing in folder.spec.modality.wings
        for level in levels
        if not folder.corrupted(corruption, level).exists()
    ]
    if todo:
        _ask(todo, row, corruption, workspace, control or Control(), emit)
    return _read(study, corruption, levels, finished)


def _ask(
    todo: Sequence[tuple[RunFolder, float]],
    row: Corruption,
    corruption: str,
    workspace: Workspace,
    control: Control,
    emit: Callable[[Event], None],
) -> None:
    from core.caches import Caches
    from core.chosen import open_chosen
    from core.training.device import choose_device, use_threads
    from core.training.loaders import Batches
    from core.training.predict import predict
    from core.training.restore import restore

    use_threads()
    device = choose_device("auto")
    specs = [folder.spec for folder, _ in todo]
    dataset = open_chosen(specs[0].dataset, workspace, control)
    caches = Caches(dataset, workspace.cache).open(specs, control, emit)
    apply: Callable[..., Batch] = load_dotted(row.apply)
    clips = {clip.id: clip for clip in dataset.clips}
    for done, (folder, level) in enumerate(todo):
        emit(Progress(f"{row.title}, {level:g} {row.unit}", done, len(todo), "runs"))
        spec, classes = folder.spec, folder.predictions().classes
        tested = folder.predictions().clip_ids.tolist()
        gone = [name for name in tested if name not in clips]
        if gone:
            raise UserError(f"{folder.id} was tested on {gone[0]}, which is no longer in {dataset.root}.")
        of_wings = {wing: caches.of(wing, spec.recipe) for wing in spec.modality.wings}
        batches = Batches([clips[name] for name in tested], of_wings, spec.recipe, spec.seed)
        worse = partial(apply, level=level, seed=spec.seed)
        said = predict(restore(folder, device), batches, classes, control, worse)
        said.save(folder.corrupted(corruption, level))


def _read(study: str, corruption: str, levels: Sequence[float], finished: Sequence[RunFolder]) -> Sweep:
    specs = [folder.spec for folder in finished]
    labels = network_labels(specs)
    scores: dict[str, dict[Level, dict[tuple[int, int], float]]] = {}
    for folder, spec, label in zip(finished, specs, labels, strict=True):
        clean = folder.predictions()
        for level in (None, *levels):
            if level is None or CORRUPTIONS[corruption].wing not in spec.modality.wings:
                said = clean
            else:
                said = Predictions.load(folder.corrupted(corruption, level))
            scores.setdefault(label, {}).setdefault(level, {})[spec.fold, spec.seed] = float(said.correct.mean())
    return Sweep(
        study=study,
        corruption=corruption,
        levels=(None, *levels),
        modalities={label: spec.modality for label, spec in zip(labels, specs, strict=True)},
        scores=scores,
        train_clips=float(np.mean([folder.status.train_clips for folder in finished])),
        test_clips=float(np.mean([len(folder.predictions()) for folder in finished])),
    )
