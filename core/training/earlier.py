"""What the earlier runs that a run starts from have learned from: never the clips that it is judged by."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Set
from pathlib import Path

from core.datasets import DATASETS
from core.datasets.base import Dataset
from core.datasets.splits import Split, split
from core.environment import fingerprints, recorded_fingerprints
from core.errors import UserError
from core.events import Event, Message
from core.run_records import Phase
from core.run_spec import DatasetChoice, Network
from core.runs import RunFolder, find_run
from core.training.workbench import Workbench
from core.workspace import Workspace


def run_behind(network: Network, workspace: Workspace) -> RunFolder | None:
    """The run whose weights a network starts from; None where they come from elsewhere.

    Raises:
        UserError: there is no such run or file, there are several, or it keeps no weights.
    """
    if network.weights == "run":
        folder = find_run(workspace, network.weights_path)
        if folder.spec.classical:
            raise UserError(f"{network.label} cannot start from {folder.id}: {folder.spec.never_again}")
        return folder
    if network.weights != "file":
        return None
    path = Path(network.weights_path).expanduser().absolute()
    if not path.exists():
        raise UserError(f"There is no weights file {path}. Check the path.")
    folder = RunFolder(path.parent)
    return folder if path.name == folder.weights.name and folder.status.phase is Phase.DONE else None


def refuse_leaks(earlier: RunFolder, bench: Workbench, parts: Split) -> None:
    """Neither a run whose weights are taken, nor one that its own come from, may have learned from clips that are
    tested now, or that are the validation part now: the best epoch is chosen by it, and fusions learn from it.

    Of a run behind it that is gone, what is not known is said.

    Raises:
        UserError: naming the run, the part and a clip; or what `earlier` learned from cannot be read.
    """
    test, validation = (_ids(bench.dataset, part) for part in (parts.test, parts.validation))
    for run in lineage(earlier, bench.emit):
        try:
            held_out, not_learned = _spared(run, bench)
        except UserError as error:
            if run is earlier:
                raise
            _not_known(run.id, error, bench.emit)
            continue
        who = run.id if run is earlier else f"{run.id}, from which the weights of {earlier.id} come,"
        if seen := test - held_out:
            raise UserError(
                f"{who} was trained on {len(seen)} of the clips that are tested now, {sorted(seen)[0]} for one: its "
                "weights would give the answers away. Take a run with the same test fold."
            )
        if seen := validation - not_learned:
            raise UserError(
                f"{who} was not kept from {len(seen)} of the clips that are the validation part now, "
                f"{sorted(seen)[0]} for one: they could not tell which epoch is best. Take a run with the same clips, "
                "test fold, seed and validation share, or set the validation share to 0."
            )


def lineage(run: RunFolder, emit: Callable[[Event], None]) -> Iterator[RunFolder]:
    """A run, and each that its weights come from, however far back. Of one that is gone, what is not known is said."""
    waiting, met = [run], set[Path]()
    while waiting:
        one = waiting.pop()
        if one.path not in met:
            met.add(one.path)
            yield one
            waiting += _sources(one, emit)


def _sources(run: RunFolder, emit: Callable[[Event], None]) -> list[RunFolder]:
    """The runs that a run started from: those of its branches, or one; looked for where it lies itself."""
    study = run.path.absolute().parent
    try:
        spec = run.spec
    except UserError:  # whoever was given the run has been told
        return []
    if branches := [branch.run for branch in spec.branches if branch.run]:
        return [RunFolder(study / name) for name in branches]
    try:
        source = run_behind(spec.network, Workspace(study.parent.parent))
    except UserError as error:
        _not_known(f"what {run.id} started from", error, emit)
        return []
    return [source] if source else []


def _not_known(what: str, error: UserError, emit: Callable[[Event], None]) -> None:
    emit(Message(f"Whether {what} was trained on clips that are tested now is not known. {error}", "warning"))


def _spared(run: RunFolder, bench: Workbench) -> tuple[Set[str], Set[str]]:
    """Of the clips of now those that a run held out for its test, and all that it did not learn from."""
    spec, dataset = run.spec, bench.dataset
    everything = _ids(dataset, range(len(dataset.clips)))
    then, now = recorded_fingerprints(run.environment), fingerprints(dataset, bench.caches)
    equal = any(then[wing] == now[wing] for wing in then.keys() & now.keys())
    if not equal and not same_place(spec.dataset, dataset, bench.workspace):
        return everything, everything
    held_out = frozenset(run.predictions().clip_ids.tolist())
    aside = run.set_aside
    if aside is None and equal and not (spec.stacked or spec.late):  # from before it was written; digests had no part
        aside = _ids(dataset, split(dataset, spec.fold, spec.recipe.validation_share, spec.seed).validation)
    return held_out, held_out | (aside or frozenset())


def same_place(then: DatasetChoice, now: Dataset, workspace: Workspace) -> bool:
    """Whether an earlier run's recordings are those of now by their name or place.

    ESC-10 and ESC-50 are the same, in whatever folder. A dataset may have been opened by the folder it was unpacked
    into, and its clips lie in one within.
    """
    of_its_own = DATASETS[then.name].folder
    if of_its_own and of_its_own == DATASETS[now.name].folder:
        return True
    if not (then.root or of_its_own):
        return False
    place, here = workspace.dataset_root(then.name, then.root).resolve(), now.root.resolve()
    return here.is_relative_to(place) or place.is_relative_to(here)


def _ids(dataset: Dataset, places: tuple[int, ...] | range) -> frozenset[str]:
    return frozenset(dataset.clips[i].id for i in places)
