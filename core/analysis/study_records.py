"""All finished runs of a study, read once: the records behind the Errors panel and the probabilities behind them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.analysis.clip_records import ClipRecords, RunInfo
from core.control import Control
from core.errors import UserError
from core.evaluation.predictions import Predictions
from core.events import Progress
from core.runs import Phase, RunFolder, list_runs
from core.study import RunSpec, network_labels
from core.workspace import Workspace
from models import MODELS


@dataclass(frozen=True)
class NetworkName:
    """A network as lists name it."""

    label: str
    architecture: str


@dataclass(frozen=True)
class StudyRecords:
    """The finished runs of one study.

    Attributes:
        study: name of its folder.
        specs: of each run, in the order of `records.runs`.
        predictions: of each run, without features.
        records: one for each clip that each run predicted.
        networks: in the order of the table of architectures.
        problems: a sentence for each run that could not be read.
    """

    study: str
    specs: tuple[RunSpec, ...]
    predictions: tuple[Predictions, ...]
    records: ClipRecords
    networks: tuple[NetworkName, ...]
    problems: tuple[str, ...] = ()

    def name_of(self, record: int) -> tuple[str, str]:
        """Run and clip of a record: what it is found by when the study has been read again."""
        return self.specs[self.records.run[record]].id, str(self.records.clip_ids[self.records.clip[record]])

    def find(self, name: tuple[str, str]) -> int:
        """The record of a run and a clip; −1 where there is none."""
        run = next((place for place, spec in enumerate(self.specs) if spec.id == name[0]), -1)
        clip = np.flatnonzero(self.records.clip_ids == name[1])
        found = np.flatnonzero((self.records.run == run) & np.isin(self.records.clip, clip))
        return int(found[0]) if found.size else -1

    def opinions(self, record: int) -> tuple[NDArray[np.float32] | None, ...]:
        """(classes,) probabilities that each network gave to the clip of a record: with the same seed where there is
        such a run, else the mean over its runs; None where no run of a network has tested the clip."""
        records = self.records
        same_clip = np.flatnonzero(records.clip == records.clip[record])
        seed = records.runs[records.run[record]].seed
        answers: list[NDArray[np.float32] | None] = []
        for network in self.networks:
            theirs = [int(i) for i in same_clip if records.runs[records.run[i]].network == network.label]
            chosen = [i for i in theirs if records.runs[records.run[i]].seed == seed] or theirs
            given = [self.predictions[records.run[i]].probabilities[records.row[i]] for i in chosen]
            answers.append(np.mean(given, axis=0, dtype=np.float32) if given else None)
        return tuple(answers)


def studies_with_predictions(workspace: Workspace) -> list[str]:
    """Names of the folders of studies with at least one finished run, the latest first."""
    newest: dict[str, float] = {}
    for file in workspace.runs.glob("*/*/predictions.npz"):
        study = file.parent.parent.name
        newest[study] = max(newest.get(study, 0.0), file.stat().st_mtime)
    return sorted(newest, key=lambda study: -newest[study])


def read_study_records(
    workspace: Workspace, study: str, control: Control, report: Callable[[Progress], None]
) -> StudyRecords | None:
    """Read every finished run of a study; None where there is none.

    Runs of other classes than the last are left out, and so is what cannot be read; `problems` says so.

    Raises:
        UserError: there are finished runs and none can be read.
        Cancelled: as `control` says.
    """
    folders = [folder for folder in list_runs(workspace, study) if folder.status.phase is Phase.DONE]
    found: list[tuple[RunSpec, Predictions]] = []
    problems: list[str] = []
    for done, folder in enumerate(folders):
        control.checkpoint()
        report(Progress("Reading predictions", done, len(folders), "runs"))
        try:
            found.append((folder.spec, _without_features(folder)))
        except UserError as error:
            problems.append(str(error))
    if not found:
        if problems:
            raise UserError(" ".join(problems))
        return None
    classes = found[-1][1].classes
    problems += [f"{spec.id} is of other classes and is left out." for spec, p in found if p.classes != classes]
    found = [(spec, p) for spec, p in found if p.classes == classes]
    labels = network_labels([spec for spec, _ in found])
    architectures = {label: spec.network.architecture for label, (spec, _) in zip(labels, found, strict=True)}
    place = list(MODELS)
    networks = sorted(architectures, key=lambda label: (place.index(architectures[label]), label))
    return StudyRecords(
        study=study,
        specs=tuple(spec for spec, _ in found),
        predictions=tuple(p for _, p in found),
        records=ClipRecords.collect(
            [
                (RunInfo(label, spec.network.architecture, spec.fold, spec.seed), p)
                for label, (spec, p) in zip(labels, found, strict=True)
            ]
        ),
        networks=tuple(NetworkName(label, architectures[label]) for label in networks),
        problems=tuple(problems),
    )


def _without_features(folder: RunFolder) -> Predictions:
    """Features of many clips take more memory than all the rest, and nothing here needs them."""
    predictions = folder.predictions()
    return replace(predictions, features=np.zeros((len(predictions), 0), np.float16))
