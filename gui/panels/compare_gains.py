"""Compare, Where a modality helps: an architecture's networks on sound, sight and both, class by class."""

from __future__ import annotations

from functools import partial

from PySide6.QtWidgets import QWidget

from core.analysis.modality_gains import ModalityGains, read_modality_gains
from core.datasets.base import Modality
from core.evaluation.families import Family, families
from core.evaluation.overview import Overview
from core.evaluation.summary import NetworkRow
from gui import theme
from gui.context import Context
from gui.panels.compare_dots import DotsPage
from gui.widgets.controls import beside, named_combo, options_combo
from gui.widgets.gain_plot import GainPlot

SCORES = (
    ("Recall", "recall", "Share of the clips of a class that are recognised. Lines: 95 % intervals after Wilson over "
     "the distinct clips; they do not know of clips that share a source, nor of other trainings."),
    ("F1", "f1", "Harmonic mean of recall and precision, which also counts what is wrongly taken for the class. "
     "It is no share of clips: no interval is shown."),
)  # fmt: skip
NOTHING = "These networks have no tested clip in common: choose others, or train the same folds and seeds."
HINT = "Point at a class for the difference in words; click it for its clips."


class GainsPage(DotsPage):
    title = "Where a modality helps"
    help = "Each class with sound, with sight, with both."

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        self.plot: GainPlot
        super().__init__(context, GainPlot(), parent)
        self.gains: ModalityGains | None = None
        self._families: tuple[Family, ...] = ()
        self.family = named_combo("Architecture", "Whose networks are compared.", 144)
        self.networks = {
            modality: named_combo(modality.word.capitalize(), f"Which network is taken for {modality.word}.", 224)
            for modality in Modality
        }
        self._pairs = {modality: beside(modality.word, combo) for modality, combo in self.networks.items()}
        self.score = options_combo("Score", SCORES, 88)
        for pair in (beside("Architecture", self.family), *self._pairs.values(), beside("Score", self.score)):
            self.choices.addWidget(pair)
        for pair in self._pairs.values():
            pair.hide()
        self.family.activated.connect(self._family_chosen)
        for combo in (*self.networks.values(), self.score):
            combo.activated.connect(self._read)

    def suits(self, overview: Overview) -> bool:
        return len(overview.summary.modalities) > 1

    def refresh(self) -> None:
        """Offer the architectures that have networks on more than one modality; choices that still exist stay."""
        before = self.family.currentText()
        found = families(self.overview.summary) if self.overview is not None else ()
        self._families = tuple(f for f in found if len({row.modality for row in f.members}) > 1)
        self.family.clear()
        for family in self._families:
            self.family.addItem(theme.architecture_icon(family.architecture), family.title)
        self.family.setCurrentIndex(max(0, self.family.findText(before)))
        self._fill_networks()
        if not self._families:
            self.show_nothing("")
        self._read()

    def chosen(self) -> dict[Modality, NetworkRow]:
        """The network taken for each modality."""
        if not self._families:
            return {}
        family = self._families[self.family.currentIndex()]
        return {m: family.of(m)[max(0, self.networks[m].currentIndex())] for m in Modality if family.of(m)}

    def _family_chosen(self) -> None:
        self._fill_networks()
        self._read()

    def _fill_networks(self) -> None:
        """A choice for each modality of which there are several networks."""
        family = self._families[self.family.currentIndex()] if self._families else None
        for modality, combo in self.networks.items():
            rows = family.of(modality) if family is not None else ()
            before = combo.currentText()
            combo.clear()
            combo.addItems([family.name_of(row) or row.label for row in rows] if family is not None else [])
            combo.setCurrentIndex(max(0, combo.findText(before)))
            self._pairs[modality].setVisible(len(rows) > 1)

    def _read(self) -> None:
        chosen, score = self.chosen(), self.score.currentData()
        if chosen:
            sides = {modality: [run.folder for run in row.runs] for modality, row in chosen.items()}
            wanted = (*(row.runs for row in chosen.values()), score)
            self.read(wanted, partial(read_modality_gains, sides, score))

    def arrived(self, result: ModalityGains | None) -> None:
        self.gains = result
        self.plot.show_gains(result, theme.architecture_colour(next(iter(self.chosen().values())).architecture))
        self.whole.setText("" if result is None else result.whole())
        if result is None:
            self.say(NOTHING)
        self.tell()

    def clear(self) -> None:
        self.gains = None
        self.plot.show_gains(None, theme.colour("text"))
        self.whole.clear()

    def sentence(self, label: int, hint: bool) -> str | None:
        if self.gains is None:  # why, or how far the reading is, has been said
            return None
        if label >= 0:
            return self.gains.sentence(label)
        return f"{self.gains.summary()} {HINT}" if hint else self.gains.summary()

    def show_clips(self, label: int) -> None:
        if self.gains is not None:
            self.errors_wanted.emit(self.chosen()[self.gains.subject].label, self.gains.classes[label])
