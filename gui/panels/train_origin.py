"""What a run started from: the weights that were transferred, and those that were not."""

from __future__ import annotations

from collections import Counter

from PySide6.QtGui import QFontDatabase, QIcon
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QPlainTextEdit, QVBoxLayout, QWidget

from core.readable import counted
from core.runs import RunFolder
from gui import theme

_KINDS = ("loaded", "skipped", "missing")  # the first word of a tensor's line


def in_short(lines: tuple[str, ...]) -> str:
    """One sentence on what the engine wrote about the initial weights of a run."""
    found = Counter(line.split(" ", 1)[0] for line in lines)
    if not lines:
        return "It has not begun: what it starts from is written when it does."
    if not any(found[kind] for kind in _KINDS):
        return "It started from random weights."
    loaded, skipped, missing = (found[kind] for kind in _KINDS)
    text = f"{counted(loaded, 'tensor')} transferred, {skipped or 'none'} skipped"
    return f"{text}; {missing} of the network started from random values." if missing else f"{text}."


def show_origin(run: RunFolder, network: str, parent: QWidget) -> None:
    """A window with the sentence and the list, tensor by tensor."""
    lines = run.initial_weights
    box = QDialog(parent)
    box.setWindowTitle(f"What {network} started from")
    box.resize(90 * theme.GRID, 60 * theme.GRID)
    column = QVBoxLayout(box)
    column.setSpacing(theme.GRID)
    column.addWidget(theme.label(run.name, theme.SMALL, muted=True))
    column.addWidget(theme.label(in_short(lines), wrap=True))
    every = QPlainTextEdit("\n".join(lines))
    every.setReadOnly(True)
    every.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
    every.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
    every.setVisible(len(lines) > 1)
    column.addWidget(every, 1)
    buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
    buttons.button(QDialogButtonBox.StandardButton.Close).setIcon(QIcon())  # as buttons are elsewhere
    buttons.rejected.connect(box.reject)
    column.addWidget(buttons)
    box.exec()
    box.deleteLater()
