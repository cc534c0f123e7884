"""What a capture takes: sound and pictures of the same seconds, and of a replay one file with its true class."""

from __future__ import annotations

import time

import numpy as np
import pytest

from core.engine import Engine
from core.live.microphone import Microphone
from core.live.replay import Replay, Take
from core.live.ring_buffer import FrameRing, SoundRing
from core.live.session import UNASKED, Live, Sources
from core.live.settings import LiveSettings
from core.live.webcam import Webcam
from core.video.decode import decode as look

RATE = 8000


@pytest.fixture
def live(workspace):
    """Its sources are filled by the tests, and never opened."""
    made = Live(workspace.captures, Engine(workspace))
    made.session = "a"
    return made


def hear(ring, seconds, end):
    ring.append(np.ones(round(seconds * ring.rate), np.float32), end)


def see(ring, start, end):
    for when in np.arange(start, end, 0.04):
        ring.append(np.zeros((16, 16, 3), np.uint8), when)


@pytest.fixture
def devices(live):
    microphone, camera = Microphone(), Webcam(0)
    microphone.ring, camera.ring = SoundRing(RATE, 60.0), FrameRing(20.0, 10**9)
    live.sources = Sources(microphone, camera)
    return microphone.ring, camera.ring


def test_pictures_of_a_camera_that_has_gone_are_not_joined_with_the_sound_of_now(live, devices):
    now, (sound, sight) = time.perf_counter(), devices
    hear(sound, 15.0, now)
    see(sight, now - 15, now - 10)
    capture = live.keep("dog")()
    assert capture.path.suffix == ".wav" and capture.seconds == pytest.approx(UNASKED, abs=0.6)


def test_sound_and_pictures_are_of_the_same_seconds(live, devices):
    now, (sound, sight) = time.perf_counter(), devices
    live.settings = LiveSettings(kept=3.0)
    hear(sound, 15.0, now)
    see(sight, now - 15, now - 1)
    capture = live.keep("dog")()
    _, times, _ = look(capture.path)
    assert times[-1] == pytest.approx(2.0, abs=0.1) and capture.seconds == pytest.approx(3.0, abs=0.6)


@pytest.fixture
def replay(live, tmp_path):
    """In the middle of the second of two clips; `since` says for how long."""
    made = Replay([Take(tmp_path / "first.wav", "dog"), Take(tmp_path / "second.wav", "rain")], seen=False)
    hear(made.sound, 20.0, time.perf_counter())
    made.playing = made.played = made.takes[1]
    live.sources = Sources(replay=made)
    return made


@pytest.mark.parametrize(("since", "truth"), [(0.3, ""), (2.0, ""), (3.0, "rain"), (9.0, "rain")])
def test_a_capture_holds_one_replayed_file_and_its_class_where_most_of_the_window_is_of_it(live, replay, since, truth):
    replay.since = time.perf_counter() - since
    capture = live.keep()()
    assert capture.label == truth and capture.seconds == pytest.approx(min(since, UNASKED), abs=0.4)
    assert capture.sources == {"replay": str(replay.takes[1].path)}
    assert live.keep("dog")().label == "dog", "what a person says comes first"


def test_in_the_pause_after_a_clip_it_is_still_of_that_clip(live, replay):
    replay.since, replay.playing = time.perf_counter() - 4.0, None
    capture = live.keep()()
    assert capture.label == "" and capture.sources == {"replay": str(replay.takes[1].path)}
