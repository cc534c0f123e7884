"""What the colour of a clip on a map means, and the line that says so."""

from __future__ import annotations

import html
from collections.abc import Sequence
from enum import StrEnum

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtGui import QColor

from core.analysis.clip_records import ClipRecords, Rows
from gui import theme

# Paul Tol's scheme of twelve (SRON/EPS/TN/09-002): none is the vermilion of errors.
_FEW = (
    "#332288", "#88CCEE", "#117733", "#DDCC77", "#CC6677", "#AA4499", "#44AA99", "#999933", "#882255", "#6699CC",
    "#661100", "#AA4466",
)  # fmt: skip
FEW = len(_FEW)  # classes that colours tell apart
_HUES = (50.0, 355.0)  # degrees, of many classes: the vermilion of errors is left out
_LIGHTS = (0.42, 0.6)  # of neighbours in turn
LOSSES = 24  # shades
MOST = 5.0  # nats and above look alike: the true class was given less than 0.7 %


class Colouring(StrEnum):
    TRUE = "True class"
    PREDICTED = "Predicted class"
    RIGHT = "Right or wrong"
    LOSS = "Loss"


def class_colours(order: NDArray[np.int64]) -> list[QColor]:
    """A colour for each class. Up to twelve are told apart; of more, neighbours in `order` have neighbouring hues."""
    if len(order) <= FEW:
        lift = 0.3 if theme.is_dark() else 0.0
        return [theme.mix(QColor(name), theme.colour("text"), lift) for name in _FEW[: len(order)]]
    place = np.argsort(order)
    hues = np.linspace(*_HUES, len(order)) / 360
    return [QColor.fromHslF(float(hues[i]), 0.65, _LIGHTS[i % 2] + 0.08 * theme.is_dark()) for i in place]


def loss_colours() -> list[QColor]:
    """From none to `MOST`, towards what stands out from the background."""
    ends = (0.15, 1.0) if theme.is_dark() else (0.9, 0.0)
    return list(pg.colormap.get("viridis").map(np.linspace(*ends, LOSSES), mode="qcolor"))


def coloured(
    by: Colouring, records: ClipRecords, rows: Rows, order: NDArray[np.int64]
) -> tuple[NDArray[np.int64], list[QColor]]:
    """The place of each record's colour, and the colours."""
    if by is Colouring.RIGHT:
        return (~records.correct[rows]).astype(np.int64), [QColor(theme.CORRECT), QColor(theme.ERROR)]
    if by is Colouring.LOSS:
        shares = np.clip(records.loss[rows] / MOST, 0.0, 1.0)
        return np.rint(shares * (LOSSES - 1)).astype(np.int64), loss_colours()
    labels = records.true if by is Colouring.TRUE else records.predicted
    return labels[rows].astype(np.int64), class_colours(order)


def legend(by: Colouring, classes: Sequence[str], order: NDArray[np.int64]) -> str:
    """As rich text; the classes of a few are links with their number."""
    plain = theme.colour("text")
    if by is Colouring.RIGHT:
        return _entry("●", theme.CORRECT, "right") + _entry("■", theme.ERROR, "wrong")
    wrong = _entry("■", theme.colour("muted"), "square: wrong")
    if by is Colouring.LOSS:
        shades = loss_colours()
        steps = [round(step * (LOSSES - 1) / MOST) for step in range(round(MOST) + 1)]
        words = [f"{step}" if step < MOST else f"≥ {step} nats" for step in range(len(steps))]
        return "".join(_entry("●", shades[i], word) for i, word in zip(steps, words, strict=True)) + wrong
    if len(classes) > FEW:
        many = f"{len(classes)} classes: like hues for those taken for each other. "
        return f"{many}Ring one by “Class” above, or point at a clip.&ensp; {wrong}"
    entries = (
        _entry("●", colour, f'<a href="{label}" style="color:{plain.name()};text-decoration:none">{name}</a>')
        for label, (name, colour) in enumerate(
            zip((html.escape(name).replace(" ", "&nbsp;") for name in classes), class_colours(order), strict=True)
        )
    )
    return "".join(entries) + wrong


def _entry(mark: str, colour: QColor, words: str) -> str:
    return f'<span style="color:{colour.name()}">{mark}</span>&nbsp;{words} &ensp;'
