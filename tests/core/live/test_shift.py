"""Runs on captures beside their test clips: asked about what they know and have not learned from, and counted right."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
import soundfile
import torch
from statsmodels.stats.proportion import proportion_confint

from core.captures import read_captures
from core.control import Control
from core.errors import UserError
from core.live.capture import Kept, write_capture
from core.live.shift import shifts
from core.live.shift_table import ALIKE, HEADINGS, KEPT, caveats, shift_table
from core.run_spec import DatasetChoice, Network
from core.runs import RunFolder, list_runs
from core.training.restore import restore
from tests.core.films import moving_square
from tests.core.live.captured_tones import MORNING, asked_live, keep, keep_sessions
from tests.core.tones import RATE, tone_study, trained


def ask(runs, workspace):
    return shifts(runs, workspace, Control(), lambda progress: None)


def own_count(run, captures):
    """How many captures a run gets right, asked about one after the other by hand."""
    task, classes, right = restore(run, torch.device("cpu")), run.predictions().classes, 0
    for capture in captures:
        samples, rate = soundfile.read(capture.path, dtype="float32")
        assert rate == RATE and len(samples) == run.spec.recipe.audio.samples
        with torch.inference_mode():
            said = task({"audio": (torch.from_numpy(samples)[None],)})
        right += classes[int(said[0].argmax())] == capture.label
    return right


def test_captures_are_asked_about_and_counted_beside_the_test_clips(run, workspace):
    keep_sessions(workspace)
    found = ask([run], workspace)
    (shift,) = found.shifts
    captures, _ = read_captures(workspace.captures)
    right = own_count(run, captures)
    assert (shift.capture.right, shift.capture.of, shift.sessions) == (right, 16, 2)
    assert 0 < right < 16, "else nothing would be told apart"
    tested = run.predictions()
    assert (shift.test.right, shift.test.of) == (int(tested.correct.sum()), 6)
    low, high = proportion_confint(right, 16, method="wilson")
    assert shift.capture.interval == pytest.approx((low, high))
    row = dict(zip(HEADINGS, shift_table(found).rows[0], strict=True))
    assert row["Run"] == run.name and row["Given"] == "sound" and row["Left out"] == "–"
    figures = f"{100 * right / 16:.1f} [{100 * low:.1f}, {100 * high:.1f}], 16 captures of 2 sessions"
    assert row["Captured accuracy %"] == figures
    points = 100 * (right / 16 - tested.correct.mean())
    assert float(row["Difference (points)"].replace("−", "-")) == pytest.approx(points, abs=0.05)
    assert caveats(found) == (KEPT, ALIKE)


def test_what_a_run_cannot_be_asked_about_is_left_out_and_said(run, workspace):
    keep_sessions(workspace)
    keep(workspace, "a", "whistle", 20, 3000.0)
    keep(workspace, "a", "", 21, 3000.0)
    keep(workspace, "b", "low", 22, sources={"replay": "40 recordings"})
    film = Kept(np.zeros(0, np.float32), 1, tuple(enumerate(moving_square(5))))
    write_capture(workspace.captures, film, session="c", label="low", now=MORNING)
    found = ask([run], workspace)
    (shift,) = found.shifts
    assert (shift.capture.of, shift.sessions) == (17, 2)
    assert (shift.unknown, shift.unfit, shift.learned) == (1, 1, 0)
    row = dict(zip(HEADINGS, shift_table(found).rows[0], strict=True))
    assert row["Left out"] == "1 of a class it does not know, 1 without sound"
    said = " ".join(caveats(found))
    assert "1 capture is not counted" in said and "1 capture comes from a replay" in said


def test_a_run_that_knows_nothing_of_what_was_captured_has_a_row_without_a_score(run, workspace):
    for session in ("a", "b"):
        keep(workspace, session, "whistle", 0, 3000.0)
        keep(workspace, session, "hum", 1, 100.0)
    found = ask([run], workspace)
    (shift,) = found.shifts
    assert shift.capture.of == 0 and shift.unknown == 4
    assert shift_table(found).rows[0][4:] == ("–", "–", "4 of a class it does not know")


def test_nothing_is_asked_that_was_learned_from_however_far_back(run, workspace):
    keep_sessions(workspace, said=asked_live(run))
    captured = DatasetChoice(name="captured", folds=0)
    started = Network(weights="run", weights_path=run.name)
    recipe = run.spec.recipe.model_copy(update={"epochs": 1})
    trained(
        tone_study(workspace.root, name="on captures", dataset=captured, network=(started,), recipe=recipe), workspace
    )
    (learned,) = list_runs(workspace, "on captures")
    source = Network(weights="run", weights_path=learned.name)
    choice = run.spec.dataset
    trained(tone_study(choice.root, name="further", network=(source,), recipe=recipe, dataset=choice), workspace)
    (further,) = list_runs(workspace, "further")
    keep(workspace, "b", "middle", 30)  # since then: in a session that was trained on, but not trained on itself
    held_out = set(learned.predictions().clip_ids.tolist())
    new = {capture.id for capture in read_captures(workspace.captures)[0] if capture.made.endswith("08:00:30.000")}
    for shift in ask([learned, further], workspace).shifts:
        asked = set(shift.captured.clip_ids.tolist())
        assert asked == held_out | new and len(asked) == 9 and shift.learned == 8
    assert shift_table(ask([learned], workspace)).rows[0][-1] == "8 it may have learned from"
    (untouched,) = ask([run], workspace).shifts
    assert untouched.capture.of == 17 and untouched.learned == 0


def test_one_run_that_cannot_be_asked_does_not_silence_the_others(run, workspace):
    keep_sessions(workspace)
    gone = RunFolder(workspace.runs / "gone" / run.id)
    shutil.copytree(run.path, gone.path)
    gone.weights.unlink()
    found = ask([gone, run], workspace)
    assert [shift.run.name for shift in found.shifts] == [run.name]
    assert caveats(found)[-1].startswith(f"{gone.name}: There is no weights file")
    with pytest.raises(UserError, match="There is no weights file"):
        ask([gone], workspace)


def test_without_captures_or_runs_a_sentence_says_so(workspace):
    with pytest.raises(UserError, match="holds no captures yet"):
        ask([], workspace)
    keep_sessions(workspace)
    with pytest.raises(UserError, match="There is no finished run"):
        ask([], workspace)
