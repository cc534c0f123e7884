"""What was kept: when, what it really was, and what every network had said."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QToolButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from core.captures import Capture, Said
from gui import theme

COLUMNS = ("Kept", "Really", "Said")
PLACE = Qt.ItemDataRole.UserRole


class CaptureList(QWidget):
    """The newest first."""

    label_wanted = Signal(object)  # Capture
    delete_wanted = Signal(object)
    errors_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._captures: tuple[Capture, ...] = ()
        self.tree = QTreeWidget()
        self.tree.setColumnCount(len(COLUMNS))
        self.tree.setHeaderLabels(list(COLUMNS))
        self.tree.setRootIsDecorated(False)
        self.tree.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.tree.setAccessibleName("Captures")
        self.tree.setColumnWidth(0, round(theme.pixels(72)))
        self.tree.setColumnWidth(1, round(theme.pixels(104)))
        self.title = theme.label("Captures", bold=True)
        self.rename = _tool("mdi6.tag-outline", "What was it?", "Say what the chosen capture really was.")
        self.remove = _tool("mdi6.trash-can-outline", "Delete", "Delete the chosen capture for good  (Del)")
        line = QHBoxLayout()
        line.setContentsMargins(theme.GRID, 0, theme.GRID, 0)
        line.addWidget(self.title)
        line.addStretch(1)
        line.addWidget(self.rename)
        line.addWidget(self.remove)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(line)
        column.addWidget(self.tree, 1)
        self.rename.clicked.connect(self._label)
        self.remove.clicked.connect(self._delete)
        self.tree.itemDoubleClicked.connect(self._label)
        self.tree.itemSelectionChanged.connect(self._refresh)
        self._refresh()

    def show_captures(self, captures: Sequence[Capture]) -> None:
        """In order of time; the one that was chosen stays so."""
        chosen = self.chosen()
        self._captures = tuple(reversed(captures))
        self.tree.clear()
        for place, capture in enumerate(self._captures):
            words = [capture.made[11:19], capture.label.replace("_", " ") or "?", "; ".join(map(_words, capture.said))]
            item = QTreeWidgetItem(words)
            item.setData(0, PLACE, place)
            item.setToolTip(2, "\n".join(map(_words, capture.said)))
            item.setToolTip(0, f"{capture.id}, {capture.seconds:.1f} s")
            if capture.label and any(said.best not in ("", capture.label) for said in capture.said):
                item.setForeground(2, theme.colour("error_text"))
            self.tree.addTopLevelItem(item)
            if chosen is not None and capture.path == chosen.path:
                self.tree.setCurrentItem(item)
        self.title.setText(f"Captures: {len(captures)}" if captures else "Captures")
        self._refresh()

    def chosen(self) -> Capture | None:
        items = self.tree.selectedItems()
        return self._captures[items[0].data(0, PLACE)] if items else None

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        if event.key() == Qt.Key.Key_Delete:
            self._delete()
        else:
            super().keyPressEvent(event)

    def _label(self) -> None:
        capture = self.chosen()
        if capture is not None:
            self.label_wanted.emit(capture)

    def _delete(self) -> None:
        capture = self.chosen()
        if capture is not None:
            self.delete_wanted.emit(capture)

    def _refresh(self) -> None:
        for button in (self.rename, self.remove):
            button.setEnabled(self.chosen() is not None)


def _words(said: Said) -> str:
    best = said.best
    share = f" {100 * said.probabilities[best]:.0f} %" if best else ""
    return f"{said.network}: {best.replace('_', ' ') or said.lack or 'nothing'}{share}"


def _tool(icon: str, text: str, tooltip: str) -> QToolButton:
    button = QToolButton()
    button.setText(text)
    button.setToolTip(tooltip)
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    theme.set_icon(button, icon)
    return button
