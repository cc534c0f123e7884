"""The columns of the clip table: what a clip is labelled, and what it says of itself."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.datasets.base import Dataset
from core.datasets.scan import Headers
from gui.widgets.clip_columns import short_names
from gui.widgets.clip_table import Column

SOUND = ("no", "silent", "yes")
NONE, SILENT, HEARD = range(3)


def sound_of(dataset: Dataset, headers: Headers, unheard: frozenset[str]) -> NDArray[np.int64]:
    """(clips,) indices into SOUND. `unheard` are the ids of clips whose sound a check found to be of no use."""
    there = np.where(headers.has_sound, HEARD, NONE)
    return np.where([clip.id in unheard for clip in dataset.clips], np.minimum(there, SILENT), there)


def columns(dataset: Dataset, headers: Headers | None, unheard: frozenset[str]) -> list[Column]:
    """Only what some clip has: sounds have no size, and videos without sound no sample rate."""
    clips = dataset.clips
    groups, place = np.unique([clip.group for clip in clips], return_inverse=True)
    names = short_names([clip.id for clip in clips])
    made = [
        Column(
            "Clip",
            "Name of the clip in its dataset.",
            np.arange(len(clips)),
            names,
            width=150,
        ),
        Column(
            "Class",
            "Label of the clip.",
            np.array([clip.label for clip in clips]),
            dataset.classes,
            width=110,
        ),
        Column("Fold", "Part of the cross-validation.", np.array([clip.fold or 0 for clip in clips]), width=46),
    ]
    if headers is not None:
        made += _of_headers(dataset, headers, unheard)
    made.append(
        Column(
            "Group",
            "Source recording or person: clips of one group stay in one fold.",
            place,
            groups.tolist(),
            width=72,
        )
    )
    return made


def _of_headers(dataset: Dataset, headers: Headers, unheard: frozenset[str]) -> list[Column]:
    made = [Column("Length s", "Seconds, as the file's header says.", headers.seconds, format=".2f", width=72)]
    if headers.has_pictures.any():
        sound = sound_of(dataset, headers, unheard)
        sizes, size = np.unique(np.nan_to_num(headers.sizes).astype(np.int64), axis=0, return_inverse=True)
        words = [f"{width}×{height}" if width else "–" for width, height in sizes.tolist()]
        made += [
            Column("Sound", "no: there is no sound track. silent: there is nothing on it.", sound, SOUND, width=60),
            Column("Pixels", "Width × height in the file. All are resized.", size.ravel(), words, width=96),
            Column("fps", "Frames a second in the file.", headers.frame_rates, format=".4g", width=56),
        ]
    if headers.has_sound.any():
        help = "Samples a second in the file. All are resampled."
        made.append(Column("Rate Hz", help, headers.sample_rates, format=".0f", width=68))
    return made
