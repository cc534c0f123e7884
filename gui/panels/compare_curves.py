"""Compare, Curves: ROC, precision-recall and reliability of every network, with bands over the folds."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from core.evaluation.curves import Kind, ScoreCurves, read_curves
from core.evaluation.tables import TextTable
from core.readable import counted
from gui import theme
from gui.context import Context
from gui.panels.compare_parts import ReadingPage
from gui.widgets.controls import beside, named_combo, options_combo
from gui.widgets.flow import FlowLayout
from gui.widgets.network_chips import NetworkChips
from gui.widgets.score_plot import ScorePlot

KINDS = {
    Kind.ROC: "Share of a class's clips that are found, against the share of other clips that are taken for it, "
    "while the probability asked for falls.",
    Kind.PRECISION_RECALL: "How much of a list is of the class, the most probable first, while it gets longer.",
    Kind.RELIABILITY: "How often the networks are right when they say that they are so sure.",
}
ALL = "All classes"
LISTED = 34 * theme.GRID  # pixels of the column of networks, before type is enlarged
SHORT = {Kind.ROC: "AUC", Kind.PRECISION_RECALL: "AP", Kind.RELIABILITY: "ECE"}
NONE = "No network can be drawn: no test clip, or every test clip, is of this class."


class CurvesPage(ReadingPage):
    title = "Curves"
    help = "ROC, precision–recall and reliability of every network, with bands over the folds."

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self.curves: ScoreCurves | None = None
        self.kind = options_combo("Curve", ((kind, str(kind), words) for kind, words in KINDS.items()), 136)
        kept = self.kind.findData(context.settings.value("compare/curves"))
        self.kind.setCurrentIndex(max(0, kept))
        self.label = named_combo(
            "Class",
            f"{ALL}: the mean of the curves of each class against the rest; for reliability, the predicted class, "
            "whichever it is. Or one class against the rest.",
            176,
        )
        self.label.addItem(ALL, "")
        self.bands = QCheckBox("Bands")
        self.bands.setChecked(True)
        self.bands.setToolTip(
            "The 95 % interval around each curve, or each point. What it is of is said below the plot."
        )
        self.plot = ScorePlot()
        self.chips = NetworkChips(column=True)
        self.said = theme.label("", theme.SMALL, muted=True, wrap=True)
        self.said.setTextFormat(Qt.TextFormat.PlainText)
        self._lay_out()
        for combo in (self.kind, self.label):
            combo.activated.connect(self.refresh)
        self.bands.toggled.connect(self.plot.show_bands)
        self.chips.changed.connect(self._hide_networks)
        self.chips.pointed.connect(self.plot.point_at)

    def refresh(self) -> None:
        if self.overview is None:
            return
        summary, kind, name = self.overview.summary, Kind(self.kind.currentData()), str(self.label.currentData())
        self.read((summary.runs, kind, name), partial(read_curves, summary.networks, kind, name))

    def table(self) -> TextTable | None:
        return self.curves.table() if self.curves is not None else None

    def picture(self) -> QWidget:
        return self._drawn

    def present(self, on: bool) -> None:
        self._bar.setHidden(on)
        self._listed.setFixedWidth(round(theme.pixels(LISTED)))
        self.plot.present(on)

    def save_state(self) -> None:
        self.context.settings.setValue("compare/curves", self.kind.currentData())

    def arrived(self, result: ScoreCurves) -> None:
        assert self.overview is not None
        self._offer(result.classes)
        if result.name and self.label.currentData() != result.name:  # the study has no such class: all of them
            self.refresh()
            return
        self.curves = result
        shown = {curve.network.label: curve for curve in result.curves}
        self.chips.show_networks(
            {label: look for label, look in self.looks.items() if label in shown},
            {label: f"{SHORT[result.kind]} {curve.score.text()} %" for label, curve in shown.items()},
        )
        self.plot.show_curves(result, self.looks)
        self._hide_networks()
        self.say(_about(result))

    def clear(self) -> None:
        self.curves = None
        self.plot.show_curves(None, {})
        self.chips.show_networks({})

    def say(self, sentence: str) -> None:
        self.said.setText(sentence)

    def _offer(self, classes: tuple[str, ...]) -> None:
        """The classes that there are; the chosen one stays where it is among them."""
        chosen = self.label.currentData()
        with QSignalBlocker(self.label):
            self.label.clear()
            self.label.addItem(ALL, "")
            for name in classes:
                self.label.addItem(name, name)
            self.label.setCurrentIndex(max(0, self.label.findData(chosen)))

    def _hide_networks(self) -> None:
        self.plot.hide_networks(self.chips.hidden)

    def _lay_out(self) -> None:
        self._bar = QWidget()
        bar = FlowLayout(self._bar, theme.GRID)
        for combo in (self.kind, self.label):
            bar.addWidget(beside(combo.accessibleName(), combo))
        self.bands.setMinimumHeight(self.kind.sizeHint().height())  # or it would stand higher than the words
        bar.addWidget(self.bands)
        self._listed = QScrollArea()
        self._listed.setWidget(self.chips)
        self._listed.setWidgetResizable(True)
        self._listed.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._listed.setFixedWidth(LISTED)
        self._drawn = QWidget()
        row = QHBoxLayout(self._drawn)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.GRID)
        row.addWidget(self.plot, 1)
        row.addWidget(self._listed)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.GRID, theme.GRID, theme.GRID, theme.GRID)
        column.setSpacing(theme.GRID)
        column.addWidget(self._bar)
        column.addWidget(self.plot.figures)
        column.addWidget(self._drawn, 1)
        column.addWidget(self.said)


def _about(found: ScoreCurves) -> str:
    """What the lines and the bands are."""
    if not found.curves:
        return NONE
    if found.kind is Kind.RELIABILITY:
        what = f"the probability of {found.name}" if found.name else "the probability of the predicted class"
        return (
            f"Clips of all folds in 15 bins by {what}; empty bins are left out. On the diagonal what is said comes "
            "true as often. Upright lines: Wilson’s 95 % interval of each bin’s clips; it knows neither of clips that "
            "share a source nor of other trainings."
        )
    folds = {curve.score.n_folds for curve in found.curves}
    parts = [
        f"{found.name} against the rest" if found.name else "Mean of the curves of the classes, each against the rest"
    ]
    parts.append("averaged vertically over seeds, then folds.")
    text = ", ".join(parts)
    if max(folds) > 1:
        text += (
            f" Bands: 95 % interval of the mean over {' or '.join(counted(n, 'fold') for n in sorted(folds - {1}))} at "
            "each place for itself, corrected for the training clips that folds share."
        )
    if found.one_fold:
        text += f" One fold allows no band: {', '.join(found.one_fold)}."
    return text + (" Level line: chance." if found.kind is Kind.PRECISION_RECALL else " Diagonal: chance.")
