"""A small window that asks which class something is: type a few letters, or choose from the list."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QVBoxLayout, QWidget

from gui import theme
from gui.widgets.class_list import ClassList

ROWS = 8


class ClassPopup(QDialog):
    """Enter takes the class that is marked, or what was typed where no class is called so; Escape leaves it open."""

    chosen = Signal(str)

    def __init__(self, title: str, classes: Sequence[str], guess: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setProperty("popup", True)
        classes_there = ClassList(classes, others=True, digits=True)
        self.line, self.list = classes_there.line, classes_there.list
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.GRID, theme.GRID, theme.GRID, theme.GRID)
        column.addWidget(theme.label(title, bold=True))
        column.addWidget(classes_there)
        classes_there.filtered.connect(self._fit)
        classes_there.taken.connect(self._take)
        self._fit()
        classes_there.mark(guess)
        self.setFixedWidth(max(32 * theme.GRID, self.sizeHint().width()))  # or a long title would be cut
        self.line.setFocus()

    def _fit(self) -> None:
        """No higher than what is listed needs."""
        shown = min(ROWS, max(1, self.list.count()))
        self.list.setFixedHeight(shown * max(self.list.sizeHintForRow(0), 2 * theme.GRID) + 4)
        self.adjustSize()

    def _take(self, name: str) -> None:
        self.chosen.emit(name)
        self.close()
