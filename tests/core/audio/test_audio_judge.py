"""What is said of a sound, by its facts; the words are tried on real files in the tests of the scan."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.audio.decode import AudioFacts
from core.audio.judge import Usual, judge, usable_sound
from core.datasets.problems import ProblemKind

GOOD = AudioFacts(8000, 1, 8000, 1.0, 0.5, 0.1, 0.0, "f", "s", "WAV")
NONE = AudioFacts(0, 0, 0, 0.0, 0.0, 0.0, 0.0, "f", "f", "no sound track")


@pytest.mark.parametrize(
    ("facts", "kind"),
    [
        (NONE, ProblemKind.NO_SOUND),
        (replace(GOOD, frames=0, seconds=0.0), ProblemKind.EMPTY),
        (replace(GOOD, peak=0.0, rms=0.0), ProblemKind.SILENT),
        (replace(GOOD, peak=float("nan")), ProblemKind.UNREADABLE),
        (replace(GOOD, seconds=0.01), ProblemKind.TOO_SHORT),
    ],
)
def test_what_cannot_be_heard_is_left_out_only_where_sound_is_needed(facts: AudioFacts, kind: ProblemKind) -> None:
    assert not usable_sound(facts)
    usual = Usual.of([GOOD])
    assert [(item.kind, item.left_out) for item in judge("x", facts, usual)] == [(kind, True)]
    assert [(item.kind, item.left_out) for item in judge("x", facts, usual, needed=False)] == [(kind, False)]


def test_what_is_odd_can_be_heard() -> None:
    odd = replace(GOOD, clipped=0.2, rate=16000, channels=2, seconds=3.0)
    assert usable_sound(odd)
    problems = list(judge("x", odd, Usual.of([GOOD] * 3)))
    assert {item.kind for item in problems} == {
        ProblemKind.CLIPPED,
        ProblemKind.OTHER_RATE,
        ProblemKind.OTHER_CHANNELS,
        ProblemKind.OTHER_LENGTH,
    }
    assert not any(item.left_out for item in problems)


def test_films_without_sound_do_not_decide_what_is_usual() -> None:
    assert Usual.of([NONE, NONE, NONE, GOOD]) == Usual(8000, 1, 1.0)
    assert Usual.of([NONE]) == Usual(0, 0, None)
