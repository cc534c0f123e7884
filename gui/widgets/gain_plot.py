"""What sound, sight and both score in each class, sorted by what the last gains."""

from __future__ import annotations

import math

from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from core.analysis.modality_gains import ModalityGains
from core.readable import figure
from gui.widgets.class_dots import ClassDots, Dot, DotKey, DotRow


class GainPlot(ClassDots):
    """One row a class, one mark a modality."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Scores of each class by modality", parent)

    def show_gains(self, gains: ModalityGains | None, colour: QColor) -> None:
        """Show the classes of a comparison, the largest gain on top; None shows nothing."""
        if gains is None:
            self.show_rows((), ())
            return
        rows = [
            DotRow(
                name,
                tuple(
                    Dot(
                        modality, colour, *(float(part[place, label]) for part in (gains.values, gains.low, gains.high))
                    )
                    for place, modality in enumerate(gains.modalities)
                ),
                "–" if math.isnan(gains.gain[label]) else figure(100 * float(gains.gain[label]), "+.1f"),
            )
            for label, name in enumerate(gains.classes)
        ]
        key = [DotKey(modality, modality.word) for modality in gains.modalities]
        self.show_rows(rows, gains.order().tolist(), key, f"gain over {gains.gain_over}, points")
