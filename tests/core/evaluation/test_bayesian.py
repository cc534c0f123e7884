"""The Bayesian correlated t-test against baycomp's own and SciPy's Student t."""

from __future__ import annotations

import baycomp
import numpy as np
import pytest
from scipy import stats

from core.evaluation.bayesian import ROPE, beliefs
from core.evaluation.statistics import difference

A = (0.90, 0.86, 0.93, 0.88, 0.91)
B = (0.84, 0.85, 0.88, 0.86, 0.83)


def folds(scores: tuple[float, ...], seeds: int = 1) -> dict[tuple[int, int], float]:
    return {(fold, seed): score for fold, score in enumerate(scores, 1) for seed in range(seeds)}


@pytest.mark.parametrize("rope", [ROPE, 0.05])
def test_with_all_folds_trained_it_is_baycomps(rope: float) -> None:
    """Of five equal folds n_test / n_train is 1 / (K − 1), which baycomp takes for granted."""
    found = beliefs(difference(folds(A), folds(B), n_train=320, n_test=80), rope)
    assert found is not None
    right, within, left = baycomp.CorrelatedTTest.probs(np.array(A), np.array(B), rope)
    assert (found.above, found.within, found.below) == pytest.approx((right, within, left))
    assert found.above + found.within + found.below == pytest.approx(1)


def test_with_some_folds_trained_the_sizes_count_and_not_the_number_of_folds() -> None:
    """Two of five folds: baycomp would put 1 / (2 − 1) where 1/4 belongs."""
    two = difference(folds(A[:2]), folds(B[:2]), n_train=320, n_test=80)
    found = beliefs(two)
    assert found is not None
    gaps = np.array(A[:2]) - np.array(B[:2])
    posterior = stats.t(1, gaps.mean(), np.sqrt((1 / 2 + 1 / 4) * gaps.var(ddof=1)))
    assert found.above == pytest.approx(posterior.sf(ROPE))
    assert found.below == pytest.approx(posterior.cdf(-ROPE))
    assert found.above > baycomp.CorrelatedTTest.probs(np.array(A[:2]), np.array(B[:2]), ROPE)[0]


def test_without_a_region_it_is_the_one_sided_p_of_the_t_test() -> None:
    """With a flat prior the probability that b is better is half the two-sided p."""
    gap = difference(folds(A), folds(B), n_train=320, n_test=80)
    found = beliefs(gap, 0)
    assert found is not None and gap.p is not None
    assert (found.above, found.within) == (pytest.approx(1 - gap.p / 2), 0)


def test_seeds_make_nobody_surer() -> None:
    gap = difference(folds(A, seeds=3), folds(B, seeds=3), n_train=320, n_test=80)
    assert beliefs(gap) == beliefs(difference(folds(A), folds(B), n_train=320, n_test=80))


def test_without_spread_nothing_is_believed() -> None:
    assert beliefs(difference(folds(A[:1]), folds(B[:1]))) is None
    assert beliefs(difference(folds(A), folds(A))) is None
    with pytest.raises(ValueError, match="negative width"):
        beliefs(difference(folds(A), folds(B)), -0.1)
