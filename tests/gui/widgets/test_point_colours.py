"""Colours of clips on a map: classes told apart, errors alone vermilion, and a legend for each."""

from __future__ import annotations

import numpy as np
import pytest

from core.analysis.clip_records import ClipRecords, RunInfo
from core.evaluation.predictions import Predictions
from gui import theme
from gui.widgets.point_colours import FEW, Colouring, class_colours, coloured, legend


def records(classes: int) -> ClipRecords:
    """Ten clips; every second is wrong."""
    random = np.random.default_rng(0)
    labels = random.integers(0, classes, 10)
    said = (labels + np.arange(10) % 2) % classes
    probabilities = np.full((10, classes), 0.1 / (classes - 1), np.float32)
    probabilities[np.arange(10), said] = 0.9
    names = tuple(f"class {i} & more" for i in range(classes))
    ids = np.array([f"{i}.wav" for i in range(10)])
    run = Predictions(names, ids, labels, probabilities, np.zeros((10, 0), np.float16))
    return ClipRecords.collect([(RunInfo("net", "alexnet", 1, 0), run)])


@pytest.mark.parametrize("classes", (2, 10, FEW, 101))
def test_every_class_has_a_colour_of_its_own_that_is_not_that_of_errors(classes):
    colours = class_colours(np.arange(classes))
    assert len({colour.name() for colour in colours}) == classes
    for colour in colours:
        near = max(abs(a - b) for a, b in zip(colour.getRgb()[:3], theme.ERROR.getRgb()[:3], strict=True))
        assert near > 40


def test_classes_taken_for_each_other_have_like_hues():
    order = np.random.default_rng(0).permutation(50)
    colours = class_colours(order)
    hues = [colours[label].hslHueF() for label in order]
    assert hues == sorted(hues)


@pytest.mark.parametrize("by", list(Colouring))
@pytest.mark.parametrize("classes", (2, 101))
def test_every_colouring_has_a_colour_for_each_clip_and_a_legend(by, classes):
    found, rows = records(classes), np.arange(10)
    codes, colours = coloured(by, found, rows, np.arange(classes))
    assert codes.shape == (10,) and codes.min() >= 0 and codes.max() < len(colours)
    said = legend(by, found.classes, np.arange(classes))
    assert "wrong" in said and " & " not in said  # escaped
    if by is Colouring.RIGHT:
        np.testing.assert_array_equal(codes == 1, ~found.correct)
        assert colours[1] == theme.ERROR
    elif by is Colouring.LOSS:
        assert (np.diff(codes[np.argsort(found.loss, kind="stable")]) >= 0).all()
    else:
        labels = found.true if by is Colouring.TRUE else found.predicted
        np.testing.assert_array_equal(codes, labels)
        assert ('href="1"' in said) == (classes <= FEW)
