"""What seeds and folds each add to the spread of scores, against statsmodels and against what was put in."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from statsmodels.formula.api import ols
from statsmodels.stats.anova import anova_lm

from core.evaluation.seeds import seed_spread


def test_variances_are_those_of_statsmodels_analysis_of_variance() -> None:
    rng = np.random.default_rng(0)
    scores = {(f, s): 0.8 + 0.05 * f + rng.normal(0, 0.02) for f in range(5) for s in range(3)}
    table = pd.DataFrame([(f, score) for (f, _), score in scores.items()], columns=["fold", "score"])
    squares = anova_lm(ols("score ~ C(fold)", table).fit())["mean_sq"]
    found = seed_spread(scores)
    assert found.sd == pytest.approx(math.sqrt(squares["Residual"]))
    of_folds = (squares["C(fold)"] - squares["Residual"]) / 3
    assert found.fold_sd == pytest.approx(math.sqrt(of_folds))
    assert found.share == pytest.approx(squares["Residual"] / (squares["Residual"] + of_folds))
    assert (found.folds, found.seeds) == (5, (3, 3))


def test_what_was_put_in_comes_out() -> None:
    rng = np.random.default_rng(1)
    shifts = rng.normal(0, 0.03, 400)
    scores = {
        (fold, seed): 0.8 + shift + rng.normal(0, 0.01)
        for fold, shift in enumerate(shifts)
        for seed in range(2 + fold % 3)  # folds have 2 to 4 seeds
    }
    found = seed_spread(scores)
    assert found.sd == pytest.approx(0.01, rel=0.08)
    assert found.fold_sd == pytest.approx(shifts.std(ddof=1), rel=0.03)
    assert found.seeds == (2, 4)


def test_folds_that_differ_by_less_than_seeds_do_not_differ() -> None:
    found = seed_spread({(1, 0): 0.7, (1, 1): 0.9, (2, 0): 0.9, (2, 1): 0.7})
    assert (found.fold_sd, found.share) == (0, 1)
    assert found.sd == pytest.approx(math.sqrt(0.02))


@pytest.mark.parametrize(
    ("scores", "sd", "said"),
    [
        ({(1, 0): 0.9, (2, 0): 0.8}, None, ""),
        ({}, None, ""),
        ({(1, 0): 0.9, (1, 1): math.nan, (2, 0): 0.8}, None, ""),
        ({(1, 0): 0.9, (1, 1): 0.8}, math.sqrt(0.005), "net: with another seed the score of a fold moves by 7.1 "),
    ],
)
def test_what_too_few_seeds_cannot_say_is_not_said(
    scores: dict[tuple[int, int], float], sd: float | None, said: str
) -> None:
    found = seed_spread(scores)
    assert found.sd == (None if sd is None else pytest.approx(sd))
    assert (found.fold_sd, found.share) == (None, None)
    assert found.sentence("net").startswith(said) and bool(found.sentence("net")) == bool(said)


def test_the_sentence_sets_seeds_beside_folds() -> None:
    said = seed_spread({(1, 0): 0.70, (1, 1): 0.72, (2, 0): 0.90, (2, 1): 0.92, (2, 2): 0.91}).sentence("AlexNet")
    assert "moves by 1.2 percentage points (SD over 2 to 3 seeds, pooled over 2 folds)" in said
    assert "from fold to fold by 14.1 (SD, seeds taken off)" in said
    assert said.endswith("Seeds make 1 % of the variance of a single run.")
