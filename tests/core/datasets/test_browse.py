"""Which clips match, which are of other classes, how folds are filled."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.datasets.base import ALWAYS_TRAINING, Clip, Dataset, Modality
from core.datasets.browse import NO_FOLD, fold_counts, matching, of_other_classes


@pytest.fixture
def dataset() -> Dataset:
    rows = (("rain/0", 0, 1), ("rain/1", 0, None), ("wind/0", 1, 1), ("wind/rain", 1, ALWAYS_TRAINING))
    clips = tuple(Clip(id, Path(id), label, fold, id) for id, label, fold in rows)
    return Dataset("x", "X", Path(), ("rain", "wind"), clips, "Free.", frozenset({Modality.AUDIO}))


def test_clips_match_by_text_class_and_what_else_is_asked(dataset: Dataset) -> None:
    every = np.ones(4, bool)
    assert matching(dataset, "", -1, every).tolist() == [0, 1, 2, 3]
    assert matching(dataset, "RAIN", -1, every).tolist() == [0, 1, 3]
    assert matching(dataset, "rain", 1, every).tolist() == [3]
    assert matching(dataset, "", 0, np.array([False, True, True, True])).tolist() == [1]
    assert matching(dataset, "fog", -1, every).tolist() == []


def test_classes_and_folds(dataset: Dataset) -> None:
    assert [clip.id for clip in of_other_classes(dataset, dataset.clips[0])] == ["wind/0", "wind/rain"]
    assert fold_counts(dataset) == [{1: 1, NO_FOLD: 1}, {1: 1, ALWAYS_TRAINING: 1}]
