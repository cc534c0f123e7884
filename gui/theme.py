"""Colours, line styles, sizes: one place, so that a network looks the same everywhere."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPalette

from core.datasets.base import Modality

# Okabe & Ito 2008, told apart by colour-blind eyes. Vermilion is for errors and for nothing else.
ERROR = QColor("#D55E00")
CORRECT = QColor("#7389A3")  # the diagonal of a confusion matrix: there, but quieter than the errors
_ARCHITECTURE = {"baseline_cnn": "#0072B2", "alexnet": "#E69F00", "resnet50": "#009E73"}
_OTHERS = ("#CC79A7", "#56B4E9", "#F0E442", "#999999")  # for architectures added later

MODALITY_STYLE = {
    Modality.AUDIO: Qt.PenStyle.SolidLine,
    Modality.VIDEO: Qt.PenStyle.DashLine,
    Modality.AUDIO_VISUAL: Qt.PenStyle.DotLine,
}

GRID = 8  # pixels; every margin and gap is a multiple


def architecture_colour(architecture: str) -> QColor:
    """The colour of an architecture; one without its own gets a stable one of the rest."""
    if architecture in _ARCHITECTURE:
        return QColor(_ARCHITECTURE[architecture])
    return QColor(_OTHERS[sum(architecture.encode()) % len(_OTHERS)])


def mix(one: QColor, other: QColor, share: float) -> QColor:
    """`share` of the other colour in the one; 0 = the one, 1 = the other."""

    def part(a: int, b: int) -> int:
        return round(a + share * (b - a))

    return QColor(part(one.red(), other.red()), part(one.green(), other.green()), part(one.blue(), other.blue()))


def muted(palette: QPalette) -> QColor:
    """Text that steps back: captions, units, axis names."""
    return mix(palette.base().color(), palette.text().color(), 0.62)


def readable_on(back: QColor) -> QColor:
    """Black or white, whichever stands out more on a colour (relative luminance after WCAG 2)."""

    def linear(part: float) -> float:
        return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4

    luminance = 0.2126 * linear(back.redF()) + 0.7152 * linear(back.greenF()) + 0.0722 * linear(back.blueF())
    return QColor("black") if (luminance + 0.05) ** 2 > 0.05 * 1.05 else QColor("white")
