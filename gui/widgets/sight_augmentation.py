"""One augmentation on one video: the frames a network is given, before and after."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from core.augmentation_pictures import Seen, mixed, seen
from core.control import Control
from core.datasets.base import Clip
from core.recipe import Recipe
from core.video.pictures import Film
from core.video.settings import VideoAugmentation
from gui import theme
from gui.widgets.augmentation_sides import Kind, Sides, show_playing
from gui.widgets.elided import ElidedLabel
from gui.widgets.film import FilmView
from gui.widgets.frames import FramesStrip
from gui.widgets.player import Player

STEADY = (("jitter", False),)
CHANGES = (
    Kind(
        "Random crop",
        "A part of the picture with at least this share of its area is enlarged to the whole.",
        VideoAugmentation,
        STEADY,
        "Smallest",
        ("crop",),
        0.4,
    ),
    Kind(
        "Flip",
        "Mirrored: half of the clips are. Not where left and right tell classes apart.",
        VideoAugmentation,
        (*STEADY, ("flip", True)),
    ),
    Kind(
        "Colour",
        "Brightness, contrast and saturation change by up to this share.",
        VideoAugmentation,
        STEADY,
        "At most",
        ("colour",),
        0.4,
    ),
    Kind(
        "Blur",
        "Blurred by a Gaussian of up to this deviation, in pixels of the picture the network sees.",
        VideoAugmentation,
        (*STEADY, ("blur", 1.0)),
        "At most",
        ("blur_sigma",),
        3.0,
    ),
    Kind(
        "Temporal jitter",
        "Other frames of the same clip are taken: compare their times. A short clip has few others.",
        VideoAugmentation,
    ),
)
MIXUP = Kind(
    "Mixup",
    "Added to another clip, and so are their labels; the share is drawn from Beta(α, α).",
    Recipe,
    (("mixing", "mixup"),),
    "α",
    ("mixup_alpha",),
    1.0,
)
KINDS = (*CHANGES, MIXUP)


class Side(QWidget):
    """Before, or after: moving, and frame by frame."""

    def __init__(self, title: str, player: Player, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.film, self.strip = FilmView(player), FramesStrip()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GRID)
        self.title, self.heading = title, ElidedLabel(Qt.TextElideMode.ElideMiddle)  # names differ at their ends
        self.heading.setContentsMargins(theme.GRID, 0, 0, 0)
        column.addWidget(self.heading)
        column.addWidget(self.film, 3)
        column.addWidget(self.strip, 2)
        player.position.connect(self.strip.set_cursor)
        self.strip.seek_wanted.connect(player.seek)
        self.film.clicked.connect(player.toggle)

    def show_film(self, film: Film, words: str = "") -> None:
        self.heading.set_text(f"{self.title}: {words}" if words else self.title)
        self.film.show_film(film)
        self.strip.show_frames(film.frames, film.seconds)

    def clear(self) -> None:
        self.heading.set_text("")
        self.film.show_film(None)
        self.strip.clear_frames()


class SightSides(Sides):
    """Both sides run on one clock: they move together."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.player = Player(self)
        self.player.loop = True
        self.before, self.after = Side("Before", self.player), Side("After", self.player)
        self.play = QPushButton()
        self.play.setToolTip("Play the frames at their own times, over and over.")
        sides = QHBoxLayout()
        sides.setSpacing(theme.GRID)
        sides.addWidget(self.before, 1)
        sides.addWidget(self.after, 1)  # as wide, however long the name of what is mixed in
        foot = QHBoxLayout()
        foot.setContentsMargins(theme.GRID, 4, theme.GRID, theme.GRID)
        foot.addWidget(self.play)
        foot.addStretch()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(sides, 1)
        column.addLayout(foot)
        self.play.clicked.connect(self.player.toggle)
        self.player.state_changed.connect(self._show_state)
        self._show_state()

    def work(
        self, clip: Clip, others: Sequence[Clip], kind: Kind, strength: float, seed: int
    ) -> Callable[[Control, Any], Any]:
        if kind is MIXUP:
            return partial(mixed, clip, others, strength, seed)
        augmentation = kind.settings(strength)
        assert isinstance(augmentation, VideoAugmentation)
        return partial(seen, clip.path, augmentation, seed)

    def show_sides(self, sides: Seen) -> None:
        playing = self.player.playing
        self.player.load(self.player.nothing, 1, sides.before.duration)
        self.before.show_film(sides.before)
        self.after.show_film(sides.after, sides.words)
        if playing:  # another draw is seen moving at once
            self.player.play()

    def clear(self) -> None:
        self.player.load(self.player.nothing, 1)
        for side in (self.before, self.after):
            side.clear()

    @property
    def in_front(self) -> Player:
        return self.player

    def step(self, frames: int) -> None:
        """As the times of the frames before are."""
        self.before.film.step(frames)

    def fall_silent(self) -> None:
        self.player.close()

    def _show_state(self) -> None:
        show_playing(self.play, self.player, "Play both")
