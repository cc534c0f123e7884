"""The score of a game so far: the person and every network, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from core.analysis.study_records import NetworkName
from core.datasets.base import Modality
from core.evaluation.statistics import Share
from core.game import Game
from gui import theme
from gui.widgets.marks import paint_mark

ROW = 20  # px, before type is enlarged
FIGURES = 32
BAR = 4
YOU = "You"
LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


@dataclass(frozen=True)
class Standing:
    """Somebody's score. `given`: sound, sight or both."""

    name: str
    given: Modality
    colour: QColor
    score: Share
    person: bool = False

    @property
    def words(self) -> str:
        return f"{self.name}, given {self.given.word}: {self.score.right} of {self.score.of} right"


class GuessScores(QWidget):
    """A column for each: name, how many of how many, and that as a bar."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.standings: tuple[Standing, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Scores")

    def show_standings(self, standings: Sequence[Standing]) -> None:
        self.standings = tuple(standings)
        self.setAccessibleDescription("; ".join(standing.words for standing in standings))
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(480, round(theme.pixels(ROW + FIGURES + 2 * BAR)) + theme.GRID)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(240, self.sizeHint().height())

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        if event.type() == QEvent.Type.FontChange:
            self.updateGeometry()
        super().changeEvent(event)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), "\n".join(standing.words for standing in self.standings), self)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        width = (self.width() + 2 * theme.GRID) / max(1, len(self.standings))
        for place, standing in enumerate(self.standings):
            room = QRectF(place * width, 0, width - 2 * theme.GRID, self.height())
            self._paint(painter, room, standing)

    def _paint(self, painter: QPainter, room: QRectF, standing: Standing) -> None:
        row, you = theme.pixels(ROW), standing.person
        paint_mark(painter, standing.given, QPointF(room.left() + theme.GRID, row / 2), 5, standing.colour)
        painter.setPen(theme.colour("text" if you else "muted"))
        painter.setFont(theme.font(bold=you))
        name = room.adjusted(2.5 * theme.GRID, 0, 0, row - room.height())
        elided = painter.fontMetrics().elidedText(standing.name, Qt.TextElideMode.ElideRight, int(name.width()))
        painter.drawText(name, LEFT, elided)
        painter.setPen(theme.colour("text"))
        painter.setFont(theme.font(theme.TITLE, bold=you))
        score = standing.score
        figures = QRectF(room.left(), row, room.width(), theme.pixels(FIGURES))
        painter.drawText(figures, LEFT, f"{score.right} of {score.of}" if score.of else "–")
        bar = QRectF(room.left(), figures.bottom(), room.width(), theme.pixels(BAR))
        painter.fillRect(bar, theme.mix(theme.colour("base"), theme.colour("text"), 0.07))
        if score.of:
            painter.fillRect(QRectF(bar.left(), bar.top(), bar.width() * score.value, bar.height()), standing.colour)


def standings(game: Game, given: Modality) -> tuple[Standing, ...]:
    """The person first."""
    networks = zip(game.networks, game.scores(), strict=True)
    return (
        Standing(YOU, given, theme.colour("accent"), game.person(), person=True),
        *(_of_network(network, score) for network, score in networks),
    )


def _of_network(network: NetworkName, score: Share) -> Standing:
    return Standing(network.name, network.modality, theme.architecture_colour(network.architecture), score)
