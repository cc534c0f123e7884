"""Errors: confusion matrix → the clips of a cell → hear and see one, beside what every network thought of it."""

from __future__ import annotations

import importlib
from functools import partial
from typing import Any

import numpy as np
from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QComboBox, QSplitter, QTabWidget, QVBoxLayout, QWidget

from core.analysis.capture_records import captured_studies, read_capture_records
from core.analysis.class_scores import ClassScores, class_scores
from core.analysis.clip_records import Rows
from core.analysis.selection import Which, counts, runs_shown, select, why_empty
from core.analysis.study_records import PREFIX, StudyRecords, read_study_records
from core.control import Control
from core.readable import counted
from core.runs import list_studies
from gui import theme
from gui.clip_source import ClipSource
from gui.context import Context, ErrorsRequest
from gui.jobs import Job
from gui.panels.errors_common import InCommon
from gui.panels.errors_export import ExportClips, cells_in_words, how_chosen
from gui.panels.errors_labels import Labels
from gui.panels.errors_map import ClipMaps
from gui.panels.errors_nearest import Nearest
from gui.panels.errors_parts import ClipPage, Part, Selector
from gui.panels.errors_review import ErrorsReview
from gui.panels.errors_why import Why
from gui.panels.results import Reader, ResultsPanel
from gui.widgets.clip_columns import LOSS, clip_columns
from gui.widgets.clip_table import ClipTable
from gui.widgets.clip_view import MODEL, ClipView
from gui.widgets.confusion_view import ConfusionView
from gui.widgets.controls import tool_button
from gui.widgets.error_filters import ErrorFilters
from gui.widgets.opinions import opinions_of
from gui.widgets.probabilities import ProbabilityBars
from gui.widgets.thumbnails import Thumbnails

OF_FRAMES = "Below: how probable {} is by each frame alone. Click another class above to change it."
# Ways to choose clips, behind tabs beside the matrix; and what can be asked of the clip that is open.
SELECTORS: tuple[type[Selector], ...] = (ClipMaps, InCommon, Labels)
CLIP_PAGES: tuple[type[ClipPage], ...] = (Why, Nearest)
EMPTY = "Every mistake of your networks will be here, to hear and to see, once a study has finished its first run."


class ErrorsPanel(ResultsPanel):
    """Reads the runs of one study in the background; everything shown is selected from their records."""

    name = "errors"

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(context, EMPTY, parent)
        self.data: StudyRecords | None = None
        self._rows: Rows = np.zeros(0, np.int64)  # records that the filters let through
        self._request: ErrorsRequest | None = None  # followed as soon as its study is read, once
        self._scoring: Job | None = None
        self._scored: list[int] | None = None  # runs whose classes are scored
        self.source = ClipSource(context, self)
        self.filters = ErrorFilters()
        self.matrix = ConfusionView()
        self.table = ClipTable()
        self.thumbnails = Thumbnails(context.jobs, self.source, self.table)
        self._chosen: tuple[Rows, str] | None = None  # by a selector, and in words; instead of cells of the matrix
        self.leave = tool_button(
            "mdi6.close", "Show all", "No cell and nothing else is chosen: all that the filters let through  (Esc)"
        )
        self.selectors = [make(context, self.source) for make in SELECTORS]
        self.review = ErrorsReview(context, self.source, self.table)
        self.export = ExportClips(context, self.source, self.table, self.review)
        self.bars = ProbabilityBars()
        self.clip_view = ClipView(context, "errors", MODEL)  # one view at first: room for the table
        self.pages = [make(context, self.source, self.clip_view) for make in CLIP_PAGES]
        self._lay_out()
        self.matrix.allow_likeness(False)
        self.matrix.comparing.connect(self._compare)
        self.filters.thumbnails.toggled.connect(self.thumbnails.show)
        self._restore_state()
        self.filters.study_changed.connect(self._study_chosen)
        self.filters.all_wanted.connect(self._leave_cells)
        self.filters.changed.connect(self._select)
        self.matrix.selection_changed.connect(self._cells_chosen)
        self.leave.clicked.connect(self._leave_chosen)
        for selector in self.selectors:
            selector.chosen.connect(self._rows_chosen)
            selector.open_wanted.connect(self.table.open_clip)
        self.table.current_changed.connect(self._show_clip)
        self.table.marked_changed.connect(self._say)
        self.bars.class_chosen.connect(self._show_frames)
        self.source.changed.connect(self._source_changed)
        self.clip_view.previous_wanted.connect(self._previous)
        self.clip_view.next_wanted.connect(self._next)
        of_selectors = [widget for selector in self.selectors for widget in selector.keyed]
        keyed = (self, self.table, self.matrix.pairs, self.matrix.scores, *of_selectors)
        for keys in (self.clip_view, self.review):
            keys.take_keys(*keyed)
        for choice in self.findChildren(QComboBox):
            choice.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # chosen by the mouse, it leaves the keys to the clips

    # what the window calls --------------------------------------------------------------------------------------

    def activate(self) -> None:
        request, self.context.errors_request = self.context.errors_request, None
        if request is not None:
            self._request = request
            self.read(request.study)
        else:
            super().activate()

    def present(self, on: bool) -> None:
        self.filters.setVisible(not on)
        self.review.setVisible(not on)
        self.export.setVisible(not on)
        self.matrix.present(on)
        self.clip_view.present(on)
        for part in self._parts:
            part.present(on)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        if event.key() == Qt.Key.Key_Escape and self.chosen_words:
            self._leave_chosen()
        else:
            super().keyPressEvent(event)

    def save_state(self) -> None:
        super().save_state()
        header = self.table.horizontalHeader()
        descending = header.sortIndicatorOrder() == Qt.SortOrder.DescendingOrder
        sort = {"sorted": header.sortIndicatorSection(), "descending": descending}
        for key, value in (self.filters.words() | self.matrix.choices() | sort).items():
            self.context.settings.setValue(f"errors/{key}", value)
        self.review.save_state()
        for part in self._parts:
            part.save_state()

    def _restore_state(self) -> None:
        settings = self.context.settings
        kept = {
            key: str(settings.value(f"errors/{key}", "")) for key in (*self.filters.words(), *self.matrix.choices())
        }
        self.filters.restore(kept)
        self.matrix.restore(kept)
        column: Any = settings.value("errors/sorted", LOSS, type=int)
        descending = settings.value("errors/descending", True, type=bool)
        order = Qt.SortOrder.DescendingOrder if descending else Qt.SortOrder.AscendingOrder
        self.table.sortByColumn(column, order)

    def close_panel(self) -> None:
        super().close_panel()
        if self._scoring is not None:
            self._scoring.cancel()
        self.export.cancel()
        for part in self._parts:
            part.close_part()
        self.review.close_review()
        self.thumbnails.close()
        self.clip_view.close_clip()

    # reading ----------------------------------------------------------------------------------------------------

    def studies(self) -> list[str]:
        workspace = self.context.workspace
        return [*list_studies(workspace, finished=True), *captured_studies(workspace)]

    def offer(self, studies: list[str], chosen: str) -> None:
        self.filters.set_studies(studies, chosen)

    def reader(self, study: str) -> Reader:
        read = read_capture_records if study.startswith(PREFIX) else read_study_records
        return partial(read, self.context.workspace, study)

    def show_results(self, results: StudyRecords) -> None:
        self.review.note.keep()  # of the clip that was open, while its dataset is
        opened = results.find(self.data.name_of(self.table.current)) if self.data and self.table.current >= 0 else -1
        if self.data is None or self.data.study != results.study:
            self.matrix.show_scores((), None)
        self.data, self._scored = results, None
        self._chosen = None
        self.filters.set_runs(results)
        request, self._request = self._request, None
        if request is not None:
            names = {network.label: network.name for network in results.networks}
            which = Which.ALL if request.true_class else Which.ERRORS
            self.filters.choose_network(names.get(request.network, ""), which)
            with QSignalBlocker(self.matrix):  # the table still has the rows of what was shown before
                self.matrix.matrix.select(frozenset())
        before = self.source.dataset
        with QSignalBlocker(self.source):  # one that is open in Data is there at once, and the table is not
            self.source.open(results.specs[0].dataset)
        self.review.show_data(results, opened)
        self.thumbnails.set_data(results)
        columns = clip_columns(results, self.thumbnails.picture, self.thumbnails.width, self.review.codes)
        self.table.set_columns(columns, opened)
        for problem in results.problems:
            self.said.emit(problem, "warning")
        self.context.jobs.run(_import_clustering, self.matrix.allow_likeness)
        self.matrix.allow_difference(len(results.networks) > 1)
        self._select()
        if request is not None and request.true_class in results.records.classes:
            self._select_class(results.records.classes.index(request.true_class))
        if self.table.current == opened >= 0 and self.source.dataset is before:
            self._show_opinions_again(opened)
        elif self.table.current == opened >= 0:
            self._show_clip(opened)

    def forget_results(self) -> None:
        self.data = None
        self.review.show_data(None)
        self._chosen = None
        for selector in self.selectors:
            selector.show_rows(None, np.zeros(0, np.int64))
        for page in self.pages:
            page.show_record(None, -1)
        self.filters.said.set_text("")
        self.leave.hide()
        self.export.show_selected(None)
        self.clip_view.clear()

    def _study_chosen(self, study: str) -> None:
        self._request = None
        self.read(study)

    def _source_changed(self) -> None:
        self._say()
        self._show_clip(self.table.current)

    # selecting --------------------------------------------------------------------------------------------------

    def _select_class(self, label: int) -> None:
        """All clips of a class, right or wrong."""
        classes = len(self.data.records.classes) if self.data is not None else 0
        self.matrix.matrix.select(frozenset((label, predicted) for predicted in range(classes)))

    def _leave_cells(self) -> None:
        self._chosen = None
        self.matrix.matrix.select(frozenset())

    def _cells_chosen(self) -> None:
        self._chosen = None
        self._show_selected()

    def _rows_chosen(self, rows: Rows | None, words: str) -> None:
        """By a selector: the table holds these of the rows that the filters let through, whatever cells were chosen."""
        if rows is None:
            self._leave_chosen()
            return
        with QSignalBlocker(self.matrix):
            self.matrix.matrix.select(frozenset())
        self._chosen = rows, words
        self._show_selected()

    def _leave_chosen(self) -> None:
        with QSignalBlocker(self.matrix):
            self._leave_cells()
        self._show_selected()

    @property
    def chosen_words(self) -> str:
        """What a selector, or else the cells of the matrix, choose among the clips that the filters let through."""
        if self._chosen is not None:
            return self._chosen[1]
        cells = self.matrix.matrix.selected
        return cells_in_words(cells, self.data.records.classes) if cells and self.data is not None else ""

    def _compare(self, on: bool) -> None:
        """Or not any more: the difference of the matrices of A and B."""
        self.filters.set_comparing(on)
        self._select()

    def _select(self) -> None:
        """Filters → records → matrix and table."""
        if self.data is None:
            return
        records, choice = self.data.records, self.filters.choice
        runs = runs_shown(self.data, choice)
        self._rows = rows = select(self.data, choice)
        self.matrix.set_counts(records.classes, *counts(self.data, choice, rows), choice.every_clip)
        for selector in self.selectors:
            selector.runs = runs
            selector.show_rows(self.data, rows)
        self._show_selected()
        self._score_classes(runs)  # last: it would compete with what is seen at once

    def _score_classes(self, runs: list[int]) -> None:
        """Scores of each class over the runs chosen, in the background: they need every probability."""
        if self.data is None or self._scored == runs:
            return
        self._scored = runs
        if self._scoring is not None:
            self._scoring.cancel()
        self._scoring = self.context.jobs.run(partial(_score, self.data, runs), self._classes_scored)

    def _classes_scored(self, scores: ClassScores | None) -> None:
        self._scoring = None
        if self.data is not None:
            self.matrix.show_scores(self.data.records.classes, scores)

    def _show_selected(self) -> None:
        """The table holds exactly what is selected in the matrix or by a selector; everything where nothing is."""
        if self.data is None:
            return
        records, rows, cells = self.data.records, self._rows, self.matrix.matrix.selected
        self.leave.setVisible(bool(self.chosen_words))
        if self._chosen is not None:
            rows = np.intersect1d(rows, self._chosen[0])
        elif cells:
            n = len(records.classes)
            wanted = np.zeros(n * n, bool)
            wanted[[true * n + predicted for true, predicted in cells]] = True
            rows = rows[wanted[records.true[rows] * n + records.predicted[rows]]]
        self.table.show_clips(rows, why_empty(self.data, self.filters.choice, bool(self._rows.size)))
        for selector in self.selectors:
            selector.show_selected(rows)
        self.export.show_selected(self.data, how_chosen(self.filters, self.chosen_words))
        self._say()

    def _say(self) -> None:
        """How many predictions stand in the table, by what they were chosen, of how many runs, and what they are."""
        if self.data is None:
            return
        shown, runs = self.table.clips.rowCount(), len(runs_shown(self.data, self.filters.choice))
        dataset = self.source.dataset
        marked = f"{len(self.table.marked):,} marked of " if len(self.table.marked) else ""
        said = [
            f"{marked}{shown:,} {'prediction' if shown == 1 else 'predictions'}",
            self.chosen_words,
            counted(runs, "run"),
        ]
        if dataset is not None and dataset.synthetic:
            said.insert(0, "synthetic clips")
        self.filters.said.set_text(" · ".join(filter(None, said)))

    # one clip ---------------------------------------------------------------------------------------------------

    def _show_clip(self, record: int) -> None:
        """The clip first, and then what can be asked of it: the pool works through them in this order."""
        for selector in self.selectors:
            selector.show_open(record)
        self._open_clip(record)
        for page in self.pages:
            page.show_record(self.data, record)

    def _open_clip(self, record: int) -> None:
        self.review.show_record(record)
        if self.data is None or record < 0:
            self.bars.clear()
            self.clip_view.clear("")  # the table says why
            return
        self._show_opinions(record)
        records = self.data.records
        clip = self.source.clip(str(records.clip_ids[records.clip[record]]))
        if self.source.dataset is not None and clip is not None:
            self.clip_view.show_clip(self.source.dataset, clip, self.data.specs[records.run[record]].given)
            self._show_frames(int(records.predicted[record]))
        elif self.source.trouble:
            self.clip_view.clear(self.source.trouble)
        elif self.source.dataset is not None:
            self.clip_view.clear(
                f"{records.clip_ids[records.clip[record]]} is no longer in {self.source.dataset.root}."
            )
        else:
            self.clip_view.clear("Opening the dataset …")

    def _show_opinions(self, record: int) -> None:
        assert self.data is not None
        opinions = opinions_of(self.data.networks, self.data.answers(record))
        self.bars.show_opinions(self.data.records.classes, int(self.data.records.true[record]), opinions)

    def _show_opinions_again(self, record: int) -> None:
        """There may be more of them. The clip stays as it is, with the class that its frames are spoken of."""
        label = self.bars.of_frames
        for selector in self.selectors:
            selector.show_open(record)
        for page in self.pages:
            page.show_record(self.data, record)
        self._show_opinions(record)
        if 0 <= label < len(self.bars.classes):
            self._show_frames(label)

    def _show_frames(self, label: int) -> None:
        """What the network of the record said of each frame alone: the probability of the class it chose for the
        whole clip, until another class is clicked in the bars."""
        if self.data is None or self.table.current < 0:
            return
        said = self.data.of_frames(self.table.current)
        self.bars.mark_frames(-1 if said is None else label)
        if said is None:
            self.clip_view.show_frame_probabilities(None)
        else:
            name = self.data.records.classes[label]
            self.clip_view.show_frame_probabilities(said[:, label], name, OF_FRAMES.format(name))

    def _previous(self) -> None:
        self.table.step(-1)

    def _next(self) -> None:
        self.table.step(1)

    @property
    def _parts(self) -> list[Part]:
        return [*self.selectors, *self.pages]

    # layout -----------------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        self.leave.hide()
        self.filters.put_at_end(self.leave)
        self.filters.put_at_end(self.export.button)
        self.ways, self.clip_pages = _tabs(self.matrix, "Matrix"), _tabs(self.clip_view, "Clip")
        for tabs, parts in ((self.ways, self.selectors), (self.clip_pages, self.pages)):
            for part in parts:
                tabs.addTab(part, part.title)
                tabs.setTabToolTip(tabs.count() - 1, part.help)
        one_clip = _column(self.review, self.bars, self.clip_pages)
        one_clip.setContentsMargins(theme.GRID, theme.GRID, 0, 0)
        right, whole = QSplitter(Qt.Orientation.Vertical), QSplitter(Qt.Orientation.Horizontal)
        right.addWidget(_column(self.export, self.table))
        right.addWidget(one_clip)
        right.setStretchFactor(0, 1)
        right.setStretchFactor(1, 2)
        right.setSizes([232, 452])
        whole.addWidget(self.ways)
        whole.addWidget(right)
        whole.setStretchFactor(0, 2)
        whole.setStretchFactor(1, 3)
        whole.setSizes([480, 704])
        self.remember("errors/columns", whole)
        self.remember("errors/rows", right)
        self.show_in(self.filters, whole)


def _score(data: StudyRecords, runs: list[int], control: Control, report: object) -> ClassScores | None:
    return class_scores(data, runs)


def _import_clustering(control: Control, report: object) -> bool:
    importlib.import_module("scipy.cluster.hierarchy")
    return True


def _tabs(first: QWidget, title: str) -> QTabWidget:
    """Pages behind tabs, which are there when there is more than one."""
    tabs = QTabWidget()
    tabs.setDocumentMode(True)
    tabs.setTabBarAutoHide(True)
    tabs.addTab(first, title)
    return tabs


def _column(*widgets: QWidget) -> QWidget:
    """One above the other; the last takes the room."""
    whole = QWidget()
    column = QVBoxLayout(whole)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    for widget in widgets:
        column.addWidget(widget, 1 if widget is widgets[-1] else 0)
    return whole
