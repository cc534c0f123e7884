"""A study that is begun in the Live panel: started, followed, and told when it has ended."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from core.engine import State
from core.errors import UserError
from core.events import EpochEnded, Event, Outcome, Progress, RunFinished, RunStarted, StudyFinished, StudyStarted
from core.files import slug
from core.readable import duration
from core.runs import RunFolder
from core.study import Study
from gui.context import Context


class LiveStudy(QObject):
    """One at a time, in the engine that the whole window shares.

    Args:
        words: what is done, beside the bar.
    """

    progressed = Signal(object)  # Progress
    done = Signal(list)  # its runs, RunFolder
    failed = Signal(str, bool)  # a sentence, and whether it is an error: to have been stopped is none

    def __init__(self, context: Context, words: str, parent: QObject) -> None:
        super().__init__(parent)
        self._context = context
        self.words = words
        self.study: Study | None = None  # under way
        self._runs: tuple[str, ...] = ()
        self._waiting = self._trained = 0  # of its runs
        self._reason = ""
        context.bridge.happened.connect(self._happened)

    def start(self, study: Study) -> None:
        """
        Raises:
            UserError: another study is under way, or the workspace cannot be written to.
        """
        status = self._context.engine.status
        if status.state is not State.IDLE:
            raise UserError(f"The study “{status.study}” is under way. Wait until it is done, or stop it in Train.")
        self._context.engine.start(study)
        self.study, self._runs, self._reason = study, (), ""

    def stop(self) -> None:
        if self.study is not None:
            self._context.engine.cancel()

    def _happened(self, event: Event) -> None:
        if self.study is None:
            return
        match event:
            case StudyStarted() if event.study == self.study.name:
                self._runs = (*event.finished, *event.runs)
                self._waiting, self._trained = len(event.runs), 0
            case Progress():
                self.progressed.emit(event)
            case RunStarted():
                self._tell(event.first_epoch, event.epochs)
            case EpochEnded():
                self._tell(event.epoch, event.epochs, event.seconds_left)
            case RunFinished():
                self._trained += 1
                self._reason = self._reason or (event.reason if event.outcome is Outcome.FAILED else "")
            case StudyFinished() if event.study == self.study.name:
                self._finish(self.study, event)

    def _tell(self, epoch: int, epochs: int, seconds_left: float | None = None) -> None:
        """Epochs of all its runs. What is left is known of the run that is trained: of several it would mislead."""
        known = seconds_left is not None and self._waiting == 1
        left = f"{duration(seconds_left)} left" if known and seconds_left is not None else ""
        done, total = self._trained * epochs + epoch, self._waiting * epochs
        self.progressed.emit(Progress(self.words, done, total, "epochs", left))

    def _finish(self, study: Study, event: StudyFinished) -> None:
        self.study = None
        if event.outcome is Outcome.DONE:
            folder = self._context.workspace.runs / slug(study.name)
            self.done.emit([RunFolder(folder / run) for run in self._runs])
        else:
            self.failed.emit(self._reason or event.reason, event.outcome is Outcome.FAILED)
