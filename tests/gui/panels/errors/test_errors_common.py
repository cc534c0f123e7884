"""The page In common of the Errors panel: measured once, compared anew, sub-groups chosen."""

from __future__ import annotations

import threading

import numpy as np
import pytest
import soundfile
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QPushButton

from core.analysis.clip_properties import ClipProperties, read_clip_properties
from core.control import Control
from core.datasets.base import Clip, Dataset, Modality
from core.run_spec import Network
from gui import theme
from gui.panels.errors_common import OF_TABLE, InCommon
from gui.widgets.contrast_list import EFFECT, NAME, ONE
from gui.widgets.error_filters import Which
from tests.gui.make_runs import make_study, synthetic_clips
from tests.gui.panels.errors.steps import NOWHERE, choose, shown

CLIPS = synthetic_clips(4, per_class=24)


@pytest.fixture
def opened_page(qtbot, opened, context, tmp_path):
    """Clips, of which those that the fabricated runs got wrong are quiet; the page, brought to the front."""

    def open_page(missing: int = 0) -> tuple[object, InCommon]:
        runs = make_study(context.workspace, CLIPS, dataset=NOWHERE, networks=(Network(),))
        wrong = {
            name
            for run in runs
            for name, correct in zip(run.predictions().clip_ids.tolist(), run.predictions().correct, strict=True)
            if not correct
        }
        random, clips = np.random.default_rng(0), []
        for number, (name, label, fold) in enumerate(zip(CLIPS.ids, CLIPS.labels, CLIPS.folds, strict=True)):
            path = tmp_path / name
            path.parent.mkdir(exist_ok=True)
            level = 0.01 if name in wrong else 0.2
            if number >= missing:
                soundfile.write(path, random.normal(0, level * random.uniform(0.5, 2), 2000), 8000)
            clips.append(Clip(name, path, label, fold, f"{number // 2}"))
        sounds = frozenset({Modality.AUDIO})
        context.set_dataset(NOWHERE, Dataset("labelled-folder", "", tmp_path, CLIPS.classes, tuple(clips), "", sounds))
        panel = opened()
        page = next(part for part in panel.selectors if isinstance(part, InCommon))
        panel.ways.setCurrentWidget(page)
        return panel, page

    return open_page


def row(page: InCommon, name: str):
    return next(
        item
        for place in range(page.list.topLevelItemCount())
        if (item := page.list.topLevelItem(place)).text(NAME) == name
    )


def test_it_says_what_errors_have_in_common_and_shows_it(qtbot, opened_page):
    _, page = opened_page()
    qtbot.waitUntil(lambda: page.comparison is not None, timeout=30_000)
    assert page.said.text() == page.comparison.sentence()
    assert page.said.text().startswith("Errors are quieter than successes (median −37.9 against −11.8 dBFS; AUC 0.00, ")
    assert page.list.chosen == "Loudness" == page.comparison.contrasts[0].measured.name
    assert [page.list.headerItem().text(column) for column in (ONE, ONE + 1)] == ["Errors", "Successes"]
    assert row(page, "Loudness").font(NAME).bold()
    assert row(page, "Length of sound").text(ONE) == "0.25"
    assert "errors (" in page.plot.key.text() and theme.ERROR.name() in page.plot.key.text()
    page.list.setCurrentItem(row(page, "Class"))
    assert page.plot.key.text().startswith("Class: share of errors")
    page.list.setCurrentItem(row(page, "Length of sound"))
    assert "Length of sound" in page.plot.plot.getAxis("bottom").labelText


def test_the_effect_is_painted_where_its_value_lies(qtbot, opened_page):
    _, page = opened_page()
    qtbot.waitUntil(lambda: page.comparison is not None, timeout=30_000)
    page.list.setCurrentItem(row(page, "Silence"))
    place = page.list.visualItemRect(row(page, "Loudness"))
    left = page.list.columnViewportPosition(EFFECT)
    width = page.list.columnWidth(EFFECT)
    image: QImage = page.list.viewport().grab().toImage()
    above = place.bottom() - 6  # the track: only the mark reaches there
    line = [image.pixelColor(x, above).lightness() for x in range(left, left + width)]
    value = page.comparison.contrasts[0].auc.value
    assert abs((int(np.argmin(line)) - theme.GRID) / (width - 2 * theme.GRID) - value) < 0.1


def test_what_stands_in_the_table_is_compared_with_the_rest_and_never_in_the_colour_of_errors(qtbot, opened_page):
    panel, page = opened_page()
    qtbot.waitUntil(lambda: page.comparison is not None, timeout=30_000)
    page.way.setCurrentIndex(page.way.findData(OF_TABLE))
    page.way.activated.emit(page.way.currentIndex())
    qtbot.waitUntil(lambda: page.comparison is None)
    assert page.said.text().startswith("All clips stand in the table: choose a cell")
    panel.matrix.matrix.select(frozenset({(0, 0)}))
    qtbot.waitUntil(lambda: page.comparison is not None)
    compared = page.comparison.compared
    assert compared.rows[compared.chosen].tolist() == sorted(shown(panel).tolist())
    assert "selected clips (" in page.plot.key.text() and theme.ERROR.name() not in page.plot.key.text()
    before = page.comparison
    panel.matrix.matrix.select(frozenset({(1, 1)}))
    qtbot.waitUntil(lambda: page.comparison is not before)
    compared = page.comparison.compared
    assert set(panel.data.records.true[compared.rows[compared.chosen]]) == {1}


def test_where_only_errors_are_let_through_they_stand_beside_the_successes_of_their_runs(qtbot, opened_page):
    panel, page = opened_page()
    qtbot.waitUntil(lambda: page.comparison is not None, timeout=30_000)
    before = page.comparison
    choose(panel, Which.ERRORS)
    qtbot.waitUntil(lambda: page.comparison is not before)
    assert len(page.comparison.compared.rows) == len(panel.data.records)
    assert page.said.text() == before.sentence()


def test_a_sub_group_that_is_clicked_stands_in_the_table_until_others_are_chosen(qtbot, opened_page):
    panel, page = opened_page()
    page.tabs.setCurrentIndex(1)
    qtbot.waitUntil(lambda: page.groups is not None and page.table.topLevelItemCount() > 0, timeout=30_000)
    assert page.worst.text() == page.groups.sentence()
    page.table.setCurrentItem(page.table.topLevelItem(0))
    group = page.groups.found[0]
    records = panel.data.records
    assert sorted(shown(panel)) == np.flatnonzero(group.clips[records.clip]).tolist()
    assert panel.chosen_words == f"Sub-group: {group.words} ({group.errors.of} clips)"
    assert page.table.selectedItems()
    panel.leave.click()
    assert not page.table.selectedItems()
    assert len(shown(panel)) == len(records)


def test_clips_are_measured_once_for_all_rows_and_not_before_the_page_is_seen(qtbot, opened_page, monkeypatch):
    asked = []

    def counted_reading(*given) -> ClipProperties:
        asked.append(given)
        return read_clip_properties(*given)

    monkeypatch.setattr("gui.panels.errors_common.read_clip_properties", counted_reading)
    panel, page = opened_page()
    qtbot.waitUntil(lambda: page.comparison is not None, timeout=30_000)
    panel.ways.setCurrentIndex(0)
    before = page.comparison
    choose(panel, Which.ERRORS)
    assert not page._soon.isActive()
    panel.ways.setCurrentWidget(page)
    qtbot.waitUntil(lambda: page.comparison is not before)
    assert len(asked) == 1


def test_measuring_can_be_cancelled_and_begun_again(qtbot, opened_page, monkeypatch):
    waiting = threading.Event()

    def slow(data, dataset, workspace, control: Control, report) -> ClipProperties:
        waiting.set()
        while True:
            control.checkpoint()

    monkeypatch.setattr("gui.panels.errors_common.read_clip_properties", slow)
    panel, page = opened_page()
    assert waiting.wait(10)
    assert page.progress.isVisible()
    page.progress.cancel.click()
    assert page.unmeasured.isVisible()
    choose(panel, Which.ERRORS)  # does not begin it
    assert page.unmeasured.isVisible()
    monkeypatch.setattr("gui.panels.errors_common.read_clip_properties", read_clip_properties)
    page.unmeasured.findChildren(QPushButton)[0].click()
    qtbot.waitUntil(lambda: page.comparison is not None, timeout=30_000)


def test_clips_that_cannot_be_measured_are_counted(qtbot, opened_page):
    _, page = opened_page(missing=3)
    qtbot.waitUntil(lambda: page.comparison is not None, timeout=30_000)
    assert page.together.text().endswith("3 clips could not be measured.")


def test_where_the_clips_are_gone_and_without_runs_a_sentence_says_so(qtbot, opened, context):
    make_study(context.workspace, CLIPS, dataset=NOWHERE)
    panel = opened()
    page = next(part for part in panel.selectors if isinstance(part, InCommon))
    panel.ways.setCurrentWidget(page)
    assert "/nowhere" in page.empty.sentence.text() and page.empty.isVisible()
    panel.forget_results()
    assert page.empty.sentence.text().startswith("What errors have in common")
