"""The handle by which one thread steers work in another: pause and cancel at safe boundaries, and what comes first."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

from core.errors import Cancelled


class Control:
    """Pause and cancel flags, and names of what is wanted first.

    Workers call `checkpoint()` between batches, files and downloaded blocks.
    """

    def __init__(self) -> None:
        self._cancel = threading.Event()
        self._may_run = threading.Event()
        self._may_run.set()
        self._lock = threading.Lock()
        self.waited = 0.0  # seconds that the worker has spent paused
        self.first: tuple[str, ...] = ()  # names of what is wanted before the rest, the first first

    def cancel(self) -> None:
        with self._lock:
            self._cancel.set()
            self._may_run.set()

    def prefer(self, names: Sequence[str]) -> None:
        """These before all others that have not begun, and before what was wanted first so far."""
        with self._lock:
            self.first = (*names, *(name for name in self.first if name not in names))

    def pause(self) -> None:
        """Hold the worker at its next checkpoint. What is cancelled is not held any more."""
        with self._lock:
            if not self._cancel.is_set():
                self._may_run.clear()

    def resume(self) -> None:
        self._may_run.set()

    @property
    def cancelled(self) -> bool:
        return self._cancel.is_set()

    @property
    def paused(self) -> bool:
        return not self._may_run.is_set()

    def checkpoint(self) -> None:
        """Return at once, or wait while paused.

        Raises:
            Cancelled: the work was cancelled, also while it was paused.
        """
        if not self._may_run.is_set():
            since = time.perf_counter()
            self._may_run.wait()
            self.waited += time.perf_counter() - since
        if self._cancel.is_set():
            raise Cancelled
