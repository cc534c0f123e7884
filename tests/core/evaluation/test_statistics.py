"""Means, intervals and tests against published formulas and independent libraries."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar as other_mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint
from statsmodels.stats.weightstats import DescrStatsW

from core.evaluation.statistics import Share, difference, holm, mcnemar, mean_over_folds
from core.readable import figure

A = {(1, 0): 0.90, (2, 0): 0.86, (3, 0): 0.93, (4, 0): 0.88, (5, 0): 0.91}
B = {(1, 0): 0.84, (2, 0): 0.85, (3, 0): 0.88, (4, 0): 0.86, (5, 0): 0.83}


def test_without_sizes_the_interval_is_students() -> None:
    mean = mean_over_folds(A)
    expected = DescrStatsW(list(A.values())).tconfint_mean(alpha=0.05)
    assert (mean.low, mean.high) == pytest.approx(expected)
    assert mean.value == pytest.approx(np.mean(list(A.values())))
    assert mean.sd == pytest.approx(np.std(list(A.values()), ddof=1))
    assert (mean.n_folds, mean.n_seeds) == (5, 1)


def test_with_sizes_the_variance_is_corrected() -> None:
    """Nadeau & Bengio 2003, by hand: with K = 5 equal folds 1/K becomes 1/K + 1/4, so the width grows by 1.5."""
    plain, corrected = mean_over_folds(A), mean_over_folds(A, n_train=320, n_test=80)
    assert plain.high is not None
    assert corrected.high is not None
    assert (corrected.high - corrected.value) / (plain.high - plain.value) == pytest.approx(math.sqrt(0.45 / 0.2))


def test_seeds_are_averaged_within_folds_first() -> None:
    """A fold with more seeds weighs no more, and seeds add no degrees of freedom."""
    many = {(1, 0): 0.8, (1, 1): 0.9, (1, 2): 1.0, (2, 0): 0.5, (2, 1): 0.7}
    few = {(1, 0): 0.9, (2, 0): 0.6}
    found, expected = mean_over_folds(many), mean_over_folds(few)
    assert (found.value, found.low, found.high) == pytest.approx((expected.value, expected.low, expected.high))
    assert found.n_seeds == 2


def test_one_fold_has_no_interval_and_says_so() -> None:
    mean = mean_over_folds({(3, 0): 0.8, (3, 1): 0.9})
    assert (mean.value, mean.low, mean.high, mean.sd) == (pytest.approx(0.85), None, None, None)
    assert mean.text() == "85.0 (one fold: no interval)"
    assert mean.figures() == "85.0"
    assert mean.basis == "1 fold × 2 seeds"


def test_undefined_scores_leave_their_fold_out() -> None:
    mean = mean_over_folds(A | {(6, 0): math.nan})
    assert mean == mean_over_folds(A)
    assert math.isnan(mean_over_folds({}).value)
    assert mean_over_folds({(1, 0): math.nan}).text() == "–"


def test_text_of_a_mean() -> None:
    assert mean_over_folds({(1, 0): 0.8, (2, 0): 0.9}).text() == "85.0 [21.5, 148.5]"


def test_without_sizes_the_test_is_the_paired_t_test() -> None:
    found = difference(A, B)
    a, b = list(A.values()), list(B.values())
    expected = stats.ttest_rel(a, b)
    assert found.p == pytest.approx(expected.pvalue)
    interval = expected.confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high))
    assert found.folds == (1, 2, 3, 4, 5)


def test_the_corrected_resampled_t_test_by_hand() -> None:
    """Differences 6, 1, 5, 2, 8 points: mean 4.4, variance 8.3; t = 4.4 / √((1/5 + 1/4)·8.3) = 2.2767, 4 d. f."""
    found = difference(A, B, n_train=320, n_test=80)
    t = 4.4 / math.sqrt((1 / 5 + 1 / 4) * 8.3)
    assert t == pytest.approx(2.2767, abs=1e-4)
    # The distribution function of Student's t with 4 degrees of freedom in closed form (Abramowitz & Stegun 26.7.4).
    theta = math.atan(t / 2)
    within = math.sin(theta) * (1 + math.cos(theta) ** 2 / 2)
    assert found.p == pytest.approx(1 - within)
    assert found.mean == pytest.approx(0.044)
    assert found.low is not None
    assert found.low < 0 < found.mean  # not significant, though the uncorrected test says it is
    uncorrected = difference(A, B).p
    assert uncorrected is not None
    assert uncorrected < 0.05 < found.p


def test_the_difference_is_antisymmetric() -> None:
    ab, ba = difference(A, B, 320, 80), difference(B, A, 320, 80)
    assert (ab.mean, ab.low, ab.high) == pytest.approx((-ba.mean, -(ba.high or 0), -(ba.low or 0)))
    assert ab.p == pytest.approx(ba.p)


def test_only_common_folds_are_compared() -> None:
    found = difference(A, {key: value for key, value in B.items() if key[0] in (2, 4)} | {(9, 0): 0.1})
    assert found.folds == (2, 4)
    assert found.mean == pytest.approx(0.015)
    with pytest.raises(ValueError, match="no fold in common"):
        difference(A, {(9, 0): 0.5})


def test_sentences_give_effect_and_interval_before_p() -> None:
    found = difference(A, B, 320, 80)
    assert found.sentence("AlexNet", "Baseline CNN") == (
        "AlexNet lies 4.4 percentage points above Baseline CNN over 5 folds "
        f"(95 % interval {figure(100 * found.low, '.1f')} to {100 * found.high:.1f}; "  # type: ignore[operator]
        f"corrected resampled t-test: p = {found.p:.2g})."
    )
    assert "below" in difference(B, A).sentence("a", "b")
    assert "; paired t-test, not corrected for shared training clips: p" in difference(A, B).sentence("a", "b")
    tiny = difference({(f, 0): 0.9 + f * 1e-4 for f in range(5)}, {(f, 0): 0.1 for f in range(5)})
    assert "p < 0.001" in tiny.sentence("a", "b")


def test_where_no_test_is_possible_the_sentence_says_why() -> None:
    one = difference({(1, 0): 0.9}, {(1, 0): 0.7})
    assert (one.low, one.high, one.p) == (None, None, None)
    assert one.sentence("a", "b") == "a lies 20.0 percentage points above b over 1 fold."  # ONE_FOLD says it for all
    same = difference(A, A)
    assert (same.mean, same.p) == (0, 1)
    assert "score the same" in same.sentence("a", "b")
    shifted = difference({key: value + 0.05 for key, value in A.items()}, A)
    assert shifted.p is None
    assert "no spread to test against" in shifted.sentence("a", "b")


def test_false_alarms_of_the_corrected_test_are_rare() -> None:
    """Equal networks under 5-fold cross-validation whose fold scores share variance, as Nadeau & Bengio have it:
    correlation n_test/(n_test + n_train) = 0.2. The corrected test keeps its 5 %; the plain one does not."""
    rng = np.random.default_rng(0)
    shared = rng.normal(size=(600, 1)) * math.sqrt(0.2)
    gaps = shared + rng.normal(size=(600, 5)) * math.sqrt(0.8)
    zeros = {(fold, 0): 0.0 for fold in range(5)}

    def alarms(**sizes: float) -> float:
        ps = [difference(dict(zip(zeros, row, strict=True)), zeros, **sizes).p for row in gaps.tolist()]
        return float(np.mean([p is not None and p < 0.05 for p in ps]))

    assert alarms(n_train=320, n_test=80) < 0.07
    assert alarms() > 0.1


@pytest.mark.parametrize("p", [[0.01, 0.04, 0.03, 0.005], [0.5, 0.9], [0.2], [], [0.03, 0.03, 0.03], [1.0, 0.0]])
def test_holm_is_statsmodels_holm(p: list[float]) -> None:
    expected = multipletests(p, method="holm")[1].tolist() if p else []
    assert holm(p) == pytest.approx(expected)


@pytest.mark.parametrize(("right", "of"), [(24, 30), (0, 7), (7, 7), (1, 2)])
def test_the_interval_of_a_share_is_statsmodels_wilson(right: int, of: int) -> None:
    share = Share(right, of)
    low, high = proportion_confint(right, of, method="wilson")
    assert share.interval == pytest.approx((low, high), abs=1e-12)
    assert share.figures() == f"{100 * right / of:.1f} [{100 * low:.1f}, {100 * high:.1f}]"


def test_of_no_clips_there_is_no_share() -> None:
    assert math.isnan(Share(0, 0).value) and Share(0, 0).figures() == "–"
    assert all(map(math.isnan, Share(0, 0).interval))


@pytest.mark.parametrize(("won", "lost"), [(0, 0), (6, 0), (3, 11), (7, 7)])
def test_mcnemar_is_statsmodels_exact_test(won: int, lost: int) -> None:
    expected = other_mcnemar([[50, won], [lost, 9]], exact=True).pvalue if won + lost else 1.0
    assert mcnemar(won, lost) == pytest.approx(min(1.0, expected))


def test_the_effect_size_is_hedges_with_his_constants() -> None:
    """Hedges 1981: the exact c(m) for m = 2, 3, 4 and 9 degrees of freedom."""
    for m, constant in ((2, 0.5642), (3, 0.7236), (4, 0.7979), (9, 0.9139)):
        gaps = np.linspace(0.01, 0.07, m + 1)
        found = difference({(f, 0): g for f, g in enumerate(gaps)}, {(f, 0): 0.0 for f in range(m + 1)})
        assert found.effect_size == pytest.approx(constant * gaps.mean() / gaps.std(ddof=1), rel=1e-4)
    two = difference({(1, 0): 0.2, (2, 0): 0.3}, {(1, 0): 0.0, (2, 0): 0.0})
    assert two.effect_size is None and difference(A, A).effect_size is None
    assert difference(B, A).effect_size == -(difference(A, B).effect_size or 0)
