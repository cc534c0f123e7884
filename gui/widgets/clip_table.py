"""A table of a hundred thousand predicted clips: columns are arrays, rows are indices into them."""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import (
    QAbstractTableModel,
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPointF,
    Qt,
    Signal,
)
from PySide6.QtGui import QIcon, QKeyEvent, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from gui import theme

Index = QModelIndex | QPersistentModelIndex
TOP = QModelIndex()
MARGINS = 4 * theme.GRID  # of a name, left and right together, in pixels
ROW, TALL = 24, 40  # pixels of a row, without pictures and with them
FEW = 32  # of the names of a column are measured: there may be as many as clips


@dataclass(frozen=True)
class Column:
    """One column: numbers written with `format`, or codes that stand for `names`."""

    title: str
    help: str
    values: NDArray[Any]  # (clips,)
    names: Sequence[str] = ()
    format: str = ""
    unit: str = ""
    icons: Sequence[QIcon] = ()  # one for each name
    red: NDArray[np.bool_] | None = None  # (clips,) written in the colour of errors
    width: int = 72  # pixels at first; the most of them for names, which take what they need
    sentences: Sequence[str] = ()  # one for each name: all that it begins with, to be read in the tooltip
    picture: Callable[[int], QPixmap | None] | None = None  # of a clip, instead of text; must come at once

    @property
    def fits(self) -> bool:
        """Whether its width is that of its names: sentences take what they are given."""
        return len(self.names) > 0 and not len(self.sentences)

    def text(self, clip: int) -> str:
        if self.picture is not None:
            return ""
        value = self.values[clip]
        if len(self.names):
            return self.names[value]
        return format(value, self.format) + self.unit if value == value else "–"  # NaN: not known

    def tip(self, clip: int) -> str:
        if not len(self.sentences):
            return self.text(clip)
        return f"<p>{html.escape(self.sentences[self.values[clip]])}</p>"  # as rich text it is broken into lines

    def keys(self, clips: NDArray[np.int64]) -> NDArray[Any]:
        """What the clips are sorted by: the number, or the place of the name in the alphabet."""
        if not len(self.names):
            return self.values[clips]
        # Codes of no clips are floats to NumPy, and an exception in `sort` would not come back from Qt alive.
        return _alphabetical(self.names)[self.values[clips].astype(np.int64)]


class ClipTableModel(QAbstractTableModel):
    """Shows the clips at given indices, sorted by one column."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.columns: tuple[Column, ...] = ()
        self.rows: NDArray[np.int64] = np.zeros(0, np.int64)  # clip index of each row, as shown
        self._sorted_by, self._descending = -1, True

    def set_columns(self, columns: Sequence[Column]) -> None:
        """Other clips altogether: nothing is shown until `show_clips`."""
        self.beginResetModel()
        self.columns = tuple(columns)
        self.rows = np.zeros(0, np.int64)
        self.endResetModel()

    def show_clips(self, clips: NDArray[np.int64]) -> None:
        if 0 <= self._sorted_by < len(self.columns):
            keys = self.columns[self._sorted_by].keys(clips)
            # Negated rather than reversed, so that equals keep their order both ways.
            clips = clips[np.argsort(-keys if self._descending else keys, kind="stable")]
        self.beginResetModel()
        self.rows = clips
        self.endResetModel()

    def refresh(self) -> None:
        """Values of columns were changed in place: they are shown, in the order there was."""
        if len(self.rows):
            self.dataChanged.emit(self.index(0, 0), self.index(len(self.rows) - 1, len(self.columns) - 1))

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        self._sorted_by, self._descending = column, order == Qt.SortOrder.DescendingOrder
        self.show_clips(np.sort(self.rows))

    def rowCount(self, parent: Index = TOP) -> int:  # noqa: N802 - Qt's names
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = TOP) -> int:  # noqa: N802
        return 0 if parent.isValid() else len(self.columns)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        column, clip = self.columns[index.column()], int(self.rows[index.row()])
        if role == Qt.ItemDataRole.DisplayRole:
            return column.text(clip)
        if role == Qt.ItemDataRole.ToolTipRole:
            return column.tip(clip)
        if role == Qt.ItemDataRole.TextAlignmentRole and not len(column.names):
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if role == Qt.ItemDataRole.DecorationRole and len(column.icons):
            return column.icons[column.values[clip]]
        if role == Qt.ItemDataRole.ForegroundRole and column.red is not None and column.red[clip]:
            return theme.colour("error_text")
        return None

    def headerData(  # noqa: N802
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation == Qt.Orientation.Horizontal and section < len(self.columns):
            column = self.columns[section]
            if role == Qt.ItemDataRole.DisplayRole:
                return column.title
            if role == Qt.ItemDataRole.ToolTipRole:
                return f"{column.help} Click to sort."
            if role == Qt.ItemDataRole.TextAlignmentRole:
                text = len(column.names) or column.picture is not None
                side = Qt.AlignmentFlag.AlignLeft if text else Qt.AlignmentFlag.AlignRight
                return int(side | Qt.AlignmentFlag.AlignVCenter)
        return None


class ClipTable(QTableView):
    """The table itself: one clip is current; arrows, `step` and a click change it. Shift and Ctrl mark several."""

    current_changed = Signal(int)  # clip index; −1 = none
    marked_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.clips = ClipTableModel(self)
        self.why_empty = ""  # a sentence in place of clips
        self._pictures = False
        self._kept: NDArray[np.int64] = np.zeros(0, np.int64)  # clips that are marked while rows change
        self._open = -1  # clip index last said to be current: a model that is reset forgets which was
        self.setModel(self.clips)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)  # names of clips differ at their ends
        self.setItemDelegate(_Cells(self))
        self.setSortingEnabled(True)
        self.setAccessibleName("Clips")
        self.verticalHeader().hide()
        # Rows of one fixed height: measuring each would take seconds with a hundred thousand.
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.show_pictures(False)
        self.horizontalHeader().setHighlightSections(False)
        self.horizontalHeader().setStretchLastSection(True)
        self.selectionModel().currentRowChanged.connect(self._row_changed)
        self.selectionModel().selectionChanged.connect(self.marked_changed)
        self.clips.modelAboutToBeReset.connect(self._keep_marked)
        self.clips.modelReset.connect(self._find_open)

    def set_columns(self, columns: Sequence[Column], current: int = -1) -> None:
        """Other clips altogether, in the order that was chosen before; `current` is the one that is open already."""
        self._open = current
        self.clearSelection()  # other clips have these numbers
        self.clips.set_columns(columns)
        for place, column in enumerate(columns):
            most = round(theme.pixels(column.width))
            self.setColumnWidth(place, min(most, self._needed(place, column)) if column.fits else most)
            self.setColumnHidden(place, column.picture is not None and not self._pictures)

    def show_pictures(self, on: bool) -> None:
        """Columns of pictures are there, and rows are high enough for them; or neither."""
        self._pictures = on
        self.verticalHeader().setDefaultSectionSize(round(theme.pixels(TALL if on else ROW)))
        for place, column in enumerate(self.clips.columns):
            self.setColumnHidden(place, column.picture is not None and not on)
        if self.current >= 0:
            self._go_to(self.currentIndex().row(), QItemSelectionModel.SelectionFlag.NoUpdate)

    def in_view(self) -> NDArray[np.int64]:
        """Clip indices of the rows that can be seen."""
        first, last = self.rowAt(0), self.rowAt(self.viewport().height() - 1)
        return self.clips.rows[max(first, 0) : last + 1 if last >= 0 else None]

    def _needed(self, place: int, column: Column) -> int:
        """Pixels for the longest name of a column and for its heading."""
        metrics = self.fontMetrics()
        icon = self.style().pixelMetric(QStyle.PixelMetric.PM_SmallIconSize) + theme.GRID if len(column.icons) else 0
        longest = sorted(column.names, key=len)[-FEW:]  # letters differ in width, but not by that much
        widest = max((metrics.horizontalAdvance(name) for name in longest), default=0) + icon + MARGINS
        return max(widest, self.horizontalHeader().sectionSizeHint(place))

    def show_clips(self, clips: NDArray[np.int64], why_empty: str = "") -> None:
        """Show these; the current clip stays so where it is one of them, else the first is.

        Where there are none, `why_empty` stands in their place.
        """
        self.why_empty = "" if len(clips) else why_empty
        self.setAccessibleDescription(self.why_empty)
        self.clips.show_clips(clips)
        if self.current < 0:
            self.make_current(0)

    def make_current(self, row: int) -> None:
        if 0 <= row < len(self.clips.rows):
            # not selectRow(): with Shift held down it would add the row to those that are marked
            self._go_to(row, QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows)
        else:
            self._open = -1
            self.current_changed.emit(-1)

    def _go_to(self, row: int, how: QItemSelectionModel.SelectionFlag) -> None:
        """Into view, in the first column that is seen: from a hidden one, arrows lead nowhere."""
        column = next((c for c in range(self.clips.columnCount()) if not self.isColumnHidden(c)), 0)
        self.selectionModel().setCurrentIndex(self.clips.index(row, column), how)
        self.scrollTo(self.currentIndex())

    def selectionCommand(  # noqa: N802 - Qt's name
        self, index: Index, event: QEvent | None = None
    ) -> QItemSelectionModel.SelectionFlag:
        """A key that goes to a row marks it: what is open is always set off."""
        flags, wanted = QItemSelectionModel.SelectionFlag, super().selectionCommand(index, event)
        if wanted == flags.NoUpdate and isinstance(event, QKeyEvent):
            return flags.ClearAndSelect | flags.Rows
        return wanted

    def open_clip(self, clip: int) -> None:
        """Make the clip of an index current, where it is one of those shown."""
        rows = np.flatnonzero(self.clips.rows == clip)
        if rows.size:
            self.make_current(int(rows[0]))

    def step(self, by: int) -> None:
        """The next or the previous clip; at the ends nothing happens."""
        row = self.currentIndex().row() + by
        if 0 <= row < len(self.clips.rows):
            self.make_current(row)

    @property
    def current(self) -> int:
        """Clip index of the current row; −1 = none."""
        row = self.currentIndex().row()
        return int(self.clips.rows[row]) if row >= 0 else -1

    @property
    def marked(self) -> NDArray[np.int64]:
        """Clip indices of the rows that are marked, where they are several; else of none."""
        ranges = self.selectionModel().selection().toList()
        parts = [np.arange(part.top(), part.bottom() + 1) for part in ranges]
        rows = np.unique(np.concatenate(parts)) if parts else np.zeros(0, np.int64)
        return self.clips.rows[rows if len(rows) > 1 else rows[:0]]

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        super().paintEvent(event)
        if self.why_empty:
            painter = QPainter(self.viewport())
            painter.setPen(theme.colour("muted"))
            how = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            room = 2 * theme.GRID
            painter.drawText(self.viewport().rect().adjusted(room, room, -room, -room), how, self.why_empty)

    def _row_changed(self, new: QModelIndex, old: QModelIndex) -> None:
        before, self._open = self._open, self.current
        if self._open not in (-1, before):
            self.current_changed.emit(self._open)

    def _keep_marked(self) -> None:
        self._kept = self.marked

    def _find_open(self) -> None:
        """Other clips, or in another order: the one that is open stays current where it still is among them, and those
        that are marked stay so."""
        self.open_clip(self._open)
        if not len(self._kept):
            return  # to look for them among a hundred thousand takes some milliseconds
        rows = np.flatnonzero(np.isin(self.clips.rows, self._kept))
        if len(rows) > 1:
            flags, last = QItemSelectionModel.SelectionFlag, self.clips.columnCount() - 1
            marked = QItemSelection()
            for part in np.split(rows, np.flatnonzero(np.diff(rows) > 1) + 1):
                marked.select(self.clips.index(int(part[0]), 0), self.clips.index(int(part[-1]), last))
            self.selectionModel().select(marked, flags.Select | flags.Rows)


class _Cells(QStyledItemDelegate):
    """Of a sentence the beginning is shown, whatever the table does with names; pictures are shown as they are."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        super().paint(painter, option, index)
        model = index.model()
        if not isinstance(model, ClipTableModel) or (picture := model.columns[index.column()].picture) is None:
            return
        pixels = picture(int(model.rows[index.row()]))
        if pixels is not None:
            size = pixels.deviceIndependentSize()
            top = option.rect.top() + (option.rect.height() - size.height()) / 2
            painter.drawPixmap(QPointF(option.rect.left() + theme.GRID / 2, top), pixels)

    def initStyleOption(self, option: QStyleOptionViewItem, index: Index) -> None:  # noqa: N802 - Qt's name
        super().initStyleOption(option, index)
        model = index.model()
        if isinstance(model, ClipTableModel) and len(model.columns[index.column()].sentences):
            option.textElideMode = Qt.TextElideMode.ElideRight


def _alphabetical(names: Sequence[str]) -> NDArray[np.int64]:
    """(names,) place of each in the alphabet."""
    place = np.empty(len(names), np.int64)
    place[np.argsort(np.char.lower(np.asarray(names, dtype=np.str_)), kind="stable")] = np.arange(len(names))
    return place
