"""Scores of each class over chosen runs of a study, and what they stand on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.analysis.study_records import StudyRecords
from core.evaluation.metrics import PerClass, per_class
from core.evaluation.predictions import pooled
from core.readable import counted


@dataclass(frozen=True)
class ClassScores:
    """Scores of each class; arrays are (classes,).

    Attributes:
        scores: precision, recall and F1 of the predictions of all runs put together; ROC-AUC is the mean over the
            runs in which it is defined, since probabilities that two networks gave cannot be ranked against each
            other. (Forman & Scholz 2010, SIGKDD Explorations 12: pool for F1, average for AUC.)
        clips: distinct clips of each class. A clip has as many predictions as runs were tested on it.
        basis: what the scores stand on, in words.
    """

    scores: PerClass
    clips: NDArray[np.int64]
    basis: str


def class_scores(data: StudyRecords, runs: Sequence[int]) -> ClassScores | None:
    """Scores over runs, by their places in `data.records.runs`; None where there is none."""
    if not runs:
        return None
    tables = [data.predictions[run] for run in runs]
    together = pooled(tables)
    each = np.stack([per_class(table).auc for table in tables])
    defined = np.isfinite(each).sum(axis=0)
    auc = np.divide(np.nansum(each, axis=0), defined, out=np.full(len(defined), np.nan), where=defined > 0)
    ids, first = np.unique(together.clip_ids, return_index=True)
    infos = [data.records.runs[run] for run in runs]
    parts = {
        "network": len({info.network for info in infos}),
        "fold": len({info.fold for info in infos}),
        "seed": len({info.seed for info in infos}),
    }
    return ClassScores(
        scores=replace(per_class(together), auc=auc),
        clips=np.bincount(together.labels[first], minlength=len(together.classes)),
        basis=_basis(len(runs), parts, len(together), len(ids)),
    )


def _basis(runs: int, parts: dict[str, int], predictions: int, clips: int) -> str:
    """`Pooled: 3 networks × 4 folds × 1 seed, 480 predictions of 160 clips`."""
    if runs == 1:
        return f"One run: {counted(clips, 'clip')}"
    full = runs == np.prod(list(parts.values()))  # else some of the grid has not been trained
    grid = (" × " if full else ", ").join(counted(number, word) for word, number in parts.items())
    which = grid if full else f"{runs} runs ({grid})"
    return f"Pooled: {which}, {predictions:,} predictions of {counted(clips, 'clip')}"
