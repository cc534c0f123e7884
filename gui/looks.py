"""How a network is drawn, wherever it is: in a shade of its architecture's colour, in its modality's line style."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QIcon

from core.datasets.base import Modality
from core.evaluation.overview import Overview
from core.run_lists import network_order
from core.workspace import Workspace
from gui import theme

Kind = tuple[str, Modality]  # an architecture, and what it looks at


@dataclass(frozen=True)
class Look:
    """Of one network."""

    architecture: str
    modality: Modality
    variant: int  # of its architecture and modality: each has a shade of its own

    @property
    def colour(self) -> QColor:
        """Asked for anew under another scheme."""
        return theme.shade(self.architecture, self.variant)

    @property
    def style(self) -> Qt.PenStyle:
        return theme.MODALITY_STYLE[self.modality]

    def icon(self) -> QIcon:
        """A piece of its line, for wherever it is listed."""
        icon = theme.swatch(self.colour, self.style)
        icon.addPixmap(icon.pixmap(theme.icon_size()), QIcon.Mode.Selected)  # or a selected row would tint it
        return icon


def variants(networks: Iterable[tuple[str, Kind]]) -> dict[tuple[str, Kind], int]:
    """Which of its kind each network (by its label) is, counted from 0."""
    numbers: dict[tuple[str, Kind], int] = {}
    of_kind: Counter[Kind] = Counter()
    for network in networks:
        if network not in numbers:
            numbers[network] = of_kind[network[1]]
            of_kind[network[1]] += 1
    return numbers


def looks(workspace: Workspace, overview: Overview) -> dict[str, Look]:
    """How each network of a study is drawn, by label: as in the Train panel; the best network first."""
    order = network_order(workspace, overview.study)
    networks = overview.summary.networks
    numbers = variants(
        (row.label, (row.architecture, row.modality))
        for row in sorted(networks, key=lambda row: order.get(row.spec.network.label, len(order)))
    )
    return {
        row.label: Look(row.architecture, row.modality, numbers[row.label, (row.architecture, row.modality)])
        for row in networks
    }
