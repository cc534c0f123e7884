"""A small network that has learned the tones: trained once for a file of tests, and in a workspace of each."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from core.runs import RunFolder
from core.workspace import Workspace
from tests.core.live.captured_tones import trained_run


@pytest.fixture(scope="module")
def taught(tones: Path, tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    place = Workspace(tmp_path_factory.mktemp("taught")).open()
    run = trained_run(tones, place)
    place.close()
    return run


@pytest.fixture
def run(taught: RunFolder, workspace: Workspace) -> RunFolder:
    """A copy that can be changed."""
    shutil.copytree(taught.path, workspace.runs / taught.name)
    return RunFolder(workspace.runs / taught.name)
