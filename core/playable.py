"""Clips as browsers play them: the bytes of the file itself where that will do, else the clip converted."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.clip_pictures import Media
from core.media import container_name, header_of

# What Chromium, Firefox and Safari all play, by libsndfile's and FFmpeg's names.
SOUNDS = {
    ("WAV", "PCM_U8"): "audio/wav",
    ("WAV", "PCM_16"): "audio/wav",
    ("WAV", "PCM_24"): "audio/wav",
    ("WAV", "FLOAT"): "audio/wav",
    ("FLAC", "PCM_16"): "audio/flac",
    ("FLAC", "PCM_24"): "audio/flac",
    ("OGG", "VORBIS"): "audio/ogg",
    ("OGG", "OPUS"): "audio/ogg",
    ("MP3", "MPEG_LAYER_III"): "audio/mpeg",
}
PICTURES = {"MP4": {"h264", "av1", "vp9"}, "Matroska": {"vp8", "vp9", "av1"}}
WITH_PICTURES = {"MP4": {"aac", "mp3", "flac", "opus"}, "Matroska": {"vorbis", "opus"}}
FILMS = {"MP4": "video/mp4", "Matroska": "video/webm"}
PLAIN = {"yuv420p", "yuvj420p"}  # pixels that every decoder takes


@dataclass(frozen=True)
class Playable:
    """A clip for a browser, with its MIME type."""

    mime: str
    content: bytes
    converted: bool = False

    @property
    def is_film(self) -> bool:
        return self.mime.startswith("video/")


def playable(path: Path, read: Callable[[], Media]) -> Playable:
    """A clip for a browser: as it is, or its sound as WAV of 16 bit, its pictures as H.264 with FLAC in MP4.

    Args:
        read: decodes the file; called where it must be converted.

    Raises:
        UserError: through `read`.
        OSError: the file cannot be read, or there is no room for the conversion.
    """
    header = header_of(path)
    mime = _film_type(path) if header is not None and header.width else _sound_type(path)
    if mime:
        return Playable(mime, path.read_bytes())
    media = read()
    if media.film is not None:
        return Playable("video/mp4", _as_mp4(media), converted=True)
    return Playable("audio/wav", _as_wav(media), converted=True)


def _sound_type(path: Path) -> str:
    """Of a file that browsers play; "" where they do not."""
    import soundfile

    try:
        info = soundfile.info(str(path))
    except (soundfile.SoundFileError, TypeError):
        return ""
    return SOUNDS.get((info.format.removesuffix("EX"), info.subtype), "") if info.channels <= 2 else ""


def _film_type(path: Path) -> str:
    import av

    container = container_name(path)
    if container == "Matroska":  # of which WebM is the part that browsers know
        with path.open("rb") as file:
            if b"webm" not in file.read(64):
                return ""
    if container not in FILMS:
        return ""
    try:
        with av.open(str(path)) as file_:
            seen = [(s.codec_context.codec.canonical_name, s.codec_context.pix_fmt) for s in file_.streams.video]
            heard = {s.codec_context.codec.canonical_name for s in file_.streams.audio}
    except (av.FFmpegError, AttributeError):  # a stream of a coding that FFmpeg does not know
        return ""
    plays = len(seen) == 1 and seen[0][0] in PICTURES[container] and seen[0][1] in PLAIN
    return FILMS[container] if plays and heard <= WITH_PICTURES[container] else ""


def _as_wav(media: Media) -> bytes:
    import soundfile

    content = io.BytesIO()
    soundfile.write(content, np.clip(media.samples, -1, 1), media.rate, subtype="PCM_16", format="WAV")
    return content.getvalue()


def _as_mp4(media: Media) -> bytes:
    from core.live.film_writer import FilmWriter

    film = media.film
    assert film is not None
    height, width = film.frames.shape[1:3]
    with tempfile.TemporaryDirectory() as folder:  # MP4 is gone back and forth in while it is written
        path = Path(folder) / "clip.mp4"
        writer = FilmWriter(path, width, height, lossless=False, rate=media.rate if media.has_sound else 0)
        try:
            for frame, seconds in zip(film.frames, film.seconds, strict=True):
                writer.add_frame(np.ascontiguousarray(frame[..., ::-1]), float(seconds))
            if media.has_sound:
                writer.add_sound(media.samples)
        finally:
            writer.close()
        return path.read_bytes()
