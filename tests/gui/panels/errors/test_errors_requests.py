"""What other panels ask the Errors panel for, what comes back at the next start, and what cannot be read."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt

from core.analysis.selection import ANY, Which
from core.run_spec import Network
from gui.context import ErrorsRequest
from tests.gui.make_runs import NETWORKS, make_modalities, make_study, synthetic_clips
from tests.gui.panels.errors.steps import NOWHERE, STUDY, choose, shown


def test_another_panels_request_chooses_study_and_network(qtbot, opened, context):
    make_study(context.workspace, synthetic_clips(4, per_class=8), dataset=NOWHERE)
    make_study(context.workspace, synthetic_clips(5, per_class=8), study="other", dataset=NOWHERE)
    context.want_errors(ErrorsRequest(STUDY, "AlexNet (imagenet)"))
    panel = opened()
    assert context.errors_request is None
    assert panel.data.study == STUDY
    assert panel.filters.network.currentText() == "AlexNet (imagenet)"
    networks = {panel.data.records.runs[panel.data.records.run[i]].network for i in shown(panel)}
    assert networks == {"AlexNet (imagenet)"}
    panel.matrix.matrix.select(frozenset({(0, 0)}))
    context.want_errors(ErrorsRequest("other"))
    panel.activate()
    qtbot.waitUntil(lambda: panel.data.study == "other")
    assert panel.filters.choice.network == ANY
    assert panel.matrix.matrix.selected == frozenset()  # or the request might show nothing
    assert len(shown(panel)) == (~panel.data.records.correct).sum() > 0


def test_the_open_clip_stays_open_when_a_run_has_finished(qtbot, opened, context):
    clips = synthetic_clips(4, per_class=8)
    make_study(context.workspace, clips, dataset=NOWHERE, networks=NETWORKS[1:])
    panel = opened()
    panel.table.make_current(5)
    name, before = panel.data.name_of(panel.table.current), panel.data
    make_study(context.workspace, clips, dataset=NOWHERE, networks=NETWORKS[:1])
    opinions = len(panel.bars._opinions)
    context.runs_changed.emit()
    qtbot.waitUntil(lambda: panel.data is not before)
    assert panel.data.name_of(panel.table.current) == name
    assert len(panel.bars._opinions) == opinions + 1  # the new network has one, too
    panel.filters.study_changed.emit(STUDY)
    choose(panel, Which.A_NOT_B)  # now perhaps without it
    assert panel.table.current in shown(panel)


def test_deleted_runs_go_and_the_last_one_leaves_the_empty_page(qtbot, opened, context):
    runs = make_study(context.workspace, synthetic_clips(4, per_class=8), dataset=NOWHERE, folds=(1,))
    panel = opened()
    runs[0].delete()
    context.runs_changed.emit()
    qtbot.waitUntil(lambda: len(panel.data.specs) == 2)
    for run in runs[1:]:
        run.delete()
    context.runs_changed.emit()
    assert panel.data is None
    assert not panel.matrix.isVisible()


def test_state_comes_back(opened, context):
    make_study(context.workspace, synthetic_clips(4, per_class=8), dataset=NOWHERE)
    make_study(context.workspace, synthetic_clips(4, per_class=8), study="other", dataset=NOWHERE)
    context.settings.setValue("errors/study", STUDY)
    panel = opened()
    assert panel.data.study == STUDY
    panel.save_state()
    assert context.settings.value("errors/columns")


def test_filters_order_and_tab_come_back(qtbot, opened, context):
    make_study(context.workspace, synthetic_clips(4, per_class=16), dataset=NOWHERE, seeds=(0, 1))
    first = opened()
    qtbot.waitUntil(lambda: first.matrix.order.model().item(2).isEnabled(), timeout=30_000)
    for combo, place in ((first.filters.network, 2), (first.filters.fold, 3), (first.filters.seed, 1)):
        combo.setCurrentIndex(place)
    first.filters.right.setCurrentIndex(2)
    choose(first, Which.ERRORS)
    first.table.sortByColumn(5, Qt.SortOrder.AscendingOrder)
    first.matrix.lists.setCurrentIndex(1)
    first.matrix.cells.setCurrentIndex(1)
    first.matrix.order.setCurrentIndex(2)
    first.save_state()
    panel = opened()
    assert panel.filters.choice == first.filters.choice
    assert panel.filters.choice.fold == 3 and panel.filters.choice.which is Which.ERRORS
    assert list(shown(panel)) == list(shown(first))
    assert panel.matrix.lists.currentIndex() == 1
    assert panel.matrix.cells.currentText() == first.matrix.cells.currentText()
    qtbot.waitUntil(lambda: panel.matrix.order.currentText() == "likeness", timeout=30_000)
    assert panel.table.horizontalHeader().sortIndicatorSection() == 5
    panel.matrix.order.setCurrentIndex(0)
    before = panel.data
    context.runs_changed.emit()
    qtbot.waitUntil(lambda: panel.data is not before)
    assert panel.table.horizontalHeader().sortIndicatorSection() == 5  # as it was chosen, also after a run has finished
    qtbot.waitUntil(lambda: not context.jobs.busy)
    assert panel.matrix.order.currentText() == "name"


def test_what_another_panel_asks_for_is_not_hidden_by_what_was_chosen_before(opened, context):
    make_study(context.workspace, synthetic_clips(4, per_class=16), dataset=NOWHERE, seeds=(0, 1))
    context.settings.setValue("errors/fold", "3")
    context.settings.setValue("errors/seed", "1")
    context.want_errors(ErrorsRequest(STUDY, "AlexNet (imagenet)"))
    panel = opened()
    folds = {panel.data.records.runs[panel.data.records.run[i]].fold for i in shown(panel)}
    assert folds == {1, 2, 3, 4}


def test_what_another_panel_asks_for_is_done_once_and_a_cell_chosen_after_it_stays(qtbot, opened, context):
    make_study(context.workspace, synthetic_clips(6, per_class=16), dataset=NOWHERE)
    context.want_errors(ErrorsRequest(STUDY, "AlexNet (imagenet)"))
    panel = opened()
    cell = tuple(panel.matrix.pairs.topLevelItem(0).data(0, Qt.ItemDataRole.UserRole))
    panel.matrix.matrix.select(frozenset({cell}))
    rows, before = list(shown(panel)), panel.data
    context.runs_changed.emit()
    qtbot.waitUntil(lambda: panel.data is not before)
    assert panel.matrix.matrix.selected == {cell}
    assert list(shown(panel)) == rows


def test_what_another_panel_asks_for_is_not_narrowed_by_what_was_typed_before(qtbot, opened, context):
    make_study(context.workspace, synthetic_clips(6, per_class=16), dataset=NOWHERE)
    panel = opened()
    panel.filters.search.setText("no such clip")
    qtbot.waitUntil(lambda: not len(shown(panel)))
    context.want_errors(ErrorsRequest(STUDY, "AlexNet (imagenet)", true_class="kitchen rain"))
    panel.activate()
    qtbot.waitUntil(lambda: len(shown(panel)) == 16)


def test_a_small_study_is_asked_for_where_an_empty_cell_of_a_large_one_was_chosen(qtbot, opened, context):
    make_study(context.workspace, synthetic_clips(6, per_class=16), dataset=NOWHERE)
    make_study(context.workspace, synthetic_clips(6, per_class=4), study="small", dataset=NOWHERE, folds=(4,))
    context.settings.setValue("errors/study", STUDY)
    panel = opened()
    choose(panel, Which.ERRORS)
    panel.matrix.matrix.select(frozenset({(0, 0)}))  # recognised: none of these is wrong
    assert not len(shown(panel))
    context.want_errors(ErrorsRequest("small"))
    panel.activate()
    qtbot.waitUntil(lambda: panel.data.study == "small")  # and no row of the large one is looked up in the small one
    assert set(shown(panel)) == set(np.flatnonzero(~panel.data.records.correct))


def test_a_class_that_another_panel_asks_for_shows_all_its_clips(qtbot, opened, context):
    make_modalities(context.workspace, synthetic_clips(6, per_class=8), dataset=NOWHERE)
    label = "ResNet-50, gated attention, both"
    context.want_errors(ErrorsRequest(STUDY, label, true_class="kitchen rain"))
    panel = opened()
    records = panel.data.records
    place = records.classes.index("kitchen rain")
    expected = [
        i for i in range(len(records)) if records.true[i] == place and records.runs[records.run[i]].network == label
    ]
    assert sorted(shown(panel)) == expected
    assert len(expected) == 8
    context.want_errors(ErrorsRequest(STUDY, label))
    before = panel.data
    panel.activate()
    qtbot.waitUntil(lambda: panel.data is not before)
    assert panel.matrix.matrix.selected == frozenset()


def test_runs_of_which_none_can_be_read_are_said(qtbot, opened, context):
    (run,) = make_study(context.workspace, synthetic_clips(4, per_class=8), networks=(Network(),), folds=(1,))
    (run.path / "predictions.npz").write_bytes(b"torn")
    panel = opened(wait=False)
    qtbot.waitUntil(lambda: not panel.is_reading)
    assert str(run.path) in panel._sentence.sentence.text() and panel._sentence.isVisible()
    assert panel.data is None


def test_from_a_study_that_cannot_be_read_another_is_reached_and_none_is_shown_under_its_name(qtbot, opened, context):
    make_study(context.workspace, synthetic_clips(4, per_class=8), study="whole", dataset=NOWHERE)
    (run,) = make_study(
        context.workspace, synthetic_clips(4, per_class=8), study="torn", folds=(1,), networks=NETWORKS[:1]
    )
    (run.path / "predictions.npz").write_bytes(b"torn")
    context.settings.setValue("errors/study", "whole")
    panel = opened()

    def choose_study(name):
        panel.filters.study.setCurrentIndex(panel.filters.study.findData(name))
        panel.filters.study.activated.emit(0)

    choose_study("torn")
    qtbot.waitUntil(lambda: panel.study == "" and not panel.is_reading)
    assert not panel.matrix.isVisible() and str(run.path) in panel._sentence.sentence.text()
    assert panel.data is None and panel.filters.study.isVisible() and not panel.filters.said.whole()
    choose_study("whole")
    qtbot.waitUntil(lambda: panel.study == "whole")
    assert panel.matrix.isVisible() and len(shown(panel)) == 3 * 32


def test_studies_of_which_nothing_comes_are_read_once(qtbot, opened, context, monkeypatch):
    for study in ("one", "two"):
        make_study(context.workspace, synthetic_clips(4, per_class=8), study=study, networks=NETWORKS[:1], folds=(1,))
    read = []
    monkeypatch.setattr("gui.panels.errors.read_study_records", lambda workspace, study, *_: read.append(study))
    panel = opened(wait=False)
    qtbot.waitUntil(lambda: not panel.is_reading)
    assert sorted(read) == ["one", "two"] and panel._empty.isVisible()
