"""What PortAudio offers, and who may start it anew."""

from __future__ import annotations

import threading

import pytest

from core import sound_devices


class Library:
    """Stands for the sounddevice module on a machine where two sound systems offer one microphone."""

    systems = ("MME", "Windows WASAPI")

    def __init__(self) -> None:
        self.restarts = 0
        self.listed_alone: list[bool] = []
        self.devices = [("USB microphone", 1, 0), ("Loudspeaker", 0, 0), ("Line in", 2, 0), ("USB microphone", 1, 1)]

    def query_devices(self) -> list[dict[str, object]]:
        other = threading.Thread(target=self._look)
        other.start()
        other.join()
        return [{"name": name, "max_input_channels": inputs, "hostapi": api} for name, inputs, api in self.devices]

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

    def _initialize(self) -> None: ...


class Stream:
    def close(self) -> None: ...


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
