"""Live: what is on, what a training does meanwhile, and what is kept.

A capture takes sound and pictures of the same seconds, and of a replay one file with its true class.
"""

from __future__ import annotations

import time

import numpy as np
import pytest

from core.audio.decode import decode as hear_file
from core.captures import Said
from core.engine import Engine, EngineStatus, State
from core.errors import UserError
from core.live.live_run import Answer, Lack
from core.live.microphone import Microphone
from core.live.replay import Replay, Take
from core.live.ring_buffer import FrameRing, SoundRing
from core.live.session import UNASKED, Live, Sources
from core.live.settings import LiveSettings
from core.live.source import SourceStatus
from core.live.webcam import Webcam
from core.live.windows import Moment
from core.video.decode import decode as look
from tests.core.live.test_source import wait_for
from tests.core.tones import tone_study

RATE = 8000


RUNNING, PAUSED = State.RUNNING, State.PAUSED


class Played:
    """Stands for a device: its ring is filled by the test."""

    name, status = "microphone", SourceStatus(facts="played by a test")

    def __init__(self, ring):
        self.ring, self.starts, self.stops = ring, 0, []

    def start(self):
        self.starts += 1

    def stop(self, wait=True):
        self.stops.append(wait)


@pytest.fixture
def engine(workspace):
    return Engine(workspace)


@pytest.fixture
def live(workspace, engine):
    """Its sources are filled by the tests."""
    made = Live(workspace.captures, engine)
    made.session = "a"
    yield made
    made.switch_off()


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


@pytest.mark.parametrize(("since", "truth"), [(1.2, ""), (2.0, ""), (3.0, "rain"), (9.0, "rain")])
def test_a_capture_holds_one_replayed_file_and_its_class_where_most_of_the_window_is_of_it(live, replay, since, truth):
    replay.since = time.perf_counter() - since
    capture = live.keep()()
    assert capture.label == truth and capture.seconds == pytest.approx(min(since, UNASKED), abs=0.4)
    assert capture.sources == {"replay": str(replay.takes[1].path)}
    assert live.keep("dog")().label == "dog", "what a person says comes first"


def test_a_clip_that_has_just_begun_is_not_kept(live, replay):
    replay.since = time.perf_counter() - 0.3
    with pytest.raises(UserError, match="just begun"):
        live.keep()()


def test_in_the_pause_after_a_clip_it_is_still_of_that_clip(live, replay):
    replay.since, replay.playing = time.perf_counter() - 4.0, None
    capture = live.keep()()
    assert capture.label == "" and capture.sources == {"replay": str(replay.takes[1].path)}


def doing(engine, study="", state=RUNNING, device="CPU"):
    """As if the engine were about it."""
    engine._status = EngineStatus(state, study, device=device) if study else EngineStatus()


@pytest.fixture
def microphone():
    """A ramp, up to a second from now: nothing is waited for."""
    ring = SoundRing(RATE, 60.0)
    ring.append(np.arange(10 * RATE, dtype=np.float32), time.perf_counter() + 1)
    return Played(ring)


def says(live, run, probabilities, lack=Lack.NOTHING):
    said = None if probabilities is None else np.array(probabilities, np.float32)
    live.asked[run.name].take(Answer(run.name, Moment(3.0, 3 * RATE), 3.0, 3.1, said, lack))


def test_the_last_seconds_are_kept_with_what_is_said_of_them(live, microphone, run):
    live.set(LiveSettings(kept=2.5, smoothing=1))
    live.choose([(run, "Network")])
    live.switch_on(Sources(microphone))
    says(live, run, [0.5, 0.25, 0.25])
    before = time.perf_counter()
    capture = live.keep("low")()
    samples, _ = hear_file(capture.path)
    begins = int(samples[0])
    np.testing.assert_array_equal(samples, np.arange(begins, begins + len(samples)))
    assert len(samples) == pytest.approx(2.5 * RATE, abs=1)
    assert before - 2.501 < microphone.ring.time_of(begins) < time.perf_counter() - 2.499
    assert capture.said == (Said(run.name, "Network", dict(zip(run.classes, (0.5, 0.25, 0.25), strict=True))),)
    assert (capture.label, capture.session, capture.sources) == (
        "low",
        live.session,
        {"microphone": Played.status.facts},
    )
    says(live, run, None, Lack.SILENCE)
    assert live.keep()().said == (Said(run.name, "Network", {}, "silence"),)


def test_without_a_wish_as_much_is_kept_as_the_networks_are_given(live, microphone, run):
    live.choose([(run, "Network")])
    live.recogniser.load()
    live.switch_on(Sources(microphone))
    capture = live.keep()()
    assert capture.seconds == pytest.approx(0.4, abs=1e-3)
    assert capture.said == (Said(run.name, "Network", {}, ""),), "which has said nothing yet"


def test_what_was_on_before_is_closed_and_waited_for_in_the_end(live, microphone):
    camera = Played(FrameRing(1.0, 10**9))
    live.switch_on(Sources(microphone, camera))
    assert live.on and microphone.starts == camera.starts == 1
    live.switch_on(Sources(microphone=microphone))
    assert microphone.stops == camera.stops == [False] and microphone.starts == 2
    live.switch_off()
    assert not live.on and camera.stops == [False, True] and microphone.stops[-1]


def epochs(engine: Engine) -> int:
    """Of the run under way."""
    return max((run.epoch for run in engine.status.under_way), default=0)


def test_a_training_on_the_processor_waits_while_live_is_on_and_goes_on_after(live, engine, microphone, tones):
    recipe = tone_study(tones).recipe.model_copy(update={"epochs": 5000})
    engine.start(tone_study(tones, recipe=recipe))
    try:
        wait_for(lambda: epochs(engine) > 0, 60)
        live.switch_on(Sources(microphone=microphone))
        assert engine.status.state is PAUSED and live.holds_training
        live.switch_off()
        assert engine.status.state is RUNNING and not live.holds_training
        before = epochs(engine)
        wait_for(lambda: epochs(engine) > before + 1, 60)
    finally:
        engine.cancel()
        assert engine.join(60)


@pytest.mark.parametrize(
    ("study", "state", "device"),
    [
        ("taught my-sounds 2", RUNNING, "CPU"),
        ("adapted esc10 to 12 captures 3f2a", RUNNING, "CPU"),
        ("mine", RUNNING, "NVIDIA H100 80GB HBM3"),
        ("mine", PAUSED, "CPU"),
        ("mine", State.STOPPING, "CPU"),
    ],
    ids=["a lesson", "of captures", "on a GPU", "paused by hand", "stopping"],
)
def test_what_needs_not_wait_or_waits_already_is_left_as_it_is(live, engine, microphone, study, state, device):
    doing(engine, study, state, device)
    live.switch_on(Sources(microphone=microphone))
    live.poll()
    assert engine.status.state is state and not live.holds_training
    live.switch_off()
    assert engine.status.state is state


def test_one_that_is_begun_while_live_is_on_waits_from_the_next_look_on(live, engine, microphone):
    live.switch_on(Sources(microphone=microphone))
    doing(engine, "mine", device="")
    live.poll()
    assert engine.status.state is RUNNING, "nobody knows yet on what it will be trained"
    doing(engine, "mine")
    live.poll()
    assert engine.status.state is PAUSED and live.holds_training
    live.switch_off()
    assert engine.status.state is RUNNING
    live.poll()
    assert engine.status.state is RUNNING, "nothing is on"


def test_one_that_a_person_goes_on_with_is_not_held_up_again_and_the_next_one_is(live, engine, microphone):
    doing(engine, "mine")
    live.switch_on(Sources(microphone=microphone))
    engine.resume()
    for _ in range(3):
        live.poll()
        assert engine.status.state is RUNNING and not live.holds_training
    for following in ("mine", "other"):
        doing(engine)
        live.poll()
        doing(engine, following)
        live.poll()
        assert engine.status.state is PAUSED and live.holds_training


def test_one_that_was_paused_by_hand_meanwhile_stays_so(live, engine, microphone):
    doing(engine, "mine")
    live.switch_on(Sources(microphone=microphone))
    engine.resume()
    live.poll()
    engine.pause()
    live.poll()
    live.switch_off()
    assert engine.status.state is PAUSED


def test_every_answer_is_told_and_averaged(live, run):
    noise, heard = np.random.default_rng(0).normal(0, 0.1, 60 * RATE).astype(np.float32), SoundRing(RATE, 60.0)
    heard.append(noise, time.perf_counter() + 60)  # of the next minute: nothing is waited for
    live.set(LiveSettings(hop=0.1, smoothing=2, threshold=0.0, silence=-100.0))
    live.choose([(run, "Network")])
    live.switch_on(Sources(microphone=Played(heard)))
    answers = []
    wait_for(lambda: len(answers.extend(live.poll()) or answers) >= 4, 20)
    asked, mean = live.asked[run.name], np.mean([answer.probabilities for answer in answers[-2:]], axis=0)
    np.testing.assert_allclose(asked.now.probabilities, mean, atol=1e-6)
    assert asked.now.label == mean.argmax() and len(asked.decisions) == len(answers)
    assert list(asked.latencies) == [answer.ready - answer.at.when for answer in answers]
    live.choose([])
    assert not live.asked


def test_everything_is_recorded_from_start_to_stop_with_what_was_said(live, microphone, run, workspace):
    live.choose([(run, "Network")])
    live.switch_on(Sources(microphone))
    live.start_recording()
    pressed = microphone.ring.sample_at(time.perf_counter())
    live.start_recording()  # once is enough
    answer = Answer(run.name, Moment(2.0, 2 * RATE), 2.0, 2.1, np.array([0.5, 0.25, 0.25], np.float32))
    live.recogniser._answers.append(answer)
    assert any(taken is answer for taken in live.poll())
    recorder = live.stop_recording()
    assert live.recorder is None and live.stop_recording() is None
    recording = recorder.stop()
    assert recording.folder.parent == workspace.captures / live.session
    assert [folder.name for folder in recording.folder.parent.iterdir()] == [recording.folder.name]
    samples = recording.sound()
    first = int(samples[0])
    np.testing.assert_array_equal(samples, np.arange(first, first + len(samples)))
    assert abs(first - pressed) < RATE / 10 and len(samples), "what was heard before is not kept"
    assert recording.sight == live.settings.sight and not recording.facts["trouble"]
    told = [found for found in recording.answers() if found.at == answer.at]
    assert len(told) == 1 and told[0].probabilities.tolist() == [0.5, 0.25, 0.25]


def test_a_recording_that_is_under_way_when_all_is_switched_off_is_finished(live, microphone):
    live.switch_on(Sources(microphone))
    live.start_recording()
    recorder = live.recorder
    live.switch_off()
    assert len(recorder.stop().sound()) and recorder.finished and live.recorder is None


def test_before_anything_has_come_there_is_nothing_to_record(live):
    live.switch_on(Sources(Played(SoundRing(RATE, 60.0))))
    with pytest.raises(UserError, match="nothing to record"):
        live.start_recording()
    live.switch_off()
    assert live.recorder is None


def test_a_recording_can_be_begun_again_at_once(live, microphone):
    live.switch_on(Sources(microphone))
    folders = set()
    for _ in range(2):
        live.start_recording()
        folders.add(live.stop_recording().stop().folder)
    assert len(folders) == 2


def test_other_settings_count_from_the_next_window_on(live, run):
    live.choose([(run, "Network")])
    says(live, run, [0.6, 0.2, 0.2])
    assert live.asked[run.name].now.label == 0
    live.set(LiveSettings(threshold=0.7))
    says(live, run, [0.6, 0.3, 0.1])
    assert live.asked[run.name].now.label is None


def test_so_does_how_much_is_seen_at_once(live, watched):
    live.choose([(watched["sight"], "Network")])
    live.recogniser.load()
    assert live.recogniser.longest == LiveSettings().sight
    live.set(LiveSettings(sight=5.0))
    live.recogniser.answer(Moment(0.0), 0.0)
    assert live.recogniser.longest == 5.0
