"""Counts, shares, pairs and orders of confusion matrices, each against a slow loop or scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix

from core.analysis.confusion import Counts, count, most_confused, most_different, normalise, order
from core.evaluation.predictions import Predictions


def predictions(n: int, classes: int, seed: int) -> Predictions:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, n)
    logits = rng.normal(size=(n, classes))
    logits[np.arange(n), labels] += 1.5
    shares = np.exp(logits)
    return Predictions(
        classes=tuple(f"class {k}" for k in range(classes)),
        clip_ids=np.array([f"clip{k}" for k in range(n)]),
        labels=labels,
        probabilities=(shares / shares.sum(axis=1, keepdims=True)).astype(np.float32),
        features=np.zeros((n, 0), np.float16),
    )


def counted(p: Predictions) -> Counts:
    return count(p.labels, p.predicted, len(p.classes))


def test_counts_are_those_of_scikit_learn() -> None:
    p = predictions(200, 7, 0)
    np.testing.assert_array_equal(counted(p), confusion_matrix(p.labels, p.predicted, labels=range(7)))


@pytest.mark.parametrize(("by", "sklearn_name"), [("row", "true"), ("column", "pred"), ("all", "all"), ("count", None)])
def test_shares_are_those_of_scikit_learn(by: str, sklearn_name: str | None) -> None:
    p = predictions(150, 5, 4)
    expected = confusion_matrix(p.labels, p.predicted, labels=range(5), normalize=sklearn_name)
    np.testing.assert_allclose(normalise(counted(p), by), expected)  # type: ignore[arg-type]


@pytest.mark.parametrize("by", ["row", "column", "all", "count"])
def test_classes_without_clips_have_share_nought(by: str) -> None:
    shares = normalise(np.zeros((3, 3), np.int64), by)  # type: ignore[arg-type]
    np.testing.assert_array_equal(shares, np.zeros((3, 3)))


def test_most_confused_against_a_loop() -> None:
    counts = counted(predictions(120, 6, 9))
    cells = [
        (-counts[i, j], -counts[i, j] / counts[i].sum(), i, j)
        for i in range(6)
        for j in range(6)
        if i != j and counts[i, j]
    ]
    expected = [(i, j, -c, -share) for c, share, i, j in sorted(cells)[:8]]
    found = [(p.true, p.predicted, p.count, p.share) for p in most_confused(counts, 8)]
    assert found == expected


def test_most_different_against_a_loop() -> None:
    rng = np.random.default_rng(4)
    one, other = rng.integers(0, 6, (5, 5)), rng.integers(0, 6, (5, 5))
    expected = [
        (i, j, int(one[i, j]), int(other[i, j]))
        for i in range(5)
        for j in range(5)
        if i != j and one[i, j] != other[i, j]
    ]
    expected.sort(key=lambda cell: (-abs(cell[2] - cell[3]), cell[0], cell[1]))
    found = [(cell.true, cell.predicted, cell.count, cell.other) for cell in most_different(one, other, 9)]
    assert found == expected[:9]
    assert most_different(one, one, 9) == []


def test_without_errors_nothing_is_confused() -> None:
    assert most_confused(np.diag([3, 4]), 10) == []


NAMES = ("wind", "Rain", "clock", "dog", "sea")


def counts_with_two_pairs() -> NDArray[np.int64]:
    """wind ↔ dog and Rain ↔ sea are taken for each other; clock is clear."""
    counts = np.diag([10, 9, 20, 12, 8])
    counts[0, 3] = counts[3, 0] = 6
    counts[1, 4] = counts[4, 1] = 7
    return counts


def test_order_by_name_and_error() -> None:
    counts = counts_with_two_pairs()
    assert [NAMES[i] for i in order(NAMES, counts, "name")] == ["clock", "dog", "Rain", "sea", "wind"]
    assert [NAMES[i] for i in order(NAMES, counts, "error")] == ["sea", "Rain", "wind", "dog", "clock"]


def test_clusters_stand_together() -> None:
    place = {NAMES[i]: k for k, i in enumerate(order(NAMES, counts_with_two_pairs(), "cluster"))}
    assert abs(place["wind"] - place["dog"]) == 1
    assert abs(place["Rain"] - place["sea"]) == 1


@pytest.mark.parametrize("by", ["name", "error", "cluster"])
@pytest.mark.parametrize("classes", [1, 2, 3, 40])
def test_every_order_has_every_class_once_also_without_clips(by: str, classes: int) -> None:
    names = [f"{k}" for k in range(classes)]
    for counts in (np.zeros((classes, classes), np.int64), counted(predictions(60, classes, 1))):
        assert sorted(order(names, counts, by).tolist()) == list(range(classes))  # type: ignore[arg-type]
