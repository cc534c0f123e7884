"""What Compare, Errors and Robustness share: one study read in the background, or a page that says why not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtWidgets import QStackedLayout, QVBoxLayout, QWidget

from core.control import Control
from core.events import Progress
from gui.context import Context
from gui.jobs import Job
from gui.panels.base import Panel
from gui.widgets.empty_state import EmptyState

READING = "Reading results …"
Reader = Callable[[Control, Callable[[Progress], None]], Any]  # its result has a `study`; None = there is no such study


class ResultsPanel(Panel):
    """A page for a workspace without runs; else the choice of a study, and below it what was read, or a sentence that
    it is being read, or why it cannot be."""

    name = ""  # of the panel, in the settings

    def __init__(self, context: Context, empty: str, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self.study = ""  # folder of the study that is shown
        self.wanted = ""  # the one chosen: shown as soon as it is read
        self._without: set[str] = set()  # studies that were read and had gone
        self._stale = True
        self._job: Job | None = None
        self._empty = EmptyState(empty, "Train networks", self._go_to_training, "Opens the Train panel.")
        self._sentence = EmptyState(READING)
        self._pages, self._below = QStackedLayout(self), QStackedLayout()
        self._pages.addWidget(self._empty)
        context.runs_changed.connect(self.runs_changed)

    def show_in(self, choice: QWidget, full: QWidget) -> None:
        """What chooses a study, always in view where there is one, and the page of what was read."""
        self._full, self._page = full, QWidget()
        column = QVBoxLayout(self._page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(choice)
        column.addLayout(self._below, 1)
        for page in (self._sentence, full):
            self._below.addWidget(page)
        self._pages.addWidget(self._page)

    # what a panel says ------------------------------------------------------------------------------------------

    def studies(self) -> list[str]:
        """Names of the folders of the studies that can be shown, the latest first."""
        raise NotImplementedError

    def offer(self, studies: list[str], chosen: str) -> None:
        """Let a person choose one of the studies."""
        raise NotImplementedError

    def reader(self, study: str) -> Reader:
        """What reads a study in the background."""
        raise NotImplementedError

    def show_results(self, results: Any) -> None:
        """Show what was read."""
        raise NotImplementedError

    def forget_results(self) -> None:
        """What was shown has gone, or cannot be read any more."""
        raise NotImplementedError

    # reading ----------------------------------------------------------------------------------------------------

    @property
    def is_reading(self) -> bool:
        """Whether what is shown is about to change."""
        return self._job is not None

    def activate(self) -> None:
        if self._stale:
            self.read(self.wanted or str(self.context.settings.value(f"{self.name}/study", "")))

    def save_state(self) -> None:
        super().save_state()
        if self.wanted:
            self.context.settings.setValue(f"{self.name}/study", self.wanted)

    def close_panel(self) -> None:
        if self._job is not None:
            self._job.cancel()

    def runs_changed(self) -> None:
        self._stale = True
        if self.isVisible():
            self.activate()

    def read(self, study: str) -> None:
        """Read a study, or the latest where there is none of that name."""
        self._without.clear()
        self._read(study)

    def _read(self, study: str) -> None:
        self._stale = False
        if self._job is not None:
            self._job.cancel()
        studies = [name for name in self.studies() if name not in self._without]
        if not studies:
            self._job, self.study, self.wanted = None, "", ""
            self.forget_results()
            self._pages.setCurrentWidget(self._empty)
            return
        self.wanted = study if study in studies else studies[0]
        self.offer(sorted(studies), self.wanted)
        self._pages.setCurrentWidget(self._page)
        if not self.study:
            self._say_instead(READING)
        self._job = self.context.jobs.run(self.reader(self.wanted), self._arrived, self._failed, self._progressed)

    def _progressed(self, progress: Progress) -> None:
        self._sentence.sentence.setText(f"{progress.what}: {progress.done} of {progress.total} {progress.unit}")

    def _say_instead(self, sentence: str) -> None:
        """A sentence in place of results; the choice of the study stays."""
        self._sentence.sentence.setText(sentence)
        self._below.setCurrentWidget(self._sentence)

    def _failed(self, sentence: str) -> None:
        """Another study may have been shown: its results are not those of the one that is chosen."""
        self._job, self.study = None, ""
        self.forget_results()
        self._say_instead(sentence)

    def _arrived(self, results: Any) -> None:
        self._job = None
        if results is None:  # deleted meanwhile
            self._without.add(self.wanted)
            self._read("")
            return
        self.study = results.study
        self._below.setCurrentWidget(self._full)
        self.show_results(results)

    def _go_to_training(self) -> None:
        self.context.panel_wanted.emit("train")
