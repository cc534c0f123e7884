"""The clips a study asks for: its dataset, opened where it lies, with folds and exclusions as chosen."""

from __future__ import annotations

from core.control import Control
from core.datasets import DATASETS
from core.datasets.base import Dataset, Excluded, Report
from core.run_spec import DatasetChoice
from core.workspace import Workspace


def open_chosen(
    choice: DatasetChoice, workspace: Workspace, control: Control | None = None, report: Report | None = None
) -> Dataset:
    """Open a dataset less what is left out by hand; folds that it does not bring are made.

    Raises:
        UserError: it cannot be opened, or the folds asked for cannot be made.
        Cancelled: through `control`.
    """
    from core.datasets.splits import refolded

    dataset = DATASETS[choice.name].open(workspace.dataset_root(choice.name, choice.root), control, report)
    there = {clip.id for clip in dataset.clips}
    gone = tuple(
        Excluded(name, f"{name} is left out by hand.", by_hand=True) for name in choice.exclude if name in there
    )
    return refolded(dataset.without(gone), choice.folds)
