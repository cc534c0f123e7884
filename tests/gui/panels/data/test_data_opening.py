"""Datasets are opened in the Data panel: by a card, by a drop, at the next start; and openings are cancelled."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QPushButton

from core.datasets import DATASETS
from gui.panels import data
from gui.panels.data import DataPanel
from gui.panels.data_content import CHECK
from tests.gui.panels.data.steps import ESC10, checked, endless, opened


def test_a_new_workspace_is_welcomed_with_one_button(panel, context):
    assert panel.pages.currentWidget() is panel.welcome
    assert set(panel.chooser.cards) == set(DATASETS)
    assert context.dataset is None


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


@pytest.mark.skipif(not ESC10.is_dir(), reason="the ESC-10 recordings are not in ../shared/data")
def test_esc10_opens_and_says_which_fold_is_missing(qtbot, panel, context):
    panel.open_folder(ESC10, "esc10")
    qtbot.waitUntil(lambda: panel.pages.currentWidget() is panel.content, timeout=20_000)
    assert "4 of 5 folds" in panel.content.facts.text()
    assert "5" in panel.content.notes.text() and panel.content.notes.isVisible()
    assert panel.chooser.cards["esc10"].chosen
    with qtbot.waitSignal(panel.content.browser.clip_view.shown, timeout=20_000):
        panel.content.browser.table.make_current(3)
