"""Compare, Ensembles."""

from __future__ import annotations

import html

import pytest
from PySide6.QtGui import QGuiApplication

from core.evaluation.ensemble import How, ensembles
from gui.panels.compare_ensembles import TWO, EnsemblesPage
from tests.gui.make_runs import NETWORKS, make_study, synthetic_clips
from tests.gui.panels.compare.steps import choose_metric, page


@pytest.fixture
def together(opened, context):
    make_study(context.workspace, synthetic_clips(4, per_class=8))
    panel = opened()
    found = page(panel, EnsemblesPage)
    panel.plots.setCurrentWidget(found)
    return panel, found


def test_what_the_members_come_to_stands_above_them(together, qtbot):
    panel, shown = together
    qtbot.waitUntil(lambda: shown.found is not None)
    expected = ensembles(panel.overview.summary)
    assert shown.found == expected
    cells = [[shown.members.item(row, column).text() for column in range(4)] for row in range(len(NETWORKS) + 1)]
    assert [tuple(row) for row in cells] == list(expected.table().rows)
    assert html.escape(expected.sentences()[0]) in shown.said.text()
    assert cells[0][0] == "Average" and not shown.members.item(1, 0).icon().isNull()
    choose_metric(panel, "log_loss")
    qtbot.waitUntil(lambda: shown.found is not None and shown.found.metric == "log_loss")
    next(action for action in panel.copy.menu().actions() if action.data() == "tab markdown").trigger()
    assert QGuiApplication.clipboard().text() == shown.found.table().markdown()


def test_members_are_chosen_and_stay_left_out(together, qtbot):
    panel, shown = together
    qtbot.waitUntil(lambda: shown.found is not None)
    first, second, third = shown.boxes.values()
    first.click()
    qtbot.waitUntil(lambda: shown.found is not None and len(shown.found.members) == 2)
    assert {member.label for member in shown.found.members} == {second.text(), third.text()}
    panel.read(panel.study)
    qtbot.waitUntil(lambda: not panel.is_reading)
    assert not shown.boxes[first.text()].isChecked()
    second.click()
    assert shown.found is None and TWO in shown.said.text() and shown.members.rowCount() == 0


def test_why_nothing_can_be_weighted_is_said(together, qtbot):
    _, shown = together
    qtbot.waitUntil(lambda: shown.found is not None)
    shown.how.setCurrentIndex(shown.how.findData(How.WEIGHTED))
    shown.how.activated.emit(1)
    qtbot.waitUntil(lambda: "has no validation part" in shown.said.text())
    assert shown.found is None


def test_one_network_is_no_ensemble(opened, context):
    make_study(context.workspace, synthetic_clips(4, per_class=8), networks=NETWORKS[:1])
    panel = opened()
    assert not panel.plots.isTabVisible(panel.pages.index(page(panel, EnsemblesPage)))
