"""The end of a guessing game: the scores of all with their intervals, and the clips that nobody got."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QBrush
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from core.datasets.base import Modality
from core.game import Game, Guess, Round
from core.readable import counted
from gui import theme
from gui.widgets.guess_scores import Standing, standings
from gui.widgets.marks import mark_icon

SCORES = ("Who", "Given", "Right", "Accuracy, %", "95 % interval, %")
BROAD = 96 * theme.GRID  # px of the scores, before type is enlarged
UNSOLVED = ("Clip", "It was", "You said", "The networks said")
INTERVALS = (
    "Wilson's interval of a share: where the true accuracy of somebody with this score lies, with 95 % confidence. "
    "Few clips leave it wide, and intervals that overlap much say that nobody has won yet."
)


class GameEnd(QWidget):
    """Says what the panel tells it of what is kept."""

    again_wanted = Signal()
    settings_wanted = Signal()
    leave_wanted = Signal()
    forget_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = theme.label("", theme.TITLE)
        self.scores = _tree(SCORES, figures=(2, 3, 4), name="Scores")
        self.scores.headerItem().setToolTip(4, INTERVALS)
        self.heading = theme.label(bold=True)
        self.unsolved = _tree(UNSOLVED, figures=(), name="Clips that nobody got")
        self.note = theme.label(muted=True, wrap=True)
        self.forget = QPushButton("Do not keep this game")
        self.forget.setToolTip("Deletes what was kept of this game for good: it no longer counts in Compare.")
        self.again = QPushButton("Play again")
        self.again.setProperty("primary", True)
        self.again.setToolTip("The same networks, other clips  (Enter)")
        self.settings = QPushButton("Other settings …")
        self.settings.setToolTip("Choose another study, other networks, more clips.")
        self.leave = QPushButton("Leave")
        self.leave.setToolTip("Back to microphone and camera  (Esc)")
        self._lay_out()
        for button, signal in (
            (self.again, self.again_wanted),
            (self.settings, self.settings_wanted),
            (self.leave, self.leave_wanted),
            (self.forget, self.forget_wanted),
        ):
            button.clicked.connect(signal)

    def show_game(self, game: Game, given: Modality) -> None:
        person = game.person()
        self.title.setText(f"You got {person.right} of {person.of} right")
        self.scores.clear()
        for standing in sorted(standings(game, given), key=lambda one: -one.score.right):
            self.scores.addTopLevelItem(_score_row(standing))
        self._fit_scores()
        unsolved = game.unsolved()
        self.heading.setText(f"Nobody got {'this clip' if len(unsolved) == 1 else f'these {len(unsolved)} clips'}")
        self.unsolved.clear()
        for asked, guess in unsolved:
            self.unsolved.addTopLevelItem(_unsolved_row(game, asked, guess))
        for widget in (self.heading, self.unsolved):
            widget.setVisible(bool(unsolved))

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        if event.type() == QEvent.Type.FontChange and hasattr(self, "unsolved"):
            self._fit_scores()
        super().changeEvent(event)

    def _fit_scores(self) -> None:
        """As high and broad as the table is: figures stand near the names they belong to."""
        rows = self.scores.topLevelItemCount() * max(1, self.scores.sizeHintForRow(0))
        self.scores.setFixedHeight(self.scores.header().sizeHint().height() + rows + theme.GRID)
        self.scores.setMaximumWidth(round(theme.pixels(BROAD)))

    def say_kept(self, sentence: str, *, kept: bool) -> None:
        """`kept`: there is something to be forgotten."""
        self.note.setText(sentence)
        self.forget.setVisible(kept)

    def _lay_out(self) -> None:
        actions, kept = QHBoxLayout(), QHBoxLayout()
        for button in (self.again, self.settings, self.leave):
            actions.addWidget(button)
        actions.addStretch(1)
        kept.addWidget(self.note, 1)
        kept.addWidget(self.forget)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * theme.GRID, theme.GRID, 2 * theme.GRID, 2 * theme.GRID)
        column.setSpacing(2 * theme.GRID)
        column.addWidget(self.title)
        column.addWidget(self.scores)
        column.addWidget(self.heading)
        column.addWidget(self.unsolved, 1)
        column.addStretch()
        column.addLayout(kept)
        column.addLayout(actions)


def _score_row(standing: Standing) -> QTreeWidgetItem:
    score = standing.score
    low, high = score.interval
    item = QTreeWidgetItem(
        [
            standing.name,
            standing.given.word,
            f"{score.right} of {score.of}",
            f"{100 * score.value:.1f}",
            f"{100 * low:.1f} – {100 * high:.1f}",
        ]
    )
    item.setIcon(0, mark_icon(standing.given, standing.colour))
    for column in range(item.columnCount()):
        if column > 1:
            item.setTextAlignment(column, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if standing.person:
            item.setFont(column, theme.font(bold=True))
    return item


def _unsolved_row(game: Game, asked: Round, guess: Guess) -> QTreeWidgetItem:
    def name(place: int) -> str:
        return game.classes[place].replace("_", " ")

    told = [f"{network.name}: {name(said)}" for network, said in zip(game.networks, asked.said, strict=True)]
    item = QTreeWidgetItem([asked.clip_id, name(asked.true), name(guess.choice), "; ".join(told)])
    item.setToolTip(3, "\n".join(told))
    item.setForeground(2, QBrush(theme.colour("error_text")))
    return item


def _tree(headings: tuple[str, ...], figures: tuple[int, ...], name: str) -> QTreeWidget:
    tree = QTreeWidget()
    tree.setHeaderLabels(list(headings))
    tree.setRootIsDecorated(False)
    tree.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
    tree.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    tree.setAccessibleName(name)
    header = tree.header()
    header.setStretchLastSection(not figures)
    for column in range(len(headings)):
        if column in figures:
            tree.headerItem().setTextAlignment(column, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
    if figures:
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
    return tree


def kept_words(games: int) -> str:
    """What is kept."""
    return (
        "Results are kept without a name: which clips, what was chosen, the seconds that took, and the day. "
        f"{counted(games, 'game')} so far; Compare shows them beside the networks."
    )
