"""Probabilities that one network is better, that the two are practically equal, that the other is better.

The Bayesian correlated t-test: with a matching flat prior the mean difference d has the posterior
St(d̄, (1/K + ρ/(1 − ρ))·s_d², K − 1), where ρ = n_test / (n_test + n_train) and hence ρ/(1 − ρ) = n_test / n_train: the
interval is that of the corrected resampled t-test, read as a probability. G. Corani & A. Benavoli 2015, "A Bayesian
approach for comparing cross-validated algorithms on multiple data sets", Machine Learning 100, 285–304; A. Benavoli et
al. 2017, "Time for a Change", JMLR 18 (77), 1–36.

The posterior is baycomp's. Its `CorrelatedTTest` takes ρ = 1/K for granted, which is wrong where only some folds of a
cross-validation were trained, so it is given the variance that the sizes of the parts say; with all K folds trained
the two are the same. Seeds are averaged within folds first: `runs` of baycomp are repeated splits, which seeds are not.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.evaluation.statistics import Difference

ROPE = 0.01  # in the unit of the score: one percentage point of an accuracy


@dataclass(frozen=True)
class Beliefs:
    """Three probabilities that sum to 1.

    Attributes:
        above: that a − b exceeds `rope`.
        within: that it lies within ±`rope`: practically equal.
        below: that b − a exceeds `rope`.
        rope: half the width of the region of practical equivalence, in the unit of the score.
    """

    above: float
    within: float
    below: float
    rope: float


def beliefs(difference: Difference, rope: float = ROPE) -> Beliefs | None:
    """What is to be believed of a − b after the folds seen; None where they have no spread, or there is one only.

    Raises:
        ValueError: `rope` is negative.
    """
    from baycomp.single import Posterior

    if rope < 0:
        raise ValueError("a region of practical equivalence has no negative width")
    if not difference.error:
        return None
    found = Posterior(difference.mean, difference.error**2, len(difference.folds) - 1, rope).probs()
    below, *within, above = map(float, found)
    return Beliefs(above, sum(within), below, rope)
