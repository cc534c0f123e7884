"""The caches that a study's runs read from: one a wing, and another for each recipe that keeps something else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from core.control import Control
from core.datasets.base import Dataset
from core.events import Progress
from core.recipe import Recipe
from core.study import RunSpec
from core.wings import WINGS, ClipCache


class Caches:
    """Opened once, looked up by wing and recipe.

    Attributes:
        facts: by wing, what is known of each clip that was decoded.
        failures: by wing, why a clip does not decode.
    """

    def __init__(self, dataset: Dataset, cache_dir: Path) -> None:
        self.facts: dict[str, dict[str, Any]] = {}
        self.failures: dict[str, dict[str, str]] = {}
        self._dataset, self._cache_dir = dataset, cache_dir
        self._opened: dict[Path, ClipCache] = {}

    def open(
        self,
        specs: Iterable[RunSpec],
        control: Control,
        report: Callable[[Progress], None],
        limit_bytes: float,
    ) -> Caches:
        """Decode what the runs need and is not there yet.

        Raises:
            UserError: there is not enough room, or more would be needed than `limit_bytes`.
            Cancelled: through `control`.
        """
        for folder, (wing, recipe) in _needed(self._dataset, specs, self._cache_dir).items():
            cache = WINGS[wing].open_cache(
                self._dataset, recipe, self._cache_dir, control, report, limit_bytes=limit_bytes
            )
            self._opened[folder] = cache
            self.facts.setdefault(wing, {}).update(cache.facts)
            self.failures.setdefault(wing, {}).update(cache.failures)
        return self

    def usable(self, dataset: Dataset, with_sound: bool = False) -> Dataset:
        """The dataset without the clips that cannot be used.

        A clip without sound is left out where only sounds are looked at, or where `with_sound` asks for it.
        """
        from core.datasets.scan import scan

        for wing, facts in self.facts.items():
            needed = wing != "audio" or with_sound or len(self.facts) == 1
            dataset = scan(dataset, facts, self.failures[wing], needed).usable(dataset)
        return dataset

    def digests(self) -> dict[str, tuple[str, str]]:
        """By clip id: the digests of its file and of its content, of the pictures where both are looked at."""
        facts = self.facts.get("video") or self.facts["audio"]
        return {name: (item.file_digest, item.content_digest) for name, item in facts.items()}

    def of(self, wing: str, recipe: Recipe) -> ClipCache:
        return self._opened[WINGS[wing].cache_folder(self._dataset, recipe, self._cache_dir)]


def estimate_bytes(dataset: Dataset, specs: Iterable[RunSpec], cache_dir: Path) -> int:
    """Size of all caches that the runs need."""
    needed = _needed(dataset, specs, cache_dir).values()
    return sum(WINGS[wing].estimate_bytes(dataset, recipe) for wing, recipe in needed)


def _needed(dataset: Dataset, specs: Iterable[RunSpec], cache_dir: Path) -> dict[Path, tuple[str, Recipe]]:
    """By folder: each is opened once, whatever the number of runs that share it."""
    return {WINGS[wing].cache_folder(dataset, recipe, cache_dir): (wing, recipe) for wing, recipe in _wanted(specs)}


def _wanted(specs: Iterable[RunSpec]) -> Iterator[tuple[str, Recipe]]:
    for spec in specs:
        for wing in spec.modality.wings:
            yield wing, spec.recipe
