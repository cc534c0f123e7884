"""What is replayed goes through the rings in time, and a recorded session says the same again."""

from __future__ import annotations

import time

import numpy as np
import pytest
import soundfile

from core.audio.decode import decode
from core.live.recording import Recorder, Recording
from core.live.replay import RATE, Replay, Take
from core.live.ring_buffer import FrameRing, SoundRing
from core.live.source import SourceState
from core.live.windows import Senses
from tests.core.films import moving_square, tone, write_film
from tests.core.live.test_source import wait_for


@pytest.fixture
def film(tmp_path):
    return write_film(tmp_path / "film.mkv", moving_square(24), 25, tone(1.0, 440))


def test_sound_and_pictures_come_in_step_and_in_time(film):
    replay = Replay([Take(film, "square")], repeat=False)
    replay.start()
    try:
        wait_for(lambda: replay.status.state is SourceState.ON and replay.playing is not None)
        assert replay.playing.label == "square"
        wait_for(lambda: replay.ended, 10)
        since = replay.since
        samples, _ = decode(film, RATE)
        heard = replay.sound.read(0, replay.sound.written)
        np.testing.assert_array_equal(heard[: len(samples)], samples)
        assert not heard[len(samples) :].any(), "then there is silence"
        assert replay.sound.time_of(0) == pytest.approx(since, abs=0.01)
        times = [when - since for when, _ in replay.sight.between(0, np.inf)]
        np.testing.assert_allclose(times, np.arange(24) / 25, atol=2e-3)
        assert time.perf_counter() - since < 3.0
    finally:
        replay.stop()


def test_the_next_take_is_heard_when_it_is_seen_however_long_reading_it_takes(film, tmp_path):
    second = tmp_path / "second.wav"
    soundfile.write(second, tone(1.0, 880)[: RATE // 2], RATE)

    class Slow(Replay):
        def _load(self, take: Take) -> None:
            time.sleep(0.2)  # a large file
            super()._load(take)

    replay = Slow([Take(second), Take(film)], repeat=False)
    replay.start()
    try:
        wait_for(lambda: replay.playing is not None and replay.playing.path == film, 10)
        since, samples = replay.since, decode(film, RATE)[0][: RATE // 2]
        wait_for(lambda: replay.ended, 10)
        begins = replay.sound.sample_at(since)
        np.testing.assert_array_equal(replay.sound.read(begins, begins + len(samples)), samples)
        assert not replay.sound.read(begins - RATE // 10, begins).any(), "silence, while it was read"
    finally:
        replay.stop()


def test_one_that_cannot_be_read_is_passed_over_and_none_is_a_sentence(film, tmp_path):
    broken = tmp_path / "broken.wav"
    broken.write_text("no sound")
    replay = Replay([Take(broken), Take(film)])
    replay.start()
    try:
        wait_for(lambda: replay.playing is not None)
        assert replay.playing.path == film
    finally:
        replay.stop()
    for takes, words in (([], "nothing to replay"), ([Take(broken)], "not a sound file")):
        replay = Replay(takes)
        replay.start()
        try:
            wait_for(lambda replay=replay: replay.status.state is SourceState.LOST)
            assert words in replay.status.reason
        finally:
            replay.stop()


def test_a_recording_holds_every_sample_and_every_pixel(film, tmp_path):
    generator = np.random.default_rng(0)
    sound, sight = SoundRing(8000, 2.0), FrameRing(10.0, 10**9)
    heard = generator.normal(size=24000).astype(np.float32)
    frames = generator.integers(0, 256, (30, 17, 23, 3), np.uint8)
    sound.append(heard[:4000], 0.5)
    sight.append(frames[0], time.perf_counter())
    recorder = Recorder(tmp_path / "session", lambda: Senses(sound, sight), 2.0)
    recorder.start()
    stamps = [sight.newest()[0]]
    for place in range(1, 30):
        time.sleep(0.01)
        sound.append(heard[4000 + 600 * (place - 1) : 4000 + 600 * place], 0.5 + 0.075 * place)
        sight.append(frames[place])
        stamps.append(sight.newest()[0])
    recording = recorder.stop()
    assert recorder.trouble == "" and recorder.finished
    np.testing.assert_array_equal(recording.sound(), heard[: sound.written])
    found = list(recording.frames())
    assert [when for when, _ in found] == stamps, "to the last bit"
    np.testing.assert_array_equal(np.stack([frame for _, frame in found]), frames)
    assert Recording(recording.folder).facts["frames"] == 30


def test_a_recording_can_be_replayed(tmp_path):
    sound = SoundRing(8000, 2.0)
    sound.append(tone(1.0, 440)[:8000], 1.0)
    recorder = Recorder(tmp_path / "session", lambda: Senses(sound), 2.0)
    recorder.start()
    recording = recorder.stop()
    replay = Replay([Take(recording.folder)], repeat=False, seen=False)
    replay.start()
    try:
        wait_for(lambda: replay.ended, 10)
        assert np.abs(replay.sound.read(0, RATE // 2)).max() > 0.1
    finally:
        replay.stop()


@pytest.mark.parametrize("later", [0.4, -0.4], ids=["pictures begin later", "sound begins later"])
def test_a_replayed_recording_is_in_step_whichever_began_first(tmp_path, later):
    now = time.perf_counter()
    sound, sight = SoundRing(RATE, 2.0), FrameRing(10.0, 10**9)
    click = np.zeros(RATE, np.float32)
    click[RATE // 2] = 1.0
    sound.append(click, now)
    for place in range(10):  # the first one is seen so much later than the first sample is heard
        sight.append(np.full((16, 16, 3), place, np.uint8), now - 1 + later + place / 20)
    recorder = Recorder(tmp_path / "session", lambda: Senses(sound, sight), 2.0)
    recorder.start()
    replay = Replay([Take(recorder.stop().folder)], repeat=False)
    replay.start()
    try:
        wait_for(lambda: replay.ended, 10)
        heard = replay.sound.time_of(int(replay.sound.read(0, replay.sound.written).argmax()))
        seen = replay.sight.between(0, np.inf)[0][0]
        assert seen - heard == pytest.approx(later - 0.5, abs=0.02)
        assert min(seen, heard - 0.5) == pytest.approx(replay.since, abs=0.02)
    finally:
        replay.stop()


def test_a_recording_that_was_not_finished_says_so(tmp_path):
    soundfile.write(tmp_path / "sound.wav", np.zeros(10), 8000)
    replay = Replay([Take(tmp_path)])
    replay.start()
    try:
        wait_for(lambda: replay.status.state is SourceState.LOST)
        assert "was not finished" in replay.status.reason
    finally:
        replay.stop()
