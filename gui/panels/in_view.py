"""A page of a stack of tabs that works only while it is in view."""

from __future__ import annotations

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QWidget

from gui.context import Context


class InView(QWidget):
    """What it would show is asked for when it comes to the front."""

    title = ""  # of its tab
    help = ""  # the tooltip of that

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.context = context
        self._stale = False

    def refresh(self) -> None:
        """Show what was handed over last; the page is in view."""
        raise NotImplementedError

    def ask_again(self) -> None:
        """Refresh, now or when the page comes to the front."""
        self._stale = not self.isVisible()
        if not self._stale:
            self.refresh()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        super().showEvent(event)
        if self._stale:
            self._stale = False
            self.refresh()

    def present(self, on: bool) -> None:
        """Presentation mode begins or ends."""

    def save_state(self) -> None:
        """Write to `context.settings` what should come back at the next start."""
