"""Decoding a video: the frames that are kept, their times, and the facts worth knowing about the file."""

from __future__ import annotations

import hashlib
import math
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, TypeVar

os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")  # read when a file is first opened: what is wrong, we say
import cv2
import numpy as np
from numpy.typing import NDArray

from core.control import Control
from core.errors import UserError
from core.media import LONGEST, container_name, digest_of, header_of
from core.readable import size
from core.video.flow import Flow
from core.video.region import part
from core.video.sampling import Paced, Thinned, Within, keeper
from core.video.settings import VideoSettings

cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)

GRID = 64  # rows and columns of the pixels by which a frame is recognised and its motion is told
MOST_BYTES = 2e9  # of the frames of one clip in memory
SLENDEREST = 3  # the longer side is at most so many times the shorter
UNEVEN = 0.05  # standard deviation of the frame intervals relative to their mean
ROUNDING = 0.0007  # s: containers that count in milliseconds
ASSUMED_RATE = 25.0  # fps, where neither times nor header say
CHECK_EVERY = 32  # frames
TRIES = 5  # packets that fail one after another end a file

Frame = NDArray[np.uint8]
Result = TypeVar("Result")


@dataclass(frozen=True)
class VideoFacts:
    """What a file is, before anything is resized. Brightness is linear in the pixel values, full scale is 1."""

    wing: ClassVar[str] = "video"

    width: int  # px, as seen: after rotation
    height: int
    frames: int  # that could be decoded
    promised: int  # by the header; 0 = it does not say
    seconds: float
    fps: float  # mean
    variable: bool  # the intervals between frames differ
    brightness: float  # mean of all frames
    motion: float  # mean absolute difference between successive frames
    file_digest: str  # sha256 of the file's bytes
    frames_digest: str  # sha256 of 64 × 64 pixels of every frame: equal in any lossless container
    format: str  # container and coding, “AVI FMP4”

    @property
    def content_digest(self) -> str:
        """Equal for clips that show the same."""
        return self.frames_digest


def decode(
    path: Path, settings: VideoSettings | None = None, control: Control | None = None
) -> tuple[NDArray[np.uint8], NDArray[np.float64], VideoFacts]:
    """Decode a video, once from its beginning to its end, in memory that does not grow with its length.

    With `settings`: as many frames as `core.video.sampling.most_kept` says, spread evenly over the clip (all, if there
    are fewer), or with the sampling “window” those at its rate, the shorter side of their region made `side` pixels;
    red, green and blue, or optical flow to the next frame of the file, or both. Without: every frame, in RGB at its
    own size.

    Returns:
        Frames of shape (n, h, w, c), their times in seconds of shape (n,), counted from the first frame of the file,
        and the facts.

    Raises:
        UserError: the file is missing, a folder, empty, no video, without frames, too long or too large.
        Cancelled: through `control`.
    """
    reader = Reader(path, control)
    frames, times = keep(reader, settings, str(path))
    return frames, times, reader.facts()


def keep(
    frames: Iterable[tuple[Frame, float]], settings: VideoSettings | None, name: str = "What is seen"
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """Of frames in BGR at their own size, each with its seconds since the first: what `decode` keeps, and their times.

    Raises:
        UserError: they are too large; `name` begins the sentence.
    """
    shrink = _Shrink(settings)
    kept: Thinned[_Kept] | Paced[_Kept] | Within[_Kept] = keeper(settings)
    for frame, seconds in frames:
        shrink.look(frame, seconds)
        kept.offer(seconds, shrink.keep)
        if kept.held and len(kept.held) * kept.held[0].nbytes > MOST_BYTES:
            raise UserError(
                f"{name} has more frames than fit into {size(MOST_BYTES)} of memory. Cut it into shorter clips, or "
                "choose a smaller side or a lower frame rate."
            )
    chosen = kept.chosen()
    return shrink.stacked(chosen), np.array([item.seconds for item in chosen])


def kept_size(width: int, height: int, side: int) -> tuple[int, int]:
    """(h, w) of the frames kept of a video: the shorter side is `side`, the longer at most three times that."""
    longer = min(round(side * max(width, height) / min(width, height)), SLENDEREST * side)
    return (side, longer) if height <= width else (longer, side)


def channels(settings: VideoSettings) -> int:
    """Of the frames kept: a difference is made of pictures, later."""
    return sum(settings.streams)


def resized(frame: Frame, height: int, width: int) -> Frame:
    """(H, W, c) → (h, w, c): halved by averaging while it is twice too large, the rest bilinear.

    Five to ninety times as fast as OpenCV's INTER_AREA alone, whose fast path is for whole ratios.
    """
    while frame.shape[0] >= 2 * height and frame.shape[1] >= 2 * width:
        half = frame.shape[0] // 2, frame.shape[1] // 2
        frame = _resize(frame[: 2 * half[0], : 2 * half[1]], half, cv2.INTER_AREA)
    return frame if frame.shape[:2] == (height, width) else _resize(frame, (height, width), cv2.INTER_LINEAR)


def _resize(frame: Frame, shape: tuple[int, int], how: int) -> Frame:
    return np.asarray(cv2.resize(frame, shape[::-1], interpolation=how), dtype=np.uint8)


class Reader:
    """Iterates over (frame in BGR at its own size, seconds since the first), once, and knows the facts afterwards.

    Raises:
        UserError: as `decode`.
    """

    def __init__(self, path: Path, control: Control | None = None) -> None:
        self.path, self.control = path, control or Control()
        self.file_digest = digest_of(path, "a video")
        # One thread: for clips of this size twice as fast as OpenCV's choice, and clips are decoded side by side.
        self._capture = _guarded(path, lambda: cv2.VideoCapture(str(path), cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1]))
        if not self._capture.isOpened():
            raise UserError(_why_not(path))
        self.format = f"{container_name(path)} {_four_letters(int(self._capture.get(cv2.CAP_PROP_FOURCC)))}".strip()
        promised = self._capture.get(cv2.CAP_PROP_FRAME_COUNT)
        rate = self._capture.get(cv2.CAP_PROP_FPS)
        self.promised = int(promised) if 0 < promised < 1e12 else 0
        self.promised_rate = rate if 0.01 < rate < 1000 else ASSUMED_RATE
        self.width = self.height = self.frames = 0
        self._last = self._start = 0.0
        self._intervals = self._squares = self._brightness = self._motion = 0.0
        self._digest = hashlib.sha256()

    def __iter__(self) -> Iterator[tuple[Frame, float]]:
        before: Frame | None = None
        while (frame := _guarded(self.path, self._read)) is not None:
            if self.frames % CHECK_EVERY == 0:
                self.control.checkpoint()
            seconds = self._seconds()
            if not self.frames:
                self.height, self.width = frame.shape[:2]
                self._digest.update(f"{self.width}x{self.height}".encode())
            elif frame.shape[:2] != (self.height, self.width):  # a stream may change its size on the way
                frame = _resize(frame, (self.height, self.width), cv2.INTER_LINEAR)
            pixels = _resize(frame, (GRID, GRID), cv2.INTER_NEAREST)
            self._digest.update(pixels.data)
            self._brightness += sum(cv2.mean(pixels)[:3]) / 3
            if before is not None:
                self._motion += cv2.norm(pixels, before, cv2.NORM_L1) / pixels.size
                self._intervals += seconds - self._last
                self._squares += (seconds - self._last) ** 2
            before, self._last = pixels, seconds
            self.frames += 1
            yield frame, seconds
            if seconds > LONGEST:
                raise UserError(
                    f"{self.path} lasts over {LONGEST / 3600:g} hour: too long for a clip. Cut it into shorter ones."
                )
        self._capture.release()
        if not self.frames:
            raise UserError(f"{self.path} is a video without frames. Copy, download or export it again.")

    def _read(self) -> Frame | None:
        """None at the end. A damaged packet fails once, and what comes after it can be read again."""
        for _ in range(TRIES):
            read, frame = self._capture.read()
            if read:
                return np.asarray(frame, dtype=np.uint8)
        return None

    def _seconds(self) -> float:
        """Of the frame just read, since the first; times that do not rise are made up from the header's rate."""
        stamp = self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
        if not self.frames:
            self._start = stamp if math.isfinite(stamp) else 0.0
            return 0.0
        seconds = stamp - self._start
        return seconds if self._last < seconds < math.inf else self._last + 1 / self.promised_rate

    def _promise(self, fps: float) -> int:
        """Frames that the header promises. OpenCV's figure may be made up of the length of the sound and a rate."""
        if self.promised <= self.frames:
            return self.promised
        header = header_of(self.path)
        if header is None or header.frames:
            return header.frames if header else 0
        return round(header.seconds * fps) if header.of_pictures else 0

    def facts(self) -> VideoFacts:
        """What is known when all frames were read."""
        gaps = self.frames - 1
        interval = self._intervals / gaps if gaps else 1 / self.promised_rate
        spread = math.sqrt(max(0.0, self._squares / gaps - interval**2)) if gaps else 0.0
        return VideoFacts(
            width=self.width,
            height=self.height,
            frames=self.frames,
            promised=self._promise(1 / interval),
            seconds=self._last + interval,
            fps=1 / interval,
            variable=spread > max(UNEVEN * interval, ROUNDING),
            brightness=self._brightness / self.frames / 255,
            motion=self._motion / max(gaps, 1) / 255,
            file_digest=self.file_digest,
            frames_digest=self._digest.hexdigest(),
            format=self.format,
        )


@dataclass
class _Kept:
    """A frame that may be kept, at the size it would be kept in."""

    seconds: float
    picture: Frame | None  # (h, w, 3) RGB
    grey: Frame | None = None  # (h, w), of this frame and of the next one in the file
    after: Frame | None = None

    @property
    def nbytes(self) -> int:
        return sum(part.nbytes for part in (self.picture, self.grey) if part is not None)


class _Shrink:
    """Makes what is kept of the frames that pass."""

    def __init__(self, settings: VideoSettings | None) -> None:
        self.settings = settings
        self.rgb = settings is None or 3 in settings.streams
        self.flow = Flow() if settings is not None and 2 in settings.streams else None
        self._frame: Frame
        self._seconds = 0.0
        self._grey: Frame | None = None
        self._before: Frame | None = None
        self._newest: _Kept | None = None

    def look(self, frame: Frame, seconds: float) -> None:
        """The next frame of the file, in BGR."""
        self._frame, self._seconds = frame, seconds
        if self.flow:
            self._before, self._grey = self._grey, np.asarray(cv2.cvtColor(self._small(), cv2.COLOR_BGR2GRAY), np.uint8)
            if self._newest is not None:
                self._newest.after, self._newest = self._grey, None

    def keep(self) -> _Kept:
        """The frame just looked at."""
        picture = np.asarray(cv2.cvtColor(self._small(), cv2.COLOR_BGR2RGB), np.uint8) if self.rgb else None
        kept = _Kept(self._seconds, picture, self._grey)
        if self.flow:
            self._newest = kept
        return kept

    def stacked(self, chosen: list[_Kept]) -> NDArray[np.uint8]:
        """(n, h, w, c)."""
        frames = []
        for item in chosen:
            parts = [] if item.picture is None else [item.picture]
            if self.flow and item.grey is not None:
                # The last frame of the file has no next one: it goes on as it came. A single one stands still.
                pair = (item.grey, item.after) if item.after is not None else (self._before, item.grey)
                parts.append(self.flow.between(item.grey if pair[0] is None else pair[0], pair[1]))
            frames.append(parts[0] if len(parts) == 1 else np.concatenate(parts, axis=2))
        return np.stack(frames)

    def _small(self) -> Frame:
        if self.settings is None:
            return self._frame
        looked_at = part(self._frame, self.settings.region)
        height, width = looked_at.shape[:2]
        return resized(looked_at, *kept_size(width, height, self.settings.side))


def _guarded(path: Path, work: Callable[[], Result]) -> Result:
    """What OpenCV cannot do, as a sentence."""
    try:
        return work()
    except UnicodeEncodeError:
        raise UserError(f"The name of {str(path)!r} is not valid text on this system. Rename the file.") from None
    except (cv2.error, MemoryError) as error:
        raise UserError(
            f"{path} cannot be decoded ({str(error).strip().splitlines()[-1]}). Export it again, or leave it out."
        ) from None


def _why_not(path: Path) -> str:
    """Why a file is no video that can be decoded."""
    import av

    try:
        with av.open(str(path)) as file:
            if file.streams.video:
                reason = "the coding of its pictures is not known here"
            elif file.streams.audio:
                return f"{path} holds sound but no pictures. Use it in a dataset of sounds, or replace it with a video."
            else:
                reason = "it holds neither pictures nor sound"
    except (av.FFmpegError, OSError, ValueError) as error:
        reason = getattr(error, "strerror", "") or str(error)
    return (
        f"{path} is not a video that can be decoded ({reason}). Replace it, or convert it to MP4 (H.264), AVI or MKV."
    )


def _four_letters(code: int) -> str:
    """A FOURCC number as text."""
    text = (code & 0xFFFFFFFF).to_bytes(4, "little").decode("ascii", "replace")
    return text.strip() if text.isprintable() else ""
