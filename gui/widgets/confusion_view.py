"""The confusion matrix with its choices, its key, what lies under the pointer, and the most confused pairs."""

from __future__ import annotations

import html
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QStandardItemModel, QTextDocumentFragment
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QSplitter,
    QTabWidget,
    QToolButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from core.analysis.class_scores import ClassScores
from core.analysis.confusion import most_confused, most_different, normalise, order
from gui import theme
from gui.widgets.class_scores import ClassTable
from gui.widgets.confusion import ConfusionMatrix
from gui.widgets.confusion_canvas import Cell
from gui.widgets.confusion_key import ConfusionKey
from gui.widgets.controls import options_combo
from gui.widgets.elided import ElidedLabel
from gui.widgets.transport import tool

PAIRS = 50
CELLS = (  # word, key of core.analysis.confusion.normalise, tooltip
    ("counts", "count", "Each cell counts predictions: one for each clip of each run chosen."),
    ("% of true class", "row", "Each row sums to 100 %: where the clips of a class went. The diagonal is recall."),
    ("% of predicted class", "column", "Each column sums to 100 %: what a prediction is made of. Diagonal: precision."),
    ("% of all", "all", "The whole matrix sums to 100 %. The diagonal sums to the accuracy."),
)
DIFFERENCE = (
    "The matrix of A less that of B, over the clips that both were tested on, in the same fold with the same seed. "
    "A and B are chosen above."
)
ORDERS = (
    ("name", "name", "Alphabetical."),
    ("errors", "error", "Classes with the lowest recall first."),
    ("likeness", "cluster", "Classes that are taken for each other stand together (clustered)."),
)


class ConfusionView(QWidget):
    """Handed a matrix of counts, or two whose difference it shows; says which cells were selected."""

    selection_changed = Signal(object)  # frozenset[Cell]
    comparing = Signal(bool)  # the difference of two networks is wanted, or not any more
    _classes: tuple[str, ...] = ()
    _of = ""  # which clips shares are of, where not all
    _wanted_order = ""  # one that is not allowed yet
    _counts: NDArray[np.int64] = np.zeros((0, 0), np.int64)
    _less: NDArray[np.int64] | None = None  # those of B where `_counts` are of A

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.matrix = ConfusionMatrix(self)
        self.matrix.setToolTip("")
        self.matrix.hovered.connect(self._say)
        self.matrix.selection_changed.connect(self._selected)
        self.cells, self.order = _choice("Cells", CELLS, self), _choice("Order", ORDERS, self)
        for combo in (self.cells, self.order):
            combo.currentIndexChanged.connect(self._refresh)
        self.difference = QToolButton()
        self.difference.setText("A − B")
        self.difference.setToolTip(DIFFERENCE)
        self.difference.setAccessibleName("Difference of A and B")
        self.difference.setCheckable(True)
        self.difference.toggled.connect(self.comparing)
        self.key = ConfusionKey(self)
        self.readout = theme.label(size=theme.SMALL, muted=True)
        self.readout.setMinimumWidth(1)
        self.readout.setFixedHeight(3 * theme.GRID)
        self.pairs = self._make_pairs()
        self.scores = ClassTable()
        self.scores.chosen.connect(self._class_chosen)
        self.lists = QTabWidget()
        self.lists.setDocumentMode(True)
        self.lists.setMinimumHeight(16 * theme.GRID)
        self.lists.addTab(self.pairs, "Most confused")
        self.basis = ElidedLabel()
        self.basis.setContentsMargins(theme.GRID, theme.GRID // 2, theme.GRID, theme.GRID // 2)
        per_class = QWidget()
        column = QVBoxLayout(per_class)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.basis)
        column.addWidget(self.scores, 1)
        self.lists.addTab(per_class, "Per class")
        self.lists.setTabToolTip(1, "Scores of each class over the runs chosen above, from all their test clips.")

        self._bar = QWidget()
        bar = QHBoxLayout(self._bar)
        bar.setContentsMargins(0, 0, 0, 0)
        bar.setSpacing(theme.GRID)
        for word, combo in (("Cells", self.cells), ("Order", self.order)):
            bar.addWidget(theme.label(word, muted=True))
            bar.addWidget(combo, 1)
        bar.addWidget(self.difference)
        bar.addStretch()
        zoom = QHBoxLayout()
        zoom.setSpacing(0)
        bar.addLayout(zoom)
        for icon, word, tooltip, action in (
            (
                "plus",
                "Zoom in",
                "Fewer and larger classes. The wheel zooms at the pointer; drag to pan.",
                self.matrix.zoom_in,
            ),
            ("minus", "Zoom out", "More classes.", self.matrix.zoom_out),
            ("close", "Show all", "All classes. A double click does the same.", self.matrix.reset_zoom),
        ):
            button = tool(f"mdi6.magnify-{icon}", word, tooltip)
            button.clicked.connect(action)
            zoom.addWidget(button)

        upper = QWidget()
        column = QVBoxLayout(upper)
        column.setContentsMargins(theme.GRID, theme.GRID, theme.GRID, 0)
        column.setSpacing(theme.GRID)
        column.addWidget(self._bar)
        column.addWidget(self.matrix, 1)
        column.addWidget(self.readout)
        column.addWidget(self.key)
        splitter = QSplitter(Qt.Orientation.Vertical)
        splitter.addWidget(upper)
        splitter.addWidget(self.lists)
        splitter.setStretchFactor(0, 1)
        splitter.setSizes([540, 184])
        splitter.setChildrenCollapsible(False)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(splitter)

    def set_counts(
        self,
        classes: tuple[str, ...],
        counts: NDArray[np.int64],
        less: NDArray[np.int64] | None = None,
        every_clip: bool = True,
    ) -> None:
        """Show counts (classes, classes), rows true; or those of A less those of B. The selection stays where the
        classes stay.

        Unless they are of every clip of the runs, shares are said to be of those shown.
        """
        self._classes, self._counts, self._less = classes, counts, less
        self._of = "" if every_clip else " shown"
        of = f"of {'true' if every_clip else 'shown'}"
        self.pairs.setHeaderLabels(["True", "taken for", *(("count", of) if less is None else ("A", "B"))])
        self.lists.setTabText(0, "Most confused" if less is None else "Most different")
        which = "most often" if less is None else "most unequally often by A and by B"
        self.lists.setTabToolTip(0, f"The pairs of classes that are taken for each other {which}.")
        self._refresh()
        self._list_pairs()

    def show_scores(self, classes: tuple[str, ...], found: ClassScores | None) -> None:
        """Scores of each class, and what they stand on; None = there is no run to score."""
        if found is None:
            self.scores.clear()
        else:
            self.scores.set_scores(classes, found)
        self.basis.set_text("" if found is None else found.basis)

    def present(self, on: bool) -> None:
        """Without the controls, and without the sentence that explains them."""
        self._bar.setHidden(on)
        self._say(None)

    def allow_difference(self, allowed: bool) -> None:
        """Whether there are two networks."""
        self.difference.setEnabled(allowed)
        self.difference.setToolTip(DIFFERENCE if allowed else f"{DIFFERENCE}\nThis study has one network.")
        if not allowed:
            self.difference.setChecked(False)

    def allow_likeness(self, allowed: object = True) -> None:
        """Whether classes can be ordered by likeness: its library takes a second to import, elsewhere."""
        model = self.order.model()
        if isinstance(model, QStandardItemModel):
            model.item(self.order.findData("cluster")).setEnabled(bool(allowed))
        if allowed and self._wanted_order:
            self.order.setCurrentIndex(self.order.findData(self._wanted_order))
            self._wanted_order = ""

    def choices(self) -> dict[str, str]:
        """What is chosen, to be handed to `restore` at the next start."""
        return {
            "cells": self.cells.currentData(),
            "order": self._wanted_order or self.order.currentData(),
            "tab": self.lists.tabText(self.lists.currentIndex()),
            "difference": "on" if self.difference.isChecked() else "",
        }

    def restore(self, choices: Mapping[str, str]) -> None:
        self.cells.setCurrentIndex(max(0, self.cells.findData(choices.get("cells"))))
        if choices.get("order") == "cluster":
            self._wanted_order = "cluster"
        else:
            self.order.setCurrentIndex(max(0, self.order.findData(choices.get("order"))))
        self.difference.setChecked(choices.get("difference") == "on")
        tabs = [self.lists.tabText(place) for place in range(self.lists.count())]
        self.lists.setCurrentIndex(tabs.index(choices["tab"]) if choices.get("tab") in tabs else 0)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self._classes:
            self._list_pairs()  # in the colours of the new scheme

    def _list_pairs(self) -> None:
        self.pairs.clear()
        if self._less is None:
            for pair in most_confused(self._counts, PAIRS):
                self._add_pair((pair.true, pair.predicted), str(pair.count), f"{100 * pair.share:.0f} %")
        else:
            for cell in most_different(self._counts, self._less, PAIRS):
                self._add_pair((cell.true, cell.predicted), str(cell.count), str(cell.other))
        self._mark_pairs()

    def _refresh(self) -> None:
        by = self.cells.currentData()
        shown = normalise(self._counts, by)
        if self._less is not None:
            shown = shown - normalise(self._less, by)
            self.key.set_difference(float(np.abs(shown).max(initial=0.0)), by != "count")
        else:
            off = shown[~np.eye(len(shown), dtype=bool)]
            self.key.set_ends(float(off.max(initial=0.0)), float(np.diag(shown).max(initial=0.0)), by != "count")
        both = self._counts if self._less is None else self._counts + self._less
        self.matrix.set_matrix(
            self._classes,
            shown,
            order(self._classes, both, self.order.currentData()),
            percent=by != "count",
            difference=self._less is not None,
        )
        self._say(None)

    def _say(self, cell: Cell | None) -> None:
        """What lies under the pointer or the cursor; else what is selected; else what can be done."""
        selected = self.matrix.selected
        if cell is None and len(selected) == 1:
            (cell,) = selected
        if cell is not None:
            self.readout.setText(self._told(cell))
            said = QTextDocumentFragment.fromHtml(self.readout.text()).toPlainText()
            self.matrix.setAccessibleDescription(f"{said}, selected" if cell in selected else said)
        elif selected:
            both = self._counts if self._less is None else self._counts + self._less
            count = sum(int(both[cell]) for cell in selected)
            self.readout.setText(
                f"{len(selected)} cells selected, {count} predictions. Click one of them to select it alone."
            )
        elif self._bar.isHidden():
            self.readout.clear()
        else:
            self.readout.setText("Click a cell for its clips, drag for several, Shift adds; a name for its errors.")

    def _told(self, cell: Cell) -> str:
        """Of how many clips of the true class a cell is made."""
        true, predicted = cell
        shares = []
        for name, counts in (("", self._counts),) if self._less is None else (("A ", self._counts), ("B ", self._less)):
            count, of_true = int(counts[cell]), int(counts[true].sum())
            share = f" ({100 * count / of_true:.0f} %)" if of_true else ""
            shares.append(f"{name}{count} of {of_true}{self._of}{share}")
        taken = "recognised" if true == predicted else f"taken for <b>{html.escape(self._classes[predicted])}</b>"
        return f"<b>{html.escape(self._classes[true])}</b> {taken}: {', '.join(shares)}"

    def _class_chosen(self, label: int) -> None:
        """All errors of a class: its row without the diagonal."""
        n = len(self._classes)
        self.matrix.select(frozenset((label, other) for other in range(n) if other != label))

    def _selected(self, cells: frozenset[Cell]) -> None:
        self._mark_pairs()
        self._say(None)
        self.selection_changed.emit(cells)

    def _make_pairs(self) -> QTreeWidget:
        pairs = QTreeWidget()
        pairs.setRootIsDecorated(False)
        pairs.setUniformRowHeights(True)
        pairs.setColumnCount(4)
        pairs.setToolTip("Click one to see its clips; Shift-click to add.")
        pairs.setSelectionMode(QTreeWidget.SelectionMode.ExtendedSelection)
        pairs.setMinimumHeight(12 * theme.GRID)
        pairs.header().setStretchLastSection(False)
        how = QHeaderView.ResizeMode
        for column, mode in enumerate((how.Stretch, how.Stretch, how.ResizeToContents, how.ResizeToContents)):
            pairs.header().setSectionResizeMode(column, mode)
        pairs.itemSelectionChanged.connect(self._pair_selected)
        return pairs

    def _add_pair(self, cell: Cell, *figures: str) -> None:
        item = QTreeWidgetItem([*(self._classes[label] for label in cell), *figures])
        item.setData(0, Qt.ItemDataRole.UserRole, cell)
        for column in (2, 3):
            item.setTextAlignment(column, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        item.setForeground(1, theme.colour("error_text"))
        self.pairs.addTopLevelItem(item)

    def _pair_selected(self) -> None:
        items = self.pairs.selectedItems()
        if items:
            self.matrix.select(frozenset(tuple(item.data(0, Qt.ItemDataRole.UserRole)) for item in items))

    def _mark_pairs(self) -> None:
        """The list shows what is selected in the matrix."""
        self.pairs.blockSignals(True)
        for item in self.pairs.findItems("", Qt.MatchFlag.MatchContains):
            item.setSelected(tuple(item.data(0, Qt.ItemDataRole.UserRole)) in self.matrix.selected)
        self.pairs.blockSignals(False)


def _choice(name: str, rows: tuple[tuple[str, str, str], ...], parent: QWidget) -> QComboBox:
    combo = options_combo(name, rows, 0)
    combo.setParent(parent)
    combo.setMaximumWidth(20 * theme.GRID)  # or the matrix would take room from the table
    combo.view().setMinimumWidth(combo.view().sizeHintForColumn(0) + 2 * theme.GRID)  # wider than the combo itself
    return combo
