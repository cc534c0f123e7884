"""Which finished runs can be asked live, and which are asked at first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from core.control import Control
from core.datasets.base import Clip, Dataset, Modality
from core.run_lists import finished_runs
from core.runs import RunFolder
from core.workspace import Workspace

FIRST = 3  # networks that are asked before a person has chosen


@dataclass(frozen=True)
class LiveChoice:
    """A finished run that has weights."""

    folder: RunFolder
    label: str
    architecture: str
    modality: Modality
    words: str  # in a menu below its study

    @property
    def name(self) -> str:
        return self.folder.name


def live_choices(workspace: Workspace, control: Control) -> list[LiveChoice]:
    """Every finished run of the workspace, by study.

    Raises:
        Cancelled: as `control` says.
    """
    return [
        LiveChoice(folder, folder.title or spec.network.label, spec.network.architecture, spec.modality, words)
        for folder, spec, words in finished_runs(workspace, control)
    ]


def untrained_clips(dataset: Dataset, asked: Iterable[RunFolder]) -> list[Clip]:
    """Those clips that were in the test fold of every run asked that knows any of them: none was trained on them.

    Raises:
        UserError: the predictions of a run cannot be read.
    """
    there = {clip.id for clip in dataset.clips}
    left = set(there)
    for run in asked:
        tested = there.intersection(run.tested)
        left &= tested or there
    return [clip for clip in dataset.clips if clip.id in left]


def first_choice(choices: Sequence[LiveChoice], modality: Modality | None = None) -> tuple[str, ...]:
    """One run of each network of the study that was finished last, as many as fit side by side."""
    if modality is not None:
        choices = [choice for choice in choices if set(choice.modality.wings) <= set(modality.wings)]
    if not choices:
        return ()
    newest = max(choices, key=lambda choice: choice.folder.weights.stat().st_mtime_ns).folder.study
    one_each: dict[str, LiveChoice] = {}
    for choice in choices:
        if choice.folder.study == newest:
            one_each.setdefault(choice.label, choice)
    return tuple(choice.name for choice in list(one_each.values())[:FIRST])
