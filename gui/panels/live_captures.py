"""What is kept in the Live panel: captures with their true class, and recordings of everything."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QMessageBox, QWidget

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
from gui.context import Context
from gui.jobs import Job
from gui.widgets.capture_list import CaptureList
from gui.widgets.class_popup import ClassPopup

if TYPE_CHECKING:
    from core.live.again import AskedAgain
    from core.live.recording import Recorder
    from core.live.session import Live


class LiveCaptures(CaptureList):
    """The list, and what a person does with it."""

    recorded = Signal(Path)  # a recording that can be replayed

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._classes: tuple[str, ...] = ()
        self._named: Capture | None = None
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
        captures, problems = read_captures(self._context.workspace.captures)
        for problem in problems:
            self._context.message.emit(problem, "warning")
        recordings = read_recordings(self._context.workspace.captures)
        under_way = {recorder.folder for recorder in self._recorders}
        self.show_captures(captures, [one for one in recordings if one.path not in under_way])

    def keep(self, live: Live, label: str = "") -> None:
        """Capture the last seconds as a class; without one it is asked for, unless a replay knows it."""
        kept, said = live.keep()
        replay = live.sources.replay
        truth = label or (replay.playing.label if replay is not None and replay.playing is not None else "")
        facts = {source.name: source.status.facts for source in live.sources.all()}
        session = live.session

        def write(control: Control, report: Any) -> Capture:
            from core.live.capture import write_capture

            return write_capture(live.captures, kept, session=session, label=truth, sources=facts, said=said)

        self._context.jobs.run(write, self._have_kept if truth else self._have_unnamed)

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
        self._context.message.emit(f"Kept as “{capture.label}”.", "info")

    def _have_unnamed(self, capture: Capture) -> None:
        self._changed()
        self._ask_class(capture)

    def _ask_class(self, capture: Capture) -> None:
        guess = next((said.best for said in capture.said if said.best), "")
        self._named = capture
        popup = ClassPopup("What was it really?", self._classes, guess, self)
        popup.chosen.connect(self._name)
        middle = self.window().mapToGlobal(self.window().rect().center())
        popup.move(middle.x() - popup.width() // 2, middle.y() - popup.sizeHint().height() // 2)
        popup.show()

    def _name(self, label: str) -> None:
        if self._named is not None:
            capture = self._named
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
        asked = QMessageBox.question(self, "Delete", f"Delete the {word} of {row.made[11:19]} for good?")
        if asked == QMessageBox.StandardButton.Yes:
            self._try(lambda: delete_capture(row) if isinstance(row, Capture) else delete_recording(row))
            self._changed()

    def _changed(self) -> None:
        self.read()
        self._context.runs_changed.emit()  # Errors reads what was said of captures

    def _try(self, work: Callable[[], object]) -> None:
        try:
            work()
        except UserError as error:
            self._context.message.emit(str(error), "error")
