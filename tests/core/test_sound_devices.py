"""What PortAudio offers, and who may start it anew."""

from __future__ import annotations

import sys
import threading

import pytest

from core import sound_devices
from core.errors import UserError


class Library:
    """Stands for the sounddevice module on a machine where two sound systems offer one microphone."""

    systems = ("MME", "Windows WASAPI")

    def __init__(self) -> None:
        self.restarts = 0
        self.listed_alone: list[bool] = []
        self.devices = [("USB microphone", 1, 0), ("Loudspeaker", 0, 0), ("Line in", 2, 0), ("USB microphone", 1, 1)]
        self.listed = list(self.devices)

    def query_devices(self) -> list[dict[str, object]]:
        other = threading.Thread(target=self._look)
        other.start()
        other.join()
        return [{"name": name, "max_input_channels": inputs, "hostapi": api} for name, inputs, api in self.listed]

    def query_hostapis(self, index: int) -> dict[str, str]:
        return {"name": self.systems[index]}

    def _look(self) -> None:
        """From another thread."""
        free = sound_devices._lock.acquire(blocking=False)
        if free:
            sound_devices._lock.release()
        self.listed_alone.append(not free)

    def _terminate(self) -> None:
        self.restarts += 1

    def _initialize(self) -> None:
        self.listed = list(self.devices)


class Stream:
    closed = False

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def library(monkeypatch):
    made = Library()
    monkeypatch.setattr(sound_devices, "library", lambda: made)
    monkeypatch.setattr(sound_devices, "_streams", 0)
    return made


def test_a_name_that_two_systems_offer_comes_with_theirs(library):
    assert sound_devices.inputs() == ["USB microphone, MME", "Line in", "USB microphone, Windows WASAPI"]
    assert library.listed_alone == [True], "or another thread would end PortAudio meanwhile"


def test_devices_are_listed_anew_only_while_no_stream_is_open(library):
    stream = sound_devices.opened(Stream)
    sound_devices.inputs()
    assert library.restarts == 0
    sound_devices.closed(stream)
    library.devices.append(("Headset", 1, 0))
    assert "Headset" in sound_devices.inputs() and library.restarts == 1


def stream_of(library, name):
    """What opens it where it was there when devices were last listed."""

    def make() -> Stream:
        if name not in [device[0] for device in library.listed]:
            raise ValueError(f"No input device matching {name!r}")
        return Stream()

    return make


def test_what_was_plugged_in_since_is_opened_all_the_same(library):
    library.devices.append(("Headset", 1, 0))
    stream = sound_devices.opened(stream_of(library, "Headset"))
    assert library.restarts == 1
    sound_devices.closed(stream)
    assert stream.closed and sound_devices.refreshed()


def test_what_is_not_there_is_looked_for_once_more_and_counts_as_no_stream(library):
    with pytest.raises(ValueError, match="Headset"):
        sound_devices.opened(stream_of(library, "Headset"))
    assert library.restarts == 1 and sound_devices.refreshed()


def test_for_what_was_plugged_in_since_no_stream_is_ended(library):
    first, second = (sound_devices.opened(Stream) for _ in range(2))
    library.devices.append(("Headset", 1, 0))
    for stream in (first, second):
        with pytest.raises(ValueError, match="Headset"):
            sound_devices.opened(stream_of(library, "Headset"))
        assert library.restarts == 0 and not stream.closed
        sound_devices.closed(stream)
    assert not sound_devices.opened(stream_of(library, "Headset")).closed


@pytest.mark.parametrize("missing", ["sounddevice", "PortAudio"])
def test_without_portaudio_there_is_no_device_and_a_remedy(monkeypatch, missing):
    def fails(name):
        raise OSError("PortAudio library not found")

    if missing == "sounddevice":
        monkeypatch.setitem(sys.modules, "sounddevice", None)
    else:
        monkeypatch.setattr(sound_devices.importlib, "import_module", fails)
    assert sound_devices.inputs() == []
    with pytest.raises(UserError, match="sudo apt install libportaudio2"):
        sound_devices.library()
