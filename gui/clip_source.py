"""The clips of a study's dataset, opened in the background: for hearing and seeing what its runs predicted."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, Signal

from core.control import Control
from core.datasets import DATASETS
from core.datasets.base import Clip, Dataset
from core.run_spec import DatasetChoice
from core.workspace import Workspace
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
        self._missed = False
        self.dataset: Dataset | None = None
        self.trouble = ""

    def open(self, choice: DatasetChoice) -> None:
        """Open a dataset unless it is open already; one that was missing, or had no such clip, is looked for again."""
        if choice == self._choice and not self.trouble and not self._missed:
            return
        self._missed = False
        if self._job is not None:  # of another folder perhaps, whose clips are not asked for any more
            self._job.cancel()
        self._job, self._choice, self.dataset, self.trouble, self._clips = None, choice, None, "", {}
        if self._context.dataset is not None and self._context.dataset_choice == choice:
            self._opened(self._context.dataset)
        else:
            opening = partial(open_all, choice, self._context.workspace)
            self._job = self._context.jobs.run(opening, self._opened, self._failed)

    def clip(self, clip_id: str) -> Clip | None:
        found = self._clips.get(clip_id)
        self._missed = self._missed or (found is None and self.dataset is not None)  # kept since, in the Live panel
        return found

    def _opened(self, dataset: Dataset) -> None:
        self._job, self.dataset = None, dataset
        self._clips = {clip.id: clip for clip in dataset.clips}
        self.changed.emit()

    def _failed(self, sentence: str) -> None:
        self._job = None
        self.trouble = f"The clips cannot be played. {sentence}"
        self.changed.emit()


def open_all(choice: DatasetChoice, workspace: Workspace, control: Control, report: Callable[[Any], None]) -> Dataset:
    """All clips, whatever is left out by hand and however they are dealt out: they are to be heard and seen."""
    return DATASETS[choice.name].open(workspace.dataset_root(choice.name, choice.root), control, report)
