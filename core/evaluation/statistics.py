"""Means, intervals and tests over cross-validation folds.

The folds of a cross-validation share training clips, so scores of folds are not independent and the usual variance
s²/K of their mean is too small. Where the sizes of the parts are known it is replaced by (1/K + n_test/n_train)·s²:
C. Nadeau & Y. Bengio 2003, "Inference for the Generalization Error", Machine Learning 52, 239–281. Seeds are
averaged within each fold first: they repeat the training, not the choice of clips.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.readable import counted, figure

ALPHA = 0.05  # two networks are told apart where p is below it
Z = 1.959963984540054  # of a two-sided interval of 95 %
ROUNDING = 1e-12  # differences of scores below this are none
ONE_FOLD = "One fold allows no interval and no test: a difference may be chance. Train more folds."  # said once for all

INTERVALS = (
    "Intervals are 95 %, Student's t over the folds, widened for the training clips that folds share "
    "(Nadeau & Bengio 2003). Seeds are averaged within a fold."
)

Scores = Mapping[tuple[int, int], float]  # (fold, seed) → score


@dataclass(frozen=True)
class Mean:
    """A mean over folds with its Student interval; of one fold there is no interval (None)."""

    value: float
    low: float | None
    high: float | None
    n_folds: int
    n_seeds: int  # the fewest of any fold
    sd: float | None  # standard deviation over the folds (K − 1 in the denominator)
    confidence: float = 0.95

    def within(self, low: float, high: float) -> Mean:
        """The same where a score has bounds: Student's interval knows of none, and ends at them."""
        if self.low is None or self.high is None:
            return self
        return replace(self, low=max(self.low, low), high=min(self.high, high))

    def text(self, scale: float = 100.0, decimals: int = 1) -> str:
        """`90.2 [85.1, 95.3]`, or `90.2 (one fold: no interval)`."""
        alone = self.low is None and not math.isnan(self.value)
        return self.figures(scale, decimals) + (" (one fold: no interval)" if alone else "")

    def figures(self, scale: float = 100.0, decimals: int = 1) -> str:
        """`90.2 [85.1, 95.3]`, or `90.2` where `ONE_FOLD` is said beside it."""
        if math.isnan(self.value):
            return "–"
        form = f".{decimals}f"
        value = figure(scale * self.value, form)
        if self.low is None or self.high is None:
            return value
        return f"{value} [{figure(scale * self.low, form)}, {figure(scale * self.high, form)}]"

    @property
    def grid(self) -> str:
        """`4 × 1`, under a heading that says of what: folds × seeds."""
        return f"{self.n_folds} × {self.n_seeds}"

    @property
    def basis(self) -> str:
        """`4 folds × 1 seed`."""
        return f"{counted(self.n_folds, 'fold')} × {counted(self.n_seeds, 'seed')}"


@dataclass(frozen=True)
class Share:
    """How many of several clips are right. Its interval takes clips as independent; a Mean's is of folds."""

    right: int
    of: int

    @property
    def value(self) -> float:
        """From 0 to 1; NaN of no clips."""
        return self.right / self.of if self.of else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval; NaN of no clips. See `wilson`."""
        low, high = wilson(np.array(self.value), np.array(self.of))
        return float(low), float(high)

    def figures(self) -> str:
        """In %: `80.0 [62.7, 90.5]`; a dash of no clips."""
        if not self.of:
            return "–"
        low, high = self.interval
        return f"{100 * self.value:.1f} [{100 * low:.1f}, {100 * high:.1f}]"


@dataclass(frozen=True)
class Difference:
    """The mean difference a − b over common folds. With one fold, interval and p are None; with differences that are
    all equal and not 0 there is no variance to test against, and p is None. `corrected` says whether interval and p
    allow for the training clips that folds share."""

    mean: float
    low: float | None
    high: float | None
    p: float | None
    folds: tuple[int, ...]
    corrected: bool
    confidence: float = 0.95
    sd: float | None = None  # of the differences of the folds (K − 1 in the denominator)
    error: float | None = None  # standard error of `mean` that interval and p are made with

    @property
    def effect_size(self) -> float | None:
        """The mean in standard deviations of the folds' differences, freed of its bias in small samples: Hedges' g of
        paired scores, g_z = J·d̄/s_d with J = Γ(m/2) / (√(m/2)·Γ((m − 1)/2)) and m = K − 1. L. V. Hedges 1981, Journal
        of Educational Statistics 6, 107–128. None for two folds, where J = 0, and where there is no spread. It is of
        folds: larger folds spread less, and the same gain then has a larger effect size."""
        if not self.sd or len(self.folds) < 3:
            return None
        m = len(self.folds) - 1
        unbiased = math.exp(math.lgamma(m / 2) - math.lgamma((m - 1) / 2)) / math.sqrt(m / 2)
        return unbiased * self.mean / self.sd

    def sentence(
        self, name_a: str, name_b: str, scale: float = 100.0, unit: str = "percentage points", decimals: int = 1
    ) -> str:
        """Effect and interval before the p-value; of one fold the effect alone (see ONE_FOLD)."""
        if abs(self.mean) < ROUNDING:
            effect = f"{name_a} and {name_b} score the same in the mean"
        else:
            side = "above" if self.mean > 0 else "below"
            effect = f"{name_a} lies {abs(scale * self.mean):.{decimals}f} {unit} {side} {name_b}"
        over = f"{effect} over {counted(len(self.folds), 'fold')}"
        if self.low is None or self.high is None:
            return f"{over}."
        form = f".{decimals}f"
        ends = f"{figure(scale * self.low, form)} to {figure(scale * self.high, form)}"
        interval = f"{100 * self.confidence:g} % interval {ends}"
        if self.p is None:
            return f"{over} ({interval}): every fold differs by the same, so there is no spread to test against."
        test = (
            "corrected resampled t-test" if self.corrected else "paired t-test, not corrected for shared training clips"
        )
        return f"{over} ({interval}; {test}: {p_words(self.p)})."


def p_words(p: float) -> str:
    """`p = 0.032`, `p < 0.001`."""
    return f"p {p_figure(p)}" if p < 0.001 else f"p = {p_figure(p)}"


def p_figure(p: float) -> str:
    """`0.032`, `< 0.001`."""
    return "< 0.001" if p < 0.001 else f"{p:.2g}"


def mean_over_folds(
    scores: Scores, confidence: float = 0.95, n_train: float | None = None, n_test: float | None = None
) -> Mean:
    """Mean of the fold means, m ± t_{K−1}·√((1/K + n_test/n_train)·s²).

    Args:
        scores: by (fold, seed); a fold with a score that is NaN is left out.
        confidence: of the interval.
        n_train: training clips of a fold (mean). Without sizes the interval is the uncorrected one, s²/K.
        n_test: test clips of a fold (mean).
    """
    folds = _fold_means(scores)
    values = np.array(list(folds.values()))
    seeds = min((sum(fold == f for f, _ in scores) for fold in folds), default=0)
    if len(values) < 2:
        value = float(values[0]) if len(values) else math.nan
        return Mean(value, None, None, len(values), seeds, None, confidence)
    value, sd = float(values.mean()), float(values.std(ddof=1))
    half = _quantile(confidence, len(values)) * _standard_error(values, n_train, n_test)
    return Mean(value, value - half, value + half, len(values), seeds, sd, confidence)


def difference(
    a: Scores, b: Scores, n_train: float | None = None, n_test: float | None = None, confidence: float = 0.95
) -> Difference:
    """Corrected resampled paired t-test of a − b over the folds that both have.

    t = d̄ / √((1/K + n_test/n_train)·s_d²) with K − 1 degrees of freedom, two-sided; Nadeau & Bengio 2003.

    Args:
        a: scores by (fold, seed).
        b: likewise; seeds need not be the same.
        n_train: training clips of a fold (mean). Without sizes the test is the ordinary paired t-test.
        n_test: test clips of a fold (mean).
        confidence: of the interval.

    Raises:
        ValueError: they have no fold in common.
    """
    from scipy import stats

    of_a, of_b = _fold_means(a), _fold_means(b)
    common = tuple(sorted(of_a.keys() & of_b.keys()))
    if not common:
        raise ValueError("no fold in common")
    gaps = np.array([of_a[fold] - of_b[fold] for fold in common])
    mean, corrected = float(gaps.mean()), bool(n_train and n_test)
    if len(gaps) < 2:
        return Difference(mean, None, None, None, common, corrected, confidence)
    if np.ptp(gaps) < ROUNDING:
        p = 1.0 if abs(mean) < ROUNDING else None
        return Difference(mean, mean, mean, p, common, corrected, confidence, sd=0.0, error=0.0)
    sd, error = float(gaps.std(ddof=1)), _standard_error(gaps, n_train, n_test)
    half = _quantile(confidence, len(gaps)) * error
    p = float(2 * stats.t.sf(abs(mean) / error, len(gaps) - 1))
    return Difference(mean, mean - half, mean + half, p, common, corrected, confidence, sd, error)


def wilson(share: NDArray[np.float64], count: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """95 % interval of a share of `count` clips, which may be a mean over seeds; NaN where there are none.

    (p + z²/2n ± z·√(p(1−p)/n + z²/4n²)) / (1 + z²/n); E. B. Wilson 1927, JASA 22, 209–212.
    """
    n = np.where(count > 0, count, np.nan).astype(np.float64)
    middle, spread = share + Z**2 / (2 * n), Z * np.sqrt(share * (1 - share) / n + Z**2 / (4 * n**2))
    scale = 1 + Z**2 / n
    return np.maximum(0.0, (middle - spread) / scale), np.minimum(1.0, (middle + spread) / scale)


def mcnemar(won: int, lost: int) -> float:
    """Exact two-sided p of McNemar's test: as many clips won as lost, if both were equally likely; 1 of none.

    The binomial test of `won` among `won + lost`, by SciPy. Q. McNemar 1947, Psychometrika 12, 153–157.
    """
    from scipy import stats

    return float(stats.binomtest(won, won + lost).pvalue) if won + lost else 1.0


def folds_alike(a: Mapping[tuple[int, int], Hashable], b: Mapping[tuple[int, int], Hashable]) -> set[int]:
    """Folds of both in which every run of either was tested on the same clips.

    Args:
        a: what stands for the clips that a run was tested on, by (fold, seed).
        b: likewise.
    """
    tested: dict[int, set[Hashable]] = {}
    for (fold, _), clips in (*a.items(), *b.items()):
        tested.setdefault(fold, set()).add(clips)
    return {fold for fold in {f for f, _ in a} & {f for f, _ in b} if len(tested[fold]) == 1}


def holm(p_values: Sequence[float]) -> list[float]:
    """p-values adjusted for having asked several questions, in the order given.

    p̃_(i) = max_{j ≤ i} min(1, (m − j + 1)·p_(j)). S. Holm 1979, Scandinavian Journal of Statistics 6, 65–70.
    """
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p)
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate((len(p) - np.arange(len(p))) * p[order]))
    return [float(value) for value in adjusted]


def _fold_means(scores: Scores) -> dict[int, float]:
    """Mean over the seeds of each fold, ascending; folds with an undefined score are left out."""
    folds = sorted({fold for fold, _ in scores})
    means = {fold: float(np.mean([value for (f, _), value in scores.items() if f == fold])) for fold in folds}
    return {fold: mean for fold, mean in means.items() if math.isfinite(mean)}


def _standard_error(values: NDArray[np.float64], n_train: float | None, n_test: float | None) -> float:
    overlap = n_test / n_train if n_train and n_test else 0.0
    return math.sqrt((1 / len(values) + overlap) * float(values.var(ddof=1)))


def _quantile(confidence: float, folds: int) -> float:
    from scipy import stats

    return float(stats.t.ppf((1 + confidence) / 2, folds - 1))
