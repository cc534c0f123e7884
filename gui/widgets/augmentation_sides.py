"""What the previews of both wings are: kinds of augmentation, and one clip before and after."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDoubleSpinBox, QPushButton, QWidget

from core.control import Control
from core.datasets.base import Clip
from core.settings import Settings
from gui import theme
from gui.widgets.player import Player


@dataclass(frozen=True)
class Kind:
    """An augmentation as it is previewed: switched on, with one strength to turn, or none."""

    title: str
    help: str
    of: type[Settings]  # whose fields it sets
    on: tuple[tuple[str, Any], ...] = ()  # what switches it on
    strength: str = ""  # what its strength is called
    fields: tuple[str, ...] = ()  # all set to the strength
    start: float = 0.0

    def settings(self, strength: float) -> Settings:
        whole = self.of.model_fields
        values = {name: int(strength) if whole[name].annotation is int else strength for name in self.fields}
        return self.of(**values, **dict(self.on))

    def dress(self, box: QDoubleSpinBox) -> None:
        """Bounds, unit and tooltip of the strength are those of the recipe's field."""
        field = self.of.model_fields[self.fields[0]]
        bounds = {key: getattr(item, key) for item in field.metadata for key in ("ge", "le") if hasattr(item, key)}
        whole = field.annotation is int
        unit = dict(field.json_schema_extra or {}).get("unit", "")  # type: ignore[arg-type]
        box.setDecimals(0 if whole else 2)
        box.setSingleStep(1 if whole or bounds["le"] > 10 else 0.05)
        box.setRange(bounds.get("ge", box.singleStep()), bounds["le"])  # what must be above 0 has no least value
        box.setSuffix(f" {unit}" if unit else "")
        box.setValue(self.start)
        box.setToolTip(f"{field.title}. {field.description}")


def show_playing(button: QPushButton, player: Player, word: str) -> None:
    """A button that plays, and pauses what plays; `word` is what it says while nothing does."""
    theme.set_icon(button, "mdi6.pause" if player.playing else "mdi6.play")
    button.setText("Pause" if player.playing else word)
    button.setEnabled(player.duration > 0)


class Sides(QWidget):
    """Before and after, of one wing."""

    failed = Signal(str)  # a sentence: it cannot be played

    def work(
        self, clip: Clip, others: Sequence[Clip], kind: Kind, strength: float, seed: int
    ) -> Callable[[Control, Any], Any]:
        """What is computed in the background; its result goes to `show_sides`.

        `others` are the clips that it may be mixed with.
        """
        raise NotImplementedError

    def show_sides(self, sides: Any) -> None:
        raise NotImplementedError

    def clear(self) -> None:
        """Show nothing: another clip, or nothing came of it."""
        raise NotImplementedError

    @property
    def in_front(self) -> Player:
        """What the keys act on."""
        raise NotImplementedError

    def toggle(self) -> None:
        """Play, or pause."""
        self.in_front.toggle()

    def seek_end(self, last: bool) -> None:
        """To the end of what the keys act on, or to its beginning."""
        self.in_front.seek(self.in_front.duration if last else 0.0)

    def step(self, frames: int) -> None:
        """Pause, and go this many frames on, where there are any; back when negative."""

    def set_volume(self, volume: float) -> None:
        """0 (silent) to 1."""

    def fall_silent(self) -> None:
        """Stop playing, and give the device back."""
        raise NotImplementedError
