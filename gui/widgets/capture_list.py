"""What was kept: when, what it really was, and what every network had said; recordings of everything among it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from core import readable
from core.captures import Capture, Recorded, Said
from gui import theme
from gui.widgets.controls import tool_button
from gui.widgets.progress_line import ProgressLine

COLUMNS = ("Kept", "Really", "Said")
PLACE = Qt.ItemDataRole.UserRole


class CaptureList(QWidget):
    """The newest first.

    Args:
        writable: whether what is listed can be renamed and deleted.
    """

    label_wanted = Signal(object)  # Capture
    replay_wanted = Signal(object)  # Recorded
    comparison_wanted = Signal(object)  # Recorded
    delete_wanted = Signal(object)  # either
    shown = Signal(object)  # the captures that there are now

    def __init__(self, writable: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._writable = writable
        self._rows: tuple[Capture | Recorded, ...] = ()
        self.tree = QTreeWidget()
        self.tree.setColumnCount(len(COLUMNS))
        self.tree.setHeaderLabels(list(COLUMNS))
        self.tree.setRootIsDecorated(False)
        self.tree.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.tree.setAccessibleName("Captures")
        self.tree.setColumnWidth(0, round(theme.pixels(96)))
        self.tree.setColumnWidth(1, round(theme.pixels(104)))
        self.title = theme.label("Captures", bold=True)
        self.rename = tool_button("mdi6.tag-outline", "What was it?", "Say what the chosen capture really was.")
        self.replay = tool_button("mdi6.replay", "Replay", "Play the chosen recording as if it were live.")
        self.again = tool_button(
            "mdi6.compare-horizontal",
            "Ask again",
            "Ask the networks about the windows of the chosen recording again, and compare with what they said live.",
        )
        self.remove = tool_button("mdi6.trash-can-outline", "Delete", "Delete what is chosen for good  (Del)")
        self.heading = line = QHBoxLayout()
        line.setContentsMargins(theme.GRID, 0, theme.GRID, 0)
        line.addWidget(self.title)
        line.addStretch(1)
        line.addWidget(self.rename)
        line.addWidget(self.replay)
        line.addWidget(self.again)
        line.addWidget(self.remove)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(line)
        column.addWidget(self.tree, 1)
        self.progress = ProgressLine()
        self.progress.setContentsMargins(theme.GRID, theme.GRID // 2, theme.GRID, theme.GRID // 2)
        column.addWidget(self.progress)
        self.rename.clicked.connect(self._open)
        self.replay.clicked.connect(self._open)
        self.again.clicked.connect(lambda: self.comparison_wanted.emit(self.chosen()))
        self.remove.clicked.connect(self._delete)
        self.tree.itemDoubleClicked.connect(self._open)
        self.tree.itemSelectionChanged.connect(self._refresh)
        self._refresh()

    def show_captures(self, captures: Sequence[Capture], recordings: Sequence[Recorded] = ()) -> None:
        """In order of time; what was chosen stays so."""
        chosen = self.chosen()
        self._rows = tuple(sorted((*captures, *recordings), key=lambda row: row.made, reverse=True))
        self.tree.clear()
        for place, row in enumerate(self._rows):
            item = _capture_item(row) if isinstance(row, Capture) else _recording_item(row)
            item.setData(0, PLACE, place)
            self.tree.addTopLevelItem(item)
            if chosen is not None and row.path == chosen.path:
                self.tree.setCurrentItem(item)
        self.title.setText(f"Captures: {len(captures)}" if captures else "Captures")
        self._refresh()
        self.shown.emit(captures)

    def chosen(self) -> Capture | Recorded | None:
        items = self.tree.selectedItems()
        return self._rows[items[0].data(0, PLACE)] if items else None

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        if event.key() == Qt.Key.Key_Delete:
            self._delete()
        else:
            super().keyPressEvent(event)

    def _open(self) -> None:
        """Say what a capture was; play a recording."""
        row = self.chosen()
        if isinstance(row, Capture):
            if self._writable:
                self.label_wanted.emit(row)
        elif row is not None and row.seconds is not None:
            self.replay_wanted.emit(row)

    def _delete(self) -> None:
        row = self.chosen()
        if row is not None and self._writable:
            self.delete_wanted.emit(row)

    def _refresh(self) -> None:
        row = self.chosen()
        self.remove.setEnabled(self._writable and row is not None)
        self.rename.setEnabled(self._writable and isinstance(row, Capture))
        self.rename.setHidden(isinstance(row, Recorded))
        for button in (self.replay, self.again):
            button.setVisible(isinstance(row, Recorded))
            button.setEnabled(isinstance(row, Recorded) and row.seconds is not None)


def _capture_item(capture: Capture) -> QTreeWidgetItem:
    said = list(map(_words, capture.said))
    item = QTreeWidgetItem([capture.made[11:19], capture.label.replace("_", " ") or "?", "; ".join(said)])
    item.setToolTip(0, f"{capture.id}, {capture.seconds:.1f} s")
    item.setToolTip(2, "\n".join(said))
    if capture.label and any(one.best not in ("", capture.label) for one in capture.said):
        item.setForeground(2, theme.colour("error_text"))
    return item


def _recording_item(recorded: Recorded) -> QTreeWidgetItem:
    length = "not finished" if recorded.seconds is None else readable.duration(recorded.seconds)
    item = QTreeWidgetItem([recorded.made[11:19], "recording", f"{length}, {readable.size(recorded.bytes)}"])
    item.setToolTip(0, str(recorded.path))
    return item


def _words(said: Said) -> str:
    best = said.best
    share = f" {100 * said.probabilities[best]:.0f} %" if best else ""
    return f"{said.network}: {best.replace('_', ' ') or said.lack or 'nothing'}{share}"
