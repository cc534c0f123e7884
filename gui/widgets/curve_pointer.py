"""What the pointer is on, in figures: run, epoch and value of the nearest point of the curves."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, QPointF, QTimer, Signal

from gui import theme

LOOK_MS = 50  # after the mouse has moved; never while it rests
REACH = 40  # pixels within which a point is meant


@dataclass(frozen=True)
class Line:
    """Points that can be pointed at."""

    plot: pg.PlotItem
    item: pg.PlotDataItem
    words: Callable[[float, float], str]  # of the point (x, y)


class CurvePointer(QObject):
    """Rings the nearest point and says its words; looks for it only when the mouse has moved."""

    said = Signal(str)  # "" = nothing is near

    def __init__(
        self, graphics: pg.GraphicsLayoutWidget, plots: Iterable[pg.PlotItem], lines: Callable[[], Iterable[Line]]
    ) -> None:
        super().__init__(graphics)
        self._lines = lines
        self._place = QPointF()
        self._rings = {plot: pg.ScatterPlotItem(size=11, brush=None) for plot in plots}
        for plot, ring in self._rings.items():
            ring.setZValue(20)
            plot.addItem(ring, ignoreBounds=True)
        self._timer = QTimer(self, singleShot=True, interval=LOOK_MS)
        self._timer.timeout.connect(self._look)
        graphics.scene().sigMouseMoved.connect(self._moved)
        graphics.viewport().installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        if event.type() == QEvent.Type.Leave:
            self.forget()
        return super().eventFilter(watched, event)

    def forget(self) -> None:
        """Point at nothing until the mouse moves again."""
        self._timer.stop()
        self._show(None)

    def _moved(self, place: QPointF) -> None:
        self._place = place
        if not self._timer.isActive():
            self._timer.start()

    def _look(self) -> None:
        under = next((plot for plot in self._rings if plot.vb.sceneBoundingRect().contains(self._place)), None)
        self._show(None if under is None else self._nearest(under))

    def _nearest(self, plot: pg.PlotItem) -> tuple[Line, float, float] | None:
        """The line with the point that is nearest in pixels, and the point."""
        here = plot.vb.mapSceneToView(self._place)
        wide, high = plot.vb.viewPixelSize()
        best, found = float(REACH), None
        for line in self._lines():
            x, y = line.item.getData()
            if line.plot is not plot or x is None or not len(x):
                continue
            distances = np.hypot((x - here.x()) / wide, (y - here.y()) / high)
            nearest = int(np.nanargmin(distances)) if np.isfinite(distances).any() else 0
            if distances[nearest] < best:
                best, found = float(distances[nearest]), (line, float(x[nearest]), float(y[nearest]))
        return found

    def _show(self, found: tuple[Line, float, float] | None) -> None:
        for plot, ring in self._rings.items():
            if found is not None and found[0].plot is plot:
                ring.setData([found[1]], [found[2]], pen=pg.mkPen(theme.colour("text"), width=2))
            elif len(ring.data):
                ring.clear()
        self.said.emit("" if found is None else found[0].words(*found[1:]))
