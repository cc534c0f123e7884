"""Long computations of panels: a small pool, cancellable, with results delivered in the window's thread."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal

from core.control import Control
from core.errors import Cancelled, UserError

log = logging.getLogger(__name__)


class Job(QObject):
    """One computation. Signals arrive in the thread that made the job; none arrives after `cancel()`."""

    done = Signal(object)  # the result
    failed = Signal(str)  # a sentence
    progress = Signal(object)  # whatever the function reports, a core.events.Progress by habit
    _ended = Signal(object, object)
    _reported = Signal(object)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.control = Control()
        self._ended.connect(self._deliver, Qt.ConnectionType.QueuedConnection)
        self._reported.connect(self._report, Qt.ConnectionType.QueuedConnection)

    def cancel(self) -> None:
        self.control.cancel()

    def _deliver(self, result: object, error: object) -> None:
        if not self.control.cancelled:
            if isinstance(error, UserError):
                self.failed.emit(str(error))
            elif error is not None:
                self.failed.emit(f"Something unexpected went wrong ({error!r}). The log has the details.")
            else:
                self.done.emit(result)
        self.deleteLater()

    def _report(self, value: object) -> None:
        if not self.control.cancelled:
            self.progress.emit(value)


class Jobs(QObject):
    """The pool. Panels start work here and never a thread of their own."""

    unhandled = Signal(str)  # the sentence of a job that was started without `failed`

    def __init__(self, parent: QObject | None = None, threads: int = 3) -> None:
        super().__init__(parent)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="job")
        self._running: set[Job] = set()
        self._closed = False

    def run(
        self,
        function: Callable[[Control, Callable[[Any], None]], Any],
        done: Callable[[Any], None] | None = None,
        failed: Callable[[str], None] | None = None,
        progress: Callable[[Any], None] | None = None,
    ) -> Job:
        """Call `function(control, report)` in the pool.

        `done`, `failed` and `progress` must be methods of QObjects that live in the window's thread. Without
        `failed`, the sentence goes to the banner.
        """
        job = Job(self)
        if self._closed:  # the window is going: nobody waits for the answer
            job.cancel()
            return job
        if done is not None:
            job.done.connect(done)
        job.failed.connect(failed if failed is not None else self.unhandled)
        if progress is not None:
            job.progress.connect(progress)
        self._running.add(job)
        job.destroyed.connect(lambda: self._running.discard(job))
        self._pool.submit(self._work, job, function)
        return job

    def _work(self, job: Job, function: Callable[[Control, Callable[[Any], None]], Any]) -> None:
        result: Any = None
        error: Exception | None = None
        try:
            job.control.checkpoint()
            result = function(job.control, job._reported.emit)
        except Cancelled:
            job.control.cancel()
        except UserError as sentence:
            error = sentence
        except Exception as unexpected:
            log.exception("a background job failed")
            error = unexpected
        job._ended.emit(result, error)

    @property
    def busy(self) -> bool:
        """Whether any job is waiting, working or about to deliver."""
        return bool(self._running)

    def close(self) -> None:
        """Cancel everything and wait for the threads to end."""
        self._closed = True
        for job in list(self._running):
            job.cancel()
        self._pool.shutdown(wait=True, cancel_futures=True)
