"""What Train shows while there is no run: one sentence, and the demo studies."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from gui import theme

DEMOS = {  # by preset: word, tooltip
    "demo": (
        "Demo with sounds (about 3 minutes)",
        "Sounds are made on this machine; a baseline CNN, AlexNet and ResNet-50 learn them.",
    ),
    "demo-video": (
        "Demo with videos (about 5 minutes)",
        "Videos are made on this machine; some classes differ in the direction of a motion only, which one frame "
        "cannot tell: five ways of joining frames learn them.",
    ),
    "demo-audio-visual": (
        "Demo with both (about 2 minutes)",
        "Videos with sound are made on this machine; some classes differ in their sound only, others in what is seen: "
        "sound, sight and both learn them.",
    ),
}


class Welcome(QWidget):
    """The first-start page."""

    demo = Signal(str)  # a preset

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.choice = QWidget()
        self.choice.setFixedWidth(40 * theme.GRID)
        choices = QVBoxLayout(self.choice)
        choices.setContentsMargins(0, 0, 0, 0)
        choices.setSpacing(theme.GRID)
        group = QButtonGroup(self)
        for number, (preset, (word, tooltip)) in enumerate(DEMOS.items()):
            button = QPushButton(word)
            button.setObjectName(preset)
            button.setProperty("primary", number == 0)
            button.setToolTip(tooltip)
            group.addButton(button)
            choices.addWidget(button)
        group.buttonClicked.connect(lambda button: self.demo.emit(button.objectName()))
        sentence = theme.label(
            "Loss and accuracy of every network will be drawn here while it learns. "
            "Start the study on the left, or see networks learn synthetic clips that are made on this machine.",
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
        inside.addWidget(self.choice, 0, Qt.AlignmentFlag.AlignHCenter)
        column = QVBoxLayout(self)
        column.addStretch(2)
        line = QHBoxLayout()  # no alignment: it would forget how high the sentence is at its width
        line.addStretch(1)
        line.addWidget(middle)
        line.addStretch(1)
        column.addLayout(line)
        column.addStretch(3)
