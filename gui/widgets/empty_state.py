"""What an empty panel shows: one sentence, and the one button that brings what is missing."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from gui import theme


class EmptyState(QWidget):
    """A sentence in the middle, and a button below it unless there is nothing to be done but wait."""

    def __init__(
        self,
        sentence: str,
        word: str = "",
        action: Callable[[], object] | None = None,
        tooltip: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.sentence = theme.label(sentence, muted=True, wrap=True)
        self.sentence.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.sentence.setFixedWidth(56 * theme.GRID)
        column = QVBoxLayout(self)
        column.setSpacing(2 * theme.GRID)
        column.addStretch(1)
        self._buttons = QVBoxLayout()
        self._buttons.setSpacing(theme.GRID)
        middle = QHBoxLayout()  # with stretches: a label that is aligned does not get the height its words need
        middle.addStretch(1)
        middle.addWidget(self.sentence)
        middle.addStretch(1)
        column.addLayout(middle)
        column.addLayout(self._buttons)
        if word and action is not None:
            self.add_button(word, action, tooltip).setProperty("primary", True)
        column.addStretch(1)

    def add_button(self, word: str, action: Callable[[], object], tooltip: str) -> QPushButton:
        """Another way, below the first."""
        button = QPushButton(word)
        button.setToolTip(tooltip)
        button.clicked.connect(action)
        self._buttons.addWidget(button, 0, Qt.AlignmentFlag.AlignHCenter)
        return button
