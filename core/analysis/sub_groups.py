"""Sub-groups of clips with the highest error: slices by class, group, fold and what was measured, and pairs of these.

After Y. Chung et al. 2019, "Slice Finder: Automated Data Slicing for Model Validation", ICDE 35, 1550–1553: slices a
person can read, of enough clips, none that another says already, corrected for how many were looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from core.analysis.clip_properties import ClipProperties
from core.analysis.clip_records import ClipRecords
from core.analysis.in_common import ALPHA, Compared, Factor, categories, counted_clips, share_of_clips
from core.control import Control
from core.evaluation.statistics import Share, holm
from core.property_cache import Property
from core.readable import counted

FEWEST, FEWEST_OF_FEW, FEW = 10, 5, 200  # clips of a slice; where there are fewer than FEW in all; of these
MOST = 20  # slices that are shown
ALIKE = 0.8  # share of their clips that two slices have in common (Jaccard) to be one
THIRDS = (1 / 3, 2 / 3)


@dataclass(frozen=True)
class SubGroup:
    """One slice.

    Attributes:
        parts: in words, one or two: “dog”, “loudness < −32 dBFS”.
        clips: (clips,) which belong to it.
        errors: of its clips.
        rest: of all others.
        p: that it has more errors than the rest by chance, one-sided, by Holm for all that were looked at.
    """

    parts: tuple[str, ...]
    clips: NDArray[np.bool_]
    errors: Share
    rest: Share
    p: float

    @property
    def words(self) -> str:
        return " · ".join(self.parts)

    @property
    def remains(self) -> bool:
        return self.p < ALPHA


@dataclass(frozen=True)
class SubGroups:
    """What was found, the highest lower bound of the error first.

    Attributes:
        looked_at: slices that had enough clips.
        fewest: how many are enough.
    """

    found: tuple[SubGroup, ...]
    looked_at: int
    fewest: int

    def sentence(self) -> str:
        if not self.looked_at:
            return f"There is no sub-group of {self.fewest} clips or more to look at."
        remain = sum(slice_.remains for slice_ in self.found)
        looked = f"{self.looked_at:,} sub-groups of at least {self.fewest} clips were looked at"
        if not remain:
            return f"{looked}; none has more errors than chance gives when so many are looked at."
        return f"{looked}; {counted(remain, 'of them', 'of them')} below {'has' if remain == 1 else 'have'} more " + (
            "errors than chance gives when so many are looked at (bold)."
        )


def sub_groups(records: ClipRecords, known: ClipProperties, compared: Compared, control: Control) -> SubGroups:
    """The sub-groups with the highest error.

    Slices are the values of class, fold and group, thirds of what was measured, and all pairs of these. They are
    ranked by the lower end of Wilson's interval of their error. A pair is shown only where that lies above the error of
    both of its parts, and no slice that has most of its clips in common with one above it. Each is tested against all
    other clips by Fisher's exact test. Each clip counts once: the share of its predictions that are wrong, added up and
    rounded.

    Args:
        compared: errors against successes.

    Raises:
        Cancelled: through `control`.
    """
    from scipy import stats

    share = share_of_clips(records, compared)
    there = np.isfinite(share)
    factors = list(categories(records, known))
    for item, values in zip(known.properties, known.values, strict=True):
        factors.append(_thirds(item, np.where(there, values, np.nan)))
    factors = [Factor(f.name, f.values, f.code[there]) for f in factors]
    share = share[there]
    whole = counted_clips(share)
    fewest = FEWEST if whole.of >= FEW else FEWEST_OF_FEW
    slices = list(_slices(factors, share, fewest, control))
    right, of = (np.array([getattr(slice_.errors, name) for slice_ in slices], np.int64) for name in ("right", "of"))
    p = holm(np.atleast_1d(stats.hypergeom.sf(right - 1, whole.of, whole.right, of)).tolist())
    found = []
    for place in _without_repeats(slices, factors, whole, control):
        slice_ = slices[place]
        members = slice_.members(factors)
        clips = np.zeros(len(there), bool)
        clips[there] = members
        parts = tuple(factors[f].values[code] for f, code in slice_.parts)
        found.append(SubGroup(parts, clips, slice_.errors, counted_clips(share[~members]), p[place]))
    return SubGroups(tuple(found), len(slices), fewest)


@dataclass(frozen=True)
class _Slice:
    parts: tuple[tuple[int, int], ...]  # factor and value, one or two
    errors: Share

    def members(self, factors: list[Factor]) -> NDArray[np.bool_]:
        return np.logical_and.reduce([factors[f].code == code for f, code in self.parts])


def _slices(factors: list[Factor], share: NDArray[np.float64], fewest: int, control: Control) -> Iterator[_Slice]:
    """All that have enough clips, and are not all of them."""
    for size in (1, 2):
        for several in combinations(range(len(factors)), size):
            control.checkpoint()
            known = np.logical_and.reduce([factors[f].code >= 0 for f in several])
            shape = tuple(len(factors[f].values) for f in several)
            codes = tuple(factors[f].code[known] for f in several)
            cell = np.ravel_multi_index(codes, shape)
            clips = np.bincount(cell)
            wrong = np.bincount(cell, share[known])
            for place in np.flatnonzero((clips >= fewest) & (clips < len(share))):
                values = (int(code) for code in np.unravel_index(place, shape))
                yield _Slice(
                    tuple(zip(several, values, strict=True)), Share(round(float(wrong[place])), int(clips[place]))
                )


def _without_repeats(slices: list[_Slice], factors: list[Factor], whole: Share, control: Control) -> list[int]:
    """Places of those to show: with more errors than the whole, the worst first, each saying something new."""
    error = {slice_.parts: slice_.errors.value for slice_ in slices}
    bounds: dict[int, float] = {}
    for place, slice_ in enumerate(slices):
        parts = [error.get((part,), whole.value) for part in slice_.parts] if len(slice_.parts) > 1 else []
        if slice_.errors.value > max(whole.value, *parts, 0.0):
            control.checkpoint()
            low = slice_.errors.interval[0]
            if all(low > part for part in parts):
                bounds[place] = low
    shown: list[int] = []
    seen: list[NDArray[np.bool_]] = []
    for place in sorted(bounds, key=lambda place: -bounds[place]):
        members = slices[place].members(factors)
        if all((members & other).sum() <= ALIKE * (members | other).sum() for other in seen):
            shown.append(place)
            seen.append(members)
        if len(shown) == MOST:
            break
    return shown


def _thirds(item: Property, values: NDArray[np.float64]) -> Factor:
    """The lower, middle and upper third of the clips; fewer where many are equal, none where all are."""
    known = values[np.isfinite(values)]
    edges = np.unique(np.quantile(known, THIRDS)) if len(known) else np.zeros(0)
    edges = edges[edges > known.min(initial=np.inf)]
    name = item.name if item.name[:2].isupper() else item.name.lower()  # SNR stays
    texts = [item.text(float(edge)) for edge in edges]
    words = [f"{name} < {texts[0]}"] if texts else []
    words += [f"{name} {item.text(low, unit=False)} to {high}" for low, high in zip(edges[:-1], texts[1:], strict=True)]
    words += [f"{name} ≥ {texts[-1]}"] if texts else []
    code = np.digitize(values, edges) if texts else np.full(len(values), -1)
    return Factor(item.name, tuple(words), np.where(np.isfinite(values), code, -1).astype(np.int64))
