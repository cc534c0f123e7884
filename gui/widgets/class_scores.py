"""Precision, recall, F1 and AUC of every class, to be sorted by any of them."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTreeWidget, QTreeWidgetItem, QWidget

from core.analysis.class_scores import ClassScores
from gui import theme

RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
COLUMNS = (  # word, width with room for “100.0”, tooltip
    ("Class", 0, "The true class. Click one to see its errors."),
    ("Precision", 76, "Share of the predictions of this class that are right, in %, all runs put together."),
    ("Recall", 62, "Share of the predictions for clips of this class that are right, in %, all runs put together."),
    ("F1", 62, "Harmonic mean of precision and recall, in %."),
    ("AUC", 62, "Area under the ROC curve of this class against the rest, in %: 50 is chance. Mean over the runs."),
    ("Clips", 56, "Different test clips of this class. Each has a prediction of every run that was tested on it."),
)
RECALL = 2


class ClassTable(QTreeWidget):
    """Handed the scores; says which class was chosen."""

    chosen = Signal(int)  # index of the class

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setHeaderLabels([word for word, _, _ in COLUMNS])
        self.setSortingEnabled(True)
        self.sortByColumn(RECALL, Qt.SortOrder.AscendingOrder)  # the worst recognised first
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.header().setStretchLastSection(False)
        self.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Fixed)
        for column, (_, width, tooltip) in enumerate(COLUMNS):
            self.headerItem().setToolTip(column, tooltip)
            if column:
                self.headerItem().setTextAlignment(column, RIGHT)
                self.setColumnWidth(column, round(theme.pixels(width)))
        self.header().sectionResized.connect(self._resized)
        self.itemClicked.connect(self._clicked)

    def set_scores(self, classes: tuple[str, ...], found: ClassScores) -> None:
        """Show one row a class; what is not defined is a dash and stands last."""
        self.clear()
        scores = found.scores
        figures = (scores.precision, scores.recall, scores.f1, scores.auc)
        clips = len(COLUMNS) - 1
        for label, name in enumerate(classes):
            item = _Row([name])
            item.setData(0, Qt.ItemDataRole.UserRole, label)
            item.values = (*(float(figure[label]) for figure in figures), float(found.clips[label]))
            item.setText(clips, str(int(found.clips[label])))
            for column in range(1, len(COLUMNS)):
                item.setTextAlignment(column, RIGHT)
            for column, figure in enumerate(figures, start=1):
                value = 100 * float(figure[label])
                item.setText(column, "–" if np.isnan(value) else f"{value:.1f}")
            self.addTopLevelItem(item)
        self._share_room()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        super().resizeEvent(event)
        self._share_room()

    def _resized(self, column: int) -> None:
        if column:
            self._share_room()

    def _share_room(self) -> None:
        """Names of classes take what the figures leave, and never less than they need."""
        figures = sum(self.columnWidth(column) for column in range(1, len(COLUMNS)))
        needed = max(self.sizeHintForColumn(0), self.header().sectionSizeHint(0))
        self.setColumnWidth(0, max(needed, self.viewport().width() - figures))

    def _clicked(self, item: QTreeWidgetItem) -> None:
        self.chosen.emit(int(item.data(0, Qt.ItemDataRole.UserRole)))


class _Row(QTreeWidgetItem):
    """Sorts by value and not by text."""

    values: tuple[float, ...] = ()

    def __lt__(self, other: object) -> bool:
        if not isinstance(other, _Row):
            return NotImplemented
        tree = self.treeWidget()
        column = tree.sortColumn() if tree is not None else 0
        if column == 0:
            return self.text(0) < other.text(0)
        mine, theirs = self.values[column - 1], other.values[column - 1]
        return bool(np.isnan(theirs)) if np.isnan(mine) != np.isnan(theirs) else mine < theirs
