"""What is measured of clips so that errors can be told from successes: kept on disk, each wing's own, by content.

It is a cache as that of the decoded clips is: a file that has not changed is not measured again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.clip_cache import LIMIT_BYTES, ClipCache, Facts, Kind, open_clips
from core.control import Control
from core.datasets.base import Dataset
from core.events import Progress
from core.readable import figure

MADE_FOR = "properties"  # in place of the settings that decoded clips depend on: these depend on none


@dataclass(frozen=True)
class Property:
    """One figure of a clip.

    Attributes:
        name: as lists call it.
        unit: “dBFS”; empty where it has none that says anything.
        help: what it is, and its limits, for the tooltip.
        more: what clips with more of it do, to be followed by “than”: “are louder”.
        less: likewise of less.
        decimals: that are worth showing.
        logarithmic: whether it is drawn on such an axis, as it spans decades and is above 0.
    """

    name: str
    unit: str
    help: str
    more: str
    less: str
    decimals: int = 0
    logarithmic: bool = False

    def text(self, value: float, unit: bool = True) -> str:
        """`−31.2 dBFS`; a dash where it is not known."""
        if np.isnan(value):
            return "–"
        return figure(value, f",.{self.decimals}f") + (f" {self.unit}" if unit and self.unit else "")


@dataclass(frozen=True)
class PropertyCache(ClipCache[Any]):
    """The properties of the clips of one dataset, by one wing."""

    properties: tuple[Property, ...]

    def values(self, clip_id: str) -> NDArray[np.float64]:
        """(properties,) of a clip; NaN where it cannot be decoded, or where one of them means nothing."""
        if clip_id not in self.facts:
            return np.full(len(self.properties), np.nan)
        return self._stored(clip_id).astype(np.float64)


def open_measured(
    wing: str,
    version: int,
    properties: tuple[Property, ...],
    facts: type[Facts],
    measure: Callable[[Path, Control], tuple[NDArray[np.float32], Facts]],
    what: str,
    dataset: Dataset,
    cache_dir: Path,
    control: Control | None,
    report: Callable[[Progress], None] | None,
) -> PropertyCache:
    """The properties of a dataset; what is missing or has changed is measured first, by `measure`.

    Args:
        version: of the measuring: what another one found is measured anew.
        what: is decoded for it: “sounds”.

    Raises:
        UserError, Cancelled: as `core.clip_cache.open_clips`.
    """
    kind = Kind(
        wing=wing,
        version=version,
        made_for=MADE_FOR,
        dtype=np.float32,
        suffix="f32",
        facts=facts,
        decode=measure,
        expected=lambda path: len(properties),
        what=what,
        remedy="Leave out clips.",
    )
    opened = open_clips(kind, dataset, cache_dir, control, report, LIMIT_BYTES)
    return PropertyCache(**vars(opened), properties=properties)
