"""ROC, precision-recall or reliability of networks; of the last, below it, how many clips are told so surely."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np
import pyqtgraph as pg
from PySide6.QtWidgets import QWidget

from core.evaluation.curves import Kind, NetworkCurve, ScoreCurves
from core.evaluation.metrics import CALIBRATION_BINS
from gui import theme
from gui.looks import Look
from gui.widgets.band_plot import BandLine, BandPlot

AXES = {
    Kind.ROC: ("False-positive rate (%)", "True-positive rate (%)"),
    Kind.PRECISION_RECALL: ("Recall (%)", "Precision (%)"),
}
EDGES = np.linspace(0.0, 100.0, CALIBRATION_BINS + 1)
UNBOUNDED = 16_777_215  # pixels: Qt's own word for it is not known to Python
WIDE = 8 * theme.GRID  # of both upright axes, so that the bins stand below their points


class ScorePlot(BandPlot):
    """Everything in %."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.counts = self.new_plot(1)
        self.counts.setXLink(self.plot)
        self.counts.setLabel("left", "Clips (%)")
        self.counts.getAxis("left").setStyle(maxTickLevel=0)
        self.steps: dict[str, pg.PlotDataItem] = {}
        theme.style_plot(self.graphics)
        self.graphics.ci.layout.setRowStretchFactor(0, 3)
        self.graphics.ci.layout.setRowStretchFactor(1, 1)
        self._show_counts(False)

    def show_curves(self, found: ScoreCurves | None, looks: Mapping[str, Look]) -> None:
        """Show curves; None shows nothing."""
        for step in self.steps.values():
            self.counts.removeItem(step)
        self.steps = {}
        counted_too = found is not None and found.kind is Kind.RELIABILITY
        self._show_counts(counted_too)
        if found is None:
            self.show_lines(())
            return
        for curve in found.curves if counted_too else ():
            label = curve.network.label
            self.steps[label] = pg.PlotDataItem(EDGES, 100 * curve.shares, stepMode="center", name=label)
            self.counts.addItem(self.steps[label])
        lines = [_line(found.kind, curve, looks[curve.network.label]) for curve in found.curves]
        bottom, left = _axes(found)
        self.show_lines(lines, bottom, left, (0, 100, 0, 100), _reference(found))
        if counted_too:  # the lower plot bears the name
            self.plot.setLabel("bottom", "")
            self.counts.setLabel("bottom", bottom)

    def reset_view(self) -> None:
        super().reset_view()
        self.counts.enableAutoRange(y=True)

    def dress(self) -> None:
        super().dress()
        for plot in (self.plot, self.counts):
            plot.getAxis("left").setWidth(theme.pixels(WIDE) if self.steps else None)
        for line in self.lines:
            if line.network in self.steps:
                step = self.steps[line.network]
                step.setPen(pg.mkPen(self.colour_of(line.look, line.network), width=1.5, style=line.look.style))
                step.setVisible(line.network not in self.hidden)

    def _show_counts(self, on: bool) -> None:
        self.counts.setVisible(on)
        self.counts.setMaximumHeight(UNBOUNDED if on else 0)  # what is hidden would keep its room
        self.plot.getAxis("bottom").setStyle(showValues=not on)
        self.plot.getAxis("bottom").setHeight(theme.GRID if on else None)


def _axes(found: ScoreCurves) -> tuple[str, str]:
    if found.kind is not Kind.RELIABILITY:
        return AXES[found.kind]
    if found.name:
        return f"Probability of {found.name} (%)", f"Clips that are {found.name} (%)"
    return "Confidence: probability of the predicted class (%)", "Accuracy (%)"


def _reference(found: ScoreCurves) -> tuple[tuple[float, float], tuple[float, float]]:
    """Chance, or perfect calibration."""
    if found.kind is Kind.PRECISION_RECALL:
        return (0, 100), (100 * found.chance, 100 * found.chance)
    return (0, 100), (0, 100)


def _line(kind: Kind, curve: NetworkCurve, look: Look) -> BandLine:
    return BandLine(
        network=curve.network.label,
        look=look,
        x=100 * curve.x,
        y=100 * curve.y,
        low=100 * curve.low,
        high=100 * curve.high,
        words=partial(_words, kind, curve),
        marked=kind is Kind.RELIABILITY,
    )


def _words(kind: Kind, curve: NetworkCurve, place: int) -> str:
    """`ResNet-50 · false positives 5.0 % · true positives 91.2 % [85.0, 97.4] · 4 folds × 1 seed`."""
    x, y = f"{100 * curve.x[place]:.1f} %", f"{100 * curve.y[place]:.1f} %"
    if np.isfinite(curve.low[place]):
        y += f" [{100 * curve.low[place]:.1f}, {100 * curve.high[place]:.1f}]"
    told = {
        Kind.ROC: f"false positives {x} · true positives {y}",
        Kind.PRECISION_RECALL: f"recall {x} · precision {y}",
        Kind.RELIABILITY: f"said {x} · came true {y}",
    }[kind]
    return f"{curve.network.label} · {told} · {curve.score.basis}"
