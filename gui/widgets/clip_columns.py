"""What the clip table shows of a study's records, and how it names clips."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QPixmap

from core.analysis.reviewed_records import WORDS
from core.analysis.study_records import StudyRecords
from gui import theme
from gui.widgets.clip_table import Column
from gui.widgets.marks import mark_icon

LOSS = 4  # the column the table is sorted by at first: certain mistakes on top


def clip_columns(
    data: StudyRecords,
    picture: Callable[[int], QPixmap | None],
    picture_width: int,
    reviews: NDArray[np.int8] | None = None,
) -> list[Column]:
    """True and predicted class, how sure the network was and how wrong, and which run said so of which clip.

    Args:
        data: the runs.
        picture: of a record, as far as there is one; must come at once. It stands in the first column.
        picture_width: pixels that one takes at most.
        reviews: (records,) codes of what was said of their clips; they may be changed in place.
    """
    records = data.records
    wrong = ~records.correct
    labels = [network.label for network in data.networks]
    network_of_run = np.array([labels.index(info.network) for info in records.runs])
    folds = np.array([info.fold for info in records.runs])
    seeds = np.array([info.seed for info in records.runs])
    names = [network.name for network in data.networks]
    icons = [mark_icon(n.modality, theme.architecture_colour(n.architecture)) for n in data.networks]
    columns = [
        Column("Picture", "What is seen and heard.", records.clip, picture=picture, width=picture_width + theme.GRID),
        Column("True", "Class of the clip.", records.true, records.classes, width=128),
        Column("Predicted", "Most probable class.", records.predicted, records.classes, red=wrong, width=128),
        Column(
            "Sure", "Probability of the predicted class.", 100 * records.confidence, format=".0f", unit=" %", width=64
        ),
        Column(
            "Loss",
            "−ln of the probability of the true class, in nats: high = sure and wrong.",
            records.loss,
            format="z.2f",
            width=64,
        ),
        *([] if reviews is None else [Column("Verdict", "What you said of the clip.", reviews, WORDS, width=136)]),
        Column("Network", "Whose answer this is.", network_of_run[records.run], names, icons=icons, width=264),
        Column("Clip", "Name of the clip.", records.clip, short_names(records.clip_ids.tolist()), width=152),
        Column("Fold", "The fold the run was tested on.", folds[records.run], format="d", width=48),
        Column("Seed", "Random seed of the run.", seeds[records.run], format="d", width=48),
        Column(
            "Margin",
            "Probability of the first class less that of the second.",
            100 * records.margin,
            format=".0f",
            unit=" %",
            width=64,
        ),
    ]
    if len(records.seeds) > 1:
        columns.append(
            Column(
                "Seeds agree",
                "Share of the seeds with which this network said the same of the clip, in the same fold.",
                100 * records.seed_agreement,
                format=".0f",
                unit=" %",
                width=88,
            )
        )
    return columns


def short_names(clip_ids: Sequence[str]) -> list[str]:
    """Names without folders; where two would be the same, without the folder that all clips are in."""
    names = [posixpath.basename(clip_id) for clip_id in clip_ids]
    if len(set(names)) == len(names):
        return names
    shared = posixpath.commonpath([posixpath.dirname(clip_id) for clip_id in clip_ids])
    return [clip_id.removeprefix(f"{shared}/") for clip_id in clip_ids]
