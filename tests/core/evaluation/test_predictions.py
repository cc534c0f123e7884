"""Predictions on disk: the same after a round trip, and a sentence for what is not a predictions file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.errors import UserError
from core.evaluation.predictions import Predictions, pooled


def example() -> Predictions:
    return Predictions(
        classes=("dog", "Geräusch"),
        clip_ids=np.array(["a/1.ogg", "a/ü.ogg", "b/3.ogg"]),
        labels=np.array([0, 1, 1]),
        probabilities=np.array([[0.9, 0.1], [0.5, 0.5], [0.0, 1.0]], np.float32),
        features=np.ones((3, 4), np.float16),
        frame_probabilities=np.full((3, 5, 2), 0.5, np.float16),
        shares=np.array([[0.25, 0.75], [1.0, 0.0], [0.5, 0.5]], np.float16),
    )


def test_round_trip(tmp_path: Path) -> None:
    before = example()
    before.save(tmp_path / "p.npz")
    after = Predictions.load(tmp_path / "p.npz")
    assert after.classes == before.classes
    for name in ("clip_ids", "labels", "probabilities", "features", "frame_probabilities", "shares"):
        np.testing.assert_array_equal(getattr(after, name), getattr(before, name))


def test_what_follows_from_probabilities() -> None:
    p = example()
    assert p.predicted.tolist() == [0, 0, 1]  # the first of equals
    assert p.correct.tolist() == [True, False, True]
    np.testing.assert_allclose(p.confidence, [0.9, 0.5, 1.0])
    np.testing.assert_allclose(p.loss, -np.log([0.9, 0.5, 1.0]), atol=1e-6)


@pytest.mark.parametrize("kind", ["missing", "text", "truncated", "pickle", "other"])
def test_foreign_files_give_a_sentence(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "predictions.npz"
    if kind == "text":
        path.write_text("no predictions")
    elif kind == "truncated":
        example().save(path)
        path.write_bytes(path.read_bytes()[:300])
    elif kind == "pickle":
        np.savez(path, classes=np.array([{"an": "object"}], dtype=object))
    elif kind == "other":
        np.savez(path, something=np.zeros(3))
    with pytest.raises(UserError, match=r"predictions\.npz"):
        Predictions.load(path)


def test_inconsistent_tables_are_refused() -> None:
    p = example()
    with pytest.raises(ValueError, match="one row a clip"):
        Predictions(p.classes, p.clip_ids[:2], p.labels, p.probabilities, p.features)
    with pytest.raises(ValueError, match="columns of probabilities"):
        Predictions(("one",), p.clip_ids, p.labels, p.probabilities, p.features)
    for label in (-1, 2):
        with pytest.raises(ValueError, match="none of the 2 classes"):
            Predictions(p.classes, p.clip_ids, np.array([0, 1, label]), p.probabilities, p.features)
    broken = p.probabilities.copy()
    broken[0, 0] = np.nan
    with pytest.raises(ValueError, match="not a finite number"):
        Predictions(p.classes, p.clip_ids, p.labels, broken, p.features)


def test_pooling_puts_runs_of_the_same_classes_together() -> None:
    one = example()
    both = pooled([one, one])
    assert len(both) == 6 and both.classes == one.classes
    np.testing.assert_array_equal(both.probabilities[3:], one.probabilities)
    np.testing.assert_array_equal(both.shares[3:], one.shares)
    silent = Predictions(one.classes, one.clip_ids, one.labels, one.probabilities, one.features)
    assert silent.shares.shape == (3, 0) and pooled([one, silent]).shares.shape == (6, 0)
    other = Predictions(("x", "y"), one.clip_ids, one.labels, one.probabilities, one.features)
    for wrong in ([], [one, other]):
        with pytest.raises(ValueError, match="same classes"):
            pooled(wrong)
