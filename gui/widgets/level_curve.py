"""Scores at levels of something: one line a network, its intervals, its name where it ends.

Levels are of what makes clips worse, or of a setting that was varied.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, QSize
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from core.datasets.base import Modality
from core.robustness.curve import Sweep
from gui import theme
from gui.looks import Look, variants
from gui.theme import SCREEN_ONLY
from gui.widgets.curve_pointer import CurvePointer, Line
from gui.widgets.end_labels import EndLabels

SYMBOLS = {Modality.AUDIO: "o", Modality.VIDEO: "s", Modality.AUDIO_VISUAL: "d"}  # the marks of gui/widgets/marks.py
APART, WIDEST = 0.05, 0.3  # of two networks at one level, and of the first and last from its middle; in levels
FAINT = 0.75  # how far a network steps back while another is pointed at
HINT = "Point at a mark or a name."


@dataclass(frozen=True)
class LevelPoint:
    """A network at a level, in the unit of the axis."""

    mean: float
    low: float | None  # None = no interval: one fold
    high: float | None
    words: str  # network, level, mean with interval, folds × seeds


@dataclass(frozen=True)
class LevelLine:
    """A network, or networks that differ in nothing but the level."""

    name: str
    look: Look
    points: tuple[LevelPoint | None, ...]  # one a level; None = nothing is known


def level_lines(sweep: Sweep) -> list[LevelLine]:
    """The networks of a sweep as they are drawn."""
    kinds = {label: (network.architecture, network.modality) for label, network in sweep.networks.items()}
    looks = {label: Look(*kind, variant) for (label, kind), variant in variants(kinds.items()).items()}
    lines: list[LevelLine] = []
    for label in sweep.networks:
        points: list[LevelPoint | None] = []
        for level in sweep.levels:
            mean = sweep.mean(label, level)
            if mean is None:
                points.append(None)
                continue
            low, high = (None if end is None else 100 * end for end in (mean.low, mean.high))
            words = f"{label} · {sweep.row.word(level)} · {mean.text()} % · {mean.basis}"
            points.append(LevelPoint(100 * mean.value, low, high, words))
        lines.append(LevelLine(label, looks[label], tuple(points)))
    return lines


class LevelCurve(QWidget):
    """Wheel zooms at the pointer, drag pans, double click shows everything; hovering tells figures."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.lines: tuple[LevelLine, ...] = ()
        self.pointed = ""  # name of the network in front; "" = all alike
        self._items: dict[str, tuple[pg.ErrorBarItem, pg.PlotDataItem]] = {}
        self._range = (0.0, 100.0)
        self._chance_word = ""
        self.caption = theme.label(wrap=True)
        self.figures = theme.label(HINT, theme.SMALL, muted=True)
        self.figures.setProperty(SCREEN_ONLY, True)
        self.graphics = pg.GraphicsLayoutWidget()
        self.plot = self.graphics.addPlot()
        self.plot.setMenuEnabled(False)
        self.plot.hideButtons()
        self.plot.showGrid(y=True, alpha=0.2)
        self.plot.getAxis("left").enableAutoSIPrefix(False)
        self.chance = pg.InfiniteLine(angle=0)
        self.plot.addItem(self.chance, ignoreBounds=True)
        self.names = EndLabels()
        theme.style_plot(self.graphics)
        self._pointer = CurvePointer(self.graphics, (self.plot,), self._pointable)
        self._pointer.said.connect(self._said)
        self.names.pointed.connect(self.point_at)
        self.plot.vb.sigRangeChanged.connect(self._place_names)
        self.plot.vb.sigResized.connect(self._place_names)
        self.graphics.scene().sigMouseClicked.connect(self._mouse_clicked)
        self._lay_out()

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(400, 200)

    def show_lines(
        self,
        lines: Sequence[LevelLine],
        ticks: Sequence[str],
        axis: str,
        caption: str,
        *,
        chance: float | None = None,
        score: str = "Accuracy (%)",
        bounds: tuple[float, float] = (0.0, 100.0),
    ) -> None:
        """Show networks at levels named by `ticks`.

        Args:
            chance: the score of guessing, a line across; None = there is no such line.
            score: what stands at the left.
            bounds: of the score.
        """
        self._pointer.forget()
        for items in self._items.values():
            for item in items:
                self.plot.removeItem(item)
        self._items.clear()
        self.lines, self.pointed = tuple(lines), ""
        self.caption.setText(caption)
        self.plot.getAxis("bottom").setTicks([list(enumerate(ticks))])
        self.plot.setLabel("bottom", axis)
        self.plot.setLabel("left", score)
        self.chance.setVisible(chance is not None)
        self.chance.setValue(chance or 0.0)
        for line in self.lines:
            self._add(line)
        self._chance_word = "" if chance is None else f"chance {chance:.1f} %"
        ends = [chance, *(end for line in self.lines for p in line.points if p for end in (p.low, p.high, p.mean))]
        known = [end for end in ends if end is not None] or [*bounds]
        room = 0.04 * (max(known) - min(known)) + 0.01 * (bounds[1] - bounds[0] if math.isfinite(bounds[1]) else 1.0)
        self._range = (max(bounds[0], min(known) - room), min(bounds[1], max(known) + room))
        self._dress()
        self.reset_view()

    def reset_view(self) -> None:
        """Every level, and all of the intervals that a score can reach."""
        levels = max((len(line.points) for line in self.lines), default=1)
        self.plot.setXRange(-0.4, levels - 0.6, padding=0)
        self.plot.setYRange(*self._range, padding=0.02)

    def x_of(self, line: int, level: int) -> float:
        """Networks stand side by side at each level, or their intervals would hide each other."""
        reach = min(WIDEST, APART * (len(self.lines) - 1) / 2)
        return level + (0.0 if len(self.lines) < 2 else reach * (2 * line / (len(self.lines) - 1) - 1))

    def point_at(self, name: str) -> None:
        """Bring a network to the front and let the others step back; "" = all alike."""
        if name != self.pointed:
            self.pointed = name
            self._dress()

    def present(self, on: bool) -> None:
        self.figures.setHidden(on)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "names"):
            self._dress()
        super().changeEvent(event)

    def _add(self, line: LevelLine) -> None:
        number = self.lines.index(line)
        x = np.array([self.x_of(number, level) for level in range(len(line.points))])
        y = np.array([np.nan if p is None else p.mean for p in line.points])
        barred = [(x[i], p) for i, p in enumerate(line.points) if p is not None and p.low is not None]
        places = np.array([place for place, _ in barred])
        means = np.array([p.mean for _, p in barred])
        bars = pg.ErrorBarItem(
            x=places,
            y=means,
            top=np.array([p.high for _, p in barred], dtype=float) - means,
            bottom=means - np.array([p.low for _, p in barred], dtype=float),
            beam=0.0,
        )
        curve = pg.PlotDataItem(x, y, connect="finite", symbol=SYMBOLS[line.look.modality], name=line.name)
        self._items[line.name] = (bars, curve)
        for item in self._items[line.name]:
            self.plot.addItem(item)

    def _dress(self) -> None:
        """Pens and marks, for the scheme and for what is pointed at."""
        self.chance.setPen(pg.mkPen(theme.colour("muted"), width=1))
        back = theme.colour("base")
        for line in self.lines:
            bars, curve = self._items[line.name]
            behind = bool(self.pointed) and line.name != self.pointed
            colour = theme.mix(line.look.colour, back, FAINT) if behind else line.look.colour
            front = line.name == self.pointed
            style = line.look.style
            bars.setOpts(pen=pg.mkPen(theme.mix(colour, back, 0.0 if front else 0.35), width=3 if front else 2))
            curve.setPen(pg.mkPen(colour, width=3 if front else 2, style=style))
            curve.setSymbolSize(round(theme.pixels(11 if front else 9)))
            curve.setSymbolBrush(back if line.look.modality == Modality.VIDEO else colour)
            curve.setSymbolPen(pg.mkPen(colour, width=2))
            for item, height in ((bars, 1), (curve, 2)):
                item.setZValue(height - 10 * behind)
        self.names.show_names(
            {line.name: (line.look.modality, line.look.colour) for line in self.lines}, self._chance_word
        )
        self.names.point_at(self.pointed)

    def _place_names(self) -> None:
        """Each name as high as its line ends, as far as the names leave each other room."""
        ends = {"": float(self.chance.value())} if self._chance_word else {}
        ends |= {line.name: point.mean for line in self.lines for point in line.points if point is not None}
        box = self.plot.vb.sceneBoundingRect()  # in pixels of the plot, which is as high as the names beside it
        heights = {name: float(self.plot.vb.mapViewToScene(QPointF(0, end)).y()) for name, end in ends.items()}
        self.names.place({name: y for name, y in heights.items() if box.top() - 1 <= y <= box.bottom() + 1}, box)

    def _pointable(self) -> Iterator[Line]:
        for number, line in enumerate(self.lines):
            yield Line(self.plot, self._items[line.name][1], partial(_words, line, self.x_of(number, 0)))

    def _said(self, words: str) -> None:
        self.figures.setText(words or HINT)
        told = (line.name for line in self.lines for point in line.points if point is not None and point.words == words)
        self.point_at(next(told, ""))

    def _mouse_clicked(self, event: object) -> None:
        if event.double():  # type: ignore[attr-defined]
            self.reset_view()

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(0)
        row.addWidget(self.graphics, 1)
        row.addWidget(self.names)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GRID // 2)
        column.addWidget(self.caption)
        column.addWidget(self.figures)
        column.addLayout(row, 1)


def _words(line: LevelLine, first: float, x: float, y: float) -> str:
    point = line.points[round(x - first)]
    return point.words if point is not None else ""
