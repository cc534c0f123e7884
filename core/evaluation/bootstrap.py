"""A bootstrap of the difference between two networks, over the sources that clips come from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.evaluation.statistics import ROUNDING

RESAMPLES = 9_999
BATCH = 1_000  # resamples held in memory at once
CONFIDENCE = 0.95
FEWEST = 6  # clusters: of fewer there are too few different resamples for an interval


@dataclass(frozen=True)
class Bootstrapped:
    """A mean over clips with its bootstrap interval; None where there is nothing to resample."""

    mean: float
    low: float | None
    high: float | None
    clusters: int


def clustered_bootstrap(
    gain: NDArray[np.float64], cluster: NDArray[np.int64], resamples: int = RESAMPLES, seed: int = 0
) -> Bootstrapped:
    """The mean of `gain` with its bias-corrected and accelerated 95 % interval, resampled by cluster.

    Whole clusters are drawn with replacement, and the mean of a resample is Σ sums / Σ sizes over the clusters drawn.
    B. Efron 1987, "Better Bootstrap Confidence Intervals", JASA 82, 171–185; of clusters: C. A. Field & A. H. Welsh
    2007, "Bootstrapping clustered data", JRSS B 69, 369–390. Clusters of the same sum and size are alike, so what is
    drawn is how many of each kind: the same distribution as that of scipy.stats.bootstrap, which draws them one by one
    and takes far longer where there are thousands, as of UCF101.

    Args:
        gain: (clips,) of each clip, what the one network scored less what the other did; none NaN.
        cluster: (clips,) number of the source it comes from, from 0, none left out.
        resamples: how many.
        seed: of the generator.

    Returns:
        Without interval where there are fewer than FEWEST clusters, or all have the same mean.
    """
    from scipy.stats import norm

    sums, sizes = np.bincount(cluster, gain).round(9), np.bincount(cluster).astype(np.float64)
    mean, clusters = float(gain.mean()), len(sums)
    if clusters < FEWEST or np.ptp(sums / sizes) < ROUNDING:
        return Bootstrapped(mean, None, None, clusters)
    kinds, counts = np.unique(np.stack([sums, sizes], axis=1), axis=0, return_counts=True)
    rng = np.random.default_rng(seed)
    drawn = [
        rng.multinomial(clusters, counts / clusters, min(BATCH, resamples - done)) @ kinds
        for done in range(0, resamples, BATCH)
    ]
    means = np.concatenate([totals[:, 0] / totals[:, 1] for totals in drawn])
    left_out = (sums.sum() - kinds[:, 0]) / (sizes.sum() - kinds[:, 1])  # without one cluster of each kind
    apart = counts @ left_out / clusters - left_out
    acceleration = float(counts @ apart**3 / (6 * (counts @ apart**2) ** 1.5))
    below = ((means < mean - ROUNDING).mean() + (means <= mean + ROUNDING).mean()) / 2
    bias, z = norm.ppf(below), norm.ppf([(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    low, high = np.quantile(means, norm.cdf(bias + (bias + z) / (1 - acceleration * (bias + z))))
    return Bootstrapped(mean, float(low), float(high), clusters)
