"""Compare, Means: the mean of every network with its interval and folds, and what can be said of differences."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from core.datasets.base import Modality
from core.evaluation.comparison import Comparison
from core.evaluation.metrics import METRICS
from core.evaluation.summary import Summary
from gui.context import Context
from gui.panels.compare_parts import ComparePage
from gui.widgets.findings import findings, forest_lines, forest_rows, people_lines
from gui.widgets.forest import ForestPlot
from gui.widgets.marks import MARKS
from gui.widgets.sentences import Sentences

FEW = 6  # pairs that can be read beside the plot
LINES_OF = {Modality.AUDIO: "solid", Modality.VIDEO: "dashed", Modality.AUDIO_VISUAL: "dotted"}


class MeansPage(ComparePage):
    title = "Means"
    help = "The mean of every network, with its interval and folds, and the differences in words."

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self.forest = ForestPlot()
        self.findings = Sentences()
        framed = QWidget()
        QVBoxLayout(framed).addWidget(self.forest)
        means = QScrollArea()
        means.setWidget(framed)
        means.setWidgetResizable(True)
        columns = self.side_by_side("columns", means, self.findings, (760, 400), (2, 1))
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.addWidget(columns)

    def picture(self) -> QWidget:
        return self.forest

    def refresh(self) -> None:
        if self.overview is None:
            return
        summary, about = self.overview.summary, METRICS[self.metric_name]
        datasets = sorted({network.dataset for network in summary.networks})
        published = [line for name in datasets for line in forest_lines(name, self.metric_name)]
        people = people_lines(self.overview.people, self.metric_name)
        title = f"{about.title} in {about.unit}"
        title += "" if about.higher_is_better else ": lower is better"
        dashed = [word for word, lines in (("published", published), ("people here", people)) if lines]
        title += f", dashed upright: {' and '.join(dashed)}" if dashed else ""
        if len(summary.modalities) > 1:
            title += " · " + "   ".join(f"{MARKS[m]} {m.word}, {LINES_OF[m]}" for m in summary.modalities)
        self.forest.show_rows(forest_rows(summary, self.metric_name, self.looks), [*published, *people], title)
        pairs = summary.compare(self.metric_name)
        self.findings.say(findings(summary, self.metric_name, _of_the_best(summary, pairs, self.metric_name)))


def _of_the_best(summary: Summary, pairs: Sequence[Comparison], metric: str) -> Sequence[Comparison]:
    """Of many pairs those with the best network, and an architecture's with itself: “Differences” has all."""
    if len(pairs) <= FEW:
        return pairs
    best = summary.ranked(metric)[0].label
    return [pair for pair in pairs if pair.across or best in (pair.a.label, pair.b.label)]
