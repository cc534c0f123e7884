"""Export in the Errors panel: what stands in the table is written in the background, asked about where it is much."""

from __future__ import annotations

import re
import threading
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QMessageBox

from core.analysis.evidence import Method
from core.control import Control
from core.run_spec import DatasetChoice
from gui.panels import errors_export
from gui.panels.errors_why import Why
from gui.widgets.error_filters import Which
from tests.gui.make_runs import NETWORKS, ClipList, make_study, synthetic_clips
from tests.gui.panels.errors.steps import NOWHERE, choose, shown


@pytest.fixture
def panel(opened, context, tmp_path):
    """Of two networks without weights, on noises that are there."""
    ids = []
    for name in ("dog", "rain"):
        (tmp_path / "clips" / name).mkdir(parents=True)
        for i in range(4):
            soundfile.write(tmp_path / "clips" / name / f"{i}.wav", np.random.default_rng(i).normal(0, 0.1, 4000), 8000)
            ids.append(f"{name}/{i}.wav")
    lines = [f"{name},{name.partition('/')[0]},{1 + place % 2}" for place, name in enumerate(ids)]
    (tmp_path / "clips" / "labels.csv").write_text("\n".join(["path,label,fold", *lines]))  # no folds are to be made
    choice = DatasetChoice(name="labelled-folder", root=str(tmp_path / "clips"))
    make_study(
        context.workspace, ClipList(("dog", "rain"), tuple(ids), (0,) * 4 + (1,) * 4, (1,) * 8), dataset=choice,
        networks=NETWORKS[:2], folds=(1,),
    )  # fmt: skip
    return opened()


@pytest.fixture
def said(context):
    found: list[tuple[str, str]] = []
    context.message.connect(lambda text, level: found.append((text, level)))
    return found


@pytest.fixture
def place(monkeypatch):
    """Answer the dialog with a path; what it was titled stands in the list."""
    titles: list[str] = []

    def answer(path: Path | str) -> list[str]:
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *a, **k: titles.append(a[1]) or (str(path), ""))
        return titles

    return answer


def test_the_page_holds_the_clips_of_the_table_in_its_order(qtbot, panel, said, place, tmp_path, context):
    choose(panel, Which.ERRORS)
    panel.filters.search.setText("rain")
    panel.filters.changed.emit()
    records = panel.data.records
    ids = list(dict.fromkeys(str(records.clip_ids[records.clip[row]]) for row in shown(panel)))
    assert ids
    titles = place(tmp_path / "home")
    panel.export.page.trigger()
    assert not panel.export.button.isEnabled()
    qtbot.waitUntil(lambda: bool(said), timeout=60_000)
    ((text, level),) = said
    target = tmp_path / "home.html"
    assert str(target) in text and level == "warning" and "without a map" in text
    assert f"{len(ids)} clip" in titles[0] and "about" in titles[0]
    content = target.read_text(encoding="utf-8")
    places = [content.index(f'aria-label="Play {name}"') for name in ids]
    assert places == sorted(places) and content.count("<article") == len(ids)
    assert "Only errors" in content and "with “rain” in name or class" in content
    assert panel.export.button.isEnabled() and not panel.export.progress.isVisible()
    assert context.settings.value(errors_export.PLACE) == str(tmp_path)


def test_of_several_that_are_marked_only_those_are_taken_with_the_map_that_was_chosen(
    qtbot, panel, said, place, tmp_path
):
    place(tmp_path / "two")
    why = next(page for page in panel.pages if isinstance(page, Why))
    why.method.setCurrentIndex(why.method.findData(Method.GRAD_CAM))
    panel.table.setFocus()
    qtbot.keyClick(panel.table, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    two = {panel.data.name_of(record)[1] for record in panel.table.marked}
    panel.export.page.trigger()
    qtbot.waitUntil(lambda: bool(said), timeout=60_000)
    content = (tmp_path / "two.html").read_text(encoding="utf-8")
    ids = [line.split(" · ")[0] for line in re.findall('<p class="facts">(.*?)</p>', content) if " · fold" in line]
    assert set(ids) == two and len(two) < 8
    assert "2 rows marked" in content and "Grad-CAM: the brighter" in content


def test_a_folder_is_not_written_over_and_the_sentence_says_so(qtbot, panel, said, place, tmp_path):
    place(tmp_path / "clips")
    panel.export.folder.trigger()
    qtbot.waitUntil(lambda: bool(said), timeout=60_000)
    ((text, level),) = said
    assert "already something called" in text and level == "error"
    assert panel.export.button.isEnabled()


def test_a_click_on_cancel_leaves_nothing(qtbot, panel, said, place, tmp_path, monkeypatch):
    begun, ended = threading.Event(), threading.Event()

    def slow(exported, workspace, path, control: Control, report):
        begun.set()
        try:
            while True:
                control.checkpoint()
        finally:
            ended.set()

    monkeypatch.setattr(errors_export, "export_folder", slow)
    place(tmp_path / "home")
    panel.export.folder.trigger()
    qtbot.waitUntil(begun.is_set, timeout=60_000)
    assert panel.export.progress.isVisible()
    panel.export.progress.cancel.click()
    qtbot.waitUntil(ended.is_set)
    assert not panel.export.progress.isVisible() and panel.export.button.isEnabled() and not said


@pytest.mark.parametrize(("limit", "value"), [("MANY", 3), ("LARGE", 1000)])
@pytest.mark.parametrize("agreed", [True, False])
def test_much_is_asked_about_first(qtbot, panel, place, tmp_path, monkeypatch, limit, value, agreed):
    monkeypatch.setattr(errors_export, limit, value)
    asked, buttons = [], QMessageBox.StandardButton
    monkeypatch.setattr(
        QMessageBox, "question", lambda *a: asked.append(a[2]) or (buttons.Yes if agreed else buttons.No)
    )
    titles = place("")  # and then thought better of
    panel.export.page.trigger()
    qtbot.waitUntil(lambda: bool(asked), timeout=60_000)
    assert "8 clips" in asked[0]
    qtbot.waitUntil(panel.export.button.isEnabled)
    assert len(titles) == agreed


def test_without_the_clips_there_is_nothing_to_export(opened, context):
    make_study(context.workspace, synthetic_clips(4, per_class=8), dataset=NOWHERE)
    assert not opened().export.button.isEnabled()


def test_an_empty_table_has_nothing_to_export_and_presentation_hides_the_button(panel):
    assert panel.export.isVisible() and panel.export.button.isEnabled()
    panel.filters.search.setText("no such clip")
    panel.filters.changed.emit()
    assert not panel.export.button.isEnabled()
    panel.present(True)
    assert not panel.export.isVisible()
    panel.present(False)
    assert panel.export.isVisible()


def test_it_is_said_in_words_how_the_clips_were_chosen(panel):
    names = [network.name for network in panel.data.networks]
    classes = panel.data.records.classes

    def words(cells=(), by_selector=""):
        return errors_export.how_chosen(panel.filters, by_selector or errors_export.cells_in_words(cells, classes))

    assert words() == "All clips"
    assert words([(0, 1)]) == "All clips · dog taken for rain"
    assert words([(0, 1)], "3 clips lassoed") == "All clips · 3 clips lassoed"
    assert words([(0, 0), (0, 1), (1, 0), (1, 1)]) == "All clips · 4 cells of the matrix"
    panel.filters.network.setCurrentIndex(1)
    assert words() == f"All clips · network {names[0]}"
    choose(panel, Which.A_NOT_B)
    assert words().startswith(f"A right, B wrong · A is {names[0]} · B is {names[1]}")
