"""Compare, Differences: pairs of networks with effect, interval and p-value, over the folds and on the same clips."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDoubleSpinBox, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from core.control import Control
from core.evaluation.bayesian import ROPE
from core.evaluation.clip_tests import ClipComparison
from core.evaluation.comparison import Comparison, with_clips
from core.evaluation.comparison_tables import clip_table, pair_table
from core.evaluation.metrics import METRICS
from core.evaluation.overview import Overview
from core.evaluation.tables import TextTable
from core.events import Event
from core.workspace import Workspace
from gui import theme
from gui.context import Context
from gui.looks import Look
from gui.panels.compare_parts import ReadingPage
from gui.widgets.controls import named_combo, options_combo
from gui.widgets.findings import findings
from gui.widgets.forest import ForestLine, ForestPlot, ForestRow
from gui.widgets.sentences import Sentences

EVERY = "every pair"
FOLDS, CLIPS = "folds", "clips"
OVER = (
    ("the folds", FOLDS, "Would networks trained anew on other clips differ, too? Corrected resampled t-test."),
    ("the same clips", CLIPS, "Do these very networks differ on clips? Bootstrap over groups, McNemar's exact test."),
)
GREY = "grey: may be chance"


class DifferencesPage(ReadingPage):
    title = "Differences"
    help = "Every pair of networks: how far apart, how sure, and what cannot be told."

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self.pairs: tuple[Comparison, ...] = ()
        self._clips: dict[tuple[str, str], ClipComparison] = {}
        self.against = named_combo(
            "Of", "Every pair, or all others against one. Fewer questions leave Holm's correction milder.", 200
        )
        self.over = options_combo("over", OVER, 136)
        self.rope = QDoubleSpinBox()
        self.rope.setAccessibleName("Differences matter from")
        self.rope.setToolTip(
            "Smaller differences count as none (region of practical equivalence): the probabilities are of more than "
            "this. It changes no interval and no p-value."
        )
        self.rope.setKeyboardTracking(False)
        self.rope.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.forest = ForestPlot()
        self.forest.setAccessibleName("Differences with intervals")
        self.findings = Sentences()
        self.reading = theme.label("", theme.SMALL, muted=True)
        self._lay_out()
        for combo in (self.against, self.over):
            combo.activated.connect(self._show)
        self.rope.valueChanged.connect(self._show)

    # what the panel calls ---------------------------------------------------------------------------------------

    def suits(self, overview: Overview) -> bool:
        return len(overview.summary.networks) > 1

    def picture(self) -> QWidget:
        return self.forest

    def table(self) -> TextTable | None:
        if not self.pairs:
            return None
        return clip_table(self.pairs) if self.over.currentData() == CLIPS else pair_table(self.pairs)

    def present(self, on: bool) -> None:
        self._bar.setHidden(on)

    def refresh(self) -> None:
        if self.overview is None:
            return
        labels = [network.label for network in self.overview.summary.networks]
        before = self.against.currentText()
        self.against.clear()
        self.against.addItem(EVERY, "")
        for label in labels:
            self.against.addItem(f"all against {label}", label)
        self.against.setCurrentIndex(max(0, self.against.findText(before)))
        self._fit_rope()
        self._show()

    # reading and showing ----------------------------------------------------------------------------------------

    def _fit_rope(self) -> None:
        """In the unit of the metric; the width that was chosen stays as long as the unit does."""
        about = METRICS[self.metric_name]
        suffix = " points" if about.unit == "%" else f" {about.unit}".rstrip()
        if self.rope.suffix() == suffix:
            return
        self.rope.blockSignals(True)
        self.rope.setSuffix(suffix)
        self.rope.setDecimals(about.decimals)
        self.rope.setRange(0.0, 10 * about.scale * ROPE)
        self.rope.setSingleStep(0.5 * about.scale * ROPE)
        self.rope.setValue(about.scale * ROPE)
        self.rope.blockSignals(False)

    def _show(self) -> None:
        if self.overview is None:
            return
        about, summary = METRICS[self.metric_name], self.overview.summary
        against = str(self.against.currentData() or "")
        pairs = summary.compare(self.metric_name, self.rope.value() / about.scale, against)
        wanted = tuple((pair.a.runs, pair.b.runs, pair.difference.folds) for pair in pairs)
        self.read(wanted, partial(_read, pairs, self.context.workspace))
        self._draw(pairs)

    def arrived(self, result: dict[tuple[str, str], ClipComparison]) -> None:
        self._clips = result
        self.reading.clear()
        self._draw(self.pairs)

    def clear(self) -> None:
        self._clips = {}

    def say(self, sentence: str) -> None:
        self.reading.setText(sentence)

    def _draw(self, pairs: tuple[Comparison, ...]) -> None:
        assert self.overview is not None
        clips = self._clips
        self.pairs = tuple(replace(pair, clips=clips.get((pair.a.label, pair.b.label))) for pair in pairs)
        about = METRICS[self.metric_name]
        on_clips = self.over.currentData() == CLIPS
        if on_clips:
            unit, what = "percentage points", "Right answers on the same clips"
        else:
            unit, what = "percentage points" if about.unit == "%" else about.unit, about.title
        drawn = _clip_row if on_clips else _fold_row
        rows = [row for pair in self.pairs if (row := drawn(pair, self._look(pair)))]
        title = f"{what}: first less second, in {unit}; {GREY}"
        self.forest.show_rows(rows, [ForestLine("equal", 0.0, "No difference.")] if rows else [], title)
        self.findings.say(findings(self.overview.summary, self.metric_name, self.pairs))

    def _look(self, pair: Comparison) -> Look:
        return self.looks[(pair.a if pair.a_leads else pair.b).label]

    def _lay_out(self) -> None:
        self._bar = QWidget()
        bar = QHBoxLayout(self._bar)
        bar.setContentsMargins(theme.GRID, theme.GRID, theme.GRID, 0)
        bar.setSpacing(theme.GRID)
        for word, widget in (("Of", self.against), ("over", self.over), ("Differences matter from", self.rope)):
            bar.addWidget(theme.label(word, muted=True))
            bar.addWidget(widget)
        bar.addStretch(1)
        bar.addWidget(self.reading)
        framed = QWidget()
        QVBoxLayout(framed).addWidget(self.forest)
        drawn = QScrollArea()
        drawn.setWidget(framed)
        drawn.setWidgetResizable(True)
        columns = self.side_by_side("differences", drawn, self.findings, (640, 520), (1, 1))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._bar)
        column.addWidget(columns, 1)


def _read(
    pairs: tuple[Comparison, ...], workspace: Workspace, control: Control, report: Callable[[Event], None]
) -> dict[tuple[str, str], ClipComparison]:
    read = with_clips(pairs, workspace, control, report)
    return {(pair.a.label, pair.b.label): pair.clips for pair in read if pair.clips is not None}


def _fold_row(pair: Comparison, look: Look) -> ForestRow | None:
    """Over the folds, in the unit of the metric."""
    scale, ends = METRICS[pair.metric].scale, pair.interval
    of_a, of_b = pair.a.by_fold(pair.metric), pair.b.by_fold(pair.metric)
    return _row(
        pair,
        look,
        scale * pair.difference.mean,
        None if ends is None else (scale * ends[0], scale * ends[1]),
        told_apart=pair.told_apart,
        tip=pair.sentence,
        dots=tuple((f"fold {fold}", scale * (of_a[fold] - of_b[fold])) for fold in pair.difference.folds),
    )


def _clip_row(pair: Comparison, look: Look) -> ForestRow | None:
    """On the same clips, in percentage points; None where they are not read yet."""
    clips = pair.clips
    if clips is None:
        return None
    ends = clips.interval
    return _row(
        pair,
        look,
        100 * clips.gain.mean,
        None if ends is None else (100 * ends[0], 100 * ends[1]),
        told_apart=ends is not None and not ends[0] <= 0 <= ends[1],
        tip=pair.clip_sentence,
        dots=(),
    )


def _row(
    pair: Comparison,
    look: Look,
    mean: float,
    ends: tuple[float, float] | None,
    *,
    told_apart: bool,
    tip: str,
    dots: tuple[tuple[str, float], ...],
) -> ForestRow:
    """In the colour of the better network (its look) where the two can be told apart, else in grey."""
    return ForestRow(
        name=f"{pair.a.label}\n− {pair.b.label}",
        colour=look.colour if told_apart else theme.colour("muted"),
        mean=mean,
        low=None if ends is None else ends[0],
        high=None if ends is None else ends[1],
        dots=dots,
        tip=tip,
        modality=look.modality,
    )
