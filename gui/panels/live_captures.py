"""What is kept in the Live panel: captures with their true class, and recordings of everything."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from core import readable
from core.captures import (
    Capture,
    Recorded,
    delete_capture,
    delete_recording,
    read_captures,
    read_recordings,
    relabel,
)
from core.control import Control
from core.errors import UserError
from core.files import folder_size
from core.workspace import Workspace
from gui.context import Context
from gui.jobs import Job
from gui.widgets.capture_list import CaptureList
from gui.widgets.class_popup import ClassPopup
from gui.widgets.controls import confirmed

if TYPE_CHECKING:
    from core.live.again import AskedAgain
    from core.live.recording import Recorder
    from core.live.session import Live


Found = tuple[tuple[Capture, ...], tuple[str, ...], tuple[Recorded, ...]]


class LiveCaptures(CaptureList):
    """The list, and what a person does with it."""

    recorded = Signal(Path)  # a recording that can be replayed

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(context.workspace.writable, parent)
        self._context = context
        self._classes: tuple[str, ...] = ()
        self._reading: Job | None = None
        self._told: set[str] = set()  # problems that were said
        self._recorders: set[Recorder] = set()  # of recordings that are not written yet
        self._comparison: Job | None = None
        self.label_wanted.connect(self._ask_class)
        self.delete_wanted.connect(self._ask_deletion)
        self.comparison_wanted.connect(self._compare)
        self.progress.cancelled.connect(self._end_comparison)

    def offer_classes(self, classes: tuple[str, ...]) -> None:
        """What a capture can be called; other words can be typed."""
        self._classes = classes

    def read(self) -> None:
        """In the background; an answer that is on its way is out of date."""
        if self._reading is not None:
            self._reading.cancel()
        found = partial(_found, self._context.workspace.captures)
        self._reading = self._context.jobs.run(found, self._have_read, self._not_read)

    def _have_read(self, found: Found) -> None:
        self._reading = None
        captures, problems, recordings = found
        for problem in problems:
            if problem not in self._told:
                self._context.message.emit(problem, "warning")
        self._told.update(problems)
        under_way = {recorder.folder for recorder in self._recorders}
        self.show_captures(captures, [one for one in recordings if one.path not in under_way])

    def _not_read(self, sentence: str) -> None:
        self._reading = None
        self._context.message.emit(sentence, "error")

    def keep(self, live: Live, label: str = "") -> None:
        """Capture the last seconds as a class; without one it is asked for, unless a replay knows it."""
        write = live.keep(label)
        self._context.jobs.run(lambda control, report: write(), self._have_kept)

    def record(self, live: Live) -> None:
        """Begin to keep everything, or end it."""
        if live.recorder is None:
            self._try(live.start_recording)
            if live.recorder is not None:
                self._recorders.add(live.recorder)
        else:
            self.have_recorded(live.stop_recording())

    def have_recorded(self, recorder: Recorder | None) -> None:
        """A recording has ended, and is announced when all of it is written; None = there was none."""
        if recorder is None:
            return

        def work(control: Control, report: Any) -> Recorder:
            recorder.stop()
            return recorder

        self._context.jobs.run(work, self._have_written)

    def finish(self) -> None:
        """Wait until all recordings are written: the window closes."""
        for recorder in self._recorders:
            recorder.stop()

    def _have_written(self, recorder: Recorder) -> None:
        self._recorders.discard(recorder)
        self.read()
        words = f"Recorded into {recorder.folder} ({readable.size(folder_size(recorder.folder))}); it can be replayed."
        self._context.message.emit(recorder.trouble or words, "warning" if recorder.trouble else "info")
        if recorder.finished:
            self.recorded.emit(recorder.folder)

    def _have_kept(self, capture: Capture) -> None:
        self._changed()
        if not capture.label:
            self._ask_class(capture)
        elif not self.isVisible():  # or it is seen in the list, which a message would cover
            self._context.message.emit(f"Kept as “{capture.label}”.", "info")

    def _ask_class(self, capture: Capture) -> None:
        """Several may be asked about at once: each answer goes to its own."""
        guess = next((said.best for said in capture.said if said.best), "")
        popup = ClassPopup(f"What was it really, at {capture.made[11:19]}?", self._classes, guess, self)
        popup.chosen.connect(partial(self._name, capture))
        middle = self.window().mapToGlobal(self.window().rect().center())
        popup.move(middle.x() - popup.width() // 2, middle.y() - popup.sizeHint().height() // 2)
        popup.show()

    def _name(self, capture: Capture, label: str) -> None:
        self._try(lambda: relabel(capture, label))
        self._changed()

    def _compare(self, recorded: Recorded) -> None:
        """Ask the networks of a recording again; one recording at a time."""
        workspace = self._context.workspace

        def work(control: Control, report: Any) -> AskedAgain:
            from core.live.again import ask_again
            from core.live.recording import Recording

            return ask_again(Recording(recorded.path), workspace, control, report)

        self._end_comparison()
        self.progress.begin("Reading the networks …")
        self._comparison = self._context.jobs.run(work, self._compared, self._not_compared, self.progress.report)

    def _compared(self, answers: AskedAgain) -> None:
        self._end_comparison()
        self._context.message.emit(answers.sentence, "warning" if answers.gone else "info")

    def _not_compared(self, sentence: str) -> None:
        self._end_comparison()
        self._context.message.emit(sentence, "error")

    def _end_comparison(self) -> None:
        if self._comparison is not None:
            self._comparison.cancel()
            self._comparison = None
        self.progress.end()

    def _ask_deletion(self, row: Capture | Recorded) -> None:
        word = "capture" if isinstance(row, Capture) else "recording"
        if confirmed(self, f"Delete the {word} of {row.made[11:19]} for good?"):
            self._context.jobs.run(partial(_delete, self._context.workspace, row), self._changed)

    def _changed(self, _: None = None) -> None:
        """Errors reads what was said of captures, and the panel has this list read again."""
        self._context.runs_changed.emit()

    def _try(self, work: Callable[[], object]) -> None:
        try:
            work()
        except UserError as error:
            self._context.message.emit(str(error), "error")


def _found(folder: Path, control: Control, report: Any) -> Found:
    return (*read_captures(folder), read_recordings(folder))


def _delete(workspace: Workspace, row: Capture | Recorded, control: Control, report: Any) -> None:
    if isinstance(row, Capture):
        delete_capture(row, workspace.cache)
    else:
        delete_recording(row)
