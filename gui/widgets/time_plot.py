"""What waveform and spectrogram share: time to the right, a cursor, one way to zoom, pan and seek."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, QPointF, Qt, Signal
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QWidget

from gui import theme

RIGHT = 64  # pixels right of the plot: the colour bar of a spectrogram, nothing elsewhere
SHORTEST = 0.005  # seconds that zooming in stops at


class TimeAxis(pg.AxisItem):
    """Seconds, with their unit at every label."""

    def __init__(self) -> None:
        super().__init__("bottom")

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:  # noqa: N802
        return [f"{text} s" for text in super().tickStrings(values, scale, spacing)]


class TimePlot(pg.PlotWidget):
    """Wheel zooms at the pointer, drag pans, double click resets, click asks to seek."""

    seek_wanted = Signal(float)  # seconds
    pointed = Signal(object)  # QPointF in data coordinates under the pointer, or None

    def __init__(self, left: pg.AxisItem | None = None, parent: QWidget | None = None) -> None:
        axes = {"bottom": TimeAxis()} | ({"left": left} if left is not None else {})
        super().__init__(parent, axisItems=axes)
        self.duration = 1.0
        self.whole_height: tuple[float, float] | None = None  # what reset() shows of the vertical axis
        self.item: pg.PlotItem = self.getPlotItem()
        self.item.setMenuEnabled(False)
        self.item.hideButtons()
        for axis in axes.values():
            axis.setStyle(tickFont=theme.font(theme.SMALL), tickLength=-4)
        self.item.layout.setContentsMargins(0, 4, 0, 4)
        self.cursor_line = pg.InfiniteLine(0.0, angle=90, movable=False)
        self.cursor_line.setZValue(10)
        self.cursor_line.hide()
        self.item.addItem(self.cursor_line, ignoreBounds=True)
        self._before_click = 0.0
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.fit_axes()
        self.installEventFilter(self)  # changeEvent is called before there are axes
        self.scene().sigMouseClicked.connect(self._clicked)
        self.scene().sigMouseMoved.connect(self._moved)

    def fit_axes(self) -> None:
        """Room for the widest label: the same in all, so that stacked plots share their time axis to the pixel."""
        widest = QFontMetrics(theme.font(theme.SMALL)).horizontalAdvance("500 Hz")
        self.item.getAxis("left").setWidth(widest + 2 * theme.GRID)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if event.type() == QEvent.Type.StyleChange:  # the type has another size
            self.fit_axes()
        return bool(super().eventFilter(watched, event))

    def set_duration(self, seconds: float) -> None:
        """The whole clip is this long; the view goes back to all of it."""
        self.duration = max(seconds, SHORTEST)
        self.item.vb.setLimits(xMin=0.0, xMax=self.duration, minXRange=min(SHORTEST, self.duration))
        self.reset()

    def set_cursor(self, seconds: float | None) -> None:
        """Where the sound is now; None hides the line."""
        self.cursor_line.setVisible(seconds is not None)
        if seconds is not None:
            self.cursor_line.setValue(seconds)

    def reset(self) -> None:
        """Show everything."""
        self.item.setXRange(0.0, self.duration, padding=0)
        if self.whole_height is not None:
            self.item.setYRange(*self.whole_height, padding=0)

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802
        super().leaveEvent(event)
        self.pointed.emit(None)

    def _clicked(self, event: pg.GraphicsScene.mouseEvents.MouseClickEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton or not self._inside(event.scenePos()):
            return
        if event.double():
            # Its first click has sought already: waiting for a second one would make every click late.
            self.seek_wanted.emit(self._before_click)
            self.reset()
        else:
            self._before_click = self.cursor_line.value()
            self.seek_wanted.emit(self.item.vb.mapSceneToView(event.scenePos()).x())

    def _moved(self, place: QPointF) -> None:
        self.pointed.emit(self.item.vb.mapSceneToView(place) if self._inside(place) else None)

    def _inside(self, place: QPointF) -> bool:
        return bool(self.item.vb.sceneBoundingRect().contains(place))
