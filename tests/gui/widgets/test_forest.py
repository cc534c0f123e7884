"""A forest plot of many rows, where it is scrolled through."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from gui import theme
from gui.widgets.forest import TALL, ForestPlot, ForestRow


@pytest.fixture
def scrolled(qtbot, qapp):
    plot, framed, area = ForestPlot(), QWidget(), QScrollArea()
    qtbot.addWidget(area)
    QVBoxLayout(framed).addWidget(plot)
    area.setWidget(framed)
    area.setWidgetResizable(True)
    area.resize(600, 400)
    area.show()
    yield plot
    theme.apply(qapp, dark=False)


def rows(count: int) -> list[ForestRow]:
    return [ForestRow(f"{i}\n− 0", theme.colour("text"), i, i - 1, i + 1, (), "") for i in range(count)]


def test_many_rows_have_the_height_that_they_need_also_when_type_is_enlarged(scrolled, qapp):
    for count, scale in ((55, 1.0), (0, 1.0), (55, 1.0), (55, 1.5), (3, 1.5), (55, 1.0)):
        theme.apply(qapp, dark=False, scale=scale)
        scrolled.show_rows(rows(count), [], "")
        qapp.processEvents()
        needed = scrolled.minimumSizeHint().height()
        assert scrolled.height() >= needed and (count < 55 or needed > 55 * 2 * 16 * scale)
    theme.apply(qapp, dark=False, scale=1.5)  # rows stay as they are
    qapp.processEvents()
    assert scrolled.height() >= scrolled.minimumSizeHint().height() > needed


def test_rows_of_a_tall_plot_begin_below_the_figures_above_them(scrolled):
    scrolled.show_rows(rows(TALL), [], "")
    before = scrolled._top()
    scrolled.show_rows(rows(TALL + 1), [], "")
    assert scrolled._top() > before
