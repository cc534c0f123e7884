"""What a set of finished runs shows and what it cannot, as sentences for a window or a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.evaluation.clip_tests import CLIP_TESTS
from core.evaluation.comparison import METHODS, Comparison, design_warnings
from core.evaluation.statistics import INTERVALS
from core.evaluation.summary import Summary

MANY = 10  # pairs: of more, so many that are told apart have sentences, and the rest are counted


@dataclass(frozen=True)
class Findings:
    """Sentences, in the order in which they are read.

    Attributes:
        first: where networks, or a pair, have one fold only; else empty.
        across: of pairs of one architecture on two modalities.
        pairs: of all other pairs; of many, of those that can be told apart.
        clips: likewise of the same pairs on the same clips, where these were read.
        seeds: how much of each network's spread comes from seeds.
        warnings: what the design cannot answer.
        methods: how the figures came about.
    """

    first: str
    across: tuple[str, ...]
    pairs: tuple[str, ...]
    clips: tuple[str, ...]
    seeds: tuple[str, ...]
    warnings: tuple[str, ...]
    methods: tuple[str, ...]


def find(summary: Summary, comparisons: Sequence[Comparison], metric: str) -> Findings:
    """What there is to say of networks and of `comparisons`, which are pairs of them by `metric`."""
    apart = [f"{a} and {b} were tested on different clips: they are not compared." for a, b in summary.strangers()]
    several = any(network.means[metric].n_folds > 1 for network in summary.networks)
    methods = (
        INTERVALS if several else "",
        METHODS if any(pair.interval for pair in comparisons) else "",
        CLIP_TESTS if any(pair.clips for pair in comparisons) else "",
    )
    return Findings(
        first=summary.on_one_fold(metric),
        across=tuple(pair.sentence for pair in comparisons if pair.across),
        pairs=_telling(
            [(pair.sentence, None if pair.p is None else pair.told_apart) for pair in comparisons if not pair.across]
        ),
        clips=_telling([(pair.clip_sentence, pair.clips.told_apart) for pair in comparisons if pair.clips]),
        seeds=summary.seed_sentences(metric),
        warnings=(*design_warnings(summary.networks, comparisons), *apart),
        methods=tuple(filter(None, methods)),
    )


def _telling(pairs: Sequence[tuple[str, bool | None]]) -> tuple[str, ...]:
    """The sentences of pairs, each with whether its networks are told apart, None where there is no test; of many, the
    first ones that are told apart and all that could not be tested, as nothing else says so of them.
    """
    if len(pairs) <= MANY:
        return tuple(sentence for sentence, _ in pairs)
    told = [sentence for sentence, apart in pairs if apart]
    untested = [sentence for sentence, apart in pairs if apart is None]
    others = len(pairs) - len(told) - len(untested)
    counts = [f"{len(told) - MANY} more can be told apart"] if len(told) > MANY else []
    counts += [f"{others} cannot be told apart"] if others else []
    counted = (f"Of {len(pairs)} pairs {' and '.join(counts)}.",) if counts else ()
    return (*told[:MANY], *untested, *counted)
