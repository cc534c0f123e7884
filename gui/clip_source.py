"""The clips of a study's dataset, opened in the background: for hearing and seeing what its runs predicted."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, Signal

from core.chosen import open_chosen
from core.datasets.base import Clip, Dataset
from core.run_spec import DatasetChoice
from gui.context import Context
from gui.jobs import Job


class ClipSource(QObject):
    """Holds one dataset at a time. What cannot be opened is a sentence in `trouble`; matrix and table do without."""

    changed = Signal()  # the dataset is there, or `trouble` says why not

    def __init__(self, context: Context, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._choice: DatasetChoice | None = None
        self._clips: dict[str, Clip] = {}
        self._job: Job | None = None
        self.dataset: Dataset | None = None
        self.trouble = ""

    def open(self, choice: DatasetChoice) -> None:
        """Open a dataset unless it is open already; one that was missing is looked for again."""
        if choice == self._choice and not self.trouble:
            return
        if self._job is not None:  # of another folder perhaps, whose clips are not asked for any more
            self._job.cancel()
        self._job, self._choice, self.dataset, self.trouble, self._clips = None, choice, None, "", {}
        if self._context.dataset is not None and self._context.dataset_choice == choice:
            self._opened(self._context.dataset)
        else:
            opening = partial(open_chosen, choice, self._context.workspace)
            self._job = self._context.jobs.run(opening, self._opened, self._failed)

    def clip(self, clip_id: str) -> Clip | None:
        return self._clips.get(clip_id)

    def _opened(self, dataset: Dataset) -> None:
        self._job, self.dataset = None, dataset
        self._clips = {clip.id: clip for clip in dataset.clips}
        self.changed.emit()

    def _failed(self, sentence: str) -> None:
        self._job = None
        self.trouble = f"The clips cannot be played. {sentence}"
        self.changed.emit()
