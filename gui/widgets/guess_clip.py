"""One clip to be guessed: it is heard, seen, or both, and nothing else tells what it is."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import qtawesome
from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QStackedLayout, QVBoxLayout, QWidget

from core.clip_pictures import Media, read_media
from core.control import Control
from core.datasets.base import Modality
from gui import theme
from gui.context import Context
from gui.jobs import Job
from gui.widgets.film import FilmView
from gui.widgets.player import Player
from gui.widgets.transport import VOLUME, Transport

STEPS = 1000  # of the line that runs along
LISTEN = "Listen …"
NOTHING_THERE = {
    Modality.AUDIO: "has no sound track",
    Modality.VIDEO: "has no pictures",
    Modality.AUDIO_VISUAL: "has neither sound nor pictures",
}


class GuessClip(QWidget):
    """No name, no waveform, no spectrogram: those would tell what the ear does not."""

    began = Signal()  # it is heard or seen as it was meant to be
    failed = Signal(str)  # a sentence: it cannot be played, now or ever

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.context = context
        self.player = Player(self)
        self.film = FilmView(self.player)
        self.film.setToolTip("The pictures of the clip. Click to play it again.")
        self.transport = Transport(self.player)
        self.again = QPushButton("Play again")
        self.again.setToolTip("Play the clip from its start, as often as you like  (Space)")
        self.again.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.trouble = theme.label(wrap=True)
        self.trouble.setProperty("error", True)
        self._ear = QLabel()
        self._words = theme.label(LISTEN, theme.TITLE, muted=True)
        self._along = QProgressBar()
        self._job: Job | None = None
        self._path, self._given = Path(), Modality.AUDIO
        self._lay_out()
        self.again.clicked.connect(self.play_again)
        self.film.clicked.connect(self.play_again)
        self.player.position.connect(self._move)
        self.player.state_changed.connect(self._say_trouble)
        self.transport.volume.valueChanged.connect(self._keep_volume)

    def show_clip(self, path: Path, given: Modality) -> None:
        """Decode what is given of a clip in the background, and play it."""
        self.stop()
        self._path, self._given = path, given
        self._words.clear()
        self._job = self.context.jobs.run(partial(_read, path, given), self._arrived, self._failed)

    def play_again(self) -> None:
        """From the start."""
        if not self.player.duration:
            return
        self.player.stop()
        self.player.play()
        if self.player.playing and not self.player.reason:
            self.began.emit()

    def stop(self) -> None:
        """Fall silent, and give the device back."""
        if self._job is not None:
            self._job.cancel()
        self._job = None
        self.player.load(self.player.nothing, 1)
        self.player.close()
        self.film.show_film(None)
        self.again.setEnabled(False)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_ear"):
            self._draw_ear()
        super().changeEvent(event)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        super().showEvent(event)
        self.transport.volume.setValue(int(str(self.context.settings.value(VOLUME, 100))))

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802
        super().hideEvent(event)
        self.player.close()

    def _arrived(self, media: Media) -> None:
        self._job = None
        if not media.has_sound and media.film is None:
            self._failed(f"{self._path} {NOTHING_THERE[self._given]}.")
            return
        self.player.load(media.samples, media.rate, media.film.duration if media.film is not None else None)
        self.film.show_film(media.film)
        self._words.setText(LISTEN)
        self._pages.setCurrentWidget(self.film if media.film is not None else self._heard)
        self.transport.serve(film=False, sound=media.has_sound)
        self.again.setEnabled(True)
        self.play_again()

    def _failed(self, sentence: str) -> None:
        self._job = None
        self.failed.emit(sentence)

    def _say_trouble(self) -> None:
        """Why nothing is heard."""
        self.trouble.setText(self.player.reason)
        self.trouble.setVisible(bool(self.player.reason))

    def _move(self, seconds: float) -> None:
        self._along.setValue(round(STEPS * seconds / self.player.duration) if self.player.duration else 0)

    def _keep_volume(self, volume: int) -> None:
        self.context.settings.setValue(VOLUME, volume)

    def _draw_ear(self) -> None:
        self._ear.setPixmap(qtawesome.icon("mdi6.ear-hearing", color=theme.colour("muted")).pixmap(12 * theme.GRID))

    def _lay_out(self) -> None:
        for button in (self.transport.previous, self.transport.play, self.transport.next, self.transport.loop):
            button.hide()  # one clip, from its start
        self._heard = QWidget()
        middle = QVBoxLayout(self._heard)
        middle.addStretch(1)
        for label in (self._ear, self._words):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            middle.addWidget(label)
        middle.addStretch(1)
        self._draw_ear()
        screen = QWidget()
        self._pages = QStackedLayout(screen)
        for page in (self._heard, self.film):
            self._pages.addWidget(page)
        self._along.setRange(0, STEPS)
        self._along.setTextVisible(False)
        self._along.setMaximumHeight(theme.GRID)
        self._along.setAccessibleName("Where the clip is now")
        row = QHBoxLayout()
        row.addWidget(self.again)
        row.addWidget(self.transport)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GRID)
        column.addWidget(screen, 1)
        column.addWidget(self._along)
        column.addWidget(self.trouble)
        column.addLayout(row)


def _read(path: Path, given: Modality, control: Control, report: Callable[[Any], None]) -> Media:
    return read_media(path, given, control)
