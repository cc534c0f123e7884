"""Synthetic videos for tests: a square that moves over a grey ground, written by FFmpeg without loss."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from core.video.flow import NO_MOTION, PER_PIXEL

RATE = 16000


def moving_square(
    frames: int, width: int = 64, height: int = 48, step: int = 2, seed: int = 0
) -> list[NDArray[np.uint8]]:
    """Frames of shape (h, w, 3): blocks of noise with a bright square that goes to the right by `step` px a frame."""
    ground = np.random.default_rng(seed).integers(40, 90, (height // 4 + 1, width // 4 + 1, 3), np.uint8)
    ground = ground.repeat(4, 0).repeat(4, 1)[:height, :width]
    pictures = []
    for number in range(frames):
        picture = ground.copy()
        left = (4 + number * step) % max(width - 12, 1)
        picture[height // 3 : height // 3 + 12, left : left + 12] = (220, 180, 60)
        pictures.append(picture)
    return pictures


def write_film(
    path: Path,
    pictures: Sequence[NDArray[np.uint8]],
    fps: float = 25,
    sound: NDArray[np.float32] | None = None,
    codec: str = "ffv1",
    times: Sequence[float] | None = None,
    sound_delay: float = 0.0,
    **options: Any,
) -> Path:
    """A file of pictures (h, w, 3) in RGB, at `fps` or at `times` in seconds, with mono sound (n,) at RATE.

    Args:
        sound_delay: seconds after the first picture at which the sound begins.
    """
    exact = codec == "ffv1"
    with av.open(str(path), "w", **options) as file:
        video = file.add_stream(codec, rate=Fraction(fps).limit_denominator(1000))
        video.height, video.width = pictures[0].shape[:2]
        video.pix_fmt = "bgr0" if exact else "yuv420p"
        if times is not None:
            video.codec_context.time_base = Fraction(1, 1000)
        heard = None
        if sound is not None:
            heard = file.add_stream("pcm_s16le" if exact else "aac", rate=RATE, layout="mono")
        for number, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, "rgb24")
            if times is not None:
                frame.pts, frame.time_base = round(times[number] * 1000), Fraction(1, 1000)
            file.mux(video.encode(frame))
        file.mux(video.encode(None))
        if heard is not None and sound is not None:
            samples = np.rint(np.clip(sound, -1, 1) * 32767).astype(np.int16)
            for start in range(0, len(samples), 1024):
                part = av.AudioFrame.from_ndarray(samples[None, start : start + 1024], "s16", "mono")
                part.sample_rate, part.time_base = RATE, Fraction(1, RATE)
                part.pts = start + round(sound_delay * RATE)
                file.mux(heard.encode(part))
            file.mux(heard.encode(None))
    return path


def tone(seconds: float, frequency: float = 440.0) -> NDArray[np.float32]:
    """(n,) at RATE."""
    return (0.5 * np.sin(2 * np.pi * frequency * np.arange(round(seconds * RATE)) / RATE)).astype(np.float32)


def as_pixels(flow: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The bytes that are kept of a flow → motion in pixels."""
    return (flow.astype(np.float32) - NO_MOTION) / PER_PIXEL
