"""One setting varied: networks of a study that differ in a number, put in order along it.

Frozen depth, clips of each class, epochs, the learning rate: whatever number a study's networks or their recipes differ
in. Networks that also differ in a word (architecture, initial weights, optimiser …) are lines beside one another.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations, pairwise

from core.architectures import ARCHITECTURES
from core.datasets.base import Modality
from core.evaluation.families import initial
from core.evaluation.metrics import METRICS
from core.evaluation.summary import NetworkRow, Summary
from core.evaluation.tables import TextTable
from core.readable import joined
from core.recipe import Recipe
from core.run_spec import OF_CLASSICAL, SECTIONS, Network, RunSpec
from core.settings import flat_fields, unit_of

FEWEST = 3  # values that make an axis
ZERO_IS_ALL = ("transfer_stages", "clips_per_class")
_OF_NETWORK = Network.model_fields
_FIELDS = {**flat_fields(Recipe), **_OF_NETWORK}
UNNAMED = {"name", "recipe", "sound", "sight", "weights_path", "modality"}  # of a network: no axis and no line


class Question(StrEnum):
    """Which pairs of an axis are tested: whoever asks one question alone is corrected for fewer pairs."""

    LINES = "line against line, at each value"
    STEPS = "each value against the one before"
    START = "each value against the first"


@dataclass(frozen=True)
class Line:
    """Networks that differ in the number alone, or in numbers that go with it."""

    name: str  # the words, and other numbers, that tell it from the other lines; “” where it is the only one
    networks: Mapping[float, NetworkRow]  # by value of the axis, ascending; math.inf = all there are


@dataclass(frozen=True)
class Axis:
    """A number that networks differ in.

    Attributes:
        title: label of the setting, with its unit.
        values: ascending; math.inf = all there are.
        lines: of two networks or more.
        apart: labels of networks that are on no line.
    """

    title: str
    values: tuple[float, ...]
    lines: tuple[Line, ...]
    apart: tuple[str, ...]

    @property
    def ticks(self) -> tuple[str, ...]:
        return tuple(tick(value) for value in self.values)

    @property
    def questions(self) -> tuple[Question, ...]:
        """Those that there are pairs for."""
        return tuple(question for question in Question if self.pairs(question))

    def pairs(self, question: Question) -> tuple[tuple[NetworkRow, NetworkRow], ...]:
        """The networks that a question sets beside each other; what two lines share is asked about once."""
        rows = [list(line.networks.values()) for line in self.lines]
        if question is Question.LINES:
            there = [[line.networks[value] for line in self.lines if value in line.networks] for value in self.values]
            found = [pair for networks in there for pair in combinations(networks, 2)]
        elif question is Question.STEPS:
            found = [(other, one) for networks in rows for one, other in pairwise(networks)]
        else:
            found = [(other, networks[0]) for networks in rows for other in networks[1:]]
        distinct = {(a.label, b.label): (a, b) for a, b in found if a is not b}
        return tuple(distinct.values())

    def table(self, metric: str) -> TextTable:
        """For people: a row a value, a column a line; means with intervals."""
        about = METRICS[metric]

        def cell(line: Line, value: float) -> str:
            row = line.networks.get(value)
            return "" if row is None else row.means[metric].text(about.scale, about.decimals)

        named = tuple(line.name or f"{about.title} ({about.unit}) [95 % interval]" for line in self.lines)
        return TextTable(
            (self.title, *named),
            tuple((tick(value), *(cell(line, value) for line in self.lines)) for value in self.values),
        )


def tick(value: float) -> str:
    return "all" if math.isinf(value) else f"{value:g}"


def axes(summary: Summary) -> tuple[Axis, ...]:
    """The numbers along which networks can be put in order; that on which most of them lie first.

    Of two that go together that first which is varied for its own sake: with fewer clips there are more epochs.
    """
    told = [_settings(row.spec) for row in summary.networks]
    found: dict[str, Axis] = {}
    for key in dict.fromkeys(key for numbers, _ in told for key in numbers):
        values = sorted({numbers[key] for numbers, _ in told if key in numbers})
        if len(values) < FEWEST:
            continue
        axis = _axis(key, tuple(values), summary.networks, told)
        if any(len(line.networks) >= FEWEST for line in axis.lines):
            found[key] = axis
    return tuple(found[key] for key in sorted(found, key=lambda key: (len(found[key].apart), key not in ZERO_IS_ALL)))


Told = tuple[dict[str, float], dict[str, str]]  # numbers and words of one network


def _axis(key: str, values: tuple[float, ...], networks: Sequence[NetworkRow], told: Sequence[Told]) -> Axis:
    """Networks are on one line as long as no two have the same value; where two do, what they differ in parts them."""
    start = _start(key, networks, told)
    places = [
        i
        for i, (numbers, _) in enumerate(told)
        if key in numbers and i != start and (key in OF_CLASSICAL or not networks[i].spec.classical)
    ]
    parting = set(_differing([told[i][1] for i in places]))

    def group(i: int) -> Hashable:
        numbers, words = told[i]
        return tuple(words.get(name, numbers.get(name)) for name in sorted(parting))

    for twice in _twice([(group(i), told[i][0][key]) for i in places]):
        alike = [told[i][0] for i in places if (group(i), told[i][0][key]) == twice]
        parting |= set(_differing(alike))
    lines: dict[Hashable, dict[float, int]] = {}
    for i in places:
        lines.setdefault(group(i), {})[told[i][0][key]] = i
    if start is not None:
        for line in lines.values():
            line[told[start][0][key]] = start
    kept = [line for line in lines.values() if len(line) > 1]
    on_lines = {i for line in kept for i in line.values()}
    names = _own_names(kept, networks, start) or _names(
        sorted(parting), [told[next(i for i in line.values() if i != start)] for line in kept]
    )
    return Axis(
        _title(key),
        values,
        tuple(
            Line(name, {value: networks[line[value]] for value in sorted(line)})
            for name, line in zip(names, kept, strict=True)
        ),
        tuple(row.label for i, row in enumerate(networks) if i not in on_lines),
    )


def _start(key: str, networks: Sequence[NetworkRow], told: Sequence[Told]) -> int | None:
    """The network from scratch is where every line of transferred stages begins."""
    if key != "transfer_stages":
        return None
    scratch = [i for i, row in enumerate(networks) if row.spec.network.weights == "none" and key in told[i][0]]
    return scratch[0] if len(scratch) == 1 else None


def _settings(spec: RunSpec) -> Told:
    """Everything that can be set of a network and its recipe, as far as it matters to its modality."""
    numbers: dict[str, float] = {}
    words: dict[str, str] = {}
    network = spec.network
    unseen = {Modality.AUDIO: SECTIONS["video"], Modality.VIDEO: SECTIONS["audio"]}.get(spec.modality, ())
    for name in _FIELDS:
        section, _, own = name.rpartition(".")
        if name in UNNAMED or section in unseen:
            continue
        holder = network if name in _OF_NETWORK else getattr(spec.recipe, section) if section else spec.recipe
        value = getattr(holder, own)
        if isinstance(value, bool) or not isinstance(value, int | float):
            words[name] = str(value)
        else:
            numbers[name] = math.inf if name in ZERO_IS_ALL and not value else float(value)
    words["modality"] = spec.modality.word
    words["architecture"] = ARCHITECTURES[network.architecture].title
    words["weights"] = initial(network)
    if network.weights == "none" and not network.classical:
        numbers["transfer_stages"] = 0.0
    if network.freeze != "stages":
        numbers["freeze_stages"] = math.inf if network.freeze == "all but head" else 0.0
    return numbers, words


def _differing(tables: Sequence[Mapping[str, object]]) -> list[str]:
    """Settings that are not alike in all of them."""
    return [name for name in tables[0] if len({table.get(name) for table in tables}) > 1] if tables else []


def _twice(places: Sequence[Hashable]) -> list[Hashable]:
    return [place for place, count in Counter(places).items() if count > 1]


def _own_names(
    lines: Sequence[Mapping[float, int]], networks: Sequence[NetworkRow], start: int | None
) -> list[str] | None:
    """What the names of a line's networks share beside the value; None where a line has no words of its own."""
    if len(lines) < 2:
        return None
    names: list[str] = []
    for line in lines:
        rest = {_without(tick(value), networks[i].label) for value, i in line.items() if i != start}
        if len(rest) != 1 or not any(character.isalpha() for words in rest for character in words):
            return None
        names += rest
    return names if len(set(names)) == len(names) else None


def _without(value: str, label: str) -> str:
    """A name without the value in it."""
    return " ".join(re.sub(rf"(?<![\w.]){re.escape(value)}(?![\w.])", "", label).split()).strip(" ,;·:=-")


def _names(parting: Sequence[str], lines: Sequence[Told]) -> list[str]:
    """What the lines differ in, of what parts them."""
    said = [{n: words[n] if n in words else tick(numbers[n]) for n in parting} for numbers, words in lines]
    told_apart = _differing(said)
    return [joined(_word(name, of[name]) for name in told_apart) for of in said]


def _word(name: str, value: str) -> str:
    return value if name in ("architecture", "modality") else f"{_field(name).lower()} {value}"


def _title(key: str) -> str:
    title, unit = _field(key), unit_of(_FIELDS[key])
    return f"{title} ({unit})" if unit and unit not in title.casefold() else title


def _field(key: str) -> str:
    return str(_FIELDS[key].title)
