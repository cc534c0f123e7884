"""How well one figure tells two kinds of things apart, where some of them resemble each other."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

CONFIDENCE = 0.95
TINY = 1e-12  # of a variance: clusters may cancel each other out


@dataclass(frozen=True)
class Auc:
    """P(one of the first is larger than one of the second) + P(they are equal) / 2. From 0 to 1; 0.5 = no difference.

    Cliff's delta is 2·value − 1. Interval and p are NaN where there are too few clusters to tell.
    """

    value: float
    low: float
    high: float
    p: float  # of a value of 0.5, two-sided

    def figures(self) -> str:
        """`0.71 [0.64, 0.78]`, or `0.71` where there is no interval."""
        if math.isnan(self.value):
            return "–"
        return f"{self.value:.2f}" + ("" if math.isnan(self.low) else f" [{self.low:.2f}, {self.high:.2f}]")


def clustered_auc(values: NDArray[np.float64], first: NDArray[np.bool_], cluster: NDArray[np.int64]) -> Auc:
    """The area under the ROC curve, its 95 % interval and its p, where those of a cluster resemble each other.

    The value is the statistic of Mann & Whitney over the number of pairs, A = U / (m·n), which A. Vargha &
    H. D. Delaney 2000 (Journal of Educational and Behavioral Statistics 25, 101–132) use as a measure of effect.
    Its variance is that of N. A. Obuchowski 1997 ("Nonparametric analysis of clustered ROC curve data", Biometrics 53,
    567–578), S₁₀/m + S₀₁/n + 2·S₁₁/(m·n) with the components V of DeLong et al. 1988 summed within each cluster: with
    clusters of one it is DeLong's, and what is counted twice makes it no smaller. Interval and p are Student's, with
    one degree of freedom fewer than there are clusters of the kind that has fewer. Where the two kinds do not overlap
    at all the components have no spread: then the variance under no difference, (c + d + 1) / (12·c·d) with c and d
    clusters of each kind, takes its place.

    Args:
        values: (n,), none NaN.
        first: (n,) whether one is of the first kind.
        cluster: (n,) number of its cluster, from 0.

    Returns:
        All NaN where one kind is missing; without interval where it is in one cluster only, or all values are equal.
    """
    from scipy import stats

    x, y = values[first], values[~first]
    if not (len(x) and len(y)):
        return Auc(math.nan, math.nan, math.nan, math.nan)
    of_x, of_y = _places(x, y), 1 - _places(y, x)
    area = float(of_x.mean())
    clusters = int(cluster.max()) + 1
    with_x = np.bincount(cluster[first], minlength=clusters)
    with_y = np.bincount(cluster[~first], minlength=clusters)
    c, d, both = (int(np.count_nonzero(with_)) for with_ in (with_x, with_y, with_x + with_y))
    if min(c, d) < 2 or np.ptp(values) == 0:
        return Auc(area, math.nan, math.nan, math.nan)
    if area in (0.0, 1.0):
        variance = (c + d + 1) / (12 * c * d)
    else:
        spread_x = (np.bincount(cluster[first], of_x, clusters) - with_x * area) / len(x)
        spread_y = (np.bincount(cluster[~first], of_y, clusters) - with_y * area) / len(y)
        variance = (
            _drawn(c) * float(spread_x @ spread_x)
            + _drawn(d) * float(spread_y @ spread_y)
            + _drawn(both) * 2 * float(spread_x @ spread_y)
        )
    error = math.sqrt(max(variance, TINY))
    half = float(stats.t.ppf((1 + CONFIDENCE) / 2, min(c, d) - 1)) * error
    p = float(2 * stats.t.sf(abs(area - 0.5) / error, min(c, d) - 1))
    return Auc(area, max(0.0, area - half), min(1.0, area + half), p)


def _places(values: NDArray[np.float64], among: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n,) share of the others that are below each value, equal ones counted half."""
    ordered = np.sort(among)
    both = np.searchsorted(ordered, values, "left") + np.searchsorted(ordered, values, "right")
    return np.asarray(both / (2 * len(among)), np.float64)


def _drawn(count: int) -> float:
    """k / (k − 1), which makes a variance of k clusters one of those they were drawn from."""
    return count / (count - 1)
