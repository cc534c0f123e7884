"""The webcam: frames from OpenCV into a ring, from a device or from the address of a network camera."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")  # read when a stream is first opened: what is wrong, we say
import cv2
import numpy as np
from cv2_enumerate_cameras import enumerate_cameras

from core.live.ring_buffer import HELD, FrameRing
from core.live.source import GoneError, Source

cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)

TIMEOUT = 5.0  # s, of a network camera: OpenCV's own is half a minute
MISSED = 10  # frames in a row that a device fails to give, after which it counts as gone
MOST_BYTES = 400_000_000  # of frames held


@dataclass(frozen=True)
class CameraDevice:
    """What can be looked through.

    Attributes:
        index: its number, and hundreds that name OpenCV's way to it.
    """

    index: int
    name: str


def cameras() -> list[CameraDevice]:
    """The cameras of this machine, each once, by a way that this OpenCV can go; [] where it cannot say."""
    try:
        listed = enumerate_cameras(cv2.CAP_ANY)
    except Exception:  # each platform asks in its own way
        return []
    found: dict[str, CameraDevice] = {}
    for camera in listed:
        place = (camera.path or str(camera.index)).lower().split("#{")[0]  # Windows ends it with the way
        if cv2.videoio_registry.hasBackend(camera.index // 100 * 100):
            found.setdefault(place, CameraDevice(camera.index, camera.name))
    return list(found.values())


class Webcam(Source):
    """Fills `ring` from when it is on.

    Args:
        device: number of a camera, or the address of a network camera (http://…/video, rtsp://…).
        size: width and height in px to ask for; None = the camera's own.
        rate: frames a second to ask for; 0 = the camera's own.
        seconds: how much the ring holds.
    """

    def __init__(
        self, device: int | str = 0, size: tuple[int, int] | None = None, rate: float = 0.0, seconds: float = HELD
    ) -> None:
        super().__init__("camera")
        self.device, self.size, self.rate = device, size, rate
        self.ring = FrameRing(seconds, MOST_BYTES)
        self._capture: cv2.VideoCapture | None = None
        self._missed = 0

    def _open(self) -> str:
        if isinstance(self.device, int):
            self._capture = cv2.VideoCapture(self.device, cv2.CAP_ANY)
        else:
            limits = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, round(1000 * TIMEOUT)]
            limits += [cv2.CAP_PROP_READ_TIMEOUT_MSEC, round(1000 * TIMEOUT)]
            self._capture = cv2.VideoCapture(self.device, cv2.CAP_FFMPEG, limits)
        if not self._capture.isOpened():
            raise GoneError(self._why_not())
        if self.size is not None:
            self._capture.set(cv2.CAP_PROP_FRAME_WIDTH, self.size[0])
            self._capture.set(cv2.CAP_PROP_FRAME_HEIGHT, self.size[1])
        if self.rate:
            self._capture.set(cv2.CAP_PROP_FPS, self.rate)
        self._capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)  # the newest frame, where a driver would keep old ones
        self._missed = 0
        self._read()
        newest = self.ring.newest()
        if newest is None:
            raise GoneError(self._why_not())
        height, width = newest[1].shape[:2]
        rate = self._capture.get(cv2.CAP_PROP_FPS)
        return f"{width} × {height} px" + (f", {rate:.3g} frames a second" if 0 < rate < 1000 else "")

    def _read(self) -> None:
        assert self._capture is not None
        read, frame = self._capture.read()
        if read:
            self.ring.append(np.asarray(frame, np.uint8))
            self._missed = 0
            return
        self._missed += 1
        if isinstance(self.device, str) or self._missed > MISSED:
            raise GoneError("The picture has gone. Connect the camera again; it comes back by itself.")

    def _close(self) -> None:
        if self._capture is not None:
            self._capture.release()
            self._capture = None

    def _why_not(self) -> str:
        if isinstance(self.device, str):
            return f"No camera answers at {self.device}. Is it on, and is the address right? It is tried again."
        place = Path(f"/dev/video{self.device % 100}")
        if place.exists() and not os.access(place, os.R_OK | os.W_OK):
            return f"This program may not open the camera ({place}). Allow it, e.g. by joining the group “video”."
        if place.exists():
            return "The camera gives no picture: another program may be using it. Close that; it is tried again."
        return "No camera was found. Connect one, allow this program to use it, or choose another source."
