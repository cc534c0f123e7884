"""Clips per class, and of each class how many are in each fold: uneven bars are seen at a glance."""

from __future__ import annotations

import math
from collections import Counter

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from core.datasets.base import ALWAYS_TRAINING, Dataset
from core.datasets.browse import NO_FOLD, fold_counts
from core.readable import counted
from gui import theme

ROW = 20  # pixels of a class, before type is enlarged
LEGEND = 16  # pixels of the line that names the folds
COLUMN = 360  # pixels a column of classes needs at least
MARGIN = 2 * theme.GRID


class ClassBalance(QWidget):
    """A row a class in as many columns as there is room for; a bar is made of the folds, in shades of one colour."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._classes: tuple[str, ...] = ()
        self._counts: list[Counter[int]] = []
        self._folds: tuple[int, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)

    def show_dataset(self, dataset: Dataset) -> None:
        self._classes = dataset.classes
        self._counts = fold_counts(dataset)
        self._folds = tuple(sorted({fold for counts in self._counts for fold in counts}))
        self.updateGeometry()
        self.update()

    def count(self, label: int, fold: int) -> int:
        return self._counts[label][fold]

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(COLUMN, self._height(1))

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(COLUMN, self._height(self._columns()))

    def resizeEvent(self, event: QEvent) -> None:  # noqa: N802
        self.updateGeometry()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        if not self._classes:
            return
        painter = QPainter(self)
        painter.setFont(theme.font(theme.SMALL))
        self._paint_legend(painter)
        most = max(max((counts.total() for counts in self._counts), default=0), 1)
        metrics = painter.fontMetrics()
        name_width = min(max(metrics.horizontalAdvance(name) for name in self._classes) + 4, round(theme.pixels(176)))
        figure_width = metrics.horizontalAdvance("0" * len(str(most))) + theme.GRID
        centre = Qt.AlignmentFlag.AlignVCenter
        for label, (name, counts) in enumerate(zip(self._classes, self._counts, strict=True)):
            cell = self._cell(label)
            height = cell.height()
            painter.setPen(theme.colour("text"))
            shown = metrics.elidedText(name.replace("_", " "), Qt.TextElideMode.ElideRight, name_width)
            painter.drawText(
                QRectF(cell.left(), cell.top(), name_width, height), Qt.AlignmentFlag.AlignRight | centre, shown
            )
            left = cell.left() + name_width + theme.GRID
            scale = (cell.right() - left - figure_width) / most
            for fold in self._folds:
                width = counts[fold] * scale
                painter.fillRect(QRectF(left, cell.top() + 4, max(width - 1, 0), height - 8), self._shade(fold))
                left += width
            painter.setPen(theme.colour("muted"))
            place = QRectF(cell.right() - figure_width, cell.top(), figure_width, height)
            painter.drawText(place, Qt.AlignmentFlag.AlignRight | centre, str(counts.total()))

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            for label, name in enumerate(self._classes):
                if self._cell(label).contains(event.pos()):
                    folds = [f"{self._fold_name(fold)}: {self._counts[label][fold]}" for fold in self._folds]
                    text = "\n".join([f"{name}: {counted(self._counts[label].total(), 'clip')}", *folds])
                    QToolTip.showText(event.globalPos(), text, self)
                    return True
        return super().event(event)

    def _paint_legend(self, painter: QPainter) -> None:
        left, height = float(MARGIN), theme.pixels(LEGEND)
        for fold in self._folds:
            painter.fillRect(QRectF(left, MARGIN + 2, height - 4, height - 4), self._shade(fold))
            painter.setPen(theme.colour("muted"))
            name = self._fold_name(fold)
            width = painter.fontMetrics().horizontalAdvance(name)
            painter.drawText(QRectF(left + height + 2, MARGIN, width + 4, height), Qt.AlignmentFlag.AlignVCenter, name)
            left += width + height + 2 + 2 * theme.GRID

    def _fold_name(self, fold: int) -> str:
        return {NO_FOLD: "No fold", ALWAYS_TRAINING: "Always training"}.get(fold, f"Fold {fold}")

    def _shade(self, fold: int) -> QColor:
        place = self._folds.index(fold) / max(len(self._folds) - 1, 1)
        return theme.mix(theme.colour("accent"), theme.colour("base"), 0.6 * place)

    def _columns(self) -> int:
        wanted = math.ceil(len(self._classes) / 20)  # few classes need no second column
        return max(1, min(wanted, int(self.width() / theme.pixels(COLUMN))))

    def _rows(self, columns: int) -> int:
        return math.ceil(len(self._classes) / columns)

    def _height(self, columns: int) -> int:
        return 3 * MARGIN + math.ceil(theme.pixels(LEGEND + ROW * self._rows(columns)))

    def _cell(self, label: int) -> QRectF:
        columns = self._columns()
        rows = self._rows(columns)
        # Half a screen of bar is long enough: a single column does not run across a wide window.
        width = min((self.width() - MARGIN) / columns, theme.pixels(720)) - MARGIN
        top, height = 2 * MARGIN + theme.pixels(LEGEND), theme.pixels(ROW)
        return QRectF(MARGIN + (label // rows) * (width + MARGIN), top + (label % rows) * height, width, height)
