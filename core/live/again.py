"""A recorded session asked about again: the same windows, in order, as fast as the machine can."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from core.control import Control
from core.errors import UserError
from core.events import Progress
from core.live.live_run import Answer, LiveRun
from core.live.recording import Recording
from core.live.ring_buffer import FrameRing, SoundRing
from core.live.windows import Moment, Senses, cut
from core.readable import counted
from core.runs import RunFolder
from core.training.device import choose_device, use_threads
from core.workspace import Workspace

MARGIN = 1.0  # s that rings hold beyond the longest window
Report = Callable[[Progress], None]


@dataclass(frozen=True)
class AskedAgain:
    """What networks said of a recording, and what they say now.

    Attributes:
        answers: that were compared; `equal` of them bit for bit, and `alike` in the likeliest class.
        furthest: largest difference of a probability.
        gone: a sentence for each network that cannot be asked any more.
    """

    answers: int
    equal: int
    alike: int
    furthest: float
    gone: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        if not self.answers:
            compared = "No window lies in the recording whole with an answer: nothing can be compared."
        elif self.equal == self.answers:
            compared = f"Asked again about {counted(self.answers, 'window')}: every answer is equal."
        else:
            compared = (
                f"Asked again about {counted(self.answers, 'window')}: {self.equal} answers are equal, {self.alike} "
                f"name the same class; probabilities differ by {100 * self.furthest:.2g} % at most."
            )
        return " ".join((compared, *self.gone))


def ask_again(recording: Recording, workspace: Workspace, control: Control, report: Report) -> AskedAgain:
    """Ask the networks that were asked live, and compare.

    Raises:
        UserError: the recording was not finished.
        Cancelled: as `control` says.
    """
    use_threads()  # as many as live: sums in another order would differ in the last bit
    names = dict.fromkeys(answer.run for answer in recording.answers())
    runs, gone = [], []
    for name in names:
        try:
            runs.append(LiveRun(RunFolder(workspace.runs / name), choose_device("auto"), recording.sight))
        except UserError as error:
            gone.append(f"{name} cannot be asked: {error}")
    total = sum(answer.run in {run.name for run in runs} for answer in recording.answers())
    differences, alike = [], 0
    for place, (answer, now) in enumerate(asked_again(recording, runs)):
        control.checkpoint()
        report(Progress("Asking again", place, total, "answers"))
        if answer.probabilities is not None and now is not None:
            differences.append(float(np.abs(answer.probabilities - now).max()))
            alike += int(answer.probabilities.argmax() == now.argmax())
    equal = sum(difference == 0 for difference in differences)
    return AskedAgain(len(differences), equal, alike, max(differences, default=0.0), tuple(gone))


def asked_again(recording: Recording, runs: Sequence[LiveRun]) -> Iterator[tuple[Answer, NDArray[np.float32] | None]]:
    """Every answer of the recording whose window lies in it whole, and what its run says of that window now.

    Sound and frames pass through rings of the same kind as live ones. Runs that are not among `runs` are passed over,
    and where nothing was said, since something lacked, nothing is asked.
    """
    by_name = {run.name: run for run in runs}
    longest = max((max(run.seconds.values()) for run in runs), default=0.0) + MARGIN
    samples, frames = recording.sound(), recording.frames()
    first = int(recording.facts["first_sample"])
    sound = SoundRing(recording.rate, longest) if len(samples) else None
    sight = FrameRing(longest, most_bytes=1 << 40)
    coming = next(frames, None)
    begun = coming[0] if coming else math.inf
    written = 0
    for at, answers in groupby(recording.answers(), key=lambda answer: answer.at):
        while coming is not None and coming[0] <= at.when:
            sight.append(coming[1], coming[0])
            coming = next(frames, None)
        if sound is not None and at.sample is not None:
            stop = at.sample - first
            sound.append(samples[written:stop], at.when)
            written = max(written, stop)
        for answer in answers:
            run = by_name.get(answer.run)
            if run is None or not _whole(run, at, first, recording.rate, begun):
                continue
            senses = Senses(sound, sight if begun < math.inf else None)
            here = Moment(at.when, None if at.sample is None else at.sample - first)
            window = cut(senses, here, run.seconds)
            asked = answer.probabilities is not None and not run.lacks(window, silence=-math.inf)
            yield answer, run.ask(window) if asked else None


def _whole(run: LiveRun, at: Moment, first: int, rate: int, begun: float) -> bool:
    """Whether all of a window was recorded."""
    if "audio" in run.seconds and at.sample is not None and at.sample - first < run.seconds["audio"] * rate and first:
        return False
    return not ("video" in run.seconds and begun < math.inf and at.when - run.seconds["video"] < begun)
