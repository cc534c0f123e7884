"""Adapting a network to captures: what it would take, the training, and what it changed, in a sentence each."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from core.control import Control
from core.engine import State
from core.errors import UserError
from core.estimate import estimate
from core.events import Event, Finished, Started
from core.live.adapt import Adapted, adapted_study, compare_adapted, never_adapted
from core.live.shift import Shift, captured
from core.live.shift_table import network
from core.runs import RunFolder
from core.study import Study
from core.workspace import Workspace
from gui import theme
from gui.context import Context
from gui.jobs import Job
from gui.panels.live_study import LiveStudy
from gui.widgets.progress_line import ProgressLine

WHAT = (
    "Its last layer is trained on the captures of all sessions but one and tested on that one, for each session in "
    "turn; its other layers stay as they are."
)
NONE_CHOSEN = "Choose a network in the table first."
TRAINED = "That has been done for these very captures: nothing is trained again, before and after are compared."
UNDER_WAY = "A study is being trained: adapt when it is done, or stop it."


@dataclass(frozen=True)
class Plan:
    """What would be trained, for which run, and a sentence on what it takes."""

    shift: Shift
    study: Study
    cost: str


class LiveAdapt(QWidget):
    """A line below the table. What is trained goes on when the dialog is closed."""

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._chosen: Shift | None = None
        self._job: Job | None = None  # that times or compares
        self._plan: Plan | None = None  # that is asked about
        self._trained: Plan | None = None
        self._study = LiveStudy(context, "Adapting", self)
        self.sentence = theme.label(wrap=True)
        self.sentence.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.adapt = QPushButton("Adapt …")
        self.start = QPushButton("Train")
        self.start.setProperty("primary", True)
        self.start.setToolTip("Train it now. What comes of it is offered in the Networks menu of the Live panel.")
        self.leave = QPushButton("Not now")
        self.leave.setToolTip("Train nothing.")
        self.progress = ProgressLine()
        self._lay_out()
        self.adapt.clicked.connect(self._ask)
        self.start.clicked.connect(self._start)
        self.leave.clicked.connect(self._leave)
        self.progress.cancelled.connect(self._cancel)
        self._study.progressed.connect(self.progress.report)
        self._study.done.connect(self._compare)
        self._study.failed.connect(self._not_trained)
        context.bridge.happened.connect(self._happened)
        self._refresh()

    def offer(self, shift: Shift | None) -> None:
        """The network that is chosen in the table; what was planned for another is given up."""
        if self._chosen is None or shift is None or shift.run != self._chosen.run:
            self._leave()
        self._chosen = shift
        self._refresh()

    # what it would take -----------------------------------------------------------------------------------------

    def _hindrance(self) -> str:
        """Why nothing can be adapted now; "" = it can."""
        if self._chosen is None:
            return NONE_CHOSEN
        if self._trained is None and self._context.engine.status.state is not State.IDLE:
            return UNDER_WAY
        return never_adapted(self._chosen.run) or self._context.workspace.read_only_because

    def _ask(self) -> None:
        assert self._chosen is not None
        self.sentence.clear()
        self.progress.begin("Timing a few batches …")
        asked = partial(_planned, self._context.workspace, self._chosen)
        self._job = self._context.jobs.run(asked, self._have_plan, self._failed, self.progress.report)
        self._refresh()

    def _have_plan(self, plan: Plan) -> None:
        self._job, self._plan = None, plan
        self.progress.end()
        self.sentence.setText(f"{network(plan.shift)}: {WHAT} {plan.cost}")
        self._refresh()

    def _leave(self) -> None:
        if self._job is not None and self._trained is None:
            self._job.cancel()
            self._job = None
            self.progress.end()
        if self._plan is not None:
            self._plan = None
            self.sentence.clear()
        self._refresh()

    # training ---------------------------------------------------------------------------------------------------

    def _start(self) -> None:
        assert self._plan is not None
        plan, self._plan = self._plan, None
        try:
            self._study.start(plan.study)
        except UserError as error:
            self._failed(str(error))
            return
        self._trained = plan
        self.progress.begin(f"Adapting {network(plan.shift)} …")
        self._refresh()

    def _happened(self, event: Event) -> None:
        if isinstance(event, (Started, Finished)):
            self._refresh()

    def _compare(self, runs: list[RunFolder]) -> None:
        assert self._trained is not None
        compared = partial(_compared, self._trained.shift, runs)
        self._job = self._context.jobs.run(compared, self._have_compared, self._failed)

    def _not_trained(self, sentence: str, error: bool) -> None:
        self._tell(sentence, "error" if error else "info")

    def _cancel(self) -> None:
        if self._trained is None:
            self._leave()
        elif self._job is None:  # nothing is compared yet
            self._study.stop()

    def _have_compared(self, adapted: Adapted) -> None:
        self._tell(adapted.sentence, "info")

    def _failed(self, sentence: str) -> None:
        self._tell(sentence, "error")

    def _tell(self, sentence: str, level: str) -> None:
        """Here, and where this is closed in the window: it is the end of what was done."""
        self._job = self._trained = None
        self.progress.end()
        self.sentence.setText(sentence)
        if not self.isVisible():
            self._context.message.emit(sentence, level)
        self._refresh()

    # showing ----------------------------------------------------------------------------------------------------

    def _refresh(self) -> None:
        hindrance = self._hindrance()
        idle = self._job is None and self._plan is None and self._trained is None
        self.adapt.setVisible(idle)
        self.adapt.setEnabled(not hindrance)
        self.adapt.setToolTip(hindrance or f"See how long it would take, then decide. {WHAT}")
        self.start.setVisible(self._plan is not None)
        self.leave.setVisible(self._plan is not None)
        self.start.setEnabled(not hindrance)
        self.sentence.setVisible(bool(self.sentence.text()))

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.GRID)
        row.addWidget(self.sentence, 1)
        row.addStretch()
        for button in (self.start, self.leave, self.adapt):
            row.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(row)
        column.addWidget(self.progress)


def _planned(workspace: Workspace, shift: Shift, control: Control, report: Any) -> Plan:
    study = adapted_study(shift.run, captured(workspace, control))
    expected = estimate(study, workspace, control, report)
    return Plan(shift, study, expected.sentence() if expected.runs else TRAINED)


def _compared(shift: Shift, runs: list[RunFolder], control: Control, report: Any) -> Adapted:
    return compare_adapted(shift, runs)
