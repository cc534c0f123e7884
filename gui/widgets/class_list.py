"""A list of classes that a few letters make short."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from gui import theme
from gui.widgets.taught_class import KEYS

NO_DIGIT = "\N{FIGURE SPACE}"  # as wide as one


class ClassList(QWidget):
    """Enter takes the class that is marked, and the arrows mark another; a click takes at once."""

    taken = Signal(str)
    filtered = Signal()

    def __init__(
        self,
        classes: Sequence[str],
        *,
        others: bool = False,
        digits: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        """A list that is shorter the more is typed.

        Args:
            others: Enter takes what was typed where no class is called so.
            digits: the first classes are shown with the digit that is their key, and found by it, too.
        """
        super().__init__(parent)
        self._others = others
        keys = [str(place) for place in range(1, KEYS + 1)] if digits else []
        self._digits = dict(zip(classes, keys, strict=False))
        self._classes = tuple(classes)
        self.line = QLineEdit()
        self.line.setPlaceholderText("type, or choose")
        self.line.setAccessibleName("Class")
        self.line.setToolTip("A few letters leave only the classes that have them. Enter takes the one that is marked.")
        self.list = QListWidget()
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GRID)
        column.addWidget(self.line)
        column.addWidget(self.list)
        self.line.textChanged.connect(self._filter)
        self.line.installEventFilter(self)
        self.list.itemClicked.connect(self._take)
        self.setFocusProxy(self.line)
        self._filter("")

    def mark(self, name: str) -> None:
        """The class that Enter would take."""
        for row in range(self.list.count()):
            if self.list.item(row).data(Qt.ItemDataRole.UserRole) == name:
                self.list.setCurrentRow(row)

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
        called_so = [name for name in self._classes if wanted in name.casefold().replace(" ", "_")]
        for name in called_so or [name for name, digit in self._digits.items() if digit == wanted]:
            item = QListWidgetItem(self._words(name))
            item.setData(Qt.ItemDataRole.UserRole, name)
            self.list.addItem(item)
        self.list.setCurrentRow(0)
        self.filtered.emit()

    def _words(self, name: str) -> str:
        words = name.replace("_", " ")
        return f"{self._digits.get(name, NO_DIGIT)}   {words}" if self._digits else words

    def _take(self, item: QListWidgetItem | None) -> None:
        typed = self.line.text().strip() if self._others else ""
        name = item.data(Qt.ItemDataRole.UserRole) if item is not None else typed
        if name:
            self.taken.emit(name)
