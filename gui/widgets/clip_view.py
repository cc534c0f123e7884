"""One clip to hear and to see: film, frames, waveform, spectrograms and the transport row, with one cursor.

What is shown follows from what the file holds (a sound, a film without a sound track, or both) and from what of it the
network in question is given.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QSplitter, QStackedLayout, QVBoxLayout, QWidget

from core.clip_pictures import Given, Media, prepare_clip
from core.datasets.base import Clip, Dataset
from core.recipe import FrontEnds
from gui import theme
from gui.context import Context
from gui.jobs import Job
from gui.widgets.elided import ElidedLabel
from gui.widgets.film import FilmView
from gui.widgets.film_and_strip import FilmAndStrip
from gui.widgets.frames import FramesStrip
from gui.widgets.player import Player
from gui.widgets.spectrogram import COLOUR_MAPS, SpectrogramView
from gui.widgets.transport import VOLUME, Transport
from gui.widgets.waveform import Waveform

NOTHING = "Choose a clip to hear and see it here."
PATIENCE_MS = 200  # what takes longer says that it is at work
LISTENING, MODEL, BOTH = "Listening view", "As the model saw it", "Both views"
NO_SOUND_TRACK = "no sound track"
DEAF, BLIND = "this network is given no sound", "this network is given no pictures"
HALVES = {"beside": (420, 580), "below": (500, 500)}  # what film and sound have of the room at first
WORKING = "Preparing … the first takes some seconds"

DEFAULT = FrontEnds()


class ClipView(QWidget):
    """Shows and plays the clip it is given. Keys: Space, Home, End, ←, →, comma, full stop, L (see `take_keys`)."""

    previous_wanted = Signal()
    next_wanted = Signal()
    shown = Signal()  # all of the clip is drawn

    def __init__(
        self, context: Context, name: str = "clip_view", view: str = BOTH, parent: QWidget | None = None
    ) -> None:
        """`view` is shown until another is chosen, which is then remembered under `name`."""
        super().__init__(parent)
        self.context, self._name = context, name
        self.player = Player(self)
        self.film = FilmView(self.player)
        self.strip = FramesStrip()
        self.waveform = Waveform()
        self.listening = SpectrogramView(
            LISTENING, "What the ear has to go by: fine resolution, 0 dB is the loudest point of this clip."
        )
        self.model = SpectrogramView(
            MODEL,
            "The picture the network is given: its bands, columns and length, and the same levels for every clip.",
        )
        self.transport = Transport(self.player)
        self._plots = (self.waveform, self.listening.plot, self.model.plot)
        self._job: Job | None = None
        self.media: Media | None = None  # of the clip that is shown
        self._undrawn: Media | None = None
        self._of_frames: tuple[NDArray[np.float32], str, str] | None = None
        self._film, self._sound = False, True  # what the clip holds
        self._hears = self._sees = True  # what of it the network is given
        self._presents = False
        self._way = ""  # how film and sound lie: a key of HALVES
        self._late = QTimer(self, singleShot=True, interval=PATIENCE_MS)
        self._late.timeout.connect(self._say_working)
        self._title = theme.label(bold=True)
        self._fact = theme.label(size=theme.SMALL, muted=True)
        self._status = ElidedLabel()
        self._source, self._silent = ElidedLabel(), ElidedLabel()
        self._placeholder = theme.label(NOTHING, muted=True, wrap=True)
        self._view = self._choice((MODEL, LISTENING, BOTH), f"{name}/view", view, "Which spectrogram is shown.")
        self._colours = self._choice(
            tuple(COLOUR_MAPS),
            "clip_view/colours",
            next(iter(COLOUR_MAPS)),
            "Colours of the spectrograms. They change nothing in the result.",
        )
        self._lay_out()
        self._connect()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.take_keys(self)

    def show_clip(self, dataset: Dataset, clip: Clip, given: FrontEnds = DEFAULT) -> None:
        """Decode and draw a clip in the background; what is shown stays until the new one is there.

        `given` are the front ends of the network whose view is shown; with none in question, the default ones are.
        """
        origin = "Synthetic · " if dataset.synthetic else ""
        self.show_file(clip.path, dataset.classes[clip.label], given, f"{origin}{clip.id} · {dataset.licence}")

    def show_file(self, path: Path, title: str, given: FrontEnds, source: str = "") -> None:
        """The same for a file; `source` says where it comes from and under which licence."""
        self._cancel_job()
        self._of_frames = self.media = None
        self.player.load(self.player.nothing, 1)  # or what was shown would be heard under the new title
        self._title.setText(title)
        self._source.set_text(source or path.name, str(path))
        self._late.start()
        self._job = self.context.jobs.run(
            partial(prepare_clip, path, given), self._finished, self._failed, self._arrived
        )

    def show_frame_probabilities(
        self, probabilities: NDArray[np.float32] | None, of: str = "", caption: str = ""
    ) -> None:
        """What a network gave to a class at each frame of the present clip, (T,), below the frames; None = it
        says nothing of them. Until another clip is shown."""
        self._of_frames = None if probabilities is None else (probabilities, of, caption)
        if self._job is None:  # else they come with the frames
            self.strip.show_probabilities(*(self._of_frames or (None,)))

    def clear(self, sentence: str = NOTHING) -> None:
        """Show nothing but a sentence."""
        self._cancel_job()
        self.media = None
        self.player.load(self.player.nothing, 1)
        self.film.show_film(None)
        self._placeholder.setText(sentence)
        self._pages.setCurrentIndex(0)

    def close_clip(self) -> None:
        """Fall silent and give the device back: the window is closing."""
        self._cancel_job()
        self.player.close()

    def present(self, on: bool) -> None:
        """Without the controls; the keys still act."""
        self._presents = on
        self._foot.setHidden(on)
        self._serve()

    def take_keys(self, *widgets: QWidget) -> None:
        """Act on the playback keys where one of these widgets would see them: a panel, its table."""
        for widget in widgets:
            widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            return self._key(event) or super().eventFilter(watched, event)
        return super().eventFilter(watched, event)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        super().showEvent(event)
        self.transport.volume.setValue(int(str(self.context.settings.value(VOLUME, 100))))

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._turn()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802
        super().hideEvent(event)
        self.player.close()

    def _key(self, event: QKeyEvent) -> bool:
        if event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            return False
        actions: dict[Qt.Key, Callable[[], None]] = {
            Qt.Key.Key_Space: self.player.toggle,
            Qt.Key.Key_Home: partial(self.player.seek, 0.0),
            Qt.Key.Key_End: partial(self.player.seek, self.player.duration),
            Qt.Key.Key_Left: self.previous_wanted.emit,
            Qt.Key.Key_Right: self.next_wanted.emit,
            Qt.Key.Key_Comma: partial(self.film.step, -1),
            Qt.Key.Key_Period: partial(self.film.step, 1),
            Qt.Key.Key_L: self.transport.loop.toggle,
        }
        action = actions.get(Qt.Key(event.key()))
        if action is None:
            return False
        action()
        return True

    def _arrived(self, media: Media) -> None:
        """The clip is decoded and can be played; it is drawn with what is computed of it, unless that is late."""
        self.media = media
        self.play_all()
        self._undrawn = media
        if not self._late.isActive():
            self._draw_media()

    def play_all(self) -> None:
        """Load the player with all of the clip's sound."""
        if self.media is not None:
            self.play_instead(self.media.samples)

    def play_instead(self, samples: NDArray[np.float32]) -> None:
        """Load the player with another sound in place of the clip's, (n,) at its rate; its pictures stay."""
        if self.media is not None:
            film = self.media.film
            self.player.load(samples, self.media.rate, film.duration if film is not None else None)

    def _draw_media(self) -> None:
        if self._undrawn is None:
            return
        media, self._undrawn = self._undrawn, None
        self.film.show_film(media.film)
        self.strip.clear_frames()
        self.waveform.show_samples(media.samples, media.rate)
        self.waveform.set_cursor(0.0)
        for view in (self.listening, self.model):
            view.clear_decibels()
        self._set_duration(self.player.duration)
        self._film, self._sound = media.film is not None, media.has_sound
        self._hears, self._sees = media.hears, media.sees
        self._serve()
        self._pages.setCurrentIndex(1)

    def _finished(self, given: Given) -> None:
        self._draw_media()
        self.strip.show_frames(given.frames, given.seconds, *(self._of_frames or ()))
        if given.listening is not None:
            self.listening.show_decibels(given.listening)
        if given.model is not None:
            whole = max(self.player.duration, given.model.end)  # a short clip is padded for the network: shown too
            if whole > self.player.duration + given.model.hop_seconds:
                self._set_duration(whole)
            self.model.show_decibels(given.model)
        self._move_cursor(self.player.seconds)
        self._settled()
        self.shown.emit()

    def _set_duration(self, seconds: float) -> None:
        for plot in self._plots:
            plot.set_duration(seconds)

    def _failed(self, sentence: str) -> None:
        self._settled()
        self.clear(sentence)

    def _say_working(self) -> None:
        self._status.set_text(WORKING)
        self._placeholder.setText(WORKING)  # where a sentence stands in place of the clip, it may be true no more
        self._draw_media()

    def _settled(self) -> None:
        self._late.stop()
        self._status.set_text("")
        self._job = self._undrawn = None

    def _cancel_job(self) -> None:
        if self._job is not None:
            self._job.cancel()
        self._settled()

    def _move_cursor(self, seconds: float) -> None:
        self.strip.set_cursor(seconds)
        for plot in self._plots:
            plot.set_cursor(seconds)

    def _sound_failed(self, sentence: str) -> None:
        self.context.message.emit(sentence, "error")

    def _serve(self) -> None:
        """Show what the clip holds, and what the network is given of it; the rest takes no room."""
        self.transport.serve(self._film, self._sound)
        deaf, blind = self._sound and not self._hears, self._film and not self._sees
        facts = (NO_SOUND_TRACK, not self._sound), (DEAF, deaf), (BLIND, blind)
        self._fact.setText(", ".join(fact for fact, true in facts if true))
        self.film.setVisible(self._film)
        self.strip.setVisible(self._film and self._sees)
        self._rows.setVisible(self._sound)
        self._view.setVisible(self._sound and self._hears and not self._presents)
        self._colours.setVisible(self._sound and not self._presents)
        self._whole.share_out(alone=not self._sound)
        self._say_silent()
        self._apply_view()

    def _say_silent(self) -> None:
        """A film goes on where its sound cannot be heard: why, in one line. Of a sound alone a banner says it."""
        reason = self.player.reason if self._film and self._sound else ""
        self._silent.set_text(reason)
        self._silent.setVisible(bool(reason))

    def _view_chosen(self) -> None:
        self.context.settings.setValue(f"{self._name}/view", self._view.currentText())
        self._apply_view()

    def _apply_view(self) -> None:
        wanted = self._view.currentText() if self._hears else LISTENING
        self.listening.setVisible(wanted != MODEL)
        self.model.setVisible(wanted != LISTENING)
        self.listening.plot.item.showAxis("bottom", wanted == LISTENING)  # the lower of the two carries the seconds

    def _apply_colours(self) -> None:
        for view in (self.listening, self.model):
            view.set_colours(self._colours.currentText())
        self.context.settings.setValue("clip_view/colours", self._colours.currentText())

    def _choice(self, words: tuple[str, ...], key: str, first: str, tooltip: str) -> QComboBox:
        box = QComboBox()
        box.addItems(words)
        box.setCurrentText(str(self.context.settings.value(key, first)))
        box.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        box.setToolTip(tooltip)
        return box

    def _connect(self) -> None:
        for widget in (*self._plots, self.strip):
            widget.seek_wanted.connect(self.player.seek)
        self.film.clicked.connect(self.player.toggle)
        self.transport.step_wanted.connect(self.film.step)
        self.listening.plot.item.setXLink(self.waveform.item)
        self.model.plot.item.setXLink(self.waveform.item)
        self.player.position.connect(self._move_cursor)
        self.player.failed.connect(self._sound_failed)
        self.player.state_changed.connect(self._say_silent)
        self.transport.previous_wanted.connect(self.previous_wanted)
        self.transport.next_wanted.connect(self.next_wanted)
        self._view.currentIndexChanged.connect(self._view_chosen)
        self._colours.currentIndexChanged.connect(self._apply_colours)
        self._serve()
        self._apply_colours()
        self._restore("plots", self._rows)
        self._restore("strip", self._whole)
        for splitter in (self._rows, self._halves, self._whole):
            splitter.splitterMoved.connect(self._keep_rows)
        self.transport.volume.valueChanged.connect(self._keep_volume)

    def _keep_rows(self) -> None:
        """Only of what was moved: the rest goes on as it is by itself."""
        for key, splitter in (("plots", self._rows), ("strip", self._whole), (self._way, self._halves)):
            if splitter is self.sender():
                self.context.settings.setValue(f"{self._name}/{key}", splitter.saveState())

    def _restore(self, key: str, splitter: QSplitter) -> bool:
        state = self.context.settings.value(f"{self._name}/{key}")
        return state is not None and bool(splitter.restoreState(state))

    def _turn(self) -> None:
        """Film and sound lie side by side where there is more breadth than height, else one below the other."""
        broad = self.width() > self.height()
        way = "beside" if broad else "below"
        if way != self._way:
            self._way = way
            self._halves.setOrientation(Qt.Orientation.Horizontal if broad else Qt.Orientation.Vertical)
            if not self._restore(way, self._halves):
                self._halves.setSizes(HALVES[way])

    def _keep_volume(self, volume: int) -> None:
        self.context.settings.setValue(VOLUME, volume)

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setContentsMargins(8, 8, 8, 4)
        head.setSpacing(theme.GRID)
        head.addWidget(self._title)
        head.addWidget(self._fact)
        head.addWidget(self._status, 1)
        head.addWidget(self._view)
        head.addWidget(self._colours)
        head.addStrut(self._view.sizeHint().height())  # as high where there is nothing to choose
        self._rows = _splitter((self.waveform, 2), (self.listening, 5), (self.model, 4))
        self._halves = _splitter((self.film, 1), (self._rows, 1))
        self._whole = FilmAndStrip(self._halves, self.film, self.strip)
        self._foot = QWidget()
        foot = QVBoxLayout(self._foot)
        foot.setContentsMargins(8, 4, 8, 4)
        row = QHBoxLayout()
        row.addWidget(self.transport)
        row.addStretch()
        foot.addLayout(row)
        foot.addWidget(self._silent)
        self._silent.setContentsMargins(theme.GRID, 0, 0, 0)
        self._source.setContentsMargins(16, 0, 8, 8)
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(self._whole, 1)
        column.addWidget(self._foot)
        column.addWidget(self._source)
        empty = QWidget()
        middle = QVBoxLayout(empty)
        self._placeholder.setAlignment(Qt.AlignmentFlag.AlignCenter)
        middle.addWidget(self._placeholder)
        self._pages = QStackedLayout(self)
        self._pages.addWidget(empty)
        self._pages.addWidget(page)


def _splitter(*rows: tuple[QWidget, int]) -> QSplitter:
    """One widget below the other, each with its share of what is to spare."""
    made = QSplitter(Qt.Orientation.Vertical, childrenCollapsible=False)
    for widget, share in rows:
        made.addWidget(widget)
        made.setStretchFactor(made.count() - 1, share)
    made.setSizes([share for _, share in rows])  # or the sizes that widgets hint at would count more than the shares
    return made
