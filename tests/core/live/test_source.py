"""A live source comes back by itself, whatever happens to its device."""

from __future__ import annotations

import threading
import time

import pytest

from core.live import source
from core.live.source import GoneError, Source, SourceState


class Device(Source):
    """Gives three things and goes, as often as it is opened; `broken` makes it fail to open."""

    def __init__(self) -> None:
        super().__init__("device")
        self.opened = self.closed = self.given = 0
        self.broken: Exception | None = None
        self.threads: set[int] = set()

    def _open(self):
        self.opened += 1
        self.threads.add(threading.get_ident())
        if self.broken:
            raise self.broken
        return "three things"

    def _read(self):
        if self.given % 4 == 3:
            self.given += 1
            raise GoneError("It has gone.")
        self.given += 1

    def _close(self):
        self.closed += 1
        self.threads.add(threading.get_ident())


def wait_for(what, seconds=5.0):
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.005)


@pytest.fixture
def device(monkeypatch):
    monkeypatch.setattr(source, "WAITS", (0.01,))
    made = Device()
    yield made
    made.stop()


def test_a_device_that_goes_is_opened_again_and_closed_each_time(device):
    device.start()
    device.start()  # once is enough
    wait_for(lambda: device.opened >= 3)
    assert device.status.gone >= 2
    device.stop()
    assert device.opened == device.closed
    assert len(device.threads) == 1 and threading.get_ident() not in device.threads
    assert device.status.state is SourceState.OFF
    device.stop()


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (GoneError("No device was found."), "No device was found."),
        (OSError("driver"), "The device failed (OSError: driver)"),
    ],
)
def test_one_that_cannot_be_opened_says_why_and_is_tried_again(device, error, words):
    device.broken = error
    device.start()
    wait_for(lambda: device.status.state is SourceState.LOST)
    assert device.status.reason.startswith(words) and device.status.gone == 0, "it was never there"
    device.broken = None
    wait_for(lambda: device.given > 0)


def test_two_hundred_starts_and_stops_leave_nothing_behind(device):
    before = threading.active_count()
    for _ in range(200):
        device.start()
        device.stop()
    assert threading.active_count() == before
    assert device.opened == device.closed


def test_a_driver_that_hangs_is_not_waited_for_where_that_is_asked_and_is_closed_all_the_same():
    release = threading.Event()

    class Hanging(Device):
        def _read(self):
            release.wait()

    device = Hanging()
    device.start()
    wait_for(lambda: device.opened == 1)
    begun = time.monotonic()
    device.stop(wait=False)
    assert time.monotonic() - begun < 0.5 and not device.closed
    assert device.status.state is SourceState.OFF
    release.set()
    wait_for(lambda: device.closed == 1)


def test_one_that_was_not_waited_for_can_be_waited_for_later():
    release = threading.Event()

    class Slow(Device):
        def _read(self):
            release.wait(0.3)

    device = Slow()
    device.start()
    wait_for(lambda: device.opened == 1)
    device.stop(wait=False)
    assert not device.closed
    device.stop()
    assert device.closed == 1
