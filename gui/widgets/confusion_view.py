"""The confusion matrix with its choices, its key, what lies under the pointer, and the most confused pairs."""

from __future__ import annotations

import html
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QLinearGradient, QPainter, QPaintEvent, QStandardItemModel
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QSizePolicy,
    QSplitter,
    QTabWidget,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from core.analysis.class_scores import ClassScores
from core.analysis.confusion import most_confused, normalise, order
from gui import theme
from gui.widgets.class_scores import ClassTable
from gui.widgets.confusion import FAINTEST, Cell, ConfusionMatrix
from gui.widgets.elided import ElidedLabel
from gui.widgets.transport import tool

PAIRS = 50
CELLS = (  # word, key of core.analysis.confusion.normalise, tooltip
    ("counts", "count", "Each cell counts predictions: one for each clip of each run chosen."),
    ("% of true class", "row", "Each row sums to 100 %: where the clips of a class went. The diagonal is recall."),
    ("% of predicted class", "column", "Each column sums to 100 %: what a prediction is made of. Diagonal: precision."),
    ("% of all", "all", "The whole matrix sums to 100 %. The diagonal sums to the accuracy."),
)
ORDERS = (
    ("name", "name", "Alphabetical."),
    ("errors", "error", "Classes with the lowest recall first."),
    ("likeness", "cluster", "Classes that are taken for each other stand together (clustered)."),
)


class ConfusionView(QWidget):
    """Handed a matrix of counts; says which cells were selected."""

    selection_changed = Signal(object)  # frozenset[Cell]
    _classes: tuple[str, ...] = ()
    _of = ""  # which clips shares are of, where not all
    _wanted_order = ""  # one that is not allowed yet
    _counts: NDArray[np.int64] = np.zeros((0, 0), np.int64)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.matrix = ConfusionMatrix(self)
        self.matrix.setToolTip("")
        self.matrix.hovered.connect(self._say)
        self.matrix.selection_changed.connect(self._selected)
        self.cells, self.order = _choice("Cells", CELLS, self), _choice("Order", ORDERS, self)
        for combo in (self.cells, self.order):
            combo.currentIndexChanged.connect(self._refresh)
        self.key = _Key(self)
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
        self.lists.setTabToolTip(0, "The pairs of classes that are taken for each other most often.")
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
            bar.addWidget(combo)
        bar.addStretch(1)
        for icon, word, tooltip, action in (
            (
                "plus",
                "Zoom in",
                "Fewer and larger classes. The wheel zooms at the pointer; drag to pan.",
                self._zoom_in,
            ),
            ("minus", "Zoom out", "More classes.", self._zoom_out),
            ("close", "Show all", "All classes. A double click does the same.", self.matrix.reset_zoom),
        ):
            button = tool(f"mdi6.magnify-{icon}", word, tooltip)
            button.clicked.connect(action)
            bar.addWidget(button)

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

    def set_counts(self, classes: tuple[str, ...], counts: NDArray[np.int64], every_clip: bool = True) -> None:
        """Show counts (classes, classes), rows true. The selection stays where the classes stay.

        Unless they are of every clip of the runs, shares are said to be of those shown.
        """
        self._classes, self._counts, self._of = classes, counts, "" if every_clip else " shown"
        self.pairs.headerItem().setText(3, f"of {'true' if every_clip else 'shown'}")
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
        }

    def restore(self, choices: Mapping[str, str]) -> None:
        self.cells.setCurrentIndex(max(0, self.cells.findData(choices.get("cells"))))
        if choices.get("order") == "cluster":
            self._wanted_order = "cluster"
        else:
            self.order.setCurrentIndex(max(0, self.order.findData(choices.get("order"))))
        tabs = [self.lists.tabText(place) for place in range(self.lists.count())]
        self.lists.setCurrentIndex(tabs.index(choices["tab"]) if choices.get("tab") in tabs else 0)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self._classes:
            self._list_pairs()  # in the colours of the new scheme

    def _list_pairs(self) -> None:
        self.pairs.clear()
        for pair in most_confused(self._counts, PAIRS):
            self._add_pair(pair.true, pair.predicted, pair.count, pair.share)
        self._mark_pairs()

    def _refresh(self) -> None:
        self.matrix.set_matrix(
            self._classes,
            normalise(self._counts, self.cells.currentData()),
            order(self._classes, self._counts, self.order.currentData()),
            percent=self.cells.currentData() != "count",
        )
        shown = normalise(self._counts, self.cells.currentData())
        off = shown[~np.eye(len(shown), dtype=bool)]
        percent = self.cells.currentData() != "count"
        self.key.set_ends(float(off.max(initial=0.0)), float(np.diag(shown).max(initial=0.0)), percent)
        self._say(None)

    def _zoom_in(self) -> None:
        self.matrix.zoom(1.5)

    def _zoom_out(self) -> None:
        self.matrix.zoom(1 / 1.5)

    def _say(self, cell: Cell | None) -> None:
        """What lies under the pointer; else what is selected; else what can be done."""
        selected = self.matrix.selected
        if cell is None and len(selected) == 1:
            (cell,) = selected
        if cell is not None:
            true, predicted = cell
            count, of_true = int(self._counts[true, predicted]), int(self._counts[true].sum())
            taken = "recognised" if true == predicted else f"taken for <b>{html.escape(self._classes[predicted])}</b>"
            share = f" ({100 * count / of_true:.0f} %)" if of_true else ""
            self.readout.setText(
                f"<b>{html.escape(self._classes[true])}</b> {taken}: {count} of {of_true}{self._of}{share}"
            )
        elif selected:
            count = sum(int(self._counts[cell]) for cell in selected)
            self.readout.setText(
                f"{len(selected)} cells selected, {count} predictions. Click one of them to select it alone."
            )
        elif self._bar.isHidden():
            self.readout.clear()
        else:
            self.readout.setText("Click a cell for its clips, Shift-click for more, a name for its errors.")

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
        pairs.setHeaderLabels(["True", "taken for", "count", "of true"])
        pairs.setToolTip("The errors made most often. Click one to see its clips; Shift-click to add.")
        pairs.setSelectionMode(QTreeWidget.SelectionMode.ExtendedSelection)
        pairs.setMinimumHeight(12 * theme.GRID)
        pairs.header().setStretchLastSection(False)
        how = QHeaderView.ResizeMode
        for column, mode in enumerate((how.Stretch, how.Stretch, how.ResizeToContents, how.ResizeToContents)):
            pairs.header().setSectionResizeMode(column, mode)
        pairs.itemSelectionChanged.connect(self._pair_selected)
        return pairs

    def _add_pair(self, true: int, predicted: int, count: int, share: float) -> None:
        item = QTreeWidgetItem([self._classes[true], self._classes[predicted], str(count), f"{100 * share:.0f} %"])
        item.setData(0, Qt.ItemDataRole.UserRole, (true, predicted))
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


class _Key(QWidget):
    """What the two scales of colour mean."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setToolTip("Errors and the diagonal have a scale each, so that few errors beside many hits are seen.")
        self._ends = ("0", "0")

    def set_ends(self, errors: float, correct: float, percent: bool) -> None:
        texts = [f"{100 * end:.0f} %" if percent else f"{end:.0f}" for end in (errors, correct)]
        self._ends = (texts[0], texts[1])
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(320, 3 * theme.GRID)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setFont(theme.font(theme.SMALL))
        left = 0.0
        for word, end, colour in (("errors", self._ends[0], theme.ERROR), ("correct", self._ends[1], theme.CORRECT)):
            if end in ("0", "0 %"):  # none are shown
                continue
            left = self._paint_scale(painter, left, word, end, colour) + 2 * theme.GRID

    def _paint_scale(self, painter: QPainter, left: float, word: str, end: str, colour: QColor) -> float:
        empty = theme.mix(theme.colour("base"), theme.colour("text"), 0.05)
        metrics = painter.fontMetrics()
        painter.setPen(theme.colour("muted"))
        place = left
        for text in (f"{word}  0", None, end):
            if text is None:
                bar = QRectF(place, (self.height() - theme.GRID) / 2, 8 * theme.GRID, theme.GRID)
                gradient = QLinearGradient(bar.topLeft(), bar.topRight())
                gradient.setColorAt(0, theme.mix(empty, colour, FAINTEST))
                gradient.setColorAt(1, colour)
                painter.fillRect(bar, gradient)
                place = bar.right() + theme.GRID
            else:
                width = metrics.horizontalAdvance(text)
                painter.drawText(QRectF(place, 0, width + 1, self.height()), Qt.AlignmentFlag.AlignVCenter, text)
                place += width + theme.GRID
        return place


def _choice(name: str, rows: tuple[tuple[str, str, str], ...], parent: QWidget) -> QComboBox:
    combo = QComboBox(parent)
    combo.setAccessibleName(name)
    for word, key, help_ in rows:
        combo.addItem(word, key)
        combo.setItemData(combo.count() - 1, help_, Qt.ItemDataRole.ToolTipRole)
    combo.setToolTip("\n".join(f"{word}: {help_}" for word, _, help_ in rows))
    return combo
