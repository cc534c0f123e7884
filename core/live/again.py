"""A recorded session asked about again: the same windows, in order, as fast as the machine can."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import groupby

import numpy as np

from core.live.live_run import Answer, LiveRun
from core.live.recording import Recording
from core.live.ring_buffer import FrameRing, SoundRing
from core.live.windows import Moment, Senses, cut

MARGIN = 1.0  # s that rings hold beyond the longest window


def asked_again(
    recording: Recording, runs: Sequence[LiveRun], silence: float
) -> Iterator[tuple[Answer, np.ndarray | None]]:
    """Every answer of the recording whose window lies in it whole, and what its run says of that window now.

    Sound and frames pass through rings of the same kind as live ones. Runs that are not among `runs` are passed over.
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
            yield answer, None if run.lacks(window, silence) else run.ask(window)


def _whole(run: LiveRun, at: Moment, first: int, rate: int, begun: float) -> bool:
    """Whether all of a window was recorded."""
    if "audio" in run.seconds and at.sample is not None and at.sample - first < run.seconds["audio"] * rate and first:
        return False
    return not ("video" in run.seconds and begun < math.inf and at.when - run.seconds["video"] < begun)
