"""Probability bars: which classes are shown, and how long the bars are."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor

from gui import theme
from gui.widgets.probabilities import ROW, SHOWN, WEIGHED, Opinion, ProbabilityBars

BLUE = QColor("#0000FF")
CLASSES = tuple(f"class {i}" for i in range(20))


def peaked(**at: float) -> np.ndarray:
    values = np.full(20, 0.001, np.float32)
    for name, value in at.items():
        values[int(name.removeprefix("c"))] = value
    return values


@pytest.fixture
def bars(qtbot, qapp):
    theme.apply(qapp, dark=False)
    widget = ProbabilityBars()
    qtbot.addWidget(widget)
    widget.resize(700, 200)
    return widget


def test_the_true_class_stands_first_and_then_the_likeliest_of_any_network(bars):
    bars.show_opinions(
        CLASSES, 7, [Opinion("A", BLUE, peaked(c3=0.9)), Opinion("B", BLUE, peaked(c12=0.6, c3=0.2, c1=0.1))]
    )
    assert bars.rows[:4] == (7, 3, 12, 1)
    assert len(bars.rows) == SHOWN + 1


def test_the_true_class_is_not_listed_twice(bars):
    bars.show_opinions(CLASSES, 3, [Opinion("A", BLUE, peaked(c3=0.9))])
    assert bars.rows.count(3) == 1


def test_the_bar_of_the_answer_is_as_long_as_its_probability(bars):
    bars.show_opinions(CLASSES, 7, [Opinion("A", BLUE, peaked(c3=0.75))])
    image = bars.grab().toImage()
    line = [image.pixelColor(x, int(2.5 * ROW)) for x in range(image.width())]
    blue = sum(colour == BLUE for colour in line)
    track = sum(colour == theme.mix(theme.colour("base"), theme.colour("text"), 0.07) for colour in line)
    assert blue / (blue + track) == pytest.approx(0.75, abs=0.02)


def test_how_much_the_sound_counted_stands_below_where_it_is_weighed(bars):
    bars.show_opinions(CLASSES, 7, [Opinion("A", BLUE, peaked(c3=0.75))])
    height, places = bars.sizeHint().height(), QPointF(600, (len(bars.rows) + 1.5) * ROW)
    assert bars.words_at(places) != WEIGHED
    bars.show_opinions(CLASSES, 7, [Opinion("A", BLUE, peaked(c3=0.75), sound_share=0.25)])
    assert bars.sizeHint().height() == height + ROW
    assert bars.words_at(places) == WEIGHED
    image = bars.grab().toImage()
    line = [image.pixelColor(x, int(places.y())) for x in range(image.width() - 100)]  # without the figure
    counted = sum(colour == theme.colour("muted") for colour in line)
    track = sum(colour == theme.mix(theme.colour("base"), theme.colour("text"), 0.07) for colour in line)
    assert counted / (counted + track) == pytest.approx(0.25, abs=0.03)


def test_a_network_without_a_run_for_the_clip_says_so_and_nothing_breaks(bars):
    bars.show_opinions(CLASSES, 7, [Opinion("A", BLUE, None)])
    assert bars.rows == (7,)
    assert not bars.grab().isNull()
    bars.clear()
    assert bars.rows == ()
