"""The handle by which one thread pauses or cancels work in another, at safe boundaries."""

from __future__ import annotations

import threading

from core.errors import Cancelled


class Control:
    """Pause and cancel flags. Workers call `checkpoint()` between batches, files and downloaded blocks."""

    def __init__(self) -> None:
        self._cancel = threading.Event()
        self._may_run = threading.Event()
        self._may_run.set()

    def cancel(self) -> None:
        self._cancel.set()
        self._may_run.set()

    def pause(self) -> None:
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
        self._may_run.wait()
        if self._cancel.is_set():
            raise Cancelled
