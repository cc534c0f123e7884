"""Bars: how much each setting that was searched mattered."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from core.search.result import Importance, label_of
from gui import theme

ROW = 3.0 * theme.GRID  # these before type is enlarged
BAR = 1.25 * theme.GRID
FIGURE = 6.0 * theme.GRID
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


class ImportanceBars(QWidget):
    """One row a setting: its name, a bar, its share in %. Takes no room while there is nothing to show."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.importances: tuple[Importance, ...] = ()
        self._colour = theme.colour("accent")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_importances(self, importances: Sequence[Importance], colour: QColor) -> None:
        self.importances, self._colour = tuple(importances), colour
        told = (f"{label_of(one.name)} {100 * one.share:.0f} %" for one in self.importances)
        self.setAccessibleName(f"Importance: {', '.join(told)}")
        self.setVisible(bool(self.importances))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(320, round(len(self.importances) * theme.pixels(ROW)))

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(240, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.font())
        metrics = QFontMetricsF(theme.font())
        names = max((metrics.horizontalAdvance(label_of(one.name)) for one in self.importances), default=0.0)
        left, height = names + 2 * theme.GRID, theme.pixels(ROW)
        longest = max(1.0, self.width() - left - theme.pixels(FIGURE))
        for row, one in enumerate(self.importances):
            top = row * height
            painter.setPen(theme.colour("text"))
            painter.drawText(QRectF(0, top, names + 1, height), LEFT, label_of(one.name))
            painter.drawText(
                QRectF(self.width() - theme.pixels(FIGURE), top, theme.pixels(FIGURE), height),
                RIGHT,
                f"{100 * one.share:.0f} %",
            )
            bar = QRectF(left, top + (height - theme.pixels(BAR)) / 2, longest * one.share, theme.pixels(BAR))
            painter.fillRect(QRectF(left, bar.top(), longest, bar.height()), theme.colour("raised"))
            painter.fillRect(bar, self._colour)
