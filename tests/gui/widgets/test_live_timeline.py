"""What is painted of the decisions."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QColor

from gui import theme
from gui.widgets.live_spectrogram import SECONDS
from gui.widgets.live_timeline import LiveTimeline, Row, Stretch

COLOUR = QColor("#0072B2")
WIDE = 100  # px a second


@pytest.fixture
def painted(qtbot):
    """Colours along the middle of the row of one network, from so many s before now."""

    def paint(*stretches, since):
        timeline = LiveTimeline()
        qtbot.addWidget(timeline)
        timeline.align(0, 0)
        timeline.show_rows([Row("a network", COLOUR, stretches)])
        timeline.resize(round(SECONDS * WIDE), timeline.sizeHint().height())
        seen = timeline.grab().toImage()
        rows = range(4, round(theme.pixels(18)))
        return [
            {seen.pixelColor(x, y).name() for y in rows} for x in range(round((SECONDS - since) * WIDE), seen.width())
        ]

    return paint


def test_neighbours_are_parted_by_a_line(painted):
    columns = painted(Stretch(-2.0, -1.0, "rain"), Stretch(-1.0, 0.0, "sea_waves"), since=2.0)
    line = {theme.colour("raised").name()}
    assert columns[WIDE - 1] == line
    assert line not in columns[: WIDE - 1] and line not in columns[WIDE : 2 * WIDE - 1]


@pytest.mark.parametrize(
    ("word", "seconds", "drawn"),
    [("sea_waves", 1.0, True), ("sea_waves", 0.25, False), ("mm", 0.4, True), ("sea_waves" * 9, 0.7, True)],
)
def test_a_word_is_drawn_whole_or_with_four_letters_at_least(painted, word, seconds, drawn):
    columns = painted(Stretch(-seconds, 0.0, word), since=seconds)
    assert any(column != {COLOUR.name()} for column in columns[:-1]) == drawn
