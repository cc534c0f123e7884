"""Small pictures of a clip, to know it again in a table: a frame of what is seen, a spectrogram of what is heard.

Importing this imports neither torch nor OpenCV.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.audio.pictures import front_end_for, model_picture
from core.control import Control
from core.media import header_of

WIDEST = 16 / 9  # of a picture, width over height: of a wider frame the middle is shown
RANGE, SILENCE = 80.0, -100.0  # dB: what is shown of a sound, and what lies no deeper
RATE = 22_050  # Hz: what lies above 11 kHz would fill a few rows of pixels, and take as long as all the rest
LATEST = 5.0  # s: a frame from the middle of the clip, but no more than this is decoded for it


def thumbnails(path: Path, wings: Collection[str], height: int, control: Control) -> tuple[NDArray[np.uint8], ...]:
    """RGB pictures of shape (height, w, 3), first of what is seen, then of what is heard; none of what there is not.

    Args:
        wings: of `core.wings.WINGS`, those that are asked for.
        height: pixels.
        control: raises Cancelled between frames.

    Raises:
        UserError: the file cannot be decoded.
        Cancelled: through `control`.
    """
    header = header_of(path)
    made = []
    if "video" in wings and header is not None and header.width:
        made.append(_of_film(path, min(header.seconds / 2, LATEST), height, control))
        control.checkpoint()
    if "audio" in wings and (header is None or header.sample_rate):
        made += _of_sound(path, height)
    return tuple(made)


def _of_film(path: Path, at: float, height: int, control: Control) -> NDArray[np.uint8]:
    """The first frame that appears `at` s or later, else the last one."""
    import cv2

    from core.video.decode import Reader, resized

    for shown, seconds in Reader(path, control):  # at least one, or it raises
        frame = shown
        if seconds >= at:
            break
    rows, columns = frame.shape[:2]
    cut = max(0, columns - round(WIDEST * rows)) // 2
    small = resized(frame[:, cut : columns - cut], height, max(1, round((columns - 2 * cut) * height / rows)))
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2RGB), np.uint8)


def _of_sound(path: Path, height: int) -> list[NDArray[np.uint8]]:
    """The spectrogram in the colours of the large one, time to the right and frequency upwards, brought up to the
    loudest point of the clip."""
    import cv2

    from core.audio.decode import decode

    samples, _ = decode(path, RATE)
    if not len(samples):  # a film without a sound track
        return []
    decibels = model_picture(samples, RATE, front_end_for(len(samples) / RATE)).decibels[::-1]
    low = max(float(decibels.max()) - RANGE, SILENCE)
    levels = np.clip((decibels - low) / RANGE, 0, 1) * 255
    small = cv2.resize(levels.astype(np.uint8), (round(WIDEST * height), height), interpolation=cv2.INTER_AREA)
    coloured = cv2.applyColorMap(small, cv2.COLORMAP_MAGMA)
    return [np.asarray(cv2.cvtColor(coloured, cv2.COLOR_BGR2RGB), np.uint8)]
