"""What the check of a dataset found: files that cannot be used or are odd, and clips that would leak."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSplitter, QStackedLayout, QVBoxLayout, QWidget

from core.check import Checked
from core.datasets.base import Dataset
from core.datasets.splits import Leak
from core.readable import counted
from gui import theme
from gui.widgets.clip_table import ClipTable, Column
from gui.widgets.empty_state import EmptyState

UNCHECKED = (
    "Not checked yet. What is wrong or odd with the recordings will be here: unreadable, torn, silent, black or too "
    "short files, and recordings or groups of clips that stand in two folds at once."
)


class CheckPage(QWidget):
    """A sentence, the table of problems and the table of leaks with its one remedy."""

    check_wanted = Signal()
    exclude_wanted = Signal()
    include_wanted = Signal()
    clip_wanted = Signal(str)  # id

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.summary = theme.label(wrap=True)
        self.problems = ClipTable()
        self.leak_summary = theme.label(wrap=True)
        self.leaks = ClipTable()
        self.exclude = QPushButton("Exclude these clips")
        self.exclude.setToolTip(
            "Leave out the fewest clips so that nothing stands in two folds. Files stay where they are.\n"
            "Without this, a network would be tested on what it was trained on, and Train refuses to start."
        )
        self.include = QPushButton("Take them back")
        self.include.setToolTip("Use the clips again that were left out by hand.")
        self.exclude.clicked.connect(self.exclude_wanted)
        self.include.clicked.connect(self.include_wanted)
        self._ids: list[str] = []
        for table in (self.problems, self.leaks):
            table.horizontalHeader().setStretchLastSection(True)
        for chosen in (self.problems.clicked, self.problems.activated):  # by the mouse, and by Return
            chosen.connect(self._choose)
        self._lay_out()

    def show_nothing(self, room: str = "") -> None:
        """Another dataset: not checked yet. `room` says how much disk that would take."""
        self._empty.sentence.setText("\n\n".join(filter(None, (UNCHECKED, room))))
        self._pages.setCurrentIndex(0)

    def show_checked(self, dataset: Dataset, checked: Checked) -> None:
        """`dataset` names the clips that opening it left out already."""
        self._pages.setCurrentIndex(1)
        self.summary.setText(checked.report.summary())
        rows = [(item.clip_id, "left out", item.reason, True) for item in dataset.excluded]
        rows += [(p.clip_id, p.kind.value, p.sentence, p.left_out) for p in checked.report.problems]
        self._ids = [row[0] for row in rows]
        fate = np.array([row[3] for row in rows], np.int64)
        self.problems.set_columns(
            [
                Column("File", "Name of the clip.", np.arange(len(rows)), self._ids, width=320),
                _words("Problem", "What was found.", [row[1] for row in rows], width=152),
                Column(
                    "Clip is", "Left out: cannot be used. Kept: odd, but used.", fate, ("kept", "left out"), width=88
                ),
                Column(
                    "Reason",
                    "What exactly.",
                    np.arange(len(rows)),
                    [_without_name(dataset.root / clip_id, clip_id, reason) for clip_id, _, reason, _ in rows],
                    width=320,
                    sentences=[row[2] for row in rows],
                ),
            ]
        )
        self.problems.sortByColumn(2, Qt.SortOrder.DescendingOrder)  # what is left out comes first
        self.problems.show_clips(np.arange(len(rows)))
        self.problems.clearSelection()
        self._problem_area.setVisible(bool(rows))
        self._show_leaks(checked.leaks, checked.dealt)
        by_hand = sum(item.by_hand for item in dataset.excluded)
        self.include.setVisible(by_hand > 0)
        self.include.setText(f"Take {counted(by_hand, 'clip')} back")

    def _show_leaks(self, leaks: Sequence[Leak], dealt: str) -> None:
        many, grouped = len(leaks), sum(leak.kind == "group" for leak in leaks)
        shared = [what for what, there in (("recording", many - grouped), ("group", grouped)) if there]
        found = (
            "No recording and no group stands in two folds: nothing leaks from training to test."
            if not leaks
            else f"{counted(many, 'clip')} would leak from training to test: the same {' or '.join(shared)} stands in "
            "two folds."
        )
        self.leak_summary.setText(f"{found} {dealt}".rstrip())
        self.exclude.setVisible(bool(leaks))
        self.leaks.setVisible(bool(leaks))
        self.leaks.set_columns(
            [
                _words("Kept", "The clip that stays.", [leak.first for leak in leaks], width=320),
                Column("Fold", "Its fold.", np.array([leak.first_fold for leak in leaks], np.int64), width=56),
                _words("To exclude", "The clip that would be left out.", [leak.second for leak in leaks], width=320),
                Column("Fold", "Its fold.", np.array([leak.second_fold for leak in leaks], np.int64), width=56),
                _words("They share", "Why they must not be split.", [leak.kind for leak in leaks], width=112),
            ]
        )
        self.leaks.show_clips(np.arange(many))
        self.leaks.clearSelection()

    def _choose(self, index: QModelIndex) -> None:
        self.clip_wanted.emit(self._ids[self.problems.clips.rows[index.row()]])

    def _want_check(self) -> None:
        self.check_wanted.emit()

    def _lay_out(self) -> None:
        self._empty = EmptyState(
            UNCHECKED,
            "Check recordings",
            self._want_check,
            "Decode every file once, into the workspace's cache: training needs the same and starts faster afterwards.",
        )
        self._problem_area, problems = _column(self.summary, self.problems)
        line = QHBoxLayout()
        line.addWidget(self.leak_summary, 1)
        line.addWidget(self.exclude)
        line.addWidget(self.include)
        leak_area = QWidget()
        below = QVBoxLayout(leak_area)
        below.setContentsMargins(2 * theme.GRID, 2 * theme.GRID, 2 * theme.GRID, theme.GRID)
        below.addLayout(line)
        below.addWidget(self.leaks, 1)
        below.addStretch(0)
        self.splitter = stack = QSplitter(Qt.Orientation.Vertical, childrenCollapsible=False)
        stack.addWidget(problems)
        stack.addWidget(leak_area)
        stack.setStretchFactor(0, 3)
        stack.setStretchFactor(1, 2)
        self._pages = QStackedLayout(self)
        self._pages.addWidget(self._empty)
        self._pages.addWidget(stack)


def _column(*widgets: QWidget) -> tuple[QWidget, QWidget]:
    """The last of some widgets, and a page with all of them."""
    page = QWidget()
    column = QVBoxLayout(page)
    column.setContentsMargins(2 * theme.GRID, 2 * theme.GRID, 2 * theme.GRID, theme.GRID)
    for widget in widgets:
        column.addWidget(widget, int(widget is widgets[-1]))
    column.addStretch(0)
    return widgets[-1], page


def _words(title: str, help: str, words: Sequence[str], width: int) -> Column:
    return Column(title, help, np.arange(len(words)), list(words), width=width)


def _without_name(path: Path, clip_id: str, sentence: str) -> str:
    """The name stands in the first column already, and the folder is that of all."""
    return sentence.removeprefix(f"{path} ").removeprefix(f"{clip_id} ")
