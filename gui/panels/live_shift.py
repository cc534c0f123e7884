"""How well networks do on captures: a button beside the list of captures, and the dialog that it opens."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QGuiApplication, QHideEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPushButton, QStackedLayout, QToolButton, QVBoxLayout, QWidget

from core.captures import Capture
from core.control import Control
from core.engine import State
from core.events import Event, Finished, Progress, Started
from core.live.offered import live_choices
from core.live.shift import Shifts, shifts
from core.live.shift_table import caveats, shift_table
from core.runs import RunFolder
from core.workspace import Workspace
from gui import theme
from gui.context import Context
from gui.jobs import Job
from gui.panels.live_adapt import LiveAdapt
from gui.panels.live_sources import Asked
from gui.widgets.capture_list import CaptureList
from gui.widgets.controls import copy_button
from gui.widgets.empty_state import EmptyState
from gui.widgets.progress_line import ProgressLine
from gui.widgets.shift_table import ShiftTable

WORD = "How well on captures?"
HELP = "Ask the networks about every capture whose true class is known, beside their score on their test clips."
NO_CAPTURES = "Keep a clip first (C), and say what it really was: networks are then asked about it again."
NO_CLASSES = "Say what the captures really were first: nobody has named one yet."
ASKING = "What the networks score on captures will be here as soon as they have been asked."
WAITING = "A study is being trained and needs the processor: the networks are asked as soon as it is done."
PAUSED = "Asking waits while a study is trained."
COPIES = (("Table as Markdown", "markdown"), ("Table as CSV", "csv"), ("Table as LaTeX", "latex"))


class LiveShift(QToolButton):
    """Stands in the heading of the list; needs captures whose class is known.

    Args:
        asked: the runs that are asked live now; of none, all that are finished are asked about captures.
    """

    def __init__(self, context: Context, captures: CaptureList, asked: Asked) -> None:
        super().__init__()
        self._context, self._asked = context, asked
        self.dialog: ShiftDialog | None = None
        self.setText(WORD)
        self.setAccessibleName(WORD)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        theme.set_icon(self, "mdi6.bullseye-arrow")
        captures.heading.insertWidget(captures.heading.indexOf(captures.rename), self)
        captures.shown.connect(self._have_captures)
        self.clicked.connect(self._open)
        self._have_captures(())

    def _have_captures(self, captures: Sequence[Capture]) -> None:
        named = any(capture.label for capture in captures)
        self.setEnabled(named)
        self.setToolTip(HELP if named else NO_CLASSES if captures else NO_CAPTURES)

    def _open(self) -> None:
        if self.dialog is None:
            self.dialog = ShiftDialog(self._context, self._asked, self.window())
        self.dialog.show()
        self.dialog.raise_()
        self.dialog.ask()


class ShiftDialog(QDialog):
    """The table, what must be known to read it, and a line to adapt the network that is chosen. Live goes on behind."""

    def __init__(self, context: Context, asked: Asked, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context, self._asked = context, asked
        self.found: Shifts | None = None
        self._job: Job | None = None
        self._waits = False  # for a study that is trained
        self.setWindowTitle(WORD)
        self.resize(146 * theme.GRID, 52 * theme.GRID)
        self.empty = EmptyState(ASKING)
        self.table = ShiftTable()
        self.notes = theme.label("", theme.SMALL, muted=True, wrap=True)
        self.notes.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.progress = ProgressLine()
        self.adapt = LiveAdapt(context)
        self.copy = copy_button(
            "Puts the table on the clipboard, for a document or another programme.", COPIES, self._copy
        )
        self._lay_out()
        self.table.chosen_changed.connect(self._chosen)
        self.progress.cancelled.connect(self._give_up)
        context.bridge.happened.connect(self._happened)

    def ask(self) -> None:
        """Ask anew: captures may have been kept, and others may be asked. What was shown stays until then."""
        self._stop()
        if self._context.engine.status.state in (State.RUNNING, State.STOPPING):  # a paused one needs nothing
            self._waits = True
            self._say_instead(WAITING)
            return
        self._waits = False
        self._say_instead(ASKING)
        self.progress.begin("Opening the captures …")
        asked = partial(_ask, self._context.workspace, list(self._asked()))
        self._job = self._context.jobs.run(asked, self._have, self._failed, self.progress.report)

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802 - Qt's name
        if not event.spontaneous():  # it is closed, not minimised
            self._stop()
        super().hideEvent(event)

    def _give_up(self) -> None:
        self._stop()
        if self.found is None:  # there is nothing to look at
            self.hide()

    def _have(self, found: Shifts) -> None:
        self._job, self.found = None, found
        self.progress.end()
        self.table.show_shifts(found)
        self.notes.setText("\n".join(caveats(found)))
        self._pages.setCurrentWidget(self._page)
        self.copy.setEnabled(True)
        self._chosen()

    def _failed(self, sentence: str) -> None:
        self._job, self.found = None, None
        self.progress.end()
        self._say_instead(sentence)

    def _say_instead(self, sentence: str) -> None:
        if self.found is None:
            self.empty.sentence.setText(sentence)
            self._pages.setCurrentWidget(self.empty)
            self.copy.setEnabled(False)
            self.adapt.offer(None)

    def _stop(self) -> None:
        self._waits = False
        if self._job is not None:
            self._job.cancel()
            self._job = None
            self.progress.end()

    def _chosen(self) -> None:
        self.adapt.offer(self.table.chosen())

    def _happened(self, event: Event) -> None:
        """A training that begins has the processor to itself."""
        if self._job is not None and isinstance(event, Started):
            self._job.control.pause()
            self.progress.report(Progress(PAUSED, 0, 0))
        elif self._job is not None and isinstance(event, Finished):
            self._job.control.resume()
        elif self._waits and isinstance(event, Finished):
            self.ask()

    def _copy(self) -> None:
        action = self.sender()
        if self.found is not None and isinstance(action, QAction):
            table = shift_table(self.found)
            write = {"markdown": table.markdown, "csv": table.csv, "latex": table.latex}
            QGuiApplication.clipboard().setText(write[action.data()]())
            self._context.message.emit(f"{action.text()}: copied.", "info")

    def _lay_out(self) -> None:
        close = QPushButton("Close")
        close.setToolTip("What is being asked is given up; what is trained goes on.")
        close.setAutoDefault(False)
        close.clicked.connect(self.hide)
        for button in (self.adapt.adapt, self.adapt.start, self.adapt.leave, self.progress.cancel):
            button.setAutoDefault(False)  # or Return anywhere in the dialog would press it
        self._page = QWidget()
        page = QVBoxLayout(self._page)
        page.setContentsMargins(0, 0, 0, 0)
        page.setSpacing(theme.GRID)
        page.addWidget(self.table, 1)
        page.addWidget(self.notes)
        page.addWidget(self.adapt)
        self._pages = QStackedLayout()
        self._pages.addWidget(self.empty)
        self._pages.addWidget(self._page)
        under = QHBoxLayout()
        under.addWidget(self.copy)
        under.addStretch(1)
        under.addWidget(close)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * theme.GRID, 2 * theme.GRID, 2 * theme.GRID, 2 * theme.GRID)
        column.setSpacing(theme.GRID)
        column.addLayout(self._pages, 1)
        column.addWidget(self.progress)
        column.addLayout(under)


def _ask(workspace: Workspace, runs: Sequence[RunFolder], control: Control, report: Any) -> Shifts:
    asked = runs or [choice.folder for choice in live_choices(workspace, control)]
    return shifts(asked, workspace, control, report)
