"""What a panel is, and what it tells the window about itself."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QSplitter, QWidget

from gui.context import Context


@dataclass(frozen=True)
class Shortcut:
    """A key of a panel, for the sheet of keys; the panel itself makes the QShortcut or handles the key."""

    keys: str  # as QKeySequence reads it
    does: str


@dataclass(frozen=True)
class PanelInfo:
    """A row of PANELS. `factory` is the dotted path of a Panel class."""

    title: str
    icon: str  # a name of the icon library, e.g. "mdi6.waveform"
    help: str
    factory: str
    shortcuts: tuple[Shortcut, ...] = ()


class Panel(QWidget):
    """One page of the window. Made when it is first shown; lives until the window closes."""

    said = Signal(str, str)  # sentence, level: of work in the background, when another panel may be in front

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)  # a click beside the controls gives the panel its keys
        self.context = context
        self._splitters: dict[str, QSplitter] = {}

    def remember(self, key: str, splitter: QSplitter) -> None:
        """Give a splitter the position it had at the last end, and keep its position at the next."""
        splitter.setChildrenCollapsible(False)
        self._splitters[key] = splitter
        state = self.context.settings.value(key)
        if state is not None:
            splitter.restoreState(state)

    def activate(self) -> None:
        """The panel has come to the front: refresh what may have changed meanwhile."""

    def present(self, on: bool) -> None:
        """Presentation mode begins or ends: hide what only serves to operate, show it again."""

    def save_state(self) -> None:
        """Write to `context.settings` what should come back at the next start."""
        for key, splitter in self._splitters.items():
            self.context.settings.setValue(key, splitter.saveState())

    def close_panel(self) -> None:
        """The window is closing: stop timers, playback and jobs."""
