"""Which clips of the chosen runs: the ways used most as buttons, the others in the menu of a last one."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QHBoxLayout, QMenu, QPushButton, QSizePolicy, QWidget

from core.analysis.selection import SURE, Which, unavailable
from core.analysis.study_records import StudyRecords
from gui import theme

AT_HAND = (Which.ALL, Which.ERRORS, Which.EVERYBODY)
MORE = ((Which.CONFIDENT, Which.A_NOT_B), (Which.SIGHT_NOT_SOUND, Which.SOUND_NOT_SIGHT), (Which.FLIPS,))
ACROSS = (
    "Clips that every network on {} got right and every network on {} got wrong, in the same fold with the same seed; "
    "where a network is chosen, only networks of its architecture are asked. Shown are the wrong answers."
)
HELP = {
    Which.ALL: "Every test clip of the chosen runs, right or wrong.",
    Which.ERRORS: "Only clips that the network got wrong.",
    Which.EVERYBODY: "Clips that every network got wrong, in the same fold with the same seed: "
    "hard, or wrongly labelled.",
    Which.CONFIDENT: f"Errors of which the network was sure, from {100 * SURE:.0f} % on unless you change it: "
    "what it has learned wrongly, or what is labelled wrongly.",
    Which.A_NOT_B: "Clips that A got right and B got wrong, in the same fold with the same seed. "
    "The matrix and the table show the answers of B.",
    Which.SIGHT_NOT_SOUND: ACROSS.format("sight", "sound"),
    Which.SOUND_NOT_SIGHT: ACROSS.format("sound", "sight"),
    Which.FLIPS: "Clips that the same network told differently with another seed, in the same fold: "
    "chance in training decides.",
}


class WhichClips(QWidget):
    """One of the ways is chosen at any time."""

    chosen = Signal()  # by hand

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._which = Which.ALL
        self._buttons: dict[Which, QPushButton] = {}
        self._actions: dict[Which, QAction] = {}
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)  # other parts of a row give way
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.GRID)
        for which in AT_HAND:
            button = self._buttons[which] = QPushButton(which.value)
            button.setCheckable(True)
            button.clicked.connect(self._clicked)
            row.addWidget(button)
        self.more = QPushButton()
        self.more.setCheckable(True)
        self.more.setToolTip("More ways to choose clips: by what networks, modalities or seeds have said.")
        menu, alone = QMenu(self.more), QActionGroup(self)
        menu.setToolTipsVisible(True)
        alone.setExclusionPolicy(QActionGroup.ExclusionPolicy.ExclusiveOptional)
        for group in MORE:
            for which in group:
                action = self._actions[which] = menu.addAction(which.value)
                action.setCheckable(True)
                alone.addAction(action)
            menu.addSeparator()
        alone.triggered.connect(self._clicked)
        menu.aboutToHide.connect(self._mark)  # a button that shows a menu is checked by the click
        self.more.setMenu(menu)
        row.addWidget(self.more)
        for which, part in (self._buttons | self._actions).items():
            part.setToolTip(HELP[which])
        self._mark()

    @property
    def which(self) -> Which:
        return self._which

    def set_which(self, which: Which) -> None:
        self._which = which
        self._mark()

    def offer(self, data: StudyRecords) -> None:
        """Only what a study can be asked can be chosen; else all its clips are."""
        for which, part in (self._buttons | self._actions).items():
            why = unavailable(which, data)
            part.setEnabled(not why)
            part.setToolTip(f"{HELP[which]}\n{why}" if why else HELP[which])
        if unavailable(self._which, data):
            self.set_which(Which.ALL)

    def _clicked(self) -> None:
        """A button or an entry of the menu, whichever sent this: each is there for the way it names."""
        sender = self.sender()
        if isinstance(sender, QActionGroup):
            triggered = [which for which, action in self._actions.items() if action.isChecked()]
            self.set_which(triggered[0] if triggered else self._which)
        else:
            self.set_which(next(which for which, button in self._buttons.items() if button is sender))
        self.chosen.emit()

    def _mark(self) -> None:
        parts: dict[Which, QPushButton | QAction] = {**self._buttons, **self._actions}
        for which, part in parts.items():
            part.setChecked(which is self._which)
        lesser = self._which in self._actions
        self.more.setChecked(lesser)
        self.more.setText(self._which.value if lesser else "More")
