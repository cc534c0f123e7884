"""Shared by all tests: where the real data are, and a workspace of their own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.workspace import Workspace

REAL_DATA = Path(os.environ.get("SENSORIUM_TEST_DATA", Path(__file__).parents[2] / "shared" / "data"))


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
