"""What the pages of the Errors panel share: ways to choose clips, and what can be asked of one clip."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from PySide6.QtCore import QSettings, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QStackedLayout, QWidget

from core.analysis.clip_records import Rows
from core.analysis.evidence import Method
from core.analysis.study_records import StudyRecords
from core.control import Control
from gui import theme
from gui.clip_source import ClipSource
from gui.context import Context
from gui.jobs import Job
from gui.panels.in_view import InView
from gui.widgets.clip_view import ClipView
from gui.widgets.empty_state import EmptyState
from gui.widgets.progress_line import ProgressLine

MAP = "errors/map"


def map_method(settings: QSettings) -> Method:
    """How maps are made, as it was chosen last."""
    chosen = str(settings.value(MAP, ""))
    return Method(chosen) if chosen in list(Method) else Method.LAYER_CAM


class Part(InView):
    """A page of the Errors panel."""

    def __init__(self, context: Context, source: ClipSource, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self.source = source
        self.data: StudyRecords | None = None

    def close_part(self) -> None:
        """The window is closing: stop jobs, timers and playback."""


class Selector(Part):
    """A way to choose among the clips that the filters let through, beside the confusion matrix."""

    keyed: tuple[QWidget, ...] = ()  # widgets in which the keys of playback act
    chosen = Signal(object, str)  # Rows, and in words what they are, e.g. “12 clips lassoed”; None = no choice
    open_wanted = Signal(int)  # this one of the table

    def __init__(self, context: Context, source: ClipSource, parent: QWidget | None = None) -> None:
        super().__init__(context, source, parent)
        source.changed.connect(self.ask_again)
        self.rows: Rows = np.zeros(0, np.int64)  # records that the filters let through
        self.runs: Sequence[int] = ()  # that they choose, as places in `records.runs`, whichever of their clips
        self.selected: Rows = np.zeros(0, np.int64)  # those in the table
        self.record = -1  # the one that is open

    def show_rows(self, data: StudyRecords | None, rows: Rows) -> None:
        if data is not self.data:  # other records have these numbers
            self.selected, self.record = rows, -1
        self.data, self.rows = data, rows
        self.ask_again()

    def show_selected(self, rows: Rows) -> None:
        """These stand in the table now, chosen here or elsewhere."""
        self.selected = rows
        self.mark()

    def show_open(self, record: int) -> None:
        """This one is open now; −1 = none."""
        self.record = record
        self.mark()

    def mark(self) -> None:
        """Set off what is in the table and what is open from the rest; cheap, called often."""


class ClipPage(Part):
    """What can be asked of the clip that is open."""

    record = -1  # −1 = none is open

    def __init__(
        self, context: Context, source: ClipSource, clip_view: ClipView, parent: QWidget | None = None
    ) -> None:
        """`clip_view` shows and plays the same clip."""
        super().__init__(context, source, parent)
        self.clip_view = clip_view

        self.progress = ProgressLine(self)  # over the foot of the page, which keeps its size
        self.progress.setAutoFillBackground(True)
        self.progress.cancelled.connect(self._cancelled)
        self._jobs: list[Job] = []
        self._empty = EmptyState("")
        self._again = self._empty.add_button("Ask again", self.ask_again, "Ask the networks about this clip once more.")
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self._empty)

    def show_record(self, data: StudyRecords | None, record: int) -> None:
        self.data, self.record = data, record
        self.ask_again()

    def put_in(self, page: QWidget) -> None:
        """What is shown unless a sentence stands in its place."""
        self._stack.addWidget(page)

    def ask(self, function: Callable[[Control, Callable[[Any], None]], Any], done: Callable[[Any], None]) -> Job:
        """Begin what answers `refresh`: the page comes up, with the progress of the work."""
        self._stack.setCurrentIndex(1)
        self.progress.begin("Asking the network … the first time takes some seconds")
        self._place_progress()
        job = self.context.jobs.run(function, done, self.failed, self.reported)
        self._jobs.append(job)
        return job

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        super().resizeEvent(event)
        self._place_progress()

    def _place_progress(self) -> None:
        high = self.progress.sizeHint().height()
        self.progress.setGeometry(theme.GRID, self.height() - high, self.width() - 2 * theme.GRID, high)
        self.progress.raise_()

    def reported(self, progress: Any) -> None:
        self.progress.report(progress)

    def failed(self, sentence: str) -> None:
        self.cancel()
        self.say(sentence, again=True)

    def say(self, sentence: str, again: bool = False) -> None:
        """A sentence in place of the page; `again`: with a button that asks again."""
        self._empty.sentence.setText(sentence)
        self._again.setVisible(again)
        self._stack.setCurrentIndex(0)

    @property
    def said(self) -> str:
        """The sentence that stands in place of the page; "" = the page does."""
        return "" if self._stack.currentIndex() else self._empty.sentence.text()

    def cancel(self) -> None:
        """What is asked is not wanted any more."""
        for job in self._jobs:
            job.cancel()
        self._jobs.clear()
        self.progress.end()

    def _cancelled(self) -> None:
        self.cancel()
        self.say("Cancelled.", again=True)

    def close_part(self) -> None:
        self.cancel()
