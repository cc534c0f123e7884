"""Compare, Learning: how the networks learned, over all folds and seeds, and what of it the test clips show."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QScrollArea, QSplitter, QVBoxLayout, QWidget

from core.evaluation.learning import (
    Along,
    Gap,
    LearningCurve,
    Part,
    Quantity,
    Spread,
    gap_table,
    gaps,
    read_learning,
)
from core.evaluation.tables import TextTable
from core.readable import counted
from gui import theme
from gui.context import Context
from gui.looks import Look
from gui.panels.compare_parts import ReadingPage
from gui.widgets.band_plot import BandLine, BandPlot
from gui.widgets.controls import beside, named_combo
from gui.widgets.flow import FlowLayout
from gui.widgets.gap_plot import GapPlot
from gui.widgets.network_chips import NetworkChips

CHOICES = (
    ("Show", Quantity, 104, "Accuracy or loss of each epoch. That of training is measured while it goes on, on "
     "augmented clips: it can lie below the validation."),
    ("Over", Along, 176, "What the epochs are set against. Networks have different numbers of epochs, and take "
     "different times for them; the time is that of the computer that trained them."),
    ("Band", Spread, 184, "95 % interval: of the mean over the folds, seeds averaged first; one fold has none.\n"
     "Lowest to highest run: of all folds and seeds at each place."),
)  # fmt: skip
UNITS = ((3 * 3600.0, 3600.0, "h"), (180.0, 60.0, "min"), (0.0, 1.0, "s"))  # from so many seconds on
NOTHING = "No run of this study has a log of its epochs: score averages train nothing."


class LearningPage(ReadingPage):
    title = "Learning"
    help = "Loss and accuracy while the networks learned, and accuracy on training, validation and test clips."

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self.curves: tuple[LearningCurve, ...] = ()
        self.gaps: tuple[Gap, ...] = ()
        self.choices = {word: named_combo(word, help_, width) for word, _, width, help_ in CHOICES}
        for word, options, *_ in CHOICES:
            combo = self.choices[word]
            for option in options:
                combo.addItem(option.value[0].upper() + option.value[1:], option.value)
            combo.setCurrentIndex(max(0, combo.findData(context.settings.value(f"compare/learning/{word.lower()}"))))
            combo.activated.connect(self.refresh)
        self.chips = NetworkChips(column=False)
        self.plot = BandPlot()
        self.gap_plot = GapPlot()
        self.said = theme.label("", theme.SMALL, muted=True, wrap=True)
        self.said.setTextFormat(Qt.TextFormat.PlainText)
        self._lay_out()
        self.chips.changed.connect(self._hide_networks)
        self.chips.pointed.connect(self.plot.point_at)

    def refresh(self) -> None:
        if self.overview is None:
            return
        summary, chosen = self.overview.summary, self.chosen()
        self.read((summary.runs, chosen), partial(read_learning, summary.networks, *chosen))

    def chosen(self) -> tuple[Quantity, Along, Spread]:
        show, over, band = (self.choices[word].currentData() for word in ("Show", "Over", "Band"))
        return Quantity(show), Along(over), Spread(band)

    def table(self) -> TextTable | None:
        return gap_table(self.gaps) if self.gaps else None

    def picture(self) -> QWidget:
        return self._drawn

    def present(self, on: bool) -> None:
        self._bar.setHidden(on)
        self.plot.present(on)

    def save_state(self) -> None:
        for word, combo in self.choices.items():
            self.context.settings.setValue(f"compare/learning/{word.lower()}", combo.currentData())

    def arrived(self, result: tuple[LearningCurve, ...]) -> None:
        assert self.overview is not None
        quantity, along, spread = self.chosen()
        of_networks = self.looks
        self.curves, self.gaps = result, gaps(self.overview.summary)
        self.gap_plot.show_gaps(self.gaps, of_networks)
        drawn = {curve.network.label for curve in result}
        self.chips.show_networks({label: look for label, look in of_networks.items() if label in drawn})
        unit, scale = _unit(along, result)
        lines = [
            _line(curve, of_networks[curve.network.label], quantity, (along, unit, scale), result) for curve in result
        ]
        left = "Accuracy (%)" if quantity is Quantity.ACCURACY else "Loss (nats)"
        self.plot.show_lines(
            lines, f"{along.value.capitalize()}{f' ({unit})' if unit else ''}", left, _bounds(lines, quantity)
        )
        self._hide_networks()
        self.say(_about(result, along, spread) if result else NOTHING)

    def clear(self) -> None:
        self.curves, self.gaps = (), ()
        self.gap_plot.show_gaps((), {})
        self.plot.show_lines(())
        self.chips.show_networks({})

    def say(self, sentence: str) -> None:
        self.said.setText(sentence)

    def _hide_networks(self) -> None:
        self.plot.hide_networks(self.chips.hidden)

    def _lay_out(self) -> None:
        self._bar = QWidget()
        bar = FlowLayout(self._bar, theme.GRID)
        for word, combo in self.choices.items():
            bar.addWidget(beside(word, combo))
        learned = QWidget()
        left = QVBoxLayout(learned)
        left.setContentsMargins(0, 0, theme.GRID, 0)
        left.setSpacing(theme.GRID)
        left.addWidget(self.chips)
        left.addWidget(self.plot, 1)
        area = QScrollArea()
        area.setWidget(self.gap_plot)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._drawn = QSplitter(Qt.Orientation.Horizontal)
        for place, part in enumerate((learned, area)):
            self._drawn.addWidget(part)
            self._drawn.setStretchFactor(place, 2 - place)
        self._drawn.setSizes([760, 400])
        self.splitters = {"learning": self._drawn}
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.GRID, theme.GRID, theme.GRID, theme.GRID)
        column.setSpacing(theme.GRID)
        column.addWidget(self._bar)
        column.addWidget(self.plot.figures)
        column.addWidget(self._drawn, 1)
        column.addWidget(self.said)


def _unit(along: Along, curves: Sequence[LearningCurve]) -> tuple[str, float]:
    """Of the x axis, and how many of what the curves count make one."""
    if along is Along.TIME:
        longest = max((float(curve.x[-1]) for curve in curves), default=0.0)
        return next((unit, scale) for least, scale, unit in UNITS if longest >= least)
    return ("%", 0.01) if along is Along.SHARE else ("", 1.0)


def _line(
    curve: LearningCurve,
    look: Look,
    quantity: Quantity,
    axis: tuple[Along, str, float],
    curves: Sequence[LearningCurve],
) -> BandLine:
    up, validated = 100 if quantity is Quantity.ACCURACY else 1, any(c.part is Part.VALIDATION for c in curves)
    return BandLine(
        network=curve.network.label,
        look=look,
        x=curve.x / axis[2],
        y=up * curve.y,
        low=up * curve.low,
        high=up * curve.high,
        words=partial(_words, curve, quantity, axis),
        thin=validated and curve.part is Part.TRAINING,
        marked=len(curve.x) == 1,
    )


def _words(curve: LearningCurve, quantity: Quantity, axis: tuple[Along, str, float], place: int) -> str:
    """`AlexNet · epoch 12 · training accuracy 81.2 % [70.1, 92.3] · 4 folds × 1 seed`."""
    along, unit, scale = axis
    where = f"{curve.x[place] / scale:.{0 if along is Along.EPOCH else 1}f} {unit}".strip()
    up, form, percent = (100, ".1f", " %") if quantity is Quantity.ACCURACY else (1, ".3f", "")
    said = f"{up * curve.y[place]:{form}}{percent}"
    if np.isfinite(curve.low[place]):
        said += f" [{up * curve.low[place]:{form}}, {up * curve.high[place]:{form}}]"
    return f"{curve.network.label} · {along} {where} · {curve.part} {quantity} {said} · {curve.basis}"


def _bounds(lines: Sequence[BandLine], quantity: Quantity) -> tuple[float, float, float, float] | None:
    if not lines:
        return None
    high = 100.0 if quantity is Quantity.ACCURACY else 1.05 * max(float(line.y.max()) for line in lines)
    return min(float(line.x[0]) for line in lines), max(float(line.x[-1]) for line in lines), 0.0, high


def _about(curves: Sequence[LearningCurve], along: Along, spread: Spread) -> str:
    """What the lines and the bands are, and of which runs."""
    validated = any(curve.part is Part.VALIDATION for curve in curves)
    text = "Thick lines: validation · thin lines: training." if validated else "Lines: training."
    text += " Each is the mean of a network’s runs, seeds averaged within folds."
    alone = sorted({curve.network.label for curve in curves if np.isnan(curve.low).all()})
    if spread is Spread.INTERVAL:
        text += " Band: 95 % interval of the mean over the folds, corrected for the training clips that they share."
        text += f" One fold allows no band: {', '.join(alone)}." if alone else ""
    else:
        text += " Band: the lowest and the highest run at each place; it grows with the number of runs."
        text += f" One run has no band: {', '.join(alone)}." if alone else ""
    longer = [curve for curve in curves if curve.longer and curve.part is Part.TRAINING]
    if longer and along is Along.TIME:
        text += " Each curve ends where its quickest run does."
    elif longer:
        which = (
            f"{c.network.label}, after which {counted(c.longer, 'run')} of {len(c.network.runs)} went on"
            for c in longer
        )
        text += f" These end where their shortest run does: {'; '.join(which)}."
    return text
