"""The microphone path, by a module that stands for sounddevice."""

from __future__ import annotations

import sys
import time
from collections import deque

import numpy as np
import pytest

from core import sound_devices
from core.live import microphone as module
from core.live import source
from core.live.microphone import GONE, LATENCY, NO_MICROPHONE, Microphone
from core.live.source import SourceState
from core.sound_devices import NO_PORTAUDIO
from tests.core.live.test_source import wait_for

OWN_RATE = 48000


class FakeStream:
    """Gives the blocks that the test has put into it."""

    def __init__(self, sound, samplerate, channels, latency, **others):
        self.sound, self.samplerate, self.channels = sound, float(samplerate), channels
        self.asked_for = {"latency": latency, **others}
        self.latency = latency + sound.held_back
        self.blocks, self.fault = deque(), None
        self.started = self.closed = False

    def start(self):
        self.started = True

    @property
    def read_available(self):
        if self.fault:
            raise self.fault
        return len(self.blocks[0][0]) if self.blocks else 0

    def read(self, count):
        block, overflowed = self.blocks.popleft()
        assert count == len(block)
        return block[:, : self.channels], overflowed

    def abort(self):
        self.started = False

    def close(self):
        assert not self.started
        self.closed = True


class FakeSound:
    """Stands for the module; `fault` makes it fail to open."""

    def __init__(self):
        self.inputs, self.streams, self.fault, self.held_back = 2, [], None, 0.0

    def query_devices(self, device, kind):
        return {"max_input_channels": self.inputs, "default_samplerate": float(OWN_RATE)}

    def InputStream(self, device, **settings):  # noqa: N802
        if self.fault:
            raise self.fault
        self.device = device
        self.streams.append(FakeStream(self, **settings))
        return self.streams[-1]

    def _terminate(self):
        pass

    def _initialize(self):
        pass


@pytest.fixture
def sound(monkeypatch):
    made = FakeSound()
    monkeypatch.setitem(sys.modules, "sounddevice", made)
    monkeypatch.setattr(sound_devices, "_streams", 0)
    monkeypatch.setattr(source, "WAITS", (0.02,))
    return made


@pytest.fixture
def listen(sound):
    """Switches a microphone on; it is closed after the test."""
    made = []

    def begin(**settings):
        made.append(Microphone(**settings))
        made[-1].start()
        return made[-1]

    yield begin
    for microphone in made:
        microphone.stop()
    assert all(stream.closed for stream in sound.streams) and sound_devices._streams == 0


def on(microphone, sound):
    """Its stream, when it is open."""
    wait_for(lambda: microphone.status.state is SourceState.ON)
    return sound.streams[-1]


def blocks(count=5, channels=4):
    random = np.random.default_rng(count)
    return [random.normal(0, 0.1, (int(random.integers(480, 3000)), channels)).astype(np.float32) for _ in range(count)]


@pytest.mark.parametrize(
    ("inputs", "channel", "opened", "words", "mono"),
    [
        (1, 0, 1, "48 kHz, mono", lambda block: block[:, 0]),
        (2, 0, 2, "48 kHz, mean of both", lambda block: block[:, :2].mean(axis=1)),
        (4, 0, 2, "48 kHz, mean of both", lambda block: block[:, :2].mean(axis=1)),
        (2, 2, 2, "48 kHz, channel 2 of 2", lambda block: block[:, 1]),
        (4, 3, 3, "48 kHz, channel 3 of 3", lambda block: block[:, 2]),
        (1, 2, 1, "48 kHz, mono", lambda block: block[:, 0]),
    ],
)
def test_every_block_comes_into_the_ring_as_one_channel(listen, sound, inputs, channel, opened, words, mono):
    sound.inputs, given = inputs, blocks()
    microphone = listen(channel=channel)
    stream = on(microphone, sound)
    assert stream.channels == opened and stream.asked_for["dtype"] == "float32" and stream.started
    assert microphone.status.facts == words
    for block in given:
        stream.blocks.append((block, False))
    wait_for(lambda: microphone.ring.written == sum(map(len, given)))
    heard = microphone.ring.read(0, microphone.ring.written)
    np.testing.assert_allclose(heard, np.concatenate([mono(block) for block in given]), atol=1e-7)
    assert microphone.overflows == 0


def test_the_newest_sample_was_heard_before_the_driver_held_it_back(listen, sound):
    sound.held_back = 0.2
    microphone = listen()
    stream = on(microphone, sound)
    assert stream.asked_for["latency"] == LATENCY
    before = time.perf_counter()
    stream.blocks.append((np.zeros((480, 2), np.float32), False))
    wait_for(lambda: microphone.ring.written)
    assert before - 0.2 <= microphone.ring.time_of(480) <= time.perf_counter() - 0.2


def test_samples_that_were_dropped_are_counted_and_those_after_them_are_in_time(listen, sound):
    microphone = listen()
    stream = on(microphone, sound)
    block = np.ones((480, 2), np.float32)
    stream.blocks.append((block, False))
    wait_for(lambda: microphone.ring.written == 480)
    ring, first = microphone.ring, microphone.ring.time_of(480)
    wait_for(lambda: time.perf_counter() - first > 0.1)
    later = time.perf_counter()
    stream.blocks.append((block, True))
    wait_for(lambda: ring.written > 480)
    assert ring.time_of(ring.written) >= later, "and not 10 ms after the block before"
    silent = ring.written - 960
    assert silent > 0.08 * OWN_RATE, "silence stands for them"
    np.testing.assert_array_equal(ring.read(0, ring.written), np.repeat([1, 0, 1], [480, silent, 480]))
    stream.blocks.append((block, False))
    wait_for(lambda: ring.written == 1440 + silent)
    assert microphone.overflows == 1


@pytest.mark.parametrize(("asked", "used"), [(0, OWN_RATE), (16000, 16000)])
def test_the_rate_that_is_asked_for_is_used_and_0_is_the_devices_own(listen, sound, asked, used):
    microphone = listen(rate=asked, seconds=2.0, device="USB")
    stream = on(microphone, sound)
    assert stream.samplerate == microphone.ring.rate == used and sound.device == "USB"
    stream.blocks.append((np.zeros((3 * used, 2), np.float32), False))
    wait_for(lambda: microphone.ring.written == 3 * used)
    assert microphone.ring.oldest == used, "two seconds are held"


@pytest.mark.parametrize(
    ("device", "error", "words"),
    [
        (
            "",
            Exception("Error opening InputStream: Invalid sample rate [PaErrorCode -9997]"),
            "does not give that sample rate. Choose another one, or its own.",
        ),
        (
            "",
            Exception("Error opening InputStream: Device unavailable [PaErrorCode -9985]"),
            "in use by another program, or this one may not listen to it.",
        ),
        ("", Exception("Error querying device -1"), NO_MICROPHONE),
        ("", ValueError("No input device matching 'x'"), NO_MICROPHONE),
        (
            "Desk",
            ValueError("No input device matching 'Desk'"),
            "No microphone called “Desk” was found. Choose another one.",
        ),
        (
            "",
            Exception("Error opening InputStream: Internal PortAudio error [PaErrorCode -9986]"),
            "Allow this program to listen to it, or choose another one.",
        ),
        (
            "",
            Exception(
                "Error opening InputStream: Unanticipated host error [PaErrorCode -9999]: "
                "'Permission denied' [ALSA error -13]"
            ),
            "Allow this program to listen to it, or choose another one.",
        ),
    ],
    ids=["rate", "busy", "none", "none matches", "none of that name", "internal", "not allowed"],
)
def test_what_portaudio_says_becomes_a_sentence_with_a_remedy_and_it_is_tried_again(
    listen, sound, device, error, words
):
    sound.fault = error
    microphone = listen(device=device)
    wait_for(lambda: microphone.status.state is SourceState.LOST)
    assert words in microphone.status.reason and microphone.status.gone == 0
    sound.fault = None
    on(microphone, sound)


def test_without_portaudio_it_says_how_to_install_it(listen, sound, monkeypatch):
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    microphone = listen()
    wait_for(lambda: microphone.status.state is SourceState.LOST)
    assert microphone.status.reason == NO_PORTAUDIO


@pytest.mark.parametrize("fault", [None, OSError("the sound server has died")])
def test_one_that_gives_nothing_or_fails_is_gone_and_opened_again_into_the_same_ring(listen, sound, monkeypatch, fault):
    monkeypatch.setattr(module, "SILENT_FOR", 60.0)
    microphone = listen()
    first = on(microphone, sound)
    first.blocks.append((np.ones((480, 2), np.float32), False))
    wait_for(lambda: microphone.ring.written == 480)
    ring = microphone.ring
    if fault:
        first.fault = fault
    else:
        monkeypatch.setattr(module, "SILENT_FOR", 0.05)
    wait_for(lambda: microphone.status.gone)
    monkeypatch.setattr(module, "SILENT_FOR", 60.0)
    wait_for(lambda: len(sound.streams) > 1 and microphone.status.state is SourceState.ON)
    assert first.closed
    sound.streams[-1].blocks.append((np.full((480, 2), 2, np.float32), False))
    wait_for(lambda: ring.written >= 960)
    np.testing.assert_array_equal(ring.read(ring.written - 480, ring.written), np.full(480, 2))
    assert microphone.ring is ring


def test_one_that_comes_back_at_another_rate_has_a_ring_of_its_own(listen, sound, caplog):
    microphone = listen(rate=16000)
    stream, ring = on(microphone, sound), microphone.ring
    sound.fault, stream.fault = ValueError("No input device matching ''"), OSError("gone")
    wait_for(lambda: microphone.status.reason == NO_MICROPHONE)
    assert microphone.status.gone == 1 and f"microphone: {GONE}" in [record.message for record in caplog.records]
    microphone.rate, sound.fault = 44100, None
    on(microphone, sound)
    assert microphone.ring is not ring and microphone.ring.rate == 44100
