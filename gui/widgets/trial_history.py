"""The trials of a search, one after the other: what each came to, and the best so far."""

from __future__ import annotations

import statistics
from collections.abc import Iterator

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics
from PySide6.QtWidgets import QVBoxLayout, QWidget

from core.search.result import SearchResult, figures, words
from core.search.trials import Ending, Trial
from gui import theme
from gui.widgets.curve_pointer import CurvePointer, Line

HEADROOM = 3.0  # times the distance from the best trial to the median one: what lies above is drawn at the edge
CAPTION = "● trained to the end    ◇ stopped early    × diverged or failed    △ above the picture    — best so far"
HINT = "Point at a mark: its settings are told here."
TRAINED, PRUNED, WITHOUT, ABOVE = "o", "d", "x", "t1"  # pyqtgraph's marks


class TrialHistory(QWidget):
    """Wheel zooms at the pointer, drag pans, double click shows everything; hovering tells a trial's settings."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.trials: dict[int, Trial] = {}
        self._steps: list[tuple[int, float]] = []  # after each trial that was trained to the end, the best so far
        self._colour = theme.colour("accent")
        self._range = ((0.0, 1.0), (0.0, 1.0))
        self.graphics = pg.GraphicsLayoutWidget()
        self.plot = self.graphics.addPlot()
        self.plot.setMenuEnabled(False)
        self.plot.hideButtons()
        self.plot.showGrid(y=True, alpha=0.2)
        self.plot.setLabel("left", "Validation loss (nats)")
        self.plot.setLabel("bottom", "Trial")
        for side in ("left", "bottom"):
            self.plot.getAxis(side).enableAutoSIPrefix(False)
        self.best = pg.PlotDataItem()
        self.marks = pg.PlotDataItem()
        for item in (self.best, self.marks):
            self.plot.addItem(item)
        theme.style_plot(self.graphics)
        self.figures = theme.label(HINT, theme.SMALL, muted=True, wrap=True)
        self.figures.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._pointer = CurvePointer(self.graphics, (self.plot,), self._pointable)
        self._pointer.said.connect(self._said)
        self.graphics.scene().sigMouseClicked.connect(self._mouse_clicked)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GRID // 2)
        column.addWidget(theme.label(CAPTION, theme.SMALL, muted=True, wrap=True))
        column.addWidget(self.graphics, 1)
        column.addWidget(self.figures)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(320, 180)

    def show_result(self, result: SearchResult, colour: QColor) -> None:
        """Show the trials that ended, those that were interrupted left out: they are tried again."""
        self._pointer.forget()
        self._colour = colour
        self.trials = {trial.number: trial for trial in result.counted}
        self._steps = result.history()
        self._range = self._bounds()
        self._draw()
        self.figures.setMinimumHeight(2 * QFontMetrics(theme.font(theme.SMALL)).height())  # the plot must not jump
        self.reset_view()

    def reset_view(self) -> None:
        (first, last), (low, high) = self._range
        room = 0.06 * (high - low)
        self.plot.setXRange(first - 0.5, last + 0.5, padding=0)
        self.plot.setYRange(low - room, high + room, padding=0)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "marks"):
            self._draw()
        super().changeEvent(event)

    def _bounds(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """Trials from first to last, and losses from the best to what is worth telling apart."""
        losses = sorted(trial.loss for trial in self.trials.values() if trial.loss is not None)
        last = float(max(self.trials, default=1))
        if not losses:
            return (1.0, last), (0.0, 1.0)
        low = losses[0]
        high = min(losses[-1], low + HEADROOM * (statistics.median(losses) - low))
        return (1.0, last), (low, high if high > low else low + max(0.1, abs(low)))

    def _draw(self) -> None:
        (_, last), (_, top) = self._range
        back, muted = theme.colour("base"), theme.colour("muted")
        steps = [*self._steps, *((last, loss) for _, loss in self._steps[-1:])]  # the last goes on to the last trial
        self.best.setData(
            [number for number, _ in steps],
            [loss for _, loss in steps],
            stepMode="right",
            pen=pg.mkPen(self._colour, width=2),
        )
        trials = list(self.trials.values())
        trained = [trial.ending is Ending.TRAINED for trial in trials]
        self.marks.setData(
            list(self.trials),
            [min(_height(trial, top), top) for trial in trials],
            pen=None,
            symbol=[_symbol(trial, top) for trial in trials],
            symbolSize=round(theme.pixels(10)),
            symbolPen=[pg.mkPen(self._colour if full else muted, width=2) for full in trained],
            symbolBrush=[pg.mkBrush(self._colour if full else back) for full in trained],
        )

    def _pointable(self) -> Iterator[Line]:
        yield Line(self.plot, self.marks, self._words)

    def _words(self, x: float, y: float) -> str:
        trial = self.trials[round(x)]
        said = figures(trial) if trial.loss is not None else trial.reason
        return f"Trial {trial.number}, {trial.ending}: {said}; {words(trial.settings)}"

    def _said(self, text: str) -> None:
        self.figures.setText(text or HINT)

    def _mouse_clicked(self, event: object) -> None:
        if event.double():  # type: ignore[attr-defined]
            self.reset_view()


def _height(trial: Trial, top: float) -> float:
    """Where a trial is drawn; at the edge where it came to nothing."""
    worthless = trial.loss is None or trial.ending in (Ending.DIVERGED, Ending.FAILED)
    return top if worthless or trial.loss is None or not np.isfinite(trial.loss) else trial.loss


def _symbol(trial: Trial, top: float) -> str:
    if trial.ending in (Ending.DIVERGED, Ending.FAILED) or trial.loss is None:
        return WITHOUT
    if trial.loss > top:
        return ABOVE
    return TRAINED if trial.ending is Ending.TRAINED else PRUNED
