"""A line of small text that ends in … where there is no room; all of it stands in the tooltip."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QWidget

from gui import theme


class ElidedLabel(QLabel):
    """Never asks for more width than it is given."""

    def __init__(self, mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._mode = mode  # where the … stands
        self._whole = ""
        self.setProperty("type_size", "small")
        self.setProperty("muted", True)
        self.setTextFormat(Qt.TextFormat.PlainText)

    def set_text(self, text: str, more: str = "") -> None:
        """`more` is added to the tooltip only."""
        self._whole = text
        self.setToolTip(f"{text}\n{more}" if more else text)
        self._fit()

    def whole(self) -> str:
        return self._whole

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(4 * theme.GRID, super().minimumSizeHint().height())

    def sizeHint(self) -> QSize:  # noqa: N802
        margins = self.contentsMargins()
        wanted = self.fontMetrics().horizontalAdvance(self._whole) + margins.left() + margins.right() + theme.GRID
        return QSize(wanted, super().sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        room = self.contentsRect().width()
        self.setText(self.fontMetrics().elidedText(self._whole, self._mode, room))
