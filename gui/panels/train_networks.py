"""The list of networks that a study compares."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QToolButton, QVBoxLayout, QWidget

from core.datasets.base import Modality
from core.presets import trio, with_branches
from core.run_lists import Earlier
from core.run_spec import Network
from core.study import architectures
from gui import theme
from gui.panels.train_network_row import Around, NetworkRow
from gui.panels.train_vary import VaryDialog
from gui.widgets.flow import FlowLayout


class NetworkList(QWidget):
    """Rows of networks and the button that adds one, or the three of a comparison."""

    changed = Signal()
    runs_wanted = Signal()
    both_added = Signal()  # a network on both that starts from its branches; `changed` follows

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows: list[NetworkRow] = []
        self._runs: Sequence[Earlier] | None = None  # not known yet
        self._alone: tuple[Network, ...] = ()  # as they stood before branches were added to them
        self._with_branches: tuple[Network, ...] = ()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(theme.GRID // 2)
        self.add = QToolButton()
        self.add.setText("Add a network")
        self.add.setToolTip("Compare one more: another architecture, or the same with other initial weights.")
        self.add.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        theme.set_icon(self.add, "mdi6.plus")
        self.add.clicked.connect(self._add_one)
        self.add_three = QToolButton()
        self.add_three.setText("Sound, sight, both of …")
        self.add_three.setToolTip(
            "Compare what an architecture makes of the sound, of the pictures and of both: as far as they are not "
            "there. Both starts from the two others."
        )
        self.add_three.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        theme.set_icon(self.add_three, "mdi6.plus")
        self.add_three.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.compare = QMenu(self)
        for name, title in architectures().items():
            self.compare.addAction(title).setData(name)
        self.compare.triggered.connect(self._add_three)
        self.add_three.setMenu(self.compare)
        self.vary = QToolButton()
        self.vary.setText("Vary …")
        self.vary.setToolTip("Train one network with several values of a setting: frozen stages, clips of each class …")
        self.vary.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        theme.set_icon(self.vary, "mdi6.tune-variant")
        self.vary.clicked.connect(self._vary)
        buttons = QWidget()
        flow = FlowLayout(buttons, theme.GRID // 2)
        for button in (self.add, self.vary, self.add_three):
            flow.addWidget(button)
        self._column.addWidget(buttons)

    def set_value(self, networks: tuple[Network, ...]) -> None:
        for row in list(self.rows):
            self._drop(row)
        for network in networks:
            self._append(network)
        if self.wants_runs:
            self.runs_wanted.emit()

    def value(self) -> tuple[Network, ...] | None:
        """The networks, or None where a row says what is wrong with it."""
        values = [row.value() for row in self.rows]
        return None if None in values else tuple(value for value in values if value is not None)

    @property
    def wants_runs(self) -> bool:
        """Whether a network starts from an earlier run."""
        return any(row.weights.get() == "run" for row in self.rows)

    def modalities(self) -> frozenset[Modality]:
        """What the networks look at."""
        return frozenset(row.looks_at for row in self.rows)

    def show_around(self, modality: Modality, offered: tuple[Modality, ...], windows: int) -> None:
        """Every row follows the study, the clips and the rows above it."""
        before: list[tuple[Network, Modality]] = []
        for row in self.rows:
            row.show_around(Around(modality, offered, windows, tuple(before)))
            before.append((row.network, row.looks_at))
        self.add_three.setVisible(len(offered) == len(Modality))

    def show_runs(self, runs: Sequence[Earlier]) -> None:
        """Earlier runs whose weights a network can start from."""
        self._runs = runs
        for row in self.rows:
            row.show_runs(runs)

    def say(self, text: str) -> bool:
        """Say a sentence of the study at the network that it names; False where it names none."""
        for words in ("etwork “{}”", "“{}”"):
            for row in reversed(self.rows):
                if words.format(row.network.label) in text:
                    row.say(text)
                    return True
        return False

    def add_branches(self) -> None:
        """Of a study that is to look at both: a network on sound and one on sight before each that starts from them."""
        alone = self.value()
        if alone is None:
            return
        made = with_branches(alone)
        if made != alone:
            self.set_value(made)
            self._alone, self._with_branches = alone, made
            self.both_added.emit()

    def take_branches_back(self) -> bool:
        """The study is to look at one again: what was added for both goes, unless it was edited since."""
        unedited = bool(self._with_branches) and self.value() == self._with_branches
        if unedited:
            self.set_value(self._alone)
        self._alone = self._with_branches = ()
        return unedited

    def _append(self, network: Network) -> None:
        row = NetworkRow(network)
        row.changed.connect(self.changed)
        row.removed.connect(self._remove)
        row.runs_wanted.connect(self.runs_wanted)
        if self._runs is not None:
            row.show_runs(self._runs)
        self.rows.append(row)
        self._column.insertWidget(len(self.rows) - 1, row)
        self._allow_removal()

    def _drop(self, row: NetworkRow) -> None:
        self.rows.remove(row)
        self._column.removeWidget(row)
        row.hide()
        row.deleteLater()

    def _remove(self, row: NetworkRow) -> None:
        self._drop(row)
        self._allow_removal()
        self.changed.emit()

    def _add_one(self) -> None:
        """The first architecture that is not there yet."""
        there = {row.architecture.get() for row in self.rows}
        name = next((name for name in architectures() if name not in there), next(iter(architectures())))
        self._append(Network(architecture=name))
        self.changed.emit()

    def _add_three(self, action: QAction) -> None:
        """Sound, sight and both of an architecture, as far as they are not there."""
        name = str(action.data())
        there = [(str(row.architecture.get()), row.looks_at) for row in self.rows]
        like = next((row.network for row in self.rows if row.network.architecture == name), None)
        for network in trio(name, there, like):
            self._append(network)
        self.both_added.emit()
        self.changed.emit()

    def _vary(self) -> None:
        networks = self.value()
        if networks is None:
            return
        dialog = VaryDialog(networks, [row.looks_at for row in self.rows], self)
        if dialog.exec() == VaryDialog.DialogCode.Accepted:
            kept = [
                network for place, network in enumerate(networks) if not (dialog.replaces and place == dialog.place)
            ]
            self.set_value((*kept, *dialog.made()))
            self.changed.emit()
        dialog.deleteLater()

    def _allow_removal(self) -> None:
        for row in self.rows:
            row.remove.setEnabled(len(self.rows) > 1)
