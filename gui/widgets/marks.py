"""The mark of a modality, the same in every plot: sound a disc, sight an open square, both a diamond."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPen, QPixmap, QPolygonF

from core.datasets.base import Modality
from gui import theme

LINE = 2.0  # pixels of an open mark
MARKS = {Modality.AUDIO: "●", Modality.VIDEO: "□", Modality.AUDIO_VISUAL: "◆"}  # in words


def paint_mark(painter: QPainter, modality: Modality, centre: QPointF, radius: float, colour: QColor) -> None:
    """Paint a mark around a point, edged so that it stands out from lines that pass behind it."""
    painter.save()
    painter.setPen(QPen(theme.colour("window"), LINE))
    painter.setBrush(colour)
    if modality == Modality.AUDIO:
        painter.drawEllipse(centre, radius + LINE / 2, radius + LINE / 2)  # half of its edge lies within it
    elif modality == Modality.VIDEO:
        side = 0.85 * radius
        painter.setPen(QPen(colour, LINE, j=Qt.PenJoinStyle.MiterJoin))
        painter.setBrush(theme.colour("window"))
        painter.drawRect(QRectF(centre.x() - side, centre.y() - side, 2 * side, 2 * side))
    else:
        reach = 1.35 * radius + LINE / 2
        corners = [QPointF(reach, 0), QPointF(0, reach), QPointF(-reach, 0), QPointF(0, -reach)]
        painter.drawPolygon(QPolygonF([centre + corner for corner in corners]))
    painter.restore()


def mark_icon(modality: Modality, colour: QColor) -> QIcon:
    """The mark alone, for lists, tables and keys."""
    size = 2 * theme.GRID
    picture = QPixmap(size, size)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    paint_mark(painter, modality, QPointF(theme.GRID, theme.GRID), 5, colour)
    painter.end()
    icon = QIcon(picture)
    icon.addPixmap(picture, QIcon.Mode.Selected)  # or a selected row would tint it
    return icon
