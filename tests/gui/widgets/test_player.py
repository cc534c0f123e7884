"""The player with a fake sound library: position, seeking, looping, trouble."""

from __future__ import annotations

from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from core import sound_devices
from gui.widgets.player import DEVICE_LOST, NO_DEVICE, Player
from gui.widgets.tape import Tape

RATE = 1000
LATENCY = 0.1


class FakeStream:
    """A device whose clock and requests for sound are moved by the test."""

    def __init__(self, samplerate: float, channels: int, callback: Any, **_: Any) -> None:
        self.samplerate, self.channels, self.callback = samplerate, channels, callback
        self.latency, self.time, self.active, self.closed = LATENCY, 0.0, False, False
        self.heard: list[np.ndarray] = []

    def start(self) -> None:
        self.active = True

    def abort(self) -> None:
        self.active = False

    def close(self) -> None:
        self.active, self.closed = False, True

    def request(self, frames: int) -> None:
        """Ask for a block as the device does, then let the time of that block pass."""
        out = np.full((frames, self.channels), np.nan, np.float32)
        times = SimpleNamespace(currentTime=self.time, outputBufferDacTime=self.time + LATENCY)
        self.callback(out, frames, times, None)
        self.heard.append(out)
        self.time += frames / self.samplerate


class FakeSound:
    """Stands for the sounddevice module."""

    def __init__(self, devices: int = 1) -> None:
        self.devices, self.restarts, self.streams = devices, 0, []

    def serve(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """All that play and listen."""
        monkeypatch.setattr(sound_devices, "library", lambda: self)
        monkeypatch.setattr(sound_devices, "_streams", 0)

    def query_devices(self, kind: str) -> dict[str, Any]:
        if not self.devices:
            raise ValueError("no default output device")
        return {"default_samplerate": RATE, "max_output_channels": 2}

    def OutputStream(self, **settings: Any) -> FakeStream:  # noqa: N802
        self.streams.append(FakeStream(**settings))
        return self.streams[-1]

    def _terminate(self) -> None:
        self.restarts += 1

    def _initialize(self) -> None: ...


@pytest.fixture
def sound(monkeypatch: pytest.MonkeyPatch) -> FakeSound:
    fake = FakeSound()
    fake.serve(monkeypatch)
    return fake


@pytest.fixture
def player(qtbot: Any, sound: FakeSound) -> Any:
    made = Player()
    made.load(np.linspace(0.0, 1.0, RATE, dtype=np.float32), RATE)  # one second, rising
    yield made
    made.close()


def test_what_is_delivered_is_the_clip_then_silence(player: Player, sound: FakeSound) -> None:
    player.play()
    stream = sound.streams[0]
    for _ in range(3):
        stream.request(400)
    heard = np.concatenate(stream.heard)
    np.testing.assert_allclose(heard[:RATE, 0], np.linspace(0.0, 1.0, RATE), atol=1e-6)
    np.testing.assert_array_equal(heard[:, 0], heard[:, 1])
    assert not heard[RATE:].any()


def test_the_position_is_what_is_heard_not_what_was_sent(player: Player, sound: FakeSound) -> None:
    player.play()
    stream = sound.streams[0]
    assert player.seconds == 0.0
    stream.request(300)  # sent; of it, 0.3 s less the latency has been heard
    assert player.seconds == pytest.approx(0.3 - LATENCY)
    stream.time += 0.05
    assert player.seconds == pytest.approx(0.35 - LATENCY)
    stream.time += 5.0
    assert player.seconds == pytest.approx(0.3), "no further than what was delivered"


def test_pause_keeps_the_place_and_play_goes_on_from_there(player: Player, sound: FakeSound) -> None:
    player.play()
    stream = sound.streams[0]
    stream.request(500)
    player.pause()
    assert not stream.active and not player.playing
    assert player.seconds == pytest.approx(0.4)
    player.play()
    stream.heard.clear()
    stream.request(10)
    assert stream.heard[0][0, 0] == pytest.approx(0.4, abs=0.002)
    assert len(sound.streams) == 1, "the device is opened once"


def test_a_player_that_is_closed_stays_where_it_was_heard_last(player: Player, sound: FakeSound) -> None:
    player.seek(0.2)
    player.play()
    sound.streams[0].request(500)
    player.close()
    assert sound.streams[0].closed and not player.playing
    assert player.seconds == pytest.approx(0.6)


def test_seeking_while_playing(player: Player, sound: FakeSound) -> None:
    player.play()
    stream = sound.streams[0]
    stream.request(100)
    player.seek(0.8)
    assert player.seconds == pytest.approx(0.8)
    stream.heard.clear()
    stream.request(10)
    assert stream.heard[0][0, 0] == pytest.approx(0.8, abs=0.002)
    player.seek(-3.0)
    assert player.seconds == 0.0
    player.seek(99.0)
    assert player.seconds == pytest.approx(1.0)


def test_a_loop_wraps_and_ends_when_it_is_switched_off(player: Player, sound: FakeSound, qtbot: Any) -> None:
    player.loop = True
    player.play()
    stream = sound.streams[0]
    stream.request(1500)
    block = stream.heard[0][:, 0]
    assert block[999] == pytest.approx(1.0) and block[1000] == 0.0 and block[1499] == pytest.approx(0.5, abs=0.002)
    assert player.seconds == pytest.approx(0.4, abs=0.01), "1.4 s heard is 0.4 s into the second lap"
    player.loop = False
    stream.request(1000)
    assert not stream.heard[1][500:].any()
    stream.time += 1.0
    qtbot.waitUntil(lambda: not player.playing, timeout=1000)
    assert player.seconds == pytest.approx(1.0)


def test_it_stops_at_the_end_and_starts_again_from_the_beginning(player: Player, sound: FakeSound, qtbot: Any) -> None:
    places: list[float] = []
    player.position.connect(places.append)
    player.play()
    stream = sound.streams[0]
    for _ in range(60):  # the device goes on asking, and is given silence
        stream.request(20)
    qtbot.waitUntil(lambda: not player.playing, timeout=1000)
    assert places[-1] == pytest.approx(1.0)
    player.play()
    assert player.seconds == 0.0


def test_volume_scales(player: Player, sound: FakeSound) -> None:
    player.volume = 0.5
    player.seek(0.5)
    player.play()
    sound.streams[0].request(1)
    assert sound.streams[0].heard[0][0, 0] == pytest.approx(0.25, abs=0.002)


def test_a_clip_of_another_rate_is_resampled(player: Player, sound: FakeSound) -> None:
    player.load(np.sin(2 * np.pi * 10 * np.arange(4000) / 4000).astype(np.float32), 4000)
    player.play()
    sound.streams[0].request(1000)
    expected = np.sin(2 * np.pi * 10 * np.arange(1000) / RATE)
    assert np.corrcoef(sound.streams[0].heard[0][:, 0], expected)[0, 1] > 0.999


def test_a_device_that_goes_is_said_in_a_sentence(player: Player, sound: FakeSound, qtbot: Any) -> None:
    sentences: list[str] = []
    player.failed.connect(sentences.append)
    player.play()
    sound.streams[0].request(100)
    sound.streams[0].active = False
    qtbot.waitUntil(lambda: bool(sentences), timeout=1000)
    assert sentences == [DEVICE_LOST] and not player.playing
    player.play()  # it came back
    assert player.playing and len(sound.streams) == 2 and not player.reason


def test_a_device_that_stops_asking_counts_as_gone(player: Player, sound: FakeSound, qtbot: Any) -> None:
    player.loop = True
    player.play()
    sound.streams[0].request(100)
    sound.streams[0].time += 60.0
    with qtbot.waitSignal(player.failed, timeout=1000):
        pass


def test_no_device_is_looked_for_again_then_said(player: Player, sound: FakeSound) -> None:
    sound.devices = 0
    sentences: list[str] = []
    player.failed.connect(sentences.append)
    player.play()
    assert sentences == [NO_DEVICE] and sound.restarts == 1
    assert player.reason == NO_DEVICE


def test_devices_are_not_listed_anew_while_a_clip_plays(player: Player, sound: FakeSound) -> None:
    player.play()
    assert not sound_devices.refreshed() and sound.restarts == 0
    player.close()
    assert sound_devices.refreshed() and sound.restarts == 1


def test_play_without_a_loudspeaker_does_not_end_what_listens(player: Player, sound: FakeSound) -> None:
    sound_devices.opened(lambda: "a microphone")
    sound.devices = 0
    player.play()
    assert player.reason == NO_DEVICE and sound.restarts == 0


def test_a_device_that_cannot_be_stopped_is_given_back(
    player: Player, sound: FakeSound, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(stream: FakeStream) -> None:
        raise OSError("unplugged")

    monkeypatch.setattr(FakeStream, "abort", fails)
    player.play()
    player.pause()
    assert sound.streams[0].closed and sound_devices.refreshed()


def test_without_portaudio_nothing_raises(qtbot: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> None:
        raise OSError("PortAudio library not found")

    monkeypatch.setattr(sound_devices.importlib, "import_module", absent)
    player = Player()
    player.load(np.zeros(10, np.float32), 10)
    player.play()
    player.seek(0.5)
    player.stop()
    assert player.reason == sound_devices.NO_PORTAUDIO and not player.playing


def test_a_film_without_sound_runs_on_the_clock(player: Player, sound: FakeSound, qtbot: Any) -> None:
    places: list[float] = []
    player.load(np.zeros(0, np.float32), 0, film=0.2)
    player.position.connect(places.append)
    assert player.duration == 0.2
    player.play()
    assert player.playing and not sound.streams
    player.seek(0.1)
    assert player.seconds == pytest.approx(0.1, abs=0.05)
    qtbot.waitUntil(lambda: not player.playing, timeout=2000)
    assert places[-1] == 0.2 and places[1:] == sorted(places[1:])
    player.play()
    assert player.seconds < 0.1, "from the beginning again"
    player.pause()
    held = player.seconds
    qtbot.wait(30)
    assert player.seconds == held


def test_a_clock_loops_until_it_is_told_not_to(player: Player, qtbot: Any) -> None:
    player.load(np.zeros(0, np.float32), 0, film=0.15)
    player.loop = True
    player.play()
    places: list[float] = []
    player.position.connect(places.append)
    qtbot.waitUntil(lambda: any(b < a for a, b in pairwise(places)), timeout=2000)
    assert player.playing and max(places) <= 0.15
    player.loop = False
    qtbot.waitUntil(lambda: not player.playing, timeout=2000)
    assert player.seconds == 0.15


def test_without_a_device_a_film_is_seen_and_the_reason_said(player: Player, sound: FakeSound, qtbot: Any) -> None:
    sound.devices = 0
    player.load(np.ones(100, np.float32), RATE, film=0.2)
    with qtbot.assertNotEmitted(player.failed):
        player.play()
    assert player.playing and player.reason == NO_DEVICE
    qtbot.waitUntil(lambda: not player.playing, timeout=2000)
    assert player.seconds == pytest.approx(0.2)


def test_a_sound_shorter_than_its_film_ends_in_silence(player: Player, sound: FakeSound) -> None:
    player.load(np.ones(500, np.float32), RATE, film=0.8)
    assert player.duration == pytest.approx(0.8)
    player.play()
    sound.streams[0].request(800)
    heard = sound.streams[0].heard[0][:, 0]
    assert heard[:500].all() and not heard[500:].any()
    assert player.seconds == pytest.approx(0.8 - LATENCY)
    player.load(np.ones(500, np.float32), RATE, film=0.3)
    assert player.duration == pytest.approx(0.5), "a longer sound is heard to its end"


def test_an_empty_clip_does_not_play(player: Player, sound: FakeSound) -> None:
    player.load(np.zeros(0, np.float32), RATE)
    player.play()
    assert not player.playing and not sound.streams


def test_a_tape_counts_laps() -> None:
    tape = Tape(np.zeros(10, np.float32), start=4, loop=True, volume=1.0)
    assert [tape.index(heard) for heard in (0, 5, 6, 7, 16, 17)] == [4, 9, 10, 1, 10, 1]
