"""The loss of every batch of a run, however long it is, in bounded memory."""

from __future__ import annotations

from bisect import bisect_left

import numpy as np
from numpy.typing import NDArray

MOST_BATCHES = 2000  # points of a batch trace; beyond, neighbours are averaged in pairs


class BatchTrace:
    """The loss of every batch in bounded memory: when full, neighbours are averaged and each point spans twice as many.

    Its points lie at fractions of epochs. A batch that is trained again, after a resume, replaces what was there.
    """

    def __init__(self, most: int = MOST_BATCHES) -> None:
        self._most = most
        self._epochs: list[float] = []
        self._losses: list[float] = []
        self._span = 1
        self._waiting: list[tuple[float, float]] = []

    def add(self, epoch: float, loss: float) -> None:
        if epoch <= max(self._epochs[-1:] + [at for at, _ in self._waiting[-1:]], default=-1.0):
            self._forget_from(epoch)
        self._waiting.append((epoch, loss))
        if len(self._waiting) < self._span:
            return
        epochs, losses = zip(*self._waiting, strict=True)
        self._epochs.append(sum(epochs) / self._span)
        self._losses.append(sum(losses) / self._span)
        self._waiting.clear()
        if len(self._epochs) >= self._most:
            self._epochs = np.asarray(self._epochs).reshape(-1, 2).mean(axis=1).tolist()
            self._losses = np.asarray(self._losses).reshape(-1, 2).mean(axis=1).tolist()
            self._span *= 2

    def points(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """(epochs, losses), two float arrays of equal length ≤ MOST_BATCHES."""
        return np.asarray(self._epochs, dtype=float), np.asarray(self._losses, dtype=float)

    def _forget_from(self, epoch: float) -> None:
        kept = bisect_left(self._epochs, epoch)
        del self._epochs[kept:], self._losses[kept:]
        self._waiting.clear()
