"""Examples recorded while a key is held become a dataset with a study that learns it."""

from __future__ import annotations

import numpy as np
import pytest

from core.chosen import open_chosen
from core.datasets.base import Modality
from core.errors import UserError
from core.live.capture import Kept
from core.live.teach import Lesson, pieces
from core.video.decode import decode as look
from tests.core.films import RATE, moving_square, tone


def heard(seconds, pitch=440.0):
    return Kept(tone(seconds, pitch), RATE, ())


def seen(seconds, seed=0):
    frames = moving_square(round(25 * seconds), seed=seed)
    return Kept(np.zeros(0, np.float32), 1, tuple((5 + place / 25, frame) for place, frame in enumerate(frames)))


def test_a_press_is_cut_into_half_overlapping_examples():
    parts = pieces(heard(2.0), 0.8)
    assert [part.seconds for part in parts] == pytest.approx([0.8, 0.8, 0.8, 0.8])
    np.testing.assert_array_equal(parts[1].sound, tone(2.0, 440)[round(0.4 * RATE) : round(1.2 * RATE)])
    assert len(pieces(heard(0.8), 0.8)) == 1
    assert pieces(heard(0.7), 0.8) == []
    assert [len(part.frames) for part in pieces(seen(2.04), 1.0)] == [25, 25, 25]


@pytest.mark.parametrize("make", [heard, seen])
def test_a_lesson_is_a_dataset_with_a_press_as_group_and_a_study(workspace, make):
    lesson = Lesson.called("Hand signs", workspace, 0.5)
    assert "two classes" in lesson.lacks()
    for label in ("wave", "clap"):
        for _ in range(3):
            assert lesson.add(label, make(1.04)) == 3
    assert lesson.presses() == {"wave": 3, "clap": 3} and not lesson.lacks()
    study = lesson.study(workspace)
    assert study.modality == (Modality.VIDEO if make is seen else Modality.AUDIO)
    dataset = open_chosen(study.dataset, workspace)
    assert dataset.classes == ("clap", "wave") and len(dataset.clips) == 18
    assert dataset.folds == (1, 2, 3)
    assert all(len({clip.fold for clip in dataset.clips if clip.group == group}) == 1 for group in "123456")
    if make is seen:
        assert look(dataset.clips[0].path)[2].frames == 12 or look(dataset.clips[0].path)[2].frames == 13


def test_the_last_press_can_be_taken_back_and_too_little_is_said(workspace):
    lesson = Lesson.called("signs", workspace, 0.5)
    lesson.add("wave", heard(0.6))
    lesson.add("clap", heard(0.6))
    assert "Record clap, wave 3 times" in lesson.lacks()
    with pytest.raises(UserError, match="3 times"):
        lesson.study(workspace)
    lesson.forget_last()
    assert lesson.presses() == {"wave": 1}
    assert not list((lesson.folder / "clap").iterdir())
    with pytest.raises(UserError, match=r"Hold the key for 0.5 s at least: 0.2 s"):
        lesson.add("wave", heard(0.2))
