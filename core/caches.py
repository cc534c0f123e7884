"""The caches that a study's runs read from: one a wing, and another for each recipe that keeps something else."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from core.clip_cache import ClipCache, FlatFile
from core.control import Control
from core.datasets.base import Dataset, Modality
from core.events import Progress
from core.recipe import Recipe
from core.wings import WINGS

if TYPE_CHECKING:
    from core.datasets.scan import ScanReport


class Wanted(Protocol):
    """What looks at clips: a run, or a check of what runs will look at."""

    @property
    def modality(self) -> Modality: ...
    @property
    def recipe(self) -> Recipe: ...


class Caches:
    """Opened once, looked up by wing and recipe.

    Args:
        needs_sound: whether clips without a usable sound track are left out; their tracks are then decoded also where
            no network hears.

    Attributes:
        facts: by wing, what is known of each clip that was decoded.
        failures: by wing, why a clip does not decode.
    """

    def __init__(self, dataset: Dataset, cache_dir: Path, needs_sound: bool = False) -> None:
        self.needs_sound = needs_sound
        self.facts: dict[str, dict[str, Any]] = {}
        self.failures: dict[str, dict[str, str]] = {}
        self._dataset, self._cache_dir = dataset, cache_dir
        self._opened: dict[Path, ClipCache[Any]] = {}

    def open(
        self,
        specs: Iterable[Wanted],
        control: Control,
        report: Callable[[Progress], None],
        limit_bytes: float = math.inf,
    ) -> Caches:
        """Decode what the runs need and is not there yet.

        Raises:
            UserError: there is not enough room, or more would be needed than `limit_bytes`.
            Cancelled: through `control`.
        """
        for folder, (wing, recipe) in _needed(self._dataset, specs, self._cache_dir, self.needs_sound).items():
            cache = WINGS[wing].open_cache(
                self._dataset, recipe, self._cache_dir, control, report, limit_bytes=limit_bytes
            )
            self._opened[folder] = cache
            self.facts.setdefault(wing, {}).update(cache.facts)
            self.failures.setdefault(wing, {}).update(cache.failures)
        return self

    def are_there(self, specs: Iterable[Wanted]) -> bool:
        """Whether what the runs need has been decoded before: a program that may only read can then go by it."""
        needed = _needed(self._dataset, specs, self._cache_dir, self.needs_sound)
        return all((folder / "index.json").is_file() for folder in needed)

    def report(self, dataset: Dataset) -> ScanReport:
        """What is wrong or odd with the clips, in any wing."""
        from core.datasets.scan import joined, scan

        # What decodes for one recipe and not for another (it may be too large for it) would fail the runs of that one.
        decoded = {
            wing: {name: item for name, item in facts.items() if name not in self.failures[wing]}
            for wing, facts in self.facts.items()
        }
        return joined(
            {
                wing: scan(dataset, facts, self.failures[wing], wing != "audio" or self.needs_sound)
                for wing, facts in decoded.items()
            }
        )

    def usable(self, dataset: Dataset) -> Dataset:
        """The dataset without the clips that cannot be used, as the report says."""
        return self.report(dataset).usable(dataset)

    def unheard(self, dataset: Dataset) -> frozenset[str]:
        """Ids of the clips that have no usable sound; of use where their sound was looked at."""
        from core.audio.judge import usable_sound

        sounds = self.facts.get("audio", {})
        return frozenset(c.id for c in dataset.clips if c.id not in sounds or not usable_sound(sounds[c.id]))

    def digests(self) -> dict[str, tuple[str, ...]]:
        """By clip id: the digests of its file, then of its pictures and its sound as far as they are looked at; empty
        for what cannot be heard, which is alike without being the same."""
        from core.audio.judge import usable_sound

        def content(wing: str, name: str) -> str:
            item = self.facts[wing].get(name)  # None where this wing cannot decode it
            return "" if item is None or (wing == "audio" and not usable_sound(item)) else item.content_digest

        files = {name: item.file_digest for facts in self.facts.values() for name, item in facts.items()}
        wings = sorted(self.facts, reverse=True)  # pictures first
        return {name: (file, *(content(wing, name) for wing in wings)) for name, file in files.items()}

    def unmapped(self) -> Caches:
        """What is known of the clips, without what they hold: small enough to be sent to another machine."""
        sent = copy.copy(self)
        sent._opened = {folder: cache.unmapped() for folder, cache in self._opened.items()}
        return sent

    def files(self, spec: Wanted) -> tuple[FlatFile, ...]:
        """What a run reads from."""
        return tuple(self._opened[folder].file for folder in self._folders(spec))

    def mapped(self, spec: Wanted, place_of: Callable[[FlatFile], Path]) -> Caches:
        """With what a run reads from, wherever the files lie on this machine."""
        opened = {folder: self._opened[folder] for folder in self._folders(spec)}
        here = copy.copy(self)
        here._opened = {folder: cache.mapped(place_of(cache.file)) for folder, cache in opened.items()}
        return here

    def _folders(self, spec: Wanted) -> Iterable[Path]:
        return _needed(self._dataset, [spec], self._cache_dir, needs_sound=False)

    def of(self, wing: str, recipe: Recipe) -> ClipCache[Any]:
        return self._opened[WINGS[wing].cache_folder(self._dataset, recipe, self._cache_dir)]


def estimate_bytes(dataset: Dataset, specs: Iterable[Wanted], cache_dir: Path, needs_sound: bool = False) -> int:
    """Size of all caches that the runs need, from headers alone."""
    needed = _needed(dataset, specs, cache_dir, needs_sound).values()
    return sum(WINGS[wing].estimate_bytes(dataset, recipe) for wing, recipe in needed)


def _needed(
    dataset: Dataset, specs: Iterable[Wanted], cache_dir: Path, needs_sound: bool
) -> dict[Path, tuple[str, Recipe]]:
    """By folder: each is opened once, whatever the number of runs that share it."""
    return {
        WINGS[wing].cache_folder(dataset, recipe, cache_dir): (wing, recipe)
        for wing, recipe in _wanted(specs, needs_sound)
    }


def _wanted(specs: Iterable[Wanted], needs_sound: bool) -> Iterator[tuple[str, Recipe]]:
    for spec in specs:
        for wing in Modality.AUDIO_VISUAL.wings:
            if wing in spec.modality.wings or (needs_sound and wing == "audio"):
                yield wing, spec.recipe
