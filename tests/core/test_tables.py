"""The tables: every row can be loaded, names are helped with, duplicates refused."""

from __future__ import annotations

import subprocess
import sys

import pytest

from core.datasets import DATASETS
from core.errors import UserError
from core.tables import Table, load_dotted


def test_duplicates_are_refused() -> None:
    with pytest.raises(ValueError, match="listed twice"):
        Table("thing", [("a", 1), ("a", 2)])


def test_misspelt_names_are_helped_with() -> None:
    with pytest.raises(UserError, match="Did you mean “esc10”"):
        DATASETS["ecs10"]


@pytest.mark.parametrize("name", DATASETS)
def test_every_dataset_row_points_at_something(name: str) -> None:
    row = DATASETS[name]
    assert callable(load_dotted(row.opener))
    assert row.title and row.help


def test_reading_the_tables_imports_no_torch() -> None:
    heavy = "{'torch', 'lightning', 'sklearn', 'librosa', 'scipy'}"
    code = f"import core.study, core.runs, core.engine, sys; sys.exit(bool({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
