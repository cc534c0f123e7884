"""Pictures of the log: colours and numbers where they belong, legible however many classes there are."""

from __future__ import annotations

import numpy as np
import pytest

from core.analysis.log_pictures import (
    RIGHT,
    SPECTROGRAM,
    WIDTH,
    WRONG,
    Pixels,
    Shown,
    confusion_picture,
    mistake_picture,
)


def cell_colours(picture: Pixels, classes: int, cell: int) -> np.ndarray:
    """(classes, classes, 3) at a corner of each cell, where no number is."""
    start = len(picture) - 8 - classes * cell + 1
    places = start + cell * np.arange(classes)
    return picture[np.ix_(places, places)]


def test_rows_are_true_columns_predicted_and_errors_vermilion() -> None:
    counts = np.array([[4, 0, 0], [3, 1, 0], [0, 0, 0]])
    colours = cell_colours(confusion_picture(counts, ("dog", "rain", "cat")), 3, 48)
    assert tuple(colours[0, 0]) == RIGHT
    strength = 0.28 + 0.72 * 0.75
    assert tuple(colours[1, 0]) == tuple(np.round(255 * (1 - strength) + strength * np.array(WRONG)).astype(int))
    white = (colours == 255).all(axis=2)
    assert (white == (counts == 0)).all()


@pytest.mark.parametrize(("classes", "cell"), [(10, 48), (50, 12), (101, 10), (300, 4)])
def test_matrices_of_any_size_fit_a_page(classes: int, cell: int) -> None:
    names = tuple(f"a class that is called {number}" for number in range(classes))
    picture = confusion_picture(np.eye(classes, dtype=np.int64), names)
    assert picture.shape[0] == picture.shape[1] < 1500
    blue = (cell_colours(picture, classes, cell) == np.array(RIGHT)).all(axis=2)
    assert (blue == np.eye(classes, dtype=bool)).all()
    named = (picture[:, : picture.shape[1] - classes * cell - 30] < 60).any()  # the axis is muted
    assert named == (classes <= 120)


def test_a_mistake_shows_low_sounds_below_and_frames_in_order() -> None:
    decibels = np.full((4, 8), -50, np.float32)
    decibels[0] = 30  # the lowest band
    frames = np.stack([np.full((8, 8, 3), value, np.uint8) for value in (10, 90, 170)])
    shown = {"audio": Shown(decibels, "levels"), "video": Shown(frames, "3 frames")}
    picture = mistake_picture(("dog" * 50, "rain" * 50, 0.93), "folder/" * 40, shown)
    top = 3 * 8 + 18 + 13
    heard = picture[top : top + SPECTROGRAM, 8 : 8 + WIDTH].astype(int).sum(axis=2)
    assert heard[-10:].min() > 500 and heard[: SPECTROGRAM // 2].max() < 100
    row = picture[top + SPECTROGRAM + 13 + 2 * 8 + 20, 8 : 8 + WIDTH, 0]
    assert [row[WIDTH // 6], row[WIDTH // 2], row[5 * WIDTH // 6]] == [10, 90, 170]
    alone = mistake_picture(("dog", "rain", 0.93), "clip", {"audio": shown["audio"]})
    assert len(alone) < len(picture)
