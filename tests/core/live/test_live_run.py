"""A finished run that is asked live says what it said in its own test."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core.audio.decode import decode as hear
from core.errors import UserError
from core.live.live_run import Lack, LiveRun
from core.live.ring_buffer import FrameRing, SoundRing
from core.live.windows import Moment, Senses, Window, cut
from core.run_records import Phase
from core.video.decode import Reader
from tests.core.films import moving_square
from tests.core.live.small_films import BOTH, FPS, MOTION, SECONDS, SIGHT, SOUND

CPU = torch.device("cpu")
BEGUN = 50.0  # s of the clock at which a clip begins
LATER = 0.005  # s after the last frame of a window at which it is asked about


def heard(path):
    """The clip in a ring, after noise; at its end a moment."""
    samples, facts = hear(path)
    ring = SoundRing(facts.rate, 5.0)
    ring.append(np.random.default_rng(0).normal(0, 0.5, facts.rate).astype(np.float32), BEGUN)
    ring.append(samples, BEGUN + facts.seconds)
    return ring


def seen(path):
    """The clip in a ring, after frames of something else."""
    ring = FrameRing(100.0, 10**9)
    for place, picture in enumerate(moving_square(FPS, seed=99)):
        ring.append(picture, BEGUN - (FPS - place) / FPS)
    for frame, seconds in Reader(path):
        ring.append(frame, BEGUN + seconds)
    return ring


def test_of_a_window_that_is_a_test_clip_a_run_says_what_it_said_in_the_test(run, tones):
    live, tested = LiveRun(run, CPU, 2.0), run.predictions()
    assert len(tested) == 6 and np.ptp(tested.probabilities, axis=0).max() > 0.05, "else any answer would do"
    for name, expected in zip(tested.clip_ids, tested.probabilities, strict=True):
        ring = heard(tones / str(name))
        said = live.ask(cut(Senses(ring), Moment(0.0, ring.written), live.seconds))
        np.testing.assert_allclose(said, expected, atol=1e-4, err_msg=name)
    assert live.classes == tested.classes and live.name == run.name


@pytest.mark.parametrize("network", [SOUND, SIGHT, MOTION, BOTH])
def test_so_does_one_that_hears_at_another_rate_or_sees(network, watched, films):
    live, tested = LiveRun(watched[network], CPU, SECONDS), watched[network].predictions()
    assert len(tested) == 6 and np.ptp(tested.probabilities, axis=0).max() > 0.01, "else any answer would do"
    last = 6 if network == MOTION else 9  # frames 2 to 6 are the middle of ten
    for name, expected in zip(tested.clip_ids, tested.probabilities, strict=True):
        senses = Senses(heard(films / str(name)), seen(films / str(name)))
        at = Moment(BEGUN + last / FPS + LATER, senses.sound.written)
        np.testing.assert_allclose(live.ask(cut(senses, at, live.seconds)), expected, atol=1e-4, err_msg=name)


def test_what_is_too_faint_is_not_listened_to(run):
    live = LiveRun(run, CPU, 2.0)
    faint = Window(np.full(3200, 0.001, np.float32), 8000, None, 0.0)  # −60 dB
    assert live.lacks(faint, -50.0) is Lack.SILENCE and live.lacks(faint, -70.0) is Lack.NOTHING
    click = np.zeros(3200, np.float32)
    assert live.lacks(Window(click, 8000, None, 0.0), -100.0) is Lack.SILENCE
    click[800:1200] = 0.1
    assert live.lacks(Window(click, 8000, None, 0.0), -50.0) is Lack.NOTHING
    assert live.lacks(Window(None, 1, None, 0.0), -50.0) is Lack.NO_SOUND


def test_what_is_not_seen_or_not_heard_is_said(watched):
    loud, silent = np.full(6400, 0.1, np.float32), np.zeros(6400, np.float32)
    new, old = (((99.9, moving_square(1)[0]),), ((99.0, moving_square(1)[0]),))

    def lack(network, sound, frames):
        return LiveRun(watched[network], CPU, 1.0).lacks(Window(sound, 16000, frames, 100.0), -50.0)

    for network, sound in ((SIGHT, None), (BOTH, loud)):
        assert lack(network, sound, new) is Lack.NOTHING
        for frames in (None, (), old):
            assert lack(network, sound, frames) is Lack.NO_PICTURE
    assert lack(BOTH, None, new) is Lack.NO_SOUND
    assert lack(BOTH, silent, new) is Lack.NOTHING, "what is seen says something"


def test_a_run_that_is_not_finished_is_refused(run):
    run.write_status(phase=Phase.RUNNING)
    with pytest.raises(UserError, match="is not finished"):
        LiveRun(run, CPU, 2.0)
