"""What the lists of likely wrong labels and of near-duplicates show, as columns of a table."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.analysis.clip_records import ClipRecords
from core.analysis.label_issues import LabelIssues
from core.analysis.near_duplicates import NearDuplicates
from core.datasets.base import ALWAYS_TRAINING
from core.wings import WINGS
from gui.widgets.clip_columns import short_names
from gui.widgets.clip_table import Column

LIKELY = ("", "likely")


def issue_columns(records: ClipRecords, found: LabelIssues) -> list[Column]:
    """A row for each clip, the least credible label first."""
    folds = np.zeros(len(records.clip_ids), np.int64)
    folds[records.clip] = np.array([info.fold for info in records.runs])[records.run]
    said = [f"{agree} of {of}" for agree, of in zip(found.agree.tolist(), found.of.tolist(), strict=True)]
    return [
        _rank(np.cumsum(found.suggested != found.given)),  # the others are not listed
        Column("Label", "What the clip is labelled as.", found.given, records.classes, width=112),
        Column("Suggested", "What the networks together say that it is.", found.suggested, records.classes, width=112),
        Column(
            "Quality",
            "Probability that the networks together give to the label: low = hardly credible.",
            100 * found.quality,
            format=".1f",
            unit=" %",
            width=72,
        ),
        _named("Agree", "Networks that say so each by itself, of those that were tested on the clip.", said, 64),
        Column(
            "Issue",
            "likely = among as many as confident learning counts as wrong (Northcutt et al. 2021).",
            found.likely.astype(np.int64),
            LIKELY,
            width=64,
        ),
        _named("Clip", "Name of the clip.", short_names(records.clip_ids[found.clip].tolist()), 176),
        Column("Fold", "The fold that it lies in.", folds[found.clip], format="d", width=48),
    ]


def pair_columns(found: NearDuplicates) -> list[Column]:
    """A row for each pair, the most alike first."""
    pairs = found.pairs
    ids = sorted({name for pair in pairs for name in (pair.first, pair.second)})
    short = dict(zip(ids, short_names(ids), strict=True))
    alike = np.array([pair.similarity for pair in pairs])
    columns = [
        _rank(np.arange(1, len(pairs) + 1)),
        Column("Alike", "1 = the same but for its level and where it begins.", alike, format=".3f", width=64),
        _named("First", "One of the two clips.", [short[pair.first] for pair in pairs], 152),
        _named("Second", "The other.", [short[pair.second] for pair in pairs], 152),
        Column(
            "Issue",
            "likely = much nearer than clips of different folds usually come in this dataset.",
            np.array([pair.likely for pair in pairs], np.int64),
            LIKELY,
            width=64,
        ),
        _named("Labels", "What they are labelled as.", [_both(p.first_class, p.second_class) for p in pairs], 160),
        _named(
            "Folds", "Those that they lie in.", [_both(_fold(p.first_fold), _fold(p.second_fold)) for p in pairs], 80
        ),
    ]
    if len({pair.wing for pair in pairs}) > 1:
        columns.insert(2, _named("By", "What is alike of them.", [WINGS[pair.wing].word for pair in pairs], 56))
    return columns


def _rank(places: NDArray[np.int64]) -> Column:
    return Column("Rank", "Place in the list.", places, format="d", width=48)


def _named(title: str, help: str, words: Sequence[str], width: int) -> Column:
    names, codes = np.unique(np.asarray(words, dtype=np.str_), return_inverse=True)
    return Column(title, help, codes, names.tolist(), width=width)


def _both(first: str, second: str) -> str:
    return first if first == second else f"{first} / {second}"


def _fold(fold: int) -> str:
    return "train" if fold == ALWAYS_TRAINING else str(fold)
