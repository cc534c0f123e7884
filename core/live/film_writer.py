"""Writing what was seen and heard: MP4 for sharing, FFV1 in Matroska where nothing may be lost."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from core.live.ring_buffer import Frame

TICKS = 1000  # a second: Matroska counts in milliseconds
FULL_SCALE = 2**31 - 1
SHARED: dict[str, object] = {
    "crf": "18",
    "preset": "veryfast",
}  # of H.264: no loss that one sees, quick enough for a key press


class FilmWriter:
    """Frames at their own times, and sound beside them, into one file. To be closed, also after an error.

    Args:
        lossless: FFV1 with every bit of the pictures; else H.264 at an even width and height, and FLAC.
        rate: of the sound in Hz; 0 = there is none.
    """

    def __init__(self, path: Path, width: int, height: int, *, lossless: bool, rate: int = 0) -> None:
        self._file = av.open(str(path), "w", format="matroska" if lossless else "mp4")
        self._video: Any = self._file.add_stream("ffv1" if lossless else "libx264", rate=Fraction(TICKS))
        self._video.width, self._video.height = (width, height) if lossless else (width // 2 * 2, height // 2 * 2)
        self._video.pix_fmt = "bgr0" if lossless else "yuv420p"
        self._video.time_base = self._video.codec_context.time_base = Fraction(1, TICKS)
        if not lossless:
            self._video.options = SHARED
        self._last = -1
        self._sound: Any = None
        self._samples = 0
        if rate:
            self._sound = self._file.add_stream("flac", rate=rate, layout="mono", options={"strict": "-2"})
            self._sound.format = "s32"

    def add_frame(self, frame: Frame, seconds: float) -> None:
        """The next frame (h, w, 3) in BGR, so long after the first one; its time is rounded to a millisecond."""
        picture = av.VideoFrame.from_ndarray(frame[: self._video.height, : self._video.width], "bgr24")
        picture.pts = self._last = max(self._last + 1, round(seconds * TICKS))
        picture.time_base = Fraction(1, TICKS)
        self._file.mux(self._video.encode(picture))

    def add_sound(self, samples: NDArray[np.float32]) -> None:
        """The next samples, shape (n,), full scale 1; what is louder is clipped."""
        whole = (np.clip(samples, -1, 1).astype(np.float64) * FULL_SCALE).astype(np.int32)
        block = av.AudioFrame.from_ndarray(whole[None], format="s32", layout="mono")
        block.sample_rate, block.pts, block.time_base = self._sound.rate, self._samples, Fraction(1, self._sound.rate)
        self._samples += len(samples)
        self._file.mux(self._sound.encode(block))

    def close(self) -> None:
        try:
            for stream in filter(None, (self._video, self._sound)):
                self._file.mux(stream.encode(None))
        finally:
            self._file.close()
