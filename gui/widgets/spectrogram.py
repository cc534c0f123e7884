"""The spectrogram of a clip: mel bands labelled in Hz, levels in dB, what is under the pointer in figures."""

from __future__ import annotations

from bisect import bisect_left

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from core.audio.pictures import Picture
from core.readable import figure
from gui import theme
from gui.widgets.time_plot import RIGHT, TimePlot

COLOUR_MAPS = {"magma": "magma", "viridis": "viridis", "grey": "CET-L1"}
ROUND = [digit * 10.0**power for power in range(1, 5) for digit in (1, 2, 5)]  # Hz that make good labels
LABEL_HEIGHT = 24  # pixels between two labels at least
BAR = 12  # pixels of the colour bar itself


class MelAxis(pg.AxisItem):
    """Rows of a spectrogram labelled with the frequencies, in Hz, of their centres."""

    def __init__(self) -> None:
        super().__init__("left")
        self._frequencies: NDArray[np.float64] = np.array([0.0, 1.0])

    def set_frequencies(self, frequencies: NDArray[np.float64]) -> None:
        """Centres of the rows in Hz, ascending."""
        self._frequencies = np.asarray(frequencies, np.float64)
        self.picture = None
        self.update()

    def frequency(self, row: float) -> float:
        """Hz at a height in rows; row 0 reaches from 0 to 1."""
        return float(np.interp(row - 0.5, np.arange(len(self._frequencies)), self._frequencies))

    def row(self, frequency: float) -> float:
        return float(np.interp(frequency, self._frequencies, np.arange(len(self._frequencies)))) + 0.5

    def tickValues(self, low: float, high: float, size: float) -> list[tuple[float, list[float]]]:  # noqa: N802
        """Round frequencies that keep a distance; between round ones when zoomed in."""
        if len(self._frequencies) < 3:  # nothing is shown
            return []
        bottom, top = self.frequency(low), self.frequency(high)
        candidates = [hz for hz in ROUND if bottom <= hz <= top]
        if len(candidates) < 3:
            step = ROUND[min(bisect_left(ROUND, (top - bottom) / 4), len(ROUND) - 1)]
            candidates = list(np.arange(np.ceil(bottom / step) * step, top + 1e-6, step))
        ticks: list[float] = []
        for row in (self.row(hz) for hz in reversed(candidates)):  # from the top, where the bands are wide
            if low <= row <= high and (not ticks or (ticks[-1] - row) * size / (high - low) >= LABEL_HEIGHT):
                ticks.append(row)
        return [(1.0, ticks)]

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:  # noqa: N802
        return [hertz(self.frequency(row)) for row in values]


def hertz(frequency: float) -> str:
    """`500 Hz`, `2 kHz`, `2.5 kHz`."""
    rounded = round(frequency)
    return f"{rounded / 1000:.4g} kHz" if rounded >= 1000 else f"{rounded} Hz"


class SpectrogramView(QWidget):
    """A caption, the picture with its colour bar, and the figures under the pointer."""

    def __init__(self, caption: str, tooltip: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._axis = MelAxis()
        self.plot = TimePlot(self._axis)
        self.plot.setToolTip(f"{tooltip}\nClick to hear from there, wheel zooms, drag pans, double click resets.")
        self.plot.item.setMouseEnabled(x=True, y=True)
        self.plot.setMinimumHeight(96)
        self._image = pg.ImageItem(axisOrder="row-major")
        self.plot.item.addItem(self._image)
        self._bar = pg.ColorBarItem(values=(-80, 0), width=BAR, interactive=False, colorMap=pg.colormap.get("magma"))
        self._bar.setImageItem(self._image, insert_in=self.plot.item)
        self._bar.axis.setWidth(RIGHT - BAR - 8)
        self._bar.axis.setStyle(tickFont=theme.font(theme.SMALL), tickLength=0, maxTickLevel=0)
        self.plot.cursor_line.setPen(pg.mkPen("#ffffff", width=1))
        self._decibels: NDArray[np.float32] = np.zeros((1, 1), np.float32)
        self._rect = QRectF(0, 0, 1, 1)

        self._caption = theme.label(f"{caption}, dB", theme.SMALL, muted=True)
        self._figures = theme.label("", theme.SMALL, muted=True)
        line = QHBoxLayout()
        line.setContentsMargins(8, 4, 8, 0)
        line.addWidget(self._caption)
        line.addStretch()
        line.addWidget(self._figures)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(line)
        column.addWidget(self.plot, 1)
        self.plot.pointed.connect(self._show_figures)

    def show_decibels(self, picture: Picture) -> None:
        """Draw a spectrogram; how long the clip is was told to `plot`."""
        bands, frames = picture.decibels.shape
        self._decibels = picture.decibels
        self._axis.set_frequencies(picture.frequencies)
        step = picture.hop_seconds  # windows are centred: a column reaches half a hop to either side
        self._rect = QRectF(picture.start - step / 2, 0.0, frames * step, bands)
        self._image.setImage(picture.decibels, autoLevels=False, levels=picture.levels)
        self._image.setRect(self._rect)
        self._bar.setLevels(picture.levels)
        self._image.show()
        self.plot.item.vb.setLimits(yMin=0.0, yMax=float(bands), minYRange=min(4.0, bands))
        self.plot.whole_height = 0.0, float(bands)
        self.plot.reset()

    def clear_decibels(self) -> None:
        self._image.hide()
        self._figures.clear()
        self.plot.set_cursor(None)

    def set_colours(self, name: str) -> None:
        """A key of COLOUR_MAPS."""
        self._bar.setColorMap(pg.colormap.get(COLOUR_MAPS[name]))

    def figures_at(self, place: QPointF) -> str:
        """Time, frequency and level at a point of the plot, or nothing beside the picture."""
        bands, frames = self._decibels.shape
        column = int((place.x() - self._rect.left()) / self._rect.width() * frames)
        row = int(place.y())
        if not self._image.isVisible() or not (0 <= column < frames and 0 <= row < bands):
            return ""
        level = figure(self._decibels[row, column], ".0f")
        return f"{place.x():.2f} s   {self._axis.frequency(place.y()):,.0f} Hz   {level} dB".replace(",", "\u2009")

    def _show_figures(self, place: QPointF | None) -> None:
        self._figures.setText(self.figures_at(place) if place is not None else "")
