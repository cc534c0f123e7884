"""The Data panel on real files: open, check, leave out, browse, preview, download."""

from __future__ import annotations

import csv
import os
import shutil
import threading
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QPushButton

from core.chosen import open_chosen
from core.datasets import DATASETS, download
from core.errors import UserError
from core.events import Progress
from core.run_spec import DatasetChoice
from core.study import Study
from gui.panels import data
from gui.panels.data import DataPanel
from gui.panels.data_content import AUGMENTATION, BALANCE, CHECK, CLIPS
from gui.widgets.sound_augmentation import KINDS, MASKS

ROOT = Path(__file__).parents[3]
ESC10 = Path(os.environ.get("SENSORIUM_TEST_DATA", ROOT.parent / "shared" / "data")) / "esc10"
RATE = 22050


@pytest.fixture
def folder(tmp_path):
    """Three classes of four clips; one silent, one no sound, and one sound twice, as labels.csv says in two folds."""
    root = tmp_path / "mine"
    generator = np.random.default_rng(0)
    rows = []
    for name in ("rain", "siren", "wind"):
        (root / name).mkdir(parents=True)
        for take in range(4):
            soundfile.write(root / name / f"{take}.wav", 0.1 * generator.normal(size=RATE // 2), RATE)
            rows.append((f"{name}/{take}.wav", name, take % 2 + 1))
    soundfile.write(root / "rain" / "silent.wav", np.zeros(RATE // 2), RATE)
    (root / "rain" / "text.wav").write_text("no sound at all")
    shutil.copy(root / "wind" / "0.wav", root / "wind" / "copy.wav")
    rows += [("rain/silent.wav", "rain", 1), ("rain/text.wav", "rain", 2), ("wind/copy.wav", "wind", 2)]
    with (root / "labels.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("path", "label", "fold"), *rows])
    return root


@pytest.fixture
def panel(qtbot, context):
    made = DataPanel(context)
    qtbot.addWidget(made)
    made.resize(1180, 740)
    made.show()
    made.activate()
    yield made
    made.close_panel()


def opened(qtbot, panel, root):
    panel.open_folder(root)
    qtbot.waitUntil(lambda: panel.pages.currentWidget() is panel.content, timeout=20_000)


def checked(qtbot, panel, button):
    """Press a button that has the recordings checked, and wait."""
    before = panel.checked
    button.click()
    qtbot.waitUntil(lambda: panel.checked not in (None, before), timeout=20_000)


def column(table, title):
    names = [one.title for one in table.clips.columns]
    return [table.clips.index(row, names.index(title)).data() for row in range(len(table.clips.rows))]


def endless(*arguments):
    """Work that goes on until it is cancelled."""
    control = arguments[-2]
    while True:
        control.checkpoint()


def test_a_new_workspace_is_welcomed_with_one_button(panel, context):
    assert panel.pages.currentWidget() is panel.welcome
    assert set(panel.chooser.cards) == set(DATASETS)
    assert context.dataset is None


def test_a_folder_is_opened_browsed_and_handed_to_train(qtbot, panel, context, folder):
    opened(qtbot, panel, folder)
    assert context.dataset is not None and context.dataset.classes == ("rain", "siren", "wind")
    assert context.dataset_choice.root == str(folder)
    assert "3 classes · 15 clips" in panel.content.facts.text()
    table = panel.content.browser.table
    qtbot.waitUntil(lambda: "Length s" in [one.title for one in table.clips.columns], timeout=5000)
    assert set(column(table, "Rate Hz")) == {"22050", "–"} and "0.50" in column(table, "Length s")
    panel.content.browser.search.setText("SIREN/2")
    assert len(column(table, "Clip")) == 15, "somebody is typing"
    qtbot.waitUntil(lambda: column(table, "Clip") == ["siren/2.wav"], timeout=2000)
    panel.content.browser.search.clear()
    qtbot.waitUntil(lambda: len(column(table, "Clip")) == 15, timeout=2000)
    panel.content.browser.classes.setCurrentText("wind")
    assert len(column(table, "Clip")) == 5
    assert panel.content.browser.count.text() == "5 of 15 clips"
    with qtbot.waitSignal(context.panel_wanted) as wanted:
        panel.content.train_button.click()
    assert wanted.args == ["train"]


def test_keys_go_from_clip_to_clip(qtbot, panel, folder):
    opened(qtbot, panel, folder)
    browser = panel.content.browser
    first = browser.current
    qtbot.keyClick(browser.table, Qt.Key.Key_Right)
    assert browser.current != first
    qtbot.keyClick(browser.table, Qt.Key.Key_Left)
    assert browser.current == first
    with qtbot.waitSignal(browser.clip_view.shown, timeout=20_000):
        qtbot.keyClick(browser.table, Qt.Key.Key_Down)


def test_keys_act_before_anything_was_clicked_as_long_as_the_clips_are_in_front(qtbot, panel, folder):
    opened(qtbot, panel, folder)
    browser = panel.content.browser
    first = browser.current
    qtbot.keyClick(panel, Qt.Key.Key_Right)  # the window gives the focus to the panel
    second = browser.current
    assert second != first
    panel.content.tabs.setCurrentIndex(BALANCE)
    qtbot.keyClick(panel, Qt.Key.Key_Right)
    assert browser.current == second


def test_order_and_widths_stay_when_more_is_known_of_the_clips(qtbot, panel, folder):
    opened(qtbot, panel, folder)
    table = panel.content.browser.table
    header = table.horizontalHeader()

    def place(title):
        return [one.title for one in table.clips.columns].index(title)

    def click_heading(title):
        where = QPoint(header.sectionViewportPosition(place(title)) + 10, header.height() // 2)
        qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=where)

    click_heading("Group")
    click_heading("Group")  # from the last to the first
    table.setColumnWidth(place("Class"), 77)
    groups = column(table, "Group")
    assert groups == sorted(groups, reverse=True)
    qtbot.waitUntil(lambda: "Length s" in [one.title for one in table.clips.columns], timeout=5000)
    assert column(table, "Group") == groups and header.sortIndicatorSection() == place("Group")
    assert table.columnWidth(place("Class")) == 77
    click_heading("Length s")
    qtbot.waitUntil(lambda: panel._job is None)
    checked(qtbot, panel, panel.content.check_button)  # leaves out two, so that headers are read again
    qtbot.waitUntil(lambda: "Length s" in [one.title for one in table.clips.columns], timeout=5000)
    assert header.sortIndicatorSection() == place("Length s") and table.columnWidth(place("Class")) == 77
    shutil.copytree(folder, folder.with_name("other"))
    panel.open_folder(folder.with_name("other"))
    qtbot.waitUntil(lambda: panel.content.title.text() == "other", timeout=20_000)
    assert header.sortIndicatorSection() == 0 and table.columnWidth(place("Class")) != 77


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
    checked(qtbot, panel, panel.content.check_button)
    assert panel.checked.leaks == () and context.dataset.folds == (1, 2)
    context.study = Study(dataset=in_train.model_copy(update={"folds": 0}))  # edited in Train
    panel.activate()
    qtbot.waitUntil(lambda: panel.checked.leaks != (), timeout=20_000)
    (leak,) = panel.checked.leaks
    assert (leak.kind, {leak.first, leak.second}) == ("same file", {names[0], twin})
    assert context.dataset.folds == (1, 2, 3, 4) and "4 folds, made here" in panel.content.facts.text()
    found = panel.checked
    panel.activate()
    assert panel._job is None and panel.checked is found, "nothing is new"


def row_of(table, title, text):
    return column(table, title).index(text)


def click(qtbot, table, row):
    where = table.visualRect(table.clips.index(row, 0)).center()
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=where)


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


def test_what_was_looked_for_is_not_looked_for_in_another_dataset(qtbot, panel, folder, tmp_path):
    opened(qtbot, panel, folder)
    panel.content.browser.search.setText("siren")
    shutil.copytree(folder, tmp_path / "other")
    panel.open_folder(tmp_path / "other")
    qtbot.waitUntil(lambda: panel.content.title.text() == "other", timeout=20_000)
    assert panel.content.browser.search.text() == ""
    assert len(panel.content.browser.table.clips.rows) == len(panel.content.dataset.clips)


def test_a_folder_that_has_other_classes_by_now_is_another_dataset(qtbot, panel, folder):
    (folder / "labels.csv").unlink()
    opened(qtbot, panel, folder)
    browser = panel.content.browser
    browser.classes.setCurrentText("wind")
    (folder / "wind").rename(folder / "fog")
    panel.open_folder(folder)
    qtbot.waitUntil(lambda: panel.content.dataset.classes == ("fog", "rain", "siren"), timeout=20_000)
    assert [browser.classes.itemText(place) for place in range(4)] == ["All classes", "fog", "rain", "siren"]
    assert browser.classes.currentIndex() == 0 and len(browser.table.clips.rows) == len(panel.content.dataset.clips)


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


def test_a_cancelled_check_changes_nothing(qtbot, panel, context, folder, monkeypatch):
    opened(qtbot, panel, folder)
    before = context.dataset

    monkeypatch.setattr(data, "check_recordings", endless)
    panel.check()
    assert panel.content.progress.isVisible() and not panel.content.check_button.isEnabled()
    panel.content.progress.cancel.click()
    assert panel.content.progress.isHidden() and panel.content.check_button.isEnabled()
    assert context.dataset is before


def test_class_balance_counts_every_fold(qtbot, panel, folder):
    opened(qtbot, panel, folder)
    panel.content.tabs.setCurrentIndex(BALANCE)
    balance = panel.content.balance
    assert [balance.count(label, 1) for label in range(3)] == [3, 2, 2]
    assert [balance.count(label, 2) for label in range(3)] == [3, 2, 3]
    assert not balance.grab().isNull()


@pytest.mark.parametrize("kind", KINDS, ids=[kind.title for kind in KINDS])
def test_every_augmentation_changes_what_it_says(qtbot, panel, folder, kind):
    opened(qtbot, panel, folder)
    panel.content.tabs.setCurrentIndex(AUGMENTATION)
    preview = panel.content.augmentation
    preview.kind.setCurrentText(kind.title)
    preview.seed.setValue(3)
    seen = []
    real = preview._show
    preview._show = lambda sides: (real(sides), seen.append(sides))
    preview._compute()
    qtbot.waitUntil(lambda: bool(seen), timeout=20_000)
    before, after = seen[-1]
    assert before.samples.shape == after.samples.shape
    assert np.array_equal(before.samples, after.samples) == (kind in MASKS)
    assert not np.array_equal(before.picture.decibels, after.picture.decibels)
    preview.again.click()
    assert preview.seed.value() == 4
    qtbot.waitUntil(lambda: len(seen) == 2 or preview._job is None, timeout=20_000)


def test_a_dropped_folder_is_recognised(qtbot, panel, folder):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(folder))])
    none = Qt.KeyboardModifier.NoModifier
    panel.dropEvent(QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, none))
    qtbot.waitUntil(lambda: panel.pages.currentWidget() is panel.content, timeout=20_000)
    assert panel.choice.name == "labelled-folder"


def test_a_folder_that_is_no_dataset_is_a_sentence(qtbot, panel, context, tmp_path):
    panel.open_folder(tmp_path / "workspace")
    qtbot.waitUntil(lambda: panel.pages.currentWidget() is panel.trouble, timeout=5000)
    assert str(tmp_path / "workspace") in panel.trouble.sentence.text()
    assert context.dataset is None


def test_what_was_open_comes_back(qtbot, panel, context, folder):
    opened(qtbot, panel, folder)
    panel.save_state()
    context.set_dataset(context.dataset_choice, None)
    again = DataPanel(context)
    qtbot.addWidget(again)
    again.activate()
    qtbot.waitUntil(lambda: again.pages.currentWidget() is again.content, timeout=20_000)
    assert again.choice.root == str(folder) and len(again.content.dataset.clips) == 15
    again.close_panel()


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


def test_the_preview_names_its_clip(qtbot, panel, folder):
    opened(qtbot, panel, folder)
    clip = panel.content.browser.current
    assert panel.content.augmentation.clip_name.whole() == f"{panel.content.dataset.classes[clip.label]} · {clip.id}"
    panel.content.browser.search.setText("no such clip")
    qtbot.waitUntil(lambda: panel.content.browser.current is None, timeout=2000)
    preview = panel.content.augmentation
    assert preview.clip_name.whole() == "No clip is chosen under Clips"
    assert preview.pages.currentWidget() is preview.nothing, "no axes without a clip"
    preview.kind.setCurrentIndex(1)
    assert preview.pages.currentWidget() is preview.nothing
    panel.content.browser.search.clear()
    qtbot.waitUntil(lambda: preview.pages.currentWidget() is preview.sound, timeout=2000)


def test_the_preview_never_shows_one_clip_under_the_name_of_another(qtbot, panel, folder):
    opened(qtbot, panel, folder)
    panel.content.tabs.setCurrentIndex(AUGMENTATION)
    preview, browser = panel.content.augmentation, panel.content.browser
    sides = preview.sound.before, preview.sound.after
    browser.reveal("siren/0.wav")
    qtbot.waitUntil(lambda: all(side.player.duration > 0 for side in sides), timeout=20_000)
    assert all(side.play.isEnabled() for side in sides)
    qtbot.waitUntil(lambda: preview._job is None and panel._job is None, timeout=20_000)
    browser.reveal("rain/text.wav")
    assert not any(side.player.duration or side.play.isEnabled() for side in sides), "at once"
    qtbot.waitUntil(lambda: "text.wav" in preview.said.whole(), timeout=20_000)
    browser.reveal("siren/1.wav")
    assert "text.wav" not in preview.said.whole()
    qtbot.waitUntil(lambda: all(side.player.duration > 0 for side in sides), timeout=20_000)

    def broken(*arguments):
        raise UserError("Nothing comes of it.")

    preview.sound.work = lambda *arguments: broken
    preview.again.click()
    qtbot.waitUntil(lambda: preview.said.whole() == "Nothing comes of it.", timeout=5000)
    assert not any(side.player.duration for side in sides), "nor one change under the name of another"


def test_a_preview_that_takes_long_says_so(qtbot, panel, folder):
    opened(qtbot, panel, folder)
    panel.content.tabs.setCurrentIndex(AUGMENTATION)
    preview = panel.content.augmentation
    qtbot.waitUntil(lambda: preview._job is None, timeout=20_000)
    gate, work = threading.Event(), preview.sound.work
    preview.sound.work = lambda *what: lambda *arguments: (gate.wait(10), work(*what)(*arguments))[1]
    preview.again.click()
    qtbot.waitUntil(lambda: preview.said.whole() == "Preparing …", timeout=3000)
    gate.set()
    qtbot.waitUntil(lambda: preview.said.whole() == KINDS[0].help, timeout=20_000)


def test_opening_can_be_cancelled(qtbot, panel, context, folder, monkeypatch):
    really = data.open_chosen
    monkeypatch.setattr(data, "open_chosen", endless)
    panel.open_folder(folder)
    panel.waiting.findChild(QPushButton).click()
    assert panel.pages.currentWidget() is panel.welcome
    monkeypatch.setattr(data, "open_chosen", really)
    opened(qtbot, panel, folder)
    monkeypatch.setattr(data, "open_chosen", endless)
    panel.select("demo-sounds")
    panel.waiting.findChild(QPushButton).click()
    assert panel.pages.currentWidget() is panel.content
    assert panel.choice == context.dataset_choice


def test_a_cancelled_opening_leaves_what_was_open_as_it_was(qtbot, panel, context, folder, monkeypatch):
    opened(qtbot, panel, folder)
    checked(qtbot, panel, panel.content.check_button)
    table = panel.content.browser.table
    qtbot.waitUntil(lambda: "Length s" in [one.title for one in table.clips.columns], timeout=5000)
    table.make_current(5)
    clip, title, found = panel.content.browser.current, panel.content.tabs.tabText(CHECK), panel.checked
    monkeypatch.setattr(data, "open_chosen", endless)
    panel.select("demo-sounds")
    panel.waiting.findChild(QPushButton).click()
    assert panel.pages.currentWidget() is panel.content and panel.choice == context.dataset_choice
    assert panel.chooser.cards["labelled-folder"].chosen and panel.content.browser.current == clip
    assert panel.content.tabs.tabText(CHECK) == title != "Check" and panel.checked is found
    assert "Length s" in [one.title for one in table.clips.columns]


def test_headers_are_read_on_while_another_opening_is_cancelled(qtbot, panel, folder, monkeypatch):
    opened(qtbot, panel, folder)
    monkeypatch.setattr(data, "open_chosen", endless)
    panel.select("demo-sounds")
    panel.waiting.findChild(QPushButton).click()
    table = panel.content.browser.table
    qtbot.waitUntil(lambda: "Length s" in [one.title for one in table.clips.columns], timeout=5000)
    qtbot.waitUntil(lambda: panel.content._room is not None, timeout=5000)


def test_what_was_open_is_opened_again_once(qtbot, panel, context, folder, monkeypatch):
    opened(qtbot, panel, folder)
    panel.save_state()
    context.set_dataset(context.dataset_choice, None)
    monkeypatch.setattr(data, "open_chosen", endless)
    again = DataPanel(context)
    qtbot.addWidget(again)
    again.activate()
    assert again.pages.currentWidget() is again.waiting
    again.waiting.findChild(QPushButton).click()
    again.activate()
    assert again.pages.currentWidget() is again.welcome and again.choice is None
    again.close_panel()


def test_nothing_has_come_of_a_dataset_that_is_only_offered(qtbot, panel, context, folder, monkeypatch):
    opened(qtbot, panel, folder)
    monkeypatch.setattr(data, "open_chosen", endless)
    panel.select("demo-sounds")
    panel.select("esc50")
    assert panel.pages.currentWidget() is panel.download and panel.choice == context.dataset_choice
    panel.activate()
    assert panel.chooser.cards["esc50"].place.whole() == "Not downloaded yet"


def test_a_dataset_that_is_not_here_is_offered_and_an_address_that_fails_is_said(qtbot, panel, context):
    panel.chooser.cards["esc50"].clicked.emit("esc50")
    assert panel.pages.currentWidget() is panel.download
    assert "NC" in panel.download.licence.text() or "non-commercial" in panel.download.licence.text()
    official = panel.download.address.text()
    panel.download.address.setText("http://127.0.0.1:9/esc50.zip")  # nothing listens there
    panel.download.start.click()
    assert panel.download.progress.isVisible() and not panel.download.start.isEnabled()
    qtbot.waitUntil(lambda: not panel.download.trouble.isHidden(), timeout=20_000)
    assert "127.0.0.1:9" in panel.download.trouble.text() and panel.download.start.isEnabled()
    panel.select("esc10")
    assert panel.download.address.text() == "http://127.0.0.1:9/esc50.zip", "the address is a setting"
    panel.download.address.clear()
    panel.download.address.editingFinished.emit()
    assert panel.download.address.text() == official


@pytest.mark.skipif(not ESC10.is_dir(), reason="the ESC-10 recordings are not in ../shared/data")
def test_what_was_downloaded_is_opened(qtbot, panel, context, monkeypatch):
    def arrive(name, target, address, control, report):
        report(Progress("Downloading ESC-50", 50, 100, "bytes", "50 B of 100 B, 10 B/s, 5 s left"))
        while not panel.download.progress.detail.text():  # shown before the end
            control.checkpoint()
        target.parent.mkdir(parents=True, exist_ok=True)
        target.symlink_to(ESC10)
        return target

    monkeypatch.setattr(download, "download_dataset", arrive)
    panel.select("esc10")
    panel.download.start.click()
    qtbot.waitUntil(lambda: panel.pages.currentWidget() is panel.content, timeout=20_000)
    assert panel.download.progress.detail.text() == "50 B of 100 B, 10 B/s, 5 s left"
    assert context.dataset.name == "esc10" and context.dataset_choice.root == ""
    assert panel.chooser.cards["esc50"].place.whole() == "In the workspace"


def test_a_download_goes_on_while_other_datasets_are_looked_at(qtbot, panel, context, folder, monkeypatch):
    controls = []

    def slow(name, target, address, control, report):
        controls.append(control)
        report(Progress("Downloading ESC-50", 50, 100, "bytes", "50 B of 100 B"))
        while not arrived.wait(0.01):
            control.checkpoint()
        return target

    arrived = threading.Event()
    monkeypatch.setattr(download, "download_dataset", slow)
    page = panel.download
    panel.select("esc50")
    page.start.click()
    qtbot.waitUntil(lambda: page.progress.detail.text() != "", timeout=5000)
    opened(qtbot, panel, folder)
    panel.select("esc50")
    assert page.isVisible() and page.progress.isVisible() and not page.start.isEnabled()
    assert page.progress.detail.text() == "50 B of 100 B" and not controls[0].cancelled
    panel.select("ucf101")
    assert page.progress.isHidden(), "it cannot be downloaded here"
    opened(qtbot, panel, folder)
    with qtbot.waitSignal(context.message, timeout=5000) as said:
        arrived.set()
    assert said.args == ["ESC-50 has been downloaded: choose it on the left to open it.", "info"]
    assert panel.pages.currentWidget() is panel.content and panel.choice.name == "labelled-folder"
    assert page.start.isEnabled()


def test_a_download_that_fails_is_not_said_under_the_title_of_another(qtbot, panel, context, monkeypatch):
    def fail(name, target, address, control, report):
        assert gate.wait(5)
        raise UserError("ESC-50 did not come.")

    gate = threading.Event()
    monkeypatch.setattr(download, "download_dataset", fail)
    panel.select("esc50")
    panel.download.start.click()
    panel.select("ucf101")
    with qtbot.waitSignal(context.message, timeout=5000) as said:
        gate.set()
    assert said.args == ["ESC-50 did not come.", "error"] and panel.download.trouble.isHidden()
    panel.select("esc50")
    panel.download.start.click()
    panel.select("esc10")  # in the same archive
    qtbot.waitUntil(lambda: panel.download.trouble.text() == "ESC-50 did not come.", timeout=5000)


def test_a_download_ends_by_its_own_cancel(qtbot, panel, monkeypatch):
    monkeypatch.setattr(download, "download_dataset", lambda *arguments: endless(*arguments))
    panel.select("esc50")
    panel.download.start.click()
    job = panel._download_job
    panel.download.progress.cancel.click()
    assert job.control.cancelled and panel.download.progress.isHidden() and panel.download.start.isEnabled()


@pytest.mark.skipif(not ESC10.is_dir(), reason="the ESC-10 recordings are not in ../shared/data")
def test_esc10_opens_and_says_which_fold_is_missing(qtbot, panel, context):
    panel.open_folder(ESC10, "esc10")
    qtbot.waitUntil(lambda: panel.pages.currentWidget() is panel.content, timeout=20_000)
    assert "4 of 5 folds" in panel.content.facts.text()
    assert "5" in panel.content.notes.text() and panel.content.notes.isVisible()
    assert panel.chooser.cards["esc10"].chosen
    with qtbot.waitSignal(panel.content.browser.clip_view.shown, timeout=20_000):
        panel.content.browser.table.make_current(3)
