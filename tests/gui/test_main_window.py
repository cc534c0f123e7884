"""The window without real panels: rail, banner, status bar, keys, presentation, closing."""

from __future__ import annotations

import sys
from types import ModuleType

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QMessageBox, QTableWidget

from core.engine import State
from core.events import Message, Outcome
from core.run_spec import DatasetChoice
from core.study import Study
from core.tables import Table
from gui import banner as banners
from gui import theme
from gui.key_sheet import KeySheet
from gui.main_window import MainWindow
from gui.panels.base import Panel, PanelInfo, Shortcut
from gui.widgets.clip_table import ClipTable, Column
from tests.gui import fakes


class QuietPanel(Panel):
    def __init__(self, context, parent=None):
        super().__init__(context, parent)
        self.calls = []

    def activate(self):
        self.calls.append("activate")

    def present(self, on):
        self.calls.append(("present", on))

    def save_state(self):
        self.calls.append("save")

    def close_panel(self):
        self.calls.append("close")


@pytest.fixture
def panels(monkeypatch):
    module = ModuleType("quiet_panels")
    module.Quiet = QuietPanel
    monkeypatch.setitem(sys.modules, "quiet_panels", module)
    rows = {"data": "Data", "train": "Train"}
    return Table(
        "panel",
        [
            (name, PanelInfo(title, "mdi6.target", "help", "quiet_panels:Quiet", (Shortcut("L", f"loop {name}"),)))
            for name, title in rows.items()
        ],
    )


@pytest.fixture
def window(qtbot, context, panels):
    made = MainWindow(context, panels)
    made.show()
    yield made
    context.engine._status = type(context.engine.status)()
    made.close()
    made.deleteLater()


def test_rail_and_panels_are_made_from_the_table(window, panels):
    assert list(window.rail.buttons) == list(panels)
    assert window.current == "train", "a new workspace opens on Train"
    assert list(window.panels) == ["train"], "a panel is made when it is first shown"
    window.rail.buttons["data"].click()
    assert window.current == "data"
    assert window.rail.buttons["data"].isChecked()
    window.context.panel_wanted.emit("train")
    assert window.current == "train"


def test_a_panel_key_brings_its_panel(window, qtbot):
    qtbot.keyClick(window, Qt.Key.Key_1, Qt.KeyboardModifier.ControlModifier)
    assert window.current == "data"


def test_keys_act_on_the_panel_that_is_shown(window, qtbot):
    window.activateWindow()
    window.rail.buttons["data"].setFocus()
    window.context.panel_wanted.emit("train")
    assert window.focusWidget() is window.panels["train"]
    qtbot.keyClick(window.focusWidget(), Qt.Key.Key_Space)
    assert window.current == "train", "the space bar plays; it does not press a button of the rail"


def test_errors_stay_in_the_banner_and_information_goes(window, qtbot, monkeypatch):
    monkeypatch.setattr(banners, "INFORMATION_STAYS_MS", 10)
    window.context.message.emit("It is done.", "info")
    window.context.message.emit("It went wrong.", "error")
    window.context.message.emit("It went wrong.", "error")
    assert [row.text for row in window.banner.rows] == ["It is done.", "It went wrong."]
    qtbot.waitUntil(lambda: [row.text for row in window.banner.rows] == ["It went wrong."])
    window.banner.rows[0].close_button.click()
    assert window.banner.isHidden()


def test_a_message_moves_nothing(window, qtbot):
    qtbot.waitExposed(window)
    before = window.stack.geometry()
    window.context.message.emit("It went wrong. " * 20, "error")
    qtbot.waitUntil(lambda: window.banner.height() > 3 * window.fontMetrics().height(), timeout=2000)
    assert window.stack.geometry() == before
    assert window.banner.parentWidget().rect().contains(window.banner.geometry())
    window.resize(1400, 900)
    qtbot.waitUntil(lambda: window.banner.geometry().bottom() > window.stack.geometry().bottom() - 100, timeout=2000)


def test_a_panel_s_message_is_seen_in_that_panel_and_the_engine_s_in_all(window, qtbot):
    window.context.message.emit("A clip of Train is odd.", "warning")
    window.context.engine.say(Message("A class has one clip.", "warning"))
    qtbot.waitUntil(lambda: len(window.banner.rows) == 2)
    panels, all_ = window.banner.rows
    window.show_panel("data")
    assert panels.isHidden() and not all_.isHidden()
    all_.close_button.click()
    assert window.banner.isHidden()
    window.show_panel("train")
    assert not panels.isHidden() and not window.banner.isHidden()


def test_what_a_panel_says_of_its_work_in_the_background_stays_with_it(window):
    window.show_panel("data")
    window.panels["train"].said.emit("The clips are gone.", "error")
    (row,) = window.banner.rows
    assert row.isHidden()
    window.show_panel("train")
    assert row.text == "The clips are gone." and not row.isHidden()


def test_a_warning_that_was_dismissed_is_not_said_at_the_next_start_and_an_error_is(window, qtbot, context, panels):
    for level in ("warning", "error"):
        context.message.emit(f"This is a {level}.", level)
    for row in list(window.banner.rows):
        row.close_button.click()
    again = MainWindow(context, panels)
    for level in ("warning", "error"):
        again.context.message.emit(f"This is a {level}.", level)
    said = [row.text for row in again.banner.rows]
    again.deleteLater()
    assert said == ["This is a error."]


def test_an_error_that_fills_pages_is_shortened(window):
    window.context.message.emit("RuntimeError:\n\tMissing key(s)\n" + "weight " * 1000, "error")
    assert window.banner.rows[0].text.startswith("RuntimeError: Missing key(s) weight")
    assert len(window.banner.rows[0].text) <= banners.MOST_LETTERS


def test_rows_and_columns_of_tables_grow_with_the_type_and_shrink_again(window):
    table = QTableWidget(2, 2, window.panels["train"])
    headers = (table.verticalHeader(), table.horizontalHeader())
    before = [(header.defaultSectionSize(), header.sectionSize(0)) for header in headers]
    window.toggle_presentation()
    assert [header.sectionSize(0) for header in headers] == [round(theme.PRESENTATION * size) for _, size in before]
    window.leave_presentation()
    assert [(header.defaultSectionSize(), header.sectionSize(0)) for header in headers] == before


def test_what_is_dismissed_stays_in_the_log(window, caplog):
    window.context.message.emit("It went wrong.", "error")
    window.banner.rows[0].close_button.click()
    assert "It went wrong." in caplog.text


def test_what_the_engine_warns_of_is_shown(window, qtbot):
    window.context.engine.say(Message("A class has one clip.", "warning"), Message("Decoded.", "info"))
    qtbot.waitUntil(lambda: [row.text for row in window.banner.rows] == ["A class has one clip."])


def test_presentation_hides_the_controls_and_enlarges_the_type(window, qtbot):
    before = QApplication.font().pointSizeF()
    qtbot.keyClick(window, Qt.Key.Key_F11)
    assert window.presenting
    assert window.status_bar.isHidden()
    assert QApplication.font().pointSizeF() == pytest.approx(before * theme.PRESENTATION)
    assert ("present", True) in window.panels["train"].calls
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert not window.presenting
    assert QApplication.font().pointSizeF() == pytest.approx(before)


def test_escape_reaches_the_panel_unless_it_leaves_presentation_mode(window, qtbot):
    keys = []
    panel = window.stack.currentWidget()
    panel.keyPressEvent = lambda event: keys.append(event.key())
    qtbot.keyClick(panel, Qt.Key.Key_Escape)
    assert keys == [Qt.Key.Key_Escape]
    window.toggle_presentation()
    qtbot.keyClick(panel, Qt.Key.Key_Escape)
    assert len(keys) == 1 and not window.presenting
    qtbot.keyClick(panel, Qt.Key.Key_Escape)
    assert len(keys) == 2


def test_a_table_that_is_filled_in_presentation_mode_has_room_for_its_type(window, context, qtbot):
    table = ClipTable()
    qtbot.addWidget(table)
    columns = [Column("Sure", "How sure.", np.zeros(1), width=64), Column("Loss", "How wrong.", np.zeros(1))]
    window.toggle_presentation()
    table.set_columns(columns)
    assert table.columnWidth(0) == theme.PRESENTATION * 64
    window.leave_presentation()
    table.set_columns(columns)
    assert table.columnWidth(0) == 64


def test_the_sheet_of_keys_names_the_keys_of_every_panel(window, qtbot):
    window.show_keys()
    sheet = window.findChild(KeySheet)
    words = {label.text() for label in sheet.findChildren(type(theme.label()))}
    assert {"loop data", "loop train", "this sheet"} <= words
    sheet.close()


def test_the_status_bar_follows_the_study(window, qtbot):
    engine = window.context.engine
    bar = window.status_bar
    assert bar.study.text() == "No study is running"
    study = Study(name="trial", folds=(1, 2))
    specs = list(study.runs((1, 2)))
    engine.start(study)
    engine.say(fakes.study_started(study, specs), fakes.run_started(specs[0]), fakes.epoch_ended(specs[0], 5))
    qtbot.waitUntil(lambda: bar.study.text() == "trial · run 1 of 2 · epoch 5 of 10")
    assert bar.bar.value() == 250, "half of the first of two runs"
    assert bar.speed.text() == "33.0 clips/s"
    assert bar.left.text() == "5 s left in this run"
    bar.pause.click()
    assert engine.status.state is State.PAUSED
    assert "paused" in bar.study.text()
    bar.pause.click()
    assert engine.status.state is State.RUNNING
    engine.say(fakes.epoch_ended(specs[0], 10), fakes.run_finished(specs[0]))
    qtbot.waitUntil(lambda: bar.study.text() == "trial · run 2 of 2")
    assert bar.bar.value() == 500, "the second has not begun"
    assert not bar.speed.text() and not bar.left.text()
    bar.stop.click()
    assert engine.status.state is State.STOPPING
    engine.finish(Outcome.CANCELLED)
    qtbot.waitUntil(lambda: bar.study.text() == "No study is running")


def _answer(monkeypatch, text):
    def exec_(box):
        next(button for button in box.buttons() if button.text() == text).click()

    monkeypatch.setattr(QMessageBox, "exec", exec_)


def test_closing_while_a_study_runs_can_be_refused(window, monkeypatch):
    window.context.engine.start(Study(name="trial"))
    _answer(monkeypatch, "Keep working")
    assert not window.close()
    assert window.isVisible()
    assert window.context.engine.cancels == 0


def test_closing_while_a_study_runs_stops_it_first(window, monkeypatch, qtbot):
    window.context.engine.start(Study(name="trial"))
    _answer(monkeypatch, "Stop and close")
    window.close()
    assert window.context.engine.cancels == 1
    assert window.isVisible(), "the window waits for the engine to reach a safe boundary"
    with qtbot.waitSignal(window.closed):
        window.context.engine.finish(Outcome.CANCELLED)
    assert not window.isVisible()


def test_panel_and_place_come_back(qtbot, context, panels):
    first = MainWindow(context, panels)
    first.show_panel("data")
    panel = first.panels["data"]
    first.close()
    assert panel.calls[-2:] == ["save", "close"]
    assert context.settings.value("window/panel") == "data"
    assert context.settings.value("window/geometry") is not None
    first.deleteLater()


def test_a_workspace_in_use_says_so(qtbot, tmp_path, panels, context):
    context.workspace.writable = False
    context.workspace.read_only_because = "It is in use by another Sensorium: this one only reads."
    window = MainWindow(context, panels)
    assert [row.text for row in window.banner.rows] == [context.workspace.read_only_because]
    window.close()
    window.deleteLater()
    assert context.dataset_choice == DatasetChoice()
