"""Train: set up a study on the left, watch it learn on the right."""

from __future__ import annotations

from pathlib import Path

import psutil
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QHideEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QFileDialog, QSplitter, QStackedWidget, QToolButton, QVBoxLayout, QWidget

from core import readable
from core.engine import State
from core.errors import UserError
from core.events import Event, Finished, Started
from core.files import slug
from core.presets import PRESETS
from core.run_lists import RunRow
from core.run_records import LogRow
from core.runs import list_studies
from core.study import Study, read_study
from gui import theme
from gui.context import Context
from gui.panels.base import Panel
from gui.panels.train_controls import Controls, Step
from gui.panels.train_facts import Facts
from gui.panels.train_place import Place
from gui.panels.train_queue import Queue
from gui.panels.train_runs import StudyRuns
from gui.panels.train_search import SearchDialog
from gui.panels.train_start import Starter
from gui.panels.train_study import StudyEditor
from gui.panels.train_welcome import Welcome
from gui.widgets.curves import Curves, RunCurves

EXTENDING = "The form shows the study: add seeds, folds or networks there. Start trains only what is missing."
DRAW_MS = 500  # a redraw takes 12 ms of the CPU that trains: twice a second is 2 % of it


class TrainPanel(Panel):
    """The panel puts its parts together and passes on what they say."""

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self._process = psutil.Process()
        self.runs = StudyRuns(context, self)
        self.editor = StudyEditor(context)
        self.controls = Controls(Place(context))
        self._drawn = ""  # slug of the study whose curves are drawn
        self.starter = Starter(context, self.controls, self.runs, self)
        self.search: SearchDialog | None = None
        self.curves = Curves()
        self.facts = Facts()
        self.queue = Queue(context, self.runs)
        self.welcome = Welcome()
        self._timer = QTimer(self)
        self._timer.setInterval(DRAW_MS)
        self._lay_out()
        self._connect()
        self._restore()

    def activate(self) -> None:
        wanted, self.context.training_request = self.context.training_request, None
        if wanted is not None:
            self.editor.use_dataset(wanted)
        self._follow_engine()
        self.queue.refresh()
        self._show_page()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802
        """Another panel comes to the front: it may want to know what would be trained."""
        super().hideEvent(event)
        self.context.study = self.editor.value() or self.context.study

    def present(self, on: bool) -> None:
        self._left.setVisible(not on)
        self.queue.setVisible(not on)
        for button in (self.curves.batches, self.curves.reset, self._export_button):
            button.setVisible(not on)

    def save_state(self) -> None:
        super().save_state()
        settings = self.context.settings
        settings.setValue("train/study", self.runs.study)
        study = self.editor.value()
        if study is not None:
            settings.setValue("train/form", study.model_dump_json())

    def close_panel(self) -> None:
        self._timer.stop()
        self.starter.forget()
        if self.search is not None:
            self.search.hide()

    def _start_form(self) -> None:
        study = self.editor.value() if self.controls.step is Step.IDLE else None
        if study is not None:
            self.starter.start(study)

    def _search(self) -> None:
        study = self.editor.value()
        if study is None:
            return
        if self.search is None:
            self.search = SearchDialog(self.context, self.window())
            self.search.wanted.connect(self._use_found)
        self.search.offer(study)
        self.search.show()
        self.search.raise_()

    def _use_found(self, study: Study) -> None:
        self.editor.set_value(study)
        self.context.message.emit(f"The form shows “{study.name}”: Start trains it over all its folds.", "info")

    def _start_demo(self, preset: str) -> None:
        if self.editor.open_file(PRESETS / f"{preset}.toml"):
            self._start_form()

    def _resume_study(self, slug: str) -> None:
        if self.controls.step is not Step.IDLE:
            return
        try:
            self.starter.start(read_study(self.context.workspace.runs / slug / "study.toml"), named=True)
        except UserError as error:
            self.context.message.emit(str(error), "error")

    def _extend_study(self, slug: str) -> None:
        if self.editor.open_file(self.context.workspace.runs / slug / "study.toml"):
            seeds = self.editor.basics.editors["seeds"].widget
            seeds.setFocus()
            self.editor.ensureWidgetVisible(seeds)
            self.context.message.emit(EXTENDING, "info")

    def _pause(self) -> None:
        engine = self.context.engine
        (engine.resume if engine.status.state is State.PAUSED else engine.pause)()
        self._follow_engine()

    def _stop(self) -> None:
        self.context.engine.cancel()
        self._follow_engine()

    def _happened(self, event: Event) -> None:
        if isinstance(event, (Started, Finished)):
            self._tick()
            self._follow_engine()

    def _follow_engine(self) -> None:
        """Start or stop the timer, the buttons and the facts as the engine starts or stops."""
        state = self.context.engine.status.state
        self.controls.show_engine(state)
        self.queue.show_engine(state)
        self.queue.resume.setEnabled(self.controls.step is Step.IDLE)
        if state is State.IDLE:
            self._timer.stop()
        elif not self._timer.isActive():
            self._timer.start()
        self._show_facts()
        self._show_page()

    def _tick(self) -> None:
        for batch in self.context.engine.drain_batches():
            if self.runs.told:
                self.curves.add_batch(batch.run, batch.step, batch.loss)
        if self.isVisible():
            self.curves.refresh()
            self._follow_engine()

    def _show_facts(self) -> None:
        status = self.context.engine.status
        left = self.runs.seconds_left()
        busy = status.state is not State.IDLE
        self.facts.show_values(
            device=status.device or self.context.libraries.device,
            speed=readable.rate(status.clips_per_second) if busy and status.clips_per_second else "",
            memory=readable.size(self._process.memory_info().rss),
            left=f"about {readable.duration(left)}" if left is not None else "",
        )

    def _runs_loaded(self) -> None:
        before = dict(self.curves.runs) if self._drawn == self.runs.study else {}  # ids are alike in other studies
        self._drawn = self.runs.study
        self.curves.clear()
        for row in self.runs.rows:
            self.curves.add_run(_curves_of(row, self.runs, before.get(row.id)))
        self.curves.refresh()
        self._show_page()
        studies = [] if self.runs.rows else list_studies(self.context.workspace)
        if studies and self.runs.study not in studies:  # its last run was deleted
            self.runs.show(studies[0])

    def _runs_changed(self) -> None:
        """A run was deleted or annotated, here or elsewhere. Of the study under way, events say what is new."""
        status = self.context.engine.status
        under_way = status.state is not State.IDLE and slug(status.study) == self.runs.study
        if self.runs.study and not under_way:
            self.runs.show(self.runs.study)

    def _run_changed(self, place: int) -> None:
        row = self.runs.rows[place]
        curves = self.curves.runs.get(row.id)
        if curves is not None:
            curves.batches_per_epoch = row.batches_per_epoch or curves.batches_per_epoch
            if row.accuracy is not None:
                self.curves.set_test_accuracy(row.id, row.accuracy)

    def _epoch_ended(self, run: str, row: LogRow) -> None:
        self.curves.add_epoch(run, row)

    def _show_page(self) -> None:
        """The welcome as long as no network has been trained here, and none is."""
        idle = self.context.engine.status.state is State.IDLE
        nothing = idle and not self.runs.rows and not list_studies(self.context.workspace)
        self.welcome.choice.setEnabled(self.controls.step is Step.IDLE)
        self._pages.setCurrentWidget(self.welcome if nothing else self._rows)

    def _export(self) -> None:
        path, _ = QFileDialog.getSaveFileName(
            self, "Export the curves", f"{self.runs.study or 'curves'}.png", "Pictures (*.png *.svg)"
        )
        if path:
            try:
                self.curves.export(Path(path))
            except UserError as error:
                self.context.message.emit(str(error), "error")

    def _connect(self) -> None:
        context, controls = self.context, self.controls
        controls.start.connect(self._start_form)
        controls.search.connect(self._search)
        self.starter.changed.connect(self._follow_engine)
        controls.pause.connect(self._pause)
        controls.stop.connect(self._stop)
        self.welcome.demo.connect(self._start_demo)
        self.queue.resume_wanted.connect(self._resume_study)
        self.queue.extend_wanted.connect(self._extend_study)
        self.queue.selected.connect(self.curves.choose)
        self.curves.run_clicked.connect(self.queue.choose)
        self.runs.loaded.connect(self._runs_loaded)
        self.runs.changed.connect(self._run_changed)
        self.runs.epoch_ended.connect(self._epoch_ended)
        context.bridge.happened.connect(self._happened)
        context.runs_changed.connect(self._runs_changed)
        self._timer.timeout.connect(self._tick)
        start = QShortcut(QKeySequence("Ctrl+Return"), self)
        start.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        start.activated.connect(controls.start_button.click)

    def _lay_out(self) -> None:
        self._left = QWidget()
        left = QVBoxLayout(self._left)
        left.setContentsMargins(0, 0, 0, 0)
        left.setSpacing(0)
        left.addWidget(self.editor, 1)
        left.addWidget(self.controls)
        self._left.setMinimumWidth(42 * theme.GRID)
        above = QWidget()
        top = QVBoxLayout(above)
        top.setContentsMargins(2 * theme.GRID, theme.GRID, theme.GRID, 0)
        top.setSpacing(theme.GRID)
        top.addWidget(self.facts)
        top.addWidget(self.curves, 1)
        export = self._export_button = QToolButton()
        export.setToolTip("Export the curves as PNG or SVG.")
        theme.set_icon(export, "mdi6.export-variant")
        export.clicked.connect(self._export)
        self.curves.tools_layout.addWidget(export, 0, Qt.AlignmentFlag.AlignTop)
        self._rows = QSplitter(Qt.Orientation.Vertical)
        self._rows.addWidget(above)
        self._rows.addWidget(self.queue)
        self._rows.setStretchFactor(0, 3)
        self._rows.setStretchFactor(1, 1)
        self._rows.setSizes([58 * theme.GRID, 28 * theme.GRID])
        self._pages = QStackedWidget()
        self._pages.addWidget(self.welcome)
        self._pages.addWidget(self._rows)
        self._columns = QSplitter()
        self._columns.addWidget(self._left)
        self._columns.addWidget(self._pages)
        self._columns.setStretchFactor(1, 1)
        self._columns.setSizes([48 * theme.GRID, 100 * theme.GRID])
        self.remember("train/columns", self._columns)
        self.remember("train/rows", self._rows)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._columns)

    def _restore(self) -> None:
        settings = self.context.settings
        studies = list_studies(self.context.workspace)
        wanted = str(settings.value("train/study", ""))
        shown = wanted if wanted in studies else next(iter(studies), "")
        if shown:
            self.runs.show(shown)
        form = str(settings.value("train/form", ""))
        other = self.context.workspace.runs / shown / "study.toml" if shown else PRESETS / "demo.toml"
        try:
            self.editor.set_value(Study.model_validate_json(form) if form else read_study(other))
        except (ValueError, UserError):
            self.editor.set_value(Study())  # written by another version: start from the defaults


def _curves_of(row: RunRow, runs: StudyRuns, before: RunCurves | None) -> RunCurves:
    """How a run is drawn. The losses of its batches are on no disk: they are taken over from what was drawn before."""
    modality = row.spec.modality
    made = RunCurves(
        run=row.id,
        network=row.network,
        look=runs.look(row),
        part=f"{f'{modality.word}, ' if runs.several_modalities else ''}fold {row.spec.fold}, seed {row.spec.seed}",
        epochless=row.spec.epochless,
        batches_per_epoch=row.batches_per_epoch,
        rows=list(row.log),
        test_accuracy=row.accuracy,
    )
    if before is not None:
        made.trace = before.trace
        made.batches_per_epoch = row.batches_per_epoch or before.batches_per_epoch
    return made
