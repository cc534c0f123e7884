"""The rail on the left: one button a panel, made from PANELS, and two for the window itself."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QFrame, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from core.tables import Table
from gui import theme
from gui.panels.base import PanelInfo

WIDTH = 11 * theme.GRID


class Rail(QFrame):
    """Says which panel is wanted; the window decides."""

    chosen = Signal(str)  # id of a panel
    keys_wanted = Signal()
    presentation_wanted = Signal()

    def __init__(self, panels: Table[PanelInfo], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedWidth(WIDTH)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.GRID // 2, theme.GRID, theme.GRID // 2, theme.GRID)
        column.setSpacing(theme.GRID // 2)
        self._group = QButtonGroup(self)
        self.buttons: dict[str, QToolButton] = {}
        for place, (name, info) in enumerate(panels.items(), start=1):
            button = _button(info.icon, info.title, f"{info.help}\nCtrl+{place}")
            button.setCheckable(True)
            button.setProperty("panel", name)
            self._group.addButton(button)
            self.buttons[name] = button
            column.addWidget(button)
        self._group.buttonClicked.connect(self._clicked)
        column.addStretch(1)
        present = _button("mdi6.presentation", "Present", "Larger type and no controls, for a projector.\nF11")
        present.clicked.connect(self.presentation_wanted)
        keys = _button("mdi6.keyboard-outline", "Keys", "The sheet of keys.\n?")
        keys.clicked.connect(self.keys_wanted)
        column.addWidget(present)
        column.addWidget(keys)

    def show_chosen(self, name: str) -> None:
        self.buttons[name].setChecked(True)

    def _clicked(self, button: QToolButton) -> None:
        self.chosen.emit(button.property("panel"))


def _button(icon: str, text: str, tooltip: str) -> QToolButton:
    button = QToolButton()
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
    button.setText(text)
    button.setToolTip(tooltip)
    button.setIconSize(QSize(3 * theme.GRID, 3 * theme.GRID))
    button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
    button.setMinimumHeight(7 * theme.GRID)
    theme.set_icon(button, icon)
    return button
