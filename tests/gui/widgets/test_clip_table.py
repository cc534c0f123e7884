"""The clip table: sorting, stepping and what Qt asks of a model."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester

from core.analysis.study_records import read_study_records
from core.control import Control
from core.run_spec import Network
from gui import theme
from gui.widgets.clip_columns import LOSS, clip_columns, short_names
from gui.widgets.clip_table import ClipTable, ClipTableModel, Column
from tests.gui.make_runs import make_study, synthetic_clips

NAMES = ("Zebra", "ant", "bee")


def no_picture(record: int) -> None:
    """None is ready yet."""


def columns(count: int) -> list[Column]:
    numbers = np.random.default_rng(0)
    return [
        Column("true", "True class.", np.arange(count) % 3, NAMES),
        Column("loss", "Loss.", numbers.permutation(count) / 10, format=".2f", red=np.arange(count) % 2 == 0),
    ]


@pytest.fixture
def table(qtbot):
    made = ClipTable()
    qtbot.addWidget(made)
    made.sortByColumn(1, Qt.SortOrder.DescendingOrder)
    made.set_columns(columns(30))
    made.show_clips(np.arange(30))
    return made


def texts(model: ClipTableModel, column: int) -> list[str]:
    return [model.data(model.index(row, column)) for row in range(model.rowCount())]


def test_the_model_keeps_qts_rules(table):
    QAbstractItemModelTester(table.clips, QAbstractItemModelTester.FailureReportingMode.Fatal)
    table.show_clips(np.arange(10))
    assert table.clips.rowCount(table.clips.index(0, 0)) == 0
    assert table.clips.rowCount(QModelIndex()) == 10


def test_sorts_numbers_down_and_names_alphabetically_whatever_their_case(table):
    assert texts(table.clips, 1)[:3] == ["2.90", "2.80", "2.70"]
    table.sortByColumn(0, Qt.SortOrder.AscendingOrder)
    assert texts(table.clips, 0) == ["ant"] * 10 + ["bee"] * 10 + ["Zebra"] * 10


def test_new_clips_come_in_the_chosen_order_with_the_first_current(qtbot, table):
    with qtbot.waitSignal(table.current_changed) as caught:
        table.show_clips(np.array([3, 4, 5]))
    loss = table.clips.columns[1].values
    assert list(table.clips.rows) == sorted([3, 4, 5], key=lambda clip: -loss[clip])
    assert caught.args == [table.clips.rows[0]] == [table.current]


def test_sorting_back_and_forth_loses_nothing(table):
    for column, order in ((0, Qt.SortOrder.AscendingOrder), (1, Qt.SortOrder.AscendingOrder)):
        table.sortByColumn(column, order)
    assert texts(table.clips, 1)[:2] == ["0.00", "0.10"]
    assert sorted(table.clips.rows) == list(range(30))


def test_steps_stop_at_both_ends(table):
    table.step(-1)
    assert table.current == table.clips.rows[0]
    for _ in range(40):
        table.step(1)
    assert table.current == table.clips.rows[-1]


def test_errors_are_written_in_red(table):
    model = table.clips
    for row, clip in enumerate(model.rows):
        ink = model.data(model.index(row, 1), Qt.ItemDataRole.ForegroundRole)
        assert (ink is not None) == (clip % 2 == 0)


def test_empty_selection_says_so(qtbot, table):
    with qtbot.waitSignal(table.current_changed) as caught:
        table.show_clips(np.zeros(0, np.int64))
    assert caught.args == [-1]


def test_a_loss_of_nothing_has_no_sign(workspace):
    (run,) = make_study(workspace, synthetic_clips(3), networks=(Network(),), folds=(1,))
    table = run.predictions()
    certain = np.eye(3, dtype=np.float32)[table.labels] * np.float32(1 + 1e-6)  # as rounding leaves it
    replace(table, probabilities=certain).save(run.path / "predictions.npz")
    data = read_study_records(workspace, run.study, Control(), lambda progress: None)
    assert clip_columns(data, no_picture, 0)[LOSS].text(0) == "0.00"


def test_names_are_as_short_as_they_can_be_told_apart():
    assert short_names(["audio/dog/1.wav", "audio/rain/2.wav"]) == ["1.wav", "2.wav"]
    assert short_names(["audio/dog/1.wav", "audio/rain/1.wav"]) == ["dog/1.wav", "rain/1.wav"]
    assert short_names([]) == []


def test_a_clip_whose_mark_is_taken_away_stays_open(qtbot, table):
    first = table.current
    table.clearSelection()
    assert table.current == first
    table.make_current(0)
    assert table.current == first and table.selectionModel().isRowSelected(0)


def test_the_clip_that_is_open_stays_so_when_it_is_sorted_or_narrowed_to(qtbot, table):
    table.resize(300, 150)
    table.show()
    table.make_current(17)
    clip, said = table.current, []
    table.current_changed.connect(said.append)
    for column, order in ((0, Qt.SortOrder.AscendingOrder), (1, Qt.SortOrder.AscendingOrder)):
        table.sortByColumn(column, order)
        assert table.current == clip == table.clips.rows[table.currentIndex().row()]
        assert table.viewport().rect().intersects(table.visualRect(table.currentIndex()))
    table.show_clips(np.array(sorted({0, 1, 2, clip})))
    assert table.current == clip
    assert not said  # what is open is not opened again: it may be playing
    table.show_clips(np.array([c for c in range(30) if c != clip]))
    assert said == [table.current] == [table.clips.rows[0]]


def test_a_column_of_names_is_as_wide_as_they_need_and_no_wider_than_it_may_be(table):
    short, long = ("run", "walk"), ("run", "a name that is far too long for the column that it stands in")
    place = np.zeros(1, np.int64)
    sentence = Column("Reason", "What.", place, short, width=300, sentences=short)
    table.set_columns(
        [Column("A", "A.", place, short, width=200), Column("B", "B.", place, long, width=200), sentence, *columns(1)]
    )
    needed = table.fontMetrics().horizontalAdvance("walk")
    assert needed < table.columnWidth(0) < needed + 6 * theme.GRID
    assert table.columnWidth(1) == 200
    assert table.columnWidth(2) == 300
    table.set_columns([Column("A heading that is longer than the names", "A.", place, short, width=400), *columns(1)])
    assert table.columnWidth(0) >= table.horizontalHeader().sectionSizeHint(0)


def test_no_name_of_a_study_is_cut_where_its_column_may_be_wide_enough(qtbot, context):
    networks = (Network(architecture="baseline_cnn", temporal="3-d convolution", modality="video"),)
    make_study(context.workspace, synthetic_clips(3), networks=networks, folds=(1,))
    data = read_study_records(context.workspace, "fabricated-test-data", Control(), lambda progress: None)
    table = ClipTable()
    qtbot.addWidget(table)
    table.set_columns(clip_columns(data, no_picture, 0))
    table.show_clips(np.arange(5))
    for column, made in enumerate(table.clips.columns):
        if made.fits and table.columnWidth(column) < made.width:
            assert table.columnWidth(column) >= table.sizeHintForColumn(column), made.title


def test_several_rows_are_marked_and_one_of_them_is_open(qtbot, table):
    table.show_clips(np.arange(len(table.clips.rows)))
    rows = table.clips.rows
    assert not len(table.marked) and table.current == rows[0]
    first, third = (table.visualRect(table.clips.index(row, 0)).center() for row in (0, 2))
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=first)
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier, third)
    assert table.marked.tolist() == rows[:3].tolist() and table.current == rows[2]
    marked = set(table.marked.tolist())
    order = table.horizontalHeader().sortIndicatorOrder()
    back = Qt.SortOrder.AscendingOrder if order == Qt.SortOrder.DescendingOrder else Qt.SortOrder.DescendingOrder
    table.sortByColumn(table.horizontalHeader().sortIndicatorSection(), back)
    assert set(table.marked.tolist()) == marked and table.current == rows[2]
    qtbot.keyClick(table, Qt.Key.Key_Up, Qt.KeyboardModifier.ControlModifier)
    assert not len(table.marked) and table.selectionModel().isRowSelected(table.currentIndex().row())
