"""What tells some predictions from others, the strongest first: medians of both, effect, interval, p."""

from __future__ import annotations

import math

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)

from core.analysis.in_common import Comparison
from core.evaluation.clustered_auc import Auc
from gui import theme

Index = QModelIndex | QPersistentModelIndex
AUC = Qt.ItemDataRole.UserRole
NAME, ONE, OTHER, EFFECT, P = range(5)
HELP = (
    "What was measured of the clips, or what they are sorted by. Click one to see it below.",
    "Median of those in question.",
    "Median of the others.",
    "AUC: the probability that one of those in question has more of it than one of the others; 0.5 = no difference "
    "(Vargha & Delaney 2000). Bar: from 0 to 1; to the right, those in question have more of it. The 95 % interval "
    "takes groups for clusters (Obuchowski 1997): clips of one group, and answers to one clip, resemble each other.",
    "Of no difference, by Holm's correction for all that was measured.",
)
ROW = 26  # pixels, before type is enlarged
LEAST_NAME = 9 * theme.GRID
LONGEST = "0.00 [0.00, 0.00]"


class ContrastList(QTreeWidget):
    """A row a property, then a row for each way in which clips are sorted."""

    chosen_changed = Signal(str)  # name of a property or of a factor

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setAllColumnsShowFocus(True)
        self.setAccessibleName("What tells them apart")
        self.setMinimumHeight(12 * theme.GRID)
        self.setItemDelegateForColumn(EFFECT, _Effect(self))
        self.setHeaderLabels(["Property", "", "", "AUC, 95 %", "p"])
        for column, words in enumerate(HELP):
            self.headerItem().setToolTip(column, words)
            if column in (ONE, OTHER, P):
                self.headerItem().setTextAlignment(column, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        header = self.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Interactive)
        header.setSectionResizeMode(EFFECT, QHeaderView.ResizeMode.Stretch)
        header.setMinimumSectionSize(5 * theme.GRID)
        self.itemSelectionChanged.connect(self._selected)

    @property
    def chosen(self) -> str:
        """Name of the row that is chosen; empty where there is none."""
        items = self.selectedItems()
        return items[0].text(NAME) if items else ""

    def present(self, on: bool) -> None:
        """Names and effects need the room; the medians stand in the plot."""
        for column in (ONE, OTHER):
            self.setColumnHidden(column, on)

    def show_comparison(self, found: Comparison | None) -> None:
        """The row that was chosen stays so where it still is, else the first is chosen."""
        before = self.chosen
        self.blockSignals(True)
        self.clear()
        if found is not None:
            self._fill(found)
        same = self.findItems(before, Qt.MatchFlag.MatchExactly, NAME)
        first = same[0] if same else self.topLevelItem(0)
        if first is not None:
            self.setCurrentItem(first)
        self.blockSignals(False)
        self._share_out()
        self._selected()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        super().resizeEvent(event)
        self._share_out()

    def _share_out(self) -> None:
        """Names give way to the figures of the effect, which say more when there is little room."""
        others = sum(self.columnWidth(column) for column in (ONE, OTHER, P) if not self.isColumnHidden(column))
        room = self.viewport().width() - others - self.sizeHintForColumn(EFFECT)
        self.setColumnWidth(NAME, max(LEAST_NAME, min(self.sizeHintForColumn(NAME), room)))

    def _fill(self, found: Comparison) -> None:
        one, other = found.compared.names
        self.headerItem().setText(ONE, one.split()[0].capitalize())  # errors and successes, or selected and others
        self.headerItem().setText(OTHER, other.split()[-1].capitalize())
        bold = QFont()
        bold.setBold(True)
        for contrast in found.contrasts:
            of = contrast.measured
            first, second = contrast.medians
            p = "–" if math.isnan(contrast.p) else f"{contrast.p:.3f}" if contrast.p >= 0.001 else "< 0.001"
            item = QTreeWidgetItem(
                [of.name, of.text(first, unit=False), of.text(second), "", p]  # one unit
            )
            item.setData(EFFECT, AUC, contrast.auc)
            item.setToolTip(NAME, f"{of.name}. {of.help}")
            item.setToolTip(EFFECT, HELP[EFFECT])
            for column in (ONE, OTHER, P):
                item.setTextAlignment(column, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            if contrast.tells:
                item.setFont(NAME, bold)
            self.addTopLevelItem(item)
        for name, shares in found.factors.items():
            item = QTreeWidgetItem([name, "", "shares", "", ""])
            item.setTextAlignment(OTHER, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            item.setForeground(OTHER, theme.colour("muted"))
            item.setToolTip(OTHER, "Click to see them below.")
            item.setToolTip(NAME, f"The share of {found.compared.names[0]} in each of {len(shares)}.")
            self.addTopLevelItem(item)

    def _selected(self) -> None:
        self.chosen_changed.emit(self.chosen)


class _Effect(QStyledItemDelegate):
    """Figures above a track from 0 to 1 with its middle, the interval on it, and a mark at the value."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: N802 - Qt's name
        wide = QFontMetrics(theme.font(theme.SMALL)).horizontalAdvance(LONGEST) + theme.GRID
        return QSize(wide, round(theme.pixels(ROW)))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        super().paint(painter, option, index)
        auc, room = index.data(AUC), QRectF(option.rect)
        if not isinstance(auc, Auc) or math.isnan(auc.value):
            return
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.font(theme.SMALL))
        painter.setPen(theme.colour("text"))
        painter.drawText(room, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop, auc.figures())
        y = room.bottom() - 5

        def at(value: float) -> float:
            return room.left() + theme.GRID + value * (room.width() - 2 * theme.GRID)

        painter.setPen(QPen(theme.colour("border"), 1))
        painter.drawLine(QPointF(at(0), y), QPointF(at(1), y))
        painter.drawLine(QPointF(at(0.5), y - 4), QPointF(at(0.5), y + 4))
        colour = theme.colour("text" if math.isfinite(auc.p) else "muted")
        if math.isfinite(auc.low):
            painter.setPen(QPen(colour, 2))
            painter.drawLine(QPointF(at(auc.low), y), QPointF(at(auc.high), y))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawEllipse(QPointF(at(auc.value), y), 3, 3)
        painter.restore()
