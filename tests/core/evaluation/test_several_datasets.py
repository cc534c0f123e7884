"""Friedman and Nemenyi against the worked example of Demšar 2006, SciPy, and every permutation counted."""

from __future__ import annotations

from itertools import permutations, product

import numpy as np
import pytest
from scipy import stats

from core.evaluation.design import too_few_datasets
from core.evaluation.several_datasets import rank_networks

# AUC of C4.5, with m, with cf and with both tuned, on 14 datasets: Demšar 2006, table 6. The paper ranks the
# second and third of its thirteenth row apart though both are printed as 0.975.
VARIANTS = ("C4.5", "C4.5+m", "C4.5+cf", "C4.5+m+cf")
AUC = (
    (0.763, 0.768, 0.771, 0.798), (0.599, 0.591, 0.590, 0.569), (0.954, 0.971, 0.968, 0.967),
    (0.628, 0.661, 0.654, 0.657), (0.882, 0.888, 0.886, 0.898), (0.936, 0.931, 0.916, 0.931),
    (0.661, 0.668, 0.609, 0.685), (0.583, 0.583, 0.563, 0.625), (0.775, 0.838, 0.866, 0.875),
    (1.000, 1.000, 1.000, 1.000), (0.940, 0.962, 0.965, 0.962), (0.619, 0.666, 0.614, 0.669),
    (0.972, 0.981, 0.9751, 0.975), (0.957, 0.978, 0.946, 0.970),
)  # fmt: skip
SCORES = {f"dataset {n}": row for n, row in enumerate(AUC, 1)}
# q of α = 0.05 and 0.10 for 2 to 10 classifiers: Demšar 2006, table 5 (a).
PUBLISHED_Q = {
    0.05: (1.960, 2.343, 2.569, 2.728, 2.850, 2.949, 3.031, 3.102, 3.164),
    0.10: (1.645, 2.052, 2.291, 2.459, 2.589, 2.693, 2.780, 2.855, 2.920),
}


def test_the_worked_example_of_demsar() -> None:
    """Section 3.2.2: ranks, χ² = 9.28 and F = 3.69 (both without correction for ties), CD 1.25 and 1.12."""
    found = rank_networks(SCORES, VARIANTS)
    ranks = dict(zip(found.networks, found.mean_ranks, strict=True))
    assert [ranks[name] for name in VARIANTS] == pytest.approx([3.143, 2.000, 2.893, 1.964], abs=5e-4)
    uncorrected = 12 * 14 / (4 * 5) * (sum(rank**2 for rank in found.mean_ranks) - 4 * 5**2 / 4)
    assert uncorrected == pytest.approx(9.28, abs=0.005)
    assert 13 * uncorrected / (14 * 3 - uncorrected) == pytest.approx(3.69, abs=0.005)
    assert found.critical_difference == pytest.approx(1.25, abs=0.005)
    assert found.groups == ((0, 1, 2, 3),)  # “the data is not sufficient” at 0.05
    assert "no two networks do" in found.sentences[-1]
    at_ten = rank_networks(SCORES, VARIANTS, alpha=0.10)
    assert at_ten.critical_difference == pytest.approx(1.12, abs=0.005)
    assert at_ten.networks == ("C4.5+m+cf", "C4.5+m", "C4.5+cf", "C4.5")
    assert at_ten.groups == ((0, 1, 2), (2, 3))  # C4.5 alone is worse than with m, and than with m and cf
    assert at_ten.sentences[-1].endswith("C4.5+m+cf ranks better than C4.5; C4.5+m ranks better than C4.5.")


def test_with_ties_it_is_scipys_friedman_and_the_variance_ratio_of_ranks() -> None:
    found = rank_networks(SCORES, VARIANTS)
    assert found.chi2 == pytest.approx(stats.friedmanchisquare(*np.array(AUC).T).statistic)
    ranks = found.ranks  # a two-way analysis of variance of the ranks, written out
    of_networks = 14 * ((ranks.mean(axis=0) - 2.5) ** 2).sum()
    rest = ((ranks - 2.5) ** 2).sum() - of_networks
    assert found.f == pytest.approx((of_networks / 3) / (rest / (3 * 13)))


def test_the_permutation_p_is_near_the_f_test_on_fourteen_datasets() -> None:
    found = rank_networks(SCORES, VARIANTS)
    assert found.p == pytest.approx(stats.f.sf(found.f, 3, 39), abs=0.005)


def test_the_permutation_p_counts_every_permutation_of_few_datasets() -> None:
    table = np.array([(3.0, 1.0, 2.0), (5.0, 4.0, 1.0), (0.3, 0.2, 0.2)])
    found = rank_networks(dict(zip("xyz", table.tolist(), strict=True)), "abc")
    ranks = stats.rankdata(-table, axis=1)
    spread = [
        (np.array([row[list(order)] for row, order in zip(ranks, orders, strict=True)]).sum(axis=0) ** 2).sum()
        for orders in product(permutations(range(3)), repeat=3)
    ]
    seen = (ranks.sum(axis=0) ** 2).sum()
    assert found.p == pytest.approx(np.mean(np.array(spread) >= seen - 1e-9))


@pytest.mark.parametrize("alpha", PUBLISHED_Q)
def test_critical_values_are_the_published_ones(alpha: float) -> None:
    for k, q in enumerate(PUBLISHED_Q[alpha], 2):
        found = rank_networks({name: tuple(range(k)) for name in "ab"}, [str(n) for n in range(k)], alpha=alpha)
        assert found.critical_difference / np.sqrt(k * (k + 1) / 12) == pytest.approx(q, abs=1.1e-3)


@pytest.mark.parametrize(("networks", "datasets"), [(3, 2), (3, 3), (2, 5), (2, 6)])
def test_ranks_alike_everywhere_have_the_smallest_p_and_too_few_datasets_are_warned_of(
    networks: int, datasets: int
) -> None:
    scores = {str(n): tuple(range(networks)) for n in range(datasets)}
    found = rank_networks(scores, [str(n) for n in range(networks)])
    expected = np.prod(range(1, networks + 1)) ** (1.0 - datasets)
    assert found.p == pytest.approx(expected)
    assert found.f == float("inf")
    assert bool(too_few_datasets(networks, datasets)) == (expected >= 0.05)
    assert bool(found.warnings) == (expected >= 0.05)
    assert ("not told apart" in found.sentences[0]) == (expected >= 0.05)
    assert len(found.groups) == 1 or expected < 0.05


def test_lower_can_be_better_and_equals_are_no_difference() -> None:
    losses = dict.fromkeys("xyzw", (0.3, 0.1, 0.2))
    assert rank_networks(losses, "abc", higher_is_better=False).networks == ("b", "c", "a")
    same = rank_networks(dict.fromkeys("xy", (0.5, 0.5)), "ab")
    assert (same.p, same.chi2, same.mean_ranks) == (1, 0, (1.5, 1.5))
    for scores in ({"x": (0.1, 0.2)}, {"x": (0.1,), "y": (0.2,)}):
        with pytest.raises(ValueError, match="two networks and two datasets"):
            rank_networks(scores, "ab")
