"""Engine events → one Qt signal in the window's thread."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, Signal

from core.engine import Engine
from core.events import Event


class Bridge(QObject):
    """Re-emits what the engine says. Connect slots of QObjects that live in the window's thread to `happened`
    (not `event`, which is a method of every QObject)."""

    happened = Signal(object)  # core.events.Event, delivered in the window's thread
    _crossing = Signal(object)

    def __init__(self, engine: Engine, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._crossing.connect(self._arrived, Qt.ConnectionType.QueuedConnection)
        self._unsubscribe: Callable[[], None] = engine.subscribe(self._crossing.emit)

    def _arrived(self, event: Event) -> None:
        self.happened.emit(event)

    def close(self) -> None:
        """Stop listening."""
        self._unsubscribe()
