"""What is wrong or odd with a video, by its facts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.datasets.problems import Problem, ProblemKind, alike, most_common, usual_length

if TYPE_CHECKING:
    from core.video.decode import VideoFacts

BLACK = 0.01  # mean brightness; full scale is 1
STILL = 1e-4  # mean difference between frames: a fortieth of a grey level
MISSING = 0.02  # share of the frames promised; encoders lose one or two at the end
MISSING_FRAMES = 3


@dataclass(frozen=True)
class Usual:
    """What most videos of a dataset are like. None where sizes or lengths differ so much that none is usual."""

    size: tuple[int, int] | None  # width, height
    fps: float
    seconds: float | None

    @classmethod
    def of(cls, facts: Iterable[VideoFacts]) -> Usual:
        known = list(facts)
        size, having = Counter((item.width, item.height) for item in known).most_common(1)[0]
        return cls(
            size if having > len(known) / 2 else None,
            most_common(round(item.fps, 1) for item in known if item.frames > 1),
            usual_length([item.seconds for item in known]),
        )


def usable_pictures(facts: VideoFacts) -> bool:
    """Whether there is something to be seen."""
    return facts.frames > 0


def judge(clip_id: str, facts: VideoFacts, usual: Usual, needed: bool = True) -> Iterator[Problem]:
    """What is odd with a clip, all of it; a video that decodes can be used.

    Args:
        needed: a clip without frames is left out; otherwise it is only said.
    """

    def odd(kind: ProblemKind, what: str) -> Problem:
        return Problem(clip_id, kind, f"{clip_id} {what}", left_out=False)

    if not usable_pictures(facts):
        yield Problem(clip_id, ProblemKind.EMPTY, f"{clip_id} holds no frames.", left_out=needed)
        return
    missing = facts.promised - facts.frames
    if missing > max(MISSING_FRAMES, MISSING * facts.promised):
        yield odd(ProblemKind.TRUNCATED, f"is torn: {facts.frames} of the {facts.promised} frames it promises decode.")
    if facts.brightness < BLACK:
        yield odd(ProblemKind.BLACK, "is black from beginning to end.")
    if facts.frames == 1:
        yield odd(ProblemKind.TOO_SHORT, "has a single frame: nothing moves in it.")
        return
    if facts.motion < STILL:
        yield odd(ProblemKind.STILL, "stands still: all of its frames are alike.")
    if usual.size is not None and (facts.width, facts.height) != usual.size:
        size = f"{facts.width} × {facts.height} px; most clips have {usual.size[0]} × {usual.size[1]}"
        yield odd(ProblemKind.OTHER_SIZE, f"has {size}. It is resized.")
    if facts.variable:
        yield odd(ProblemKind.VARIABLE_RATE, f"has frames at uneven intervals, {facts.fps:.1f} a second on average.")
    elif usual.fps and not alike(facts.fps, usual.fps):
        yield odd(ProblemKind.OTHER_FRAME_RATE, f"has {facts.fps:.4g} fps; most clips have {usual.fps:.4g} fps.")
    if usual.seconds is not None and not alike(facts.seconds, usual.seconds):
        yield odd(ProblemKind.OTHER_LENGTH, f"lasts {facts.seconds:.2f} s; most clips last {usual.seconds:.1f} s.")
