"""One class of a lesson: its name, the button that is held to record it, and how much of it there is."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from core.readable import counted
from gui import theme
from gui.widgets.controls import icon_button

KEYS = 9  # classes that have one: the digits
LONGEST_NAME = 40  # letters


class TaughtClass(QWidget):
    """The row knows nothing of sound and pictures: it says what was pressed."""

    held = Signal()
    let_go = Signal()
    renamed = Signal()
    remove_wanted = Signal()

    def __init__(self, name: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._place, self._may_record = 0, False
        self._held: float | None = None  # s
        self.key = theme.label(muted=True, bold=True)
        self.line = QLineEdit(name)
        self.line.setMaxLength(LONGEST_NAME)
        self.line.setPlaceholderText("name of a class")
        self.line.setAccessibleName("Name of a class")
        self.remove = icon_button("mdi6.close", "Remove", "Remove this class. One that has examples stays.")
        self.button = QPushButton()
        self.button.setMinimumHeight(5 * theme.GRID)
        self.count = theme.label(size=theme.SMALL, muted=True)
        self.count.setMinimumWidth(10 * theme.GRID)  # the buttons stay in line
        upper, lower = QHBoxLayout(), QHBoxLayout()
        for widget in (self.key, self.line, self.remove):
            upper.addWidget(widget)
        lower.addWidget(self.button, 1)
        lower.addWidget(self.count)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, theme.GRID)
        column.setSpacing(theme.GRID // 2)
        column.addLayout(upper)
        column.addLayout(lower)
        self.line.textChanged.connect(self._dress)
        self.line.editingFinished.connect(self.renamed)
        self.remove.clicked.connect(self.remove_wanted)
        self.button.pressed.connect(self.held)
        self.button.released.connect(self.let_go)

    @property
    def name(self) -> str:
        return " ".join(self.line.text().split())

    def set_place(self, place: int) -> None:
        """From 0; the first ones have a key."""
        self._place = place
        self.key.setText(f"{place + 1}" if place < KEYS else "")
        self._dress()

    def show_counts(self, presses: int, examples: int, locked: bool) -> None:
        """`locked`: its name stays, as something is called so."""
        self.count.setText(f"{counted(presses, 'press', 'presses')}\n{counted(examples, 'example')}")
        self.line.setReadOnly(locked)
        self.line.setToolTip("It has examples: its name stays." if locked else "What you will call it.")
        self.remove.setVisible(not locked)

    def allow(self, record: bool) -> None:
        self._may_record = record
        self._dress()

    def show_held(self, seconds: float | None) -> None:
        """How long it has been held; None = it is not."""
        self._held = seconds
        self._dress()

    def _dress(self) -> None:
        held, key = self._held is not None, f"  ({self._place + 1})" if self._place < KEYS else ""
        self.button.setText(f"Recording {self._held:.1f} s" if held else f"Hold to record{key}")
        self.button.setEnabled(self._may_record and bool(self.name))
        self.button.setToolTip(
            f"Everything that is heard and seen while you hold it becomes examples of this class{key}."
            if self.name
            else "Give the class a name first."
        )
        if bool(self.button.property("primary")) != held:
            self.button.setProperty("primary", held)
            self.button.style().polish(self.button)
