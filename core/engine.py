"""The engine: `run` trains a study and returns; `Engine` does the same in one background thread."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from core.control import Control
from core.events import BatchEnded, Event
from core.study import Study
from core.workspace import Workspace

Emit = Callable[[Event], None]


class State(StrEnum):
    """What the engine is doing."""

    IDLE = "idle"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPING = "stopping"


@dataclass(frozen=True)
class EngineStatus:
    """A snapshot for the status bar."""

    state: State = State.IDLE
    study: str = ""
    run: str = ""
    runs_done: int = 0
    runs_total: int = 0
    epoch: int = 0
    epochs: int = 0
    clips_per_second: float = 0.0
    seconds_left: float | None = None  # of the study; None = not known yet
    device: str = ""


class Engine:
    """One study at a time in one background thread. All methods may be called from any thread."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self._control = Control()
        self._thread: threading.Thread | None = None
        self._subscribers: list[Emit] = []
        self._batches: deque[BatchEnded] = deque(maxlen=20_000)
        self._status = EngineStatus()

    def subscribe(self, callback: Emit) -> Callable[[], None]:
        """Call back with every event, in the engine's thread; returns the function that ends it."""
        raise NotImplementedError

    def start(self, study: Study) -> None:
        """Begin a study. Raises UserError when one is under way or the workspace cannot be written to."""
        raise NotImplementedError

    def pause(self) -> None: ...

    def resume(self) -> None: ...

    def cancel(self) -> None: ...

    @property
    def status(self) -> EngineStatus:
        return self._status

    def drain_batches(self) -> list[BatchEnded]:
        """Take the batches since the last call (bounded: the oldest are dropped)."""
        raise NotImplementedError

    def join(self, timeout: float | None = None) -> bool:
        """Wait for the study to end; False on time-out."""
        raise NotImplementedError
