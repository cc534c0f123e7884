"""The map of a network: where the clips that it was tested on stand, by what it made of them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from core.analysis.clip_records import Rows
from core.analysis.embedding import directions, embed, log_ratios
from core.analysis.study_records import StudyRecords
from core.control import Control
from core.errors import UserError
from core.events import Progress
from core.files import write_atomically
from core.workspace import Workspace

METHOD = 1  # raise it when the same vectors would be placed otherwise: maps kept by another are made anew


@dataclass(frozen=True, eq=False)
class NetworkMap:
    """Clips of a network, each with its place.

    Attributes:
        rows: (clips,) record of each, ascending.
        points: (clips, 2) place; only distances between them have a meaning.
        note: what of the network is mapped, as a sentence.
    """

    rows: Rows
    points: NDArray[np.float32]
    note: str


def map_network(
    workspace: Workspace,
    data: StudyRecords,
    runs: Sequence[int],
    control: Control,
    report: Callable[[Progress], None],
) -> NetworkMap:
    """The clips that runs of one network were tested on, mapped by its features where one fold is asked for.

    The runs of several folds are networks of their own, whose features have nothing to do with each other: their
    clips stand in one map by what all of them speak of, the log-ratios of the classes. So do those of a run whose
    features were not kept. Of several seeds the first is mapped.

    Args:
        workspace: where the runs are, and where maps are kept.
        data: their records.
        runs: places in `data.records.runs`, at least one, of one network.
        control: cancels between iterations.
        report: told of the progress.

    Raises:
        Cancelled: through `control`.
    """
    infos = data.records.runs
    seed = min(infos[run].seed for run in runs)
    runs = sorted(run for run in runs if infos[run].seed == seed)  # as their records are laid end to end
    rows = np.flatnonzero(np.isin(data.records.run, runs))
    name = data.network_of(runs[0]).name
    of_seed = f", seed {seed}" if len({info.seed for info in infos}) > 1 else ""
    features = _features(workspace, data, runs[0]) if len(runs) == 1 else None
    if features is not None:
        vectors = directions(features)
        note = f"Features of {name}, fold {infos[runs[0]].fold}{of_seed}."
    else:
        vectors = np.concatenate([log_ratios(data.predictions[run].probabilities) for run in runs])
        why = f"{len(runs)} folds are {len(runs)} networks with features of their own"
        if len(runs) == 1:
            why = f"no features of fold {infos[runs[0]].fold} are kept"
        note = f"Log-probabilities of the classes{of_seed}: {why}."
    place = partial(embed, vectors, control, report, f"Mapping the clips of {name}")
    return NetworkMap(rows, _kept(workspace, vectors, place), note)


def _features(workspace: Workspace, data: StudyRecords, run: int) -> NDArray[np.float16] | None:
    """(clips, dimensions) of a run; None where none were kept, or they are not of these clips."""
    if data.captured:
        return None
    try:
        predictions = data.folder_of(workspace, run).predictions()
    except UserError:  # deleted since its records were read
        return None
    same = np.array_equal(predictions.clip_ids, data.predictions[run].clip_ids)
    return predictions.features if same and predictions.features.shape[1] else None


def _kept(
    workspace: Workspace, vectors: NDArray[np.float32], place: Callable[[], NDArray[np.float32]]
) -> NDArray[np.float32]:
    """The places of these vectors, from the cache where they were found before."""
    digest = hashlib.sha256(repr((METHOD, vectors.shape)).encode() + vectors.tobytes()).hexdigest()[:32]
    file = workspace.cache / "maps" / f"{digest}.npy"
    with suppress(OSError, ValueError, EOFError):  # missing or torn
        points: NDArray[np.float32] = np.load(file, allow_pickle=False)
        if points.shape == (len(vectors), 2):
            return points
    points = place()
    if workspace.writable:
        with suppress(UserError):  # the disk is full: it is shown all the same
            write_atomically(file, lambda opened: np.save(opened, points))
    return points
