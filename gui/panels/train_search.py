"""Search: try settings of one network on validation clips, watch what comes of it, and take the best."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QSplitter,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from core import readable
from core.engine import Emit, State
from core.errors import UserError
from core.events import (
    EpochEnded,
    Event,
    Finished,
    Progress,
    RunStarted,
    SearchFinished,
    SearchStarted,
    Started,
    TrialEnded,
)
from core.search.plan import Plan
from core.search.result import Importance, SearchResult, read_search
from core.search.settings import Search
from core.study import Study
from gui import theme
from gui.context import Context
from gui.jobs import Job
from gui.settings_form import SettingsForm
from gui.widgets.empty_state import EmptyState
from gui.widgets.importance_bars import ImportanceBars
from gui.widgets.progress_line import ProgressLine
from gui.widgets.trial_history import TrialHistory

NOTHING = (
    "Each trial trains the network with other settings, on the clips of the other folds. What each came to on the "
    "validation part, the best settings and what mattered will stand here."
)
Read = tuple[SearchResult, tuple[Importance, ...]]


class SearchDialog(QDialog):
    """The form on the left, what was found on the right. It may be closed while the engine searches, and opened again:
    it then shows the search that is under way."""

    wanted = Signal(object)  # Study: with what was found, for the form

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._study = Study()
        self._running: Plan | None = None
        self._reason = ""  # why the last search ended, unless it is done
        self._job: Job | None = None
        self.shown: SearchResult | None = None
        self.setWindowTitle("Search for settings")
        self.resize(140 * theme.GRID, 88 * theme.GRID)
        self.about = theme.label(wrap=True)
        self._holder = QVBoxLayout()
        self.form = SettingsForm(Search)
        self.start = _button(
            "Search", "Try settings one after the other. The clips of the fold left out are never looked at."
        )
        self.start.setProperty("primary", True)
        self.pause = _button("Pause", "Stop between two batches until you go on.")
        self.stop = _button("Stop", "End the search. Trials that ended are kept; “Search” goes on with it.")
        self.use = _button("Use these settings", "Put the study with the best settings into the form, to train it.")
        self.close_button = _button("Close", "A search that is under way goes on.")
        self.empty = EmptyState(NOTHING)
        self.words = theme.label(wrap=True)
        self.history = TrialHistory()
        self.bars = ImportanceBars()
        self.bars_words = theme.label("", theme.SMALL, muted=True, wrap=True)
        self.caveats = theme.label("", theme.SMALL, muted=True, wrap=True)
        self.progress = ProgressLine()
        self.progress.cancel.hide()  # Stop stands below the form
        for words in (self.words, self.bars_words, self.caveats):
            words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._lay_out()
        self.start.clicked.connect(self._start)
        self.pause.clicked.connect(self._pause)
        self.stop.clicked.connect(self._stop)
        self.use.clicked.connect(self._use)
        self.close_button.clicked.connect(self.hide)
        context.bridge.happened.connect(self._happened)

    def offer(self, study: Study) -> None:
        """Show what can be searched of a study, unless a search is under way: that one stays in view."""
        if self._running is None:
            last = self.form.value() if self._study.name == study.name else None
            self._study = study
            self._make_form(last or Search(fold=(study.folds or (1,))[0]))
            self._edited()
        self._follow_engine()

    # what is searched -------------------------------------------------------------------------------------------

    def _make_form(self, search: Search) -> None:
        """Its networks are those of the study."""
        labels = [network.label for network in self._study.network]
        chosen = search.network if search.network in labels else labels[0]
        self._holder.removeWidget(self.form)
        self.form.deleteLater()
        self.form = SettingsForm(Search, choices={"network": {label: label for label in labels}})
        self.form.set_value(search.model_copy(update={"network": chosen}))
        self.form.changed.connect(self._edited)
        self._holder.addWidget(self.form)
        self.about.setText(f"For the study “{self._study.name}”, as it stands in the form.")

    def _plan(self) -> Plan | None:
        """What the form asks for; None, and a sentence in it, where that cannot be searched."""
        search = self.form.value()
        if search is None:
            return None
        try:
            return Plan(self._study, search)
        except UserError as error:
            self.form.say("", str(error))
            return None

    def _edited(self) -> None:
        """Show what there is already of the search that the form asks for."""
        plan = self._plan()
        self._hint(plan)
        self._forget()
        if plan is None:
            self._show(None)
        elif plan.folder(self._context.workspace).is_dir():
            self._read(plan)
        else:
            self._show(SearchResult(plan, plan.folder(self._context.workspace), ()))
        self._follow_engine()

    def _hint(self, plan: Plan | None) -> None:
        """What a 0 stands for, and what is not searched though it was asked for."""
        if plan is None:
            return
        search = plan.search
        epochs = plan.spec.recipe.epochs
        self.form.hint("epochs", "" if search.epochs else f"As in the recipe: {readable.counted(epochs, 'epoch')}.")
        self.form.hint("minutes", "" if search.minutes else "No limit.")
        unused = bool(search.augmentation) and "augmentation" not in plan.ranges
        self.form.hint("augmentation", "Not searched: the recipe augments nothing." if unused else "")

    def _start(self) -> None:
        plan = self._plan()
        if plan is None:
            return
        try:
            self._context.engine.begin(plan.title, _searching(plan))
        except UserError as error:
            self.form.say("", str(error))
            return
        self._forget()
        self._running = plan
        self.progress.begin("Getting ready …")
        self._follow_engine()

    def _pause(self) -> None:
        engine = self._context.engine
        (engine.resume if engine.status.state is State.PAUSED else engine.pause)()
        self._follow_engine()

    def _stop(self) -> None:
        self._context.engine.cancel()
        self._follow_engine()

    def _use(self) -> None:
        study = self.shown.best_study() if self.shown is not None else None
        if study is not None:
            self.wanted.emit(study)
            self.hide()

    # what comes of it -------------------------------------------------------------------------------------------

    def _happened(self, event: Event) -> None:
        if isinstance(event, (Started, Finished)):
            self._follow_engine()
        plan = self._running
        if plan is None:
            return
        match event:
            case Progress():
                self.progress.report(event)
            case SearchStarted() if event.folder == plan.id:
                self._show(SearchResult(plan, plan.folder(self._context.workspace), event.done))
            case RunStarted():
                self._tell(event.run, 0, event.epochs)
            case EpochEnded():
                self._tell(event.run, event.epoch, event.epochs, event.seconds_left)
            case TrialEnded() if self.shown is not None:
                self._show(replace(self.shown, trials=(*self.shown.trials, event.trial)))
            case SearchFinished() if event.folder == plan.id:
                self._running = None
                self.progress.end()
                self._follow_engine()
                self._read(plan, event.reason)

    def _tell(self, trial: str, epoch: int, epochs: int, left: float | None = None) -> None:
        assert self._running is not None
        status = self._context.engine.status
        detail = f"trial {status.runs_done + 1} of {status.runs_total}, epoch {epoch} of {epochs}"
        if left is not None:
            detail += f", {readable.duration(left)} left in this trial"
        later = self.shown.seconds_to_come if self.shown is not None else None
        if later is not None and not self._running.search.minutes:  # else the limit may end it sooner
            detail += f", about {readable.duration(max(later, left or 0.0))} to go"
        done, total = status.runs_done * epochs + epoch, self._running.search.trials * epochs
        self.progress.report(Progress("Trying settings", done, total, "epochs", detail))

    def _read(self, plan: Plan, reason: str = "") -> None:
        self._reason = reason
        self._job = self._context.jobs.run(_reading(plan, self._context), self._have_read, self._not_read)

    def _have_read(self, read: Read) -> None:
        self._job = None
        result, importances = read
        self._show(result, importances)
        self._follow_engine()
        if self._reason and result.counted:
            self.words.setText(f"{result.sentence()} {self._reason}")
        elif self._reason:
            self.empty.sentence.setText(self._reason)

    def _not_read(self, sentence: str) -> None:
        self._job = None
        self._show(None)
        self.empty.sentence.setText(sentence)

    def _show(self, result: SearchResult | None, importances: tuple[Importance, ...] = ()) -> None:
        self.shown = result
        found = result is not None and result.best is not None
        self.use.setEnabled(found and self._running is None)
        if result is None or not result.counted:
            self.empty.sentence.setText(NOTHING)
            self._pages.setCurrentWidget(self.empty)
            return
        self._pages.setCurrentWidget(self._page)
        colour = self._colour(result)
        self.words.setText(result.sentence())
        self.history.show_result(result, colour)
        self.bars.show_importances(importances, colour)
        later = self._running is not None and not importances
        self.bars_words.setText("They are told when the search ends." if later else result.importance_sentence())
        self.caveats.setText(" ".join(result.caveats()) if found else "")

    def _colour(self, result: SearchResult) -> QColor:
        return theme.architecture_colour(result.plan.network.architecture)

    def _forget(self) -> None:
        if self._job is not None:
            self._job.cancel()
            self._job = None

    def _follow_engine(self) -> None:
        """Of the buttons those that the engine can obey now."""
        status = self._context.engine.status
        ours, idle = self._running is not None, status.state is State.IDLE
        self.form.setEnabled(not ours)
        self.start.setVisible(not ours)
        done, asked = (len(self.shown.counted), self.shown.plan.search.trials) if self.shown else (0, 1)
        self.start.setEnabled(idle and self._context.workspace.writable and done < asked)
        self.start.setText("Go on" if 0 < done < asked else "Search")
        self.form.hint("trials", "All are done: ask for more, and the search goes on." if done >= asked else "")
        for button in (self.pause, self.stop):
            button.setVisible(ours)
            button.setEnabled(status.state is not State.STOPPING)
        self.pause.setText("Resume" if status.state is State.PAUSED else "Pause")
        under_way = "" if idle else f"“{status.study}” is under way: a search can begin when it has ended."
        self.busy.setText(under_way or self._context.workspace.read_only_because)
        self.busy.setVisible(not ours and bool(self.busy.text()))
        self.use.setEnabled(not ours and self.shown is not None and self.shown.best is not None)

    def _lay_out(self) -> None:
        self.busy = theme.label("", theme.SMALL, muted=True, wrap=True)
        inside = QWidget()
        fields = QVBoxLayout(inside)
        fields.setContentsMargins(0, 0, 0, 0)
        fields.setSpacing(theme.GRID)
        fields.addWidget(self.about)
        fields.addLayout(self._holder)
        fields.addStretch(1)
        self._holder.addWidget(self.form)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(inside)
        left = QWidget()
        form = QVBoxLayout(left)
        form.setContentsMargins(0, 0, theme.GRID, 0)
        form.setSpacing(theme.GRID)
        form.addWidget(scroll, 1)
        form.addWidget(self.busy)
        buttons = QHBoxLayout()
        buttons.setSpacing(theme.GRID)
        for button in (self.start, self.pause, self.stop):
            buttons.addWidget(button)
        form.addLayout(buttons)
        left.setMinimumWidth(44 * theme.GRID)
        self._page = QWidget()
        page = QVBoxLayout(self._page)
        page.setContentsMargins(0, 0, 0, 0)
        page.setSpacing(theme.GRID)
        page.addWidget(self.words)
        page.addWidget(self.history, 1)
        page.addWidget(theme.label("What mattered", bold=True))
        page.addWidget(self.bars)
        page.addWidget(self.bars_words)
        page.addWidget(self.caveats)
        self._pages = QStackedLayout()
        self._pages.addWidget(self.empty)
        self._pages.addWidget(self._page)
        right = QWidget()
        found = QVBoxLayout(right)
        found.setContentsMargins(theme.GRID, 0, 0, 0)
        found.setSpacing(theme.GRID)
        found.addLayout(self._pages, 1)
        found.addWidget(self.progress)
        last = QHBoxLayout()
        last.setSpacing(theme.GRID)
        last.addStretch(1)
        last.addWidget(self.use)
        last.addWidget(self.close_button)
        found.addLayout(last)
        columns = QSplitter()
        columns.setChildrenCollapsible(False)
        columns.addWidget(left)
        columns.addWidget(right)
        columns.setStretchFactor(1, 1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(2 * theme.GRID, 2 * theme.GRID, 2 * theme.GRID, 2 * theme.GRID)
        whole.addWidget(columns)


def _searching(plan: Plan) -> Callable[..., object]:
    def work(workspace: Any, emit: Emit, control: Any, on_batch: Any) -> object:
        from core.search.run import run_search

        return run_search(plan, workspace, emit, control, on_batch)

    return work


def _reading(plan: Plan, context: Context) -> Callable[[Any, Any], Read]:
    folder = plan.folder(context.workspace)

    def work(control: Any, report: Any) -> Read:
        result = replace(read_search(folder), plan=plan)  # asked for so many trials now, of whatever was asked before
        return result, result.importances()

    return work


def _button(text: str, tooltip: str) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(tooltip)
    button.setAutoDefault(False)  # or Return anywhere in the dialog would press it
    return button
