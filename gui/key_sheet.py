"""The sheet of keys, made from what the panels declare."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from core.tables import Table
from gui import theme
from gui.panels.base import PanelInfo, Shortcut

MOUSE = (
    Shortcut("Wheel", "zoom at the pointer"),
    Shortcut("Drag", "pan"),
    Shortcut("Double click", "reset the view"),
)


class KeySheet(QDialog):
    """Every key in groups of two columns: the window's, the mouse in plots, then each panel's."""

    def __init__(self, window_keys: tuple[Shortcut, ...], panels: Table[PanelInfo], parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keys")
        row = QHBoxLayout(self)
        row.setContentsMargins(3 * theme.GRID, 3 * theme.GRID, 3 * theme.GRID, 3 * theme.GRID)
        row.setSpacing(5 * theme.GRID)
        groups = [("Everywhere", window_keys), ("Plots", MOUSE)]
        have: dict[Shortcut, list[str]] = {}
        for info in panels.values():
            for shortcut in info.shortcuts:
                have.setdefault(shortcut, []).append(info.title)
        alike: dict[str, tuple[Shortcut, ...]] = {}  # keys of the same panels share a group
        for shortcut, titles in have.items():
            alike[", ".join(titles)] = (*alike.get(", ".join(titles), ()), shortcut)
        groups += alike.items()
        half = (sum(len(keys) + 2 for _, keys in groups) + 1) // 2
        column, filled = QVBoxLayout(), 0
        row.addLayout(column)
        for title, keys in groups:
            if filled >= half:
                column.addStretch(1)
                column, filled = QVBoxLayout(), 0
                row.addLayout(column)
            column.addLayout(_group(title, keys))
            filled += len(keys) + 2
        column.addStretch(1)


def _group(title: str, keys: tuple[Shortcut, ...]) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(2 * theme.GRID)
    grid.setVerticalSpacing(theme.GRID // 2)
    grid.setColumnStretch(1, 1)
    grid.setContentsMargins(0, 0, 0, 2 * theme.GRID)
    grid.addWidget(theme.label(title, bold=True), 0, 0, 1, 2)
    for line, shortcut in enumerate(keys, start=1):
        native = QKeySequence(shortcut.keys).toString(QKeySequence.SequenceFormat.NativeText)
        key = theme.label(native or shortcut.keys, muted=True)
        key.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        key.setMinimumWidth(12 * theme.GRID)
        grid.addWidget(key, line, 0)
        grid.addWidget(theme.label(shortcut.does), line, 1)
    return grid
