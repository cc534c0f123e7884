"""Networks ranked over several datasets: Friedman's test, then Nemenyi's critical difference of mean ranks.

J. Demšar 2006, "Statistical Comparisons of Classifiers over Multiple Data Sets", JMLR 7, 1–30. A dataset counts once,
with the mean over its folds and seeds: folds of one dataset are no further datasets.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.evaluation.design import too_few_datasets
from core.evaluation.statistics import ALPHA, p_words
from core.readable import counted

PERMUTATIONS = 9_999  # of the ranks; where there are no more than these in all, each is looked at once


@dataclass(frozen=True)
class Ranking:
    """Networks by their mean rank, the best first.

    Attributes:
        networks: names.
        datasets: names.
        scores: (datasets, networks).
        ranks: (datasets, networks), 1 = best; equals share the mean of their ranks.
        chi2: Friedman's statistic with its correction for ties.
        f: of Iman & Davenport, (N − 1)·χ² / (N·(k − 1) − χ²), with k − 1 and (k − 1)·(N − 1) degrees of freedom;
            infinite where all datasets rank alike.
        p: of Friedman's statistic when ranks are permuted within each dataset: exact for few datasets, where χ² and F
            are not.
        critical_difference: of mean ranks, q_α·√(k·(k + 1) / (6·N)) with q_α the studentized range of k means over √2.
        alpha: of `critical_difference`.
    """

    networks: tuple[str, ...]
    datasets: tuple[str, ...]
    scores: NDArray[np.float64]
    ranks: NDArray[np.float64]
    chi2: float
    f: float
    p: float
    critical_difference: float
    alpha: float = ALPHA

    @property
    def mean_ranks(self) -> tuple[float, ...]:
        return tuple(map(float, self.ranks.mean(axis=0)))

    @property
    def differ(self) -> bool:
        """Whether Friedman's test says that the networks do not all rank alike. Without that the critical difference
        is not to be read, as Nemenyi's test is asked only after it."""
        return self.p < self.alpha

    @property
    def groups(self) -> tuple[tuple[int, ...], ...]:
        """Networks whose mean ranks differ by less than the critical difference, as places in `networks`: the bars of
        a critical-difference diagram. None is part of another, and one alone is a group too. All are one group where
        they do not `differ`."""
        if not self.differ:
            return (tuple(range(len(self.networks))),)
        means, found = self.mean_ranks, list[tuple[int, ...]]()
        for first in range(len(means)):
            group = tuple(k for k in range(first, len(means)) if means[k] - means[first] < self.critical_difference)
            if not found or group[-1] > found[-1][-1]:
                found.append(group)
        return tuple(found)

    @property
    def sentences(self) -> tuple[str, ...]:
        """The mean ranks, Friedman's verdict, and whom Nemenyi's test tells apart."""
        ranked = ", ".join(f"{name} {rank:.2f}" for name, rank in zip(self.networks, self.mean_ranks, strict=True))
        over = f"Mean ranks over {counted(len(self.datasets), 'dataset')} (1 = best in each)"
        first = f"{over}: {ranked}. Friedman's test, by permutation: {p_words(self.p)}"
        if not self.differ:
            return (f"{first}: the networks are not told apart.",)
        apart = [
            f"{self.networks[a]} ranks better than {self.networks[b]}"
            for a in range(len(self.networks))
            for b in range(a + 1, len(self.networks))
            if not any(a in group and b in group for group in self.groups)
        ]
        limit = f"mean ranks must differ by {self.critical_difference:.2f}, the critical difference of Nemenyi's test"
        told = "; ".join(apart) if apart else "no two networks do"
        return (f"{first}: they do not all rank alike.", f"To tell two networks apart, {limit}: {told}.")

    @property
    def warnings(self) -> tuple[str, ...]:
        """What so few datasets cannot show."""
        return tuple(filter(None, [too_few_datasets(len(self.networks), len(self.datasets))]))


def rank_networks(
    scores: Mapping[str, Sequence[float]],
    networks: Sequence[str],
    higher_is_better: bool = True,
    alpha: float = ALPHA,
) -> Ranking:
    """Friedman's and Nemenyi's tests.

    Args:
        scores: of each dataset, one for each network; none NaN.
        networks: names, at least two.
        higher_is_better: of the scores.
        alpha: of Nemenyi's test.

    Raises:
        ValueError: fewer than two networks or datasets.
    """
    from scipy import stats

    table = np.array(list(scores.values()), np.float64)
    if table.ndim != 2 or min(table.shape) < 2:
        raise ValueError("ranks need two networks and two datasets")
    datasets, count = table.shape
    ranks = np.asarray(stats.rankdata(-table if higher_is_better else table, axis=1), np.float64)
    order = np.argsort(ranks.mean(axis=0), kind="stable")
    table, ranks = table[:, order], ranks[:, order]
    spread = float(((ranks - (count + 1) / 2) ** 2).sum()) / (count - 1)  # less than k·(k + 1)/12 a dataset with ties
    chi2 = datasets**2 * float(((ranks.mean(axis=0) - (count + 1) / 2) ** 2).sum()) / spread if spread else 0.0
    left = datasets * (count - 1) - chi2
    q = float(stats.studentized_range.ppf(1 - alpha, count, np.inf)) / np.sqrt(2)
    return Ranking(
        networks=tuple(networks[k] for k in order),
        datasets=tuple(scores),
        scores=table,
        ranks=ranks,
        chi2=chi2,
        f=(datasets - 1) * chi2 / left if left > 1e-9 else float("inf"),
        p=_permuted_p(ranks) if spread else 1.0,
        critical_difference=float(q * np.sqrt(count * (count + 1) / (6 * datasets))),
        alpha=alpha,
    )


def _permuted_p(ranks: NDArray[np.float64]) -> float:
    """Share of all ways to shuffle each dataset's ranks among the networks with mean ranks as far apart or further."""
    from scipy import stats

    def apart(*columns: NDArray[np.float64], axis: int) -> Any:
        return sum(column.sum(axis=axis) ** 2 for column in columns)  # rises with χ²: the rest of it is fixed

    return float(
        stats.permutation_test(
            tuple(ranks.T), apart, permutation_type="samples", alternative="greater", vectorized=True,
            n_resamples=PERMUTATIONS, batch=1_000, rng=np.random.default_rng(0),
        ).pvalue
    )  # fmt: skip
