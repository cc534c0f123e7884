"""The clustered bootstrap against SciPy's, a loop in NumPy, and the truth it is to cover."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from core.evaluation.bootstrap import FEWEST, clustered_bootstrap


def made(rng: np.random.Generator, clusters: int = 40, each: int = 6, shared: float = 0.4) -> tuple[np.ndarray, ...]:
    """Gains of −1, 0 and 1 with mean 0, which those of a cluster share; clusters of 1 to `each` clips."""
    sizes = rng.integers(1, each + 1, clusters)
    cluster = np.repeat(np.arange(clusters), sizes)
    own = rng.choice([-1.0, 0.0, 1.0], len(cluster), p=[0.2, 0.6, 0.2])
    common = rng.choice([-1.0, 0.0, 1.0], clusters, p=[0.2, 0.6, 0.2])[cluster]
    return np.where(rng.random(len(cluster)) < shared, common, own), cluster


@pytest.mark.parametrize(("clusters", "shift"), [(12, 0.0), (40, 0.0), (40, 0.6), (150, 0.3)])
def test_it_is_scipys_bca_of_ratios_of_sums(clusters: int, shift: float) -> None:
    """Skewed gains too, where bias and acceleration count: without them the ends would be percentiles."""
    gain, cluster = made(np.random.default_rng(clusters), clusters)
    gain = np.where(np.random.default_rng(0).random(len(gain)) < shift, 1.0, gain)

    def ratio(sums: np.ndarray, sizes: np.ndarray, axis: int = -1) -> np.ndarray:
        return np.asarray(sums.sum(axis=axis) / sizes.sum(axis=axis))

    data = (np.bincount(cluster, gain), np.bincount(cluster).astype(float))
    theirs = stats.bootstrap(data, ratio, paired=True, n_resamples=20_000, batch=2_000, method="BCa", rng=1)
    found = clustered_bootstrap(gain, cluster, resamples=20_000)
    assert found.mean == pytest.approx(gain.mean())
    width = theirs.confidence_interval.high - theirs.confidence_interval.low
    assert (found.low, found.high) == pytest.approx(tuple(theirs.confidence_interval), abs=0.025 * width)


def test_percentiles_of_a_loop_that_draws_whole_clusters_are_near() -> None:
    """Written anew: draw names of clusters, lay their clips end to end, average. Percentiles are not BCa, but of a
    statistic that is nearly symmetric they are close."""
    rng = np.random.default_rng(1)
    gain, cluster = made(rng)
    means = []
    for _ in range(4_000):
        drawn = rng.integers(0, 40, 40)
        means.append(np.concatenate([gain[cluster == name] for name in drawn]).mean())
    found = clustered_bootstrap(gain, cluster)
    assert found.mean == pytest.approx(gain.mean())
    assert found.clusters == 40
    assert (found.low, found.high) == pytest.approx(np.percentile(means, [2.5, 97.5]), abs=0.02)


def test_clusters_of_one_have_the_width_of_the_standard_error() -> None:
    rng = np.random.default_rng(2)
    gain = rng.choice([-1.0, 0.0, 1.0], 400, p=[0.1, 0.75, 0.15])
    found = clustered_bootstrap(gain, np.arange(400))
    assert found.low is not None and found.high is not None
    assert found.high - found.low == pytest.approx(2 * 1.96 * gain.std() / 20, rel=0.06)


def test_clips_that_are_counted_twice_make_nobody_surer() -> None:
    gain, cluster = made(np.random.default_rng(3), each=1)
    once = clustered_bootstrap(gain, cluster)
    thrice = clustered_bootstrap(np.repeat(gain, 3), np.repeat(cluster, 3))
    assert (thrice.low, thrice.high) == pytest.approx((once.low, once.high))
    assert thrice.low is not None and thrice.high is not None
    single = clustered_bootstrap(np.repeat(gain, 3), np.arange(3 * len(gain)))
    assert single.low is not None and single.high is not None
    assert single.high - single.low < 0.7 * (thrice.high - thrice.low)


def test_it_covers_the_truth_where_single_clips_do_not() -> None:
    """Clips of a cluster share most of their gain: intervals over clusters keep near 95 %, over clips they do not."""
    rng = np.random.default_rng(9)
    covered = {"clusters": 0, "clips": 0}
    for trial in range(150):
        gain, cluster = made(rng, clusters=60, each=12, shared=0.8)
        for name, units in (("clusters", cluster), ("clips", np.arange(len(cluster)))):
            found = clustered_bootstrap(gain, units, resamples=999, seed=trial)
            assert found.low is not None and found.high is not None
            covered[name] += found.low <= 0 <= found.high
    assert covered["clusters"] / 150 > 0.88
    assert covered["clips"] / 150 < 0.75


def test_it_is_repeatable_and_knows_where_there_is_nothing_to_draw() -> None:
    gain, cluster = made(np.random.default_rng(5))
    assert clustered_bootstrap(gain, cluster) == clustered_bootstrap(gain, cluster)
    assert clustered_bootstrap(gain, cluster) != clustered_bootstrap(gain, cluster, seed=1)
    few = clustered_bootstrap(np.array([1.0, 0.0, 1.0] * 4), np.arange(12) % (FEWEST - 1))
    assert (few.low, few.high, few.clusters) == (None, None, FEWEST - 1)
    same = clustered_bootstrap(np.zeros(20), np.arange(20))
    assert (same.mean, same.low, same.high) == (0, None, None)
