"""The scan: what is wrong or odd with the clips of a dataset. Nothing is deleted, nothing is fatal.

What cannot be used is left out with its reason. What is merely odd (clipped, of another rate, size or length than the
rest) is reported and kept: the official ESC files hold such clips, and published scores include them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.audio.judge import usable_sound
from core.control import Control
from core.datasets.base import Clip, Dataset, Excluded
from core.datasets.problems import Problem, ProblemKind
from core.media import header_of

if TYPE_CHECKING:
    from core.audio.decode import AudioFacts
    from core.video.decode import VideoFacts

__all__ = ["Headers", "Problem", "ProblemKind", "ScanReport", "read_headers", "scan"]


@dataclass(frozen=True)
class Headers:
    """What the headers of the files say, one value a clip; NaN where a file cannot be read or has no such stream."""

    seconds: NDArray[np.float64]
    sample_rates: NDArray[np.float64]  # Hz
    frame_rates: NDArray[np.float64]  # frames a second
    sizes: NDArray[np.float64]  # (clips, 2) width and height in px

    @property
    def has_sound(self) -> NDArray[np.bool_]:
        """There is a sound track, be it silent."""
        return np.isfinite(self.sample_rates)

    @property
    def has_pictures(self) -> NDArray[np.bool_]:
        return np.isfinite(self.sizes[:, 0])


@dataclass(frozen=True)
class ScanReport:
    """What a scan found, in the order of the clips."""

    clips: int
    problems: tuple[Problem, ...]
    heard: int | None = None  # clips with usable sound, where sound was looked at but is not needed

    @property
    def excluded(self) -> tuple[Excluded, ...]:
        """The clips that cannot be used, each once."""
        return tuple(Excluded(item.clip_id, item.sentence) for item in self.problems if item.left_out)

    def summary(self) -> str:
        """A few sentences: how many clips can be used, what is left out, what is odd."""
        heard = "" if self.heard is None else f"{self.heard or 'None'} of {self.clips} clips have usable sound."
        if not self.problems:
            return " ".join(filter(None, (f"All {self.clips} clips can be used.", heard)))
        out = Counter(item.kind for item in self.problems if item.left_out)
        odd = Counter(item.kind for item in self.problems if not item.left_out)
        parts = [f"{self.clips - out.total()} of {self.clips} clips can be used.", heard]
        if out:
            parts.append(f"Left out: {_listed(out)}.")
        if odd:
            parts.append(f"Kept though odd: {_listed(odd)}.")
        return " ".join(filter(None, parts))

    def usable(self, dataset: Dataset) -> Dataset:
        """The dataset without the clips that cannot be used."""
        return dataset.without(self.excluded)


def read_headers(dataset: Dataset, control: Control, report: object = None) -> Headers:
    """Length, rates and size of every clip, without decoding: a millisecond or two a clip.

    Raises:
        Cancelled: as `control` says.
    """
    found = np.full((len(dataset.clips), 5), np.nan)
    for place, clip in enumerate(dataset.clips):
        control.checkpoint()
        header = header_of(clip.path)
        if header is not None:  # the scan says what is wrong with the others
            said = header.sample_rate, header.frame_rate, header.width, header.height
            found[place] = (header.seconds, *(value or np.nan for value in said))
    return Headers(found[:, 0], found[:, 1], found[:, 2], found[:, 3:])


def scan(
    dataset: Dataset,
    facts: Mapping[str, AudioFacts] | Mapping[str, VideoFacts],
    failures: Mapping[str, str],
    needed: bool = True,
) -> ScanReport:
    """Judge every clip by what decoding it in one wing said.

    Args:
        facts: by clip id, of the clips that were decoded.
        failures: by clip id, the sentence of those that were not.
        needed: what cannot be used is left out. False for the sound of clips whose pictures are used too: nothing is
            left out then, the clips that can be heard are counted, and to have no track is odd if most have one.
    """
    known = [facts[clip.id] for clip in dataset.clips if clip.id in facts]
    wing = import_module(f"core.{known[0].wing}.judge") if known else None
    usual = wing.Usual.of(known) if wing else None
    problems: list[Problem] = []
    for clip in dataset.clips:
        if wing and clip.id in facts:
            problems += wing.judge(clip.id, facts[clip.id], usual, needed)
        else:
            sentence = failures.get(clip.id, f"{clip.id} has not been decoded.")
            kind = ProblemKind.EMPTY if _is_empty(clip) else ProblemKind.UNREADABLE
            problems.append(Problem(clip.id, kind, sentence, left_out=needed))
    if needed:
        return ScanReport(len(dataset.clips), tuple(problems))
    mute = [item for item in problems if item.kind is ProblemKind.NO_SOUND]
    if 2 * len(mute) > len(dataset.clips):  # what most lack is not odd
        problems = [item for item in problems if item.kind is not ProblemKind.NO_SOUND]
    heard = sum(usable_sound(item) for item in known)  # type: ignore[arg-type]  # only of sounds
    return ScanReport(len(dataset.clips), tuple(problems), heard)


def joined(reports: Mapping[str, ScanReport]) -> ScanReport:
    """What was found in each wing, one after the other; of a clip that is left out only what leaves it out.

    Args:
        reports: by wing, of the same clips.
    """
    gone = {item.clip_id: wing for wing, report in reports.items() for item in report.problems if item.left_out}
    problems = [
        item for wing, report in reports.items() for item in report.problems if gone.get(item.clip_id, wing) == wing
    ]
    heard = next((report.heard for report in reports.values() if report.heard is not None), None)
    return ScanReport(next(iter(reports.values())).clips, tuple(problems), heard)


def _is_empty(clip: Clip) -> bool:
    """Whether a file that could not be decoded has no bytes, or a header and nothing behind it."""
    try:
        if clip.path.stat().st_size == 0:
            return True
    except OSError:
        return False
    header = header_of(clip.path)
    return header is not None and not header.seconds and not header.frames


def _listed(counts: Counter[ProblemKind]) -> str:
    return ", ".join(f"{counts[kind]} {kind}" for kind in ProblemKind if counts[kind])
