"""What the members of an ensemble come to together, and the members: a row each, figures to the right."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from core.evaluation.ensemble import Ensemble
from gui import theme
from gui.looks import Look

RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
HELP = (
    "The ensemble, and its members, the best first.",
    "Mean over the folds that all members have, with its 95 % interval.",
    "How much of the answer is its own; learned anew for every fold and seed where the average is weighted.",
    "What the mean is over.",
)


class MemberTable(QTableWidget):
    """Knows nothing of how the ensemble was made."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)  # networks differ in what comes last, too
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setAccessibleName("Members of the ensemble")
        self.verticalHeader().hide()
        self.setMinimumHeight(10 * theme.GRID)

    def show_ensemble(self, found: Ensemble | None, looks: Mapping[str, Look]) -> None:
        """The ensemble stands first, in bold."""
        content = found.table() if found is not None else None
        self.setColumnCount(len(HELP) if content is not None else 0)
        self.setRowCount(len(content.rows) if content is not None else 0)
        if found is None or content is None:
            return
        for column, (heading, words) in enumerate(zip(content.headings, HELP, strict=True)):
            item = QTableWidgetItem(heading)
            item.setTextAlignment(RIGHT if column else LEFT)
            item.setToolTip(words)
            self.setHorizontalHeaderItem(column, item)
        for row, cells in enumerate(content.rows):
            for column, words in enumerate(cells):
                item = QTableWidgetItem(words)
                item.setTextAlignment(RIGHT if column else LEFT)
                item.setFont(theme.font(bold=not row))
                item.setToolTip(words)
                if not column and row:
                    item.setIcon(looks[found.members[row - 1].label].icon())
                self.setItem(row, column, item)
        how = QHeaderView.ResizeMode
        self.horizontalHeader().setSectionResizeMode(how.ResizeToContents)
        self.horizontalHeader().setSectionResizeMode(0, how.Stretch)
