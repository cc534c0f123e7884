"""Compare, A setting varied: the networks of a study in order along a number that they differ in."""

from __future__ import annotations

import math

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from core.evaluation.comparison import compare_pairs
from core.evaluation.metrics import METRICS
from core.evaluation.overview import Overview
from core.evaluation.tables import TextTable
from core.evaluation.varied import Axis, Question, axes
from gui import theme
from gui.context import Context
from gui.looks import Look
from gui.panels.compare_parts import ComparePage
from gui.widgets.controls import named_combo
from gui.widgets.findings import findings
from gui.widgets.level_curve import LevelCurve, LevelLine, LevelPoint
from gui.widgets.sentences import Sentences

TESTED = (
    "Which pairs are tested. One question alone leaves Holm's correction milder than every pair: that is for whoever "
    "chose the question before seeing the answers."
)


class VariedPage(ComparePage):
    title = "A setting varied"
    help = "Scores along a number that the networks differ in: frozen stages, clips of each class, a learning rate …"

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self.axes: tuple[Axis, ...] = ()
        self.axis = named_combo("Along", "Numbers that at least three networks of the study differ in.", 224)
        self.question = named_combo("Tested", TESTED, 264)
        self.curve = LevelCurve()
        self.findings = Sentences()
        self._bar = QWidget()
        bar = QHBoxLayout(self._bar)
        bar.setContentsMargins(0, 0, 0, 0)
        bar.setSpacing(theme.GRID)
        for word, combo in (("Along", self.axis), ("Tested", self.question)):
            bar.addWidget(theme.label(word, muted=True))
            bar.addWidget(combo)
        bar.addStretch(1)
        columns = self.side_by_side("varied", self.curve, self.findings, (760, 400))
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.GRID, theme.GRID, theme.GRID, theme.GRID)
        column.setSpacing(theme.GRID)
        column.addWidget(self._bar)
        column.addWidget(columns, 1)
        self.axis.activated.connect(self._show)
        self.question.activated.connect(self._tell)

    def suits(self, overview: Overview) -> bool:
        return bool(axes(overview.summary))

    def present(self, on: bool) -> None:
        self._bar.setHidden(on)
        self.curve.present(on)

    def picture(self) -> QWidget:
        return self.curve

    def table(self) -> TextTable | None:
        return self.axes[self.axis.currentIndex()].table(self.metric_name) if self.axes else None

    def refresh(self) -> None:
        before = self.axis.currentText()
        self.axes = axes(self.overview.summary) if self.overview is not None else ()
        self.axis.clear()
        self.axis.addItems([axis.title for axis in self.axes])
        self.axis.setCurrentIndex(max(0, self.axis.findText(before)))
        self._show()

    def _show(self) -> None:
        if not self.axes:
            self.curve.show_lines((), (), "", "")
            self.findings.say(())
            return
        axis, about = self.axes[self.axis.currentIndex()], METRICS[self.metric_name]
        self.curve.show_lines(
            level_lines(axis, self.metric_name),
            axis.ticks,
            axis.title,
            f"On no line: {', '.join(axis.apart)}." if axis.apart else "",
            score=f"{about.title} ({about.unit})",
            bounds=(about.scale * about.low, about.scale * about.high if math.isfinite(about.high) else math.inf),
        )

        before = self.question.currentText()
        self.question.clear()
        self.question.addItems(list(axis.questions))
        self.question.setCurrentIndex(max(0, self.question.findText(before)))
        self._tell()

    def _tell(self) -> None:
        """What the tests of these pairs alone say."""
        assert self.overview is not None
        axis = self.axes[self.axis.currentIndex()]
        pairs = axis.pairs(Question(self.question.currentText()))
        self.findings.say(findings(self.overview.summary, self.metric_name, compare_pairs(pairs, self.metric_name)))


def level_lines(axis: Axis, metric: str) -> list[LevelLine]:
    """The lines of an axis as they are drawn, in the unit of the metric."""
    about = METRICS[metric]
    lines: list[LevelLine] = []
    for line in axis.lines:
        points: list[LevelPoint | None] = []
        for value, tick in zip(axis.values, axis.ticks, strict=True):
            row = line.networks.get(value)
            if row is None or not math.isfinite(row.means[metric].value):
                points.append(None)
                continue
            mean = row.means[metric]
            low, high = (None if end is None else about.scale * end for end in (mean.low, mean.high))
            text = f"{mean.text(about.scale, about.decimals)} {about.unit}"
            words = f"{row.label} · {axis.title} {tick} · {text} · {mean.basis}"
            points.append(LevelPoint(about.scale * mean.value, low, high, words))
        row = list(line.networks.values())[-1]
        kind = (row.architecture, row.modality)
        variant = sum((one.look.architecture, one.look.modality) == kind for one in lines)  # of lines, not of networks
        lines.append(LevelLine(line.name or row.label, Look(*kind, variant), tuple(points)))
    return lines
