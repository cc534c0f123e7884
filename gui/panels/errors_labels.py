"""Errors, by label: clips whose label is likely wrong, and clips of different folds that are nearly the same."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PySide6.QtWidgets import QPushButton, QTabWidget, QVBoxLayout, QWidget

from core.analysis.clip_records import ClipRecords
from core.analysis.label_issues import LabelIssues, label_issues
from core.analysis.near_duplicates import near_duplicates
from core.analysis.study_records import StudyRecords
from core.control import Control
from core.readable import counted
from gui import theme
from gui.clip_source import ClipSource
from gui.context import Context
from gui.panels.errors_parts import Selector
from gui.widgets.controls import named_combo
from gui.widgets.found_list import FoundList
from gui.widgets.label_columns import issue_columns, pair_columns

TOGETHER = "All together"
ASK_HELP = (
    "Compares every clip with those of other folds by its spectrogram or its pictures, to find copies that were "
    "re-encoded, trimmed, moved by up to half a second, or changed in level. Exact copies are refused before training."
)
NOT_LOOKED = (
    "Clips of different folds that are nearly the same will be here: networks were tested on what they were trained "
    "on. Looking for them reads every clip of the dataset, and decodes those that are not decoded yet."
)
FILTERED = "the filters let none of its predictions through"


class WrongLabels(FoundList):
    """Ranked by what networks say that were not trained on the clip."""

    def __init__(self, context: Context) -> None:
        self.networks = named_combo("Networks", "Whose out-of-fold predictions judge the labels.", 160)
        super().__init__(
            context,
            (theme.label("By", muted=True), self.networks),
            "Puts every clip whose label confident learning counts as wrong into the table on the right.",
        )
        self._data: StudyRecords | None = None  # of the result that is there, or being made
        self.networks.activated.connect(self._look)

    def show_data(self, data: StudyRecords | None) -> None:
        """Judge the labels of a study, unless they are judged already."""
        if data is self._data:
            return
        self._data = data
        self.clear()  # its clips are counted otherwise
        if data is None:
            self.stop()
            return
        before = self.networks.currentText()
        self.networks.clear()
        self.networks.addItem(TOGETHER, ())
        for network in data.networks:
            self.networks.addItem(network.name, (network.label,))
        self.networks.setCurrentIndex(max(0, self.networks.findText(before)))
        self._look()

    def _look(self) -> None:
        if self._data is not None:
            self.start("Judging labels …", partial(_judge, self._data, self.networks.currentData()))

    def show_result(self) -> None:
        self.say(f"{self.result.basis}\n{self.result.caution}")
        self.show_rows(issue_columns(self._records, self.result), self.result.doubted, self.result.caution)

    def clips_of(self, row: int) -> tuple[str, ...]:
        return (str(self._records.clip_ids[self.result.clip[row]]),)

    def words_of(self, row: int) -> str:
        classes = self._records.classes
        given, suggested = classes[self.result.given[row]], classes[self.result.suggested[row]]
        return f"{self.clips_of(row)[0]}: labelled {given}, perhaps {suggested}"

    def words_of_all(self, clips: int) -> str:
        return f"{counted(clips, 'clip')} with a likely wrong label"

    def likely(self) -> NDArray[np.int64]:
        return np.flatnonzero(self.result.likely)

    @property
    def _records(self) -> ClipRecords:
        assert self._data is not None
        return self._data.records


class Copies(FoundList):
    """Looked for when a person asks: all clips are read."""

    def __init__(self, context: Context) -> None:
        self.ask = QPushButton("Look for near-duplicates")
        self.ask.setProperty("primary", True)
        self.ask.setToolTip(ASK_HELP)
        super().__init__(
            context, (self.ask,), "Puts both clips of every likely pair into the table on the right, where tested."
        )
        self._data: StudyRecords | None = None
        self.ask.clicked.connect(self._look)
        self.clear(NOT_LOOKED)

    def show_data(self, data: StudyRecords | None) -> None:
        """What was found stays while the study is the same: another run of it changes no clip."""
        before, self._data = self._data, data
        if (
            before is None
            or data is None
            or (before.study, before.specs[0].dataset) != (data.study, data.specs[0].dataset)
        ):
            self.stop()
            self.clear(NOT_LOOKED)

    def _look(self) -> None:
        if self._data is not None:
            self.clear()
            self.start("Opening the dataset …", partial(near_duplicates, self._data, self.context.workspace))

    def show_result(self) -> None:
        self.say(self.result.basis)
        self.show_rows(pair_columns(self.result), np.arange(len(self.result.pairs)), "No two clips could be compared.")

    def clips_of(self, row: int) -> tuple[str, ...]:
        pair = self.result.pairs[row]
        return pair.first, pair.second

    def words_of(self, row: int) -> str:
        pair = self.result.pairs[row]
        return f"{pair.first} and {pair.second}: {pair.similarity:.3f} alike"

    def words_of_all(self, clips: int) -> str:
        return f"{counted(clips, 'clip')} with a likely copy in another fold"

    def likely(self) -> NDArray[np.int64]:
        return np.flatnonzero([pair.likely for pair in self.result.pairs])


class Labels(Selector):
    """Both lists behind tabs. What is chosen in them comes into the table of clips, to be heard, seen and judged."""

    title = "Labels"
    help = "Clips whose label is likely wrong, and clips of different folds that are nearly the same."

    def __init__(self, context: Context, source: ClipSource, parent: QWidget | None = None) -> None:
        super().__init__(context, source, parent)
        self.wrong, self.copies = WrongLabels(context), Copies(context)
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        for found, word, tip in (
            (self.wrong, "Likely wrong labels", "Where networks that were not trained on a clip contradict its label."),
            (self.copies, "Near-duplicates across folds", "Clips that were nearly trained on when they were tested."),
        ):
            self.tabs.addTab(found, word)
            self.tabs.setTabToolTip(self.tabs.count() - 1, tip)
            found.chosen.connect(self._choose)
        self.keyed = (self.wrong.table, self.copies.table)
        self.tabs.setCurrentIndex(int(str(context.settings.value("errors/labels", 0))))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.tabs)

    def refresh(self) -> None:
        self.wrong.show_data(self.data)
        self.copies.show_data(self.data)

    def mark(self) -> None:
        if self.data is not None and self.record >= 0:
            clip_id = str(self.data.records.clip_ids[self.data.records.clip[self.record]])
            self.wrong.mark(clip_id)
            self.copies.mark(clip_id)

    def save_state(self) -> None:
        self.context.settings.setValue("errors/labels", self.tabs.currentIndex())

    def close_part(self) -> None:
        self.wrong.stop()
        self.copies.stop()

    def _choose(self, clip_ids: tuple[str, ...], words: str) -> None:
        if self.data is None:
            return
        records = self.data.records
        clips = np.flatnonzero(np.isin(records.clip_ids, clip_ids))
        rows = self.rows[np.isin(records.clip[self.rows], clips)]
        self.chosen.emit(rows, words if rows.size else f"{words} ({FILTERED})")


def _judge(data: StudyRecords, networks: Sequence[str], control: Control, report: object) -> LabelIssues:
    return label_issues(data, networks, control=control)
