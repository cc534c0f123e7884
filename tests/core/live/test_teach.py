"""Examples recorded while a key is held become a dataset with a study that learns it."""

from __future__ import annotations

import numpy as np
import pytest

from core.chosen import open_chosen
from core.datasets.base import Modality
from core.engine import run
from core.errors import UserError
from core.events import Outcome, StudyFinished
from core.live.capture import Kept
from core.live.teach import Lesson, is_taught, lessons, pieces
from core.runs import list_runs
from core.video.decode import decode as look
from models.alexnet import build
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
    assert lesson.forget_last() == "clap"
    assert lesson.presses() == {"wave": 1} == lesson.examples()
    assert not list((lesson.folder / "clap").iterdir())
    with pytest.raises(UserError, match=r"Hold the key for 0.5 s at least: 0.2 s"):
        lesson.add("wave", heard(0.2))
    assert lesson.forget_last() == "wave"
    assert lesson.rows == [] and lesson.presses() == {} and lesson.forget_last() == ""
    assert lesson.add("clap", heard(0.6)) == 1, "it goes on after everything was taken back"


def test_what_is_said_of_a_lesson_comes_back(workspace):
    lesson = Lesson.called("Gestes à moi", workspace, 1.5, ("salut ✋", "non"))
    assert lessons(workspace) == ([], [])
    lesson.save()
    Lesson.called("another", workspace, 1.0).save()
    assert [found.title for found in lessons(workspace)[0]] == ["another", "Gestes à moi"]
    assert Lesson.read(lesson.folder) == lesson and lesson.saved
    assert "salut ✋" in lesson.lacks() and "3 times" in lesson.lacks(), "classes without an example count too"
    (lesson.folder / "lesson.json").write_text('{"title": "torn')
    found, (problem,) = lessons(workspace)
    assert len(found) == 1 and "lesson.json cannot be read" in problem


def test_a_lesson_stays_with_what_it_learns_from(workspace):
    on_sight, on_sound = (Lesson.called(name, workspace, 0.5) for name in ("sight", "sound"))
    assert on_sight.learns is None
    on_sight.add("wave", seen(0.6))
    with pytest.raises(UserError, match="choose a source with a camera"):
        on_sight.add("wave", heard(0.6))
    on_sound.add("clap", heard(0.6))
    with pytest.raises(UserError, match="choose a source with a microphone"):
        on_sound.add("clap", seen(0.6))
    both = Kept(heard(1.0).sound, RATE, seen(1.0).frames)
    assert on_sight.add("wave", both) == on_sound.add("clap", both) == 3
    assert (on_sight.learns, on_sound.learns) == (Modality.VIDEO, Modality.AUDIO)
    assert {row["path"][-4:] for row in on_sound.rows} == {".wav"}
    with pytest.raises(UserError, match="Nothing was heard or seen"):
        on_sound.add("clap", Kept(np.zeros(0, np.float32), 1, ()))


def test_where_the_camera_gave_nothing_there_is_no_example(workspace):
    lesson = Lesson.called("signs", workspace, 0.5)
    stalled = Kept(heard(2.0).sound, RATE, seen(0.9).frames)
    assert lesson.add("wave", stalled) == 4, "of seven, three without a picture"


@pytest.mark.parametrize("place", ["the workspace's", "beside the lessons"])
def test_features_that_are_at_hand_are_taken_as_they_are(workspace, place):
    lesson = Lesson.called("signs", workspace, 0.5)
    for label in ("wave", "clap"):
        for _ in range(3):
            lesson.add(label, seen(0.6))
    assert lesson.study(workspace).network[0].architecture == "baseline_cnn"
    folder = workspace.weights if place == "the workspace's" else lesson.folder.parent / "weights"
    folder.mkdir(exist_ok=True)
    (folder / "alexnet-features-imagenet.safetensors").touch()
    (network,) = lesson.study(workspace).network
    assert (network.architecture, network.weights) == ("alexnet", "imagenet")
    alexnet = build(2, 3)
    frozen = alexnet.stages[: network.freeze_stages]
    assert network.freeze == "stages" and frozen, "what was loaded is kept"
    kept = {id(parameter) for stage in frozen for module in stage for parameter in module.parameters()}
    assert kept == set(map(id, alexnet.network.features.parameters())), "and nothing that was not"


def noise(seed, seconds=1.0):
    return Kept(np.random.default_rng(seed).normal(0, 0.1, round(seconds * RATE)).astype(np.float32), RATE, ())


def test_a_lesson_is_learned_again_after_more_was_recorded_and_deleted_for_good(workspace):
    lesson = Lesson.called("My sounds", workspace, 0.5, ("hiss", "hum"))
    lesson.save()
    for press in range(3):
        lesson.add("hiss", noise(press))
        lesson.add("hum", heard(1.0, 200.0 + 10 * press))

    def learn():
        study = lesson.study(workspace)
        events = []
        quick = study.model_copy(update={"recipe": study.recipe.model_copy(update={"epochs": 1})})
        assert run(quick, workspace, events.append) is Outcome.DONE, events[-1]
        assert isinstance(events[-1], StudyFinished)
        return study.name

    assert is_taught(learn()) and lesson.study(workspace).name == "taught my-sounds", "as long as nothing is new"
    (made,) = list_runs(workspace)
    assert made.spec.network.label == "My sounds"
    said = made.predictions()
    assert lesson.told(said).endswith(
        f"{100 * said.correct.mean():.0f} % of 6 examples of 2 presses that it did not learn from are right "
        "(one split: no interval)."
    )
    lesson.add("hum", heard(1.0, 333.0))
    assert learn() == "taught my-sounds 2", "a study is of the same clips throughout"
    assert list((workspace.cache / "audio").iterdir())
    lesson.delete(workspace)
    assert not lesson.folder.exists() and not list((workspace.cache / "audio").iterdir())
    assert len(list(list_runs(workspace))) == 2, "networks stay"
    assert lessons(workspace) == ([], [])
