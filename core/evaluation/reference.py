"""Published figures to be shown beside our own, read from resources/reference_results.toml."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

from pydantic import model_validator

from core.settings import Settings

FILE = Path(__file__).parents[2] / "resources" / "reference_results.toml"


class Reference(Settings):
    """One published accuracy, in per cent. Where the source gives a range, `accuracy` is its middle."""

    dataset: str  # a row of DATASETS
    name: str
    accuracy: float
    source: str
    low: float | None = None
    high: float | None = None
    protocol: str = ""  # where it departs from the official folds
    approximate: bool = False

    @model_validator(mode="after")
    def _plausible(self) -> Reference:
        if not 0 <= self.accuracy <= 100:
            raise ValueError("an accuracy lies between 0 and 100 %")
        if (self.low is None) != (self.high is None):
            raise ValueError("a range has two ends")
        if self.low is not None and self.high is not None and not self.low <= self.accuracy <= self.high:
            raise ValueError("the accuracy lies outside its range")
        return self

    @property
    def text(self) -> str:
        """The figure as published: `91.5 %`, or `72.7–73.0 %`."""
        if self.low is not None and self.high is not None:
            return f"{self.low:g}–{self.high:g} %"
        return f"{self.accuracy:g} %"


@cache
def all_references() -> tuple[Reference, ...]:
    """In the order of the file."""
    with FILE.open("rb") as file:
        return tuple(Reference.model_validate(row) for row in tomllib.load(file)["reference"])


def references(dataset: str) -> list[Reference]:
    """Published figures for a dataset, the lowest first; none is an empty list."""
    return sorted((r for r in all_references() if r.dataset == dataset), key=lambda r: r.accuracy)
