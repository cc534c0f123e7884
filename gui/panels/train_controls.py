"""Start, Pause, Resume, Stop: below the form, with what a study will cost before it starts."""

from __future__ import annotations

from enum import Enum, auto

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout, QWidget

from core.engine import State
from core.run_records import REPEATED
from gui import theme
from gui.panels.train_place import Place


class Step(Enum):
    """What the person is being asked or told."""

    IDLE = auto()
    WAITING = auto()  # for libraries, or for the estimate
    ASKING = auto()  # whether a long study is really meant
    RUNNING = auto()


class Controls(QFrame):
    """Says which button was pressed; the panel acts."""

    start = Signal()
    search = Signal()
    confirmed = Signal()
    cancelled = Signal()  # of waiting or asking
    pause = Signal()
    stop = Signal()

    def __init__(self, place: Place, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.step = Step.IDLE
        self.place = place
        self.sentence = theme.label("", wrap=True)
        self.busy = QProgressBar()
        self.busy.setRange(0, 0)
        self.busy.setTextVisible(False)
        self.busy.setFixedHeight(theme.GRID)
        self.start_button = QPushButton("Start")
        self.start_button.setToolTip(
            "Measure a few batches, say how long it will take, and train. Finished runs are kept."
        )
        self.search_button = QPushButton("Search …")
        self.search_button.setToolTip(
            "Try learning rates, weight decays, batches and strengths of augmentation for one of the networks, judged "
            "on validation clips. The test fold is never looked at."
        )
        self.confirm_button = QPushButton("Start anyway")
        self.confirm_button.setToolTip("Train, however long it takes. You can pause, stop and resume at any time.")
        self.cancel_button = QPushButton("Cancel")
        self.cancel_button.setToolTip("Do not start; the form stays as it is.")
        self.pause_button = QPushButton("Pause")
        self.pause_button.setToolTip("Stop between two batches until you resume.")
        self.stop_button = QPushButton("Stop")
        self.stop_button.setToolTip(
            f"End the study between two batches. Finished runs are kept, and when you resume, {REPEATED}."
        )
        for button in (self.start_button, self.confirm_button):
            button.setProperty("primary", True)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * theme.GRID, theme.GRID, 2 * theme.GRID, theme.GRID)
        column.setSpacing(theme.GRID)
        column.addWidget(self.sentence)
        column.addWidget(self.busy)
        column.addWidget(self.place)
        line = QHBoxLayout()
        line.setSpacing(theme.GRID)
        column.addLayout(line)
        for button, signal in (
            (self.start_button, self.start),
            (self.search_button, self.search),
            (self.confirm_button, self.confirmed),
            (self.cancel_button, self.cancelled),
            (self.pause_button, self.pause),
            (self.stop_button, self.stop),
        ):
            line.addWidget(button)
            button.clicked.connect(signal)
        self.show_step(Step.IDLE)

    def show_step(self, step: Step, sentence: str = "", error: bool = False) -> None:
        self.step = step
        self.sentence.setProperty("error", error)
        self.sentence.style().polish(self.sentence)
        self.sentence.setText(sentence)
        self.sentence.setVisible(bool(sentence))
        self.busy.setVisible(step is Step.WAITING)
        self.place.setVisible(step is Step.IDLE and self.place.offered)
        self.start_button.setVisible(step is Step.IDLE)
        self.search_button.setVisible(step in (Step.IDLE, Step.RUNNING))  # one that is under way is looked at
        self.confirm_button.setVisible(step is Step.ASKING)
        self.cancel_button.setVisible(step in (Step.WAITING, Step.ASKING))
        self.pause_button.setVisible(step is Step.RUNNING)
        self.stop_button.setVisible(step is Step.RUNNING)

    def show_engine(self, state: State) -> None:
        """Follow the engine: it may be paused or stopped from the status bar too."""
        if state is State.IDLE:
            if self.step is Step.RUNNING:
                self.show_step(Step.IDLE)
            return
        if self.step is not Step.RUNNING:
            self.show_step(Step.RUNNING, self.sentence.text() if self.step is not Step.WAITING else "")
        self.pause_button.setText("Resume" if state is State.PAUSED else "Pause")
        for button in (self.pause_button, self.stop_button):
            button.setEnabled(state is not State.STOPPING)
