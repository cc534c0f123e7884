"""What networks score without the clips whose label is wrong, each beside its untouched score."""

from __future__ import annotations

from functools import partial
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from core.analysis.review_scores import BIAS, HEADINGS, ReviewedScore, review_table, reviewed_scores, unknown_words
from core.analysis.reviewed_records import ReviewedRecords
from core.analysis.study_records import StudyRecords
from core.control import Control
from core.evaluation.statistics import INTERVALS, ONE_FOLD
from core.workspace import Workspace
from gui import theme
from gui.context import Context
from gui.widgets.controls import copy_button

WORD = "Scores without label errors"
COUNTING = "Counting …"
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
HELP = (
    "What it is called.",
    "Mean over the folds of the share of all test clips that it gets right: the score that Compare shows.",
    "The same without the clips that you called label errors.",
    "Clips among its test clips that you called label errors.",
    "Of the clips that it got wrong in one of its runs, those that have a verdict.",
    "Of the clips that it got right in all its runs, those that have a verdict.",
    "What the means stand on.",
)
COPIES = (("Table as Markdown", "markdown"), ("Table as CSV", "csv"), ("Table as LaTeX", "latex"))


class ScoresDialog(QDialog):
    """A row a network; below it what must be known to read it."""

    def __init__(
        self, context: Context, data: StudyRecords, reviewed: ReviewedRecords, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(WORD)
        self.resize(146 * theme.GRID, 40 * theme.GRID)
        self._context, self._unknown = context, len(reviewed.unknown())
        self.scores: tuple[ReviewedScore, ...] = ()
        self.table = _table()
        self.notes = theme.label(COUNTING, theme.SMALL, muted=True, wrap=True)
        self.notes.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.copy = copy_button(
            "Puts the table on the clipboard, for a document or another programme.", COPIES, self._copy
        )
        self.copy.setEnabled(False)
        column, foot = QVBoxLayout(self), QHBoxLayout()
        column.setContentsMargins(2 * theme.GRID, 2 * theme.GRID, 2 * theme.GRID, 2 * theme.GRID)
        column.setSpacing(theme.GRID)
        column.addWidget(self.table, 1)
        column.addLayout(foot)
        foot.addWidget(self.notes, 1)
        foot.addWidget(self.copy, 0, Qt.AlignmentFlag.AlignBottom)
        job = context.jobs.run(partial(_score, context.workspace, data, reviewed), self._have, self.notes.setText)
        self.finished.connect(job.cancel)

    def _have(self, scores: tuple[ReviewedScore, ...]) -> None:
        self.scores = scores
        self.table.setRowCount(len(scores))
        for row, (score, cells) in enumerate(zip(scores, review_table(scores).rows, strict=True)):
            for column, words in enumerate(cells):
                item = QTableWidgetItem(words)
                item.setTextAlignment(RIGHT if column else LEFT)
                item.setToolTip(words)
                if not column:
                    colour = theme.architecture_colour(score.network.architecture)
                    item.setIcon(theme.swatch(colour, theme.MODALITY_STYLE[score.network.modality]))
                self.table.setItem(row, column, item)
        several = any(score.untouched.n_folds > 1 for score in scores)
        notes = (BIAS, unknown_words(self._unknown), INTERVALS if several else ONE_FOLD)
        self.notes.setText("\n".join(filter(None, notes)))
        self.copy.setEnabled(True)

    def _copy(self) -> None:
        action = self.sender()
        if isinstance(action, QAction):
            QGuiApplication.clipboard().setText(getattr(review_table(self.scores), action.data())())
            self._context.message.emit(f"{action.text()}: copied.", "info")


def _score(
    workspace: Workspace, data: StudyRecords, reviewed: ReviewedRecords, control: Control, report: Any
) -> tuple[ReviewedScore, ...]:
    train_clips = [data.folder_of(workspace, run).status.pool for run in range(len(data.specs))]
    return reviewed_scores(data, reviewed, train_clips)


def _table() -> QTableWidget:
    table = QTableWidget(0, len(HEADINGS))
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
    table.setShowGrid(False)
    table.setWordWrap(False)
    table.setAccessibleName(WORD)
    table.verticalHeader().hide()
    for column, (heading, words) in enumerate(zip(HEADINGS, HELP, strict=True)):
        item = QTableWidgetItem(heading)
        item.setTextAlignment(RIGHT if column else LEFT)
        item.setToolTip(words)
        table.setHorizontalHeaderItem(column, item)
    table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    table.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
    return table
