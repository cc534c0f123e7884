"""What is known of the clips of a study beside what its networks said: what was measured of them, and their groups."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.analysis.study_records import StudyRecords
from core.control import Control
from core.datasets.base import Dataset
from core.events import Progress
from core.property_cache import Property
from core.wings import WINGS
from core.workspace import Workspace


@dataclass(frozen=True)
class ClipProperties:
    """A table with a column for each clip, in the order of `ClipRecords.clip_ids`.

    Attributes:
        properties: what was measured, of each wing that a network of the study is given.
        values: (properties, clips), NaN where unknown.
        groups: names; a clip that is no longer in the dataset has a group of its own.
        group: (clips,) index into `groups`.
    """

    properties: tuple[Property, ...]
    values: NDArray[np.float64]
    groups: tuple[str, ...]
    group: NDArray[np.int64]

    @property
    def unknown(self) -> int:
        """Clips of which nothing could be measured."""
        return int(np.isnan(self.values).all(axis=0).sum())


def read_clip_properties(
    data: StudyRecords,
    dataset: Dataset,
    workspace: Workspace,
    control: Control | None = None,
    report: Callable[[Progress], None] | None = None,
) -> ClipProperties:
    """Look up what was measured of the clips of a study; what is missing is measured first and kept in the
    cache of the workspace.

    Raises:
        UserError: the workspace is another program's, there is no room, or the folder cannot be written to.
        Cancelled: through `control`; what was measured since the call is lost.
    """
    workspace.require_writable()
    wings = {wing for modality in data.modalities for wing in modality.wings}
    caches = [WINGS[wing].open_properties(dataset, workspace.cache, control, report) for wing in sorted(wings)]
    ids = data.records.clip_ids.tolist()
    of_clip = {clip.id: clip.group for clip in dataset.clips}
    groups, group = np.unique([of_clip.get(name, name) for name in ids], return_inverse=True)
    return ClipProperties(
        properties=tuple(item for cache in caches for item in cache.properties),
        values=np.concatenate([np.stack([cache.values(name) for name in ids], axis=1) for cache in caches]),
        groups=tuple(groups.tolist()),
        group=group.astype(np.int64),
    )
