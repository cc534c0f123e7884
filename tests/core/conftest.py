"""Sounds and films that tests of the engine train on."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.core.film_studies import write_films
from tests.core.tones import write_tones


@pytest.fixture(scope="module")
def tones(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tones(tmp_path_factory.mktemp("tones"))


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_films(tmp_path_factory.mktemp("films"))
