"""One augmentation on one clip, before and after: of what is heard, and of what is seen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QHBoxLayout, QSpinBox, QStackedWidget, QVBoxLayout, QWidget

from core.datasets.base import Clip
from gui import theme
from gui.context import Context
from gui.jobs import Job
from gui.widgets import sight_augmentation, sound_augmentation
from gui.widgets.augmentation_sides import Kind, Sides
from gui.widgets.clip_view import PATIENCE_MS
from gui.widgets.elided import ElidedLabel
from gui.widgets.empty_state import EmptyState
from gui.widgets.sight_augmentation import SightSides
from gui.widgets.sound_augmentation import SoundSides
from gui.widgets.transport import VOLUME, loudness, tool

NO_CLIP = "No clip is chosen under Clips"
CHOOSE = "Choose a clip under Clips: here is what training may do to it, before and after."


class AugmentationPreview(QWidget):
    """Choose one, turn its strength, draw again; hear or see both sides."""

    another_wanted = Signal(int)  # the clip so many after this one; before it when negative

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._clip: Clip | None = None
        self._others: Sequence[Clip] = ()
        self._job: Job | None = None
        self._late = QTimer(self, singleShot=True, interval=PATIENCE_MS)
        self._late.timeout.connect(self._say_working)
        self._offered: list[tuple[Kind, Sides]] = []
        self.sound, self.sight = SoundSides(), SightSides()
        self.pages = QStackedWidget()
        self.nothing = EmptyState(CHOOSE)
        self.pages.addWidget(self.nothing)
        for sides in (self.sound, self.sight):
            self.pages.addWidget(sides)
            sides.failed.connect(self._not_played)
        self.kind = QComboBox()
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
        self._offer(pictures=False, sound=True)
        self.kind.currentIndexChanged.connect(self._choose_kind)
        self.strength.valueChanged.connect(self._compute)
        self.seed.valueChanged.connect(self._compute)
        self.again.clicked.connect(self._draw_again)

    def set_clip(
        self,
        clip: Clip | None,
        label: str = "",
        others: Sequence[Clip] = (),
        *,
        pictures: bool = False,
        sound: bool = True,
    ) -> None:
        """Another clip, or none; `label` is its class in words, `others` may be mixed with it.

        `pictures` and `sound` are what it says of itself.
        """
        if clip != self._clip:
            self._clear()
        self._clip, self._others = clip, others
        self.clip_name.set_text(f"{label} · {clip.id}" if clip is not None else NO_CLIP)
        if clip is not None:
            self._offer(pictures, sound)
        self._show_page()
        self._compute()

    def act_on(self, event: QKeyEvent) -> bool:
        """Playback keys; True where this was one."""
        sides = self._offered[self.kind.currentIndex()][1]
        actions: dict[Qt.Key, Callable[[], None]] = {
            Qt.Key.Key_Space: sides.toggle,
            Qt.Key.Key_Home: partial(sides.seek_end, False),
            Qt.Key.Key_End: partial(sides.seek_end, True),
            Qt.Key.Key_Left: partial(self.another_wanted.emit, -1),
            Qt.Key.Key_Right: partial(self.another_wanted.emit, 1),
            Qt.Key.Key_Comma: partial(sides.step, -1),
            Qt.Key.Key_Period: partial(sides.step, 1),
        }
        action = None if event.modifiers() else actions.get(Qt.Key(event.key()))
        if action is not None:
            action()
        return action is not None

    def close_preview(self) -> None:
        self._cancel_job()
        for sides in (self.sound, self.sight):
            sides.fall_silent()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        super().showEvent(event)
        self.sound.set_volume(loudness(int(str(self._context.settings.value(VOLUME, 100)))))  # as loud as the clip was
        self._compute()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802
        super().hideEvent(event)
        for sides in (self.sound, self.sight):
            sides.fall_silent()

    def _offer(self, pictures: bool, sound: bool) -> None:
        """What can be done to a clip like this, sight first."""
        offered: list[tuple[Kind, Sides]] = []
        if pictures:
            offered += [(kind, self.sight) for kind in sight_augmentation.KINDS]
        if sound or not pictures:
            offered += [(kind, self.sound) for kind in sound_augmentation.KINDS]
        if offered == self._offered:
            return
        chosen = self.kind.currentText()
        self._offered = offered
        self.kind.blockSignals(True)
        self.kind.clear()
        self.kind.addItems([kind.title for kind, _ in offered])
        self.kind.setCurrentIndex(max(0, self.kind.findText(chosen)))
        self.kind.blockSignals(False)
        if self.kind.currentText() != chosen:
            self._choose_kind()

    def _choose_kind(self) -> None:
        kind = self._offered[self.kind.currentIndex()][0]
        for widget in (self.strength, self.strength_word):
            widget.setVisible(bool(kind.fields))
        if kind.fields:
            self.strength.blockSignals(True)
            kind.dress(self.strength)
            self.strength.blockSignals(False)
            self.strength_word.setText(kind.strength)
        self.said.set_text(kind.help)
        self._show_page()
        self._compute()

    def _show_page(self) -> None:
        """Both sides of what is chosen; a sentence where there is no clip to show."""
        page = self.nothing if self._clip is None else self._offered[self.kind.currentIndex()][1]
        if self.pages.currentWidget() is not page:
            self.close_preview()
            self.pages.setCurrentWidget(page)

    def _compute(self) -> None:
        self._cancel_job()
        kind, sides = self._offered[self.kind.currentIndex()]
        self.said.set_text(kind.help)
        if self._clip is not None and self.isVisible():
            work = sides.work(self._clip, self._others, kind, self.strength.value(), self.seed.value())
            self._job = self._context.jobs.run(work, self._show, self._failed)
            self._late.start()

    def _say_working(self) -> None:
        self.said.set_text("Preparing …")

    def _cancel_job(self) -> None:
        if self._job is not None:
            self._job.cancel()
        self._settle()

    def _settle(self) -> None:
        self._late.stop()
        self._job = None

    def _clear(self) -> None:
        for sides in (self.sound, self.sight):
            sides.clear()

    def _show(self, sides: Any) -> None:
        self._settle()
        self.said.set_text(self._offered[self.kind.currentIndex()][0].help)
        self._offered[self.kind.currentIndex()][1].show_sides(sides)

    def _failed(self, sentence: str) -> None:
        self._settle()
        self._clear()
        self.said.set_text(sentence)

    def _not_played(self, sentence: str) -> None:
        self._context.message.emit(sentence, "error")

    def _draw_again(self) -> None:
        self.seed.setValue((self.seed.value() + 1) % (self.seed.maximum() + 1))

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
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(row)
        column.addWidget(self.said)
        column.addWidget(self.pages, 1)
