"""Which classes are taken for which: counts, shares, the worst pairs, and orders that make them visible."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]


@dataclass(frozen=True)
class ConfusedPair:
    """One cell off the diagonal."""

    true: int
    predicted: int
    count: int
    share: float  # of the clips of the true class


@dataclass(frozen=True)
class DifferentPair:
    """One cell off the diagonal of two matrices."""

    true: int
    predicted: int
    count: int  # of A
    other: int  # of B


def count(labels: NDArray[np.int64], predicted: NDArray[np.int64], classes: int) -> Counts:
    """Clips by true class (rows) and predicted class (columns), (classes, classes)."""
    cells = labels * classes + predicted
    return np.bincount(cells, minlength=classes * classes).reshape(classes, classes).astype(np.int64)


def normalise(counts: Counts, by: Literal["count", "row", "column", "all"]) -> NDArray[np.float64]:
    """Counts as they are, or as shares of their row (true class), column (predicted class) or of all clips.

    A row or column without clips stays 0.
    """
    values = counts.astype(np.float64)
    if by == "count":
        return values
    total = values.sum(axis={"row": 1, "column": 0, "all": None}[by], keepdims=True)
    return np.divide(values, total, out=np.zeros_like(values), where=total > 0)


def most_confused(counts: Counts, n: int) -> list[ConfusedPair]:
    """The `n` largest cells off the diagonal, by count, then by share, then in order of the classes; zeros never."""
    shares = normalise(counts, "row")
    true, predicted = np.nonzero(counts * ~np.eye(len(counts), dtype=bool))
    worst = np.lexsort((predicted, true, -shares[true, predicted], -counts[true, predicted]))[:n]
    return [
        ConfusedPair(int(i), int(j), int(counts[i, j]), float(shares[i, j]))
        for i, j in zip(true[worst], predicted[worst], strict=True)
    ]


def most_different(counts: Counts, others: Counts, n: int) -> list[DifferentPair]:
    """The `n` cells off the diagonal in which two matrices differ most, by |A − B|, then in order of the classes."""
    gap = np.abs(counts - others)
    true, predicted = np.nonzero(gap * ~np.eye(len(gap), dtype=bool))
    largest = np.lexsort((predicted, true, -gap[true, predicted]))[:n]
    return [
        DifferentPair(int(i), int(j), int(counts[i, j]), int(others[i, j]))
        for i, j in zip(true[largest], predicted[largest], strict=True)
    ]


def order(classes: Sequence[str], counts: Counts, by: Literal["name", "error", "cluster"]) -> NDArray[np.int64]:
    """In which order to show the classes: indices into `classes`, (classes,).

    name: alphabetical. error: lowest recall first, classes without clips last. cluster: classes that are taken for
    each other side by side, by average-linkage clustering with optimal leaf order (Bar-Joseph et al. 2001,
    Bioinformatics 17) of the distance 1 − (share of i taken for j + share of j taken for i) / 2.
    """
    if by == "name":
        return np.array(sorted(range(len(classes)), key=lambda i: classes[i].casefold()), np.int64)
    shares = normalise(counts, "row")
    if by == "error":
        recall = np.where(counts.sum(axis=1) > 0, np.diag(shares), np.inf)
        return np.argsort(recall, kind="stable").astype(np.int64)
    if len(classes) < 3:
        return np.arange(len(classes))
    from scipy.cluster.hierarchy import leaves_list, linkage
    from scipy.spatial.distance import squareform

    distance = 1 - (shares + shares.T) / 2
    np.fill_diagonal(distance, 0)
    return leaves_list(linkage(squareform(distance, checks=False), "average", optimal_ordering=True)).astype(np.int64)
