"""Decoding a sound file or the sound track of a video: one channel, one rate, and the facts worth knowing of it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from core.audio.track import FULL_SCALE, NO_TRACK, Track, read_track
from core.errors import UserError
from core.media import LONGEST, digest_of, is_video

BEYOND_SOUND = 1e12  # larger values would overflow the power spectrum in single precision
BLOCK = 1 << 18  # samples per channel decoded at a time


@dataclass(frozen=True)
class AudioFacts:
    """What a file is, before resampling. Levels are linear, full scale is 1."""

    wing: ClassVar[str] = "audio"

    rate: int  # Hz, the file's own
    channels: int
    frames: int  # samples per channel at the file's own rate
    seconds: float
    peak: float  # largest |x| of the mono sound
    rms: float  # root mean square of the mono sound
    clipped: float  # share of the samples of all channels with |x| ≥ 0.999
    file_digest: str  # sha256 of the file's bytes
    samples_digest: str  # sha256 of the mono samples (float32) at the file's own rate: equal in any lossless container
    format: str  # container and coding, "OGG VORBIS"

    @property
    def content_digest(self) -> str:
        """Equal for clips that sound the same."""
        return self.samples_digest


def decode(path: Path, rate: int | None = None) -> tuple[NDArray[np.float32], AudioFacts]:
    """Decode a sound file into one channel (the mean of all) at a rate in Hz; None keeps the file's own.

    Returns:
        Samples of shape (n,), full scale 1, resampled with soxr's HQ recipe where the rates differ; and the facts.
        A video without a sound track has no samples, no channels, and the format “no sound track”.

    Raises:
        UserError: the file is missing, a folder, empty, no sound, without samples, or holds values that are no sound.
    """
    file_digest = digest_of(path, "a sound file")
    track = read_track(path) if is_video(path) else _read_file(path)
    mono = track.mono
    if not len(mono) and (is_video(path) or track.format == NO_TRACK):
        return mono, _no_sound(track, file_digest)
    if not len(mono):
        raise UserError(f"{path} holds no samples: it has a header but no sound. Copy or download it again.")
    peak = float(np.abs(mono).max())
    if not peak < BEYOND_SOUND:  # true for NaN as well
        raise UserError(f"{path} holds samples that are no sound (NaN, infinite or beyond 10¹²). Export it again.")

    facts = AudioFacts(
        rate=track.rate,
        channels=track.channels,
        frames=len(mono),
        seconds=len(mono) / track.rate,
        peak=peak,
        rms=float(np.sqrt(np.mean(np.square(mono, dtype=np.float64)))),
        clipped=track.clipped,
        file_digest=file_digest,
        samples_digest=hashlib.sha256(mono.tobytes()).hexdigest(),
        format=track.format,
    )
    return _resampled(path, mono, track.rate, rate or track.rate), facts


def _read_file(path: Path) -> Track:
    """By libsndfile; what it refuses is tried by FFmpeg."""
    try:
        with soundfile.SoundFile(path) as file:
            if file.frames > LONGEST * file.samplerate:
                raise UserError(
                    f"{path} says it lasts {file.frames / file.samplerate / 3600:,.1f} hours at {file.samplerate} Hz: "
                    "too long for a clip, or a damaged header. Cut it into clips of an hour at most, or export it "
                    "again."
                )
            mono, clipped = _read_mono(file)
            return Track(mono, clipped, file.samplerate, file.channels, f"{file.format} {file.subtype}")
    except UnicodeEncodeError:
        raise UserError(f"The name of {str(path)!r} is not valid text on this system. Rename the file.") from None
    except (soundfile.SoundFileError, TypeError, ValueError, MemoryError):  # TypeError: *.raw has no header
        return read_track(path)


def _no_sound(track: Track, file_digest: str) -> AudioFacts:
    """Of a video that cannot be heard. It is known by its file, or all such clips would pass for copies of one."""
    return AudioFacts(track.rate, track.channels, 0, 0.0, 0.0, 0.0, 0.0, file_digest, file_digest, track.format)


def _read_mono(file: soundfile.SoundFile) -> tuple[NDArray[np.float32], float]:
    """The mean of the channels, and the share of clipped samples. In blocks: a header may lie about the length."""
    blocks: list[NDArray[np.float32]] = []
    clipped = total = 0
    while len(block := file.read(BLOCK, dtype="float32", always_2d=True)):
        clipped += int(np.count_nonzero(np.abs(block) >= FULL_SCALE))
        total += block.size
        with np.errstate(invalid="ignore", over="ignore"):  # judged by the caller
            blocks.append(block[:, 0] if block.shape[1] == 1 else block.mean(axis=1))
    mono = np.concatenate(blocks) if blocks else np.empty(0, np.float32)
    return mono, clipped / max(total, 1)


def _resampled(path: Path, mono: NDArray[np.float32], own_rate: int, rate: int) -> NDArray[np.float32]:
    if rate == own_rate:
        return mono
    try:
        samples: NDArray[np.float32] = soxr.resample(mono, own_rate, rate, quality="HQ")
    except (ValueError, RuntimeError) as error:
        raise UserError(f"{path} cannot be resampled from {own_rate} Hz to {rate} Hz ({error}).") from None
    if not len(samples):
        raise UserError(
            f"{path} holds {len(mono)} sample(s): too short to be heard at {rate} Hz. Remove or replace it."
        )
    return samples
