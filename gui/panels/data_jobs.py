"""What the Data panel computes in the background."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.control import Control
from core.datasets import DATASETS
from core.datasets.base import Dataset, Excluded
from core.datasets.scan import ScanReport, scan
from core.datasets.splits import Leak, find_leaks
from core.recipe import AudioSettings, Recipe
from core.study import DatasetChoice
from core.tables import load_dotted
from core.workspace import Workspace

Report = Callable[[Any], None]


@dataclass(frozen=True)
class Checked:
    """What was found when every clip was decoded."""

    report: ScanReport
    leaks: tuple[Leak, ...]
    usable: Dataset


def open_dataset(workspace: Workspace, choice: DatasetChoice, control: Control, report: Report) -> Dataset:
    """The dataset that is chosen, less what was left out by hand."""
    dataset = DATASETS[choice.name].open(workspace.dataset_root(choice.name, choice.root), control)
    return dataset.without(tuple(Excluded(clip_id, "Left out by hand.") for clip_id in choice.exclude))


def check_recordings(dataset: Dataset, rate: int, workspace: Workspace, control: Control, report: Report) -> Checked:
    """Decode every clip into the cache, judge them, and look for what would leak from training to test."""
    from core.audio.cache import open_cache

    workspace.require_writable()
    cache = open_cache(dataset, _at(rate), workspace.cache, control, report)
    found = scan(dataset, cache.facts, cache.failures)
    usable = found.usable(dataset)
    digests = {clip_id: (facts.file_digest, facts.samples_digest) for clip_id, facts in cache.facts.items()}
    return Checked(found, find_leaks(usable, digests), usable)


def find_checked(dataset: Dataset, rate: int, workspace: Workspace, control: Control, report: Report) -> Checked | None:
    """What an earlier check or training found, from the cache; None where the recordings were never decoded."""
    from core.audio.cache import cache_folder

    if not workspace.writable or not (cache_folder(dataset, _at(rate), workspace.cache) / "index.json").is_file():
        return None
    return check_recordings(dataset, rate, workspace, control, report)


def _at(rate: int) -> Recipe:
    return Recipe(audio=AudioSettings(rate=rate))


def download_dataset(name: str, target: Path, url: str, control: Control, report: Report) -> Path:
    """Download a dataset to its place in the workspace; returns that place."""
    from core.datasets.download import download

    return download(load_dotted(DATASETS[name].downloader), target, control, report, url)


def recognise(folder: Path, selected: str) -> str:
    """Which row of DATASETS a folder that was dropped belongs to."""
    official = any((place / "meta" / "esc50.csv").is_file() for place in (folder, folder / "ESC-50-master"))
    if not official:
        return "labelled-folder"
    return selected if selected in ("esc10", "esc50") else "esc50"
