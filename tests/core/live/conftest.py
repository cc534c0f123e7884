"""Small networks that have learned a little: of tones, and of films that are heard and seen."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from core.runs import RunFolder
from core.workspace import Workspace
from tests.core.live.captured_tones import trained_run
from tests.core.live.small_films import film_runs, write_films


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


@pytest.fixture(scope="session")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_films(tmp_path_factory.mktemp("films"))


@pytest.fixture(scope="session")
def watched(films: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, RunFolder]:
    """By the names in `small_films`; not to be changed."""
    place = Workspace(tmp_path_factory.mktemp("watched")).open()
    runs = film_runs(films, place)
    place.close()
    return runs
