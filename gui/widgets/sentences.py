"""What can be said of a plot, beside it: paragraphs that are scrolled through and can be selected."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QScrollArea, QWidget

from gui import theme


class Sentences(QScrollArea):
    """Rich text."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._label = theme.label(wrap=True)
        self._label.setTextFormat(Qt.TextFormat.RichText)
        self._label.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._label.setContentsMargins(2 * theme.GRID, theme.GRID, 2 * theme.GRID, theme.GRID)
        self.setWidget(self._label)
        self.setWidgetResizable(True)
        self.setMinimumWidth(32 * theme.GRID)

    def say(self, paragraphs: Iterable[str]) -> None:
        """Each is HTML."""
        self._label.setText("".join(f"<p>{paragraph}</p>" for paragraph in paragraphs))

    def text(self) -> str:
        """As HTML."""
        return self._label.text()
