"""WINGS: sound and sight, treated alike. Rows are dotted paths: importing this imports no torch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from core.clip_cache import LIMIT_BYTES, ClipCache
from core.control import Control
from core.datasets.base import Dataset
from core.events import Progress
from core.recipe import Recipe
from core.tables import load_dotted

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from core.front_end import FrontEnd, Raw
    from core.property_cache import PropertyCache


@dataclass(frozen=True)
class Wing:
    """One of the two: how its clips are decoded, kept, measured, gathered into batches and shown."""

    word: str  # sound, sight
    package: str

    def open_cache(
        self,
        dataset: Dataset,
        recipe: Recipe,
        cache_dir: Path,
        control: Control | None = None,
        report: Callable[[Progress], None] | None = None,
        *,
        limit_bytes: float = LIMIT_BYTES,
    ) -> ClipCache[Any]:
        opener = load_dotted(f"{self.package}.cache:open_cache")
        return cast(ClipCache[Any], opener(dataset, recipe, cache_dir, control, report, limit_bytes=limit_bytes))

    def cache_folder(self, dataset: Dataset, recipe: Recipe, cache_dir: Path) -> Path:
        """Where the decoded clips lie; equal for recipes that share them."""
        return cast(Path, load_dotted(f"{self.package}.cache:cache_folder")(dataset, recipe, cache_dir))

    def estimate_bytes(self, dataset: Dataset, recipe: Recipe) -> int:
        return cast(int, load_dotted(f"{self.package}.cache:estimate_bytes")(dataset, recipe))

    def front_end(self, recipe: Recipe) -> FrontEnd:
        return cast("FrontEnd", load_dotted(f"{self.package}.frontend:front_end")(recipe))

    def gather(
        self,
        cache: ClipCache[Any],
        ids: Sequence[str],
        recipe: Recipe,
        random: np.random.Generator | None,
        view: int | None = None,
    ) -> Raw:
        """A batch of raw clips: cropped and drawn at random in training (`random`), else always the same."""
        return cast("Raw", load_dotted(f"{self.package}.gather:gather")(cache, ids, recipe, random, view))

    def open_properties(
        self,
        dataset: Dataset,
        cache_dir: Path,
        control: Control | None = None,
        report: Callable[[Progress], None] | None = None,
    ) -> PropertyCache:
        opener = load_dotted(f"{self.package}.properties:open_properties")
        return cast("PropertyCache", opener(dataset, cache_dir, control, report))

    def fingerprint(self, cache: ClipCache[Any], clip_id: str, recipe: Recipe) -> NDArray[np.float32]:
        """(steps, values) what a clip and its copies are recognised by, without a network."""
        found = load_dotted(f"{self.package}.fingerprint:fingerprint")(cache, clip_id, recipe)
        return cast("NDArray[np.float32]", found)

    @property
    def pace(self) -> float:
        """Steps of a fingerprint a second."""
        return cast(float, load_dotted(f"{self.package}.fingerprint:PACE"))


WINGS: dict[str, Wing] = {"audio": Wing("sound", "core.audio"), "video": Wing("sight", "core.video")}
