"""From the wish to train a study to its start: libraries, estimate, a question where it is long."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from core.cluster import Cluster
from core.control import Control
from core.errors import UserError
from core.runner import in_turn
from core.study import Study
from gui.context import Context
from gui.jobs import Job
from gui.panels.train_controls import Controls, Step
from gui.panels.train_runs import StudyRuns

if TYPE_CHECKING:
    from core.estimate import Estimate

ASK_ABOVE_SECONDS = 600


@dataclass(frozen=True)
class Answer:
    """What is known before a study starts."""

    estimate: Estimate
    to_fetch: tuple[str, ...] = ()  # a sentence for each network whose weights are not here


class Starter(QObject):
    """Speaks through the controls; `changed` whenever it has said something."""

    changed = Signal()

    def __init__(self, context: Context, controls: Controls, runs: StudyRuns, parent: QObject) -> None:
        super().__init__(parent)
        self._context, self._controls, self._runs = context, controls, runs
        self._wanted: Study | None = None  # asked for, not started yet
        self._cluster: Cluster | None = None  # that it is to be trained on
        self._about = ""  # it, before a sentence that must say so
        self._expected: dict[str, float] = {}  # network → seconds of one run
        self._job: Job | None = None
        controls.confirmed.connect(self._go)
        controls.cancelled.connect(self.forget)
        context.libraries.arrived.connect(self._libraries_arrived)

    def start(self, study: Study, named: bool = False) -> None:
        """Estimate, ask where it is long, and train. What was asked for before and has not started is given up.

        `named`: say which study it is, as it need not be that of the form above the controls.
        """
        self.forget()
        self._about = f"“{study.name}”: " if named else ""
        try:
            self._context.workspace.require_writable()
        except UserError as error:
            self._tell(Step.IDLE, str(error), error=True)
            return
        self._wanted, self._cluster = study, self._controls.place.cluster
        if self._cluster is not None:  # of other machines, nothing is known before they have trained
            self._expected = {}
            self._tell(Step.ASKING, f"{self._about}How long it takes is known when the first runs are done.")
            self._go()
        elif self._context.libraries.ready:
            self._estimate()
        else:
            self._tell(Step.WAITING, "Loading the deep-learning libraries, a few seconds …")

    def forget(self) -> None:
        """Give up waiting or asking."""
        if self._job is not None:
            self._job.cancel()
        self._job, self._wanted = None, None
        self._tell(Step.IDLE)

    def _libraries_arrived(self) -> None:
        if self._wanted is not None:
            self._estimate()

    def _estimate(self) -> None:
        assert self._wanted is not None
        self._tell(Step.WAITING, "Timing a few batches of each network …")
        work = _estimating(self._wanted, self._context)
        self._job = self._context.jobs.run(work, self._estimated, self._not_estimated, self._estimating)

    def _estimating(self, progress: Any) -> None:
        self._tell(Step.WAITING, f"{progress.what}: {progress.done} of {progress.total} {progress.unit}")

    def _estimated(self, answer: Answer) -> None:
        self._job = None
        estimate = answer.estimate
        if estimate.runs == 0:
            self.forget()
            self._tell(Step.IDLE, f"{self._about}Every run of this study is finished. Compare shows who won.")
            return
        assert self._wanted is not None
        self._expected = estimate.per_run
        tight = estimate.disk_bytes > estimate.free_bytes
        self._tell(Step.ASKING, self._about + " ".join((estimate.sentence(), *answer.to_fetch)))
        if estimate.seconds <= ASK_ABOVE_SECONDS and not tight and not answer.to_fetch:
            self._go()

    def _not_estimated(self, sentence: str) -> None:
        self.forget()
        self._tell(Step.IDLE, f"{self._about}{sentence}", error=True)

    def _go(self) -> None:
        assert self._wanted is not None
        study, self._wanted = self._wanted, None
        self._runs.expect(self._expected)
        try:
            self._context.engine.start(study, self._cluster.runner if self._cluster else in_turn)
        except UserError as error:
            self._tell(Step.IDLE, str(error), error=True)
        else:
            self._tell(Step.RUNNING, self._controls.sentence.text())

    def _tell(self, step: Step, sentence: str = "", error: bool = False) -> None:
        self._controls.show_step(step, sentence, error)
        self.changed.emit()


def _estimating(study: Study, context: Context) -> Callable[[Control, Callable[[Any], None]], Any]:
    workspace = context.workspace

    def work(control: Control, report: Callable[[Any], None]) -> Any:
        from core.estimate import estimate, weights_to_fetch

        left = estimate(study, workspace, control, report)
        return Answer(left, weights_to_fetch(left, study, workspace, control))

    return work
