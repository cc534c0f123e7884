"""From answers to decisions: averaged over a few windows, and none where nothing is sure."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.live.live_run import Answer, Lack


@dataclass(frozen=True)
class Decision:
    """What is shown of a network now.

    Attributes:
        probabilities: (classes,) mean over the last windows; None where something lacks.
        label: the likeliest class; None where it is not sure, or something lacks.
    """

    when: float
    probabilities: NDArray[np.float32] | None
    label: int | None
    lack: Lack = Lack.NOTHING


class Decider:
    """Of one network. A window of which nothing could be said begins anew: nothing stale is averaged in."""

    def __init__(self, smoothing: int, threshold: float) -> None:
        self.threshold = threshold
        self._last: deque[NDArray[np.float32]] = deque(maxlen=smoothing)

    def take(self, answer: Answer) -> Decision:
        """The next answer of the network."""
        if answer.probabilities is None:
            self._last.clear()
            return Decision(answer.at.when, None, None, answer.lack)
        self._last.append(answer.probabilities)
        mean = np.stack(self._last).mean(axis=0, dtype=np.float64).astype(np.float32)
        best = int(mean.argmax())
        return Decision(answer.at.when, mean, best if mean[best] >= self.threshold else None)
