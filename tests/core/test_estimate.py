"""Estimates: of the right size, and free for what is done."""

from __future__ import annotations

from pathlib import Path

import pytest

import core.estimate
from core.control import Control
from core.engine import run
from core.errors import Cancelled, UserError
from core.estimate import estimate
from core.events import EpochEnded, Event
from core.run_spec import Network
from core.study import Study
from core.workspace import Workspace
from tests.core.tones import tone_study, write_tones


def test_finished_runs_cost_nothing_and_the_rest_what_was_timed(
    tmp_path: Path, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = tone_study(write_tones(tmp_path / "tones"), folds=(1, 2))
    monkeypatch.setattr(core.estimate, "_time", lambda *_: (0.01, 0.002, 1000))  # s a clip to train, to test; weights
    before = estimate(study, workspace)
    assert before.runs == 2
    one_run = 4 * 18 * 0.01 + 24 * 0.002  # epochs × training clips, and one look at every clip
    assert before.seconds == pytest.approx(2 * one_run)
    assert before.per_run == {"Baseline CNN": pytest.approx(one_run)}
    _stop_first_run_after(2, study, workspace)
    resumed = estimate(study, workspace)
    assert resumed.runs == 2 and resumed.seconds == pytest.approx(1.5 * one_run), "half of its four epochs are done"
    assert resumed.per_run == before.per_run
    run(study, workspace, lambda event: None)
    after = estimate(study, workspace)
    assert (after.runs, after.seconds, after.disk_bytes) == (0, 0, 0)


def _stop_first_run_after(epochs: int, study: Study, workspace: Workspace) -> None:
    control = Control()

    def stop(event: Event) -> None:
        if isinstance(event, EpochEnded) and event.epoch == epochs:
            control.cancel()

    run(study.model_copy(update={"checkpoint_every": 0.0}), workspace, stop, control)


def test_every_network_is_timed_and_a_full_disk_is_said(
    tmp_path: Path, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    networks = (Network(), Network(name="frozen", freeze="all but head"))
    study = tone_study(write_tones(tmp_path / "tones"), network=networks)
    monkeypatch.setattr(Workspace, "free_bytes", lambda self: 1000)
    found = estimate(study, workspace)
    assert set(found.per_run) == {"Baseline CNN", "frozen"}
    assert found.per_run["frozen"] > 0
    assert "Only 1 kB are free" in found.sentence()


def test_it_can_be_cancelled(tmp_path: Path, workspace: Workspace) -> None:
    control = Control()
    control.cancel()
    with pytest.raises(Cancelled):
        estimate(tone_study(write_tones(tmp_path / "tones")), workspace, control)


def test_folds_that_are_not_there_are_said_and_not_called_finished(tmp_path: Path, workspace: Workspace) -> None:
    with pytest.raises(UserError, match="has the folds 1, 2, 3, 4"):
        estimate(tone_study(write_tones(tmp_path / "tones"), folds=(9,)), workspace)
