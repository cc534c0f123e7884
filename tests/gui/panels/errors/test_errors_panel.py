"""The Errors panel on fabricated runs: filters, matrix and table say the same."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton

from core.analysis.selection import Which
from gui import theme
from tests.gui.make_runs import make_study, synthetic_clips
from tests.gui.panels.errors.steps import NOWHERE, choose, shown


def test_without_runs_it_says_what_will_be_here_and_leads_there(qtbot, opened, context):
    panel = opened(wait=False)
    (button,) = [b for b in panel.findChildren(QPushButton) if b.isVisible()]
    with qtbot.waitSignal(context.panel_wanted) as caught:
        button.click()
    assert caught.args == ["train"]


def test_a_cell_fills_the_table_with_exactly_its_clips(qtbot, opened, context):
    make_study(context.workspace, synthetic_clips(6, per_class=16), dataset=NOWHERE)
    panel = opened()
    records = panel.data.records
    assert len(shown(panel)) == len(records)
    (true, predicted) = panel.matrix.pairs.topLevelItem(0).data(0, Qt.ItemDataRole.UserRole)
    canvas = panel.matrix.matrix
    at = canvas._rect((true, predicted)).center().toPoint()
    qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=at)
    expected = np.flatnonzero((records.true == true) & (records.predicted == predicted))
    assert sorted(shown(panel)) == list(expected)
    assert panel.matrix.pairs.topLevelItem(0).isSelected()
    loss = records.loss[shown(panel)]
    assert (np.diff(loss) <= 0).all()  # worst first
    assert panel.filters.said.whole().startswith(f"{len(expected)} predictions")


def test_filters_narrow_matrix_and_table_alike(opened, context):
    make_study(context.workspace, synthetic_clips(6, per_class=16), dataset=NOWHERE, seeds=(0, 1))
    panel = opened()
    records = panel.data.records
    choose(panel, Which.ERRORS)
    panel.filters.network.setCurrentIndex(2)
    panel.filters.fold.setCurrentIndex(3)
    panel.filters.seed.setCurrentIndex(1)
    panel.filters.fold.activated.emit(3)
    assert len(shown(panel)) > 0
    for i in shown(panel):
        info = records.runs[records.run[i]]
        assert (info.network, info.fold, info.seed) == (panel.data.networks[1].label, 3, 0)
        assert records.true[i] != records.predicted[i]
    counts = panel.matrix._counts
    assert counts.sum() == len(shown(panel))
    assert np.trace(counts) == 0
    assert panel.matrix.pairs.headerItem().text(3) == "of shown"  # a share of errors is no share of all clips


def test_everybody_wrong_and_a_right_b_wrong(opened, context):
    make_study(context.workspace, synthetic_clips(6, per_class=16), dataset=NOWHERE)
    panel = opened()
    records, networks = panel.data.records, panel.data.networks

    def right(clip, network):
        of_clip = np.flatnonzero(records.clip == clip)
        return [records.true[i] == records.predicted[i] for i in of_clip
                if records.runs[records.run[i]].network == network]  # fmt: skip

    choose(panel, Which.EVERYBODY)
    clips = set(records.clip[shown(panel)])
    everybody = {c for c in set(records.clip) if not any(any(right(c, n.label)) for n in networks)}
    assert clips == everybody
    assert clips
    choose(panel, Which.A_NOT_B)
    assert panel.filters.right.isVisible()
    a, b = networks[0].label, networks[1].label
    clips = set(records.clip[shown(panel)])
    assert clips == {c for c in set(records.clip) if all(right(c, a)) and not any(right(c, b))}
    assert {records.runs[records.run[i]].network for i in shown(panel)} == {b}


def test_everybody_wrong_and_a_right_b_wrong_show_all_their_clips_whatever_cell_was_chosen(opened, context):
    make_study(context.workspace, synthetic_clips(6, per_class=16), dataset=NOWHERE)
    panel = opened()
    for which in (Which.EVERYBODY, Which.A_NOT_B):
        panel.matrix.matrix.select(frozenset({(0, 0)}))  # recognised: none of these is wrong
        choose(panel, which)
        assert panel.matrix.matrix.selected == frozenset()
        assert len(shown(panel)) == panel.matrix._counts.sum() > 0
    panel.matrix.matrix.select(frozenset({(0, 0)}))
    panel.filters.right.setCurrentIndex(2)
    panel.filters.right.activated.emit(2)
    assert len(shown(panel)) == panel.matrix._counts.sum() > 0
    cell = panel.matrix.pairs.topLevelItem(0).data(0, Qt.ItemDataRole.UserRole)
    panel.matrix.matrix.select(frozenset({tuple(cell)}))
    panel.filters.search.setText("e")
    panel.filters.changed.emit()
    assert panel.matrix.matrix.selected == {tuple(cell)}  # a narrower search keeps it


def test_an_empty_table_says_why(opened, context):
    make_study(context.workspace, synthetic_clips(6, per_class=16), dataset=NOWHERE)
    panel = opened()
    assert not panel.table.why_empty
    choose(panel, Which.A_NOT_B)
    panel.filters.wrong.setCurrentIndex(0)
    panel.filters.wrong.activated.emit(0)
    assert "same network" in panel.table.why_empty
    choose(panel, Which.ERRORS)
    panel.matrix.matrix.select(frozenset({(0, 0)}))
    assert "Show all" in panel.table.why_empty
    assert panel.table.why_empty in panel.table.accessibleDescription()
    choose(panel, Which.ALL)
    assert not panel.table.why_empty
    panel.filters.search.setText("no such clip")
    panel.filters.changed.emit()
    assert "“no” and “such” and “clip”" in panel.table.why_empty


def test_where_every_clip_is_recognised_by_one_network_the_empty_table_says_that_nobody_fails_alike(opened, context):
    runs = make_study(context.workspace, synthetic_clips(6, per_class=16), dataset=NOWHERE, folds=(1,))
    table = runs[0].predictions()
    certain = np.eye(6, dtype=np.float32)[table.labels]
    replace(table, probabilities=certain).save(runs[0].path / "predictions.npz")
    panel = opened()
    choose(panel, Which.EVERYBODY)
    assert panel.table.why_empty.startswith("No clip was told wrong by every network, in the same fold")
    panel.filters.fold.setCurrentIndex(1)
    panel.filters.fold.activated.emit(1)
    assert panel.table.why_empty.startswith("None of these clips was told wrong by every network, in the same fold")
    choose(panel, Which.A_NOT_B)
    panel.filters.right.setCurrentIndex(1)
    panel.filters.wrong.setCurrentIndex(0)
    panel.filters.wrong.activated.emit(0)
    a, b = (panel.data.networks[place].label for place in (1, 0))
    assert a in panel.table.why_empty and b in panel.table.why_empty
    choose(panel, Which.ERRORS)
    panel.filters.network.setCurrentIndex(1)
    panel.filters.network.activated.emit(1)
    assert panel.table.why_empty == "There are no errors: each of these clips was recognised."


def test_words_narrow_to_classes_and_clips(qtbot, opened, context):
    make_study(context.workspace, synthetic_clips(6, per_class=16), dataset=NOWHERE)
    panel = opened()
    panel.filters.search.setText("HARBOUR")
    qtbot.waitUntil(lambda: len(shown(panel)) < len(panel.data.records))
    records = panel.data.records
    for i in shown(panel):
        said = records.classes[records.true[i]] + records.classes[records.predicted[i]]
        assert "harbour" in said + records.clip_ids[records.clip[i]]


def test_classes_can_be_ordered_by_likeness_once_its_library_is_there(qtbot, opened, context):
    make_study(context.workspace, synthetic_clips(8, per_class=16), dataset=NOWHERE)
    panel = opened()
    place = panel.matrix.order.findData("cluster")
    qtbot.waitUntil(lambda: panel.matrix.order.model().item(place).isEnabled(), timeout=30_000)
    panel.matrix.order.setCurrentIndex(place)
    assert sorted(panel.matrix.matrix._order) == list(range(8))
    assert list(panel.matrix.matrix._order) != sorted(range(8), key=panel.data.records.classes.__getitem__)


def test_a_change_of_scheme_reaches_matrix_and_list(qapp, opened, context):
    make_study(context.workspace, synthetic_clips(6, per_class=16), dataset=NOWHERE)
    panel = opened()
    item = panel.matrix.pairs.topLevelItem(0)
    cell = item.data(0, Qt.ItemDataRole.UserRole)
    panel.matrix.matrix.select(frozenset({cell}))

    def empty_corner():
        image = panel.matrix.matrix.grab().toImage()
        return image.pixelColor(2, image.height() - 2)

    light = empty_corner(), item.foreground(1).color()
    theme.apply(qapp, dark=True)
    qapp.processEvents()
    dark = empty_corner(), panel.matrix.pairs.topLevelItem(0).foreground(1).color()
    theme.apply(qapp, dark=False)
    assert light[0].lightnessF() > 0.8 > 0.3 > dark[0].lightnessF()
    assert light[1] != dark[1]
    assert panel.matrix.matrix.selected == {tuple(cell)}


def test_presentation_mode_hides_the_filters_and_brings_them_back(opened, context):
    make_study(context.workspace, synthetic_clips(4, per_class=8), dataset=NOWHERE)
    panel = opened()
    panel.present(True)
    controls = (panel.filters, panel.matrix.cells, panel.clip_view.transport)
    assert all(widget.isHidden() or widget.parentWidget().isHidden() for widget in controls)
    assert panel.matrix.isVisible()
    assert not panel.matrix.readout.text()  # what can be clicked need not be explained on a projector
    panel.present(False)
    assert "Click" in panel.matrix.readout.text()
    assert not any(widget.isHidden() or widget.parentWidget().isHidden() for widget in controls)


def test_scores_of_each_class_follow_the_runs_chosen(qtbot, opened, context):
    make_study(context.workspace, synthetic_clips(5, per_class=8), dataset=NOWHERE, seeds=(0, 1))
    panel = opened()
    scores = panel.matrix.scores
    qtbot.waitUntil(lambda: scores.topLevelItemCount() == 5, timeout=30_000)
    assert {scores.topLevelItem(i).text(5) for i in range(5)} == {"8"}  # clips, whatever the number of runs
    assert "3 networks × 4 folds × 2 seeds" in panel.matrix.basis.whole()
    assert "240 predictions of 40 clips" in panel.matrix.basis.whole()
    recall = [float(scores.topLevelItem(i).text(2)) for i in range(5)]
    assert recall == sorted(recall), "the worst recognised stands first"
    true, predicted = panel.data.records.true, panel.data.records.predicted
    label = scores.topLevelItem(0).data(0, Qt.ItemDataRole.UserRole)
    assert recall[0] == pytest.approx(100 * (predicted[true == label] == label).mean(), abs=0.06)
    panel.filters.network.setCurrentIndex(1)
    panel.filters.network.activated.emit(1)
    qtbot.waitUntil(lambda: "1 network × 4 folds × 2 seeds" in panel.matrix.basis.whole(), timeout=30_000)
    scores.itemClicked.emit(scores.topLevelItem(0), 0)
    rows, chosen = shown(panel), scores.topLevelItem(0).data(0, Qt.ItemDataRole.UserRole)
    assert len(rows) and (true[rows] == chosen).all() and (predicted[rows] != chosen).all()
    panel.filters.fold.addItem("9", 9)  # of which there is no run
    panel.filters.fold.setCurrentIndex(panel.filters.fold.count() - 1)
    panel.filters.changed.emit()
    qtbot.waitUntil(lambda: not panel.matrix.basis.whole())
    assert not scores.topLevelItemCount()
