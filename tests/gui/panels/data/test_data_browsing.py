"""The Data panel's clips: listed, searched, walked through by keys, counted by class and fold."""

from __future__ import annotations

import shutil

from PySide6.QtCore import QPoint, Qt

from gui.panels.data_content import BALANCE
from tests.gui.panels.data.steps import checked, column, opened


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


def test_class_balance_counts_every_fold(qtbot, panel, folder):
    opened(qtbot, panel, folder)
    panel.content.tabs.setCurrentIndex(BALANCE)
    balance = panel.content.balance
    assert [balance.count(label, 1) for label in range(3)] == [3, 2, 2]
    assert [balance.count(label, 2) for label in range(3)] == [3, 2, 3]
    assert not balance.grab().isNull()
