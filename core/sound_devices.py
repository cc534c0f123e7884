"""PortAudio, shared by what listens and what plays: it lists devices once, and starting it anew ends all streams."""

from __future__ import annotations

import importlib
import threading
from dataclasses import dataclass
from typing import Any

from core.errors import UserError

NO_PORTAUDIO = (
    "Sound is off: the PortAudio library is missing. Install it (Debian and Ubuntu: sudo apt install libportaudio2) "
    "and start again."
)

_lock = threading.RLock()
_streams = 0  # open now


@dataclass(frozen=True)
class InputDevice:
    """What can be listened to."""

    index: int
    name: str
    channels: int
    rate: int  # Hz, its own


def library() -> Any:
    """The sounddevice module, imported when it is first needed.

    Raises:
        UserError: PortAudio is not there.
    """
    try:
        return importlib.import_module("sounddevice")
    except (OSError, ImportError):
        raise UserError(NO_PORTAUDIO) from None


def opened(make: Any) -> Any:
    """The stream that `make` makes; where that fails, once more with the devices that are there by now.

    Devices are listed anew only while no other stream is open, since all of them would end.

    Raises:
        whatever PortAudio raises.
    """
    global _streams
    with _lock:
        try:
            stream = make()
        except Exception:
            if not refreshed():
                raise
            stream = make()
        _streams += 1
        return stream


def closed(stream: Any) -> None:
    """Close a stream that `opened` gave."""
    global _streams
    with _lock:
        _streams -= 1
        stream.close()


def refreshed() -> bool:
    """List the devices anew; False where a stream is open, which that would end."""
    with _lock:
        if _streams:
            return False
        sound = library()
        sound._terminate()
        sound._initialize()
        return True


def inputs() -> list[InputDevice]:
    """All devices that can be listened to, as they are now where no stream is open. [] where there is no PortAudio."""
    try:
        refreshed()
        devices = library().query_devices()
    except Exception:  # PortAudio raises its own kind, the import another
        return []
    return [
        InputDevice(place, str(device["name"]), int(device["max_input_channels"]), round(device["default_samplerate"]))
        for place, device in enumerate(devices)
        if device["max_input_channels"]
    ]
