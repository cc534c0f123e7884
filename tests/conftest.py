"""Shared by all tests: where the real data are, and a workspace of their own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.workspace import Workspace

PROCESSES = 2  # for the whole suite

if (worker := os.environ.get("PYTEST_XDIST_WORKER")) and hasattr(os, "sched_setaffinity"):
    # A core each: processes that train with all cores at once are ten times slower than one after the other.
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cores[int(worker.removeprefix("gw")) % len(cores)]})

REAL_DATA = Path(os.environ.get("SENSORIUM_TEST_DATA", Path(__file__).parents[2] / "shared" / "data"))


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """What is asked for by name runs in this process: a few tests, or a benchmark, which has the machine to itself."""
    return 0 if config.args_source is pytest.Config.ArgsSource.ARGS else PROCESSES


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest goes first, or one process would wait for the other in the end."""
    items.sort(key=lambda item: item.path.name != "test_main.py")


@pytest.fixture(scope="session")
def esc10() -> Path:
    """The folder of real ESC-10 recordings; the test is skipped where it is absent."""
    root = REAL_DATA / "esc10"
    if not root.is_dir():
        pytest.skip(f"real recordings are not at {root} (set SENSORIUM_TEST_DATA)")
    return root


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    place = Workspace(tmp_path / "workspace").open()
    yield place
    place.close()
