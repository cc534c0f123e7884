"""The sound track of a video, and sounds in containers that libsndfile does not read, decoded by FFmpeg."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from numpy.typing import NDArray

from core.errors import UserError
from core.media import LONGEST, container_name, decodable, is_cover, is_video

FULL_SCALE = 0.999  # |x| from here on counts as clipped: 16-bit files end at 32767/32768
GAP = 0.25  # s: where the times of a track leap by more, sound is missing
NO_TRACK = "no sound track"
PICTURES = ("image2", "_pipe")  # formats of still pictures


@dataclass(frozen=True)
class Track:
    """One channel at the file's own rate."""

    mono: NDArray[np.float32]  # (n,), the mean of all channels, full scale 1
    clipped: float  # share of the samples of all channels
    rate: int  # Hz; 0 = there is no sound track
    channels: int
    format: str


def read_track(path: Path) -> Track:
    """Decode the first sound track of a file whose coding is known. Its time 0 is that of the pictures, if any.

    Silence fills the time until a track begins that does so later than the pictures, and stretches that are missing;
    what comes before the pictures is cut off. Of a torn track is kept what can be decoded. A video without a sound
    track has no samples: that is no error.

    Raises:
        UserError: the file holds neither sound nor pictures, or the track is too long.
    """
    try:
        with av.open(str(path)) as file:
            stream = next(filter(decodable, file.streams.audio), None)
            if stream is not None:
                return _decoded(path, file, stream)
            pictures = any(kind in file.format.name for kind in PICTURES)
            if file.streams.video and (is_video(path) or not pictures):
                return Track(np.empty(0, np.float32), 0.0, 0, 0, NO_TRACK)
            reason = "it holds no sound"
    except UnicodeEncodeError:
        raise UserError(f"The name of {str(path)!r} is not valid text on this system. Rename the file.") from None
    except (av.FFmpegError, OSError, ValueError, MemoryError) as error:
        reason = getattr(error, "strerror", "") or str(error)
    raise UserError(
        f"{path} is not a sound file that can be decoded ({reason}). "
        "Replace it, or convert it to WAV, FLAC, Ogg or MP3, or to MP4 if it is a video."
    )


def _decoded(path: Path, file: InputContainer, stream: AudioStream) -> Track:
    start = _picture_start(file)
    blocks: list[NDArray[np.float32]] = []
    total = clipped = counted = 0
    rate, channels = stream.rate, stream.channels
    for frame in _frames(file, stream):
        sound = _planes(frame)
        if frame.pts is not None and frame.time_base is not None:
            seconds = float(frame.pts * frame.time_base)
            start = seconds if start is None else start
            late = round((seconds - start) * rate) - total
            if not blocks and late < 0:
                sound = sound[:, -late:]
            elif 0 < late <= LONGEST * rate and (not blocks or late > GAP * rate):
                blocks.append(np.zeros(late, np.float32))
                total += late
        if not sound.size:
            continue
        clipped += int(np.count_nonzero(np.abs(sound) >= FULL_SCALE))
        counted += sound.size
        total += sound.shape[1]
        with np.errstate(invalid="ignore", over="ignore"):  # judged by whoever asked
            blocks.append(sound.mean(axis=0, dtype=np.float32))
        if total > LONGEST * rate:
            raise UserError(f"{path} holds over {LONGEST / 3600:g} hour of sound: too long for a clip. Cut it.")
    mono = np.concatenate(blocks) if counted else np.empty(0, np.float32)
    form = f"{container_name(path)} {stream.codec_context.name.upper()}".strip()
    return Track(mono, clipped / max(counted, 1), rate, channels, form)


def _frames(file: InputContainer, stream: AudioStream) -> Iterator[AudioFrame]:
    """All that can be decoded: a packet that is damaged is passed over, a file that is torn ends where it is torn."""
    packets = file.demux(stream)
    while True:
        try:
            packet = next(packets)
        except (StopIteration, av.FFmpegError):
            return
        try:
            yield from packet.decode()
        except av.FFmpegError:
            continue


def _picture_start(file: InputContainer) -> float | None:
    """Seconds at which the pictures begin; None where there are none but a cover."""
    for video in file.streams.video:
        if not is_cover(video) and video.time_base is not None:
            return float((video.start_time or 0) * video.time_base)
    return None


def _planes(frame: AudioFrame) -> NDArray[np.float32]:
    """(channels, n), full scale 1, whatever the samples are."""
    samples = frame.to_ndarray()
    if not frame.format.is_planar:
        samples = samples.reshape(-1, frame.layout.nb_channels).T
    if samples.dtype.kind == "f":
        return samples.astype(np.float32)
    middle = 128 if samples.dtype.kind == "u" else 0  # only bytes are unsigned
    return ((samples.astype(np.float64) - middle) / 2.0 ** (8 * samples.dtype.itemsize - 1)).astype(np.float32)
