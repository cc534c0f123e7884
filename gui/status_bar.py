"""Always in view: the workspace, the device, and the study that runs."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QSizePolicy, QToolButton, QWidget

from core import readable
from core.engine import EngineStatus, State
from core.events import Event, Finished, Progress, RunStarted, Started
from core.run_records import REPEATED
from gui import theme
from gui.context import Context

POLL_MS = 500
_GOES_ON = {
    "run": f"When the study goes on, {REPEATED}.",
    "trial": "When the search goes on, the trial under way is tried again.",
}


class StatusBar(QFrame):
    """Polls the engine's snapshot; asks it to pause, go on and stop."""

    workspace_wanted = Signal()
    study_clicked = Signal()

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._step: Progress | None = None
        line = QHBoxLayout(self)
        line.setContentsMargins(theme.GRID, theme.GRID // 2, theme.GRID, theme.GRID // 2)
        line.setSpacing(theme.GRID)
        self.workspace = _tool("mdi6.folder-outline", "The folder with your data, runs and captures. Open another one.")
        self.workspace.setText(_short(context.workspace.root))
        self.workspace.setToolTip(f"{context.workspace.root}\nThe folder with your data and runs. Click: open another.")
        self.workspace.clicked.connect(self.workspace_wanted)
        self.device = theme.label("", muted=True)
        self.device.setToolTip("What networks are trained on. The study's “Device” chooses.")
        self.study = _tool("mdi6.school-outline", "The study that runs. Click: show it in Train.")
        self.study.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.study.clicked.connect(self.study_clicked)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedSize(18 * theme.GRID, theme.GRID)
        self.speed = theme.label("")
        self.speed.setToolTip("Training clips a second.")
        self.left = theme.label("")
        self.left.setToolTip("Time left for the run under way. Train shows that of the whole study.")
        self.pause = _tool("mdi6.pause", "Pause after the batch under way; nothing is lost.")
        self.pause.clicked.connect(self.toggle_pause)
        self.stop = _tool("mdi6.stop", "")
        self.stop.clicked.connect(context.engine.cancel)
        line.addWidget(self.workspace)
        line.addWidget(self.device)
        line.addWidget(self.study, 1)
        for widget in (self.bar, self.speed, self.left, self.pause, self.stop):
            line.addWidget(widget)
        context.bridge.happened.connect(self._happened)
        context.libraries.arrived.connect(self.refresh)
        self._timer = QTimer(self)
        self._timer.setInterval(POLL_MS)
        self._timer.timeout.connect(self.refresh)
        self.refresh()

    def toggle_pause(self) -> None:
        engine = self._context.engine
        if engine.status.state is State.PAUSED:
            engine.resume()
        else:
            engine.pause()
        self.refresh()

    def refresh(self) -> None:
        """Show the engine's snapshot."""
        status = self._context.engine.status
        libraries = self._context.libraries
        self.device.setText(status.device or (libraries.device if libraries.ready else "looking for the device …"))
        busy = status.state is not State.IDLE
        for widget in (self.bar, self.speed, self.left, self.pause, self.stop):
            widget.setVisible(busy)
        if not busy:
            self._timer.stop()
            self.study.setText("No study is running")
            self.study.setEnabled(False)
            return
        if not self._timer.isActive():
            self._timer.start()
        self.study.setEnabled(True)
        self.study.setText(_sentence(status, self._step))
        self.bar.setRange(0, 1000)
        self.bar.setValue(round(1000 * _share(status)))
        self.speed.setText(readable.rate(status.clips_per_second) if status.clips_per_second else "")
        left = status.under_way[0].seconds_left if len(status.under_way) == 1 else None
        self.left.setText(f"{readable.duration(left)} left in this {status.unit}" if left is not None else "")
        self.stop.setToolTip(f"Stop after the batch under way. {_GOES_ON[status.unit]}")
        paused = status.state is State.PAUSED
        theme.set_icon(self.pause, "mdi6.play" if paused else "mdi6.pause")
        self.pause.setToolTip("Go on." if paused else "Pause after the batch under way; nothing is lost.")
        for button in (self.pause, self.stop):
            button.setEnabled(status.state is not State.STOPPING)

    def close_bar(self) -> None:
        self._timer.stop()

    def _happened(self, event: Event) -> None:
        if isinstance(event, Progress):
            self._step = event
        elif isinstance(event, (RunStarted, Started, Finished)):
            self._step = None
        self.refresh()


def _sentence(status: EngineStatus, step: Progress | None) -> str:
    """What the study is at, in one line."""
    parts = [status.study]
    if status.state is State.STOPPING:
        return f"{status.study} · stopping after the batch under way …"
    if status.state is State.PAUSED:
        parts.append("paused")
    if step is not None:
        parts.append(f"{step.what} {step.done} of {step.total} {step.unit}" if step.total else step.what)
    elif not status.runs_total:
        parts.append("getting ready …")
    if len(status.under_way) > 1:
        parts.append(f"{status.runs_done} of {status.runs_total} runs done")
        parts.append(f"{len(status.under_way)} under way")
    elif status.runs_total:
        parts.append(f"{status.unit} {min(status.runs_done + 1, status.runs_total)} of {status.runs_total}")
    if len(status.under_way) == 1 and status.under_way[0].epochs:
        parts.append(f"epoch {status.under_way[0].epoch} of {status.under_way[0].epochs}")
    return " · ".join(parts)


def _share(status: EngineStatus) -> float:
    """How much of the study is done, 0 to 1, counting epochs of the runs under way."""
    if not status.runs_total:
        return 0.0
    under_way = sum(run.epoch / run.epochs for run in status.under_way if run.epochs)
    return min(1.0, (status.runs_done + under_way) / status.runs_total)


def _short(path: Path) -> str:
    """A folder as people say it: with ~ for home."""
    try:
        return f"~/{path.relative_to(Path.home()).as_posix()}"
    except ValueError:
        text = str(path)
        return text if len(text) <= 40 else f"…{text[-39:]}"


def _tool(icon: str, tooltip: str) -> QToolButton:
    button = QToolButton()
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    button.setToolTip(tooltip)
    theme.set_icon(button, icon)
    return button
