"""A bootstrap of the difference between two networks, over the sources that clips come from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 9_999
BATCH = 500  # resamples held in memory at once
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

    Whole clusters are drawn with replacement, and the mean of a resample is Σ sums / Σ sizes over the clusters drawn:
    scipy.stats.bootstrap, paired, on the sum and the size of each cluster. B. Efron 1987, "Better Bootstrap Confidence
    Intervals", JASA 82, 171–185; of clusters: C. A. Field & A. H. Welsh 2007, "Bootstrapping clustered data", JRSS B
    69, 369–390.

    Args:
        gain: (clips,) of each clip, what the one network scored less what the other did; none NaN.
        cluster: (clips,) number of the source it comes from, from 0, none left out.
        resamples: how many.
        seed: of the generator.

    Returns:
        Without interval where there are fewer than FEWEST clusters, or all have the same mean.
    """
    from scipy import stats

    sums, sizes = np.bincount(cluster, gain), np.bincount(cluster).astype(np.float64)
    mean = float(gain.mean())
    if len(sums) < FEWEST or np.ptp(sums / sizes) == 0:
        return Bootstrapped(mean, None, None, len(sums))

    def ratio(sums: NDArray[np.float64], sizes: NDArray[np.float64], axis: int = -1) -> NDArray[np.float64]:
        return np.asarray(sums.sum(axis=axis) / sizes.sum(axis=axis))

    found = stats.bootstrap(
        (sums, sizes), ratio, paired=True, vectorized=True, n_resamples=resamples, batch=BATCH,
        confidence_level=CONFIDENCE, method="BCa", rng=np.random.default_rng(seed),
    ).confidence_interval  # fmt: skip
    return Bootstrapped(mean, float(found.low), float(found.high), len(sums))
