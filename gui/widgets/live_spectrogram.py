"""The spectrogram of what is heard now: it scrolls to the left, and now is at its right end."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Signal
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from gui import theme
from gui.widgets.spectrogram import BAR, MelAxis
from gui.widgets.time_plot import RIGHT, TimeAxis

SECONDS = 10.0  # in view
AXIS = 7 * theme.GRID  # px for the frequencies, before type is enlarged
LEVELS = (-95.0, -15.0)  # dB below a pure tone at full scale; 80 dB, as everywhere


class _Graphics(pg.GraphicsLayoutWidget):
    """Says when it has been painted: what was drawn is on the screen with the next flush of the window."""

    painted = Signal()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        super().paintEvent(event)
        self.painted.emit()


class ScrollingSpectrogram(QWidget):
    """Handed columns as they come; draws when it is told to."""

    painted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._axis = MelAxis()
        self.graphics = _Graphics()
        self.graphics.painted.connect(self.painted)
        self.item = self.graphics.addPlot(axisItems={"left": self._axis, "bottom": TimeAxis()})
        self.item.setMenuEnabled(False)
        self.item.hideButtons()
        self.item.setMouseEnabled(x=False, y=False)
        self.item.setXRange(-SECONDS, 0, padding=0)
        self._image = pg.ImageItem(axisOrder="row-major")
        self.item.addItem(self._image)
        self._bar = pg.ColorBarItem(values=LEVELS, width=BAR, interactive=False, colorMap=pg.colormap.get("magma"))
        self._bar.setImageItem(self._image, insert_in=self.item)
        self._bar.axis.setWidth(RIGHT - BAR - 8)
        self._bar.axis.setStyle(tickFont=theme.font(theme.SMALL), tickLength=0, maxTickLevel=0)
        self._axis.setWidth(AXIS)
        self._held: NDArray[np.float32] = np.zeros((1, 1), np.float32)
        self._place = 0  # of the next column
        self._changed = False
        theme.style_plot(self.graphics)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.graphics)
        self.setMinimumHeight(12 * theme.GRID)
        self.graphics.setToolTip(
            "What is heard now, in dB below a pure tone at full scale. The newest is on the right."
        )

    @property
    def span(self) -> tuple[int, int]:
        """Where the time axis begins and ends, in px from the left."""
        view = self.graphics.mapFromScene(self.item.getViewBox().sceneBoundingRect()).boundingRect()
        return view.left(), view.right()

    def begin(self, frequencies: NDArray[np.float64], a_second: float) -> None:
        """Another source: nothing was heard yet. `a_second`: columns that come a second."""
        bands = len(frequencies)
        self._held = np.full((bands, round(SECONDS * a_second)), LEVELS[0], np.float32)
        self._place = 0
        self._axis.set_frequencies(frequencies)
        self.item.setYRange(0, bands, padding=0)
        self._changed = True

    def add(self, columns: NDArray[np.float32]) -> None:
        """The next columns, shape (bands, k) in dB."""
        room = self._held.shape[1]
        columns = columns[:, -room:]
        places = (self._place + np.arange(columns.shape[1])) % room
        self._held[:, places] = columns
        self._place = (self._place + columns.shape[1]) % room
        self._changed = self._changed or columns.shape[1] > 0

    def draw(self) -> bool:
        """Draw what has come since; False where nothing has."""
        if not self._changed:
            return False
        self._changed = False
        self._axis.setWidth(round(theme.pixels(AXIS)))  # type grows in presentation mode
        self._image.setImage(np.roll(self._held, -self._place, axis=1), autoLevels=False, levels=LEVELS)
        self._image.setRect(QRectF(-SECONDS, 0, SECONDS, len(self._held)))
        return True
