"""Architectures as rows; sound, sight and both as columns: one figure a network, side by side."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)

from core.evaluation.families import Family, families
from core.evaluation.metrics import METRICS
from core.evaluation.summary import NetworkRow, Summary
from gui import theme
from gui.widgets.marks import MARKS

NETWORK, NAME = Qt.ItemDataRole.UserRole, Qt.ItemDataRole.UserRole + 1
BEST = "★"
GAPS = 3 * theme.GRID  # around and between the two ends of a cell
LEAST = 16 * theme.GRID  # of a column, in pixels
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class ModalityGrid(QTreeWidget):
    """A cell is a network: what tells it apart at the left, its mean and interval at the right, a star at the best."""

    errors_wanted = Signal(str)  # label of a network

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectItems)
        self.setItemDelegate(_TwoEnds(self))
        self.setAccessibleName("Sound, sight and both by architecture")
        self.setMinimumHeight(12 * theme.GRID)
        self.header().setStretchLastSection(False)  # with other columns Qt would give the last its old width again
        self.itemActivated.connect(self._activated)  # by a double click, or Enter

    def show_summary(self, summary: Summary, metric: str) -> None:
        """Fill the table; the architecture with the best network stands first."""
        self.clear()
        shown = summary.modalities
        self.setColumnCount(1 + len(shown))
        self.setHeaderLabels(
            ["Architecture", *(f"{MARKS[modality]} {modality.word.capitalize()}" for modality in shown)]
        )
        about = METRICS[metric]
        self.headerItem().setToolTip(0, f"The best first. {BEST} marks the best network of each architecture.")
        for column, modality in enumerate(shown, start=1):
            self.headerItem().setTextAlignment(column, RIGHT)
            self.headerItem().setToolTip(
                column,
                f"{about.title} in {about.unit} of the networks given {modality.word}: mean and 95 % interval over "
                "the folds. A double click shows a network's errors.",
            )
        for family in families(summary, metric):
            cells = [family.of(modality) for modality in shown]
            for line in range(max(map(len, cells))):
                self._add_line(family, [cell[line] if line < len(cell) else None for cell in cells], line == 0, metric)
        self.header().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.header().setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        self._share_out()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        super().resizeEvent(event)
        self._share_out()

    def _share_out(self) -> None:
        """Columns take what they need; the room that is left, or missing, is shared equally."""
        columns = range(1, self.columnCount())
        if not columns:
            return
        needed = [max(self.sizeHintForColumn(column), self.header().sectionSizeHint(column)) for column in columns]
        left = (self.viewport().width() - self.header().sectionSize(0) - sum(needed)) / len(columns)
        for column, width in zip(columns, needed, strict=True):
            self.setColumnWidth(column, max(LEAST, int(width + left)))

    def _add_line(self, family: Family, networks: list[NetworkRow | None], first: bool, metric: str) -> None:
        item = QTreeWidgetItem([family.title if first else ""])
        item.setFlags(item.flags() | Qt.ItemFlag.ItemIsEnabled)
        if first:
            item.setIcon(0, theme.architecture_icon(family.architecture))
        about = METRICS[metric]
        for column, network in enumerate(networks, start=1):
            if network is None:
                item.setText(column, "–" if first else "")
                continue
            mean, best = network.means[metric], network is family.best(metric)
            item.setText(column, f"{BEST + ' ' if best else ''}{about.text(mean.value)}   {network.interval(metric)}")
            item.setFont(column, theme.font(bold=best))
            item.setData(column, NETWORK, network.label)
            item.setData(column, NAME, family.name_of(network))
            item.setToolTip(
                column, f"{network.label}\n{mean.text(about.scale, about.decimals)} {about.unit}, {mean.basis}"
            )
        self.addTopLevelItem(item)

    def _activated(self, item: QTreeWidgetItem, column: int) -> None:
        if item.data(column, NETWORK):
            self.errors_wanted.emit(item.data(column, NETWORK))


class _TwoEnds(QStyledItemDelegate):
    """Paints the name of a cell at its left and the figures at its right; the name gives way."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:  # noqa: N802
        size = super().sizeHint(option, index)
        if index.column() and (name := index.data(NAME)):
            size.setWidth(size.width() + QFontMetrics(theme.font(theme.SMALL)).horizontalAdvance(name) + GAPS)
        return size

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        if not index.column():
            super().paint(painter, option, index)
            return
        text, name = str(index.data()), index.data(NAME) or ""
        self.initStyleOption(option, index)
        option.text = ""
        style = option.widget.style()
        style.drawControl(style.ControlElement.CE_ItemViewItem, option, painter, option.widget)
        selected = bool(option.state & style.StateFlag.State_Selected)
        room = option.rect.adjusted(theme.GRID, 0, -2 * theme.GRID, 0)
        painter.save()
        painter.setFont(option.font)
        painter.setPen(theme.colour("text"))
        painter.drawText(room, RIGHT, text)
        room.setRight(room.right() - painter.fontMetrics().horizontalAdvance(text) - theme.GRID)
        painter.setFont(theme.font(theme.SMALL))
        painter.setPen(theme.colour("text" if selected else "muted"))
        shown = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)
        painter.restore()
