"""The clips of a dataset in a table, and the current one to hear and to see."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QSplitter, QVBoxLayout, QWidget

from core.datasets.base import Clip, Dataset
from core.datasets.browse import matching
from core.datasets.scan import Headers
from core.readable import counted
from gui import theme
from gui.context import Context
from gui.panels.data_columns import HEARD, columns, sound_of
from gui.widgets.clip_table import ClipTable
from gui.widgets.clip_view import ClipView
from gui.widgets.error_filters import TYPING_MS

ALL = "All classes"
BY_NAME = ("Clip", Qt.SortOrder.AscendingOrder)
SOUNDS = ("All clips", "With sound", "Without sound")


class ClipBrowser(QWidget):
    """Filter by text, class and sound; arrows, keys and clicks go from clip to clip."""

    clip_changed = Signal(object)  # core.datasets.base.Clip, or None

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.dataset: Dataset | None = None
        self._headers: Headers | None = None
        self._unheard: frozenset[str] = frozenset()
        self._presents = False
        self._order = BY_NAME  # title of a column, and which way, as chosen last
        self._widths: dict[str, int] = {}  # of columns by their titles, in pixels
        self._typing = QTimer(self, singleShot=True, interval=TYPING_MS)
        self.table = ClipTable()
        self.search = QLineEdit(placeholderText="Find by name or class")
        self.search.setClearButtonEnabled(True)
        self.search.setToolTip("Only clips whose name or class contains this.")
        self.classes = QComboBox()
        self.classes.setToolTip("Only clips of this class.")
        self.classes.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.classes.setMinimumContentsLength(10)
        self.sounds = QComboBox()
        self.sounds.addItems(SOUNDS)
        self.sounds.setToolTip(
            "Only videos that can be heard, or those that cannot: without a sound track, or silent as the check found."
        )
        self.count = theme.label(size=theme.SMALL, muted=True)
        self.clip_view = ClipView(context)
        self._lay_out()
        self.clip_view.take_keys(self, self.table)
        self.search.textChanged.connect(self._typed)
        self._typing.timeout.connect(self._filter)
        self.classes.currentIndexChanged.connect(self._filter)
        self.sounds.currentIndexChanged.connect(self._filter)
        self.table.current_changed.connect(self._show)
        self.table.horizontalHeader().sectionClicked.connect(self._keep_order)
        self.clip_view.previous_wanted.connect(self._previous)
        self.clip_view.next_wanted.connect(self._next)

    def show_dataset(self, dataset: Dataset) -> None:
        """Show these clips, the first of them current. What was looked for stays in the same dataset with others."""
        before, self.dataset = self.dataset, dataset
        self._headers, self._unheard = None, frozenset()
        another = before is None or _what(before) != _what(dataset)
        if another:
            self._order, self._widths = BY_NAME, {}
        else:
            self._keep_widths()
        self._set_columns()
        if another:
            with QSignalBlocker(self.classes):
                self.classes.clear()
                self.classes.addItems([ALL, *dataset.classes])
            self._look_for_nothing()
        self._show_sounds()
        self._filter()

    def show_headers(self, headers: Headers) -> None:
        """Length, rates and size have been read."""
        self._headers = headers
        self._show_sounds()
        self._renew()

    def show_unheard(self, unheard: frozenset[str]) -> None:
        """The check has found clips whose sound cannot be used."""
        if unheard != self._unheard:
            self._unheard = unheard
            self._renew()

    @property
    def current(self) -> Clip | None:
        place = self.table.current
        return self.dataset.clips[place] if self.dataset is not None and place >= 0 else None

    def reveal(self, clip_id: str) -> bool:
        """Make a clip current, filters or not; False where it is not among the clips."""
        clips = self.dataset.clips if self.dataset is not None else ()
        place = next((place for place, clip in enumerate(clips) if clip.id == clip_id), -1)
        if place < 0:
            return False
        if place not in self.table.clips.rows:
            self._look_for_nothing()
            self._filter()
        self.table.make_current(int(np.flatnonzero(self.table.clips.rows == place)[0]))
        return True

    def present(self, on: bool) -> None:
        """Without the controls."""
        self._presents = on
        for widget in (self.search, self.classes):
            widget.setHidden(on)
        self._show_sounds()
        self.clip_view.present(on)

    def close_browser(self) -> None:
        self._typing.stop()
        self.clip_view.close_clip()

    def _look_for_nothing(self) -> None:
        """Every clip passes the filters."""
        for combo in (self.classes, self.sounds):
            with QSignalBlocker(combo):
                combo.setCurrentIndex(0)
        self.search.clear()
        self._typing.stop()

    def _renew(self) -> None:
        """More is known of the same clips: the one that is open stays so."""
        self._keep_widths()
        self._set_columns(self.table.current)
        self._filter()

    def _show_sounds(self) -> None:
        """Whether a video can be heard is worth asking; of sounds all can. Before headers are read nothing is known."""
        videos = self._headers is not None and bool(self._headers.has_pictures.any())
        self.sounds.setVisible(videos and not self._presents)
        if self._headers is not None and not videos:
            self.sounds.setCurrentIndex(0)

    def _set_columns(self, current: int = -1) -> None:
        assert self.dataset is not None
        made = columns(self.dataset, self._headers, self._unheard)
        titles = [column.title for column in made]
        self.table.set_columns(made, current)
        for place, title in enumerate(titles):
            if title in self._widths:
                self.table.setColumnWidth(place, self._widths[title])
        title, order = self._order if self._order[0] in titles else BY_NAME
        self.table.sortByColumn(titles.index(title), order)

    def _keep_order(self, place: int) -> None:
        self._order = self.table.clips.columns[place].title, self.table.horizontalHeader().sortIndicatorOrder()

    def _keep_widths(self) -> None:
        for place, column in enumerate(self.table.clips.columns):
            self._widths[column.title] = self.table.columnWidth(place)

    def _audible(self) -> NDArray[np.bool_]:
        """(clips,) whether a clip is shown as far as its sound goes."""
        assert self.dataset is not None
        wanted = self.sounds.currentIndex()
        if not wanted or self._headers is None:
            return np.ones(len(self.dataset.clips), bool)
        return (sound_of(self.dataset, self._headers, self._unheard) == HEARD) == (wanted == 1)

    def _typed(self) -> None:
        self._typing.start()

    def _filter(self) -> None:
        if self.dataset is None:
            return
        label = self.classes.currentIndex() - 1
        chosen = matching(self.dataset, self.search.text().strip(), label, self._audible())
        self.table.show_clips(chosen)
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
        filters.addWidget(self.sounds)
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


def _what(dataset: Dataset) -> tuple[object, ...]:
    """The same folder with other classes is another dataset."""
    return dataset.name, dataset.root, dataset.classes
