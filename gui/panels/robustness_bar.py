"""The line above the Robustness panel: study, corruption, levels, and the button that asks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QPushButton, QToolButton, QWidget

from core.errors import UserError
from core.readable import figure
from core.robustness import CORRUPTIONS, Corruption
from gui import theme
from gui.widgets.controls import copy_button, fill_combo, named_combo

COPIES = (
    ("Levels as Markdown", "markdown"),
    ("Levels as CSV", "csv"),
    ("Levels as LaTeX", "latex"),
    ("Sentences", "sentences"),
)


class RobustnessBar(QWidget):
    """Says what is chosen; knows nothing of runs."""

    chosen = Signal()  # another study or corruption
    levels_changed = Signal()
    copy_wanted = Signal(str, str)  # what, and how its menu calls it

    def __init__(self, corruption: str, ask: str, ask_help: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studies = named_combo("Study", "The study whose finished runs are tested.", 160, gives_way=False)
        self._corruptions = named_combo("Corruption", "What is done to the test clips.", 120, gives_way=False)
        fill_combo(self._corruptions, ((row.title, key, row.help) for key, row in CORRUPTIONS.items()))
        self._corruptions.setCurrentIndex(max(0, self._corruptions.findData(corruption)))
        self.levels = QLineEdit()
        self.levels.setAccessibleName("Levels")
        self.levels.setMinimumWidth(15 * theme.GRID)
        self._unit = theme.label(muted=True)
        self._usual = QToolButton()
        theme.set_icon(self._usual, "mdi6.restore")
        self.copy = copy_button(
            "Puts the levels on the clipboard, for a document or another programme.", COPIES, self._copy
        )
        self.ask = QPushButton(ask)
        self.ask.setToolTip(ask_help)
        self.ask.setProperty("primary", True)
        self._lay_out()
        self._studies.activated.connect(self.chosen)
        self._corruptions.activated.connect(self.chosen)
        self.levels.editingFinished.connect(self.levels_changed)
        self._usual.clicked.connect(self._take_usual_levels)

    @property
    def study(self) -> str:
        return self._studies.currentText()

    @property
    def corruption(self) -> str:
        """A row of CORRUPTIONS."""
        return str(self._corruptions.currentData())

    def offer(self, studies: Sequence[str], chosen: str) -> None:
        self._studies.clear()
        self._studies.addItems(list(studies))
        self._studies.setCurrentText(chosen)

    def begin(self, row: Corruption, levels: str) -> None:
        """What was chosen has been read: these are its levels."""
        self.levels.setText(levels)
        self.levels.setToolTip(f"How strongly, in {row.unit}: figures with commas between them.\n{row.help}")
        self._unit.setText(row.unit)
        self._usual.setToolTip(f"Take the usual levels: {written(row.levels)} {row.unit}.")

    def _take_usual_levels(self) -> None:
        self.levels.setText(written(CORRUPTIONS[self.corruption].levels))
        self.levels_changed.emit()

    def _copy(self) -> None:
        action = self.sender()
        if isinstance(action, QAction):
            self.copy_wanted.emit(action.data(), action.text())

    def _lay_out(self) -> None:
        bar = QHBoxLayout(self)
        bar.setContentsMargins(theme.GRID, theme.GRID, theme.GRID, theme.GRID)
        bar.setSpacing(theme.GRID)
        for field in (self._studies, self._corruptions, self.levels):
            bar.addWidget(theme.label(field.accessibleName(), muted=True))
            bar.addWidget(field)
        bar.addWidget(self._unit)
        bar.addWidget(self._usual)
        bar.addStretch(1)
        bar.addWidget(self.copy)
        bar.addWidget(self.ask)


def levels_in(text: str, row: Corruption) -> tuple[float, ...]:
    """Levels as a person writes them, with commas, semicolons or spaces between them, in the order of a row.

    Raises:
        UserError: there is none, one is no figure, or out of bounds.
    """
    found = []
    for word in re.split(r"[\s,;]+", text.strip(" ,;")):
        try:
            found.append(float(word.replace("−", "-")))
        except ValueError:
            raise UserError(f"“{word}” is no level: write figures, e.g. {written(row.levels)}.") from None
    return row.in_order(found)


def written(levels: Iterable[float]) -> str:
    return ", ".join(figure(level) for level in levels)
