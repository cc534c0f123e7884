"""Runs as lists offer them: those of a study with where they stand, and the finished ones to start another from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace

from core.control import Control
from core.errors import UserError
from core.files import slug
from core.run_records import LogRow, Phase
from core.run_spec import RunSpec
from core.runs import RunFolder, list_runs
from core.study import Study, read_study
from core.workspace import Workspace


@dataclass(frozen=True)
class RunRow:
    """One run, ready to be shown."""

    spec: RunSpec
    folder: RunFolder
    phase: Phase
    epoch: int
    kept: int = 0  # epochs that a resume does not train again
    reason: str = ""
    note: str = ""
    title: str = ""  # what the user calls it
    bytes: int = 0
    seconds: float = 0.0
    accuracy: float | None = None  # on the test fold, 0 to 1
    batches_per_epoch: int = 0
    log: tuple[LogRow, ...] = field(default=(), repr=False)

    @property
    def id(self) -> str:
        return self.spec.id

    @property
    def network(self) -> str:
        return self.spec.network.label


@dataclass(frozen=True)
class Earlier:
    """A finished run whose weights another network can start from: by the name `weights_path` takes, and in words."""

    name: str
    words: str


def read_rows(workspace: Workspace, study: str, control: Control, *, trained: str = "") -> list[RunRow]:
    """Every run of a study from its folder, in the order of training; one that cannot be read is passed over.

    `trained` is the slug of the study that this programme trains.

    Raises:
        Cancelled: as `control` says.
    """
    alive = study == trained or workspace.used_by_another
    rows = []
    for folder in list_runs(workspace, study):
        control.checkpoint()
        try:
            rows.append(_row(folder, folder.spec, alive))
        except UserError:
            continue
    return sorted(rows, key=_training_order(workspace, study))


def finished_runs(workspace: Workspace, control: Control) -> Iterator[tuple[RunFolder, RunSpec, str]]:
    """Every finished run of the workspace that has weights, and what it is called within its study.

    Raises:
        Cancelled: as `control` says.
    """
    for folder in list_runs(workspace):
        control.checkpoint()
        if folder.status.phase is not Phase.DONE or not folder.weights.exists():
            continue
        try:
            spec = folder.spec
        except UserError:  # of another version: it cannot be read
            continue
        network = folder.title or spec.network.label
        yield folder, spec, f"{network}, on {spec.modality.word}, fold {spec.fold}, seed {spec.seed}"


def earlier_runs(workspace: Workspace, control: Control) -> list[Earlier]:
    """What another network can start from, of whatever modality.

    Raises:
        Cancelled: as `control` says.
    """
    finished = finished_runs(workspace, control)
    return [Earlier(folder.name, f"{folder.study}: {words}") for folder, _, words in finished]


def _row(folder: RunFolder, spec: RunSpec, alive: bool) -> RunRow:
    status = folder.status_seen(alive)
    accuracy = None
    if status.phase is Phase.DONE:
        try:
            accuracy = float(folder.predictions().correct.mean())
        except UserError as error:
            status = replace(status, reason=str(error))
    log = tuple(folder.log())
    return RunRow(
        spec=spec,
        folder=folder,
        phase=status.phase,
        epoch=log[-1].epoch if log else status.epoch,
        kept=folder.epochs_kept(),
        reason=status.reason,
        note=folder.note,
        title=folder.title,
        bytes=folder.size(),
        seconds=status.seconds,
        accuracy=accuracy,
        log=log,
    )


def network_order(workspace: Workspace, study: str) -> dict[str, int]:
    """Networks in the order in which they are trained, where the study's own file can be read."""
    read = _study_of(workspace, study)
    return {} if read is None else {network.label: place for place, network in enumerate(read.network)}


def folds_without_runs(workspace: Workspace, study: str, folders: Iterable[RunFolder]) -> str:
    """Which folds a study asks for and has no run of among its folders, in words; “” = none. Mostly they lack clips."""
    read, there = _study_of(workspace, study), set[int]()
    for folder in folders:
        with suppress(UserError):  # as elsewhere, one that cannot be read is passed over
            there.add(folder.spec.fold)
    absent = [str(fold) for fold in read.folds if fold not in there] if read is not None and there else []
    if not absent:
        return ""
    return f"fold {absent[0]} has no run" if len(absent) == 1 else f"folds {', '.join(absent)} have no run"


def _training_order(workspace: Workspace, study: str) -> Callable[[RunRow], tuple[int | str, ...]]:
    """What rows are sorted by; as `Study.runs` does, where the study's own file can be read."""
    read, places = _study_of(workspace, study), network_order(workspace, study)
    folds_first = read is not None and read.order == "all folds"

    def key(row: RunRow) -> tuple[int | str, ...]:
        network, fold = places.get(row.network, len(places)), row.spec.fold
        return row.spec.seed, *((network, fold) if folds_first else (fold, network)), row.id

    return key


def _study_of(workspace: Workspace, study: str) -> Study | None:
    try:
        return read_study(workspace.runs / slug(study) / "study.toml")
    except UserError:
        return None
