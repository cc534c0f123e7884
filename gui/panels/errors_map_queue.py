"""The maps that are wanted, made in the background one after another: they share the processor with everything else."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QObject, Signal

from core.analysis.network_map import NetworkMap, map_network
from core.analysis.study_records import StudyRecords
from core.events import Progress
from gui.context import Context
from gui.jobs import Job

Runs = tuple[int, ...]  # of one network: places in `records.runs`


class MapQueue(QObject):
    """Holds the maps that were wanted last, and no others."""

    changed = Signal()  # one more is there, or why it is not
    progressed = Signal(object)  # Progress
    ended = Signal()  # nothing is being made

    def __init__(self, context: Context, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._data: StudyRecords | None = None
        self._wanted: tuple[Runs, ...] = ()
        self._job: Job | None = None
        self.found: dict[Runs, NetworkMap | str] = {}  # or the sentence why not

    def want(self, data: StudyRecords | None, wanted: Sequence[Runs]) -> None:
        """Make these; what was found of the same records stays."""
        kept = self.found if data is self._data else {}
        self.stop()
        self.found = {runs: found for runs, found in kept.items() if runs in wanted}
        self._data, self._wanted = data, tuple(wanted)
        self.go_on()

    def go_on(self) -> None:
        """Make the first that is missing."""
        missing = self._missing()
        if self._data is None or missing is None:
            self.ended.emit()
            return
        place = partial(map_network, self._context.workspace, self._data, missing)
        self._job = self._context.jobs.run(place, self._arrived, self._arrived, self._progressed)

    def stop(self) -> None:
        if self._job is not None:
            self._job.cancel()
        self._job = None
        self.ended.emit()

    def _missing(self) -> Runs | None:
        return next((runs for runs in self._wanted if runs not in self.found), None)

    def _progressed(self, progress: Progress) -> None:
        self.progressed.emit(progress)

    def _arrived(self, found: NetworkMap | str) -> None:
        missing = self._missing()
        if missing is not None:
            self.found[missing] = found
        self._job = None
        self.changed.emit()
        self.go_on()
