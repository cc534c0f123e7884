"""The filters above the Errors panel: which runs, and which of their clips."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QButtonGroup, QComboBox, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from gui import theme
from gui.widgets.controls import named_combo
from gui.widgets.transport import tool

ANY = -1
TYPING_MS = 200  # after the last letter the clips are looked for


class Which(StrEnum):
    """Which clips of the chosen runs."""

    ALL = "All clips"
    ERRORS = "Only errors"
    EVERYBODY = "Everybody wrong"
    A_NOT_B = "A right, B wrong"


BY_SEVERAL = (Which.EVERYBODY, Which.A_NOT_B)  # what several networks said decides
HELP = {
    Which.ALL: "Every test clip of the chosen runs, right or wrong.",
    Which.ERRORS: "Only clips that the network got wrong.",
    Which.EVERYBODY: "Clips that every network got wrong, in the same fold with the same seed: "
    "hard, or wrongly labelled.",
    Which.A_NOT_B: "Clips that A got right and B got wrong, in the same fold with the same seed. "
    "The matrix and the table show the answers of B.",
}


@dataclass(frozen=True)
class Choice:
    """What the filters say; networks are places in the list of networks, ANY = no restriction."""

    network: int = ANY
    fold: int = ANY
    seed: int = ANY
    which: Which = Which.ALL
    right: int = 0  # A
    wrong: int = 1  # B
    words: str = ""

    def why_empty(self, networks: Sequence[str], tested: bool, cell: bool) -> str:
        """Why nothing is shown, as a sentence.

        Args:
            networks: their labels.
            tested: whether there are runs of the network, fold and seed at all.
            cell: whether there are clips outside the chosen cell.
        """
        if not tested:
            return "No finished run has this network, this fold and this seed."
        if cell:
            return "None of these clips is in the chosen cell. Click the cell again to see all of them."
        if self.which is Which.A_NOT_B and self.right == self.wrong:
            return "A and B are the same network: choose two."
        if self.words:
            return f"None of these clips has “{self.words}” in its name or class."
        of_b = self.which is Which.A_NOT_B  # whatever network is chosen
        narrowed = (self.network != ANY and not of_b) or self.fold != ANY or self.seed != ANY
        none, each = ("None of these clips", "each of these clips") if narrowed else ("No clip", "every clip")
        if of_b:
            by = f"right by {networks[self.right]} and wrong by {networks[self.wrong]}"
            return f"{none} was told {by}, in the same fold with the same seed."
        if self.which is Which.EVERYBODY:
            return f"{none} was told wrong by every network, in the same fold with the same seed."
        return f"There are no errors: {each} was recognised."


class ErrorFilters(QWidget):
    """Study, network, fold, seed, and four ways to choose clips."""

    study_changed = Signal(str)  # slug
    changed = Signal()  # any of the others
    all_wanted = Signal()  # before `changed`: clips chosen by what several networks said, whatever cell they are in

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.study = named_combo("Study", "The study whose runs are shown.", 168)
        self.network = named_combo("Network", "Whose answers the matrix and the table show.", 208)
        self.fold = named_combo("Fold", "Only runs that were tested on this fold.", 64)
        self.seed = named_combo("Seed", "Only runs with this random seed.", 64)
        self.right = named_combo("A, right", "The network that was right.", 208)
        self.wrong = named_combo("B, wrong", "The network that was wrong, whose answers are shown.", 208)
        self.search = QLineEdit(placeholderText="Find by class or clip")
        self.search.setClearButtonEnabled(True)
        self.search.setToolTip("Only clips whose true class, predicted class or name contains this.")
        self.search.setMaximumWidth(40 * theme.GRID)
        self.search.setMinimumWidth(15 * theme.GRID)
        self.said = theme.label(muted=True)
        self._typing = QTimer(self, singleShot=True, interval=TYPING_MS)
        self._which = QButtonGroup(self)

        runs, clips = QHBoxLayout(), QHBoxLayout()
        for combo in (self.study, self.network, self.fold, self.seed):
            runs.addWidget(theme.label(combo.accessibleName(), muted=True))
            runs.addWidget(combo)
            runs.addSpacing(theme.GRID)
        runs.addStretch(1)
        runs.addWidget(self.search, 1)
        runs.addSpacing(theme.GRID)
        runs.addWidget(self.said)
        for which in Which:
            button = QPushButton(which.value)
            button.setCheckable(True)
            button.setToolTip(HELP[which])
            self._which.addButton(button)
            clips.addWidget(button)
        self._pair: list[QWidget] = []
        self.swap = tool("mdi6.swap-horizontal", "Swap A and B", "A and B change places: who was right, who was wrong.")
        for combo in (self.right, self.wrong):
            clips.addSpacing(theme.GRID)
            self._pair += [theme.label(combo.accessibleName(), muted=True), combo]
            clips.addWidget(self._pair[-2])
            clips.addWidget(combo, 4)
            combo.setMaximumWidth(48 * theme.GRID)
            if combo is self.right:
                clips.addWidget(self.swap)
        self._pair.append(self.swap)
        clips.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.GRID, theme.GRID, theme.GRID, theme.GRID)
        column.setSpacing(theme.GRID)
        for row in (runs, clips):
            row.setSpacing(theme.GRID)
            column.addLayout(row)
        self.set_which(Which.ALL)
        self.study.activated.connect(self._study_chosen)
        for combo in (self.network, self.fold, self.seed):
            combo.activated.connect(self._something_chosen)
        for chosen in (self.right.activated, self.wrong.activated, self._which.buttonClicked):
            chosen.connect(self._clips_chosen)
        self.swap.clicked.connect(self._swapped)
        self.search.textChanged.connect(self._typed)
        self._typing.timeout.connect(self._something_chosen)

    @property
    def choice(self) -> Choice:
        return Choice(
            network=_data(self.network),
            fold=_data(self.fold),
            seed=_data(self.seed),
            which=self.which,
            right=max(0, self.right.currentIndex()),
            wrong=max(0, self.wrong.currentIndex()),
            words=self.search.text().strip(),
        )

    @property
    def which(self) -> Which:
        return next(Which(button.text()) for button in self._which.buttons() if button.isChecked())

    def set_which(self, which: Which) -> None:
        for button in self._which.buttons():
            button.setChecked(button.text() == which.value)
        self._show_pair()

    def set_studies(self, studies: Sequence[str], chosen: str) -> None:
        """Slugs of the studies that have predictions."""
        self.study.clear()
        for slug in studies:
            self.study.addItem(slug, slug)
        self.study.setCurrentIndex(max(0, self.study.findData(chosen)))

    def set_runs(self, networks: Sequence[tuple[str, QIcon]], folds: Sequence[int], seeds: Sequence[int]) -> None:
        """Name and mark of each network, and what there is to choose from. Choices that still exist stay."""
        labels, icons = [name for name, _ in networks], [icon for _, icon in networks]
        _fill(self.network, "all networks", list(enumerate(labels)), icons)
        _fill(self.fold, "all", [(fold, str(fold)) for fold in folds])
        _fill(self.seed, "all", [(seed, str(seed)) for seed in seeds])
        pair = self.right.currentText(), self.wrong.currentText()
        for combo, before, first in ((self.right, pair[0], 0), (self.wrong, pair[1], 1)):
            combo.clear()
            for icon, label in zip(icons, labels, strict=True):
                combo.addItem(icon, label)
            combo.setCurrentIndex(labels.index(before) if before in labels else min(first, len(labels) - 1))
        for button in self._which.buttons():
            if Which(button.text()) in BY_SEVERAL:
                button.setEnabled(len(networks) > 1)
        if len(networks) < 2 and self.which in BY_SEVERAL:
            self.set_which(Which.ALL)

    def words(self) -> dict[str, str]:
        """What is chosen of the runs, to be handed to `restore` at the next start."""
        return {name: combo.currentText() for name, combo in self._lasting().items()} | {"which": self.which.value}

    def restore(self, words: Mapping[str, str]) -> None:
        """Choose this as soon as there are runs to choose from; what they do not have is passed over."""
        for name, combo in self._lasting().items():
            combo.addItem(words.get(name, ""))
        if words.get("which") in list(Which):
            self.set_which(Which(words["which"]))

    def _lasting(self) -> dict[str, QComboBox]:
        return {
            "network": self.network, "fold": self.fold, "seed": self.seed, "right": self.right, "wrong": self.wrong
        }  # fmt: skip

    def choose_network(self, name: str, which: Which = Which.ERRORS) -> None:
        """Show the errors, or what else is asked for, of one network, or of all where there is none of that name.

        Nothing narrows them further, and `changed` is not said.
        """
        self.network.setCurrentIndex(max(0, self.network.findText(name)))
        self.fold.setCurrentIndex(0)
        self.seed.setCurrentIndex(0)
        self.search.clear()
        self._typing.stop()
        self.set_which(which)

    def _study_chosen(self) -> None:
        self.study_changed.emit(self.study.currentData())

    def _typed(self) -> None:
        self._typing.start()

    def _swapped(self) -> None:
        right, wrong = self.right.currentIndex(), self.wrong.currentIndex()
        self.right.setCurrentIndex(wrong)
        self.wrong.setCurrentIndex(right)
        self._clips_chosen()

    def _clips_chosen(self) -> None:
        if self.which in BY_SEVERAL:
            self.all_wanted.emit()
        self._something_chosen()

    def _something_chosen(self) -> None:
        self._show_pair()
        self.changed.emit()

    def _show_pair(self) -> None:
        """A and B are there when they are needed, and the network that is shown is then B."""
        pair = self.which is Which.A_NOT_B
        for widget in self._pair:
            widget.setVisible(pair)
        self.network.setDisabled(pair)


def _fill(combo: QComboBox, all_of_them: str, rows: Sequence[tuple[int, str]], icons: Sequence[QIcon] = ()) -> None:
    """Offer “all” and then the rows; what was chosen stays chosen if it is still there."""
    before = combo.currentText()
    combo.clear()
    combo.addItem(all_of_them, ANY)
    for place, (key, word) in enumerate(rows):
        combo.addItem(icons[place] if icons else QIcon(), word, key)
    combo.setCurrentIndex(max(0, combo.findText(before)))


def _data(combo: QComboBox) -> int:
    data: Any = combo.currentData()
    return ANY if data is None else int(data)
