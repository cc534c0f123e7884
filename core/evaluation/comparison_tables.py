"""Pairs of networks as tables: for people, and unrounded for other programmes."""

from __future__ import annotations

from collections.abc import Sequence

from core.evaluation.comparison import Comparison
from core.evaluation.metrics import METRICS
from core.evaluation.statistics import p_figure
from core.evaluation.tables import TextTable, figures_table
from core.readable import figure


def pair_table(comparisons: Sequence[Comparison]) -> TextTable:
    """For people: a row a pair, over the folds. Effect and interval stand before the p-values."""
    if not comparisons:
        return TextTable((), ())
    metric = METRICS[comparisons[0].metric]
    rope = comparisons[0].rope_words
    unit = "points" if metric.unit == "%" else metric.unit
    return TextTable(
        (
            "Network", "against", f"{metric.title}: difference ({unit}) [95 % interval]", "Effect size g", "p",
            "p, Holm", f"P(above by over {rope})", f"P(within {rope})", f"P(below by over {rope})", "Folds",
        ),
        tuple(
            (
                pair.a.label,
                pair.b.label,
                effect_cell(pair.difference.mean, pair.interval, metric.scale, metric.decimals),
                _figure(pair.difference.effect_size),
                p_cell(pair.difference.p),
                p_cell(pair.adjusted_p),
                *(
                    (_figure(found.above), _figure(found.within), _figure(found.below))
                    if (found := pair.beliefs)
                    else ("–", "–", "–")
                ),
                str(len(pair.difference.folds)),
            )
            for pair in comparisons
        ),
        text_columns=2,
    )  # fmt: skip


def clip_table(comparisons: Sequence[Comparison]) -> TextTable:
    """For people: a row a pair, on the same clips; pairs whose clips were not read are left out."""
    return TextTable(
        (
            "Network", "against", "Right: difference (points) [95 % interval]", "Clips", "Groups",
            "Only the first right", "Only the other", "McNemar p", "p, Holm",
        ),
        tuple(
            (
                pair.a.label,
                pair.b.label,
                effect_cell(clips.gain.mean, clips.interval, 100.0, 1),
                f"{clips.clips:,}",
                f"{clips.gain.clusters:,}" if clips.grouped else "unknown",
                str(clips.won),
                str(clips.lost),
                p_cell(clips.p),
                p_cell(clips.adjusted_p),
            )
            for pair in comparisons
            if (clips := pair.clips)
        ),
        text_columns=2,
    )  # fmt: skip


def pair_figures(comparisons: Sequence[Comparison]) -> TextTable:
    """For other programmes: a row a pair with every test unrounded, one number a cell; what is not known is empty."""
    return figures_table([_row(pair) for pair in comparisons])


def _row(pair: Comparison) -> dict[str, object]:
    found, believed, clips = pair.difference, pair.beliefs, pair.clips
    low, high = pair.interval or (None, None)
    row: dict[str, object] = {
        "network": pair.a.label,
        "against": pair.b.label,
        "dataset": pair.a.dataset,
        "metric": pair.metric,
        "difference": found.mean,
        "low": low,
        "high": high,
        "confidence": found.confidence,
        "effect_size_g": found.effect_size,
        "p": found.p,
        "p_holm": pair.adjusted_p,
        "pairs": pair.pairs,
        "corrected": found.corrected,
        "folds": " ".join(map(str, found.folds)),
        "seeds": " ".join(map(str, sorted({*pair.a.seeds, *pair.b.seeds}))),
        "rope": pair.rope,
        "probability_above": believed and believed.above,
        "probability_within": believed and believed.within,
        "probability_below": believed and believed.below,
    }
    if clips is not None:
        low, high = clips.interval or (None, None)
        row |= {
            "clips": clips.clips,
            "groups": clips.gain.clusters if clips.grouped else None,
            "clips_difference": clips.gain.mean,
            "clips_low": low,
            "clips_high": high,
            "only_network": clips.won,
            "only_against": clips.lost,
            "mcnemar_p": clips.p,
            "mcnemar_p_holm": clips.adjusted_p,
            "clips_seeds": clips.seeds,
        }
    return row


def effect_cell(mean: float, interval: tuple[float, float] | None, scale: float, decimals: int) -> str:
    """`+3.1 [0.4, 5.8]`."""
    text = figure(scale * mean, f"+.{decimals}f")
    if interval is None:
        return text
    low, high = (figure(scale * end, f".{decimals}f") for end in interval)
    return f"{text} [{low}, {high}]"


def _figure(value: float | None) -> str:
    return "–" if value is None else figure(value, ".2f")


def p_cell(value: float | None) -> str:
    return "–" if value is None else p_figure(value)
