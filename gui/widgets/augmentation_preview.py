"""One augmentation on one clip: before and after, to see and to hear."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QHBoxLayout, QPushButton, QSpinBox, QVBoxLayout, QWidget

from core.audio.pictures import Picture, front_end_for, model_picture
from core.control import Control
from core.datasets.base import Clip
from core.recipe import AudioAugmentation, AudioSettings
from gui import theme
from gui.context import Context
from gui.jobs import Job
from gui.widgets.elided import ElidedLabel
from gui.widgets.player import Player
from gui.widgets.spectrogram import SpectrogramView
from gui.widgets.transport import VOLUME, loudness, tool
from gui.widgets.waveform import Waveform


@dataclass(frozen=True)
class Kind:
    """An augmentation as it is previewed: switched on, with one strength to turn."""

    title: str
    strength: str  # what its strength is called
    help: str
    fields: tuple[str, ...]  # of AudioAugmentation, all set to the strength
    start: float
    on: tuple[tuple[str, float], ...] = ()  # what switches it on
    masks: bool = False  # acts on the spectrogram, not on the sound

    def settings(self, strength: float) -> AudioAugmentation:
        whole = AudioAugmentation.model_fields
        values = {name: int(strength) if whole[name].annotation is int else strength for name in self.fields}
        return AudioAugmentation(**values, **dict(self.on))  # type: ignore[arg-type]


KINDS = (
    Kind(
        "Noise",
        "SNR",
        "White noise this much weaker than the clip.",
        ("noise_snr_low", "noise_snr_high"),
        10.0,
        (("noise", 1.0),),
    ),
    Kind(
        "Pitch shift",
        "At most",
        "Higher or lower by whole semitones; the duration stays.",
        ("pitch_semitones",),
        2,
        (("pitch", 1.0),),
    ),
    Kind(
        "Time stretch",
        "At most",
        "Faster or slower by up to this factor; the pitch stays.",
        ("stretch_factor",),
        1.2,
        (("stretch", 1.0),),
    ),
    Kind("Gain", "At most", "Louder or softer by up to this much.", ("gain_db",), 12.0),
    Kind("Time shift", "At most", "Rolled around by up to this share of its length.", ("shift",), 1.0),
    Kind(
        "SpecAugment: frequency",
        "Widest",
        "Two bands of the spectrogram are set to its mean; the sound stays.",
        ("frequency_width",),
        16,
        (("frequency_masks", 2),),
        masks=True,
    ),
    Kind(
        "SpecAugment: time",
        "Longest",
        "Two stretches of the spectrogram are set to its mean; the sound stays.",
        ("time_width",),
        32,
        (("time_masks", 2),),
        masks=True,
    ),
)


@dataclass(frozen=True)
class Heard:
    """One side of the comparison."""

    samples: NDArray[np.float32]
    rate: int
    picture: Picture


def compare(clip: Clip, kind: Kind, strength: float, seed: int, control: Control, report: Any) -> tuple[Heard, Heard]:
    """The clip as it is and as training might get it, at the rate the network is given."""
    from dataclasses import replace

    from core.audio.augment import preview, preview_masks
    from core.audio.decode import decode

    rate = AudioSettings().rate
    samples, facts = decode(clip.path, rate)
    settings = front_end_for(facts.seconds)
    control.checkpoint()
    before = Heard(samples, rate, model_picture(samples, rate, settings))
    augmentation = kind.settings(strength)
    if kind.masks:
        masked = preview_masks(before.picture.decibels, augmentation, seed)
        return before, Heard(samples, rate, replace(before.picture, decibels=masked))
    changed = preview(samples, rate, augmentation, seed)
    control.checkpoint()
    return before, Heard(changed, rate, model_picture(changed, rate, settings))


class Side(QWidget):
    """Before, or after."""

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = title
        self.player = Player(self)
        self.play = QPushButton(f"Hear {title.lower()}")
        self.play.setToolTip(f"Play the clip as it is {title.lower()} the augmentation.")
        theme.set_icon(self.play, "mdi6.play")
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

    def show_heard(self, heard: Heard, peak: float) -> None:
        self.player.load(heard.samples, heard.rate)
        self.waveform.show_samples(heard.samples, heard.rate, peak)
        self.view.plot.set_duration(self.player.duration)
        self.view.show_decibels(heard.picture)

    def _move(self, seconds: float) -> None:
        self.waveform.set_cursor(seconds)
        self.view.plot.set_cursor(seconds)

    def _show_state(self) -> None:
        theme.set_icon(self.play, "mdi6.pause" if self.player.playing else "mdi6.play")


class AugmentationPreview(QWidget):
    """Choose one, turn its strength, draw again; hear and see both sides."""

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._clip: Clip | None = None
        self._job: Job | None = None
        self.before, self.after = Side("Before"), Side("After")
        self.kind = QComboBox()
        self.kind.addItems([kind.title for kind in KINDS])
        self.kind.setToolTip("Which random change of training clips is shown. Tested clips are never changed.")
        self.strength = QDoubleSpinBox()
        self.strength.setMinimumWidth(16 * theme.GRID)
        self.seed = QSpinBox()
        self.seed.setRange(0, 999_999)
        self.seed.setToolTip("What the random numbers are drawn from: the same seed gives the same change.")
        self.again = tool("mdi6.dice-5-outline", "Another", "Draw again, with the next seed.")
        self.again.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.strength_word = theme.label(muted=True)
        self.said, self.clip_name = ElidedLabel(), ElidedLabel()
        for box in (self.strength, self.seed):
            box.setAlignment(Qt.AlignmentFlag.AlignRight)
        self._lay_out()
        self._choose_kind()
        self.kind.currentIndexChanged.connect(self._choose_kind)
        self.strength.valueChanged.connect(self._compute)
        self.seed.valueChanged.connect(self._compute)
        self.again.clicked.connect(self._draw_again)
        self.before.play.clicked.connect(self._play_before)
        self.after.play.clicked.connect(self._play_after)
        for side in (self.before, self.after):
            side.player.failed.connect(self._sound_failed)

    def set_clip(self, clip: Clip | None, label: str = "") -> None:
        """Another clip, or none; `label` is its class in words."""
        self._clip = clip
        self.clip_name.set_text(f"{label} · {clip.id}" if clip is not None else "No clip is chosen under Clips")
        self._compute()

    def close_preview(self) -> None:
        if self._job is not None:
            self._job.cancel()
        for side in (self.before, self.after):
            side.player.close()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        super().showEvent(event)
        for side in (self.before, self.after):  # as loud as the clip was
            side.player.volume = loudness(int(str(self._context.settings.value(VOLUME, 100))))
        self._compute()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802
        super().hideEvent(event)
        for side in (self.before, self.after):
            side.player.close()

    @property
    def _kind(self) -> Kind:
        return KINDS[self.kind.currentIndex()]

    def _choose_kind(self) -> None:
        """Bounds, unit and tooltip of the strength are those of the recipe's field."""
        field = AudioAugmentation.model_fields[self._kind.fields[0]]
        bounds = {key: getattr(item, key) for item in field.metadata for key in ("ge", "le") if hasattr(item, key)}
        whole = field.annotation is int
        unit = dict(field.json_schema_extra or {}).get("unit", "")  # type: ignore[arg-type]
        self.strength.blockSignals(True)
        self.strength.setDecimals(0 if whole else 2)
        self.strength.setSingleStep(1 if whole or bounds["le"] > 10 else 0.05)
        self.strength.setRange(bounds["ge"], bounds["le"])
        self.strength.setSuffix(f" {unit}" if unit else "")
        self.strength.setValue(self._kind.start)
        self.strength.blockSignals(False)
        self.strength.setToolTip(f"{field.title}. {field.description}")
        self.strength_word.setText(self._kind.strength)
        self.said.set_text(self._kind.help)
        self._compute()

    def _compute(self) -> None:
        if self._job is not None:
            self._job.cancel()
            self._job = None
        if self._clip is not None and self.isVisible():
            work = partial(compare, self._clip, self._kind, self.strength.value(), self.seed.value())
            self._job = self._context.jobs.run(work, self._show, self._failed)

    def _show(self, sides: tuple[Heard, Heard]) -> None:
        self._job = None
        peak = max(float(np.abs(side.samples).max(initial=0.0)) for side in sides)  # one scale, to be compared
        self.before.show_heard(sides[0], peak)
        self.after.show_heard(sides[1], peak)

    def _failed(self, sentence: str) -> None:
        self._job = None
        self.said.set_text(sentence)

    def _sound_failed(self, sentence: str) -> None:
        self._context.message.emit(sentence, "error")

    def _draw_again(self) -> None:
        self.seed.setValue((self.seed.value() + 1) % (self.seed.maximum() + 1))

    def _play_before(self) -> None:
        self.after.player.pause()
        self.before.player.toggle()

    def _play_after(self) -> None:
        self.before.player.pause()
        self.after.player.toggle()

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setContentsMargins(theme.GRID, theme.GRID, theme.GRID, theme.GRID)
        row.setSpacing(theme.GRID)
        row.addWidget(self.kind)
        row.addWidget(self.strength_word)
        row.addWidget(self.strength)
        row.addWidget(theme.label("Seed", muted=True))
        row.addWidget(self.seed)
        row.addWidget(self.again)
        row.addStretch(1)
        row.addWidget(self.clip_name)
        self.said.setContentsMargins(theme.GRID, 0, theme.GRID, theme.GRID)
        sides = QHBoxLayout()
        sides.setSpacing(theme.GRID)
        sides.addWidget(self.before)
        sides.addWidget(self.after)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(row)
        column.addWidget(self.said)
        column.addLayout(sides, 1)
