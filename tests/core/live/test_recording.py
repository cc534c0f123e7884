"""Recordings: nothing is lost unsaid, and what a full disk leaves can be read."""

from __future__ import annotations

import errno
import threading
import time

import numpy as np
import pytest
import soundfile

from core.errors import UserError
from core.files import write_error
from core.live import recording as module
from core.live.film_writer import FilmWriter
from core.live.recording import Recorder
from core.live.ring_buffer import FrameRing, SoundRing
from core.live.windows import Senses
from tests.core.live.test_source import wait_for

RATE = 8000
FULL = OSError(errno.ENOSPC, "full")


def frame(number=0, side=16):
    return np.full((side, side, 3), number, np.uint8)


@pytest.fixture
def rings():
    return SoundRing(RATE, 2.0), FrameRing(10.0, 4 * frame().nbytes)


@pytest.fixture
def recorder(rings, tmp_path):
    made = Recorder(tmp_path / "session", lambda: Senses(*rings), 2.0)
    yield made
    made.stop()


@pytest.fixture
def slow(monkeypatch):
    """Set when the encoder may go on; what it was given is in `slow.begun`."""
    gate, add = threading.Event(), FilmWriter.add_frame
    gate.begun = threading.Event()

    def wait(film, picture, seconds):
        gate.begun.set()
        assert gate.wait(20)
        add(film, picture, seconds)

    monkeypatch.setattr(FilmWriter, "add_frame", wait)
    yield gate
    gate.set()


def test_frames_and_sound_that_came_faster_than_they_could_be_written_are_counted_and_said(rings, recorder, slow):
    sound, sight = rings
    for _ in range(6):  # two have gone before the recording begins: they are not lost
        sight.append(frame())
    sound.append(np.ones(RATE, np.float32), time.perf_counter())
    recorder.start()
    assert slow.begun.wait(20)
    for number in range(7):
        sight.append(frame(number))
    sound.append(np.ones(3 * RATE, np.float32), time.perf_counter())
    slow.set()
    recording = recorder.stop()
    assert "lacks 3 frames and 1.2 s of sound" in recorder.trouble
    assert recording.facts["trouble"] == recorder.trouble
    found = [picture[0, 0, 0] for _, picture in recording.frames()]
    assert found == [0, 0, 0, 0, 3, 4, 5, 6]
    assert len(recording.sound()) == 4 * RATE, "what is lost is silence"


def test_a_recording_that_has_ended_takes_nothing_of_what_comes_later(rings, recorder, slow):
    sound, sight = rings
    sight.append(frame(1))
    sound.append(np.ones(RATE, np.float32), time.perf_counter())
    recorder.start()
    assert slow.begun.wait(20)
    sight.append(frame(2))
    recorder.end()
    sight.append(frame(3))
    sound.append(np.ones(RATE, np.float32), time.perf_counter() + 1)
    slow.set()
    recording = recorder.stop()
    assert [picture[0, 0, 0] for _, picture in recording.frames()] == [1, 2]
    assert len(recording.sound()) == pytest.approx(RATE, abs=RATE / 10) and recorder.trouble == ""


def test_a_camera_that_came_back_with_another_size_is_said_and_its_frames_are_not_taken(rings, recorder):
    _, sight = rings
    for side in (16, 8, 16):
        sight.append(frame(side, side))
    recorder.start()
    recording = recorder.stop()
    assert "another picture size" in recorder.trouble and "lacks" not in recorder.trouble
    assert [picture[0, 0, 0] for _, picture in recording.frames()] == [16, 16]


def test_a_disk_that_fills_up_ends_a_recording_whose_beginning_can_be_read(rings, recorder, monkeypatch):
    sound, sight = rings
    closed, add, close = [], FilmWriter.add_frame, FilmWriter.close

    def fill(film, picture, seconds):
        if picture[0, 0, 0] == 2:
            raise FULL
        add(film, picture, seconds)

    def fail(file):
        closed.append(type(file))
        raise FULL

    monkeypatch.setattr(FilmWriter, "add_frame", fill)
    monkeypatch.setattr(FilmWriter, "close", lambda film: (close(film), fail(film)))
    monkeypatch.setattr(soundfile.SoundFile, "close", fail)
    sound.append(np.ones(RATE, np.float32), time.perf_counter())
    for number in range(4):
        sight.append(frame(number))
    recorder.start()
    wait_for(lambda: recorder.trouble)
    assert "The disk is full" in recorder.trouble
    recording = recorder.stop()
    assert set(closed) == {soundfile.SoundFile, FilmWriter}, "one that cannot be closed does not keep others open"
    assert [picture[0, 0, 0] for _, picture in recording.frames()] == [0, 1]


def test_torn_last_lines_are_passed_over(rings, recorder):
    _, sight = rings
    for number in range(3):
        sight.append(frame(number))
    recorder.start()
    recording = recorder.stop()
    times = recording.folder / module.TIMES
    times.write_text(times.read_text()[:-2])
    (recording.folder / module.ANSWERS).write_text('{"run": "a')
    assert len(list(recording.frames())) == 2 and recording.answers() == []


def test_facts_that_cannot_be_written_are_a_trouble_and_no_error(rings, recorder, monkeypatch):
    def fail(place, content):
        raise write_error(place, FULL)

    monkeypatch.setattr(module, "write_atomically", fail)
    recorder.start()
    recording = recorder.stop()
    assert "recording.json" in recorder.trouble and not recorder.finished
    with pytest.raises(UserError, match="not finished"):
        assert recording.facts
