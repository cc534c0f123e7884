"""Thumbnails in the table of clips: made in the background for the rows in view, kept while there is room."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtGui import QImage, QPainter, QPixmap

from core.analysis.study_records import StudyRecords
from core.control import Control
from core.errors import UserError
from core.thumbnails import WIDEST, thumbnails
from gui import theme
from gui.clip_source import ClipSource
from gui.jobs import Job, Jobs
from gui.widgets.clip_table import TALL, ClipTable

KEPT = 1024  # pictures: some 20 MB
HEIGHT = TALL - 4  # pixels, before type is enlarged
GAP = 2  # pixels between frame and spectrogram
RESTING_MS = 80  # rows that are scrolled past more quickly are not looked at


class Thumbnails(QObject):
    """Looks at which rows of a table are in view, once it is switched on."""

    def __init__(self, jobs: Jobs, source: ClipSource, table: ClipTable) -> None:
        super().__init__(table)
        self._jobs, self._source, self._table = jobs, source, table
        self._data: StudyRecords | None = None
        self._kept: OrderedDict[str, QPixmap] = OrderedDict()  # by clip id, the one looked at last at the end
        self._job: Job | None = None
        self._on = False
        self._resting = QTimer(self, singleShot=True, interval=RESTING_MS)
        self._resting.timeout.connect(self._make)
        bar = table.verticalScrollBar()
        for moved in (bar.valueChanged, bar.rangeChanged, table.clips.modelReset):
            moved.connect(self._moved)
        source.changed.connect(self._forget)

    def show(self, on: bool) -> None:
        self._on = on
        self._table.show_pictures(on)
        self._moved()

    def set_data(self, data: StudyRecords) -> None:
        """Clips of another study: shown is of them what its networks hear and see."""
        if self._data is None or _wings(self._data) != _wings(data):
            self._kept.clear()
        self._data = data

    @property
    def width(self) -> int:
        """Pixels that a picture takes at most, before type is enlarged."""
        wings = 1 if self._data is None else len(_wings(self._data))
        return round(wings * WIDEST * HEIGHT + (wings - 1) * GAP)

    def picture(self, record: int) -> QPixmap | None:
        """Of the clip of a record, or none yet; at once."""
        if self._data is None:
            return None
        clip_id = self._clip_id(record)
        if clip_id not in self._kept:
            return None
        self._kept.move_to_end(clip_id)
        return self._kept[clip_id]

    def close(self) -> None:
        self._resting.stop()
        self._stop()

    def _clip_id(self, record: int) -> str:
        assert self._data is not None
        return str(self._data.records.clip_ids[self._data.records.clip[record]])

    def _forget(self) -> None:
        """Another dataset has been opened, or the same one again with what is in it now."""
        self._kept.clear()
        self._moved()

    def _moved(self) -> None:
        if self._on:
            self._resting.start()
        else:
            self.close()

    def _stop(self) -> None:
        if self._job is not None:
            self._job.cancel()
        self._job = None

    def _make(self) -> None:
        """Of the rows in view, those that lack one; what was begun for others is not wanted any more."""
        self._stop()
        if self._data is None or self._source.dataset is None:
            return
        wanted: dict[str, Path] = {}
        for record in self._table.in_view():
            clip_id = self._clip_id(int(record))
            clip = None if clip_id in self._kept else self._source.clip(clip_id)
            if clip is not None:
                wanted[clip_id] = clip.path
        if wanted:
            height = round(theme.pixels(HEIGHT) * self._table.devicePixelRatioF())
            make = partial(_make, list(wanted.items()), _wings(self._data), height)
            self._job = self._jobs.run(make, self._done, progress=self._made)

    def _made(self, made: tuple[str, tuple[NDArray[np.uint8], ...]]) -> None:
        clip_id, tiles = made
        self._kept[clip_id] = _side_by_side(tiles, self._table.devicePixelRatioF())
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        self._table.viewport().update()

    def _done(self, nothing: object) -> None:
        self._job = None


def _wings(data: StudyRecords) -> frozenset[str]:
    return frozenset(wing for modality in data.modalities for wing in modality.wings)


def _make(
    clips: Sequence[tuple[str, Path]],
    wings: frozenset[str],
    height: int,
    control: Control,
    report: Callable[[Any], None],
) -> None:
    for clip_id, path in clips:
        control.checkpoint()
        try:
            report((clip_id, thumbnails(path, wings, height, control)))
        except UserError:  # the clip view says why, once the clip is opened
            report((clip_id, ()))


def _side_by_side(tiles: Sequence[NDArray[np.uint8]], ratio: float) -> QPixmap:
    """Nothing of no tiles."""
    if not tiles:
        return QPixmap()
    gap = round(GAP * ratio)
    whole = QPixmap(sum(tile.shape[1] + gap for tile in tiles) - gap, tiles[0].shape[0])
    whole.fill(Qt.GlobalColor.transparent)
    painter, left = QPainter(whole), 0
    for tile in tiles:
        rows, columns, _ = tile.shape
        painter.drawImage(left, 0, QImage(tile.tobytes(), columns, rows, 3 * columns, QImage.Format.Format_RGB888))
        left += columns + gap
    painter.end()
    whole.setDevicePixelRatio(ratio)
    return whole
