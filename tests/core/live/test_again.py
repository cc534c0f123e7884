"""A recording is asked about again: the same networks say the same, bit for bit."""

from __future__ import annotations

import json
import shutil
import time

import numpy as np
import pytest

from core.control import Control
from core.engine import Engine
from core.errors import UserError
from core.live.again import AskedAgain, ask_again, asked_again
from core.live.live_run import Answer, Lack, LiveRun
from core.live.recogniser import Recogniser
from core.live.recording import ANSWERS, MARGIN, Recorder, Recording
from core.live.replay import Replay, Take
from core.live.ring_buffer import FrameRing, SoundRing
from core.live.session import Live, Sources
from core.live.settings import LiveSettings
from core.live.windows import Moment, Senses
from core.runs import RunFolder
from core.training.device import choose_device
from tests.core.films import RATE, moving_square, write_film
from tests.core.live.small_films import MOTION, SECONDS, SIGHT, SOUND
from tests.core.live.test_source import wait_for

FPS = 25
SETTINGS = LiveSettings(sight=SECONDS, silence=-100.0, hop=0.1)


class Session:
    """What is heard and seen comes quicker than in the world, and every run is asked when the test says."""

    def __init__(self, folder, runs, held):
        self.runs, self.sound, self.sight = list(runs), SoundRing(RATE, held), FrameRing(held, 10**9)
        self.recogniser = Recogniser(self.senses, SETTINGS)
        self.recogniser.choose(self.runs)
        self.recogniser.load()
        self.recorder = Recorder(folder, self.senses, SETTINGS.sight)
        self.answers = []
        self._random, self._begun, self._steps = np.random.default_rng(0), time.perf_counter() - 100, 0

    def senses(self):
        return Senses(self.sound, self.sight)

    def pass_time(self, steps):
        """Frames, and as much sound."""
        for _ in range(steps):
            self._steps += 1
            self.sight.append(moving_square(1, seed=self._steps)[0], self.now)
            self.sound.append(self._random.normal(0, 0.2, RATE // FPS).astype(np.float32), self.now)

    @property
    def now(self):
        return self._begun + self._steps / FPS

    def ask(self):
        answers = self.recogniser.answer(Moment(self.now + 0.003, self.sound.written - 17), time.perf_counter())
        self.recorder.note(answers)
        self.answers += answers

    def asked_again(self, recording):
        """[(answer, what is said now)]"""
        networks = [LiveRun(run, choose_device("auto"), recording.sight) for run in self.runs]
        return list(asked_again(recording, networks))


def compare(found, expected):
    """The same answers, each said again."""
    assert [(answer.run, answer.at) for answer, _ in found] == [(answer.run, answer.at) for answer in expected]
    for (recorded, now), answer in zip(found, expected, strict=True):
        np.testing.assert_array_equal(recorded.probabilities, answer.probabilities)
        np.testing.assert_array_equal(now, answer.probabilities)


def test_sound_that_was_recorded_from_its_beginning_is_asked_about_again(run, tmp_path):
    session = Session(tmp_path / "recording", [run], held=5.0)
    session.recorder.start()
    for _ in range(30):
        session.pass_time(1)
        session.ask()
    found = session.asked_again(session.recorder.stop())
    compare(found, session.answers)
    assert len(found) == 30, "also those of windows that begin with the silence before the first sample"
    assert len({now.tobytes() for _, now in found}) == 30, "else it would be easy"


def test_windows_of_sound_and_pictures_that_were_recorded_whole_are_asked_about_again(watched, tmp_path):
    session = Session(tmp_path / "recording", watched.values(), held=2.02)
    session.pass_time(75)
    session.ask()  # of 2.6 s to 3 s
    session.pass_time(45)  # what is held now begins at 2.78 s
    session.recorder.start()
    wait_for((tmp_path / "recording" / ANSWERS).exists)
    for _ in range(15):
        session.pass_time(1)
        session.ask()
    recording = session.recorder.stop()
    assert recording.facts["first_sample"] == round((2.78 + MARGIN) * RATE) and recording.facts["lost"] == 0
    shortest = [answer for answer in session.answers[:4] if answer.run == watched[MOTION].name]
    found = session.asked_again(recording)
    compare(found, [*shortest, *session.answers[4:]])
    assert len(found) == 4 * 15 + 1, "of the first window only those 0.2 s lie in it whole that one network sees"


@pytest.fixture
def recorded(watched, workspace, tmp_path):
    """A film replayed to networks of this workspace, recorded as it came; and all that was said."""
    shutil.copytree(watched[SOUND].path.parent, workspace.runs / watched[SOUND].study)
    noise = np.random.default_rng(0).normal(0, 0.1, 2 * RATE).astype(np.float32)
    film = write_film(tmp_path / "film.mkv", moving_square(2 * FPS), FPS, noise)
    live = Live(workspace.captures, Engine(workspace), SETTINGS)
    live.choose([(RunFolder(workspace.runs / run.name), label) for label, run in watched.items()])
    live.recogniser.load()
    said: list[Answer] = []
    live.switch_on(Sources(replay=Replay([Take(film)])))
    try:
        wait_for(lambda: live.sources.senses().sound.written, 20)
        live.start_recording()
        wait_for(lambda: len(said.extend(live.poll()) or said) >= 48, 20)
        recorder = live.stop_recording()
    finally:
        live.switch_off()
    return recorder.stop(), said


def ask(recording, workspace):
    return ask_again(recording, workspace, Control(), lambda progress: None)


def test_what_was_said_live_of_a_replay_is_said_again_and_what_differs_is_told(recorded, watched, workspace):
    recording, said = recorded
    begun = next(recording.frames())[0]
    seen_whole = sum(answer.at.when - SECONDS >= begun for answer in said if answer.run == watched[SIGHT].name)
    found = ask(recording, workspace)
    assert found.equal == found.alike == found.answers > 20 and found.furthest == 0 and not found.gone
    assert found.sentence == f"Asked again about {found.answers} windows: every answer is equal."
    assert found.answers >= 3 * seen_whole > 10

    lines = [json.loads(line) for line in (recording.folder / ANSWERS).read_text().splitlines()]
    last = next(line for line in reversed(lines) if line["run"] == watched[SIGHT].name and line["probabilities"])
    last["probabilities"] = [last["probabilities"][0] + 0.001, *last["probabilities"][1:]]
    (recording.folder / ANSWERS).write_text("".join(json.dumps(line) + "\n" for line in lines))
    other = ask(recording, workspace)
    assert other.equal == found.equal - 1 and other.furthest == pytest.approx(0.001, abs=1e-6)
    assert f"{other.equal} answers are equal" in other.sentence and "0.1 % at most" in other.sentence

    first, whole = recording.facts["first_sample"], SECONDS * recording.rate
    heard = sum(
        answer.run == watched[SOUND].name and answer.probabilities is not None and answer.at.sample - first >= whole
        for answer in said
    )
    RunFolder(workspace.runs / watched[SOUND].name).delete()
    without = ask(recording, workspace)
    assert without.answers == other.answers - heard
    (sentence,) = without.gone
    assert sentence.startswith(f"{watched[SOUND].name} cannot be asked: ") and sentence in without.sentence


def test_what_lacked_is_not_asked(run, tmp_path):
    session = Session(tmp_path / "recording", [run], held=5.0)
    session.recogniser.settings = SETTINGS.model_copy(update={"silence": 0.0})
    session.recorder.start()
    session.pass_time(10)
    session.ask()
    recording = session.recorder.stop()
    ((answer, now),) = session.asked_again(recording)
    assert answer.lack is Lack.SILENCE and answer.probabilities is None and now is None


def test_where_nothing_can_be_compared_that_is_said(run, workspace, tmp_path):
    assert AskedAgain(0, 0, 0, 0.0).sentence.startswith("No window lies in the recording whole")
    session = Session(tmp_path / "recording", [run], held=5.0)
    session.recorder.start()
    recording = session.recorder.stop()
    assert ask(recording, workspace).answers == 0
    (recording.folder / "recording.json").unlink()
    with pytest.raises(UserError, match="was not finished"):
        ask(Recording(recording.folder), workspace)
