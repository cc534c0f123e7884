"""The maps of several networks side by side, with the same clip in each found at a glance."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Signal
from PySide6.QtGui import QIcon, QResizeEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from core.analysis.clip_records import ClipRecords
from core.analysis.network_map import NetworkMap
from gui import theme
from gui.widgets.elided import ElidedLabel
from gui.widgets.point_map import PointMap


class MapCell(QWidget):
    """One network: its name, its map, and what of it is mapped."""

    def __init__(self, name: str, icon: QIcon, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name = name
        self.map: NetworkMap | None = None
        self.clips: NDArray[np.int64] = np.zeros(0, np.int64)  # of each point
        self._place: NDArray[np.int64] = np.zeros(0, np.int64)  # of each clip; −1 = not on this map
        self.points = PointMap()
        self.points.setAccessibleName(f"Map of {name}")
        picture, title, self.note = QLabel(), ElidedLabel(), ElidedLabel()
        picture.setPixmap(icon.pixmap(2 * theme.GRID))
        title.set_text(name)
        title.setProperty("muted", False)
        head, column = QHBoxLayout(), QVBoxLayout(self)
        head.setSpacing(theme.GRID)
        head.addWidget(picture)
        head.addWidget(title, 1)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GRID // 2)
        column.addLayout(head)
        column.addWidget(self.points, 1)
        column.addWidget(self.note)

    def show_map(self, found: NetworkMap, records: ClipRecords) -> None:
        self.map, self.clips = found, records.clip[found.rows].astype(np.int64)
        self._place = np.full(len(records.clip_ids), -1, np.int64)
        self._place[self.clips] = np.arange(len(self.clips))
        self.points.show_points(found.points, ~records.correct[found.rows])
        self.note.set_text(found.note)

    def say(self, words: str) -> None:
        """In place of a map."""
        self.map, self.clips, self._place = None, np.zeros(0, np.int64), np.zeros(0, np.int64)
        self.points.show_points(np.zeros((0, 2), np.float32), np.zeros(0, bool), words)
        self.note.set_text("")

    def place_of(self, clip: int) -> int:
        """The point of a clip; −1 = there is none."""
        return int(self._place[clip]) if 0 <= clip < len(self._place) else -1


class NetworkMaps(QWidget):
    """Cells in as many columns as make the maps largest."""

    pointed = Signal(object, int)  # MapCell, point
    clicked = Signal(object, int)
    lassoed = Signal(object, object, bool)  # MapCell, points, whether they are added

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.cells: list[MapCell] = []
        self._columns = 0
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(theme.GRID)

    def set_networks(self, networks: Sequence[tuple[str, QIcon]]) -> None:
        """Name and mark of each; their maps come later."""
        for cell in self.cells:
            self._grid.removeWidget(cell)
            cell.hide()
            cell.deleteLater()
        self.cells, self._columns = [MapCell(*network) for network in networks], 0
        for cell in self.cells:
            cell.points.pointed.connect(self._pointed)
            cell.points.clicked.connect(self._clicked)
            cell.points.lassoed.connect(self._lassoed)
        self._arrange()

    def point_at(self, clip: int, opened: int) -> None:
        """Ring these clips in every map; −1 = none."""
        for cell in self.cells:
            cell.points.point_at(cell.place_of(clip), cell.place_of(opened))

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        count = len(self.cells)
        columns = max(range(1, count + 1), key=self._side, default=0)
        if columns == self._columns:
            return
        self._columns = columns
        for place, cell in enumerate(self.cells):
            self._grid.addWidget(cell, place // columns, place % columns)
        rows = -(-count // columns)
        for place in range(self._grid.rowCount()):
            self._grid.setRowStretch(place, int(place < rows))
        for place in range(self._grid.columnCount()):
            self._grid.setColumnStretch(place, int(place < columns))

    def _side(self, columns: int) -> float:
        """Pixels of the shorter side of a map."""
        rows = -(-len(self.cells) // columns)
        return min(self.width() / columns, self.height() / rows - theme.pixels(5 * theme.GRID))

    def _cell(self) -> MapCell:
        return next(cell for cell in self.cells if cell.points is self.sender())

    def _pointed(self, place: int) -> None:
        self.pointed.emit(self._cell(), place)

    def _clicked(self, place: int) -> None:
        self.clicked.emit(self._cell(), place)

    def _lassoed(self, places: NDArray[np.int64], more: bool) -> None:
        self.lassoed.emit(self._cell(), places, more)
