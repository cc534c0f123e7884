"""What is said of a video, from real files and from facts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from core.datasets.problems import Problem, ProblemKind
from core.video.decode import VideoFacts, decode
from core.video.judge import Usual, judge
from tests.core.films import moving_square, write_film

GOOD = VideoFacts(64, 48, 50, 50, 2.0, 25.0, False, 0.4, 0.01, "f", "p", "AVI ffv1")
USUAL = Usual.of([GOOD] * 5)


def said(facts: VideoFacts, usual: Usual = USUAL) -> dict[ProblemKind, Problem]:
    return {problem.kind: problem for problem in judge("x.avi", facts, usual)}


def test_nothing_is_odd_with_an_ordinary_clip() -> None:
    assert said(GOOD) == {}
    assert said(replace(GOOD, promised=53, fps=25.2, seconds=1.98)) == {}  # encoders lose a frame or two
    assert said(replace(GOOD, promised=0)) == {}


def test_each_oddity_has_its_sentence_and_is_kept() -> None:
    expected = {
        ProblemKind.TRUNCATED: (replace(GOOD, promised=90), "x.avi is torn: 50 of the 90 frames it promises decode."),
        ProblemKind.BLACK: (replace(GOOD, brightness=0.002), "x.avi is black from beginning to end."),
        ProblemKind.STILL: (replace(GOOD, motion=0.0), "x.avi stands still: all of its frames are alike."),
        ProblemKind.TOO_SHORT: (
            replace(GOOD, frames=1, promised=1, seconds=0.04, motion=0.0),
            "x.avi has a single frame: nothing moves in it.",
        ),
        ProblemKind.OTHER_SIZE: (
            replace(GOOD, width=48, height=64),
            "x.avi has 48 × 64 px; most clips have 64 × 48. It is resized.",
        ),
        ProblemKind.OTHER_FRAME_RATE: (replace(GOOD, fps=29.97), "x.avi has 29.97 fps; most clips have 25 fps."),
        ProblemKind.VARIABLE_RATE: (
            replace(GOOD, variable=True, fps=17.9),
            "x.avi has frames at uneven intervals, 17.9 a second on average.",
        ),
        ProblemKind.OTHER_LENGTH: (replace(GOOD, seconds=9.0), "x.avi lasts 9.00 s; most clips last 2.0 s."),
    }
    for kind, (facts, sentence) in expected.items():
        assert said(facts) == {kind: Problem("x.avi", kind, sentence, False)}


def test_a_clip_without_frames_is_left_out_where_pictures_are_needed() -> None:
    nothing = replace(GOOD, frames=0)
    assert [item.left_out for item in judge("x", nothing, USUAL)] == [True]
    assert [item.left_out for item in judge("x", nothing, USUAL, needed=False)] == [False]


def test_lengths_and_sizes_that_differ_altogether_are_not_odd() -> None:
    usual = Usual.of([replace(GOOD, seconds=float(n), width=60 + n) for n in range(1, 9)])
    assert usual.seconds is None and usual.size is None
    assert said(replace(GOOD, seconds=40.0, width=640), usual) == {}


def test_real_files(tmp_path: Path) -> None:
    good = [decode(write_film(tmp_path / f"{n}.mkv", moving_square(25, seed=n)))[2] for n in range(3)]
    usual = Usual.of(good)
    assert all(said(facts, usual) == {} for facts in good)
    black = write_film(tmp_path / "black.mkv", [np.zeros((48, 64, 3), np.uint8)] * 25)
    still = write_film(tmp_path / "still.mkv", moving_square(25, step=0))
    torn = write_film(tmp_path / "torn.mkv", moving_square(25))
    torn.write_bytes(torn.read_bytes()[: torn.stat().st_size // 2])
    one = write_film(tmp_path / "one.mkv", moving_square(1))
    kinds = [set(said(decode(path)[2], usual)) for path in (black, still, torn, one)]
    assert kinds == [
        {ProblemKind.BLACK, ProblemKind.STILL},
        {ProblemKind.STILL},
        {ProblemKind.TRUNCATED, ProblemKind.OTHER_LENGTH},
        {ProblemKind.TOO_SHORT},
    ]
