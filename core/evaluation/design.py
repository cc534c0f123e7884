"""What a design cannot answer, as sentences: they stand under every comparison."""

from __future__ import annotations

from collections.abc import Sequence

from core.evaluation.bootstrap import FEWEST
from core.evaluation.statistics import ALPHA, p_words
from core.readable import counted

FEW_GROUPS = 20  # a bootstrap of fewer is rough
NOT_CORRECTED = (
    "How many clips were trained on is not recorded: intervals and p-values do not allow for the training clips that "
    "folds share, and are too favourable."
)
NO_GROUPS = (
    "The dataset is not where the study says, so nobody knows which clips share a source: the bootstrap draws single "
    "clips, and its intervals may be too narrow."
)


def smallest_signed_rank_p(folds: int) -> float:
    """The smallest two-sided p that Wilcoxon's signed-rank test can have on so many differences, 2 / 2^K: when one
    network is better in every fold."""
    return float(2.0 ** (1 - folds))


def few_folds(folds: int) -> str:
    """What so many folds cannot show; empty where there are enough for a test by ranks, or where there is one only,
    of which ONE_FOLD speaks."""
    smallest = smallest_signed_rank_p(folds)
    if folds < 2 or smallest < ALPHA:
        return ""
    from scipy import stats

    wider = float(stats.t.ppf(1 - ALPHA / 2, folds - 1) / stats.norm.ppf(1 - ALPHA / 2))
    return (
        f"{counted(folds, 'fold')} are few. A test by ranks (Wilcoxon's signed-rank) cannot reach p < {ALPHA:g} on "
        f"them even if one network wins every fold (its smallest p is {smallest:.3g}), and Student's t alone "
        f"makes intervals {wider:.1f} times as wide as with many: a difference that is not shown may still be there."
    )


def one_seed(names: Sequence[str], everyone: bool) -> str:
    """Of networks that were trained with one seed; empty of none."""
    if not names:
        return ""
    who = "One seed" if everyone else f"One seed of {', '.join(names)}"
    return (
        f"{who}: how far a score depends on the chance of training is not known. More seeds would tell, "
        "though they do not replace folds."
    )


def related_clips(clips: int, groups: int) -> str:
    """What McNemar's test takes for granted; empty where every clip is a group of its own."""
    if groups >= clips:
        return ""
    instead = "too few for a bootstrap" if groups < FEWEST else "which the bootstrap draws whole"
    rough = f"; {FEW_GROUPS} or more would make its intervals less rough" if FEWEST <= groups < FEW_GROUPS else ""
    return (
        f"McNemar's test takes the {clips:,} clips as independent, but those of a group are easy or hard together: its "
        f"p may be too small. They come from {counted(groups, 'group')}, {instead}{rough}."
    )


def too_few_datasets(networks: int, datasets: int) -> str:
    """What Friedman's test cannot show; empty where it can. Its smallest p is that of ranks alike on every dataset:
    1 / k!^(N − 1)."""
    from math import factorial

    smallest = float(factorial(networks)) ** (1 - datasets)
    if smallest < ALPHA:
        return ""
    return (
        f"{counted(datasets, 'dataset')} are too few for {counted(networks, 'network')}: even if they were ranked the "
        f"same on each, {p_words(smallest)}. Nothing can be shown of ranks."
    )
