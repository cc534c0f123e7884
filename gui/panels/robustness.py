"""Robustness: how far each network falls as clips get worse, and whether both wings together hold out longer."""

from __future__ import annotations

import html
from collections.abc import Callable
from functools import partial
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QTextDocumentFragment
from PySide6.QtWidgets import QPushButton, QSplitter, QStackedLayout, QVBoxLayout, QWidget

from core.control import Control
from core.engine import State
from core.errors import UserError
from core.events import Event, Finished, Progress, Started
from core.readable import counted, figure
from core.robustness.curve import Sweep
from core.robustness.sweep import read_sweep, sweep
from core.robustness.tables import level_figures, level_table
from core.runs import list_studies
from core.wings import WINGS
from core.workspace import Workspace
from gui import theme
from gui.context import Context
from gui.jobs import Job
from gui.panels.results import Reader, ResultsPanel
from gui.panels.robustness_bar import RobustnessBar, levels_in, written
from gui.widgets.empty_state import EmptyState
from gui.widgets.level_curve import LevelCurve, level_lines
from gui.widgets.level_table import LevelTable, level_findings
from gui.widgets.progress_line import ProgressLine
from gui.widgets.sentences import Sentences

EMPTY = "How well your networks hold out on noisy and blurred clips will be here, once a study has finished a run."
ASK = "Test the networks"
ASK_HELP = (
    "Every finished run predicts its test clips again, made worse to each level. Nothing is trained; what has been "
    "tested is kept and not tested again."
)
ANSWERED = "Every finished run has been tested at these levels."
TRAINING = "A study is being trained and needs the processor: test when it is done, or stop it."
WAITING = "Testing waits while a study is trained."


class RobustnessPanel(ResultsPanel):
    """Shows what is on disk at once; what is missing is asked for in the background."""

    name = "robustness"

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(context, EMPTY, parent)
        self.sweep: Sweep | None = None  # at all levels that are on disk
        self.asking: Job | None = None
        self._filled = ("", "")  # study and corruption that the levels were filled in for
        self.bar = RobustnessBar(str(context.settings.value("robustness/corruption", "")), ASK, ASK_HELP)
        self.bar.ask.hide()  # until there are answers beside it
        self.note = theme.label(muted=True, wrap=True)
        self.progress = ProgressLine()
        self.curve = LevelCurve()
        self.table = LevelTable()
        self.findings = Sentences()
        self.unasked = EmptyState("", ASK, self.ask, ASK_HELP)
        self._unasked_button: QPushButton = self.unasked.findChildren(QPushButton)[0]
        self._lay_out()
        self.bar.chosen.connect(self._chosen)
        self.bar.levels_changed.connect(self._show)
        self.bar.ask.clicked.connect(self.ask)
        self.bar.copy_wanted.connect(self._copy)
        self.progress.cancelled.connect(self._cancel)
        self.table.pointed.connect(self.curve.point_at)
        context.bridge.happened.connect(self._happened)

    # what the window calls --------------------------------------------------------------------------------------

    def activate(self) -> None:
        super().activate()
        self._say_what_can_be_asked()

    def present(self, on: bool) -> None:
        self.bar.setHidden(on)
        self._under.setHidden(on)
        self.curve.present(on)
        self.table.present(on)

    def save_state(self) -> None:
        super().save_state()
        self.context.settings.setValue("robustness/corruption", self.bar.corruption)
        self._keep_levels()

    def close_panel(self) -> None:
        super().close_panel()
        if self.asking is not None:
            self.asking.cancel()

    # reading ----------------------------------------------------------------------------------------------------

    def studies(self) -> list[str]:
        return list_studies(self.context.workspace, finished=True)

    def offer(self, studies: list[str], chosen: str) -> None:
        self.bar.offer(studies, chosen)

    def reader(self, study: str) -> Reader:
        return partial(_read, self.context.workspace, study, self.bar.corruption)

    def show_results(self, results: Sweep) -> None:
        self.sweep = results
        for problem in results.problems:
            self.said.emit(problem, "warning")
        if self._filled != (results.study, results.corruption):
            self._filled = (results.study, results.corruption)
            kept = str(self.context.settings.value(f"robustness/levels/{results.corruption}", ""))
            asked = [level for level in results.levels if level is not None]
            self.bar.begin(results.row, written(asked) or kept or written(results.row.levels))
        self._show()

    def forget_results(self) -> None:
        self.sweep, self._filled = None, ("", "")
        self.bar.copy.setEnabled(False)
        self.bar.ask.hide()
        self._say_what_can_be_asked()

    def _chosen(self) -> None:
        self._keep_levels()
        self.read(self.bar.study)
        self._say_what_can_be_asked()  # of what is still shown, nothing

    def _keep_levels(self) -> None:
        if self._filled[1]:
            self.context.settings.setValue(f"robustness/levels/{self._filled[1]}", self.bar.levels.text())

    # showing ----------------------------------------------------------------------------------------------------

    def shown(self) -> Sweep:
        """What is on disk, at the levels that are written.

        Raises:
            UserError: what is written are no levels.
        """
        assert self.sweep is not None
        return self.sweep.at(levels_in(self.bar.levels.text(), self.sweep.row))

    def _show(self) -> None:
        if self.sweep is None:
            return
        try:
            shown = self.shown()
        except UserError:  # which is said below the bar; what was shown stays
            self.bar.copy.setEnabled(False)
            self._say_what_can_be_asked()
            return
        answered = any(shown.mean(label, level) for label in shown.affected for level in shown.levels[1:])
        self._body.setCurrentWidget(self._answers if answered else self.unasked)
        self.unasked.sentence.setText(_unasked(shown))
        self.bar.copy.setEnabled(answered)
        self.bar.ask.setVisible(answered)  # else the one in the middle of the panel
        self._unasked_button.setVisible(bool(shown.affected))
        if answered:
            row = shown.row
            words = (f"<b>{html.escape(row.title)}</b>", html.escape(shown.study), html.escape(shown.dataset))
            ticks = ["clean", *(figure(level) for level in shown.levels if level is not None)]
            self.curve.show_lines(level_lines(shown), ticks, f"{row.title} ({row.unit}), the worst at the right",
                                  " · ".join(words), chance=100 * shown.chance)  # fmt: skip
            self.table.show_sweep(shown)
            self.findings.say(level_findings(shown))
        self._say_what_can_be_asked()

    # asking -----------------------------------------------------------------------------------------------------

    def ask(self) -> None:
        """Ask in the background for what is missing at the levels that are written."""
        possible, _ = self._askable()
        if not possible or self.sweep is None:
            return
        shown = self.shown()
        levels = tuple(level for level in shown.levels if level is not None)
        self.progress.begin(f"{shown.row.title}: opening the clips …")
        asked = partial(_ask, self.context.workspace, shown.study, shown.corruption, levels)
        self.asking = self.context.jobs.run(asked, self._answered, self._ask_failed, self.progress.report)
        self._say_what_can_be_asked()

    def _askable(self) -> tuple[bool, str]:
        """Whether the button does something now, and the sentence beside it."""
        if self.sweep is None or self.asking is not None or self.is_reading:
            return False, ""
        try:
            shown = self.shown()
            missing = sum(shown.missing(level) for level in shown.levels)
            if not shown.affected:
                return False, ""
            if not missing:
                return False, ANSWERED
            self.context.workspace.require_writable()
        except UserError as error:
            return False, str(error)
        if self.context.engine.status.state is not State.IDLE:
            return False, TRAINING
        return True, _missing(shown, missing)

    def _say_what_can_be_asked(self) -> None:
        possible, sentence = self._askable()
        self.bar.ask.setEnabled(possible)
        self._unasked_button.setEnabled(possible)
        self.bar.ask.setToolTip(ASK_HELP if possible else sentence or ASK_HELP)
        self.note.setText(sentence)
        self.note.setVisible(bool(sentence) and sentence != ANSWERED)  # the tooltip is enough where nothing is wanted

    def _answered(self, _: Sweep) -> None:
        self._ended()

    def _ask_failed(self, sentence: str) -> None:
        self.said.emit(sentence, "error")
        self._ended()

    def _cancel(self) -> None:
        if self.asking is not None:
            self.asking.cancel()
            self._ended()

    def _ended(self) -> None:
        """Show what has been answered, however the asking ended."""
        self.asking = None
        self.progress.end()
        self.read(self.wanted)

    def _happened(self, event: Event) -> None:
        """A training that begins has the processor to itself."""
        if self.asking is not None and isinstance(event, Started):
            self.asking.control.pause()
            self.progress.report(Progress(WAITING, 0, 0))
        elif self.asking is not None and isinstance(event, Finished):
            self.asking.control.resume()
        if isinstance(event, (Started, Finished)):
            self._say_what_can_be_asked()

    # copying ----------------------------------------------------------------------------------------------------

    def _copy(self, key: str, word: str) -> None:
        """Put on the clipboard what was chosen."""
        self._show()  # the levels may still be being typed: what is copied is what is shown
        if self.sweep is None or not self.bar.copy.isEnabled():
            return
        shown = self.shown()
        write: dict[str, Callable[[], str]] = {
            "markdown": lambda: level_table(shown).markdown(),
            "latex": lambda: level_table(shown).latex(),
            "csv": lambda: level_figures(shown).csv(),
            "sentences": lambda: QTextDocumentFragment.fromHtml(self.findings.text()).toPlainText(),
        }
        QGuiApplication.clipboard().setText(write[key]())
        self.context.message.emit(f"{word}: copied.", "info")

    # layout -----------------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        self._under = QWidget()
        under = QVBoxLayout(self._under)
        under.setContentsMargins(theme.GRID, 0, theme.GRID, 0)
        under.addWidget(self.note)
        under.addWidget(self.progress)
        framed = QWidget()
        QVBoxLayout(framed).addWidget(self.curve)
        upper, self._answers = QSplitter(Qt.Orientation.Horizontal), QSplitter(Qt.Orientation.Vertical)
        upper.addWidget(framed)
        upper.addWidget(self.findings)
        upper.setStretchFactor(0, 1)
        upper.setSizes([800, 384])
        self._answers.addWidget(upper)
        self._answers.addWidget(self.table)
        self._answers.setStretchFactor(0, 1)
        self._answers.setSizes([448, 200])
        self.remember("robustness/columns", upper)
        self.remember("robustness/rows", self._answers)
        body = QWidget()
        self._body = QStackedLayout(body)
        self._body.addWidget(self.unasked)
        self._body.addWidget(self._answers)
        above = QWidget()
        column = QVBoxLayout(above)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for widget in (self.bar, self._under):
            column.addWidget(widget)
        self.show_in(above, body)


def _read(
    workspace: Workspace, study: str, corruption: str, control: Control, report: Callable[[Any], None]
) -> Sweep | None:
    return read_sweep(workspace, study, corruption, control, report)


def _ask(
    workspace: Workspace,
    study: str,
    corruption: str,
    levels: tuple[float, ...],
    control: Control,
    report: Callable[[Any], None],
) -> Sweep:
    return sweep(study, corruption, workspace, levels, control, report)


def _unasked(shown: Sweep) -> str:
    """What will be where nothing is yet."""
    if not shown.affected:
        return (
            f"{shown.row.title} changes nothing here: no network of this study is given {WINGS[shown.row.wing].word}."
        )
    return f"{shown.row.title}: how far each network falls will be here, once the networks have been tested."


def _missing(shown: Sweep, missing: int) -> str:
    """What the button would do: how many runs are predicted with at how many levels."""
    runs = sum(len(shown.networks[label].tested) for label in shown.affected)
    levels = len(shown.levels) - 1
    if missing == runs * levels:
        return f"{counted(runs, 'run')} to be tested at {counted(levels, 'level')}{' each' if runs > 1 else ''}."
    return f"{missing} of {counted(runs * levels, 'test')} missing: each run is tested at each level."
