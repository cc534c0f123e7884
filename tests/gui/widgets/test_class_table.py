"""The table of scores per class: names of classes have the room they need, whatever the type and the width."""

from __future__ import annotations

import numpy as np
import pytest

from core.analysis.class_scores import ClassScores
from core.evaluation.metrics import PerClass
from gui import theme
from gui.widgets.class_scores import COLUMNS, ClassTable

CLASSES = ("dog", "crackling_fire", "sea_waves")


@pytest.fixture(params=[1.0, theme.PRESENTATION], ids=["desk", "presentation"])
def table(qtbot, qapp, request):
    theme.apply(qapp, dark=False, scale=request.param)
    made = ClassTable()
    qtbot.addWidget(made)
    figures = np.array([1.0, 0.5, np.nan])
    scores = PerClass(figures, figures, figures, figures, np.full(3, 12))
    made.set_scores(CLASSES, ClassScores(scores, np.full(3, 4), ""))
    made.resize(490, 120)
    made.show()
    yield made
    theme.apply(qapp, dark=False)


def test_names_and_headings_are_never_cut(table):
    metrics = table.fontMetrics()
    longest = max(metrics.horizontalAdvance(name) for name in CLASSES)
    assert table.columnWidth(0) >= longest + 2 * theme.GRID
    for column, (word, _, _) in enumerate(COLUMNS):
        assert table.columnWidth(column) >= metrics.horizontalAdvance(word) + 2 * theme.GRID
        assert table.columnWidth(column) >= table.sizeHintForColumn(column), word


def test_figures_stand_at_the_right_edge_where_there_is_room(table):
    table.resize(1200, 120)
    assert table.header().length() == table.viewport().width()
    table.header().resizeSection(1, 200)
    assert table.header().length() == table.viewport().width()
