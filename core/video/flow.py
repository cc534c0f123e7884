"""Dense optical flow between two pictures, as bytes."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

FARTHEST = 20.0  # px of the pictures kept: motion beyond is cut off
NO_MOTION = 128
PER_PIXEL = 127 / FARTHEST  # steps
SMALLEST = 16  # px: the coarsest pictures that OpenCV looks at must hold its patches of 8


class Flow:
    """Dense inverse search (Kroeger et al., Fast Optical Flow using Dense Inverse Search, ECCV 2016), preset medium.

    OpenCV's object holds buffers: one for each thread.
    """

    def __init__(self) -> None:
        self._dis = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)

    def between(self, first: NDArray[np.uint8], second: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Where each pixel of `first` has gone in `second`: (h, w) grey twice → (h, w, 2), to the right and down.

        128 is no motion, and a step is 20/127 px.
        """
        if min(first.shape) < SMALLEST or np.array_equal(first, second):
            return np.full((*first.shape, 2), NO_MOTION, np.uint8)
        return as_bytes(np.asarray(self._dis.calc(first, second, np.zeros((*first.shape, 2), np.float32)), np.float32))


def as_bytes(pixels: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Motion in pixels → bytes. 0 is never used, so that mirroring a clip is exact."""
    clipped = np.clip(np.nan_to_num(pixels), -FARTHEST, FARTHEST)
    return np.asarray(np.rint(clipped * PER_PIXEL) + NO_MOTION, dtype=np.uint8)
