"""The map in the Errors panel: a map a network, linked; clips chosen there stand in the table."""

from __future__ import annotations

from threading import Event

import numpy as np
import pytest
from PySide6.QtGui import QAction

from core.analysis.network_map import NetworkMap
from gui.panels.errors_map import CANCELLED, MOST, NO_RUN, ClipMaps
from gui.widgets.error_filters import Which
from gui.widgets.point_colours import Colouring
from tests.gui.make_runs import NETWORKS, Network, make_study, synthetic_clips
from tests.gui.panels.errors.steps import NOWHERE, choose, shown


@pytest.fixture
def placed(monkeypatch):
    """Maps of which t-SNE placed nothing: each clip stands at (its number, 0). What was asked for."""
    asked = []

    def place(workspace, data, runs, control, report):
        asked.append(runs)
        rows = np.flatnonzero(np.isin(data.records.run, runs))
        points = np.stack([data.records.clip[rows], np.zeros(len(rows))], axis=1).astype(np.float32)
        return NetworkMap(rows, points, f"{len(runs)} runs are mapped")

    monkeypatch.setattr("gui.panels.errors_map_queue.map_network", place)
    return asked


@pytest.fixture
def mapped(qtbot, opened, context):
    """The panel with the map in front, when all networks have theirs."""

    def open_map(classes=4, networks=NETWORKS, wait=True, **options):
        make_study(
            context.workspace, synthetic_clips(classes, per_class=8), dataset=NOWHERE, networks=networks, **options
        )
        panel = opened()
        maps = next(selector for selector in panel.selectors if isinstance(selector, ClipMaps))
        panel.ways.setCurrentWidget(maps)
        if wait:
            qtbot.waitUntil(lambda: all_there(maps))
        return panel, maps

    return open_map


def all_there(maps):
    return bool(maps.maps.cells) and all(cell.map is not None for cell in maps.maps.cells)


def pick(combo, index):
    combo.setCurrentIndex(index)
    combo.activated.emit(index)


def bright(cell):
    return set(cell.clips[cell.points._bright].tolist())


def test_every_network_has_a_map_of_all_its_clips(placed, mapped):
    panel, maps = mapped()
    assert [cell.name for cell in maps.maps.cells] == [network.name for network in panel.data.networks]
    for cell in maps.maps.cells:
        assert len(cell.points) == len(panel.data.records.clip_ids)
        assert cell.note.whole() == "4 runs are mapped"


def test_nothing_is_mapped_before_the_map_is_in_front(placed, opened, context):
    make_study(context.workspace, synthetic_clips(4, per_class=8), dataset=NOWHERE)
    opened()
    assert not placed


def test_the_filters_choose_the_networks_and_their_runs(qtbot, placed, mapped):
    panel, maps = mapped()
    before = len(placed)
    choose(panel, Which.ERRORS)
    panel.filters.search.setText("rain")
    panel.filters._something_chosen()
    assert len(placed) == before  # the same runs: the same maps
    pick(panel.filters.fold, panel.filters.fold.findData(2))
    qtbot.waitUntil(lambda: all_there(maps))
    assert all(len(cell.points) == 8 for cell in maps.maps.cells)
    pick(panel.filters.network, 1 + panel.filters.network.findData(0))
    qtbot.waitUntil(lambda: all_there(maps))
    assert [cell.name for cell in maps.maps.cells] == [panel.data.networks[1].name]


def test_clips_lassoed_in_one_map_stand_in_the_table_and_light_up_in_all(placed, mapped):
    panel, maps = mapped()
    records, cell = panel.data.records, maps.maps.cells[1]
    cell.points.lassoed.emit(np.array([2, 5]), False)
    clips = set(cell.clips[[2, 5]].tolist())
    assert set(records.clip[shown(panel)].tolist()) == clips
    assert len(shown(panel)) == 2 * len(NETWORKS)  # the records of all networks
    assert panel.chosen_words == f"2 clips lassoed on the map of {cell.name}"
    assert [bright(one) for one in maps.maps.cells] == [clips] * 3
    cell.points.lassoed.emit(np.array([9]), True)
    assert set(records.clip[shown(panel)].tolist()) == clips | {int(cell.clips[9])}
    assert panel.chosen_words.startswith("3 clips")
    cell.points.clicked.emit(-1)
    assert len(shown(panel)) == len(records) and bright(cell) == set(cell.clips.tolist())


def test_what_the_filters_leave_out_is_faint_and_is_not_lassoed(placed, mapped):
    panel, maps = mapped()
    choose(panel, Which.ERRORS)
    records, cell = panel.data.records, maps.maps.cells[0]
    wrong = set(records.clip[~records.correct].tolist())
    assert bright(cell) == wrong and len(wrong) < len(cell.clips)
    cell.points.lassoed.emit(np.arange(len(cell.clips)), False)
    assert set(records.clip[shown(panel)].tolist()) == wrong
    assert panel.chosen_words.startswith(f"{len(wrong)} clips")


def test_cells_of_the_matrix_light_up_on_the_maps(placed, mapped):
    panel, maps = mapped()
    panel.matrix.matrix.select(frozenset({(1, 1)}))
    clips = set(panel.data.records.clip[shown(panel)].tolist())
    assert clips and [bright(cell) for cell in maps.maps.cells] == [clips] * 3


def test_a_click_opens_the_clip_as_its_network_saw_it(placed, mapped):
    panel, maps = mapped()
    cell = maps.maps.cells[2]
    cell.points.clicked.emit(7)
    assert panel.table.current == cell.map.rows[7]
    assert len(shown(panel)) == len(panel.data.records)
    assert [one.clips[one.points.open] for one in maps.maps.cells] == [cell.clips[7]] * 3
    cell.points.lassoed.emit(np.array([1]), False)
    cell.points.clicked.emit(7)  # is not in the table
    assert set(panel.data.records.clip[shown(panel)].tolist()) == {int(cell.clips[7])}


def test_a_clip_that_is_pointed_at_is_ringed_in_every_map_and_told_of(placed, mapped):
    panel, maps = mapped()
    cell = maps.maps.cells[0]
    cell.points.pointed.emit(3)
    assert [one.clips[one.points.hovered] for one in maps.maps.cells] == [cell.clips[3]] * 3
    said = maps._words(int(cell.clips[3])).splitlines()
    records = panel.data.records
    assert said[0] in records.clip_ids[cell.clips[3]]
    assert said[1].endswith(records.classes[records.true[cell.map.rows[3]]])
    for line, one in zip(said[2:], maps.maps.cells, strict=True):
        assert line.startswith(f"{one.name}: {records.classes[records.predicted[one.map.rows[3]]]}")
    cell.points.pointed.emit(-1)
    assert [one.points.hovered for one in maps.maps.cells] == [-1] * 3


@pytest.mark.parametrize("by", list(Colouring))
def test_the_colouring_is_remembered(placed, mapped, context, by):
    _, maps = mapped(networks=NETWORKS[:1])
    pick(maps.colouring, maps.colouring.findText(by.value))
    maps.save_state()
    again = ClipMaps(context, maps.source)
    assert again.colouring.currentText() == by.value
    again.close_part()


def test_a_class_is_ringed_by_the_list_and_by_the_legend(placed, mapped):
    panel, maps = mapped()
    records, cell = panel.data.records, maps.maps.cells[0]
    maps.legend.linkActivated.emit("2")
    assert maps.ring.currentText() == records.classes[2]
    np.testing.assert_array_equal(cell.points._ringed, records.true[cell.map.rows] == 2)
    pick(maps.colouring, maps.colouring.findText(Colouring.PREDICTED.value))
    np.testing.assert_array_equal(cell.points._ringed, records.predicted[cell.map.rows] == 2)
    maps.legend.linkActivated.emit("2")
    assert not cell.points._ringed.any()


def test_many_classes_are_coloured_by_their_likeness(qtbot, placed, mapped):
    _, maps = mapped(classes=20, networks=NETWORKS[:1])
    qtbot.waitUntil(lambda: maps._order.tolist() != list(range(20)), timeout=20_000)
    assert sorted(maps._order.tolist()) == list(range(20))
    cell = maps.maps.cells[0]
    assert len(cell.points._colours) == 20


def test_of_many_networks_six_are_chosen(qtbot, placed, mapped):
    networks = tuple(Network(name=f"net {i}") for i in range(MOST + 2))
    _, maps = mapped(networks=networks, folds=(1,))
    assert maps.networks.isVisible()
    assert [cell.name for cell in maps.maps.cells] == [f"net {i}" for i in range(MOST)]
    last: QAction = maps.networks.menu().actions()[-1]
    maps.networks.menu().setActiveAction(last)
    last.trigger()
    qtbot.waitUntil(lambda: all_there(maps))
    assert [cell.name for cell in maps.maps.cells] == [*(f"net {i}" for i in range(MOST - 1)), f"net {MOST + 1}"]


def test_mapping_shows_progress_and_is_cancelled_and_taken_up_again(qtbot, mapped, monkeypatch):
    begun, go_on = Event(), Event()

    def place(vectors, control, report, what):
        from core.events import Progress

        report(Progress(what, 10, 750, "steps"))
        begun.set()
        while not go_on.wait(0.01):
            control.checkpoint()
        return np.zeros((len(vectors), 2), np.float32)

    monkeypatch.setattr("core.analysis.network_map.embed", place)
    _, maps = mapped(wait=False)
    qtbot.waitUntil(maps.progress.isVisible)
    assert begun.is_set() and maps.progress.bar.value() > 0
    maps.progress.cancel.click()
    assert not maps.progress.isVisible() and maps.again.isVisible()
    assert {cell.points.words for cell in maps.maps.cells} == {CANCELLED}
    go_on.set()
    maps.again.click()
    qtbot.waitUntil(lambda: all_there(maps))
    assert not maps.again.isVisible() and not maps.progress.isVisible()


def test_what_cannot_be_mapped_is_said_in_its_place(qtbot, mapped, monkeypatch):
    def fail(*_):
        raise RuntimeError("no")

    monkeypatch.setattr("gui.panels.errors_map_queue.map_network", fail)
    _, maps = mapped(wait=False)
    qtbot.waitUntil(lambda: all("went wrong" in cell.points.words for cell in maps.maps.cells))


def test_where_no_run_is_chosen_a_sentence_says_so(qtbot, placed, mapped, context):
    make_study(context.workspace, synthetic_clips(4, per_class=8), dataset=NOWHERE, networks=NETWORKS[:1], folds=(2,))
    panel, maps = mapped(networks=NETWORKS[1:2], folds=(1,))
    pick(panel.filters.network, panel.filters.network.findData(1))
    qtbot.waitUntil(lambda: all_there(maps))
    pick(panel.filters.fold, panel.filters.fold.findData(2))
    assert maps._empty.isVisible() and maps._empty.sentence.text() == NO_RUN
    pick(panel.filters.fold, panel.filters.fold.findData(1))
    qtbot.waitUntil(lambda: all_there(maps))
    assert not maps._empty.isVisible()


def test_when_the_runs_are_read_again_the_maps_are_of_the_new_records(qtbot, placed, mapped, context):
    panel, maps = mapped(networks=NETWORKS[:1], folds=(1,))
    maps.maps.cells[0].points.clicked.emit(3)
    opened, before = panel.data.name_of(panel.table.current), panel.data
    make_study(context.workspace, synthetic_clips(4, per_class=8), dataset=NOWHERE, networks=NETWORKS[1:], folds=(1,))
    context.runs_changed.emit()
    qtbot.waitUntil(lambda: panel.data is not before and all_there(maps))
    assert len(maps.maps.cells) == len(NETWORKS)
    assert panel.data.name_of(maps.record) == opened
    names = panel.data.records.clip_ids
    assert {names[cell.clips[cell.points.open]] for cell in maps.maps.cells} == {opened[1]}
