"""The scan: what is wrong or odd with the sounds of a dataset. Nothing is deleted, nothing is fatal.

What cannot be used is left out with its reason. What is merely odd (clipped, of another rate, channel count or length
than the rest) is reported and kept: the official ESC files hold such clips, and published scores include them.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

import numpy as np
import soundfile
from numpy.typing import NDArray

from core.audio.decode import AudioFacts
from core.control import Control
from core.datasets.base import Clip, Dataset, Excluded

SILENT_PEAK = 1e-4  # full scale is 1: −80 dB
SILENT_RMS = 1e-4
SHORTEST = 0.050  # seconds
CLIPPED_SHARE = 0.001  # of the samples
SAME_LENGTH = 0.05  # relative: encoders add or drop a few hundredths


@dataclass(frozen=True)
class Headers:
    """What the headers of the files say, one value a clip; NaN where a file cannot be read."""

    seconds: NDArray[np.float64]
    rates: NDArray[np.float64]  # Hz


class ProblemKind(StrEnum):
    """What can be said of a clip."""

    UNREADABLE = "unreadable"
    EMPTY = "empty"
    SILENT = "silent"
    TOO_SHORT = "too short"
    CLIPPED = "clipped"
    OTHER_RATE = "other rate"
    OTHER_CHANNELS = "other channels"
    OTHER_LENGTH = "other length"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong or odd with one clip."""

    clip_id: str
    kind: ProblemKind
    sentence: str
    left_out: bool


@dataclass(frozen=True)
class ScanReport:
    """What a scan found, in the order of the clips."""

    clips: int
    problems: tuple[Problem, ...]

    @property
    def excluded(self) -> tuple[Excluded, ...]:
        """The clips that cannot be used, each once."""
        return tuple(Excluded(item.clip_id, item.sentence) for item in self.problems if item.left_out)

    @cached_property
    def counts(self) -> dict[ProblemKind, int]:
        """Clips of each kind of problem that occurs, in the order of ProblemKind."""
        counted = Counter(item.kind for item in self.problems)
        return {kind: counted[kind] for kind in ProblemKind if counted[kind]}

    def summary(self) -> str:
        """One or two sentences: how many clips are sound, what is left out, what is odd."""
        if not self.problems:
            return f"All {self.clips} clips can be used."
        out = Counter(item.kind for item in self.problems if item.left_out)
        odd = Counter(item.kind for item in self.problems if not item.left_out)
        parts = [f"{self.clips - out.total()} of {self.clips} clips can be used."]
        if out:
            parts.append(f"Left out: {_listed(out)}.")
        if odd:
            parts.append(f"Kept though odd: {_listed(odd)}.")
        return " ".join(parts)

    def usable(self, dataset: Dataset) -> Dataset:
        """The dataset without the clips that cannot be used."""
        return dataset.without(self.excluded)


def read_headers(dataset: Dataset, control: Control, report: object = None) -> Headers:
    """Length and rate of every clip, without decoding.

    Raises:
        Cancelled: as `control` says.
    """
    seconds, rates = np.full((2, len(dataset.clips)), np.nan)
    for place, clip in enumerate(dataset.clips):
        control.checkpoint()
        try:
            header = soundfile.info(str(clip.path))
        except (soundfile.SoundFileError, OSError, TypeError, ValueError):
            continue  # the scan says what is wrong with it
        seconds[place], rates[place] = header.duration, header.samplerate
    return Headers(seconds, rates)


def scan(dataset: Dataset, facts: Mapping[str, AudioFacts], failures: Mapping[str, str]) -> ScanReport:
    """Judge every clip by what decoding it said.

    Args:
        facts: by clip id, of the clips that were decoded.
        failures: by clip id, the sentence of those that were not.
    """
    rest = _Usual.of(facts[clip.id] for clip in dataset.clips if clip.id in facts)
    problems: list[Problem] = []
    for clip in dataset.clips:
        if clip.id in facts:
            problems += _judge(clip.id, facts[clip.id], rest)
        else:
            sentence = failures.get(clip.id, f"{clip.id} has not been decoded.")
            kind = ProblemKind.EMPTY if _is_empty(clip) else ProblemKind.UNREADABLE
            problems.append(Problem(clip.id, kind, sentence, left_out=True))
    return ScanReport(len(dataset.clips), tuple(problems))


@dataclass(frozen=True)
class _Usual:
    """What most clips are like. `seconds` is None where lengths differ so much that none is usual."""

    rate: int
    channels: int
    seconds: float | None

    @classmethod
    def of(cls, facts: Iterable[AudioFacts]) -> _Usual:
        known = list(facts)
        if not known:
            return cls(0, 0, None)
        lengths = Counter(round(item.seconds, 1) for item in known)
        seconds = lengths.most_common(1)[0][0]
        near = sum(count for length, count in lengths.items() if _alike(length, seconds))
        return cls(
            Counter(item.rate for item in known).most_common(1)[0][0],
            Counter(item.channels for item in known).most_common(1)[0][0],
            seconds if near > len(known) / 2 else None,
        )


def _judge(id: str, facts: AudioFacts, usual: _Usual) -> Iterator[Problem]:
    """What cannot be used has one problem; what is odd has as many as it has."""
    unusable = _unusable(facts)
    if unusable:
        kind, what = unusable
        yield Problem(id, kind, f"{id} {what}", left_out=True)
        return
    if facts.clipped > CLIPPED_SHARE:
        yield Problem(
            id, ProblemKind.CLIPPED, f"{id} is clipped: {facts.clipped:.2%} of its samples are at full scale.", False
        )
    if facts.rate != usual.rate:
        sentence = f"{id} has {facts.rate} Hz; most clips have {usual.rate} Hz. It is resampled."
        yield Problem(id, ProblemKind.OTHER_RATE, sentence, False)
    if facts.channels != usual.channels:
        sentence = f"{id} has {facts.channels} channels; most clips have {usual.channels}. They are averaged."
        yield Problem(id, ProblemKind.OTHER_CHANNELS, sentence, False)
    if usual.seconds is not None and not _alike(facts.seconds, usual.seconds):
        sentence = f"{id} lasts {facts.seconds:.2f} s; most clips last {usual.seconds:.1f} s. It is cut or padded."
        yield Problem(id, ProblemKind.OTHER_LENGTH, sentence, False)


def _unusable(facts: AudioFacts) -> tuple[ProblemKind, str] | None:
    """Why a clip cannot be used, in words that follow its name."""
    if not facts.frames:
        return ProblemKind.EMPTY, "holds no samples."
    if not (math.isfinite(facts.peak) and math.isfinite(facts.rms)):
        return ProblemKind.UNREADABLE, "holds samples that are no numbers."
    if facts.seconds < SHORTEST:
        return (
            ProblemKind.TOO_SHORT,
            f"lasts {facts.seconds * 1000:.1f} ms; at least {SHORTEST * 1000:.0f} are needed.",
        )
    if facts.peak < SILENT_PEAK or facts.rms < SILENT_RMS:
        level = (
            f"{-20 * math.log10(facts.rms):.0f} dB below full scale on average" if facts.rms else "every sample is zero"
        )
        return ProblemKind.SILENT, f"is silent: {level}."
    return None


def _alike(one: float, other: float) -> bool:
    return abs(one - other) <= SAME_LENGTH * other


def _is_empty(clip: Clip) -> bool:
    """Whether a file that could not be decoded has no bytes, or a header and no samples."""
    try:
        return clip.path.stat().st_size == 0 or soundfile.info(clip.path).frames == 0
    except (OSError, soundfile.SoundFileError, TypeError, ValueError):  # as core.audio.decode
        return False


def _listed(counts: Counter[ProblemKind]) -> str:
    return ", ".join(f"{counts[kind]} {kind}" for kind in ProblemKind if counts[kind])
