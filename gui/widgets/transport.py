"""The row below a clip: play, one frame on, loop, where it is, how loud."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QSlider, QToolButton, QWidget

from gui import theme
from gui.widgets.player import Player

VOLUME = "clip_view/volume"  # where it is remembered: one for all views


class Transport(QWidget):
    """Steers a player and shows its state."""

    previous_wanted = Signal()
    next_wanted = Signal()
    step_wanted = Signal(int)  # frames on, or back when negative

    def __init__(self, player: Player, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.player = player
        self.previous = tool("mdi6.skip-previous", "Previous", "Previous clip of the list  (←)")
        self.play = tool("mdi6.play", "Play", "Play from here  (Space)")
        self.next = tool("mdi6.skip-next", "Next", "Next clip of the list  (→)")
        self.back = tool("mdi6.step-backward", "One frame back", "Pause, and go one frame back  (,)")
        self.on = tool("mdi6.step-forward", "One frame on", "Pause, and go one frame on  (.)")
        self.loop = tool("mdi6.repeat", "Loop", "Play over and over  (L)")
        self.loop.setCheckable(True)
        self.time = theme.label("0.00 / 0.00 s")
        self.time.setToolTip("Where the clip is now, and how long it is.")
        self.speaker = tool("mdi6.volume-high", "Mute", "Mute, or sound again. Changes nothing in the result.")
        self.speaker.setCheckable(True)
        self.volume = QSlider(Qt.Orientation.Horizontal)
        self.volume.setRange(0, 100)
        self.volume.setValue(100)
        self.volume.setMinimumWidth(5 * theme.GRID)  # it gives way to the buttons for frames
        self.volume.setMaximumWidth(12 * theme.GRID)
        self.volume.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.volume.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.volume.setAccessibleName("Volume")
        self.volume.setToolTip("Volume of the playback. Changes nothing in the result.")

        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        for widget in (self.previous, self.play, self.next, self.back, self.on, self.loop):
            row.addWidget(widget)
        row.addSpacing(theme.GRID)
        row.addWidget(self.time)
        row.addSpacing(theme.GRID)
        row.addWidget(self.speaker)
        row.addWidget(self.volume)

        self.play.clicked.connect(player.toggle)
        self.previous.clicked.connect(self.previous_wanted)
        self.next.clicked.connect(self.next_wanted)
        self.back.clicked.connect(self._step_back)
        self.on.clicked.connect(self._step_on)
        self.loop.toggled.connect(self._set_loop)
        self.speaker.toggled.connect(self._set_volume)
        self.volume.valueChanged.connect(self._set_volume)
        player.position.connect(self._show_time)
        player.state_changed.connect(self._show_state)
        self.serve(film=False, sound=True)
        self._show_state()

    def serve(self, film: bool, sound: bool) -> None:
        """Only what does something: frames to step through, sound to turn up."""
        for button in (self.back, self.on):
            button.setVisible(film)
        for widget in (self.speaker, self.volume):
            widget.setVisible(sound)

    def _step_back(self) -> None:
        self.step_wanted.emit(-1)

    def _step_on(self) -> None:
        self.step_wanted.emit(1)

    def _set_loop(self, on: bool) -> None:
        if on != self.player.loop:
            self.player.loop = on

    def _set_volume(self) -> None:
        muted = self.speaker.isChecked()
        self.player.volume = 0.0 if muted else loudness(self.volume.value())
        theme.set_icon(self.speaker, "mdi6.volume-off" if muted else "mdi6.volume-high")

    def _show_time(self, seconds: float) -> None:
        self.time.setText(f"{seconds:.2f} / {self.player.duration:.2f} s")

    def _show_state(self) -> None:
        playing, there = self.player.playing, self.player.duration > 0
        self.play.setEnabled(there)
        self.loop.setChecked(self.player.loop)
        icon = "mdi6.pause" if playing else "mdi6.play"
        if self.play.property("icon_name") != icon:
            theme.set_icon(self.play, icon)
        self.play.setText("Pause" if playing else "Play")
        trouble = f"\n{self.player.reason}" if self.player.reason else ""
        self.play.setToolTip(("Pause  (Space)" if playing else "Play from here  (Space)") + trouble)
        self._show_time(self.player.seconds)


def loudness(volume: int) -> float:
    """Of a slider from 0 to 100. Loudness is felt by powers: the square makes its lower half useful."""
    return (volume / 100) ** 2


def tool(icon: str, word: str, tooltip: str) -> QToolButton:
    """A flat button with an icon; screen readers say the word."""
    button = QToolButton()
    button.setText(word)
    button.setAccessibleName(word)
    button.setToolTip(tooltip)
    button.setIconSize(theme.icon_size(1.25))
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    theme.set_icon(button, icon)
    return button
