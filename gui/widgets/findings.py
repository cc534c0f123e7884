"""A summary as a forest plot shows it, and as sentences."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence

from core.datasets.base import Modality
from core.evaluation.comparison import Comparison
from core.evaluation.findings import find
from core.evaluation.metrics import METRICS
from core.evaluation.reference import references
from core.evaluation.summary import Summary
from core.game_results import HumanBaseline
from core.readable import counted
from gui.looks import Look
from gui.widgets.forest import ForestLine, ForestRow
from gui.widgets.marks import MARKS

OTHER_CLIPS = (
    "The mean of the games in the Live panel, over other clips than the means of the folds: each game draws its own "
    "from the test clips, all classes alike.\nOne person may have played several games."
)
GIVEN = {  # of a clip, to a person
    Modality.AUDIO: "the sound alone",
    Modality.VIDEO: "the pictures alone",
    Modality.AUDIO_VISUAL: "sound and pictures",
}


def forest_rows(summary: Summary, metric: str, looks: Mapping[str, Look]) -> list[ForestRow]:
    """A row for each network, the best first, in the unit of the metric."""
    about = METRICS[metric]
    rows = []
    for network in summary.ranked(metric):
        mean = network.means[metric]
        if not mean.n_folds:
            continue
        text = mean.text(about.scale, about.decimals)
        rows.append(
            ForestRow(
                name=network.label,
                colour=looks[network.label].colour,
                mean=about.scale * mean.value,
                low=None if mean.low is None else about.scale * mean.low,
                high=None if mean.high is None else about.scale * mean.high,
                dots=tuple((f"fold {fold}", about.scale * v) for fold, v in network.by_fold(metric).items()),
                tip=f"{network.label}: {text} {about.unit}, {mean.basis}",
                modality=network.modality,
            )
        )
    return rows


def forest_lines(dataset: str, metric: str) -> list[ForestLine]:
    """Published figures for a dataset; they are accuracies."""
    if metric != "accuracy":
        return []
    return [
        ForestLine(
            reference.name,
            reference.accuracy,
            f"{reference.name}: {reference.text}"
            + (f" ({reference.protocol})" if reference.protocol else "")
            + f"\n{reference.source}",
        )
        for reference in references(dataset)
    ]


def people_lines(people: Sequence[HumanBaseline], metric: str) -> list[ForestLine]:
    """How people did here, in the guessing game of the Live panel; accuracies, too."""
    if metric != "accuracy":
        return []
    about = METRICS[metric]
    lines = []
    for baseline in people:
        who = f"people {MARKS[baseline.given]}" if len(people) > 1 else "people here"
        basis = f"{counted(baseline.games, 'game')}, {counted(baseline.clips, 'clip')}"
        figures = f"{baseline.mean.figures(about.scale, about.decimals)} {about.unit}"
        alone = " (one game: no interval)" if baseline.games == 1 else ""
        tip = f"People here, given {GIVEN[baseline.given]}: {figures}{alone}, {basis}\n{OTHER_CLIPS}"
        lines.append(ForestLine(f"{who} ({basis})", about.scale * baseline.mean.value, tip))
    return lines


def findings(summary: Summary, metric: str, comparisons: Sequence[Comparison] | None = None) -> list[str]:
    """What can be said, in rich text: differences of pairs, what they cannot show, and how they came about.

    Args:
        comparisons: pairs by this metric, with what is known of single clips; None = without.
    """
    if not summary.networks:
        return ["No run of this study has finished yet."]
    found = find(summary, summary.compare(metric) if comparisons is None else comparisons, metric)
    both = bool(found.across and found.pairs)
    parts = (
        ("The same architecture on another modality" if both else "", found.across),
        ("All other pairs" if both else "", found.pairs),
        ("On the same clips", found.clips),
        ("Seeds", found.seeds),
        ("What this cannot show", found.warnings),
    )
    sentences = [html.escape(found.first)] if found.first else []
    for heading, said in parts:
        if said:
            sentences += [f"<b>{heading}</b>"] if heading else []
            sentences += map(html.escape, said)
    return sentences + [f"<small>{html.escape(method)}</small>" for method in found.methods]
