"""Clips of different folds that are nearly the same: leaks that no digest finds, as the files differ."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.analysis.label_issues import NO_FOLDS
from core.analysis.study_records import StudyRecords
from core.clip_cache import ClipCache
from core.control import Control
from core.datasets.base import Clip, Dataset
from core.errors import UserError
from core.events import Progress
from core.readable import counted
from core.recipe import Recipe
from core.wings import WINGS
from core.workspace import Workspace

REACH = 0.5  # s by which a copy may begin earlier or later
NEAREST = 10  # candidates that are compared closely, of each clip
VALUES = 2048  # of the description that candidates are found by
BLOCK = 512  # clips whose candidates are looked for at a time
FEW = 10  # clips have nothing in common that could be told from what copies have
SHARE = 0.25  # of the usual distance to the nearest clip; pairs that are nearer are likely copies
EVERY = 16  # clips between reports
MORE = 50  # pairs below the threshold that are shown too, to judge it by

Report = Callable[[Progress], None]
Figures = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two clips of different folds. One of them may be in the part that is always trained on.

    Attributes:
        first: clip id.
        first_class: what it is labelled as.
        second: clip id.
        second_class: likewise.
        similarity: from 0 to 1; 1 = the same but for level and beginning.
        wing: row of WINGS: what is alike of them.
        likely: whether it is above the threshold of its wing.
    """

    first: str
    first_class: str
    first_fold: int
    second: str
    second_class: str
    second_fold: int
    similarity: float
    wing: str
    likely: bool


@dataclass(frozen=True)
class NearDuplicates:
    """The most alike pairs across folds, and what they stand on, in words."""

    pairs: tuple[Pair, ...]
    basis: str

    @property
    def likely(self) -> int:
        return sum(pair.likely for pair in self.pairs)


def near_duplicates(data: StudyRecords, workspace: Workspace, control: Control, report: Report) -> NearDuplicates:
    """Look for copies among all usable clips of a study's dataset, in the folds that it was trained with.

    Raises:
        UserError: captures; the workspace is another program's or too small; the dataset is gone or has one fold.
        Cancelled: as `control` says.
    """
    from core.caches import Caches
    from core.chosen import open_chosen

    if data.captured:
        raise UserError(NO_FOLDS)
    workspace.require_writable()
    specs = data.specs
    recipes = {wing: spec.recipe for spec in reversed(specs) for wing in spec.modality.wings}
    dataset = open_chosen(specs[0].dataset, workspace, control, report)
    caches = Caches(dataset, workspace.cache).open(specs, control, report)
    opened = {wing: (caches.of(wing, recipe), recipe) for wing, recipe in sorted(recipes.items())}
    return find_near_duplicates(caches.usable(dataset), opened, control, report)


def find_near_duplicates(
    dataset: Dataset,
    caches: Mapping[str, tuple[ClipCache[Any], Recipe]],
    control: Control,
    report: Report = lambda progress: None,
) -> NearDuplicates:
    """The pairs of each wing, the most alike first.

    Only pairs in different folds count, as only they are leaks, and only of different groups: the leakage guard keeps
    those of one group together. Similarity is the largest cosine of two fingerprints when one begins up to 0.5 s
    earlier or later, over the part where they overlap. It is computed for the 10 clips that a description without
    phase finds nearest to each: the magnitudes of the Fourier transform of the fingerprint over time.

    What is near depends on the dataset: people before one wall are all alike. A pair is likely a copy where its
    distance (1 − similarity) is less than a quarter of the median over all clips of the distance to the nearest clip
    of another fold. The rule is cleanlab's (Datalab's
    near-duplicates), which takes 0.13 of it. In ESC-10, Weizmann and UT-Interaction no two clips of different folds
    come nearer than 0.37 of the median, and planted copies (softer, later, trimmed, re-encoded, with noise at 10 dB
    SNR; smaller, brighter, a frame later) stay below 0.15. Where a single person speaks before one wall (GRID), a few
    pairs are called likely that are none: they are to be looked at.

    Raises:
        UserError: fewer than two folds have clips.
        Cancelled: as `control` says.
    """
    clips = [clip for clip in dataset.clips if clip.fold is not None]
    if len({clip.fold for clip in clips}) < 2:
        raise UserError(f"{dataset.title} has clips in one fold only: nothing can be copied across folds.")
    pairs: list[Pair] = []
    said = []
    for wing, (cache, recipe) in caches.items():
        found, threshold = _pairs(dataset.classes, clips, wing, cache, recipe, control, report)
        pairs += found
        said.append(f"{WINGS[wing].word} alike above {threshold:.3f}")
    pairs.sort(key=lambda pair: (not pair.likely, -pair.similarity, pair.first, pair.second))
    likely = sum(pair.likely for pair in pairs)
    folds = len({clip.fold for clip in clips})
    basis = f"{counted(likely, 'likely copy', 'likely copies')} across folds: {' or '.join(said)}."
    return NearDuplicates(
        tuple(pairs[: likely + MORE]), f"{basis} {counted(len(clips), 'clip')} in {counted(folds, 'fold')} compared."
    )


def _pairs(
    classes: Sequence[str],
    clips: Sequence[Clip],
    wing: str,
    cache: ClipCache[Any],
    recipe: Recipe,
    control: Control,
    report: Report,
) -> tuple[list[Pair], float]:
    """Pairs of candidates, and the similarity above which they are likely copies."""
    word = WINGS[wing].word
    prints = []
    for done, clip in enumerate(clips):
        _said(f"Fingerprints of {word}", done, len(clips), control, report)
        prints.append(_levelled(WINGS[wing].fingerprint(cache, clip.id, recipe)))
    prints = _without_common(prints)
    candidates = _candidates(clips, _descriptions(prints), control)
    reach = round(REACH * WINGS[wing].pace)
    nearest = np.zeros(len(clips))
    similar: dict[tuple[int, int], float] = {}
    for done, (one, others) in enumerate(candidates.items()):
        _said(f"Comparing {word}", done, len(candidates), control, report)
        for other in others:
            two = (min(one, other), max(one, other))
            if two not in similar:
                similar[two] = similarity(prints[one], prints[other], reach)
            nearest[[one, other]] = np.maximum(nearest[[one, other]], similar[two])
    threshold = 1 - SHARE * float(np.median(1 - nearest))

    def pair(one: Clip, other: Clip, value: float) -> Pair:
        return Pair(
            one.id,
            classes[one.label],
            _fold(one),
            other.id,
            classes[other.label],
            _fold(other),
            value,
            wing,
            likely=value > threshold,
        )

    return [pair(clips[one], clips[other], value) for (one, other), value in similar.items()], threshold


def similarity(one: NDArray[np.floating], other: NDArray[np.floating], reach: int) -> float:
    """The largest cosine, at least 0, of (steps, values) and (steps, values) over the steps where they overlap when one
    is moved by up to `reach` steps; at least half of the shorter one overlaps. 0 where there is nothing."""
    one, other = one.astype(np.float32), other.astype(np.float32)
    shortest = (min(len(one), len(other)) + 1) // 2
    best = 0.0
    for shift in range(-reach, reach + 1):
        a, b = one[max(0, shift) :], other[max(0, -shift) :]
        steps = min(len(a), len(b))
        if steps < shortest:
            continue
        u, v = a[:steps].ravel(), b[:steps].ravel()
        scale = float(np.sqrt(np.dot(u, u) * np.dot(v, v)))
        if scale > 0:
            best = max(best, float(np.dot(u, v)) / scale)
    return min(best, 1.0)


def _levelled(series: Figures) -> NDArray[np.float16]:
    """At a root mean square of 1, in half the room; 0 where there is nothing."""
    level = float(np.sqrt(np.mean(np.square(series))))
    return (series / (level or 1.0)).astype(np.float16)


def _without_common(prints: Sequence[NDArray[np.float16]]) -> list[NDArray[np.float16]]:
    """Less what is there in all clips at all times: the ground before which all were filmed says nothing of copies.
    What is empty stays so."""
    if len(prints) < FEW:
        return list(prints)
    common = np.mean([series.mean(axis=0, dtype=np.float32) for series in prints], axis=0)
    return [(series - common).astype(np.float16) if series.any() else series for series in prints]


def _descriptions(prints: Sequence[NDArray[np.float16]]) -> Figures:
    """(clips, up to 2048) magnitudes of the lowest frequencies over time of each value: the same wherever a clip
    begins."""
    length = 2 ** int(np.ceil(np.log2(max(map(len, prints)))))
    kept = max(1, VALUES // prints[0].shape[1])
    return np.stack([np.abs(np.fft.rfft(series, length, axis=0))[:kept].ravel() for series in prints]).astype(
        np.float32
    )


def _candidates(clips: Sequence[Clip], described: Figures, control: Control) -> dict[int, list[int]]:
    """Of each clip the nearest in other folds and of other groups."""
    from sklearn.neighbors import NearestNeighbors

    of_fold: defaultdict[int, list[int]] = defaultdict(list)
    for place, clip in enumerate(clips):
        of_fold[_fold(clip)].append(place)
    found: dict[int, list[int]] = {}
    for inside in of_fold.values():
        outside = np.setdiff1d(np.arange(len(clips)), inside)
        tree = NearestNeighbors(n_neighbors=min(NEAREST, len(outside)), metric="cosine").fit(described[outside])
        for start in range(0, len(inside), BLOCK):
            control.checkpoint()
            block = inside[start : start + BLOCK]
            near = outside[tree.kneighbors(described[block], return_distance=False)]
            for place, others in zip(block, near.tolist(), strict=True):
                found[place] = [other for other in others if clips[other].group != clips[place].group]
    return found


def _said(what: str, done: int, total: int, control: Control, report: Report) -> None:
    """Now and then how far it is: a report for each of many thousand clips would keep the window busy."""
    control.checkpoint()
    if done % EVERY == 0:
        report(Progress(what, done, total, "clips"))


def _fold(clip: Clip) -> int:
    assert clip.fold is not None  # those without are in no part
    return clip.fold
