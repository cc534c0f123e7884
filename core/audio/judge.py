"""What is wrong or odd with a sound, by its facts."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.datasets.problems import Problem, ProblemKind, alike, most_common, usual_length

if TYPE_CHECKING:
    from core.audio.decode import AudioFacts

SILENT_PEAK = 1e-4  # full scale is 1: −80 dB
SILENT_RMS = 1e-4
SHORTEST = 0.050  # seconds
CLIPPED_SHARE = 0.001  # of the samples


@dataclass(frozen=True)
class Usual:
    """What most sounds of a dataset are like. `seconds` is None where lengths differ so much that none is usual."""

    rate: int
    channels: int
    seconds: float | None

    @classmethod
    def of(cls, facts: Iterable[AudioFacts]) -> Usual:
        known = [item for item in facts if item.channels]
        return cls(
            most_common(item.rate for item in known),
            most_common(item.channels for item in known),
            usual_length([item.seconds for item in known]),
        )


def usable_sound(facts: AudioFacts) -> bool:
    """Whether there is a sound to be heard."""
    return _unusable(facts) is None


def judge(clip_id: str, facts: AudioFacts, usual: Usual, needed: bool = True) -> Iterator[Problem]:
    """What cannot be heard has one problem; what is odd has as many as it has.

    Args:
        needed: a clip that cannot be heard is left out; otherwise (there are pictures to go by) it is only said.
    """
    unusable = _unusable(facts)
    if unusable:
        kind, what = unusable
        yield Problem(clip_id, kind, f"{clip_id} {what}", left_out=needed)
        return
    if facts.clipped > CLIPPED_SHARE:
        sentence = f"{clip_id} is clipped: {facts.clipped:.2%} of its samples are at full scale."
        yield Problem(clip_id, ProblemKind.CLIPPED, sentence, False)
    if facts.rate != usual.rate:
        sentence = f"{clip_id} has {facts.rate} Hz; most clips have {usual.rate} Hz. It is resampled."
        yield Problem(clip_id, ProblemKind.OTHER_RATE, sentence, False)
    if facts.channels != usual.channels:
        sentence = f"{clip_id} has {facts.channels} channels; most clips have {usual.channels}. They are averaged."
        yield Problem(clip_id, ProblemKind.OTHER_CHANNELS, sentence, False)
    if usual.seconds is not None and not alike(facts.seconds, usual.seconds):
        sentence = (
            f"The sound of {clip_id} lasts {facts.seconds:.2f} s; of most clips {usual.seconds:.1f} s. "
            "It is cut or padded."
        )
        yield Problem(clip_id, ProblemKind.OTHER_LENGTH, sentence, False)


def _unusable(facts: AudioFacts) -> tuple[ProblemKind, str] | None:
    """Why a sound cannot be used, in words that follow the clip's name."""
    if not facts.channels:
        return ProblemKind.NO_SOUND, "has no sound track."
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
