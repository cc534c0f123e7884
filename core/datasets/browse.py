"""What is asked of a dataset that is looked at: which clips match, which are of other classes, how folds are filled."""

from __future__ import annotations

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from core.datasets.base import Clip, Dataset

NO_FOLD = -1  # stands for None, to be sorted


def matching(dataset: Dataset, text: str, label: int, among: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Places of the clips whose id or class contains a text, of one class (-1: any), out of `among`, (clips,)."""
    found = np.array(dataset.containing(text), np.int64)
    labels = np.array([clip.label for clip in dataset.clips], np.int64)
    return found[among[found] & ((label < 0) | (labels[found] == label))]


def of_other_classes(dataset: Dataset, clip: Clip) -> list[Clip]:
    return [other for other in dataset.clips if other.label != clip.label]


def fold_counts(dataset: Dataset) -> list[Counter[int]]:
    """Of each class, how many clips are in each fold; NO_FOLD where they are in none."""
    counts: list[Counter[int]] = [Counter() for _ in dataset.classes]
    for clip in dataset.clips:
        counts[clip.label][NO_FOLD if clip.fold is None else clip.fold] += 1
    return counts
