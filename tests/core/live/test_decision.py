"""From answers to decisions: a mean over windows, and nothing said where nothing is sure."""

from __future__ import annotations

import numpy as np
import pytest

from core.live.decision import Decider
from core.live.live_run import Answer, Lack
from core.live.windows import Moment


def answer(*said, when=0.0, lack=Lack.NOTHING):
    return Answer("study/run", Moment(when), when, when, np.array(said, np.float32) if said else None, lack)


@pytest.mark.parametrize("smoothing", [1, 3, 20])
def test_what_is_shown_is_the_mean_over_the_last_windows(smoothing):
    said = np.random.default_rng(smoothing).dirichlet(np.ones(5), size=25).astype(np.float32)
    decider = Decider(smoothing, threshold=0.0)
    for place, probabilities in enumerate(said):
        decision = decider.take(answer(*probabilities, when=float(place)))
        mean = np.mean(said[max(0, place + 1 - smoothing) : place + 1], axis=0, dtype=np.float64)
        np.testing.assert_allclose(decision.probabilities, mean, atol=1e-7)
        assert decision.label == mean.argmax() and decision.when == place and not decision.lack


def test_below_the_threshold_a_network_is_not_sure_and_from_it_on_it_is():
    unsure = Decider(1, threshold=0.75).take(answer(0.7499, 0.2501))
    assert unsure.label is None and unsure.probabilities[0] == np.float32(0.7499) and not unsure.lack
    assert Decider(1, threshold=0.75).take(answer(0.25, 0.75)).label == 1
    wavering = Decider(2, threshold=0.6)
    assert wavering.take(answer(0.9, 0.1)).label == 0
    assert wavering.take(answer(0.1, 0.9)).label is None, "each window is sure, their mean is not"
    assert wavering.take(answer(0.1, 0.9)).label == 1


@pytest.mark.parametrize("lack", [Lack.NO_SOUND, Lack.SILENCE, Lack.NO_PICTURE])
def test_what_lacks_is_said_and_nothing_from_before_it_is_averaged_in(lack):
    decider = Decider(3, threshold=0.5)
    for _ in range(3):
        decider.take(answer(0.9, 0.1))
    lacking = decider.take(answer(when=7.0, lack=lack))
    assert (lacking.probabilities, lacking.label, lacking.lack, lacking.when) == (None, None, lack, 7.0)
    after = decider.take(answer(0.2, 0.8))
    np.testing.assert_array_equal(after.probabilities, np.array([0.2, 0.8], np.float32))
    assert after.label == 1
