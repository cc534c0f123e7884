"""How much of the spread of scores comes from seeds, apart from what comes from folds."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from core.evaluation.statistics import Scores
from core.readable import counted

SEEDS = (
    "Seeds repeat the training on the same clips: they make the mean of a fold steadier and are no new splits, so "
    "they are averaged within each fold and add nothing to the number of folds."
)


@dataclass(frozen=True)
class SeedSpread:
    """Spread of one network's scores in two parts; what too few seeds or folds cannot say is None.

    Attributes:
        sd: of scores of the same fold trained with another seed, pooled over the folds.
        fold_sd: of the folds, with the part of the seeds taken off.
        share: of the variance of a single score that comes from seeds, sd² / (sd² + fold_sd²).
        folds: with a score.
        seeds: (fewest, most) of a fold.
    """

    sd: float | None
    fold_sd: float | None
    share: float | None
    folds: int
    seeds: tuple[int, int]

    def sentence(self, name: str, scale: float = 100.0, unit: str = "percentage points", decimals: int = 1) -> str:
        """`AlexNet: another seed moves a fold's score by 1.2 …`; empty where a single seed says nothing."""
        if self.sd is None:
            return ""
        low, high = self.seeds
        of = counted(high, "seed") if low == high else f"{low} to {high} seeds"
        text = f"{name}: with another seed the score of a fold moves by {scale * self.sd:.{decimals}f} {unit} "
        text += f"(SD over {of}, pooled over {counted(self.folds, 'fold')})"
        if self.fold_sd is None or self.share is None:
            return f"{text}."
        text += f"; from fold to fold by {scale * self.fold_sd:.{decimals}f} (SD, seeds taken off)."
        return f"{text} Seeds make {100 * self.share:.0f} % of the variance of a single run."


def seed_spread(scores: Scores) -> SeedSpread:
    """Components of variance of a one-way layout with random folds, by the analysis of variance.

    Within: s² = Σ_f Σ_s (x_fs − x̄_f)² / (N − K). Between: max(0, (MS_between − s²) / n₀) with
    n₀ = (N − Σ_f n_f²/N) / (K − 1), which is the number of seeds where all folds have as many.
    S. R. Searle, G. Casella & C. E. McCulloch 1992, "Variance Components", chapter 3.

    Args:
        scores: by (fold, seed); those that are NaN are left out.
    """
    of_fold: dict[int, list[float]] = {}
    for (fold, _), score in scores.items():
        if math.isfinite(score):
            of_fold.setdefault(fold, []).append(score)
    groups = [np.array(values) for values in of_fold.values()]
    sizes = np.array([len(values) for values in groups])
    runs, folds = int(sizes.sum()), len(groups)
    seeds = (int(sizes.min()), int(sizes.max())) if folds else (0, 0)
    if runs == folds:
        return SeedSpread(None, None, None, folds, seeds)
    within = sum(float(((values - values.mean()) ** 2).sum()) for values in groups) / (runs - folds)
    if folds < 2:
        return SeedSpread(math.sqrt(within), None, None, folds, seeds)
    means = np.array([values.mean() for values in groups])
    overall = float(sizes @ means) / runs
    between = float(sizes @ (means - overall) ** 2) / (folds - 1)
    typical = (runs - float((sizes**2).sum()) / runs) / (folds - 1)
    of_folds = max(0.0, (between - within) / typical)
    share = within / (within + of_folds) if within + of_folds else None
    return SeedSpread(math.sqrt(within), math.sqrt(of_folds), share, folds, seeds)
