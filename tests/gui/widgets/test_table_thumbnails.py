"""Thumbnails in the clip table: only of rows in view, kept, and gone when they are switched off."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile

from core.analysis.study_records import read_study_records
from core.control import Control
from core.run_spec import DatasetChoice, Network
from gui.clip_source import ClipSource
from gui.widgets import thumbnails as module
from gui.widgets.clip_columns import clip_columns
from gui.widgets.clip_table import ROW, TALL, ClipTable
from gui.widgets.thumbnails import Thumbnails
from tests.gui.make_runs import make_study, synthetic_clips

PICTURE = 0  # its column


@pytest.fixture
def table(qtbot, qapp, context, tmp_path):
    """Of 64 short sounds, three or four of which are in view; one of them is torn."""
    clips = synthetic_clips(4, per_class=16, folds=1)
    for place, clip_id in enumerate(clips.ids):
        path = tmp_path / "clips" / clip_id
        path.parent.mkdir(parents=True, exist_ok=True)
        noise = np.random.default_rng(place).normal(0, 0.1, 1600)
        soundfile.write(path, noise, 8000)
    (tmp_path / "clips" / clips.ids[1]).write_bytes(b"torn")
    choice = DatasetChoice(name="labelled-folder", root=str(tmp_path / "clips"))
    make_study(context.workspace, clips, dataset=choice, networks=(Network(),), folds=(1,))
    data = read_study_records(context.workspace, "fabricated-test-data", Control(), lambda progress: None)
    made = ClipTable()
    qtbot.addWidget(made)
    source = ClipSource(context, made)
    made.thumbnails = Thumbnails(context.jobs, source, made)
    made.thumbnails.set_data(data)
    made.set_columns(clip_columns(data, made.thumbnails.picture, made.thumbnails.width))
    made.sortByColumn(PICTURE, made.horizontalHeader().sortIndicatorOrder().AscendingOrder)
    made.show_clips(np.arange(64))
    made.resize(600, 180)
    made.show()
    source.open(choice)
    qtbot.waitUntil(lambda: source.dataset is not None, timeout=30_000)
    yield made
    made.thumbnails.close()


def pictured(table) -> list[int]:
    """Rows that have a picture, if only an empty one."""
    return [row for row, record in enumerate(table.clips.rows) if table.thumbnails.picture(int(record)) is not None]


def test_off_there_is_no_column_and_nothing_is_made(qtbot, context, table):
    assert table.isColumnHidden(PICTURE) and table.rowHeight(0) == ROW
    qtbot.waitUntil(lambda: not context.jobs.busy)
    assert not pictured(table)


def test_pictures_are_made_of_the_rows_in_view_and_of_no_others(qtbot, context, table):
    table.thumbnails.show(True)
    assert not table.isColumnHidden(PICTURE) and table.rowHeight(0) == TALL
    assert table.columnWidth(PICTURE) > table.thumbnails.width
    seen = list(range(len(table.in_view())))
    assert 2 <= len(seen) < 10
    qtbot.waitUntil(lambda: pictured(table) == seen, timeout=30_000)  # the first imports libraries
    shown = table.thumbnails.picture(int(table.clips.rows[0]))
    assert (shown.width(), shown.height()) == (table.thumbnails.width, TALL - 4)
    assert table.thumbnails.picture(int(table.clips.rows[1])).isNull(), "the torn one is not tried again and again"
    rect = table.visualRect(table.clips.index(0, PICTURE))
    colours = table.viewport().grab(rect).toImage()
    assert len({colours.pixelColor(x, 20).name() for x in range(10, 60)}) > 10
    table.scrollToBottom()
    last = list(range(64 - len(table.in_view()), 64))
    qtbot.waitUntil(lambda: pictured(table) == seen + last, timeout=30_000)


def test_rows_scrolled_past_are_not_made_and_the_oldest_make_room(qtbot, context, table, monkeypatch):
    monkeypatch.setattr(module, "KEPT", 6)
    table.thumbnails.show(True)
    for row in (10, 20, 30, 40):
        table.verticalScrollBar().setValue(row)
    seen = {int(record) for record in table.in_view()}
    qtbot.waitUntil(lambda: seen <= set(table.clips.rows[pictured(table)]), timeout=30_000)
    assert set(table.clips.rows[pictured(table)]) == seen
    table.scrollToBottom()
    qtbot.waitUntil(lambda: 63 in pictured(table), timeout=30_000)
    qtbot.waitUntil(lambda: not context.jobs.busy)
    assert len(pictured(table)) == 6


def test_switched_off_what_was_begun_is_not_wanted_any_more(qtbot, context, table):
    table.thumbnails.show(True)
    table.thumbnails.show(False)
    qtbot.waitUntil(lambda: not context.jobs.busy)
    assert not table.thumbnails._resting.isActive() and not pictured(table)


def test_the_model_answers_at_once_whatever_is_in_view(table):
    table.thumbnails.show(True)
    model = table.clips
    assert [model.data(model.index(row, PICTURE)) for row in range(64)] == [""] * 64
    assert not pictured(table), "asking a model makes nothing"


def test_the_row_that_is_current_stays_in_view_when_rows_grow(table):
    table.make_current(30)
    table.thumbnails.show(True)
    assert table.viewport().rect().intersects(table.visualRect(table.currentIndex()))
    assert 30 in table.in_view().tolist()
