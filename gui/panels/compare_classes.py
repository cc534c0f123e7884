"""Compare, Classes: two networks class by class, and in which classes the folds tell them apart."""

from __future__ import annotations

import math
from functools import partial

from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from core.analysis.class_differences import ClassDifferences, ClassPair, class_differences
from core.evaluation.overview import Overview
from core.evaluation.statistics import INTERVALS, Mean
from core.evaluation.summary import NetworkRow
from core.evaluation.tables import TextTable
from core.readable import figure
from gui.context import Context
from gui.panels.compare_dots import DotsPage
from gui.widgets.class_dots import ClassDots, Dot, DotKey, DotRow
from gui.widgets.controls import beside, named_combo, options_combo

SCORES = (
    ("Recall", "recall", "Share of the clips of a class that are recognised."),
    ("Precision", "precision", "Share of the clips taken for a class that are of it, of the folds in which both "
     "networks take any for it."),
    ("F1", "f1", "Harmonic mean of recall and precision."),
)  # fmt: skip
NOTHING = "These two have no fold in common that was tested on the same clips: choose others."
HINT = "Point at a class for the difference in words; click it for the clips of the network that scores less in it."


class ClassesPage(DotsPage):
    title = "Classes"
    help = "Two networks class by class, with the intervals of their means over folds."

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(context, ClassDots("Scores of two networks in each class"), parent)
        self.plot.setToolTip(INTERVALS)
        self.found: ClassDifferences | None = None
        self._networks: tuple[NetworkRow, ...] = ()
        self.first = named_combo("First", "The network whose lead sorts the classes.", 224)
        self.second = named_combo("Second", "The network it is compared with.", 224)
        self.score = options_combo("Score", SCORES, 104)
        for word, combo in (("First", self.first), ("Second", self.second), ("Score", self.score)):
            self.choices.addWidget(beside(word, combo))
            combo.activated.connect(self._read)

    def suits(self, overview: Overview) -> bool:
        return len(overview.summary.networks) > 1

    def refresh(self) -> None:
        """Offer the networks; those that were chosen stay, else the two best stand first."""
        self._networks = self.overview.summary.ranked(self.metric_name) if self.overview is not None else ()
        for place, combo in enumerate((self.first, self.second)):
            before = combo.currentText()
            combo.clear()
            for network in self._networks:
                combo.addItem(self.looks[network.label].icon(), network.label)
            there = combo.findText(before)
            combo.setCurrentIndex(there if there >= 0 else min(place, combo.count() - 1))
        if len(self._networks) < 2:
            self.show_nothing("")
            return
        self._read()

    def table(self) -> TextTable | None:
        return None if self.found is None else self.found.table()

    def pair(self) -> tuple[NetworkRow, NetworkRow]:
        return self._networks[self.first.currentIndex()], self._networks[self.second.currentIndex()]

    def _read(self) -> None:
        a, b = self.pair()
        if a is b:
            self.show_nothing("Choose two different networks.")
            return
        score = self.score.currentData()
        self.read((a.runs, b.runs, score), partial(class_differences, a, b, score))

    def arrived(self, result: ClassDifferences | None) -> None:
        self.found = result
        if result is not None:
            a, b = self.pair()
            sides = tuple((network, self.looks[network.label].colour) for network in (a, b))
            rows = [_row(pair, sides) for pair in result.classes]
            key = [DotKey(network.modality, network.label, colour) for network, colour in sides]
            self.plot.show_rows(rows, result.order(), key, "difference, points; * after Holm")
            self.whole.setText(result.summary())
            self.tell()
        else:
            self.say(NOTHING)

    def clear(self) -> None:
        self.found = None
        self.plot.show_rows((), ())
        self.whole.clear()

    def sentence(self, label: int, hint: bool) -> str | None:
        if self.found is None:  # why, or how far the reading is, has been said
            return None
        return self.found.sentence(label) if label >= 0 else HINT if hint else ""

    def show_clips(self, label: int) -> None:
        if self.found is not None:
            self.errors_wanted.emit(self.found.worse(label), self.found.classes[label].name)


def _row(pair: ClassPair, sides: tuple[tuple[NetworkRow, QColor], ...]) -> DotRow:
    gap = "–" if pair.difference is None else figure(100 * pair.difference.mean, "+.1f")
    return DotRow(
        name=pair.name,
        dots=tuple(
            Dot(network.modality, colour, mean.value, *_ends(mean))
            for (network, colour), mean in zip(sides, (pair.a, pair.b), strict=True)
        ),
        figure=f"{gap} *" if pair.told_apart else gap,
        bold=pair.told_apart,
        joined=True,
    )


def _ends(mean: Mean) -> tuple[float, float]:
    return (math.nan, math.nan) if mean.low is None or mean.high is None else (mean.low, mean.high)
