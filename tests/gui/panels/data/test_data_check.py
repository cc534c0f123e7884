"""The Data panel's check on real files: what is left out, what leaks, what is kept of it."""

from __future__ import annotations

import csv
import html
import shutil

import numpy as np
import soundfile
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QStyleOptionViewItem

from core.chosen import open_chosen
from core.run_spec import DatasetChoice
from core.study import Study
from gui.panels import data
from gui.panels.data import DataPanel
from gui.panels.data_content import BALANCE, CHECK, CLIPS
from tests.gui.panels.data.steps import RATE, checked, click, column, endless, opened, row_of


def test_the_check_leaves_out_what_cannot_be_used_and_excludes_duplicates(qtbot, panel, context, folder):
    opened(qtbot, panel, folder)
    checked(qtbot, panel, panel.content.check_button)
    page = panel.content.check
    assert panel.content.tabs.currentIndex() == CHECK
    fate = dict(zip(column(page.problems, "File"), column(page.problems, "Clip is"), strict=True))
    assert fate == {"rain/silent.wav": "left out", "rain/text.wav": "left out"}
    assert len(context.dataset.clips) == 13
    assert column(page.leaks, "They share") == ["same file"]

    checked(qtbot, panel, page.exclude)
    assert len(context.dataset.clips) == 12 and len(context.dataset_choice.exclude) == 1
    assert not panel.checked.leaks and page.exclude.isHidden() and page.leak_summary.text().startswith("No recording")

    checked(qtbot, panel, page.include)
    assert len(context.dataset.clips) == 13 and context.dataset_choice.exclude == ()


def test_what_was_left_out_stays_so_when_another_dataset_was_looked_at(qtbot, panel, context, folder, tmp_path):
    opened(qtbot, panel, folder)
    checked(qtbot, panel, panel.content.check_button)
    checked(qtbot, panel, panel.content.check.exclude)
    gone = context.dataset_choice.exclude
    shutil.copytree(folder, tmp_path / "other")
    panel.open_folder(tmp_path / "other")
    qtbot.waitUntil(lambda: panel.content.title.text() == "other", timeout=20_000)
    assert context.dataset_choice.exclude == (), "it is of another folder"
    panel.open_folder(folder)
    qtbot.waitUntil(lambda: panel.content.title.text() == "mine", timeout=20_000)
    assert len(gone) == 1 and context.dataset_choice.exclude == gone
    panel.select("labelled-folder")  # its card: the folder opened last
    qtbot.waitUntil(lambda: panel.checked is not None, timeout=20_000)
    assert context.dataset_choice.exclude == gone
    checked(qtbot, panel, panel.content.check.include)
    panel.select("labelled-folder")
    qtbot.waitUntil(lambda: panel.checked is not None, timeout=20_000)
    assert context.dataset_choice.exclude == (), "taken back is taken back"


def test_leaks_are_sought_in_the_folds_that_train_would_make(qtbot, panel, context, folder):
    names = [f"{label}/{take}.wav" for label in ("rain", "siren", "wind") for take in range(4)]
    with (folder / "labels.csv").open("w", newline="") as file:
        csv.writer(file).writerows(
            [("path", "label", "group"), *((name, name.split("/")[0], name.split("/")[1]) for name in names)]
        )
    in_train = DatasetChoice(name="labelled-folder", root=str(folder))
    folds = {
        clip.id: clip.fold for clip in open_chosen(in_train.model_copy(update={"folds": 2}), context.workspace).clips
    }
    twin = next(name for name in names[1:4] if folds[name] == folds[names[0]])
    shutil.copy(folder / names[0], folder / twin)  # of another group in the same of two folds
    context.study = Study(dataset=in_train.model_copy(update={"folds": 2}))
    opened(qtbot, panel, folder)
    assert panel.content.facts.text().startswith("3 classes · 12 clips · 4 groups · 4 folds, made here")
    checked(qtbot, panel, panel.content.check_button)
    assert panel.checked.leaks == () and context.dataset.folds == (1, 2)
    said = panel.content.check.leak_summary.text()
    assert said.endswith("The folds are those that the study in Train makes; no file was changed.")
    context.study = Study(dataset=in_train.model_copy(update={"folds": 0}))  # edited in Train
    panel.activate()
    qtbot.waitUntil(lambda: panel.checked.leaks != (), timeout=20_000)
    (leak,) = panel.checked.leaks
    assert (leak.kind, {leak.first, leak.second}) == ("same file", {names[0], twin})
    assert context.dataset.folds == (1, 2, 3, 4) and "4 folds, made here" in panel.content.facts.text()
    assert "The folds are those" in panel.content.check.leak_summary.text()
    found = panel.checked
    panel.activate()
    assert panel._job is None and panel.checked is found, "nothing is new"


def test_the_check_says_which_preset_made_its_folds(qtbot, panel, folder):
    """That of the folder's name leaves out each of six groups; opened, there are five folds at most."""
    with (folder / "labels.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(("path", "label", "group"))
        for name in ("rain", "siren", "wind"):
            for take in range(6):
                noise = np.random.default_rng([take, ord(name[0])]).normal(size=RATE // 2)
                soundfile.write(folder / name / f"{take}.wav", 0.1 * noise, RATE)
                table.writerow((f"{name}/{take}.wav", name, f"person {take}"))
    opened(qtbot, panel, folder.rename(folder.with_name("weizmann")))
    assert "6 groups · 5 folds" in panel.content.facts.text()
    checked(qtbot, panel, panel.content.check_button)
    assert "6 groups · 6 folds" in panel.content.facts.text()
    assert panel.content.check.leak_summary.text().endswith(
        "The folds are those that the preset “weizmann” makes, which Train takes for a folder of this name; "
        "no file was changed."
    )


def test_a_reason_is_shown_from_its_beginning_and_read_whole_in_its_tooltip(qtbot, panel, folder):
    opened(qtbot, panel, folder)
    checked(qtbot, panel, panel.content.check_button)
    problems = panel.content.check.problems
    row, place = row_of(problems, "File", "rain/text.wav"), [c.title for c in problems.clips.columns].index("Reason")
    index = problems.clips.index(row, place)
    (whole,) = (p.sentence for p in panel.checked.report.problems if p.clip_id == "rain/text.wav")
    assert whole == f"{folder / 'rain' / 'text.wav'} {index.data()}"
    assert whole in html.unescape(index.data(Qt.ItemDataRole.ToolTipRole))
    for number, mode in ((0, Qt.TextElideMode.ElideMiddle), (place, Qt.TextElideMode.ElideRight)):
        option = QStyleOptionViewItem()
        problems.initViewItemOption(option)
        problems.itemDelegate().initStyleOption(option, problems.clips.index(row, number))
        assert option.textElideMode == mode


def test_a_problem_that_is_clicked_shows_its_clip_whatever_the_filters(qtbot, panel, folder):
    generator = np.random.default_rng(1)
    for name in ("rain/clipped.wav", "wind/clipped.wav"):  # odd, but used
        loud = np.clip(3.0 * generator.normal(size=RATE // 2), -1, 1)
        soundfile.write(folder / name, loud, RATE)
    with (folder / "labels.csv").open("a", newline="") as file:
        csv.writer(file).writerows([("rain/clipped.wav", "rain", 1), ("wind/clipped.wav", "wind", 2)])
    opened(qtbot, panel, folder)
    checked(qtbot, panel, panel.content.check_button)
    content, browser, problems = panel.content, panel.content.browser, panel.content.check.problems
    browser.search.setText("siren")
    browser.classes.setCurrentText("siren")
    click(qtbot, problems, row_of(problems, "File", "rain/clipped.wav"))
    assert content.tabs.currentIndex() == CLIPS and browser.current.id == "rain/clipped.wav"
    assert browser.search.text() == "" and len(browser.table.clips.rows) == len(content.dataset.clips)
    content.tabs.setCurrentIndex(CHECK)
    click(qtbot, problems, row_of(problems, "File", "rain/clipped.wav"))
    assert content.tabs.currentIndex() == CLIPS, "the same once more"
    content.tabs.setCurrentIndex(CHECK)
    problems.selectRow(row_of(problems, "File", "rain/clipped.wav"))
    problems.setFocus()
    qtbot.keyClick(problems, Qt.Key.Key_Up)
    qtbot.keyClick(problems, Qt.Key.Key_Down)
    assert content.tabs.currentIndex() == CHECK, "arrows only move"
    problems.selectRow(row_of(problems, "File", "wind/clipped.wav"))
    qtbot.keyClick(problems, Qt.Key.Key_Return)
    assert content.tabs.currentIndex() == CLIPS and browser.current.id == "wind/clipped.wav"
    content.tabs.setCurrentIndex(CHECK)
    click(qtbot, problems, row_of(problems, "File", "rain/silent.wav"))
    assert content.tabs.currentIndex() == CHECK, "what is left out is not among the clips"


def test_a_leak_is_said_in_the_words_of_its_kind(qtbot, panel, folder):
    rows = [(f"{name}/{take}.wav", name, take % 2 + 1) for name in ("rain", "siren", "wind") for take in range(4)]
    with (folder / "labels.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(("path", "label", "fold", "group"))
        table.writerows((path, label, fold, f"{label} {int(path[-5]) // 2}") for path, label, fold in rows[:8])
        table.writerows((*row, row[0]) for row in rows[8:])
    opened(qtbot, panel, folder)
    checked(qtbot, panel, panel.content.check_button)
    page = panel.content.check
    assert set(column(page.leaks, "They share")) == {"group"}
    assert page.leak_summary.text() == ("4 clips would leak from training to test: the same group stands in two folds.")
    shutil.copy(folder / "wind" / "0.wav", folder / "wind" / "1.wav")
    checked(qtbot, panel, panel.content.check_button)
    assert page.leak_summary.text() == (
        "5 clips would leak from training to test: the same recording or group stands in two folds."
    )


def test_a_check_that_finds_nothing_says_so(qtbot, panel, folder):
    for name in ("rain/silent.wav", "rain/text.wav", "wind/copy.wav"):
        (folder / name).unlink()
    (folder / "labels.csv").unlink()
    opened(qtbot, panel, folder)
    checked(qtbot, panel, panel.content.check_button)
    page = panel.content.check
    assert panel.content.tabs.tabText(CHECK) == "Check"
    assert not len(page.problems.clips.rows) and page.leak_summary.text().startswith("No recording")
    assert page.leak_summary.text().endswith("from training to test."), "the folds are those it was opened with"


def test_a_cancelled_check_changes_nothing(qtbot, panel, context, folder, monkeypatch):
    opened(qtbot, panel, folder)
    before = context.dataset

    monkeypatch.setattr(data, "check_recordings", endless)
    panel.check()
    assert panel.content.progress.isVisible() and not panel.content.check_button.isEnabled()
    panel.content.progress.cancel.click()
    assert panel.content.progress.isHidden() and panel.content.check_button.isEnabled()
    assert context.dataset is before


def test_what_was_found_is_known_at_the_next_start(qtbot, panel, context, folder):
    opened(qtbot, panel, folder)
    qtbot.waitUntil(lambda: panel._job is None)
    assert panel.checked is None, "nothing was decoded yet"
    checked(qtbot, panel, panel.content.check_button)
    title = panel.content.tabs.tabText(CHECK)
    panel.content.tabs.setCurrentIndex(BALANCE)
    panel.save_state()
    again = DataPanel(context)
    qtbot.addWidget(again)
    again.open_folder(folder)
    qtbot.waitUntil(lambda: again.checked is not None, timeout=20_000)
    assert again.checked.report == panel.checked.report
    assert again.content.tabs.tabText(CHECK) == title != "Check"
    assert again.content.tabs.currentIndex() != CHECK, "nobody asked for it"
    again.close_panel()
