"""The guessing game of the Live panel: a person against the networks of a study, on clips that these were tested on."""

from __future__ import annotations

import secrets

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QStackedLayout, QWidget

from core.errors import UserError
from core.game import draw
from core.game_results import (
    KeptGame,
    PlayedClips,
    delete_game,
    human_baselines,
    keep_game,
    read_games,
)
from core.readable import counted
from core.runs import run_folder
from gui.context import Context
from gui.panels.live_game_board import ENTER, GameBoard, GameChoice
from gui.panels.live_game_end import GameEnd, kept_words
from gui.panels.live_game_start import GameStart
from gui.widgets.findings import GIVEN

FORGOTTEN = "This game was deleted: nothing of it is kept."


class LiveGame(QWidget):
    """Settings, rounds, scores. Only a game that was played to its end is kept."""

    left = Signal()

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.context = context
        self.playing = False  # whether it wants to be in front
        self.kept: KeptGame | None = None  # the last one
        self.start, self.board, self.end = GameStart(context), GameBoard(context), GameEnd()
        self._pages = QStackedLayout(self)
        for page in (self.start, self.board, self.end):
            self._pages.addWidget(page)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.start.started.connect(self._play)
        self.board.finished.connect(self._finished)
        self.end.again_wanted.connect(self._play_again)
        self.end.settings_wanted.connect(self.begin)
        self.end.forget_wanted.connect(self._forget)
        for leaving in (self.start.leave_wanted, self.board.leave_wanted, self.end.leave_wanted):
            leaving.connect(self.leave)

    def begin(self) -> None:
        """Ask what is to be played."""
        self.playing = True
        self.start.refresh()
        self._show(self.start)

    def leave(self) -> None:
        """At any time; nothing is kept of a game that is not complete."""
        self.stop()
        self.playing = False
        self.left.emit()

    def stop(self) -> None:
        """Fall silent, and wait for nothing any more."""
        self.start.stop()
        self.board.stop()

    # keys -------------------------------------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        """The panel around has shortcuts on the same keys: here they are the game's."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride and _is_ours(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        page, key = self._pages.currentWidget(), event.key()
        if not _is_ours(event):
            super().keyPressEvent(event)
        elif key == Qt.Key.Key_Escape:
            self.leave()
        elif page is self.board:
            self.board.press(Qt.Key(key))
        elif key in ENTER:
            (self.start.go if page is self.start else self._play_again)()

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        super().focusInEvent(event)
        if self._pages.currentWidget() is self.board:
            (self.board.choices.list or self.board).setFocus()

    # playing ----------------------------------------------------------------------------------------------------

    def _play(self, choice: GameChoice) -> None:
        there = {clip.id for clip in choice.dataset.clips}
        try:
            game = draw(choice.data, choice.networks, choice.rounds, secrets.randbits(32), there)
        except UserError as error:
            self.context.message.emit(str(error), "error")
            return
        self._show(self.board)
        self.board.begin(game, choice)

    def _play_again(self) -> None:
        if self.board.choice is not None:
            self._play(self.board.choice)

    def _finished(self) -> None:
        game, choice = self.board.game, self.board.choice
        assert game is not None and choice is not None
        if not game.rounds:  # none of its clips could be played
            self.begin()
            return
        self.end.show_game(game, choice.given)
        self._show(self.end)
        run = run_folder(self.context.workspace, choice.data.specs[0])
        try:
            self.kept = keep_game(self.context.workspace, game, PlayedClips.of_run(run), choice.given)
            people, _ = human_baselines(self.context.workspace, [run])
            games, _ = read_games(self.context.workspace)
        except UserError as error:
            self.end.say_kept(f"This game is not kept. {error}", kept=False)
            return
        so_far = "".join(
            f"People here, given {GIVEN[one.given]}: {one.mean.figures()} % over {counted(one.games, 'game')}. "
            for one in people
            if one.given == choice.given
        )
        self.end.say_kept(so_far + kept_words(len(games)), kept=True)
        self.context.runs_changed.emit()  # Compare shows how people did

    def _forget(self) -> None:
        if self.kept is None:
            return
        try:
            delete_game(self.context.workspace, self.kept.game)
        except UserError as error:
            self.context.message.emit(str(error), "error")
            return
        self.kept = None
        self.end.say_kept(FORGOTTEN, kept=False)
        self.context.runs_changed.emit()

    def _show(self, page: QWidget) -> None:
        self._pages.setCurrentWidget(page)
        page.setFocus()


def _is_ours(event: QKeyEvent) -> bool:
    """With Ctrl, digits are the window's; Enter would switch the microphone on."""
    key, plain = event.key(), not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    digit = Qt.Key.Key_1 <= key <= Qt.Key.Key_9
    return key in ENTER or (plain and (digit or key in (Qt.Key.Key_Escape, Qt.Key.Key_Space)))
