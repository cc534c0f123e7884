"""One sitting at the computer: the Qt application, its window, garbage collection, exceptions and Ctrl-C."""

from __future__ import annotations

import gc
import logging
import os
import signal
import sys
import threading
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

from PySide6.QtCore import QObject, QSettings, Qt, QTimer, Signal
from PySide6.QtWidgets import QApplication

from core.engine import Engine
from core.errors import UserError
from core.log import log_into
from core.workspace import Workspace, default_workspace
from gui import theme
from gui.context import Context
from gui.main_window import MainWindow
from gui.platform_checks import sound_problem

log = logging.getLogger(__name__)

SETTLE_MS = 100  # the window is painted before anything heavy is imported
COLLECT_MS = 500  # also how soon Python hears Ctrl-C while Qt waits for events
_SIGNALS = (signal.SIGINT, signal.SIGTERM)  # Ctrl-C in the terminal, and a polite end from outside


def run(workspace: Path | None) -> int:
    """Show the window and stay until it is closed."""
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        app = QApplication(sys.argv[:1])
    app.setApplicationName("Sensorium")
    app.setQuitOnLastWindowClosed(False)  # the session says when: another workspace may be about to open
    theme.follow_system(app)
    collector = Collector(app)
    session = Session(app)
    with session.hooks():
        session.open(workspace or last_workspace())
        code = app.exec()
    collector.stop()
    return int(code)


def open_context(root: Path) -> Context:
    """A workspace with its engine and the settings of its window (a file inside it)."""
    workspace = Workspace(root).open()
    settings = QSettings(str(workspace.root / "window.ini"), QSettings.Format.IniFormat)
    return Context(workspace, Engine(workspace), settings)


def last_workspace() -> Path:
    """The folder open last, where there still is one; `$SENSORIUM_WORKSPACE` comes first."""
    remembered = str(_memory().value("workspace", ""))
    if "SENSORIUM_WORKSPACE" not in os.environ and remembered and Path(remembered).is_dir():
        return Path(remembered)
    return default_workspace()


def _memory() -> QSettings:
    return QSettings(QSettings.Format.IniFormat, QSettings.Scope.UserScope, "Sensorium", "Sensorium")


class Session(QObject):
    """Opens windows one after the other, and shows what goes wrong in any of them."""

    _trouble = Signal(str)

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        self._app = app
        self._log = ExitStack()
        self.window: MainWindow | None = None
        self._next: Path | None = None
        self._trouble.connect(self._show_trouble, Qt.ConnectionType.QueuedConnection)

    def open(self, root: Path) -> None:
        """Open the window of a workspace; torch is imported once it shows."""
        context = open_context(root)
        self._log.enter_context(log_into(context.workspace))
        self.window = MainWindow(context)
        self.window.workspace_chosen.connect(self._open_instead)
        self.window.closed.connect(self._closed)
        self.window.show()
        if context.workspace.writable:
            _memory().setValue("workspace", str(context.workspace.root))
        QTimer.singleShot(SETTLE_MS, self, self._after_showing)

    def hooks(self) -> Hooks:
        return Hooks(self)

    def trouble(self, error: BaseException) -> None:
        """Log an exception nobody caught and say a sentence; may be called from any thread."""
        log.error("unexpected", exc_info=error)
        if isinstance(error, UserError):
            self._trouble.emit(str(error))
        else:
            kind = type(error).__name__
            self._trouble.emit(f"Something unexpected went wrong ({kind}: {error}). sensorium.log has the details.")

    def interrupt(self) -> None:
        """Ctrl-C in the terminal: stop what runs, keep what is done, close."""
        if self.window is not None:
            self.window.stop_and_close()
        else:
            self._app.quit()

    def _after_showing(self) -> None:
        if self.window is None:
            return
        context = self.window.context
        context.jobs.run(lambda control, report: sound_problem(), self._sound_checked)
        context.libraries.load(context.jobs)

    def _sound_checked(self, problem: str) -> None:
        if problem and self.window is not None:
            self.window.banner.show_message(problem, "warning")

    def _open_instead(self, root: Path) -> None:
        self._next = root
        if self.window is not None and not self.window.close():
            # The question was answered with “keep working”, or the study is stopping first.
            self._next = root if self.window.closing else None

    def _closed(self) -> None:
        if self.window is not None:
            self.window.deleteLater()
            self.window = None
        self._log.close()
        if self._next is not None:
            root, self._next = self._next, None
            self.open(root)
        else:
            self._app.quit()

    def _show_trouble(self, sentence: str) -> None:
        if self.window is not None:
            self.window.banner.show_message(sentence, "error")


class Hooks:
    """While entered: uncaught exceptions of slots and threads go to the session, and so does Ctrl-C."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._before: tuple[Any, ...] = ()

    def __enter__(self) -> Hooks:
        self._before = (sys.excepthook, threading.excepthook, [signal.getsignal(number) for number in _SIGNALS])
        sys.excepthook = self._uncaught
        threading.excepthook = self._uncaught_in_thread
        for number in _SIGNALS:
            signal.signal(number, self._interrupted)
        return self

    def __exit__(self, *_: object) -> None:
        sys.excepthook, threading.excepthook, handlers = self._before
        for number, handler in zip(_SIGNALS, handlers, strict=True):
            signal.signal(number, handler)

    def _uncaught(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            self._session.interrupt()
        else:
            self._session.trouble(error)

    def _uncaught_in_thread(self, facts: threading.ExceptHookArgs) -> None:
        if facts.exc_value is not None:
            self._session.trouble(facts.exc_value)

    def _interrupted(self, number: int, frame: object) -> None:
        self._session.interrupt()


class Collector(QObject):
    """Garbage is collected in the window's thread only: collected in another, it could destroy Qt objects there."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._was_enabled = gc.isenabled()
        gc.disable()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.collect)
        self._timer.start(COLLECT_MS)

    def collect(self) -> None:
        """Collect the oldest generation whose threshold is passed, as the automatic collector would."""
        for generation in (2, 1, 0):
            threshold = gc.get_threshold()[generation]
            if threshold and gc.get_count()[generation] > threshold:
                gc.collect(generation)
                return

    def stop(self) -> None:
        self._timer.stop()
        if self._was_enabled:
            gc.enable()
