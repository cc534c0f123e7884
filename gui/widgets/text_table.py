"""A table of words as it would be copied, to be read beside a plot."""

from __future__ import annotations

import re

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from core.evaluation.tables import TextTable

RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


class TextTableView(QTableWidget):
    """Words left, figures right; the first column stays as wide as its names and the rest is scrolled to."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)

    def show_table(self, table: TextTable) -> None:
        self.clear()
        self.setColumnCount(len(table.headings))
        self.setRowCount(len(table.rows))
        for row, cells in enumerate((table.headings, *table.rows), start=-1):
            for column, text in enumerate(cells):
                item = QTableWidgetItem(text)
                item.setTextAlignment(LEFT if column < table.text_columns else RIGHT)
                if row < 0:
                    item.setText(_in_lines(text))
                    self.setHorizontalHeaderItem(column, item)
                else:
                    self.setItem(row, column, item)


def _in_lines(heading: str) -> str:
    """Broken where its first part ends, or its column would be wide."""
    place = r" (?=\[)" if "[" in heading else r"(?<=:) " if ": " in heading else r" (?=\()"
    return "\n".join(re.split(place, heading))
