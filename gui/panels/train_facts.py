"""A line of figures above the curves: device, speed, memory, time left."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from gui import theme

_FACTS = {
    "device": ("Device", "What the networks are trained on."),
    "speed": ("Speed", "Training clips a second, over the last epoch."),
    "memory": ("Memory", "What Sensorium holds in memory at present."),
    "left": ("Time left", "Of the whole study: measured where a run of the network is done, else estimated."),
}


class Facts(QWidget):
    """A quiet word and its figure, side by side; figures that are not known are a dash."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(theme.GRID)
        self.values: dict[str, QLabel] = {}
        for name, (word, help) in _FACTS.items():
            caption, value = theme.label(word, theme.SMALL, muted=True), theme.label("–")
            for label in (caption, value):
                label.setToolTip(help)
                line.addWidget(label)
            line.addSpacing(2 * theme.GRID)
            self.values[name] = value
        line.addStretch(1)

    def show_values(self, **values: str) -> None:
        for name, text in values.items():
            self.values[name].setText(text or "–")
