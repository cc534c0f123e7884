"""What sounds and videos have in common: a file that must be there, and a header that says what it holds."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import UserError

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.video.stream import VideoStream

LONGEST = 3600.0  # s of one clip; a damaged header may promise weeks
CONTAINERS = (
    (8, b"AVI ", "AVI"),
    (8, b"WAVE", "WAV"),
    (4, b"ftypqt", "MOV"),
    (4, b"ftyp", "MP4"),
    (4, b"moov", "MOV"),
    (0, b"\x1a\x45\xdf\xa3", "Matroska"),
    (0, b"FLV", "FLV"),
    (0, b"OggS", "Ogg"),
    (0, b"\x30\x26\xb2\x75", "ASF"),
    (0, b"\x00\x00\x01\xba", "MPEG-PS"),
    (0, b"\x47", "MPEG-TS"),
)
# What FFmpeg reads by its content: the name only decides what is looked at.
OF_VIDEOS = (
    ".avi .divx .mp4 .m4v .mov .qt .mkv .webm .mpg .mpeg .m2v .vob .wmv .asf .flv .f4v .ogv .3gp .3g2 .ts .mts .m2ts "
    ".mxf .dv .mjpeg .mjpg"
)
VIDEO_SUFFIXES = frozenset(OF_VIDEOS.split())


@dataclass(frozen=True, slots=True)
class Header:
    """What the header of a file says, which need not be true. 0 = it does not say, or there is no such stream."""

    seconds: float
    sample_rate: int  # Hz; 0 = no sound
    frame_rate: float  # frames a second; 0 = no pictures
    frames: int
    width: int
    height: int
    of_pictures: bool = False  # `seconds` is the length of the pictures, not of whatever lasts longest


def is_video(path: Path) -> bool:
    """Whether the name says that this is a video: what it holds may say otherwise."""
    return path.suffix.lower() in VIDEO_SUFFIXES


def digest_of(path: Path, what: str) -> str:
    """sha256 of a file's bytes.

    Args:
        what: the file should be, with its article: “a sound file”.

    Raises:
        UserError: the file is missing, a folder, a pipe, unreadable or empty.
    """
    if path.is_dir():
        raise UserError(f"{path} is a folder, not {what}. Rename or move it.")
    if path.exists() and not path.is_file():  # opening a pipe would wait for ever
        raise UserError(f"{path} is a device or pipe, not {what}. Remove it.")
    try:
        with path.open("rb") as raw:
            digest = hashlib.file_digest(raw, "sha256").hexdigest()
            size = raw.tell()
    except FileNotFoundError:
        raise UserError(f"There is no file {path}. Check the path, or scan the dataset again.") from None
    except OSError as error:
        raise UserError(
            f"{path} cannot be read: {error.strerror or error}. Check the file and its permissions."
        ) from None
    if size == 0:
        raise UserError(f"{path} is empty (0 bytes). Copy or download it again.")
    return digest


def header_of(path: Path) -> Header | None:
    """What the header of a sound file or video says, without decoding; None where it cannot be read."""
    if not path.is_file():  # a pipe would be waited for
        return None
    return (None if is_video(path) else _sound_header(path)) or _container_header(path)


def _sound_header(path: Path) -> Header | None:
    import soundfile

    try:
        info = soundfile.info(str(path))
    except (soundfile.SoundFileError, OSError, TypeError, ValueError):  # TypeError: *.raw has no header
        return None
    return Header(info.duration, info.samplerate, 0.0, 0, 0, 0)


def _container_header(path: Path) -> Header | None:
    import av

    try:
        with av.open(str(path)) as container:
            sound = next(filter(decodable, container.streams.audio), None)
            pictures = (stream for stream in container.streams.video if not is_cover(stream))
            video = next(filter(decodable, pictures), None)
            seconds = (container.duration or 0) / av.time_base
            if video is not None and (own := _seconds(video)):
                seconds = own
            return Header(
                seconds,
                sound.rate if sound is not None else 0,
                float(video.average_rate or Fraction(0)) if video is not None else 0.0,
                video.frames if video is not None else 0,
                video.width if video is not None else 0,
                video.height if video is not None else 0,
                sound is None or bool(video is not None and _seconds(video)),
            )
    except (av.FFmpegError, OSError, ValueError):  # ValueError: the name is no text, or holds a zero byte
        return None


def _seconds(video: VideoStream) -> float:
    """Length of the pictures alone; 0 where the container does not say. Matroska writes it in a tag, 00:00:01.5."""
    if video.duration and video.time_base:
        return float(video.duration * video.time_base)
    try:
        hours, minutes, seconds = video.metadata.get("DURATION", "").split(":")
        return int(hours) * 3600 + int(minutes) * 60 + float(seconds)
    except ValueError:
        return 0.0


def decodable(stream: AudioStream | VideoStream) -> bool:
    """Whether FFmpeg knows its coding: else nothing can be asked of it."""
    return stream.codec_context is not None


def is_cover(stream: VideoStream) -> bool:
    """Whether the pictures of a file are the cover of a sound."""
    from av.stream import Disposition

    return bool(stream.disposition & Disposition.attached_pic)


def container_name(path: Path) -> str:
    """Of what kind a file is, by its first bytes, for names lie; empty where none is known."""
    with path.open("rb") as file:
        start = file.read(12)
    for place, mark, name in CONTAINERS:
        if start[place : place + len(mark)] == mark:
            return name
    return ""
