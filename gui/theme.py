"""Colours, line styles, sizes: one place, so that a network looks the same everywhere."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor

from core.datasets.base import Modality

# Okabe & Ito 2008, told apart by colour-blind eyes. Vermilion is for errors and for nothing else.
ERROR = QColor("#D55E00")
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
