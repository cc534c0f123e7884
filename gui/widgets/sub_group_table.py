"""Sub-groups of clips with the highest error, one of which can be chosen."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QHeaderView, QTreeWidget, QTreeWidgetItem, QWidget

from core.analysis.sub_groups import SubGroup, SubGroups

NAME = 0
COLUMNS = (
    ("Sub-group", "One value of class, fold, group, or a third of what was measured, or two of these together. Click "
     "one for its clips."),
    ("Clips", "Clips of the sub-group; each counts once, however many networks were tested on it."),
    ("Errors %", "Share of errors with Wilson's 95 % interval. Sorted by its lower end."),
    ("Rest", "Share of errors among all other clips."),
    ("p", "Of no more errors than the rest, by Fisher's exact test, by Holm's correction for all sub-groups "
     "looked at. Bold: it remains below 0.05."),
)  # fmt: skip
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class SubGroupTable(QTreeWidget):
    """In the order in which they were found: the worst first."""

    chosen_changed = Signal(object)  # SubGroup, or None

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._groups: tuple[SubGroup, ...] = ()
        self.setRootIsDecorated(False)
        self.setAllColumnsShowFocus(True)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)  # whether more or less stands in the middle
        self.setAccessibleName("Sub-groups with the highest error")
        self.setHeaderLabels([title for title, _ in COLUMNS])
        for column, (_, words) in enumerate(COLUMNS):
            self.headerItem().setToolTip(column, words)
            if column != NAME:
                self.headerItem().setTextAlignment(column, RIGHT)
        self.header().setStretchLastSection(False)
        self.header().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.header().setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        self.itemSelectionChanged.connect(self._selected)

    def show_groups(self, found: SubGroups | None) -> None:
        """Nothing is chosen at first."""
        bold = QFont()
        bold.setBold(True)
        with QSignalBlocker(self):
            self.clear()
            self._groups = found.found if found is not None else ()
            for group in self._groups:
                p = f"{group.p:.3f}" if group.p >= 0.001 else "< 0.001"
                rest = f"{100 * group.rest.value:.1f}"
                lines = "\n".join(group.parts)
                item = QTreeWidgetItem([lines, f"{group.errors.of:,}", group.errors.figures(), rest, p])
                item.setToolTip(NAME, group.words)
                for column in range(len(COLUMNS)):
                    if column != NAME:
                        item.setTextAlignment(column, RIGHT)
                    if group.remains:
                        item.setFont(column, bold)
                self.addTopLevelItem(item)

    def forget_chosen(self) -> None:
        """Quietly: other clips stand in the table."""
        with QSignalBlocker(self):
            self.clearSelection()

    def _selected(self) -> None:
        items = self.selectedItems()
        self.chosen_changed.emit(self._groups[self.indexOfTopLevelItem(items[0])] if items else None)
