"""CORRUPTIONS: what may be done to test clips. To add one: a function in corruptions.py and a row below."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from core.errors import UserError
from core.readable import figure, listed
from core.tables import Table

Level = float | None  # None = clean


@dataclass(frozen=True)
class Corruption:
    """A row of CORRUPTIONS.

    `apply` is the dotted path of a function `(batch: Batch, level: float, seed: int) -> Batch`, which changes raw
    clips; the same arguments give the same clips.
    """

    title: str
    help: str
    wing: str  # networks that do not look at it are not asked again
    unit: str
    levels: tuple[float, ...]  # the usual ones, the mildest first
    bounds: tuple[float, float]  # of what may be asked
    apply: str

    def in_order(self, levels: Iterable[float]) -> tuple[float, ...]:
        """Distinct levels as their files name them, the mildest first.

        Raises:
            UserError: one is out of bounds.
        """
        low, high = self.bounds
        named = {float(f"{level:g}") + 0.0 for level in levels}  # + 0.0: −0 is 0
        for level in named:
            if not low <= level <= high:
                raise UserError(
                    f"{self.title} goes from {figure(low)} to {figure(high)} {self.unit}: {figure(level)} is outside."
                )
        return tuple(sorted(named, reverse=self.levels[0] > self.levels[-1]))

    def word(self, level: Level) -> str:
        """`clean`, `−10 dB SNR`."""
        return "clean" if level is None else f"{figure(level)} {self.unit}"

    def listed(self, levels: Sequence[Level]) -> str:
        """`on clean clips and at 20, 10 and 0 dB SNR`."""
        clean = "on clean clips" if None in levels else ""
        at = listed([figure(level) for level in levels if level is not None])
        return " and ".join(filter(None, (clean, f"at {at} {self.unit}" if at else "")))


CORRUPTIONS: Table[Corruption] = Table(
    "corruption",
    [
        (
            "noise",
            Corruption(
                title="White noise",
                help="White noise is added to the sound of every test clip, at a ratio of the clip's mean power to the "
                "noise's: at 0 dB both are as strong. The same clip gets the same noise in every network.",
                wing="audio",
                unit="dB SNR",
                levels=(20.0, 10.0, 0.0, -10.0),
                bounds=(-60.0, 100.0),
                apply="core.robustness.corruptions:add_noise",
            ),
        ),
        (
            "blur",
            Corruption(
                title="Gaussian blur",
                help="Every picture of every test clip is put out of focus by a Gaussian; its standard deviation is in "
                "pixels of the frames kept on disk. Where a network sees optical flow, the flow itself is blurred.",
                wing="video",
                unit="px",
                levels=(1.0, 2.0, 4.0, 8.0),
                bounds=(0.1, 100.0),
                apply="core.robustness.corruptions:blur",
            ),
        ),
    ],
)
