"""Compare, Ensembles: networks asked together, and what that gains over the best of them."""

from __future__ import annotations

import html

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QCheckBox, QVBoxLayout, QWidget

from core.evaluation.ensemble import Ensemble, How, ensembles
from core.evaluation.overview import Overview
from core.evaluation.statistics import INTERVALS
from core.evaluation.summary import NetworkRow
from core.evaluation.tables import TextTable
from gui import theme
from gui.context import Context
from gui.panels.compare_parts import ReadingPage
from gui.widgets.controls import options_combo
from gui.widgets.flow import FlowLayout
from gui.widgets.member_table import MemberTable
from gui.widgets.sentences import Sentences

WAYS = (
    ("Average", How.AVERAGE, "Every member counts as much: the mean of the probabilities that they give."),
    ("Weighted average", How.WEIGHTED, "Each counts as much as it helps on the validation part (the smallest log loss "
     "there), learned anew for every fold and seed. The test fold has no say."),
)  # fmt: skip
TWO = "Choose two networks at least: what they say of each clip is averaged."


class EnsemblesPage(ReadingPage):
    title = "Ensembles"
    help = "Networks asked together: the average of what they say, and its gain over the best of them."

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self.found: Ensemble | None = None
        self.boxes: dict[str, QCheckBox] = {}  # by label of the network
        self._without: set[str] = set()  # labels that are not to be members
        self.how = options_combo("How", WAYS, 144)
        self.members = MemberTable()
        self.said = Sentences()
        self._lay_out()
        self.how.activated.connect(self._read)

    def suits(self, overview: Overview) -> bool:
        return len(overview.summary.networks) > 1

    def present(self, on: bool) -> None:
        self._bar.setHidden(on)

    def table(self) -> TextTable | None:
        return None if self.found is None else self.found.table()

    def refresh(self) -> None:
        """Offer every network; those that were left out before stay so."""
        networks = self.overview.summary.networks if self.overview is not None else ()
        if list(self.boxes) != [network.label for network in networks]:
            for box in self.boxes.values():
                self._flow.removeWidget(box)
                box.deleteLater()
            self.boxes = {network.label: self._box(network) for network in networks}
        self._read()

    def _box(self, network: NetworkRow) -> QCheckBox:
        box = QCheckBox(network.label)
        box.setIcon(self.looks[network.label].icon())
        box.setIconSize(QSize(2 * theme.GRID, 2 * theme.GRID))
        box.setToolTip("Whether it is a member of the ensemble.")
        box.setMinimumHeight(self.how.sizeHint().height())
        box.setChecked(network.label not in self._without)
        box.toggled.connect(self._toggled)
        self._flow.addWidget(box)
        return box

    def _toggled(self) -> None:
        self._without = {label for label, box in self.boxes.items() if not box.isChecked()}
        self._read()

    def _read(self) -> None:
        chosen = tuple(label for label, box in self.boxes.items() if box.isChecked())
        if self.overview is None or len(chosen) < 2:
            self.show_nothing(TWO)
            return
        summary, metric, how = self.overview.summary, self.metric_name, How(self.how.currentData())
        wanted = (tuple(n.runs for n in summary.networks if n.label in chosen), metric, how)
        self.read(wanted, lambda control, report: ensembles(summary, chosen, metric, how, control, report))

    def arrived(self, result: Ensemble) -> None:
        self.found = result
        self.members.show_ensemble(result, self.looks)
        notes = [INTERVALS] if result.mean.low is not None else []
        self.said.say(map(html.escape, (*result.sentences(), *notes)))

    def clear(self) -> None:
        self.found = None
        self.members.show_ensemble(None, {})

    def say(self, sentence: str) -> None:
        self.said.say([html.escape(sentence)])

    def _lay_out(self) -> None:
        self._bar = QWidget()
        self._flow = FlowLayout(self._bar, theme.GRID)
        self._flow.addWidget(self.how)
        columns = self.side_by_side("ensemble", self.members, self.said, (696, 464))
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.GRID, theme.GRID, theme.GRID, theme.GRID)
        column.setSpacing(theme.GRID)
        column.addWidget(self._bar)
        column.addWidget(columns, 1)
