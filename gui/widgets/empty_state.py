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
        middle = QHBoxLayout()  # with stretches: a label that is aligned does not get the height its words need
        middle.addStretch(1)
        middle.addWidget(self.sentence)
        middle.addStretch(1)
        column.addLayout(middle)
        if word and action is not None:
            button = QPushButton(word)
            button.setProperty("primary", True)
            button.setToolTip(tooltip)
            button.clicked.connect(action)
            column.addWidget(button, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(1)
