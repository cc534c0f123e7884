"""What can be said of a clip, and what most clips of a dataset are like: the words that both wings judge with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

SAME_LENGTH = 0.05  # relative: encoders add or drop a few hundredths

Value = TypeVar("Value", bound=Hashable)


class ProblemKind(StrEnum):
    """What can be said of a clip."""

    UNREADABLE = "unreadable"
    EMPTY = "empty"
    NO_SOUND = "without sound"
    SILENT = "silent"
    TOO_SHORT = "too short"
    TRUNCATED = "truncated"
    BLACK = "black"
    STILL = "still"
    CLIPPED = "clipped"
    OTHER_RATE = "other rate"
    OTHER_CHANNELS = "other channels"
    OTHER_SIZE = "other size"
    OTHER_FRAME_RATE = "other frame rate"
    VARIABLE_RATE = "variable frame rate"
    OTHER_LENGTH = "other length"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong or odd with one clip."""

    clip_id: str
    kind: ProblemKind
    sentence: str
    left_out: bool


def most_common(values: Iterable[Value]) -> Value | int:
    """What most have; 0 where there are none."""
    counted = Counter(values).most_common(1)
    return counted[0][0] if counted else 0


def usual_length(seconds: Sequence[float]) -> float | None:
    """The length that more than half of the clips have; None where there is none."""
    if not seconds:
        return None
    lengths = Counter(round(length, 1) for length in seconds)
    usual = lengths.most_common(1)[0][0]
    near = sum(count for length, count in lengths.items() if alike(length, usual))
    return usual if near > len(seconds) / 2 else None


def alike(one: float, other: float) -> bool:
    """Whether two lengths or rates are the same but for rounding."""
    return abs(one - other) <= SAME_LENGTH * other
