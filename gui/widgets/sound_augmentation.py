"""One augmentation on one sound: before and after, to hear and to see."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from core.audio.settings import AudioAugmentation
from core.augmentation_pictures import Heard, heard
from core.control import Control
from core.datasets.base import Clip
from gui import theme
from gui.widgets.augmentation_sides import Kind, Sides, show_playing
from gui.widgets.player import Player
from gui.widgets.spectrogram import SpectrogramView
from gui.widgets.waveform import Waveform

CHANGES = (
    Kind(
        "Noise",
        "White noise this much weaker than the clip.",
        AudioAugmentation,
        (("noise", 1.0),),
        "SNR",
        ("noise_snr_low", "noise_snr_high"),
        10.0,
    ),
    Kind(
        "Pitch shift",
        "Higher or lower by whole semitones; the duration stays.",
        AudioAugmentation,
        (("pitch", 1.0),),
        "At most",
        ("pitch_semitones",),
        2,
    ),
    Kind(
        "Time stretch",
        "Faster or slower by up to this factor; the pitch stays.",
        AudioAugmentation,
        (("stretch", 1.0),),
        "At most",
        ("stretch_factor",),
        1.2,
    ),
    Kind("Gain", "Louder or softer by up to this much.", AudioAugmentation, (), "At most", ("gain_db",), 12.0),
    Kind(
        "Time shift",
        "Rolled around by up to this share of its length.",
        AudioAugmentation,
        (),
        "At most",
        ("shift",),
        1.0,
    ),
)
MASKS = (  # act on the spectrogram, not on the sound
    Kind(
        "SpecAugment: frequency",
        "Two bands of the spectrogram are set to its mean; the sound stays.",
        AudioAugmentation,
        (("frequency_masks", 2),),
        "Widest",
        ("frequency_width",),
        16,
    ),
    Kind(
        "SpecAugment: time",
        "Two stretches of the spectrogram are set to its mean; the sound stays.",
        AudioAugmentation,
        (("time_masks", 2),),
        "Longest",
        ("time_width",),
        32,
    ),
)
KINDS = CHANGES + MASKS


class Side(QWidget):
    """Before, or after."""

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = title
        self.player = Player(self)
        self.play = QPushButton()
        self.play.setToolTip(f"Play the clip as it is {title.lower()} the augmentation.")
        self.waveform = Waveform()
        self.view = SpectrogramView(title, "The picture the network is given; levels are the same on both sides.")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.waveform, 1)
        column.addWidget(self.view, 3)
        row = QHBoxLayout()
        row.setContentsMargins(theme.GRID, 4, theme.GRID, theme.GRID)
        row.addWidget(self.play)
        row.addStretch()
        column.addLayout(row)
        self.view.plot.item.setXLink(self.waveform.item)
        self.player.position.connect(self._move)
        self.player.state_changed.connect(self._show_state)
        for plot in (self.waveform, self.view.plot):
            plot.seek_wanted.connect(self.player.seek)
        self._show_state()

    def show_heard(self, heard: Heard, peak: float) -> None:
        self.player.load(heard.samples, heard.rate)
        self.waveform.show_samples(heard.samples, heard.rate, peak)
        self.view.plot.set_duration(self.player.duration)
        self.view.show_decibels(heard.picture)

    def clear(self) -> None:
        self.player.load(self.player.nothing, 1)
        self.waveform.clear_samples()
        self.view.clear_decibels()

    def _move(self, seconds: float) -> None:
        self.waveform.set_cursor(seconds)
        self.view.plot.set_cursor(seconds)

    def _show_state(self) -> None:
        show_playing(self.play, self.player, f"Hear {self.title.lower()}")


class SoundSides(Sides):
    """A waveform and a spectrogram on each side, and a button to hear it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.before, self.after = Side("Before"), Side("After")
        self._heard = self.after  # last
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.GRID)
        row.addWidget(self.before)
        row.addWidget(self.after)
        self.before.play.clicked.connect(self._play_before)
        self.after.play.clicked.connect(self._play_after)
        for side in (self.before, self.after):
            side.player.failed.connect(self.failed)

    def work(
        self, clip: Clip, others: Sequence[Clip], kind: Kind, strength: float, seed: int
    ) -> Callable[[Control, Any], Any]:
        augmentation = kind.settings(strength)
        assert isinstance(augmentation, AudioAugmentation)
        return partial(heard, clip.path, augmentation, seed)

    def show_sides(self, sides: tuple[Heard, Heard]) -> None:
        peak = max(float(np.abs(side.samples).max(initial=0.0)) for side in sides)  # one scale, to be compared
        self.before.show_heard(sides[0], peak)
        self.after.show_heard(sides[1], peak)

    def clear(self) -> None:
        for side in (self.before, self.after):
            side.clear()

    @property
    def in_front(self) -> Player:
        """Of the side that was heard last."""
        return self._heard.player

    def toggle(self) -> None:
        self._play(self._heard)

    def set_volume(self, volume: float) -> None:
        for side in (self.before, self.after):
            side.player.volume = volume

    def fall_silent(self) -> None:
        for side in (self.before, self.after):
            side.player.close()

    def _play_before(self) -> None:
        self._play(self.before)

    def _play_after(self) -> None:
        self._play(self.after)

    def _play(self, side: Side) -> None:
        self._heard = side
        (self.after if side is self.before else self.before).player.pause()
        side.player.toggle()
