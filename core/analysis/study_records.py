"""All finished runs of a study, read once: the records behind the Errors panel and the probabilities behind them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.analysis.clip_records import ClipRecords, RunInfo
from core.architectures import ARCHITECTURES
from core.control import Control
from core.datasets.base import Modality
from core.errors import UserError
from core.evaluation.families import initial, variant
from core.evaluation.predictions import Predictions
from core.events import Progress
from core.readable import joined
from core.run_records import Phase
from core.run_spec import RunSpec, network_labels
from core.runs import RunFolder, list_runs
from core.workspace import Workspace

PREFIX = "captured: "  # before the name of a study: what its networks said of captures


@dataclass(frozen=True)
class NetworkName:
    """A network as lists name it.

    Attributes:
        label: what its runs are found by.
        architecture: row of ARCHITECTURES.
        modality: what it is given of a clip.
        name: the label; where a study has several modalities and the label does not say which, with its word.
        short: what tells it apart among those of its architecture: its own name, `both`, or `both, gated attention`; a
            network alone with its architecture says what it does with time, or what it started from.
    """

    label: str
    architecture: str
    modality: Modality
    name: str
    short: str


@dataclass(frozen=True)
class Answer:
    """What a network said of a clip.

    Attributes:
        probabilities: (classes,).
        sound_share: how much the sound counted beside the sight, from 0 to 1; None where it does not weigh them.
    """

    probabilities: NDArray[np.float32]
    sound_share: float | None = None


class Run(NamedTuple):
    """A finished run, STUDY/RUN, and what it said."""

    folder: str
    spec: RunSpec
    predictions: Predictions


@dataclass(frozen=True)
class StudyRecords:
    """The finished runs of one study.

    Attributes:
        study: name of its folder.
        folders: STUDY/RUN of each run, in the order of `records.runs`: below the workspace's runs.
        specs: of each run.
        predictions: of each run, without features.
        records: one for each clip that each run predicted.
        networks: in the order of the table of architectures, and of sound, sight, both.
        problems: a sentence for each run that could not be read.
    """

    study: str
    folders: tuple[str, ...]
    specs: tuple[RunSpec, ...]
    predictions: tuple[Predictions, ...]
    records: ClipRecords
    networks: tuple[NetworkName, ...]
    problems: tuple[str, ...] = ()

    @property
    def captured(self) -> bool:
        """Whether they are of captures, which have no folds and of which no features are kept."""
        return self.study.startswith(PREFIX)

    def folder_of(self, workspace: Workspace, run: int) -> RunFolder:
        """Of a run, by its place in `records.runs`."""
        return RunFolder(workspace.runs / self.folders[run])

    def network_of(self, run: int) -> NetworkName:
        """Of a run, by its place in `records.runs`."""
        label = self.records.runs[run].network
        return next(network for network in self.networks if network.label == label)

    def name_of(self, record: int) -> tuple[str, str]:
        """Run and clip of a record: what it is found by when the study has been read again."""
        return self.specs[self.records.run[record]].id, str(self.records.clip_ids[self.records.clip[record]])

    def find(self, name: tuple[str, str]) -> int:
        """The record of a run and a clip; −1 where there is none."""
        run = next((place for place, spec in enumerate(self.specs) if spec.id == name[0]), -1)
        clip = np.flatnonzero(self.records.clip_ids == name[1])
        found = np.flatnonzero((self.records.run == run) & np.isin(self.records.clip, clip))
        return int(found[0]) if found.size else -1

    def answers(self, record: int) -> tuple[Answer | None, ...]:
        """What each network said of the clip of a record: with the same seed where there is such a run, else the mean
        over its runs; None where no run of a network has tested the clip."""
        records = self.records
        return tuple(
            _mean_answer([(self.predictions[records.run[i]], int(records.row[i])) for i in chosen]) if chosen else None
            for chosen in self.opinions(record)
        )

    def opinions(self, record: int) -> tuple[tuple[int, ...], ...]:
        """By network, the records of the clip of a record: with the same seed where there is one, else all."""
        records = self.records
        same_clip = np.flatnonzero(records.clip == records.clip[record])
        seed = records.runs[records.run[record]].seed
        found = []
        for network in self.networks:
            theirs = tuple(int(i) for i in same_clip if records.runs[records.run[i]].network == network.label)
            found.append(tuple(i for i in theirs if records.runs[records.run[i]].seed == seed) or theirs)
        return tuple(found)

    def beside(self, record: int) -> list[int]:
        """This record, and the first in the opinion of each other network that has tested its clip, in their order."""
        return [record if record in of else of[0] for of in self.opinions(record) if of]

    @property
    def modalities(self) -> frozenset[Modality]:
        return frozenset(network.modality for network in self.networks)

    def of_frames(self, record: int) -> NDArray[np.float32] | None:
        """(frames, classes) probabilities that the network of a record gave at each frame of the clip, of its first
        view of it. None where it says nothing of frames."""
        spec, run = self.specs[self.records.run[record]], int(self.records.run[record])
        said = self.predictions[run].frame_probabilities[self.records.row[record]]
        if spec.modality != Modality.VIDEO or len(said) != spec.recipe.video.frames:
            return None
        return said.astype(np.float32)


def _mean_answer(said: Sequence[tuple[Predictions, int]]) -> Answer:
    probabilities = np.asarray(np.mean([of.probabilities[row] for of, row in said], axis=0), np.float32)
    shares = [float(of.shares[row, 0]) for of, row in said if of.shares.shape[1]]
    return Answer(probabilities, float(np.mean(shares)) if len(shares) == len(said) else None)


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
    found: list[Run] = []
    problems: list[str] = []
    for done, folder in enumerate(folders):
        control.checkpoint()
        report(Progress("Reading predictions", done, len(folders), "runs"))
        try:
            found.append(Run(folder.name, folder.spec, _without_features(folder)))
        except UserError as error:
            problems.append(str(error))
    if not found:
        if problems:
            raise UserError(" ".join(problems))
        return None
    return collected(study, found, problems)


def collected(study: str, found: Sequence[Run], problems: Sequence[str]) -> StudyRecords:
    """The records of runs (at least one) and what they said; those of other classes than the last are left out."""
    classes = found[-1].predictions.classes
    others = [f"{r.spec.id} is of other classes and is left out." for r in found if r.predictions.classes != classes]
    found = [run for run in found if run.predictions.classes == classes]
    specs = [run.spec for run in found]
    labels = network_labels(specs)
    return StudyRecords(
        study=study,
        folders=tuple(run.folder for run in found),
        specs=tuple(specs),
        predictions=tuple(run.predictions for run in found),
        records=ClipRecords.collect(
            [
                (RunInfo(label, run.spec.network.architecture, run.spec.fold, run.spec.seed), run.predictions)
                for label, run in zip(labels, found, strict=True)
            ]
        ),
        networks=_networks(dict(zip(labels, specs, strict=True))),
        problems=(*problems, *others),
    )


def _networks(specs: Mapping[str, RunSpec]) -> tuple[NetworkName, ...]:
    """By label: a spec of each network."""
    kinds = Counter((spec.network.architecture, spec.modality) for spec in specs.values())
    several = len({spec.modality for spec in specs.values()}) > 1
    made = []
    for label, spec in specs.items():
        word, architecture = spec.modality.word, spec.network.architecture
        says = not several or label.partition(" · ")[0].endswith(word)
        alike = kinds[architecture, spec.modality] > 1
        does = variant(spec) if alike or not several else ""
        started = initial(spec.network) if alike and not spec.branches else ""
        short = spec.network.name or joined((word if several else "", does, started)) or initial(spec.network)
        made.append(
            NetworkName(
                label=label,
                architecture=architecture,
                modality=spec.modality,
                name=label if says else f"{label}, {word}",
                short=short,
            )
        )
    place, modalities = list(ARCHITECTURES), list(Modality)
    return tuple(sorted(made, key=lambda n: (place.index(n.architecture), modalities.index(n.modality), n.label)))


def _without_features(folder: RunFolder) -> Predictions:
    """Features of many clips take more memory than all the rest, and nothing here needs them."""
    predictions = folder.predictions()
    return replace(predictions, features=np.zeros((len(predictions), 0), np.float16))
