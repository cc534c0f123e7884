"""The waveform of a clip: its envelope, a cursor, and a click that seeks."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QGraphicsWidget, QWidget

from gui import theme
from gui.widgets.time_plot import RIGHT, TimePlot


class Waveform(TimePlot):
    """Amplitude over time; zoomed out it is the lowest and highest sample of each column of pixels."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        # One column a pixel: the lowest and the highest of its samples. Asked of the plot, which tells its curves.
        self._curve = pg.PlotDataItem(antialias=False, skipFiniteCheck=True, autoDownsampleFactor=1.0)
        self.item.setDownsampling(auto=True, mode="peak")
        self.item.setClipToView(True)
        self.item.addItem(self._curve)
        self.item.vb.sigResized.connect(self._redraw)  # other columns; pyqtgraph asks only when the range changes
        self.item.setMouseEnabled(x=True, y=False)
        margin = QGraphicsWidget()
        margin.setMinimumWidth(RIGHT)
        margin.setMaximumWidth(RIGHT)
        self.item.layout.addItem(margin, 2, 5)  # where a spectrogram has its colour bar
        self.item.getAxis("left").setStyle(maxTickLevel=0, tickFont=theme.font(theme.SMALL), tickLength=-4)
        self.item.getAxis("left").setTickDensity(0.5)  # it is drawn low, too
        self.item.hideAxis("bottom")
        self.setMinimumHeight(56)
        self.setToolTip(
            "Waveform: sound pressure over time; 1 is full scale.\n"
            "Click to hear from there, wheel zooms, drag pans, double click shows everything."
        )
        self._colour_curve()

    def show_samples(self, samples: NDArray[np.float32], rate: int, peak: float | None = None) -> None:
        """Draw a clip, shape (samples,), at a rate in Hz; `peak` is the end of the scale, by itself the clip's own.

        A clip without a sound track has no samples, and no rate.
        """
        if not len(samples):
            self.clear_samples()
            return
        peak = peak or float(np.abs(samples).max(initial=0.0)) or 1.0
        self._curve.setData(np.arange(len(samples), dtype=np.float32) / rate, samples)
        self.item.setYRange(-peak, peak, padding=0.1)
        self.set_duration(len(samples) / rate)

    def clear_samples(self) -> None:
        self._curve.setData([], [])
        self.set_cursor(None)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if event.type() == QEvent.Type.PaletteChange:
            self._colour_curve()
        return bool(super().eventFilter(watched, event))

    def _redraw(self) -> None:
        self._curve.viewRangeChanged()

    def _colour_curve(self) -> None:
        self._curve.setPen(theme.colour("accent"))
        self.cursor_line.setPen(pg.mkPen(theme.colour("text"), width=1))
