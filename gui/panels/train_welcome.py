"""What Train shows while there is no run: one sentence, one button."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from gui import theme


class Welcome(QWidget):
    """The first-start page."""

    demo = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.button = QPushButton("Run the demo study (synthetic sounds, about 3 minutes)")
        self.button.setProperty("primary", True)
        self.button.setToolTip("Sounds are made on this machine; a baseline CNN, AlexNet and ResNet-50 learn them.")
        self.button.clicked.connect(self.demo)
        sentence = theme.label(
            "Loss and accuracy of every network will be drawn here while it learns. "
            "Start the study on the left, or see all three architectures learn sounds made on this machine.",
            muted=True,
            wrap=True,
        )
        sentence.setAlignment(Qt.AlignmentFlag.AlignCenter)
        title = theme.label("No network has been trained in this workspace yet", theme.TITLE)
        title.setAlignment(Qt.AlignmentFlag.AlignCenter)
        middle = QWidget()
        middle.setFixedWidth(72 * theme.GRID)
        inside = QVBoxLayout(middle)
        inside.setSpacing(2 * theme.GRID)
        for widget in (title, sentence):
            inside.addWidget(widget)
        inside.addWidget(self.button, 0, Qt.AlignmentFlag.AlignHCenter)
        column = QVBoxLayout(self)
        column.addStretch(2)
        line = QHBoxLayout()  # no alignment: it would forget how high the sentence is at its width
        line.addStretch(1)
        line.addWidget(middle)
        line.addStretch(1)
        column.addLayout(line)
        column.addStretch(3)
