"""The clips of a dataset in a table, and the current one to hear and to see."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QSplitter, QVBoxLayout, QWidget

from core.datasets.base import Clip, Dataset
from core.datasets.scan import Headers
from core.readable import counted
from gui import theme
from gui.context import Context
from gui.widgets.clip_columns import short_names
from gui.widgets.clip_table import ClipTable, Column
from gui.widgets.clip_view import ClipView

ALL = "All classes"


class ClipBrowser(QWidget):
    """Filter by text and class; arrows, keys and clicks go from clip to clip."""

    clip_changed = Signal(object)  # core.datasets.base.Clip, or None

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.dataset: Dataset | None = None
        self._headers: Headers | None = None
        self.table = ClipTable()
        self.search = QLineEdit(placeholderText="Find by name or class")
        self.search.setClearButtonEnabled(True)
        self.search.setToolTip("Only clips whose name or class contains this.")
        self.classes = QComboBox()
        self.classes.setToolTip("Only clips of this class.")
        self.classes.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.classes.setMinimumContentsLength(10)
        self.count = theme.label(size=theme.SMALL, muted=True)
        self.clip_view = ClipView(context)
        self._lay_out()
        self.clip_view.take_keys(self, self.table)
        self.search.textChanged.connect(self._filter)
        self.classes.currentIndexChanged.connect(self._filter)
        self.table.current_changed.connect(self._show)
        self.clip_view.previous_wanted.connect(self._previous)
        self.clip_view.next_wanted.connect(self._next)

    def show_dataset(self, dataset: Dataset) -> None:
        """Show these clips, the first of them current."""
        self.dataset, self._headers = dataset, None
        self.classes.blockSignals(True)
        self.classes.clear()
        self.classes.addItems([ALL, *dataset.classes])
        self.classes.blockSignals(False)
        self._set_columns()
        self._filter()

    def show_headers(self, headers: Headers) -> None:
        """Length and rate have been read."""
        place = self.table.currentIndex().row()
        self._headers = headers
        self.table.blockSignals(True)  # the same clip stays current: it is not drawn again
        self._set_columns()
        self._filter()
        self.table.make_current(max(place, 0))
        self.table.blockSignals(False)

    @property
    def current(self) -> Clip | None:
        place = self.table.current
        return self.dataset.clips[place] if self.dataset is not None and place >= 0 else None

    def present(self, on: bool) -> None:
        """Without the controls."""
        for widget in (self.search, self.classes):
            widget.setHidden(on)
        self.clip_view.present(on)

    def close_browser(self) -> None:
        self.clip_view.close_clip()

    def _set_columns(self) -> None:
        assert self.dataset is not None
        clips = self.dataset.clips
        names = short_names([clip.id for clip in clips])
        groups = sorted({clip.group for clip in clips})
        place = {group: index for index, group in enumerate(groups)}
        columns = [
            Column("Clip", "Name of the clip in its dataset.", np.arange(len(clips)), names, width=150),
            Column(
                "Class", "What is heard.", np.array([clip.label for clip in clips]), self.dataset.classes, width=110
            ),
            Column("Fold", "Part of the cross-validation.", np.array([clip.fold or 0 for clip in clips]), width=46),
        ]
        if self._headers is not None:
            columns += [
                Column(
                    "Length s", "Seconds, as the file's header says.", self._headers.seconds, format=".2f", width=72
                ),
                Column(
                    "Rate Hz",
                    "Samples a second in the file. All are resampled.",
                    self._headers.rates,
                    format=".0f",
                    width=68,
                ),
            ]
        columns.append(
            Column(
                "Group",
                "Source recording or person: clips of one group stay in one fold.",
                np.array([place[clip.group] for clip in clips]),
                groups,
                width=72,
            )
        )
        self.table.set_columns(columns)
        self.table.sortByColumn(0, Qt.SortOrder.AscendingOrder)

    def _filter(self) -> None:
        if self.dataset is None:
            return
        wanted = self.classes.currentIndex() - 1
        words = self.search.text().strip().casefold()
        chosen = [
            place
            for place, clip in enumerate(self.dataset.clips)
            if (wanted < 0 or clip.label == wanted)
            and (words in clip.id.casefold() or words in self.dataset.classes[clip.label].casefold())
        ]
        self.table.show_clips(np.array(chosen, np.int64))
        whole = len(self.dataset.clips)
        self.count.setText(
            f"{len(chosen)} of {counted(whole, 'clip')}" if len(chosen) != whole else counted(whole, "clip")
        )

    def _show(self, place: int) -> None:
        clip = self.current if place >= 0 else None
        if clip is None or self.dataset is None:
            self.clip_view.clear("No clip matches the filters.")
        else:
            self.clip_view.show_clip(self.dataset, clip)
        self.clip_changed.emit(clip)

    def _previous(self) -> None:
        self.table.step(-1)

    def _next(self) -> None:
        self.table.step(1)

    def _lay_out(self) -> None:
        filters = QHBoxLayout()
        filters.setContentsMargins(theme.GRID, theme.GRID, theme.GRID, theme.GRID)
        filters.setSpacing(theme.GRID)
        filters.addWidget(self.search, 1)
        filters.addWidget(self.classes)
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(filters)
        column.addWidget(self.table, 1)
        self.count.setContentsMargins(theme.GRID, 4, theme.GRID, theme.GRID)
        column.addWidget(self.count)
        self.splitter = QSplitter(Qt.Orientation.Horizontal, childrenCollapsible=False)
        self.splitter.addWidget(left)
        self.splitter.addWidget(self.clip_view)
        self.splitter.setStretchFactor(0, 2)
        self.splitter.setStretchFactor(1, 3)
        self.splitter.setSizes([536, 416])
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.splitter)
