"""Decoding a sound file: one channel, one rate, and the facts worth knowing about the file."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from core.errors import UserError
from core.media import LONGEST, digest_of

FULL_SCALE = 0.999  # |x| from here on counts as clipped: 16-bit files end at 32767/32768
BEYOND_SOUND = 1e12  # larger values would overflow the power spectrum in single precision
BLOCK = 1 << 18  # samples per channel decoded at a time


@dataclass(frozen=True)
class AudioFacts:
    """What a file is, before resampling. Levels are linear, full scale is 1."""

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

    Raises:
        UserError: the file is missing, a folder, empty, no sound, without samples, or holds values that are no sound.
    """
    file_digest = digest_of(path, "a sound file")
    try:
        with soundfile.SoundFile(path) as file:
            own_rate, channels, kind = file.samplerate, file.channels, f"{file.format} {file.subtype}"
            if file.frames > LONGEST * own_rate:
                raise UserError(
                    f"{path} says it lasts {file.frames / own_rate / 3600:,.1f} hours at {own_rate} Hz: too long for "
                    "a clip, or a damaged header. Cut it into clips of an hour at most, or export it again."
                )
            mono, clipped = _read_mono(file)
    except UnicodeEncodeError:
        raise UserError(f"The name of {str(path)!r} is not valid text on this system. Rename the file.") from None
    except (soundfile.SoundFileError, TypeError, ValueError, MemoryError) as error:  # TypeError: *.raw has no header
        reason = getattr(error, "error_string", "") or str(error)
        raise UserError(
            f"{path} is not a sound file that can be decoded ({reason.removeprefix('Error : ').strip().rstrip('.')}). "
            "Replace it, or convert it to WAV, FLAC, Ogg or MP3."
        ) from None
    if not len(mono):
        raise UserError(f"{path} holds no samples: it has a header but no sound. Copy or download it again.")
    peak = float(np.abs(mono).max())
    if not peak < BEYOND_SOUND:  # true for NaN as well
        raise UserError(f"{path} holds samples that are no sound (NaN, infinite or beyond 10¹²). Export it again.")

    facts = AudioFacts(
        rate=own_rate,
        channels=channels,
        frames=len(mono),
        seconds=len(mono) / own_rate,
        peak=peak,
        rms=float(np.sqrt(np.mean(np.square(mono, dtype=np.float64)))),
        clipped=clipped,
        file_digest=file_digest,
        samples_digest=hashlib.sha256(mono.tobytes()).hexdigest(),
        format=kind,
    )
    return _resampled(path, mono, own_rate, rate or own_rate), facts


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
