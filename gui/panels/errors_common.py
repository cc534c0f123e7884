"""What errors have in common: what was measured of their clips beside that of the others, and where errors are many."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QStackedLayout, QTabWidget, QVBoxLayout, QWidget

from core.analysis.clip_properties import ClipProperties, read_clip_properties
from core.analysis.clip_records import ClipRecords, Rows
from core.analysis.in_common import Comparison, errors_of, in_common, selection_of
from core.analysis.sub_groups import SubGroup, SubGroups, sub_groups
from core.control import Control
from core.readable import counted
from gui import theme
from gui.clip_source import ClipSource
from gui.context import Context
from gui.jobs import Job
from gui.panels.errors_parts import Selector
from gui.widgets.contrast_list import ContrastList
from gui.widgets.contrast_plot import ContrastPlot
from gui.widgets.controls import options_combo
from gui.widgets.empty_state import EmptyState
from gui.widgets.progress_line import ProgressLine
from gui.widgets.sub_group_table import SubGroupTable

OF_ERRORS, OF_TABLE = "errors", "table"
WAYS = (
    ("Errors with successes", OF_ERRORS, "The errors among the clips that the filters let through, beside the "
     "successes. Where they let only errors through, beside the successes of the same runs."),
    ("Clips in the table with the rest", OF_TABLE, "What stands in the table, chosen by a cell, a search or otherwise, "
     "beside the other clips that the filters let through. Where none are left, beside all others of the same runs."),
)  # fmt: skip
SOON_MS = 150  # after the last change of filters or selection
SLOW_MS = 300  # after which it is said that there is something under way
MEASURE = "Measure the clips"
MEASURE_HELP = "Loudness, motion and the like of every clip of the dataset, once: it is kept in the workspace's cache."
EMPTY = "What errors have in common, such as quiet or dark clips, will be here once a run has finished."
UNMEASURED = "The clips have not been measured. Loudness, motion and the like of each are needed to compare them."
OPENING = "Opening the dataset …"
ALONE = {  # why there is nothing to compare
    OF_ERRORS: "There is nothing to compare: all of these runs' predictions are of one kind, right or wrong.",
    OF_TABLE: "All clips stand in the table: choose a cell of the matrix, or some of them otherwise, to compare them "
    "with the rest.",
}
NOTE = (
    "Each prediction counts once. Clips of one group, and answers of several networks to one clip, resemble each "
    "other: intervals and p-values take groups for clusters. What tells errors apart need not cause them."
)


class InCommon(Selector):
    """Measures the clips once, then compares anew whenever filters or table change; all of it in the background."""

    title = "In common"
    help = "What errors have in common: loudness, motion and the like beside those of the successes; worst sub-groups."

    def __init__(self, context: Context, source: ClipSource, parent: QWidget | None = None) -> None:
        super().__init__(context, source, parent)
        self.known: ClipProperties | None = None
        self.comparison: Comparison | None = None
        self.groups: SubGroups | None = None
        self._known_of: tuple[object, object] = (None, None)  # data and dataset that `known` is of
        self._refused = False  # measuring was cancelled: it begins when it is asked for
        self._sliced: Rows | None = None  # that `groups` is of
        self._sent: Rows | None = None  # that the table holds at the wish of this page
        self._measuring: Job | None = None
        self._comparing: Job | None = None
        self._slicing: Job | None = None
        self._soon = QTimer(self, singleShot=True, interval=SOON_MS)
        self._slow = QTimer(self, singleShot=True, interval=SLOW_MS)
        self.way = options_combo("Compare", WAYS, 248)
        self.way.setCurrentIndex(max(0, self.way.findData(context.settings.value("errors/in_common", OF_ERRORS))))
        self.said = theme.label(wrap=True)
        self.together = theme.label(size=theme.SMALL, muted=True, wrap=True)
        self.progress = ProgressLine(narrow=True)
        self.list = ContrastList()
        self.plot = ContrastPlot()
        self.worst = theme.label(wrap=True)
        self.table = SubGroupTable()
        self.empty = EmptyState(EMPTY)
        self.unmeasured = EmptyState(UNMEASURED, MEASURE, self.measure, MEASURE_HELP)
        self._lay_out()
        self.way.activated.connect(self._way_chosen)
        self.progress.cancelled.connect(self._cancel)
        self._soon.timeout.connect(self._compare)
        self._slow.timeout.connect(self._say_slow)
        self.list.chosen_changed.connect(self._show_property)
        self.table.chosen_changed.connect(self._group_chosen)
        self.tabs.currentChanged.connect(self._slice)

    # what the panel calls ---------------------------------------------------------------------------------------

    def refresh(self) -> None:
        dataset = self.source.dataset
        if self.data is None or dataset is None:
            self._stop()
            self.empty.sentence.setText(EMPTY if self.data is None else self.source.trouble or OPENING)
            self._pages.setCurrentWidget(self.empty)
        elif self._known_of[0] is not self.data or self._known_of[1] is not dataset:
            if self._refused:
                self._pages.setCurrentWidget(self.unmeasured)
            elif self._measuring is None:
                self.measure()
        else:
            self._soon.start()

    def mark(self) -> None:
        if self._sent is not None and not np.array_equal(self.selected, np.intersect1d(self._sent, self.rows)):
            self._sent = None
            self.table.forget_chosen()
        if self.way.currentData() == OF_TABLE:
            self.ask_again()

    def show_rows(self, data: Any, rows: Rows) -> None:
        if data is not self.data:  # what is being measured is of another study
            self._stop()
            self._refused = False
        super().show_rows(data, rows)

    def present(self, on: bool) -> None:
        self._bar.setHidden(on)
        self.note.setHidden(on)
        self.list.present(on)

    def save_state(self) -> None:
        self.context.settings.setValue("errors/in_common", self.way.currentData())

    def close_part(self) -> None:
        self._stop()

    # measuring --------------------------------------------------------------------------------------------------

    def measure(self) -> None:
        """Look up what was measured of the clips; what is missing is measured first."""
        if self.data is None or self.source.dataset is None:
            return
        self._stop()
        self._refused = False
        self._known_of = (self.data, self.source.dataset)
        self.known = None
        self._clear()
        self._pages.setCurrentWidget(self._whole)
        self.progress.begin("Measuring the clips")
        read = partial(read_clip_properties, self.data, self.source.dataset, self.context.workspace)
        self._measuring = self.context.jobs.run(read, self._measured, self._unmeasured, self.progress.report)

    def _measured(self, known: ClipProperties) -> None:
        self._measuring, self.known = None, known
        self.progress.end()
        self._compare()

    def _unmeasured(self, sentence: str) -> None:
        self._forget_measured()
        self._refuse(sentence)

    def _cancel(self) -> None:
        if self._measuring is not None:
            self._refuse(UNMEASURED)
        self._stop()
        self._clear()  # or what was found of other clips would stand there
        self.said.setText("Cancelled.")

    def _refuse(self, sentence: str) -> None:
        self._refused = True
        self.unmeasured.sentence.setText(sentence)
        self._pages.setCurrentWidget(self.unmeasured)

    def _stop(self) -> None:
        """Everything that is under way."""
        for job in (self._measuring, self._comparing, self._slicing):
            if job is not None:
                job.cancel()
        if self._measuring is not None:
            self._forget_measured()
        self._comparing = self._slicing = None
        self._soon.stop()
        self._slow.stop()
        self.progress.end()

    def _forget_measured(self) -> None:
        self._measuring, self._known_of = None, (None, None)
        self.progress.end()

    # comparing --------------------------------------------------------------------------------------------------

    def _compare(self) -> None:
        if self.known is None or self.data is None:
            return
        self._pages.setCurrentWidget(self._whole)
        if self._comparing is not None:
            self._comparing.cancel()
        self._slow.start()
        look = partial(_look, self.data.records, self.known, self.way.currentData(), self.rows, self.selected)
        self._comparing = self.context.jobs.run(look, self._compared, self._not_compared)
        self._slice()

    def _compared(self, found: Comparison | None) -> None:
        self._comparing, self.comparison = None, found
        self._quiet()
        unknown = self.known.unknown if self.known is not None else 0
        more = [f"{counted(unknown, 'clip')} could not be measured."] if unknown else []
        if found is None:
            self.said.setText(ALONE[self.way.currentData()])
        else:
            self.said.setText(found.sentence())
            more.insert(0, found.together_sentence())
        self.together.setText(" ".join(more).strip())
        self.together.setVisible(bool(self.together.text()))
        self._properties.setVisible(found is not None)
        self.list.show_comparison(found)

    def _way_chosen(self) -> None:
        self._soon.start()

    def _show_property(self, name: str) -> None:
        found = self.comparison
        if found is None or not name:
            self.plot.clear()
            return
        names, of_errors = found.compared.names, found.compared.names[0] == OF_ERRORS
        if name in found.factors:
            self.plot.show_shares(name, found.factors[name], names, of_errors)
        else:
            contrast = next(c for c in found.contrasts if c.measured.name == name)
            self.plot.show_contrast(contrast, names, of_errors)

    def _slice(self) -> None:
        """Sub-groups, when they are in view and of other rows than before."""
        if self.known is None or self.data is None or self._sliced is self.rows or self.tabs.currentIndex() != 1:
            return
        if self._slicing is not None:
            self._slicing.cancel()
        self._sliced = self.rows
        self._slow.start()
        find = partial(_find_groups, self.data.records, self.known, self.rows)
        self._slicing = self.context.jobs.run(find, self._grouped, self._not_grouped)

    def _grouped(self, found: SubGroups | None) -> None:
        self._slicing, self.groups = None, found
        self._quiet()
        self.worst.setText(ALONE[OF_ERRORS] if found is None else found.sentence())
        self.table.show_groups(found)

    def _group_chosen(self, group: SubGroup | None) -> None:
        if group is None or self.data is None:
            return
        rows = self.rows[group.clips[self.data.records.clip[self.rows]]]
        self._sent = rows
        self.chosen.emit(rows, f"Sub-group: {group.words} ({counted(group.errors.of, 'clip')})")

    def _not_compared(self, sentence: str) -> None:
        self._compared(None)
        self.said.setText(sentence)

    def _not_grouped(self, sentence: str) -> None:
        self._grouped(None)
        self.worst.setText(sentence)

    def _say_slow(self) -> None:
        self.progress.begin("Comparing")

    def _quiet(self) -> None:
        if self._comparing is None and self._slicing is None:
            self._slow.stop()
            self.progress.end()

    def _clear(self) -> None:
        self.comparison, self.groups, self._sliced, self._sent = None, None, None, None
        self.said.clear()
        self.together.clear()
        self.worst.clear()
        self._properties.hide()
        self.list.show_comparison(None)
        self.table.show_groups(None)

    # layout -----------------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        self._bar = QWidget()
        bar = QHBoxLayout(self._bar)
        bar.setContentsMargins(0, 0, 0, 0)
        bar.setSpacing(theme.GRID)
        bar.addWidget(theme.label("Compare", muted=True))
        bar.addWidget(self.way)
        bar.addStretch(1)
        for words in (self.said, self.together, self.worst):
            words.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._properties = QSplitter(Qt.Orientation.Vertical)
        self._properties.setChildrenCollapsible(False)
        self._properties.addWidget(self.list)
        self._properties.addWidget(self.plot)
        self._properties.setSizes([264, 216])
        self._properties.setStretchFactor(1, 1)
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(_column(self.said, self.together, self._properties), "Properties")
        self.tabs.setTabToolTip(
            0, "What was measured of the clips, and what they are sorted by: what tells them apart."
        )
        self.tabs.addTab(_column(self.worst, self.table), "Sub-groups")
        self.tabs.setTabToolTip(1, "Groups of clips, by one or two of their properties, that have the most errors.")
        self.note = theme.label(NOTE, theme.SMALL, muted=True, wrap=True)
        self._whole = _column(self._bar, self.progress, self.tabs)
        layout = self._whole.layout()
        assert isinstance(layout, QVBoxLayout)
        layout.setContentsMargins(theme.GRID, theme.GRID, theme.GRID, theme.GRID)
        layout.setStretch(2, 1)
        layout.addWidget(self.note)
        self._pages = QStackedLayout(self)
        for page in (self.empty, self.unmeasured, self._whole):
            self._pages.addWidget(page)


def _look(
    records: ClipRecords, known: ClipProperties, way: str, rows: Rows, selected: Rows, control: Control, report: object
) -> Comparison | None:
    """What was found; None where there is nothing to compare with."""
    compared = errors_of(records, rows) if way == OF_ERRORS else selection_of(records, rows, selected)
    return None if compared.one_sided else in_common(records, known, compared, control)


def _find_groups(
    records: ClipRecords, known: ClipProperties, rows: Rows, control: Control, report: object
) -> SubGroups | None:
    compared = errors_of(records, rows)
    return None if compared.one_sided else sub_groups(records, known, compared, control)


def _column(*widgets: QWidget) -> QWidget:
    """One above the other; the last takes the room."""
    whole = QWidget()
    column = QVBoxLayout(whole)
    column.setContentsMargins(0, theme.GRID, 0, 0)
    column.setSpacing(theme.GRID)
    for widget in widgets:
        column.addWidget(widget, 1 if widget is widgets[-1] else 0)
    return whole
