"""A list that is made in the background: what it stands on, how far it is, and its table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QModelIndex, QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from gui import theme
from gui.context import Context
from gui.jobs import Job
from gui.widgets.clip_table import ClipTable, Column
from gui.widgets.progress_line import ProgressLine

RANK = 0  # the column that it is sorted by at first


class FoundList(QWidget):
    """Its rows are of one or more clips each; a click on one, or ↑ and ↓, choose them."""

    chosen = Signal(object, str)  # ids of clips, and in words what they are

    def __init__(self, context: Context, ahead: Sequence[QWidget], all_likely: str) -> None:
        super().__init__()
        self.context = context
        self._job: Job | None = None
        self.result: Any = None
        self.said = theme.label(size=theme.SMALL, muted=True, wrap=True)
        self.progress = ProgressLine(narrow=True)
        self.table = ClipTable()
        self.table.sortByColumn(RANK, Qt.SortOrder.AscendingOrder)
        self.all = QPushButton("Show all likely")
        self.all.setToolTip(all_likely)
        self.all.setEnabled(False)
        self.bar = QHBoxLayout()
        self.bar.setSpacing(theme.GRID)
        for widget in ahead:
            self.bar.addWidget(widget)
        self.bar.addStretch(1)
        self.bar.addWidget(self.all)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.GRID, theme.GRID, theme.GRID, 0)
        column.setSpacing(theme.GRID)
        column.addLayout(self.bar)
        column.addWidget(self.said)
        column.addWidget(self.progress)
        column.addWidget(self.table, 1)
        self.progress.cancelled.connect(self._cancelled)
        self.all.clicked.connect(self._choose_all)
        self.table.current_changed.connect(self._choose)

    def clips_of(self, row: int) -> tuple[str, ...]:
        """Ids of the clips of a row of the result."""
        raise NotImplementedError

    def words_of(self, row: int) -> str:
        """What they are."""
        raise NotImplementedError

    def words_of_all(self, clips: int) -> str:
        """What so many clips of likely rows are."""
        raise NotImplementedError

    def likely(self) -> NDArray[np.int64]:
        """Rows of the result that are likely what is looked for."""
        raise NotImplementedError

    def show_result(self) -> None:
        """Fill the table, and say what it stands on."""
        raise NotImplementedError

    def start(self, what: str, work: Callable[..., Any]) -> None:
        """Make the result in the background, in place of one that is being made."""
        self.stop()
        self.progress.begin(what)
        self._job = self.context.jobs.run(work, self._arrived, self._failed, self.progress.report)

    def stop(self) -> None:
        """Nothing is made any more."""
        if self._job is not None:
            self._job.cancel()
        self._ended()

    def clear(self, sentence: str = "") -> None:
        """Nothing is found, and why."""
        self.result = None
        self.all.setEnabled(False)
        self.say("")
        self.show_rows((), np.zeros(0, np.int64), sentence)

    def say(self, text: str) -> None:
        """What the result stands on."""
        self.said.setText(text)
        self.said.setVisible(bool(text))

    def show_rows(self, columns: Sequence[Column], rows: NDArray[np.int64], why_empty: str) -> None:
        """Nothing is chosen before a person does."""
        with QSignalBlocker(self.table):
            self.table.set_columns(columns)
            self.table.show_clips(rows, why_empty)
            self.unmark()
        self.table.viewport().update()

    def unmark(self) -> None:
        """No row is chosen."""
        self.table.setCurrentIndex(QModelIndex())

    def mark(self, clip_id: str) -> None:
        """Another clip is open: the row that was chosen is not it any more."""
        if self.result is not None and self.table.current >= 0 and clip_id not in self.clips_of(self.table.current):
            self.unmark()

    def _ended(self) -> None:
        self._job = None
        self.progress.end()

    def _arrived(self, result: Any) -> None:
        self._ended()
        self.result = result
        self.show_result()
        self.all.setEnabled(bool(self.likely().size))

    def _failed(self, sentence: str) -> None:
        self._ended()
        self.clear(sentence)

    def _cancelled(self) -> None:
        self.stop()
        self.clear("Cancelled.")

    def _choose(self, row: int) -> None:
        if row >= 0:
            self.chosen.emit(self.clips_of(row), self.words_of(row))

    def _choose_all(self) -> None:
        self.unmark()
        ids = {name for row in self.likely().tolist() for name in self.clips_of(row)}
        self.chosen.emit(tuple(ids), self.words_of_all(len(ids)))
