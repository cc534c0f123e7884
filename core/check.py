"""What is wrong with the recordings that a study would be trained on, found before it is: files and leaks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from core import readable
from core.caches import Caches, estimate_bytes
from core.control import Control
from core.datasets.base import Dataset, Modality
from core.datasets.scan import ScanReport
from core.datasets.splits import Leak, find_leaks, refolded
from core.events import Progress
from core.presets import dealt_as, made_for, other_clips, read_presets
from core.recipe import Recipe
from core.run_spec import DatasetChoice
from core.study import Study
from core.workspace import Workspace

Report = Callable[[Progress], None]


@dataclass(frozen=True)
class Check:
    """What a check looks at: the clips, all there is of them, as the networks that will train on them would."""

    dataset: Dataset  # as it was opened: folds are made of all clips, usable or not
    choice: DatasetChoice
    in_train: Study | None = None  # the study as it was left there

    @cached_property
    def study(self) -> Study:
        """That in Train if it is one on these clips, else the preset for them, else the defaults: its folds are those
        that leaks are sought in."""
        found = self._in_train_here or self._preset or Study()
        return found.model_copy(update={"dataset": dealt_as(found.dataset, self.choice)})

    @property
    def _in_train_here(self) -> Study | None:
        study = self.in_train
        return None if study is None or other_clips(study.dataset, self.choice) else study

    @property
    def _preset(self) -> Study | None:
        return made_for(self.choice, read_presets())

    def dealt(self, dataset: Dataset) -> str:
        """Whose the folds of the dataset are, as a sentence, where they are not those that it was opened with."""
        if dataset.clips == self.dataset.clips:
            return ""
        whose = "Train makes unless it is told otherwise"
        if self._in_train_here is not None:
            whose = "the study in Train makes"
        elif self._preset is not None:
            whose = f"the preset “{self._preset.name}” makes, which Train takes for a folder of this name"
        return f"The folds are those that {whose}; no file was changed."

    @property
    def needs_sound(self) -> bool:
        """Of videos, whether those without sound are left out is for Train to say."""
        return self.study.dataset.with_sound == "only" or Modality.VIDEO not in self.dataset.modalities

    @property
    def modality(self) -> Modality:
        """That with the most wings."""
        return max(self.dataset.modalities, key=lambda modality: len(modality.wings))

    @property
    def recipe(self) -> Recipe:
        return self.study.recipe


@dataclass(frozen=True)
class Room:
    """What decoding would keep on disk, and what is free."""

    needed: int  # bytes
    free: int
    limit: float

    @property
    def sentence(self) -> str:
        needed, free = readable.size(self.needed), readable.size(self.free)
        if self.needed > self.limit:
            limit = readable.size(self.limit)
            return f"Decoding would keep about {needed} in the workspace, more than the limit of {limit}."
        if self.needed > self.free:
            return f"Decoding would keep about {needed} in the workspace, where only {free} are free: make room first."
        return f"Decoding keeps about {needed} in the workspace; {free} are free."


@dataclass(frozen=True)
class Checked:
    """What was found when every clip was decoded."""

    report: ScanReport
    leaks: tuple[Leak, ...]
    usable: Dataset
    unheard: frozenset[str]  # ids of clips that can be used, but not heard
    choice: DatasetChoice  # how the clips were dealt out
    dealt: str = ""  # why so, as a sentence, where it is not as they were opened


def check_recordings(check: Check, workspace: Workspace, control: Control, report: Report) -> Checked:
    """Decode every clip into the caches, judge them, and look for what would leak from training to test.

    Raises:
        UserError: the workspace is another program's, too small, or the folds asked for cannot be made.
        Cancelled: through `control`.
    """
    workspace.require_writable()
    choice = check.study.dataset
    dataset = refolded(check.dataset, choice.folds)
    caches = Caches(dataset, workspace.cache, check.needs_sound).open([check], control, report, _limit(check))
    found = caches.report(dataset)
    usable = found.usable(dataset)
    leaks, unheard = find_leaks(usable, caches.digests()), caches.unheard(usable)
    return Checked(found, leaks, usable, unheard, choice, check.dealt(dataset))


def find_checked(check: Check, workspace: Workspace, control: Control, report: Report) -> Checked | Room:
    """What an earlier check or training found, from the caches; the room a check needs where it was never decoded."""
    if workspace.writable and Caches(check.dataset, workspace.cache).are_there([check]):
        return check_recordings(check, workspace, control, report)
    needed = estimate_bytes(check.dataset, [check], workspace.cache)
    return Room(needed, workspace.free_bytes(), _limit(check))


def _limit(check: Check) -> float:
    return check.study.cache_limit * 1e9
