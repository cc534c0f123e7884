"""Compare: which architecture wins, by how much, and whether that can be told from the folds there are."""

from __future__ import annotations

import html
from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QEvent, QSignalBlocker, Qt
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import (
    QHBoxLayout,
    QSplitter,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from core.control import Control
from core.datasets import DATASETS
from core.engine import State
from core.evaluation.metrics import METRICS
from core.evaluation.overview import Overview, read_overview
from core.evaluation.tables import TextTable, modality_table, network_figures, network_table, run_table
from core.events import Event, RunStarted
from core.files import slug
from core.runs import RunFolder, list_studies
from core.workspace import Workspace
from gui import run_actions, save_plot, theme
from gui.context import Context, ErrorsRequest
from gui.looks import looks
from gui.panels.compare_classes import ClassesPage
from gui.panels.compare_cost import CostPage
from gui.panels.compare_curves import CurvesPage
from gui.panels.compare_differences import DifferencesPage
from gui.panels.compare_ensembles import EnsemblesPage
from gui.panels.compare_gains import GainsPage
from gui.panels.compare_learning import LearningPage
from gui.panels.compare_means import MeansPage
from gui.panels.compare_parts import ComparePage
from gui.panels.compare_ranks import RanksPage
from gui.panels.compare_varied import VariedPage
from gui.panels.results import Reader, ResultsPanel
from gui.widgets.controls import copy_button, fill_combo, menu_button, named_combo
from gui.widgets.modality_grid import ModalityGrid
from gui.widgets.result_tree import ResultTree

EMPTY = "Which architecture wins, and whether the difference is real, will be here once a study has run."

PAGES: tuple[type[ComparePage], ...] = (
    MeansPage,
    DifferencesPage,
    ClassesPage,
    CurvesPage,
    LearningPage,
    CostPage,
    GainsPage,
    VariedPage,
    EnsemblesPage,
    RanksPage,
)

COPIES = (
    ("Networks as Markdown", "networks markdown"),
    ("Networks as CSV", "figures csv"),
    ("Networks as LaTeX", "networks latex"),
    ("All runs as CSV", "runs csv"),
    ("Sound, sight, both as Markdown", "modalities markdown"),
    ("Sound, sight, both as CSV", "modalities csv"),
    ("Sound, sight, both as LaTeX", "modalities latex"),
    ("This tab as Markdown", "tab markdown"),
    ("This tab as CSV", "tab csv"),
    ("This tab as LaTeX", "tab latex"),
)


class ComparePanel(ResultsPanel):
    """Reads the runs of one study in the background and shows them as a table, a plot and sentences."""

    name = "compare"

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(context, EMPTY, parent)
        self.overview: Overview | None = None
        self._served = False  # whether there is more than one modality
        self.study_choice = named_combo("Study", "The study whose runs are compared.", 192, gives_way=False)
        self.metric_choice = named_combo(
            "Metric", "What the table, the plot and the differences are about.", 176, gives_way=False
        )
        fill_combo(self.metric_choice, ((metric.title, name, metric.help) for name, metric in METRICS.items()))
        self.about = theme.label(muted=True)
        self.heading = theme.label()  # in presentation: what is shown, without the controls
        self.heading.setTextFormat(Qt.TextFormat.RichText)
        self.copy = copy_button(
            "Puts a table on the clipboard, for a document or another programme.", COPIES, self._copy
        )
        self.save = menu_button("mdi6.image-outline", "Save plot", save_plot.HELP, save_plot.ENTRIES, self._save)
        self.tree = ResultTree()
        self.grid = ModalityGrid()
        self.pages = [page(context) for page in PAGES]
        self._lay_out()
        self.study_choice.activated.connect(self._study_chosen)
        self.metric_choice.activated.connect(self._show)
        self.tree.errors_wanted.connect(self._show_errors)
        self.grid.errors_wanted.connect(self._show_errors)
        for page in self.pages:
            page.errors_wanted.connect(self._show_class)
        self.plots.currentChanged.connect(self._page_chosen)
        self.tree.note_wanted.connect(self._write_note)
        self.tree.title_wanted.connect(self._write_title)
        self.tree.name_wanted.connect(self._copy_name)
        self.tree.delete_wanted.connect(self._delete)
        context.bridge.happened.connect(self._happened)

    # what the window calls --------------------------------------------------------------------------------------

    def present(self, on: bool) -> None:
        self._bar.setVisible(not on)
        self.heading.setVisible(on)
        for page in self.pages:
            page.present(on)

    def save_state(self) -> None:
        super().save_state()
        self._keep_table()
        for page in self.pages:
            page.save_state()
        self.context.settings.setValue("compare/metric", self.metric_choice.currentData())

    def close_panel(self) -> None:
        super().close_panel()
        for page in self.pages:
            page.cancel()

    @property
    def page(self) -> ComparePage:
        """The tab in view below the tables."""
        return self.pages[self.plots.currentIndex()]

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "pages"):
            self._show()  # shades and the edges of marks are of the scheme

    # reading and showing ----------------------------------------------------------------------------------------

    def studies(self) -> list[str]:
        return list_studies(self.context.workspace)

    def offer(self, studies: list[str], chosen: str) -> None:
        self.study_choice.clear()
        self.study_choice.addItems(studies)
        self.study_choice.setCurrentText(chosen)

    def reader(self, study: str) -> Reader:
        engine = self.context.engine.status
        trained = "" if engine.state is State.IDLE else slug(engine.study)
        return partial(_read, self.context.workspace, study, trained)

    def show_results(self, results: Overview) -> None:
        self.overview = results
        for problem in (*results.summary.problems, *results.problems):
            self.said.emit(problem, "warning")
        self._serve(len(results.summary.modalities) > 1)
        self._show()

    def _serve(self, several: bool) -> None:
        """Tabs are there where there is something to show; one that was chosen comes back when there is again."""
        self._keep_table()
        self.tables.tabBar().setVisible(several)
        if not several:
            self.tables.setCurrentWidget(self.tree)
        elif not self._served:
            self.tables.setCurrentIndex(int(str(self.context.settings.value("compare/tables", 0))))
        self._served = several
        for action in self.copy.menu().actions():
            if str(action.data()).startswith("modalities"):
                action.setVisible(several)
        with QSignalBlocker(self.plots):
            for place, page in enumerate(self.pages):
                self.plots.setTabVisible(place, self.overview is not None and page.suits(self.overview))
            shown = [page for place, page in enumerate(self.pages) if self.plots.isTabVisible(place)]
            chosen = [page for page in shown if page.title == self.context.settings.value("compare/page")]
            self.plots.setCurrentWidget((chosen or shown or self.pages)[0])

    def _keep_table(self) -> None:
        """That which was chosen, not that which one modality leaves."""
        if self._served:
            self.context.settings.setValue("compare/tables", self.tables.currentIndex())

    def _page_chosen(self, place: int) -> None:
        self.context.settings.setValue("compare/page", self.pages[place].title)

    def forget_results(self) -> None:
        self.overview = None
        self.about.clear()
        self.heading.clear()
        self.copy.setEnabled(False)
        self.save.setEnabled(False)

    def _happened(self, event: Event) -> None:
        if isinstance(event, RunStarted):  # it was waiting, or interrupted
            self.runs_changed()

    def _study_chosen(self) -> None:
        self.read(self.study_choice.currentText())

    def _show(self) -> None:
        if self.overview is None:
            return
        summary, metric = self.overview.summary, str(self.metric_choice.currentData())
        datasets = sorted({network.dataset for network in summary.networks})
        titles = [DATASETS[name].title for name in datasets]
        self.about.setText(" · ".join(filter(None, (*titles, self.overview.without_runs))))
        study, *titles = map(html.escape, (self.overview.study, *titles))
        self.heading.setText(" · ".join((f"<b>{study}</b>", *titles)))
        shown = looks(self.context.workspace, self.overview)
        self.tree.show_overview(self.overview, metric, shown)
        self.grid.show_summary(summary, metric)
        for page in self.pages:
            page.show_overview(self.overview, metric, shown)
        self.copy.setEnabled(bool(summary.runs))
        self.save.setEnabled(bool(summary.runs))

    # acting on rows ---------------------------------------------------------------------------------------------

    def _show_errors(self, network: str) -> None:
        if self.overview is not None:
            self.context.want_errors(ErrorsRequest(self.overview.study, network))

    def _show_class(self, network: str, name: str) -> None:
        if self.overview is not None:
            self.context.want_errors(ErrorsRequest(self.overview.study, network, true_class=name))

    def _write_note(self, run: RunFolder) -> None:
        run_actions.write_note(self.context, [run], self)

    def _write_title(self, run: RunFolder) -> None:
        run_actions.write_title(self.context, run, self)

    def _copy_name(self, run: RunFolder) -> None:
        run_actions.copy_name(self.context, run)

    def _delete(self, runs: list[RunFolder]) -> None:
        run_actions.delete_runs(self.context, runs, self)

    # copying ----------------------------------------------------------------------------------------------------

    def _copy(self) -> None:
        """Put on the clipboard what the chosen action says."""
        action = self.sender()
        if self.overview is None or not isinstance(action, QAction):
            return
        summary, metric = self.overview.summary, str(self.metric_choice.currentData())
        metrics = [metric, *(name for name in ("accuracy", "macro_f1", "log_loss") if name != metric)]
        tables: dict[str, Callable[[], TextTable | None]] = {
            "networks": lambda: network_table(summary, metrics),
            "figures": lambda: network_figures(summary),
            "runs": lambda: run_table(summary),
            "modalities": lambda: modality_table(summary, metric),
            "tab": self.page.table,
        }
        which, form = str(action.data()).split()
        table = tables[which]()
        if table is None:
            self.context.message.emit(f"“{self.page.title}” shows no table.", "info")
            return
        write = {"markdown": table.markdown, "csv": table.csv, "latex": table.latex}[form]
        QGuiApplication.clipboard().setText(write())
        self.context.message.emit(f"{action.text()}: copied.", "info")

    def _save(self) -> None:
        """Write the plot in view to a file of the form that the chosen action says."""
        action, plot = self.sender(), self.page.picture()
        if self.overview is None or not isinstance(action, QAction):
            return
        if plot is None:
            self.context.message.emit(f"“{self.page.title}” shows no plot.", "info")
            return
        study, metric = self.overview.study, METRICS[str(self.metric_choice.currentData())].title
        title = " · ".join(filter(None, (study, self.about.text(), self.page.title, metric)))
        name = f"{study}-{slug(self.page.title)}"
        save_plot.ask_and_save(self.context, plot, str(action.data()), name, title)

    # layout -----------------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        self._bar = QWidget()
        bar = QHBoxLayout(self._bar)
        bar.setContentsMargins(theme.GRID, theme.GRID, theme.GRID, theme.GRID)
        bar.setSpacing(theme.GRID)
        for combo in (self.study_choice, self.metric_choice):
            bar.addWidget(theme.label(combo.accessibleName(), muted=True))
            bar.addWidget(combo)
            bar.addSpacing(theme.GRID)
        bar.addWidget(self.about, 1)
        bar.addWidget(self.copy)
        bar.addWidget(self.save)
        self.tables = _tabs(
            "tables",
            (self.grid, "Sound, sight, both", "Each architecture on each modality."),
            (self.tree, "All networks", "Every network with its runs, and what they took."),
        )
        self.plots = _tabs("plots", *((page, page.title, page.help) for page in self.pages))
        whole = QSplitter(Qt.Orientation.Vertical)
        whole.addWidget(self.tables)
        whole.addWidget(self.plots)
        whole.setStretchFactor(0, 1)
        whole.setStretchFactor(1, 2)
        whole.setSizes([216, 440])
        self.remember("compare/rows", whole)
        for page in self.pages:
            for name, splitter in page.splitters.items():
                self.remember(f"compare/{name}", splitter)
        chosen = self.metric_choice.findData(self.context.settings.value("compare/metric", "accuracy"))
        self.metric_choice.setCurrentIndex(max(0, chosen))
        self.heading.hide()
        self.heading.setContentsMargins(2 * theme.GRID, theme.GRID, 2 * theme.GRID, theme.GRID)
        above = QWidget()
        column = QVBoxLayout(above)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._bar)
        column.addWidget(self.heading)
        self.show_in(above, whole)


def _read(
    workspace: Workspace, study: str, trained: str, control: Control, report: Callable[[Event], None]
) -> Overview | None:
    overview = read_overview(workspace, study, control, report, trained=trained)
    return None if overview.empty else overview


def _tabs(name: str, *pages: tuple[QWidget, str, str]) -> QTabWidget:
    tabs = QTabWidget()
    tabs.setObjectName(name)
    tabs.setDocumentMode(True)
    for page, word, tooltip in pages:
        tabs.setTabToolTip(tabs.addTab(page, word), tooltip)
    return tabs
