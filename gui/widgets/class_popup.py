"""A small window that asks which class something is: type a few letters, or choose from the list."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialog, QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from gui import theme

ROWS = 8


class ClassPopup(QDialog):
    """Enter takes the class that is marked, or what was typed where no class is called so; Escape leaves it open."""

    chosen = Signal(str)

    def __init__(self, title: str, classes: Sequence[str], guess: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._classes = tuple(classes)
        self.line = QLineEdit()
        self.line.setPlaceholderText("type, or choose")
        self.line.setAccessibleName("Class")
        self.list = QListWidget()
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.GRID, theme.GRID, theme.GRID, theme.GRID)
        column.addWidget(theme.label(title, bold=True))
        column.addWidget(self.line)
        column.addWidget(self.list)
        self.line.textChanged.connect(self._filter)
        self.line.installEventFilter(self)
        self.list.itemClicked.connect(self._take)
        self._filter("")
        for row in range(self.list.count()):
            if self.list.item(row).data(Qt.ItemDataRole.UserRole) == guess:
                self.list.setCurrentRow(row)
        self.setFixedWidth(32 * theme.GRID)
        self.line.setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            key = event.key()
            if key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
                step = 1 if key == Qt.Key.Key_Down else -1
                self.list.setCurrentRow(min(max(self.list.currentRow() + step, 0), self.list.count() - 1))
                return True
            if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._take(self.list.currentItem())
                return True
        return super().eventFilter(watched, event)

    def _filter(self, text: str) -> None:
        wanted = text.casefold().replace(" ", "_")
        self.list.clear()
        for name in self._classes:
            if wanted in name.casefold().replace(" ", "_"):
                item = QListWidgetItem(name.replace("_", " "))
                item.setData(Qt.ItemDataRole.UserRole, name)
                self.list.addItem(item)
        self.list.setCurrentRow(0)
        shown = min(ROWS, max(1, self.list.count()))
        self.list.setFixedHeight(shown * max(self.list.sizeHintForRow(0), 2 * theme.GRID) + 4)
        self.adjustSize()

    def _take(self, item: QListWidgetItem | None) -> None:
        name = item.data(Qt.ItemDataRole.UserRole) if item is not None else self.line.text().strip()
        if name:
            self.chosen.emit(name)
            self.close()
