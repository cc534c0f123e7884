"""The runs of one study as the Train panel shows them: read from disk, then kept up to date by what the engine says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QObject, Signal

from core.control import Control
from core.engine import State
from core.events import (
    EpochEnded,
    Event,
    Outcome,
    RunFinished,
    RunStarted,
    SearchStarted,
    StudyFinished,
    StudyStarted,
)
from core.files import slug
from core.run_lists import RunRow, read_rows
from core.run_records import OUTDATED, LogRow, Phase
from gui.context import Context
from gui.looks import Kind, Look, variants


class StudyRuns(QObject):
    """Subscribe to `loaded` (all rows are new) and `changed` (one is, at this place)."""

    loaded = Signal()
    changed = Signal(int)
    epoch_ended = Signal(str, object)  # run, LogRow

    def __init__(self, context: Context, parent: QObject) -> None:
        super().__init__(parent)
        self._context = context
        self.study = ""  # slug
        self.rows: list[RunRow] = []
        self._variants: dict[tuple[str, Kind], int] = {}
        self._told = ""  # slug of the study that events are about
        self._said: dict[str, list[Event]] = {}  # of that study, by run: said after the disk was read
        self._expected: dict[str, float] = {}  # network → seconds a run, from the estimate, then as measured
        self._job: Any = None
        context.bridge.happened.connect(self._happened)

    def show(self, study: str) -> None:
        """Read the runs of a study (its slug)."""
        self.study = study
        if self._job is not None:
            self._job.cancel()
        self._job = self._context.jobs.run(self._reading(study), self._have_read)

    @property
    def several_modalities(self) -> bool:
        return len({row.spec.modality for row in self.rows}) > 1

    def look(self, row: RunRow) -> Look:
        """How its network is drawn, wherever the run is."""
        label, kind = _network_of(row)
        return Look(*kind, self._variants[label, kind])

    @property
    def told(self) -> bool:
        """Whether the engine speaks of these rows: runs of other studies may have the same ids."""
        return any(row.folder.study == self._told for row in self.rows[:1])

    def place(self, run: str) -> int | None:
        return next((place for place, row in enumerate(self.rows) if row.id == run), None)

    def update(self, run: str, **changes: Any) -> None:
        place = self.place(run)
        if place is not None:
            self.rows[place] = replace(self.rows[place], **changes)
            self.changed.emit(place)

    def expect(self, seconds_per_run: dict[str, float]) -> None:
        """What the estimate says of each network."""
        self._expected = dict(seconds_per_run)

    def seconds_left(self) -> float | None:
        """Of the study under way: what the engine says of the runs under way, what is expected of the others; as many
        at once as there are now."""
        status = self._context.engine.status
        if slug(status.study) != self.study:
            return None
        # Outdated runs stay as they are: others with today's recipe are trained in their place.
        waiting = [row for row in self.rows if row.phase is Phase.WAITING and row.reason != OUTDATED]
        said = {run.run: run.seconds_left for run in status.under_way}
        under_way = [row for row in self.rows if row.id in said and row.phase is Phase.RUNNING]
        if any(row.network not in self._expected for row in waiting + under_way):
            return None
        left = [said[row.id] for row in under_way]
        of_these = [self._expect_of(row, row.epoch) if s is None else s for row, s in zip(under_way, left, strict=True)]
        return sum(of_these + [self._expect_of(row, row.kept) for row in waiting]) / max(1, len(under_way))

    def _expect_of(self, row: RunRow, epochs_done: int) -> float:
        """Seconds that a run still takes, by what is expected of its network."""
        return self._expected[row.network] * max(0.0, 1 - epochs_done / row.spec.recipe.epochs)

    def _reading(self, study: str) -> Callable[[Control, Callable[[Any], None]], list[RunRow]]:
        workspace, engine = self._context.workspace, self._context.engine.status
        trained = "" if engine.state is State.IDLE else slug(engine.study)
        return lambda control, report: read_rows(workspace, study, control, trained=trained)

    def _have_read(self, rows: list[RunRow]) -> None:
        self._job = None
        self.rows = rows
        self._variants = variants(map(_network_of, rows))
        said = [event for row in rows for event in self._said.get(row.id, ())] if self.told else ()
        self.loaded.emit()
        for event in said:
            self._apply(event)

    def _happened(self, event: Event) -> None:
        match event:
            case StudyStarted():
                self._said.clear()
                self._told = slug(event.study)
                self.show(self._told)
            case SearchStarted():
                self._told = ""  # its trials are no runs
            case RunStarted() | EpochEnded() | RunFinished() if self._told:
                self._said.setdefault(event.run, []).append(event)
                if self.told:
                    self._apply(event)
            case StudyFinished():
                self._said.clear()  # all of it is on disk now
                if slug(event.study) == self.study:
                    self.show(self.study)

    def _apply(self, event: Event) -> None:
        match event:
            case RunStarted():
                self.update(
                    event.run, phase=Phase.RUNNING, epoch=event.first_epoch, batches_per_epoch=event.batches_per_epoch
                )
            case EpochEnded():
                self.update(event.run, epoch=event.epoch)
                if self.place(event.run) is not None:
                    self.epoch_ended.emit(event.run, _log_row(event))
            case RunFinished():
                phase = {Outcome.DONE: Phase.DONE, Outcome.FAILED: Phase.FAILED}.get(event.outcome, Phase.CANCELLED)
                place = self.place(event.run)
                if place is None:
                    return
                self.update(
                    event.run,
                    phase=phase,
                    reason=event.reason,
                    accuracy=event.scores.get("accuracy"),
                    seconds=event.seconds,
                    bytes=self.rows[place].folder.size(),
                )
                if phase is Phase.DONE:
                    self._expected[self.rows[place].network] = event.seconds


def _network_of(row: RunRow) -> tuple[str, Kind]:
    return row.network, (row.spec.network.architecture, row.spec.modality)


def _log_row(event: EpochEnded) -> LogRow:
    return LogRow(
        epoch=event.epoch,
        train_loss=event.train_loss,
        train_accuracy=event.train_accuracy,
        validation_loss=event.validation_loss,
        validation_accuracy=event.validation_accuracy,
        learning_rate=event.learning_rate,
        clips_per_second=event.clips_per_second,
        seconds=0.0,
    )
