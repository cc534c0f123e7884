"""Search: what is tried, how often and how long, to find better settings of one network."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import model_validator

from core.recipe import Recipe
from core.settings import Settings, setting

STRONGEST = 4.0  # times a study's own augmentation
NOT_SEARCHED = "not searched"


class Search(Settings):
    """A search for settings, on the validation part of the folds that one test fold leaves."""

    network: str = setting("", "Network", "Whose settings are searched. The others of the study stay as they are.")
    fold: int = setting(
        1,
        "Fold left out",
        "Its clips are never looked at. The search trains on the other folds, less a validation part that is taken by "
        "group (the recipe's share, or 20 %), and judges every trial there: by its best epoch, or by its last where "
        "the recipe has no validation part, as the study then tests its last.",
        ge=1,
    )
    trials: int = setting(
        20,
        "Trials",
        "Settings to try. More find better ones: about ten for each range.",
        ge=1,
        le=2000,
    )
    minutes: float = setting(
        0.0, "Time limit", "After so long no new trial is begun; 0 = no limit.", unit="min", ge=0.0, le=100_000.0
    )
    epochs: int = setting(
        0,
        "Epochs per trial",
        "0 = as many as the recipe has. Fewer are faster, but favour settings that learn fast.",
        unit="epochs",
        ge=0,
        le=5000,
    )
    pruning: bool = setting(
        True,
        "Stop bad trials early",
        "After an epoch, a trial whose lowest validation loss is above the median of the earlier trials at that epoch "
        "is ended; not in the first quarter of the epochs, and not before four trials were trained to the end.",
    )
    learning_rate: tuple[float, ...] = setting(
        (1e-4, 1e-2),
        "Learning rate",
        "Lowest and highest, drawn on a logarithmic scale; empty = as in the recipe.",
        empty=NOT_SEARCHED,
    )
    weight_decay: tuple[float, ...] = setting(
        (1e-4, 1e-1),
        "Weight decay",
        "Lowest and highest, drawn on a logarithmic scale; empty = as in the recipe.",
        empty=NOT_SEARCHED,
    )
    batch_size: tuple[int, ...] = setting(
        (16, 32, 64), "Batch", "One of these; empty = as in the recipe.", empty=NOT_SEARCHED
    )
    augmentation: tuple[float, ...] = setting(
        (0.0, 2.0),
        "Augmentation strength",
        "Lowest and highest, as multiples of the recipe's augmentation: its shares of clips and widths are multiplied. "
        "0 = none, 1 = as in the recipe; empty = not searched.",
        empty=NOT_SEARCHED,
    )
    seed: int = setting(0, "Seed", "Of the settings that are drawn. Trials are trained with the study's first seed.")

    @model_validator(mode="after")
    def _consistent(self) -> Search:
        rate, decay = (_upper(name) for name in ("learning_rate", "weight_decay"))
        _check_range("learning_rate", self.learning_rate, 0.0, rate, logarithmic=True)
        _check_range("weight_decay", self.weight_decay, 0.0, decay, logarithmic=True)
        _check_range("augmentation", self.augmentation, 0.0, STRONGEST)
        most = _upper("batch_size")
        if len(set(self.batch_size)) < len(self.batch_size) or any(not 1 <= size <= most for size in self.batch_size):
            raise ValueError(f"batch_size: give different sizes from 1 to {most:g}, or none")
        if len(self.batch_size) == 1:
            raise ValueError("batch_size: one size leaves nothing to search. Give two or more, or none")
        if not (self.learning_rate or self.weight_decay or self.batch_size or self.augmentation):
            raise ValueError("nothing is searched: give at least one range")
        return self


def _upper(name: str) -> float:
    """The largest value that the recipe allows."""
    return float(next(bound.le for bound in Recipe.model_fields[name].metadata if hasattr(bound, "le")))


def _check_range(name: str, given: Sequence[float], least: float, most: float, *, logarithmic: bool = False) -> None:
    if not given:
        return
    inside = len(given) == 2 and least <= given[0] < given[1] <= most and (given[0] > 0 or not logarithmic)
    if not inside:
        above = "above 0" if logarithmic else f"from {least:g}"
        raise ValueError(f"{name}: give the lowest and the highest value, {above} and up to {most:g}, or none")
