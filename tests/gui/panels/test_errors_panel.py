"""The Errors panel on fabricated runs: filters, matrix, table and clip view say the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtWidgets import QPushButton

from core.datasets.base import Clip, Dataset, Modality
from core.recipe import FrontEnds
from core.run_spec import DatasetChoice, Network
from gui import theme
from gui.context import ErrorsRequest
from gui.panels.errors import ErrorsPanel
from gui.widgets.error_filters import ANY, Which
from gui.widgets.probabilities import ROW
from tests.gui.make_runs import FRAMES, NETWORKS, ClipList, make_modalities, make_study, synthetic_clips

NOWHERE = DatasetChoice(name="labelled-folder", root="/nowhere")
STUDY = "fabricated-test-data"


@pytest.fixture
def opened(qtbot, show_panel):
    """Make the panel and wait until it has read its runs and looked for its clips."""

    def open_panel(wait=True):
        panel = show_panel(ErrorsPanel)
        if wait:
            qtbot.waitUntil(
                lambda: panel.data is not None and bool(panel.source.trouble or panel.source.dataset), timeout=30_000
            )  # the first to open a dataset imports its libraries
        return panel

    return open_panel


def choose(panel, which: Which) -> None:
    next(b for b in panel.filters.findChildren(QPushButton) if b.text() == which.value).click()


def shown(panel) -> np.ndarray:
    return panel.table.clips.rows


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
    assert panel.filters.said.text().endswith(f"{len(expected)} predictions")


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
    assert "cell" in panel.table.why_empty
    assert panel.table.why_empty in panel.table.accessibleDescription()
    choose(panel, Which.ALL)
    assert not panel.table.why_empty
    panel.filters.search.setText("no such clip")
    panel.filters.changed.emit()
    assert "“no such clip”" in panel.table.why_empty


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


def test_where_the_clips_are_gone_a_sentence_says_so_and_the_rest_works(opened, context):
    make_study(context.workspace, synthetic_clips(6, per_class=16), dataset=NOWHERE)
    panel = opened()
    assert "/nowhere" in panel.source.trouble
    assert any("/nowhere" in label.text() for label in panel.clip_view.findChildren(type(panel.filters.said)))
    assert panel.bars.rows


def test_a_clip_is_handed_to_the_clip_view_with_the_settings_of_its_run(qtbot, opened, context, tmp_path, monkeypatch):
    ids = []
    for name in ("dog", "rain"):
        (tmp_path / "clips" / name).mkdir(parents=True)
        for i in range(4):
            noise = np.random.default_rng(i).normal(0, 0.1, 8000)
            soundfile.write(tmp_path / "clips" / name / f"{i}.wav", noise, 8000)
            ids.append(f"{name}/{i}.wav")
    clips = ClipList(("dog", "rain"), tuple(ids), (0,) * 4 + (1,) * 4, (1, 2) * 4)
    choice = DatasetChoice(name="labelled-folder", root=str(tmp_path / "clips"))
    make_study(context.workspace, clips, dataset=choice, networks=(Network(),), folds=(1, 2))
    seen = []
    monkeypatch.setattr("gui.widgets.clip_view.ClipView.show_clip", lambda self, *given: seen.append(given))
    panel = opened()
    qtbot.waitUntil(lambda: bool(seen))
    dataset, clip, given = seen[-1]
    record = panel.table.current
    assert clip.id == panel.data.records.clip_ids[panel.data.records.clip[record]]
    assert dataset.root == tmp_path / "clips"
    assert given == FrontEnds(audio=panel.data.specs[panel.data.records.run[record]].recipe.audio)
    qtbot.keyClick(panel.table, Qt.Key.Key_Right)
    assert panel.table.current == shown(panel)[1]
    assert seen[-1][1].id == panel.data.records.clip_ids[panel.data.records.clip[shown(panel)[1]]]
    qtbot.keyClick(panel.table, Qt.Key.Key_Left)
    assert panel.table.current == shown(panel)[0]


def test_clips_that_are_opened_in_data_meanwhile_are_shown_when_the_runs_are_read_again(
    qtbot, opened, context, monkeypatch
):
    clips, given = synthetic_clips(4, per_class=8), []
    make_study(context.workspace, clips, dataset=NOWHERE)
    monkeypatch.setattr("gui.widgets.clip_view.ClipView.show_clip", lambda self, _, clip, __: given.append(clip.id))
    panel = opened()
    assert panel.source.trouble and not given
    found = tuple(
        Clip(name, Path(name), label, fold, name)
        for name, label, fold in zip(clips.ids, clips.labels, clips.folds, strict=True)
    )
    sound = frozenset({Modality.AUDIO})
    context.set_dataset(NOWHERE, Dataset("labelled-folder", "", Path("/nowhere"), clips.classes, found, "", sound))
    before = panel.data
    context.runs_changed.emit()
    qtbot.waitUntil(lambda: panel.data is not before)
    assert given == [panel.data.name_of(panel.table.current)[1]]


def test_after_a_click_on_a_cell_the_space_bar_plays(qtbot, opened, context, monkeypatch):
    make_study(context.workspace, synthetic_clips(6, per_class=16), dataset=NOWHERE)
    panel = opened()
    played = []
    monkeypatch.setattr(panel.clip_view.player, "toggle", lambda: played.append(True))
    panel.filters.search.setFocus()
    canvas = panel.matrix.matrix
    qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=canvas._rect((0, 0)).center().toPoint())
    qtbot.keyClick(panel.window().focusWidget(), Qt.Key.Key_Space)
    assert played
    assert not panel.filters.search.text()


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
    assert panel.data is None and panel.filters.study.isVisible() and not panel.filters.said.text()
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


def test_sight_right_and_sound_wrong_are_told_apart_and_swapped(opened, context):
    make_modalities(context.workspace, synthetic_clips(6, per_class=16), dataset=NOWHERE)
    panel = opened()
    networks = panel.data.networks
    names = [panel.filters.right.itemText(place) for place in range(panel.filters.right.count())]
    assert names == [network.name for network in networks]
    assert [network.modality for network in networks] == list(Modality) * 2
    assert all(name.endswith(network.modality.word) for name, network in zip(names, networks, strict=True))
    choose(panel, Which.A_NOT_B)
    records, runs = panel.data.records, panel.data.records.runs

    def right(place):
        """(clip, fold, seed) of a network → whether it was right."""
        return {
            (records.clip[i], runs[records.run[i]].fold, runs[records.run[i]].seed): bool(records.correct[i])
            for i in range(len(records))
            if runs[records.run[i]].network == networks[place].label
        }

    sound, sight = right(0), right(1)
    for swapped, (a, b) in enumerate(((sound, sight), (sight, sound))):
        assert panel.filters.choice.right == swapped
        clips = {records.clip[i] for i in shown(panel)}
        assert clips == {key[0] for key in a if a[key] and not b[key]}
        assert clips
        panel.filters.swap.click()


def test_networks_with_names_of_their_own_say_their_modality(qtbot, opened, context):
    named = tuple(
        network.model_copy(update={"name": f"my {k}"}) for k, network in enumerate(NETWORKS[:2])
    )  # fmt: skip
    make_modalities(context.workspace, synthetic_clips(4, per_class=8), dataset=NOWHERE, folds=(1,))
    make_study(context.workspace, synthetic_clips(4, per_class=8), dataset=NOWHERE, networks=named, folds=(1,))
    panel = opened()
    assert {"my 0, sound", "my 1, sound"} <= {network.name for network in panel.data.networks}
    before = panel.data
    context.want_errors(ErrorsRequest(STUDY, "my 1"))  # by its label
    panel.activate()
    qtbot.waitUntil(lambda: panel.data is not before)
    assert panel.filters.network.currentText() == "my 1, sound"


def test_bars_name_architecture_and_modality_and_tell_more_under_the_pointer(opened, context):
    make_modalities(
        context.workspace,
        synthetic_clips(6, per_class=8),
        dataset=NOWHERE,
        fusions=("gated attention", "score average"),
    )
    panel = opened()
    opinions = panel.bars._opinions
    assert [opinion.group for opinion in opinions] == ["Baseline CNN"] * 4 + ["ResNet-50"] * 4
    assert [opinion.modality for opinion in opinions[:2]] == [Modality.AUDIO, Modality.VIDEO]
    assert [opinion.short for opinion in opinions[:2]] == ["sound", "sight"]
    assert {opinion.short.split(", ")[1] for opinion in opinions[2:4]} == {"gated attention", "score average"}
    bars = panel.bars
    y = (bars._head() + 0.5) * theme.pixels(ROW)
    told = {bars.words_at(QPointF(bars._names() + (k + 0.5) * bars._width(), y)) for k in range(8)}
    assert {words.split("\n")[0] for words in told} == {network.name for network in panel.data.networks}
    assert not bars.grab().isNull()


def test_what_is_said_of_single_frames_is_handed_on_and_another_class_can_be_chosen(
    qtbot, opened, context, tmp_path, monkeypatch
):
    clips = synthetic_clips(4, per_class=8)
    for clip_id in clips.ids:
        path = tmp_path / "clips" / clip_id
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, np.zeros(800), 8000)
    choice = DatasetChoice(name="labelled-folder", root=str(tmp_path / "clips"))
    make_modalities(context.workspace, clips, dataset=choice, architectures=("alexnet",), folds=(1, 2))
    handed = []
    monkeypatch.setattr("gui.widgets.clip_view.ClipView.show_clip", lambda self, *given: None)
    monkeypatch.setattr(
        "gui.widgets.clip_view.ClipView.show_frame_probabilities", lambda self, *given: handed.append(given)
    )
    panel = opened()
    qtbot.waitUntil(lambda: bool(handed), timeout=10_000)
    for network in panel.data.networks:
        panel.filters.network.setCurrentIndex(panel.filters.network.findText(network.name))
        panel.filters.network.activated.emit(1)
        record, classes = panel.table.current, panel.data.records.classes
        assert panel.data.records.runs[panel.data.records.run[record]].network == network.label
        if network.modality != Modality.VIDEO:
            assert handed[-1] == (None,)
            assert panel.bars.of_frames == -1
            continue
        run, row = panel.data.records.run[record], panel.data.records.row[record]
        said = panel.data.predictions[run].frame_probabilities[row].astype(np.float32)
        predicted, true = int(panel.data.records.predicted[record]), int(panel.data.records.true[record])
        assert len(said) == FRAMES
        assert handed[-1][1] == classes[predicted]
        np.testing.assert_array_equal(handed[-1][0], said[:, predicted])
        bars = panel.bars
        assert bars.of_frames == predicted
        first = QPoint(20, round((bars._head() + 0.5) * theme.pixels(ROW)))
        qtbot.mouseClick(bars, Qt.MouseButton.LeftButton, pos=first)  # the true class
        assert bars.rows[0] == true == bars.of_frames
        assert handed[-1][1] == classes[true]
        np.testing.assert_array_equal(handed[-1][0], said[:, true])
        before = panel.data
        context.runs_changed.emit()
        qtbot.waitUntil(lambda: panel.data is not before)  # noqa: B023
        assert bars.of_frames == true and handed[-1][1] == classes[true], "the clip stays open, and its bars act on it"


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
