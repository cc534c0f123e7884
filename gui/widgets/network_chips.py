"""The networks of a plot: a piece of each one's line, its name and figures; a click hides it or shows it again."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import QSizePolicy, QToolButton, QVBoxLayout, QWidget

from gui import theme
from gui.looks import Look
from gui.widgets.flow import FlowLayout


class NetworkChips(QWidget):
    """A column, or lines that go on in the next; the legend of a plot beside it."""

    changed = Signal()  # another network is hidden or shown
    pointed = Signal(str)  # label; "" = none

    def __init__(self, *, column: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.chips: dict[str, QToolButton] = {}
        self.hidden: set[str] = set()  # labels: they stay hidden in another study with a network of that name
        self._looks: dict[str, Look] = {}
        self._column = column
        if column:
            layout = QVBoxLayout(self)
            layout.setContentsMargins(0, 0, 0, 0)
            layout.setSpacing(theme.GRID // 2)
            layout.addStretch(1)
        else:
            FlowLayout(self, theme.GRID // 2)

    def show_networks(self, networks: Mapping[str, Look], words: Mapping[str, str] | None = None) -> None:
        """Show networks by label, each with what is to be said of it in a second line."""
        layout = self.layout()
        assert layout is not None
        if [*self.chips] != [*networks]:
            for chip in self.chips.values():
                layout.removeWidget(chip)
                chip.deleteLater()
            self.chips = {label: self._chip(label) for label in networks}
            for place, chip in enumerate(self.chips.values()):
                if isinstance(layout, QVBoxLayout):
                    layout.insertWidget(place, chip)
                else:
                    layout.addWidget(chip)
        self._looks = dict(networks)
        for label, chip in self.chips.items():
            said = (words or {}).get(label, "")
            chip.setText(f" {label}\n {said}" if said else f" {label}")  # the blank parts it from the swatch
            chip.setIcon(networks[label].icon())

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "chips"):
            for label, chip in self.chips.items():
                chip.setIcon(self._looks[label].icon())
        super().changeEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        if event.type() in (QEvent.Type.Enter, QEvent.Type.Leave):
            label = next((name for name, chip in self.chips.items() if chip is watched), "")
            entered = event.type() == QEvent.Type.Enter and label not in self.hidden
            self.pointed.emit(label if entered else "")
        return super().eventFilter(watched, event)

    def _chip(self, label: str) -> QToolButton:
        chip = QToolButton()
        chip.setCheckable(True)
        chip.setChecked(label not in self.hidden)
        chip.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        chip.setToolTip(f"Show or hide {label} in the plot. It changes no figure.")
        chip.toggled.connect(self._toggled)
        chip.installEventFilter(self)
        if self._column:
            chip.setProperty("type_size", "small")  # two lines each
            chip.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        return chip

    def _toggled(self) -> None:
        self.hidden -= {*self.chips}
        self.hidden |= {label for label, chip in self.chips.items() if not chip.isChecked()}
        self.pointed.emit("")
        self.changed.emit()
