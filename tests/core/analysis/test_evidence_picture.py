"""The picture of a clip with its maps: how a map is laid over, and that it can be drawn whatever there is."""

from __future__ import annotations

import io

import numpy as np
import pytest
from matplotlib.image import imread

from core.analysis.evidence import HEAT, STRENGTH
from core.analysis.evidence_picture import WIDTH, Column, Found, Sheet, chosen_frames, draw, laid_over, side_by_side
from core.audio.pictures import Picture

HEARD = Picture(
    np.linspace(-50, 30, 64 * 90, dtype=np.float32).reshape(64, 90), np.linspace(40, 9000, 64), 0.05, (-50, 30)
)


def frames(count: int, rows: int = 30, columns: int = 40) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 255, (count, rows, columns, 3), np.uint8)


def networks(count: int, tiles: dict[str, np.ndarray], name: str = "Network") -> tuple[Column, ...]:
    found = (Found("Says rain 90 %", True, tiles), Found("True: dog 2 %", False, tiles))
    return tuple(Column(f"{name} {n}", "#0072B2", found) for n in range(count))


def drawn(sheet: Sheet) -> np.ndarray:
    content = draw(sheet)
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    return imread(io.BytesIO(content))


def test_a_map_is_laid_over_as_its_docstring_says():
    random = np.random.default_rng(1)
    grey, strength = random.uniform(-0.2, 1.2, (5, 7)), random.uniform(0, 1, (5, 7))
    got = laid_over(grey, strength)
    for row in range(5):
        for column in range(7):
            share = STRENGTH * strength[row, column]
            level = 255 * min(max(grey[row, column], 0), 1)
            expected = [level * (1 - share) + heat * share for heat in HEAT]
            np.testing.assert_allclose(got[row, column], expected, atol=0.51)


@pytest.mark.parametrize(
    ("count", "wanted", "places"), [(6, 3, [1, 3, 5]), (4, 6, [0, 1, 2, 3]), (1, 3, [0]), (0, 3, [])]
)
def test_frames_are_taken_from_all_of_a_film(count, wanted, places):
    assert chosen_frames(count, wanted).tolist() == places


def test_frames_stand_in_their_order_with_white_between():
    some = frames(3)
    row = side_by_side(some, gap=4)
    assert row.shape == (30, 3 * 40 + 2 * 4, 3)
    for place in range(3):
        np.testing.assert_array_equal(row[:, place * 44 : place * 44 + 40], some[place])
    assert (row[:, 40:44] == 255).all()


@pytest.mark.parametrize("count", [1, 4])
def test_sound_sight_and_both_of_any_number_of_networks_are_drawn_as_wide_as_said(count):
    sound = laid_over(np.zeros((64, 90)), np.ones((64, 90)))
    tiles = {"audio": sound, "video": side_by_side(frames(3))}
    heights = []
    for heard, seen in ((HEARD, None), (None, frames(6)), (HEARD, frames(6))):
        seconds = np.zeros(0) if seen is None else np.arange(6) / 25
        picture = drawn(Sheet(heard, seen, seconds, networks(count, tiles)))
        assert picture.shape[1] == WIDTH
        heights.append(picture.shape[0])
        heat = np.array(HEAT) * STRENGTH / 255  # of maps of ones over black
        assert (np.abs(picture[..., :3] - heat).max(axis=2) < 0.01).sum() > 1000 * count
    assert heights[2] > max(heights[:2])


def test_names_that_look_like_formulas_and_long_ones_are_drawn_and_so_is_a_network_without_a_map():
    odd = (*networks(1, {}, "$x_{"), Column("a" * 300, "#E69F00", sentence="Map: no: " + "the weights are gone " * 20))
    assert drawn(Sheet(HEARD, None, np.zeros(0), odd)).shape[1] == WIDTH


def test_a_sound_of_one_column_is_drawn():
    short = Picture(np.zeros((64, 1), np.float32), HEARD.frequencies, 0.05, (-50, 30))
    assert drawn(Sheet(short, None, np.zeros(0), networks(1, {}))).shape[1] == WIDTH
