"""Lines of networks with a band around each: one colour a network, and figures of the point under the mouse."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QSize
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QVBoxLayout, QWidget

from gui import theme
from gui.looks import Look
from gui.widgets.curve_pointer import CurvePointer, Line

Figures = NDArray[np.float64]
HINT = "Point at a line for its figures. Wheel zooms, drag pans, double click shows everything."
FAINT = 0.75  # how far a network steps back while another is pointed at
FEW = 3  # networks; the bands of more are fainter, or they would cover each other
BAND = {False: (0.2, 0.1), True: (0.3, 0.18)}  # opacity of few and of many, by dark
THIN = {False: 0.5, True: 0.3}  # share of the background in a thin line


@dataclass(frozen=True)
class BandLine:
    """A line of a network, as it is drawn."""

    network: str  # label
    look: Look
    x: Figures
    y: Figures
    low: Figures  # NaN where there is no band
    high: Figures
    words: Callable[[int], str]  # of a point
    thin: bool = False  # behind a thick line of the same network
    marked: bool = False  # there is something at its points alone: they are marked, and a bar is there for a band


class BandPlot(QWidget):
    """Wheel zooms at the pointer, drag pans, double click shows everything; hovering tells figures."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.lines: tuple[BandLine, ...] = ()
        self.hidden: frozenset[str] = frozenset()
        self.pointed = ""  # label of the network in front; "" = all alike
        self.banded = True
        self.curves: list[pg.PlotDataItem] = []
        self._bands: list[pg.FillBetweenItem | pg.ErrorBarItem | None] = []
        self._bounds: tuple[float, float, float, float] | None = None
        self.graphics = pg.GraphicsLayoutWidget()
        self.plot = self.new_plot(0)
        self.reference = pg.PlotDataItem()
        self.plot.addItem(self.reference, ignoreBounds=True)
        self.figures = theme.label(HINT, theme.SMALL, muted=True)  # to be placed outside what is saved
        theme.style_plot(self.graphics)
        self.pointer = CurvePointer(self.graphics, (self.plot,), self._pointable)
        self.pointer.said.connect(self._said)
        self.graphics.scene().sigMouseClicked.connect(self._mouse_clicked)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GRID // 2)
        column.addWidget(self.graphics, 1)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(320, 160)

    def show_lines(
        self,
        lines: Sequence[BandLine],
        bottom: str = "",
        left: str = "",
        bounds: tuple[float, float, float, float] | None = None,
        reference: tuple[Sequence[float], Sequence[float]] = ((), ()),
    ) -> None:
        """Show lines in place of those there were.

        Args:
            lines: of networks.
            bottom: name and unit of the x axis.
            left: of the y axis.
            bounds: left, right, bottom and top of everything; None = as the lines need.
            reference: x and y of what is to be expected without any skill, or with perfect skill.
        """
        self.pointer.forget()
        for item in (*self.curves, *filter(None, self._bands)):
            self.plot.removeItem(item)
        self.lines, self.pointed, self._bounds = tuple(lines), "", bounds
        self.curves, self._bands = [], []
        self.plot.setLabel("bottom", bottom)
        self.plot.setLabel("left", left)
        self.reference.setData(*reference)
        for line in self.lines:
            self._add(line)
        self.dress()
        self.reset_view()

    def reset_view(self) -> None:
        if self._bounds is None:
            self.plot.enableAutoRange()
        else:
            left, right, bottom, top = self._bounds
            self.plot.setXRange(left, right, padding=0.035)  # or there would be no room for the figures at the ends
            self.plot.setYRange(bottom, top, padding=0.04)

    def hide_networks(self, hidden: set[str]) -> None:
        self.hidden = frozenset(hidden)
        self.dress()

    def show_bands(self, on: bool) -> None:
        self.banded = on
        self.dress()

    def point_at(self, network: str) -> None:
        """Bring a network to the front and let the others step back; "" = all alike."""
        if network != self.pointed:
            self.pointed = network
            self.dress()

    def present(self, on: bool) -> None:
        self.figures.setHidden(on)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "figures"):
            self.dress()
        super().changeEvent(event)

    def new_plot(self, row: int) -> pg.PlotItem:
        plot = self.graphics.addPlot(row=row, col=0)
        plot.setMenuEnabled(False)
        plot.hideButtons()
        plot.showGrid(x=True, y=True, alpha=0.12)
        for side in ("left", "bottom"):
            plot.getAxis(side).enableAutoSIPrefix(False)
        return plot

    def dress(self) -> None:
        """Pens and brushes, for the scheme, for what is hidden and for what is pointed at."""
        self.reference.setPen(pg.mkPen(theme.colour("muted"), width=1))
        seen = {line.network for line in self.lines} - self.hidden
        opacity = BAND[theme.is_dark()][len(seen) > FEW and not self.pointed]
        for line, curve, band in zip(self.lines, self.curves, self._bands, strict=True):
            shown, front = line.network in seen, line.network == self.pointed
            behind = bool(self.pointed) and not front
            colour = self.colour_of(line.look, line.network, THIN[theme.is_dark()] if line.thin else 0.0)
            width = (1 if line.thin else 2) + (1 if front else 0)
            curve.setVisible(shown)
            curve.setZValue(-10 if behind else 2 if front else 1)
            curve.setPen(pg.mkPen(colour, width=width, style=line.look.style))
            if line.marked:
                curve.setSymbolBrush(colour)
                curve.setSymbolPen(pg.mkPen(theme.colour("base"), width=1))
            if isinstance(band, pg.ErrorBarItem):
                band.setOpts(pen=pg.mkPen(theme.mix(colour, theme.colour("base"), 0.35), width=width))
            elif band is not None:
                filled = QColor(colour)
                filled.setAlphaF(opacity / 2 if line.thin else opacity)
                band.setBrush(filled)
            if band is not None:
                band.setVisible(shown and self.banded and not behind)
                band.setZValue(-1)

    def colour_of(self, look: Look, network: str, faint: float = 0.0) -> QColor:
        """Of a network; stepped back while another is pointed at."""
        behind = bool(self.pointed) and network != self.pointed
        return theme.mix(look.colour, theme.colour("base"), FAINT if behind else faint)

    def _add(self, line: BandLine) -> None:
        curve = pg.PlotDataItem(
            line.x, line.y, connect="finite", symbol="o" if line.marked else None, symbolSize=7, name=line.network
        )
        band = _band(line)
        for item in filter(None, (band, curve)):
            self.plot.addItem(item)
        self.curves.append(curve)
        self._bands.append(band)

    def _pointable(self) -> Iterator[Line]:
        for line, curve in zip(self.lines, self.curves, strict=True):
            if line.network not in self.hidden:
                yield Line(self.plot, curve, partial(_words, line))

    def _said(self, words: str) -> None:
        self.figures.setText(words or HINT)

    def _mouse_clicked(self, event: object) -> None:
        if event.double():  # type: ignore[attr-defined]
            self.reset_view()


def _band(line: BandLine) -> pg.FillBetweenItem | pg.ErrorBarItem | None:
    there = np.isfinite(line.low) & np.isfinite(line.high)
    if not there.any():
        return None
    x, y, low, high = (values[there] for values in (line.x, line.y, line.low, line.high))
    if line.marked:
        return pg.ErrorBarItem(x=x, y=y, top=high - y, bottom=y - low, beam=0.0)
    return pg.FillBetweenItem(pg.PlotDataItem(x, low), pg.PlotDataItem(x, high))


def _words(line: BandLine, x: float, y: float) -> str:
    return line.words(int(np.argmin(np.abs(line.x - x) + np.abs(np.nan_to_num(line.y, nan=np.inf) - y))))
