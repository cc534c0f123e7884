"""The recogniser asks about the newest window, whatever its networks and devices do."""

from __future__ import annotations

import gc
import threading
import time
import weakref
from types import SimpleNamespace
from typing import ClassVar

import numpy as np
import pytest
import torch

from core.errors import UserError
from core.live import recogniser as module
from core.live.live_run import Lack, LiveRun
from core.live.recogniser import Recogniser
from core.live.ring_buffer import FrameRing, SoundRing
from core.live.settings import LiveSettings
from core.live.windows import Senses, cut
from tests.core.films import moving_square
from tests.core.live.test_source import wait_for

RATE = 8000
HOP = 0.05
SETTINGS = LiveSettings(silence=-100.0).model_copy(update={"hop": HOP})  # quicker than a person may set it
PICTURE = moving_square(1)[0]
SAID = np.array([0.75, 0.25], np.float32)


class FakeRun(LiveRun):
    """Says what the test says."""

    made: ClassVar[list[weakref.ref]] = []
    seconds = None  # else what a recipe says

    def __init__(self, folder, device, seconds):
        if folder.unreadable:
            raise folder.unreadable
        self.name, self.seconds, self.says = folder.name, folder.seconds, folder.says
        self.made.append(weakref.ref(self))

    def ask(self, window):
        return self.says(window)


def fake(name, says=lambda window: SAID, unreadable=None, **seconds):
    return SimpleNamespace(name=f"study/{name}", says=says, unreadable=unreadable, seconds=seconds or {"audio": 0.1})


@pytest.fixture
def fakes(monkeypatch):
    """Networks that answer as the test says; yields all that were made."""
    monkeypatch.setattr(FakeRun, "made", [])
    monkeypatch.setattr(module, "LiveRun", FakeRun)
    return FakeRun.made


@pytest.fixture
def senses():
    """Noise and a picture of the next minute: nothing is waited for."""
    now, sound, sight = time.perf_counter(), SoundRing(RATE, 60.0), FrameRing(60.0, 10**9)
    sound.append(np.random.default_rng(0).normal(0, 0.1, 60 * RATE).astype(np.float32), now + 60)
    for place in range(600):
        sight.append(PICTURE, now + place / 10)
    return Senses(sound, sight)


@pytest.fixture
def recogniser(senses):
    made = Recogniser(lambda: senses, SETTINGS)
    yield made
    made.stop()


def working():
    return [thread for thread in threading.enumerate() if thread.name == "live recogniser"]


def answers_of(recogniser, count):
    """At least so many, from the first on."""
    found = []
    wait_for(lambda: len(found.extend(recogniser.take()) or found) >= count, 20)
    return found


def test_every_answer_is_that_of_the_window_that_ended_a_hop_after_the_one_before(recogniser, senses, run):
    recogniser.choose([run])
    recogniser.start()
    found = answers_of(recogniser, 6)
    assert recogniser.status.ready == (run.name,) and not recogniser.status.loading and recogniser.longest == 0.4
    alone = LiveRun(run, torch.device("cpu"), 2.0)
    assert alone.seconds == {"audio": 0.4}
    for answer in found:
        assert answer.run == run.name and answer.lack is Lack.NOTHING
        assert answer.at.sample == senses.sound.sample_at(answer.at.when)
        assert answer.at.when <= answer.complete < answer.ready
        expected = alone.ask(cut(senses, answer.at, alone.seconds))
        np.testing.assert_allclose(answer.probabilities, expected, atol=1e-5)
    hops = np.diff([answer.at.when for answer in found]) / HOP
    np.testing.assert_allclose(hops, np.rint(hops), atol=1e-3)
    assert hops.min() > 0.9 and len({answer.probabilities.tobytes() for answer in found}) > 1


def test_sound_that_is_on_its_way_is_waited_for(fakes, monkeypatch):
    monkeypatch.setattr(module, "PATIENCE", 60.0)
    sound, looks = SoundRing(RATE, 10.0), []
    sound.append(np.zeros(RATE, np.float32), time.perf_counter())
    recogniser = Recogniser(lambda: looks.append(1) or Senses(sound), SETTINGS.model_copy(update={"silence": -np.inf}))
    recogniser.choose([fake("hears")])
    recogniser.start()
    try:
        wait_for(lambda: len(looks) > 5)
        assert not recogniser.take()
        came = time.perf_counter()
        sound.append(np.zeros(RATE, np.float32), came + 1)
        first = answers_of(recogniser, 1)[0]
        assert RATE < first.at.sample <= sound.written
        assert first.at.when < first.complete and first.at.when < came < first.ready
    finally:
        recogniser.stop()


def test_a_slow_network_makes_it_pass_over_windows_and_none_is_queued(recogniser, fakes):
    recogniser.choose([fake("slow", lambda window: time.sleep(3.5 * HOP) or SAID)])
    recogniser.start()
    found = answers_of(recogniser, 6)
    recogniser.stop()
    found += recogniser.take()
    late = [answer.ready - answer.at.when for answer in found]
    assert max(late) < 7 * HOP, "in a queue each window would wait longer than the one before"
    hops = np.rint(np.diff([answer.at.when for answer in found]) / HOP)
    assert hops.min() >= 2 and hops.mean() > 3
    status = recogniser.status
    assert status.asked == len(found)
    assert 0 <= status.skipped - (hops - 1).sum() == round(status.hop / HOP) - 1, "and those before the next one"
    assert status.hop >= 3 * HOP * 0.99


def test_one_that_fails_silences_nobody_and_is_told_once(recogniser, fakes, caplog):
    def fails(window):
        raise RuntimeError("torn")

    recogniser.choose([fake("broken", fails), fake("whole")])
    recogniser.start()
    found = answers_of(recogniser, 4)
    assert {answer.run for answer in found} == {"study/whole"}
    sentence = "study/broken could not be asked (RuntimeError: torn)."
    assert recogniser.status.troubles == (sentence,)
    assert [record.message for record in caplog.records].count(sentence) == 1


def test_one_that_cannot_be_read_silences_nobody_and_says_why(recogniser, fakes):
    recogniser.choose(
        [
            fake("unfinished", unreadable=UserError("It is not finished.")),
            fake("odd", unreadable=KeyError("weights")),
            fake("whole"),
        ]
    )
    recogniser.start()
    assert answers_of(recogniser, 2)[0].run == "study/whole"
    assert recogniser.status.ready == ("study/whole",)
    assert recogniser.status.troubles == ("It is not finished.", "study/odd cannot be asked (KeyError: 'weights').")


def test_the_quickest_answers_first(recogniser, fakes):
    recogniser.choose([fake("slow", lambda window: time.sleep(0.02) or SAID), fake("quick")])
    recogniser.start()
    names = [answer.run for answer in answers_of(recogniser, 8)][:8]
    assert names[2:] == ["study/quick", "study/slow"] * 3, "as soon as both have been asked once"


def test_other_runs_are_asked_when_they_are_chosen_and_the_first_is_let_go(recogniser, fakes):
    recogniser.choose([fake("first"), fake("stays")])
    recogniser.start()
    answers_of(recogniser, 2)
    first, stays = fakes
    recogniser.choose([fake("stays"), fake("next")])
    wait_for(lambda: recogniser.status.ready == ("study/stays", "study/next"))
    recogniser.take()
    wait_for(lambda: {answer.run for answer in recogniser.take()} == {"study/stays", "study/next"})
    gc.collect()
    assert first() is None and stays() is not None, "its memory is free"
    assert len(fakes) == 3, "what stays is not read again"
    recogniser.choose([])
    wait_for(lambda: recogniser.status.ready == () and stays() is None)
    assert recogniser.longest == 0


def test_a_microphone_that_gives_nothing_does_not_stop_pictures_from_being_asked_about(fakes, senses, monkeypatch):
    monkeypatch.setattr(module, "PATIENCE", 2 * HOP)
    silent = SoundRing(RATE, 10.0)
    silent.append(np.zeros(RATE, np.float32), time.perf_counter() - 5)
    recogniser = Recogniser(lambda: Senses(silent, senses.sight), SETTINGS)
    recogniser.choose([fake("hears"), fake("sees", video=0.5), fake("both", audio=0.1, video=0.5)])
    recogniser.start()
    try:
        for answer in answers_of(recogniser, 9):
            sees = answer.run == "study/sees"
            assert (answer.probabilities is not None) == sees and answer.at.sample is None
            assert answer.lack is (Lack.NOTHING if sees else Lack.NO_SOUND)
    finally:
        recogniser.stop()


def test_after_stop_no_thread_is_left_and_networks_stay(recogniser, fakes):
    recogniser.choose([fake("slow", lambda window: time.sleep(0.1) or SAID)])
    recogniser.start()
    answers_of(recogniser, 1)
    assert len(working()) == 1
    recogniser.stop()
    assert not working()
    recogniser.start()
    answers_of(recogniser, 1)
    assert len(fakes) == 1


def test_two_hundred_starts_and_stops_leave_no_thread(recogniser, fakes):
    recogniser.choose([fake("quick")])
    for place in range(200):
        recogniser.start()
        recogniser.stop(wait=place % 2 == 0)
    recogniser.stop()
    assert not working() and len(fakes) <= 1


def test_a_network_that_is_not_waited_for_does_not_answer_into_the_next_session(recogniser, fakes):
    asked, release = threading.Event(), threading.Event()

    def says(window):
        asked.set()
        release.wait(20)
        return SAID

    recogniser.choose([fake("hangs", says)])
    recogniser.start()
    assert asked.wait(20)
    recogniser.stop(wait=False)
    assert len(working()) == 1, "it is at work still"
    again = time.perf_counter()
    recogniser.start()
    release.set()
    assert all(answer.at.when >= again for answer in answers_of(recogniser, 3))
    recogniser.stop()
    assert not working()
