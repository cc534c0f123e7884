"""What there is to see of a video: all of it, at the size of a window, and the frames a network is shown.

Importing this imports neither torch nor OpenCV.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.control import Control
from core.media import header_of
from core.video.region import seen
from core.video.sampling import Thinned, keeper, positions
from core.video.settings import VideoSettings

LOWEST = 120  # px: rather fewer frames than smaller ones


@dataclass(frozen=True)
class Film:
    """Frames to be looked at.

    Attributes:
        frames: (n, h, w, 3) RGB, n ≥ 1.
        seconds: (n,), when each of them appears, counted from the first frame of the file.
        duration: of the video in seconds: the last frame stays until then.
    """

    frames: NDArray[np.uint8]
    seconds: NDArray[np.float64]
    duration: float

    def index_at(self, seconds: float) -> int:
        """Of the frame that is seen at a time."""
        return max(0, int(np.searchsorted(self.seconds, seconds, side="right")) - 1)


def read_film(path: Path, control: Control, height: int = 360, most_bytes: float = 200e6) -> Film:
    """All frames of a video, at most `height` rows of each; smaller, then fewer, where they would need more memory.

    Raises:
        UserError: as `core.video.decode.decode`.
        Cancelled: through `control`.
    """
    import cv2

    from core.video.decode import Reader, resized

    def shown(frame: NDArray[np.uint8], seconds: float) -> tuple[NDArray[np.uint8], float]:
        return np.asarray(cv2.cvtColor(resized(frame, rows, columns), cv2.COLOR_BGR2RGB), np.uint8), seconds

    reader = Reader(path, control)
    film: Thinned[tuple[NDArray[np.uint8], float]] | None = None
    for frame, seconds in reader:
        if film is None:
            rows, columns = _display_size(path, frame.shape[0], frame.shape[1], height, most_bytes)
            room = max(2, int(most_bytes / (3 * rows * columns)) // 2 * 2)
            film = Thinned(room, room)
        film.offer(seconds, partial(shown, frame, seconds))
    assert film is not None  # a video without frames has raised
    frames, times = zip(*film.held, strict=True)
    return Film(np.stack(frames), np.array(times), reader.facts().seconds)


def _display_size(path: Path, rows: int, columns: int, height: int, most_bytes: float) -> tuple[int, int]:
    """(h, w): never enlarged; lower than asked for where the header promises more frames than fit."""
    header = header_of(path)
    promised = max(1.0, header.frames or header.seconds * header.frame_rate) if header else 1.0
    fitting = (most_bytes / promised / 3 * rows / columns) ** 0.5
    rows_shown = min(rows, height, max(int(fitting), LOWEST))
    return rows_shown, max(1, round(columns * rows_shown / rows))


def model_frames(film: Film, settings: VideoSettings) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """The frames that a network is shown in testing (the first view), and when each appears, in seconds.

    Shapes (settings.frames, h, w, 3) and (settings.frames,). Of each frame only the part that the network looks at; of
    a difference its second frame. They are the network's as far as the film holds all frames of the file.
    """
    kept = keeper(settings)
    for index, seconds in enumerate(film.seconds):
        kept.offer(float(seconds), partial(int, index))
    chosen = np.array(kept.chosen())
    shown = chosen[positions(len(chosen), settings, view=0)][settings.taken - settings.frames :]
    return seen(film.frames[shown], settings), film.seconds[shown]
