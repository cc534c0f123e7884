"""What is asked of a network about a clip, and what it answers. Importing this imports no torch."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

HEAT = (255, 214, 10)  # of a map: yellow tells itself from grey, whatever the eye
STRENGTH = 0.75  # of the map's colour where it is highest


class Method(StrEnum):
    """How activations and gradients become a map."""

    LAYER_CAM = "LayerCAM"
    GRAD_CAM = "Grad-CAM"


@dataclass(frozen=True)
class Evidence:
    """Where a network found what speaks for a class.

    Attributes:
        label: the class.
        maps: by wing, ≥ 0, in units of the class's logit and not brought to a common scale: (mels, frames) of a
            sound, lowest band first; (frames, rows, columns) of pictures, the part of them that the network sees.
    """

    label: int
    maps: dict[str, NDArray[np.float32]]


@dataclass(frozen=True)
class Box:
    """A part of what a network sees, as shares from 0 to 1 of its width and height.

    Columns from the left; rows from the lowest band of a spectrogram, from the top of a picture. In a video the box is
    hidden in every frame.
    """

    wing: str
    left: float
    right: float
    low: float
    high: float

    def slices(self, rows: int, columns: int) -> tuple[slice, slice]:
        """Rows and columns that it covers, at least one of each where it lies inside."""
        return _covered(self.low, self.high, rows), _covered(self.left, self.right, columns)


def _covered(low: float, high: float, cells: int) -> slice:
    first = min(max(int(np.floor(low * cells)), 0), cells - 1)
    return slice(first, min(max(int(np.ceil(high * cells)), first + 1), cells))
