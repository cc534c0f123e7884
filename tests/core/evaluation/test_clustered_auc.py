"""The area under the ROC curve with clusters, against SciPy, DeLong written out, and simulation."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
from scipy import stats

from core.evaluation.clustered_auc import clustered_auc


def drawn(seed: int, m: int = 12, n: int = 20, shift: float = 0.6) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    values = np.round(np.concatenate([random.normal(shift, 1, m), random.normal(0, 1, n)]), 1)  # with ties
    return values, np.arange(m + n) < m


def of_pairs(values: np.ndarray, first: np.ndarray) -> np.ndarray:
    """(m, n): 1, ½ or 0 for each pair."""
    return np.array([[(x > y) + (x == y) / 2 for y in values[~first]] for x in values[first]])


@pytest.mark.parametrize("seed", range(4))
def test_it_is_scipys_u_over_the_pairs(seed: int) -> None:
    values, first = drawn(seed)
    u = stats.mannwhitneyu(values[first], values[~first]).statistic
    assert clustered_auc(values, first, np.arange(32)).value == pytest.approx(u / (12 * 20))
    assert clustered_auc(values, ~first, np.arange(32)).value == pytest.approx(1 - u / (12 * 20))


@pytest.mark.parametrize("seed", range(4))
def test_without_clusters_the_interval_is_that_of_delong(seed: int) -> None:
    values, first = drawn(seed)
    pairs = of_pairs(values, first)
    error = math.sqrt(pairs.mean(axis=1).var(ddof=1) / 12 + pairs.mean(axis=0).var(ddof=1) / 20)
    found, t = clustered_auc(values, first, np.arange(32)), stats.t.ppf(0.975, 11)
    assert found.low == pytest.approx(max(0, pairs.mean() - t * error))
    assert found.high == pytest.approx(min(1, pairs.mean() + t * error))
    assert found.p == pytest.approx(2 * stats.t.sf(abs(pairs.mean() - 0.5) / error, 11))


def test_with_clusters_it_is_obuchowski_written_out() -> None:
    values, first = drawn(5)
    cluster = np.random.default_rng(5).integers(0, 9, 32)
    pairs = of_pairs(values, first)
    area = pairs.mean()
    of_x, of_y = dict.fromkeys(range(9), 0.0), dict.fromkeys(range(9), 0.0)
    for (i, x), (j, y) in product(enumerate(cluster[first]), enumerate(cluster[~first])):
        of_x[x] += (pairs[i, j] - area) / 20
        of_y[y] += (pairs[i, j] - area) / 12
    a, b = len(set(cluster[first])), len(set(cluster[~first]))
    s10 = a / ((a - 1) * 12) * sum(v**2 for v in of_x.values())
    s01 = b / ((b - 1) * 20) * sum(v**2 for v in of_y.values())
    s11 = 9 / 8 * sum(of_x[k] * of_y[k] for k in range(9))
    error = math.sqrt(s10 / 12 + s01 / 20 + 2 * s11 / 240)
    found = clustered_auc(values, first, cluster)
    assert found.value - found.low == pytest.approx(stats.t.ppf(0.975, min(a, b) - 1) * error)


def test_what_is_counted_several_times_makes_nothing_surer() -> None:
    values, first = drawn(6)
    once = clustered_auc(values, first, np.arange(32))
    often = clustered_auc(np.tile(values, 5), np.tile(first, 5), np.tile(np.arange(32), 5))
    assert (often.value, often.low, often.high, often.p) == pytest.approx((once.value, once.low, once.high, once.p))


def test_where_nothing_differs_few_intervals_leave_out_a_half() -> None:
    """40 clusters of five that are alike, one kind or the other by chance."""
    random, missed, repeats = np.random.default_rng(0), 0, 400
    cluster = np.repeat(np.arange(40), 5)
    for _ in range(repeats):
        values = random.normal(0, 1, 40)[cluster] + random.normal(0, 0.3, 200)
        first = (random.random(40) < 0.4)[cluster]
        missed += clustered_auc(values, first, cluster).p < 0.05
    assert 0.02 * repeats < missed < 0.08 * repeats


def test_kinds_that_do_not_overlap_are_told_apart_the_more_surely_the_more_there_are() -> None:
    few, many = (
        clustered_auc(np.arange(2.0 * n), np.arange(2 * n) >= n, np.arange(2 * n)) for n in (3, 30)
    )  # fmt: skip
    assert few.value == many.value == 1
    assert few.p > 0.05 > many.p
    assert few.low < many.low < 1


def test_where_there_is_too_little_nothing_is_claimed() -> None:
    values, first = drawn(7)
    assert math.isnan(clustered_auc(values, np.ones(32, bool), np.arange(32)).value)
    alone = clustered_auc(values, first, np.where(first, 0, np.arange(32)))
    assert 0 < alone.value < 1 and math.isnan(alone.p) and math.isnan(alone.low)
    assert alone.figures() == f"{alone.value:.2f}"
    alike = clustered_auc(np.ones(32), first, np.arange(32))
    assert alike.value == 0.5 and math.isnan(alike.p)
