"""What the pages of the Compare panel share: a view of one study's results under the chosen metric."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QSplitter, QWidget

from core.control import Control
from core.evaluation.overview import Overview
from core.evaluation.tables import TextTable
from core.events import Progress
from gui.context import Context
from gui.jobs import Job
from gui.looks import Look
from gui.panels.in_view import InView


class ComparePage(InView):
    """A tab of the Compare panel. To add one: a file and a row of PAGES in `compare.py`."""

    errors_wanted = Signal(str, str)  # label of a network, name of a class (“” = its errors): open them in Errors

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self.overview: Overview | None = None
        self.looks: dict[str, Look] = {}  # of its networks, by label
        self.metric_name = "accuracy"  # row of METRICS
        self.splitters: dict[str, QSplitter] = {}  # whose places are kept, by name

    def suits(self, overview: Overview) -> bool:
        """Whether there can be anything to show; a page that suits no study has no tab."""
        return True

    def table(self) -> TextTable | None:
        """What is shown as a table, for “Copy table”; None = nothing is."""
        return None

    def picture(self) -> QWidget | None:
        """What “Save plot” saves; None = nothing."""
        return None

    def show_overview(self, overview: Overview, metric: str, looks: dict[str, Look]) -> None:
        self.overview, self.metric_name, self.looks = overview, metric, looks
        self.ask_again()

    def ask_again(self) -> None:
        super().ask_again()
        if self._stale:
            self.cancel()

    def cancel(self) -> None:
        """What is read is not wanted any more."""

    def side_by_side(
        self, name: str, left: QWidget, right: QWidget, sizes: tuple[int, int], stretch: tuple[int, int] = (1, 0)
    ) -> QSplitter:
        """Two columns whose widths can be dragged, and are kept by `name`; `stretch` deals out what is gained."""
        columns = self.splitters[name] = QSplitter(Qt.Orientation.Horizontal)
        for place, (widget, share) in enumerate(zip((left, right), stretch, strict=True)):
            columns.addWidget(widget)
            columns.setStretchFactor(place, share)
        columns.setSizes(sizes)
        return columns


class ReadingPage(ComparePage):
    """A page that reads predictions or logs in the background, and does so once for each thing that is wanted."""

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self._wanted: object = None  # what is read or shown
        self._job: Job | None = None

    def read(self, wanted: object, function: Callable[[Control, Callable[[Any], None]], Any]) -> None:
        """Call `arrived` with what the function returns, unless that is under way or shown already.

        Args:
            wanted: tells what is read from anything else that could be; not None.
            function: called with a control and a function that reports progress, in a thread of the pool.
        """
        if wanted == self._wanted:
            return
        self.show_nothing("")  # what was read is of other runs
        self._wanted = wanted
        self._job = self.context.jobs.run(function, self._done, self._failed, self._progressed)

    @property
    def is_reading(self) -> bool:
        return self._job is not None

    def arrived(self, result: Any) -> None:
        """Show what was read."""
        raise NotImplementedError

    def clear(self) -> None:
        """Show nothing."""
        raise NotImplementedError

    def say(self, sentence: str) -> None:
        """Tell how far the reading is, or why there is nothing to show."""
        raise NotImplementedError

    def show_nothing(self, sentence: str) -> None:
        """Nothing, and a sentence that says why; “” = it is about to be read."""
        self.cancel()
        self._wanted = None
        self.clear()
        self.say(sentence)

    def cancel(self) -> None:
        if self._job is not None:
            self._job.cancel()
            self._job, self._wanted = None, None

    def _done(self, result: Any) -> None:
        self._job = None
        self.arrived(result)

    def _failed(self, sentence: str) -> None:
        self._job = None
        self.show_nothing(sentence)

    def _progressed(self, progress: Progress) -> None:
        self.say(f"{progress.what}: {progress.done} of {progress.total} {progress.unit}")
