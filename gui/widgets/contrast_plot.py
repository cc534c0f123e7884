"""One property of two kinds of predictions, overlaid; or the share of one kind in each class, fold or group."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics
from PySide6.QtWidgets import QVBoxLayout, QWidget

from core.analysis.in_common import Contrast
from core.evaluation.statistics import Share
from gui import theme

FEW = 40  # values of one kind that are also shown each by itself
FEWEST_BINS, MOST_BINS = 8, 40
MOST_NAMES = 10  # rows of shares: where there is little room, more cannot be read
NAME_WIDTH = 112  # pixels of a name


class ShareAxis(pg.AxisItem):
    """Shares in percent; dots that lie below zero have none."""

    def __init__(self) -> None:
        super().__init__("left")

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:  # noqa: N802 - Qt's name
        return [
            text if value >= 0 else ""
            for value, text in zip(values, super().tickStrings(values, scale, spacing), strict=True)
        ]


class PlainAxis(pg.AxisItem):
    """Numbers in full where the axis is logarithmic, too: 800 rather than 8·10²."""

    def __init__(self) -> None:
        super().__init__("bottom")

    def logTickStrings(self, values: list[float], scale: float, spacing: float | None) -> list[str]:  # noqa: N802
        return [f"{number:,.0f}" if number >= 10 else f"{number:g}" for number in (10.0 ** np.array(values) * scale)]


class ContrastPlot(QWidget):
    """Drawn anew as a whole: a few hundred points at most."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: tuple[Contrast | tuple[str, Sequence[tuple[str, Share]]], tuple[str, str], bool] | None = None
        self.key = theme.label("", theme.SMALL, wrap=True)
        self.key.setTextFormat(Qt.TextFormat.RichText)
        self.graphics = pg.GraphicsLayoutWidget()
        self.plot = self.graphics.addPlot(axisItems={"bottom": PlainAxis(), "left": ShareAxis()})
        self.plot.setMenuEnabled(False)
        self.plot.hideButtons()
        self.plot.setMouseEnabled(x=False, y=False)
        for side in ("left", "bottom"):
            self.plot.getAxis(side).enableAutoSIPrefix(False)
        theme.style_plot(self.graphics)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GRID // 2)
        column.addWidget(self.key)
        column.addWidget(self.graphics, 1)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(240, 144)

    def clear(self) -> None:
        self._shown = None
        self.plot.clear()
        self.key.clear()

    def show_contrast(self, contrast: Contrast, names: tuple[str, str], of_errors: bool) -> None:
        """Two histograms with the medians. `of_errors`: those in question have the colour of errors."""
        self._shown = contrast, names, of_errors
        self._draw()

    def show_shares(
        self, factor: str, shares: Sequence[tuple[str, Share]], names: tuple[str, str], of_errors: bool
    ) -> None:
        """A row for each value, with its interval."""
        self._shown = (factor, shares), names, of_errors
        self._draw()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange) and hasattr(self, "_shown"):
            self._draw()

    def _draw(self) -> None:
        self.plot.clear()
        if self._shown is None:
            return
        what, names, of_errors = self._shown
        colours = theme.ERROR if of_errors else theme.colour("accent"), theme.CORRECT
        if isinstance(what, Contrast):
            self._draw_contrast(what, names, colours)
        else:
            self._draw_shares(*what, names, colours[0])
        theme.style_plot(self.graphics)

    def _draw_contrast(self, contrast: Contrast, names: tuple[str, str], colours: tuple[QColor, QColor]) -> None:
        of = contrast.measured
        sides = [_placed(side, of.logarithmic) for side in (contrast.chosen, contrast.rest)]
        self._axes(f"{of.name} ({of.unit})" if of.unit else of.name, "of each (%)", of.logarithmic)
        edges = _edges(np.concatenate(sides))
        if edges is None:
            self.key.setText("Of these clips it is not known.")
            return
        highest = 0.0
        heights = [100 * np.histogram(side, edges)[0] / max(len(side), 1) for side in sides]
        for side, height, colour in reversed(list(zip(sides, heights, colours, strict=True))):
            fill = QColor(colour)
            fill.setAlpha(90)
            self.plot.addItem(
                pg.PlotDataItem(
                    edges, height, stepMode="center", fillLevel=0, brush=fill, pen=pg.mkPen(colour, width=2)
                )
            )
            if len(side):
                line = pg.mkPen(colour, width=2, style=Qt.PenStyle.DashLine)
                self.plot.addItem(pg.InfiniteLine(float(np.median(side)), pen=line))
            highest = max(highest, float(height.max()))
        low = 0.0
        for side, colour in zip(sides, colours, strict=True):
            if 0 < len(side) <= FEW:
                low -= 0.09 * highest
                dots = pg.ScatterPlotItem(side, np.full(len(side), low), size=6, brush=colour, pen=None)
                self.plot.addItem(dots)
        self.plot.setXRange(edges[0], edges[-1], padding=0.02)
        self.plot.setYRange(low - 0.04 * highest, 1.05 * highest, padding=0)
        squares = [
            f'<span style="color:{colour.name()}">■</span> {name} ({len(side):,})'
            for name, side, colour in zip(names, sides, colours, strict=True)
        ]
        dots_too = " · dots: each" if low < 0 else ""
        self.key.setText(f"{' &nbsp; '.join(squares)} &nbsp; dashed: medians{dots_too}")

    def _draw_shares(
        self, factor: str, shares: Sequence[tuple[str, Share]], names: tuple[str, str], colour: QColor
    ) -> None:
        shown = list(shares[:MOST_NAMES])
        self._axes(f"{names[0]} (%)", "", False)
        metrics = QFontMetrics(theme.font(theme.SMALL))
        room = round(theme.pixels(NAME_WIDTH))
        rows = np.arange(len(shown), 0.0, -1)
        texts = [metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, room) for name, _ in shown]
        self.plot.getAxis("left").setTicks([list(zip(rows, texts, strict=True))])
        values = 100 * np.array([share.value for _, share in shown])
        low, high = 100 * np.array([share.interval for _, share in shown]).T
        self.plot.addItem(
            pg.ErrorBarItem(x=values, y=rows, left=values - low, right=high - values, pen=pg.mkPen(colour, width=2))
        )
        self.plot.addItem(pg.ScatterPlotItem(values, rows, size=9, brush=colour, pen=None))
        right, of = sum(share.right for _, share in shares), sum(share.of for _, share in shares)
        line = pg.mkPen(theme.colour("muted"), style=Qt.PenStyle.DashLine)
        self.plot.addItem(pg.InfiniteLine(100 * Share(right, of).value, pen=line))
        self.plot.setXRange(0, 100, padding=0.04)
        self.plot.setYRange(0.3, len(shown) + 0.7, padding=0)
        some = f"the {len(shown)} highest of {len(shares)}; " if len(shares) > len(shown) else ""
        self.key.setText(
            f"{factor}: {some}share of {names[0]} among its clips, each once, with Wilson's 95 % interval; dashed: all"
        )

    def _axes(self, bottom: str, left: str, logarithmic: bool) -> None:
        self.plot.setLabel("bottom", bottom)
        self.plot.setLabel("left", left)
        self.plot.showLabel("left", bool(left))
        self.plot.getAxis("left").setTicks(None)
        self.plot.getAxis("bottom").setLogMode(logarithmic)


def _placed(values: NDArray[np.float64], logarithmic: bool) -> NDArray[np.float64]:
    """Where values lie on the axis."""
    return np.log10(values[values > 0]) if logarithmic else values


def _edges(values: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Of the bins; None of no values."""
    if not len(values):
        return None
    found = np.histogram_bin_edges(values, "fd" if np.ptp(values) else 1)
    bins = min(max(len(found) - 1, FEWEST_BINS), MOST_BINS)
    return np.linspace(found[0], found[-1], bins + 1)
