"""One round after the other of the guessing game: a clip, the choice, the truth, and what every network said."""

from __future__ import annotations

import html
import time
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from core.analysis.study_records import StudyRecords
from core.datasets.base import Dataset, Modality
from core.game import Game
from gui import theme
from gui.context import Context
from gui.widgets.elided import ElidedLabel
from gui.widgets.guess_choices import GuessChoices
from gui.widgets.guess_clip import GuessClip
from gui.widgets.guess_scores import GuessScores, standings
from gui.widgets.opinions import opinions_of
from gui.widgets.probabilities import ProbabilityBars

ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
ASKED = {
    Modality.AUDIO: "What do you hear?",
    Modality.VIDEO: "What do you see?",
    Modality.AUDIO_VISUAL: "What do you hear and see?",
}
TYPED = "A few letters find a class, Enter takes it"


@dataclass(frozen=True)
class GameChoice:
    """What is played: clips of a dataset that networks of a study have tested.

    Attributes:
        networks: labels.
        given: what the person is given of each clip.
    """

    data: StudyRecords
    dataset: Dataset
    networks: tuple[str, ...]
    rounds: int
    given: Modality


class GameBoard(QWidget):
    """Waits with the truth until the person has chosen, and with the next clip until the person wants it."""

    finished = Signal()  # every round is guessed, or none can be
    leave_wanted = Signal()

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.context = context
        self.game: Game | None = None
        self.choice: GameChoice | None = None
        self.clip = GuessClip(context)
        self.choices = GuessChoices()
        self.bars = ProbabilityBars()
        self.scores = GuessScores()
        self.title = theme.label("", theme.TITLE)
        self.said = theme.label("", theme.TITLE)
        self.source = ElidedLabel()
        self.leave = QPushButton("Leave")
        self.leave.setToolTip("Leave the game: nothing is kept of one that is not complete  (Esc)")
        self.next = QPushButton("Go on")
        self.next.setProperty("primary", True)
        for button in (self.leave, self.next):
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the space bar plays the clip again
        self._paths: dict[str, Path] = {}
        self._since: float | None = None  # when the clip was first played
        self._told = False
        self._lay_out()
        self.clip.began.connect(self._began)
        self.clip.failed.connect(self._pass_over)
        self.choices.chosen.connect(self._guess)
        self.choices.again_wanted.connect(self.clip.play_again)
        self.leave.clicked.connect(self.leave_wanted)
        self.next.clicked.connect(self.go_on)

    def begin(self, game: Game, choice: GameChoice) -> None:
        self.game, self.choice = game, choice
        self._paths = {clip.id: clip.path for clip in choice.dataset.clips}
        self.choices.offer(game.classes)
        self._ask()

    def stop(self) -> None:
        self.game = None
        self.clip.stop()

    def press(self, key: Qt.Key) -> None:
        """The space bar plays again, Enter goes on, a digit chooses."""
        if key == Qt.Key.Key_Space:
            self.clip.play_again()
        elif key in ENTER:
            self.go_on()
        else:
            self.choices.press(key - Qt.Key.Key_0)

    def go_on(self) -> None:
        """The next clip, or the end; nothing before the truth has been told."""
        if self.game is None or not self._told:
            return
        if self.game.over:
            self._finish()
        else:
            self._ask()

    def _finish(self) -> None:
        self.clip.stop()
        self.finished.emit()

    def _ask(self) -> None:
        assert self.game is not None and self.choice is not None
        self._since, self._told = None, False
        synthetic = "Synthetic clips · " if self.choice.dataset.synthetic else ""
        number, rounds = len(self.game.guesses) + 1, len(self.game.rounds)
        self.title.setText(f"{synthetic}{number} of {rounds} · {ASKED[self.choice.given]}")
        self.said.hide()
        hint = TYPED if self.choices.list is not None else f"1 to {len(self.game.classes)} choose"
        self.source.set_text(f"{hint}, Space plays again, Esc leaves.")
        self.bars.clear()
        self.next.hide()
        self.choices.wait()
        self._show_scores()
        self.clip.show_clip(self._paths[self.game.current.clip_id], self.choice.given)

    def _began(self) -> None:
        if self._since is None and not self._told:
            self._since = time.monotonic()
            self.choices.ask()

    def _guess(self, choice: int) -> None:
        if self.game is None or self.choice is None or self._since is None or self._told:
            return
        asked, self._told = self.game.current, True
        self.game.guess(choice, time.monotonic() - self._since)
        self.choices.tell(asked.true, choice)
        classes, dataset = self.game.classes, self.choice.dataset
        true, chosen = (html.escape(classes[place].replace("_", " ")) for place in (asked.true, choice))
        right = f"Right: it was <b>{true}</b>."
        self.said.setText(right if asked.true == choice else f"It was <b>{true}</b>, not {chosen}.")
        self.said.show()
        self.source.set_text(f"{asked.clip_id} · {dataset.licence}")
        self.bars.show_opinions(classes, asked.true, opinions_of(self.game.networks, asked.answers))
        self.next.setText("See the scores" if self.game.over else "Go on")
        self.next.setToolTip(f"{'The scores of all' if self.game.over else 'The next clip'}  (Enter)")
        self.next.show()
        self._show_scores()
        self.setFocus()

    def _pass_over(self, sentence: str) -> None:
        """A clip that cannot be played is left out of the game."""
        if self.game is None:
            return
        self.context.message.emit(f"{sentence} This clip is passed over.", "warning")
        self.game.pass_over()
        if self.game.over:
            self._finish()
        else:
            self._ask()

    def _show_scores(self) -> None:
        if self.game is not None and self.choice is not None:
            self.scores.show_standings(standings(self.game, self.choice.given))

    def _lay_out(self) -> None:
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.said.setTextFormat(Qt.TextFormat.RichText)
        head, middle, told = QHBoxLayout(), QHBoxLayout(), QHBoxLayout()
        head.addWidget(self.title)
        head.addStretch(1)
        head.addWidget(self.leave)
        middle.setSpacing(3 * theme.GRID)
        middle.addWidget(self.clip, 1)
        middle.addWidget(self.choices, 1)
        told.setSpacing(2 * theme.GRID)
        told.addWidget(self.said)
        told.addWidget(self.source, 1)
        told.addWidget(self.next)
        told.addStrut(max(self.next.sizeHint().height(), self.said.sizeHint().height()))  # as high without them
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * theme.GRID, theme.GRID, 2 * theme.GRID, theme.GRID)
        column.setSpacing(theme.GRID)
        column.addLayout(head)
        column.addLayout(middle, 1)
        column.addLayout(told)
        column.addWidget(self.bars)
        column.addWidget(self.scores)
