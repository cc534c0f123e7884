"""Finished runs whose weights another network can start from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from core.control import Control
from core.errors import UserError
from core.runs import Phase, list_runs
from core.workspace import Workspace


@dataclass(frozen=True)
class Earlier:
    """A run by the name that `weights_path` takes, and in words."""

    name: str
    words: str


def finished_runs(workspace: Workspace) -> Callable[[Control, Callable[[Any], None]], list[Earlier]]:
    """Work for the pool: every finished run of the workspace, of whatever modality."""
    return partial(_read, workspace)


def _read(workspace: Workspace, control: Control, report: Callable[[Any], None]) -> list[Earlier]:
    found = []
    for folder in list_runs(workspace):
        control.checkpoint()
        if folder.status.phase is not Phase.DONE or not folder.weights.exists():
            continue
        try:
            spec = folder.spec
        except UserError:  # of another version: it cannot be read
            continue
        network = folder.title or spec.network.label
        on = f"on {spec.modality.word}"
        words = f"{folder.study}: {network}, {on}, fold {spec.fold}, seed {spec.seed}"
        found.append(Earlier(folder.name, words))
    return found
