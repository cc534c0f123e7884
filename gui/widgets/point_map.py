"""Points on a plane: tens of thousands in one call, pointed at, opened, and chosen by a line drawn around them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import cast

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QPolygonF,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget
from shiboken6 import Shiboken

from gui import theme

Places = NDArray[np.int64]  # of points in the order they were given

REACH = 12.0  # pixels within which a point is meant
CELL, RADIUS = 16, 4.0  # pixels of a mark's picture, and of the mark where there is room
ROOM = 12.0  # pixels a point, for marks of full size
SMALLEST, SIZES = 0.4, 8  # of a mark where points are many; and steps up to full size
FAINT = 0.18  # opacity of what is not chosen
MARGIN = 0.06  # of the side, around the points
CLOSEST = 200.0  # times that can be zoomed in
STEP = 3.0  # pixels between corners of a line that is drawn


class PointMap(QWidget):
    """Wheel zooms at the pointer, drag draws a line around points (with Shift: more of them), the right button pans,
    double click shows everything.

    A point is a disc, or a square where it is `marked`. Bright ones are drawn over faint ones, marked over unmarked.
    """

    pointed = Signal(int)  # point under the pointer; −1 = none
    clicked = Signal(int)  # −1 = where there is none
    lassoed = Signal(object, bool)  # Places, and whether they are to be added to those chosen before

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.words = ""  # in place of points
        self.hovered = -1  # ringed: the pointer is on it, here or elsewhere
        self.open = -1  # ringed in the accent colour
        self._points: NDArray[np.float64] = np.zeros((0, 2))
        self._marked: NDArray[np.bool_] = np.zeros(0, bool)
        self._bright: NDArray[np.bool_] = np.zeros(0, bool)
        self._ringed: NDArray[np.bool_] = np.zeros(0, bool)
        self._codes: NDArray[np.int64] = np.zeros(0, np.int64)
        self._colours: tuple[QColor, ...] = ()
        self._order: Places = np.zeros(0, np.int64)  # in which they are drawn
        self._atlas = QPixmap()  # pictures of the marks
        self._drawn: tuple[tuple[QColor, ...], float] | None = None  # colours and grain of these
        self._zoom, self._middle = 1.0, np.zeros(2)
        self._line: list[QPointF] = []  # that is being drawn
        self._pan: QPointF | None = None

    def show_points(self, points: NDArray[np.float32], marked: NDArray[np.bool_], words: str = "") -> None:
        """Show these (n, 2), all bright; `words` stand there where there are none."""
        self.words, self.hovered, self.open, self._line = words, -1, -1, []
        low, high = (points.min(axis=0), points.max(axis=0)) if len(points) else (0.0, 1.0)
        side = max(float(np.max(high - low)), 1e-9)
        self._points = (points - (high + low) / 2) / side  # a square around 0, its side 1
        self._marked, self._ringed = marked, np.zeros(len(points), bool)
        self._codes, self._colours = np.zeros(len(points), np.int64), (theme.colour("muted"),)
        self.set_bright(np.ones(len(points), bool))
        self.reset_zoom()

    def set_colours(self, codes: NDArray[np.int64], colours: Sequence[QColor]) -> None:
        """`codes` (n,) are places in `colours`."""
        self._codes, self._colours = codes, tuple(colours)
        self.update()

    def set_bright(self, bright: NDArray[np.bool_]) -> None:
        self._bright = bright
        self._order = np.lexsort((self._marked, bright))
        self.update()

    def set_ringed(self, ringed: NDArray[np.bool_]) -> None:
        """All points of a class, say."""
        self._ringed = ringed
        self.update()

    def point_at(self, place: int, opened: int) -> None:
        """Ring the point under the pointer, and the one that is open; −1 = none."""
        if (place, opened) != (self.hovered, self.open):
            self.hovered, self.open = place, opened
            self.update()

    def __len__(self) -> int:
        return len(self._points)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(96, 96)

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(320, 320)

    # geometry ---------------------------------------------------------------------------------------------------

    def reset_zoom(self) -> None:
        self._zoom, self._middle = 1.0, np.zeros(2)
        self.update()

    def zoom(self, factor: float, at: QPointF) -> None:
        """Show everything `factor` times as large; what is under `at` stays there."""
        zoom = min(CLOSEST, max(1.0, self._zoom * factor))
        offset = np.array([at.x() - self.width() / 2, at.y() - self.height() / 2])
        self._middle = self._middle + offset / self._side * (1 / self._zoom - 1 / zoom)
        self._zoom = zoom
        self._keep_inside()

    def pixels(self) -> NDArray[np.float64]:
        """(n, 2) where the points are in the widget."""
        centre = np.array([self.width() / 2, self.height() / 2])
        return (self._points - self._middle) * (self._side * self._zoom) + centre

    def nearest(self, at: QPointF) -> int:
        """The point within reach of a place in the widget, bright ones first; −1 = there is none."""
        if not len(self):
            return -1
        distances = np.hypot(*(self.pixels() - (at.x(), at.y())).T)
        near = np.where(self._bright, distances, distances + REACH / 2)
        best = int(near.argmin())
        return best if distances[best] <= REACH else -1

    @property
    def _side(self) -> float:
        """Pixels of the square that holds all points when nothing is zoomed."""
        return max(1.0, min(self.width(), self.height()) * (1 - 2 * MARGIN))

    def _keep_inside(self) -> None:
        most = 0.5 * (1 - 1 / self._zoom)
        self._middle = np.clip(self._middle, -most, most)
        self.update()

    # mouse ------------------------------------------------------------------------------------------------------

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        self.zoom(1.25 ** (event.angleDelta().y() / 120), event.position())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if event.button() == Qt.MouseButton.LeftButton and len(self):
            self._line = [event.position()]
        elif event.button() == Qt.MouseButton.RightButton:
            self._pan = event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        at = event.position()
        if self._line:
            if (at - self._line[-1]).manhattanLength() >= STEP:
                self._line.append(at)
                self.update()
        elif self._pan is not None:
            moved, self._pan = at - self._pan, at
            self._middle = self._middle - np.array([moved.x(), moved.y()]) / (self._side * self._zoom)
            self._keep_inside()
        else:
            self._point(self.nearest(at))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        line, self._line = self._line, []
        if event.button() == Qt.MouseButton.RightButton:
            self._pan = None
        if not line or event.button() != Qt.MouseButton.LeftButton:
            return
        self.update()
        if max((corner - line[0]).manhattanLength() for corner in line) <= theme.GRID:
            self.clicked.emit(self.nearest(line[0]))
        else:
            corners = np.array([(corner.x(), corner.y()) for corner in line])
            more = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self.lassoed.emit(np.flatnonzero(inside(self.pixels(), corners)), more)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self._line = []
        self.reset_zoom()

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802
        self._point(-1)

    def _point(self, place: int) -> None:
        if place != self.hovered:
            self.pointed.emit(place)

    # painting ---------------------------------------------------------------------------------------------------

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.StyleChange):
            self._drawn = None
        super().changeEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), theme.colour("base"))
        if not len(self):
            painter.setPen(theme.colour("muted"))
            room = self.rect().adjusted(theme.GRID, theme.GRID, -theme.GRID, -theme.GRID)
            painter.drawText(room, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self.words)
            return
        places = self.pixels()
        self._paint_marks(painter, places)
        for place, colour, reach in ((self.open, "accent", 7.0), (self.hovered, "text", 8.0)):
            if place >= 0:
                painter.setPen(QPen(theme.colour(colour), 2.5))
                painter.drawEllipse(QPointF(*places[place]), theme.pixels(reach), theme.pixels(reach))
        if len(self._line) > 1:
            veil = theme.colour("accent")
            painter.setPen(QPen(veil, 1.5))
            veil.setAlpha(40)
            painter.setBrush(veil)
            painter.drawPolygon(QPolygonF(self._line))

    def _paint_marks(self, painter: QPainter, places: NDArray[np.float64]) -> None:
        """All marks in one call of Qt: drawn one by one, as Python calls, 20,000 take thirty times as long."""
        ratio = self.devicePixelRatioF()
        crowd = self._side * self._zoom / (ROOM * math.sqrt(len(self)))
        grain = ratio * theme.pixels(round(SIZES * min(1.0, max(SMALLEST, crowd))) / SIZES)
        if self._drawn != (self._colours, grain):
            self._drawn, self._atlas = (self._colours, grain), _atlas(self._colours, grain)
        rings = np.flatnonzero(self._ringed)
        order, cell = np.concatenate([self._order, rings]), self._atlas.height() // 2
        fragments = np.zeros((len(order), 10))  # the fields of QPainter::PixmapFragment
        fragments[:, 0:2] = places[order]  # its middle
        fragments[:, 2], fragments[:, 3] = cell * self._codes[order], cell * self._marked[order]
        fragments[len(self._order) :, 2:4] = cell * len(self._colours), 0
        fragments[:, 4:6] = cell
        fragments[:, 6:8] = 1 / ratio
        fragments[:, 9] = np.where(self._bright[order], 1.0, FAINT)
        first = cast(QPainter.PixmapFragment, Shiboken.wrapInstance(fragments.ctypes.data, QPainter.PixmapFragment))
        painter.drawPixmapFragments(first, len(fragments), self._atlas)


def inside(points: NDArray[np.float64], corners: NDArray[np.float64]) -> NDArray[np.bool_]:
    """(n,) whether points (n, 2) lie within a polygon (m, 2): whether a ray from them crosses its edges an odd number
    of times (Shimrat 1962, Algorithm 112)."""
    odd = np.zeros(len(points), bool)
    x, y = points.T
    for (x1, y1), (x2, y2) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        if y1 != y2:
            odd ^= ((y1 > y) != (y2 > y)) & (x < (x2 - x1) * (y - y1) / (y2 - y1) + x1)
    return odd


def _atlas(colours: Sequence[QColor], grain: float) -> QPixmap:
    """The pictures of all marks: a column a colour, discs above squares; in the last column a ring.

    `grain`: its pixels for each that sizes are given in.
    """
    cell = math.ceil(CELL * grain)
    picture = QPixmap(cell * (len(colours) + 1), 2 * cell)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(theme.colour("base"), grain))  # neighbours stay apart
    radius = RADIUS * grain
    for column, colour in enumerate(colours):
        painter.setBrush(colour)
        middle = QPointF(cell * (column + 0.5), cell / 2)
        painter.drawEllipse(middle, radius, radius)
        painter.drawRect(QRectF(middle.x() - radius, middle.y() + cell - radius, 2 * radius, 2 * radius))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(theme.colour("text"), 1.5 * grain))
    painter.drawEllipse(QPointF(cell * (len(colours) + 0.5), cell / 2), radius + 2 * grain, radius + 2 * grain)
    painter.end()
    return picture
