"""What networks said of a clip, as bars show it."""

from __future__ import annotations

from collections.abc import Sequence

from core.analysis.study_records import Answer, NetworkName
from core.study import architectures
from gui import theme
from gui.widgets.probabilities import Opinion


def opinions_of(networks: Sequence[NetworkName], answers: Sequence[Answer | None]) -> list[Opinion]:
    """One for each network, below its architecture where that does not say all of its name."""
    titles = architectures()
    grouped = any(network.name != titles[network.architecture] for network in networks)
    return [
        Opinion(
            network.name,
            theme.architecture_colour(network.architecture),
            None if answer is None else answer.probabilities,
            network.modality,
            titles[network.architecture] if grouped else "",
            network.short if grouped else network.name,
            None if answer is None else answer.sound_share,
        )
        for network, answer in zip(networks, answers, strict=True)
    ]
