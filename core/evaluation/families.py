"""Networks side by side: a row for what they are built of, a column for what they are given of a clip."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from core.architectures import ARCHITECTURES
from core.datasets.base import Modality
from core.evaluation.summary import NetworkRow, Summary
from core.readable import joined
from core.run_spec import Network, RunSpec


@dataclass(frozen=True)
class Family:
    """Networks of one architecture, or of one pair of architectures."""

    title: str
    architecture: str
    members: tuple[NetworkRow, ...]  # the best first by the metric the families were made for

    def of(self, modality: Modality) -> tuple[NetworkRow, ...]:
        """Those given sound, sight or both; the best first."""
        return tuple(member for member in self.members if member.modality == modality)

    def best(self, metric: str) -> NetworkRow | None:
        """The best of the row; None where there is one network only, none with a score, or two score the same."""
        values = [member.means[metric].value for member in self.members]
        alone = len(values) > 1 and math.isfinite(values[0]) and values[0] != values[1]
        return self.members[0] if alone else None

    def name_of(self, row: NetworkRow) -> str:
        """A network within its cell: its own name, its weights where the row has several, what it does with time or
        with its branches where its name does not say so, and the digest of its recipe where it was trained under
        several."""
        own, _, digest = row.label.partition(" · ")
        name, does = own if row.spec.network.name else "", variant(row.spec)
        weights = _weights(row.spec) if len({_weights(member.spec) for member in self.members}) > 1 else ""
        return joined((name, weights, "" if does.casefold() in name.casefold() else does, digest))


def families(summary: Summary, metric: str = "accuracy") -> tuple[Family, ...]:
    """The family with the best network first."""
    found: dict[tuple[str, str], list[NetworkRow]] = {}
    for row in summary.ranked(metric):
        found.setdefault((_title(row.spec), row.architecture), []).append(row)
    return tuple(Family(title, architecture, tuple(rows)) for (title, architecture), rows in found.items())


def variant(spec: RunSpec) -> str:
    """What a network does with time, or with its two branches, in words; "" where it does neither."""
    if spec.modality == Modality.AUDIO_VISUAL:
        joint = spec.branches and not any(branch.run for branch in spec.branches)
        return f"{spec.network.fusion}, joint" if joint else spec.network.fusion
    if spec.modality == Modality.VIDEO or (spec.recipe.audio.windows > 1 and not spec.classical):
        return spec.network.temporal
    return ""


def started_from(spec: RunSpec) -> str:
    """What a network started from, in words; of two branches what each of them started from, and where."""
    if not spec.branches:
        return initial(spec.network)
    if not any(branch.run for branch in spec.branches):
        return _weights(spec)
    return "branches: " + " and ".join(f"{b.network.label} ({initial(b.network)})" for b in spec.branches)


def initial(network: Network) -> str:
    """What one network of one modality started from, in words."""
    if network.classical:
        return "no weights"
    kind = {"none": "scratch", "imagenet": "ImageNet"}.get(network.weights, network.weights)
    return f"{kind} {network.weights_path}".strip()


def _title(spec: RunSpec) -> str:
    """`AlexNet`; of branches that differ, both."""
    return " + ".join(_distinct(ARCHITECTURES[network.architecture].title for network in _networks(spec)))


def _weights(spec: RunSpec) -> str:
    return " + ".join(_distinct(initial(network) for network in _networks(spec)))


def _networks(spec: RunSpec) -> list[Network]:
    """What is given a single modality: the branches, or the network itself."""
    return [branch.network for branch in spec.branches] or [spec.network]


def _distinct(words: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(words))
