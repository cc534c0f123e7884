"""One clip to hear and to see: waveform, spectrograms and the transport row, with a cursor through all of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QSplitter, QStackedLayout, QVBoxLayout, QWidget

from core.audio.pictures import Picture, Sound, prepare_clip
from core.datasets.base import Clip, Dataset
from core.recipe import AudioSettings
from gui import theme
from gui.context import Context
from gui.jobs import Job
from gui.widgets.elided import ElidedLabel
from gui.widgets.player import Player
from gui.widgets.spectrogram import COLOUR_MAPS, SpectrogramView
from gui.widgets.transport import VOLUME, Transport
from gui.widgets.waveform import Waveform

NOTHING = "Choose a clip to hear and see it here."
PATIENCE_MS = 200  # what takes longer says that it is at work
LISTENING, MODEL, BOTH = "Listening view", "As the model saw it", "Both views"


class ClipView(QWidget):
    """Shows and plays the clip it is given. Keys: Space, Home, End, ←, →, L (see `take_keys`)."""

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
        self.waveform = Waveform()
        self.listening = SpectrogramView(
            LISTENING, "What the ear has to go by: fine resolution, 0 dB is the loudest point of this clip."
        )
        self.model = SpectrogramView(
            MODEL,
            "The picture the network is given: its bands, columns and length, and the same levels for every clip.",
        )
        self.transport = Transport(self.player)
        self._job: Job | None = None
        self._undrawn: Sound | None = None
        self._late = QTimer(self, singleShot=True, interval=PATIENCE_MS)
        self._late.timeout.connect(self._say_working)
        self._title = theme.label(bold=True)
        self._status = ElidedLabel()
        self._source = ElidedLabel()
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

    def show_clip(self, dataset: Dataset, clip: Clip, settings: AudioSettings | None = None) -> None:
        """Decode and draw a clip in the background; what is shown stays until the new one is there.

        `settings` are those of the networks whose view is shown; without them the default front end is taken.
        """
        origin = "Synthetic sound · " if dataset.synthetic else ""
        self.show_file(clip.path, dataset.classes[clip.label], settings, f"{origin}{clip.id} · {dataset.licence}")

    def show_file(self, path: Path, title: str, settings: AudioSettings | None, source: str = "") -> None:
        """The same for a sound file; `source` says where it comes from and under which licence."""
        self._cancel_job()
        self.player.stop()
        self._title.setText(title)
        self._source.set_text(source or path.name, str(path))
        self._late.start()
        self._job = self.context.jobs.run(
            partial(prepare_clip, path, settings), self._finished, self._failed, self._arrived
        )

    def clear(self, sentence: str = NOTHING) -> None:
        """Show nothing but a sentence."""
        self._cancel_job()
        self.player.load(self.player.nothing, 1)
        self._placeholder.setText(sentence)
        self._pages.setCurrentIndex(0)

    def close_clip(self) -> None:
        """Fall silent and give the device back: the window is closing."""
        self._cancel_job()
        self.player.close()

    def present(self, on: bool) -> None:
        """Without the controls; the keys still act."""
        for widget in (self._view, self._colours, self._foot):
            widget.setHidden(on)

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
            Qt.Key.Key_L: self.transport.loop.toggle,
        }
        action = actions.get(Qt.Key(event.key()))
        if action is None:
            return False
        action()
        return True

    def _arrived(self, sound: Sound) -> None:
        """The sound is decoded and can be played; it is drawn with the spectrograms, unless these are late."""
        self.player.load(sound.samples, sound.rate)
        self._undrawn = sound
        if not self._late.isActive():
            self._draw_sound()

    def _draw_sound(self) -> None:
        if self._undrawn is None:
            return
        sound, self._undrawn = self._undrawn, None
        self.waveform.show_samples(sound.samples, sound.rate)
        self.waveform.set_cursor(0.0)
        for view in (self.listening, self.model):
            view.clear_decibels()
            view.plot.set_duration(self.player.duration)
        self._pages.setCurrentIndex(1)

    def _finished(self, pictures: tuple[Picture, Picture]) -> None:
        self._draw_sound()
        whole = max(self.player.duration, pictures[1].end)  # a short clip is padded for the network: shown too
        if whole > self.waveform.duration + pictures[1].hop_seconds:
            for plot in (self.waveform, self.listening.plot, self.model.plot):
                plot.set_duration(whole)
        for view, picture in zip((self.listening, self.model), pictures, strict=True):
            view.show_decibels(picture)
        self._settled()
        self.shown.emit()

    def _failed(self, sentence: str) -> None:
        self._settled()
        self.clear(sentence)

    def _say_working(self) -> None:
        self._status.set_text("Preparing … the first takes some seconds")
        self._draw_sound()

    def _settled(self) -> None:
        self._late.stop()
        self._status.set_text("")
        self._job = self._undrawn = None

    def _cancel_job(self) -> None:
        if self._job is not None:
            self._job.cancel()
        self._settled()

    def _move_cursor(self, seconds: float) -> None:
        for plot in (self.waveform, self.listening.plot, self.model.plot):
            plot.set_cursor(seconds)

    def _sound_failed(self, sentence: str) -> None:
        self.context.message.emit(sentence, "error")

    def _apply_view(self) -> None:
        wanted = self._view.currentText()
        self.listening.setVisible(wanted != MODEL)
        self.model.setVisible(wanted != LISTENING)
        self.listening.plot.item.showAxis("bottom", wanted == LISTENING)  # the lower of the two carries the seconds
        self.context.settings.setValue(f"{self._name}/view", wanted)

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
        for plot in (self.waveform, self.listening.plot, self.model.plot):
            plot.seek_wanted.connect(self.player.seek)
        self.listening.plot.item.setXLink(self.waveform.item)
        self.model.plot.item.setXLink(self.waveform.item)
        self.player.position.connect(self._move_cursor)
        self.player.failed.connect(self._sound_failed)
        self.transport.previous_wanted.connect(self.previous_wanted)
        self.transport.next_wanted.connect(self.next_wanted)
        self._view.currentIndexChanged.connect(self._apply_view)
        self._colours.currentIndexChanged.connect(self._apply_colours)
        self._apply_view()
        self._apply_colours()
        rows = self.context.settings.value(f"{self._name}/rows")
        if rows is not None:
            self._rows.restoreState(rows)
        self._rows.splitterMoved.connect(self._keep_rows)
        self.transport.volume.valueChanged.connect(self._keep_volume)

    def _keep_rows(self) -> None:
        self.context.settings.setValue(f"{self._name}/rows", self._rows.saveState())

    def _keep_volume(self, volume: int) -> None:
        self.context.settings.setValue(VOLUME, volume)

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setContentsMargins(8, 8, 8, 4)
        head.setSpacing(theme.GRID)
        head.addWidget(self._title)
        head.addWidget(self._status, 1)
        head.addWidget(self._view)
        head.addWidget(self._colours)
        stack = QSplitter(Qt.Orientation.Vertical, childrenCollapsible=False)
        self._rows = stack
        for widget, share in ((self.waveform, 2), (self.listening, 5), (self.model, 4)):
            stack.addWidget(widget)
            stack.setStretchFactor(stack.count() - 1, share)
        self._foot = QWidget()
        foot = QHBoxLayout(self._foot)
        foot.setContentsMargins(8, 4, 8, 4)
        foot.addWidget(self.transport)
        foot.addStretch()
        self._source.setContentsMargins(16, 0, 8, 8)
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(stack, 1)
        column.addWidget(self._foot)
        column.addWidget(self._source)
        empty = QWidget()
        middle = QVBoxLayout(empty)
        self._placeholder.setAlignment(Qt.AlignmentFlag.AlignCenter)
        middle.addWidget(self._placeholder)
        self._pages = QStackedLayout(self)
        self._pages.addWidget(empty)
        self._pages.addWidget(page)
