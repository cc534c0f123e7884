"""PortAudio, shared by what listens and what plays: it lists devices once, and starting it anew ends all streams."""

from __future__ import annotations

import importlib
import threading
from collections import Counter
from typing import Any

from core.errors import UserError

NO_PORTAUDIO = (
    "Sound is off: the PortAudio library is missing. Install it (Debian and Ubuntu: sudo apt install libportaudio2) "
    "and start again."
)

_lock = threading.RLock()
_streams = 0  # open now


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


def inputs() -> list[str]:
    """What can be listened to, as it is now where no stream is open; [] where there is no PortAudio.

    Each by the name that it is opened by, with that of its sound system where several systems offer the same.
    """
    try:
        with _lock:
            refreshed()
            sound = library()
            devices = [device for device in sound.query_devices() if device["max_input_channels"]]
            systems = [sound.query_hostapis(device["hostapi"])["name"] for device in devices]
    except Exception:  # PortAudio raises its own kind, the import another
        return []
    names = [str(device["name"]) for device in devices]
    times = Counter(names)
    named = (name if times[name] == 1 else f"{name}, {system}" for name, system in zip(names, systems, strict=True))
    return list(dict.fromkeys(named))
