"""The study that learns a lesson: started, followed, and told when it has ended."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from core.engine import State
from core.errors import UserError
from core.events import EpochEnded, Event, Outcome, Progress, RunFinished, RunStarted, StudyFinished, StudyStarted
from core.files import slug
from core.live.teach import Lesson
from core.readable import duration
from core.runs import RunFolder
from core.study import Study
from gui.context import Context

TRAINING = "Training"


class LiveStudy(QObject):
    """One at a time, in the engine that the whole window shares."""

    progressed = Signal(object)  # Progress
    done = Signal(object)  # RunFolder
    failed = Signal(str, bool)  # a sentence, and whether it is an error: to have been stopped is none

    def __init__(self, context: Context, parent: QObject) -> None:
        super().__init__(parent)
        self._context = context
        self.study: Study | None = None  # under way
        self._runs: tuple[str, ...] = ()
        self._reason = ""
        context.bridge.happened.connect(self._happened)

    def start(self, lesson: Lesson) -> None:
        """
        Raises:
            UserError: there is too little to learn from, or another study is under way.
        """
        status = self._context.engine.status
        if status.state is not State.IDLE:
            raise UserError(f"The study “{status.study}” is under way. Wait until it is done, or stop it in Train.")
        study = lesson.study(self._context.workspace)
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
            case Progress():
                self.progressed.emit(event)
            case RunStarted():
                self.progressed.emit(Progress(TRAINING, event.first_epoch, event.epochs, "epochs"))
            case EpochEnded():
                left = f"{duration(event.seconds_left)} left"
                self.progressed.emit(Progress(TRAINING, event.epoch, event.epochs, "epochs", left))
            case RunFinished(outcome=Outcome.FAILED):
                self._reason = event.reason
            case StudyFinished() if event.study == self.study.name:
                self._finish(self.study, event)

    def _finish(self, study: Study, event: StudyFinished) -> None:
        self.study = None
        if event.outcome is Outcome.DONE and self._runs:
            self.done.emit(RunFolder(self._context.workspace.runs / slug(study.name) / self._runs[0]))
        else:
            self.failed.emit(self._reason or event.reason, event.outcome is Outcome.FAILED)
