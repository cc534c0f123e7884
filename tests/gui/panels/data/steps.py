"""What tests of the Data panel do with it, and what they read off it."""

from __future__ import annotations

from PySide6.QtCore import Qt

from tests.conftest import REAL_DATA

ESC10 = REAL_DATA / "esc10"
RATE = 22050


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


def row_of(table, title, text):
    return column(table, title).index(text)


def click(qtbot, table, row):
    where = table.visualRect(table.clips.index(row, 0)).center()
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=where)


def endless(*arguments):
    """Work that goes on until it is cancelled."""
    control = arguments[-2]
    while True:
        control.checkpoint()
