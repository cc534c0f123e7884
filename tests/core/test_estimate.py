"""Estimates: of the right size, and free for what is done."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.control import Control
from core.engine import run
from core.errors import Cancelled
from core.estimate import estimate
from core.study import Network
from core.workspace import Workspace
from tests.core.tones import tone_study, write_tones


def test_finished_runs_cost_nothing_and_more_epochs_cost_more(tmp_path: Path, workspace: Workspace) -> None:
    study = tone_study(write_tones(tmp_path / "tones"), folds=(1, 2))
    before = estimate(study, workspace)
    assert before.runs == 2
    assert before.seconds > 0 and before.disk_bytes > 1e6
    longer = study.model_copy(update={"recipe": study.recipe.model_copy(update={"epochs": 400})})
    assert estimate(longer, workspace).seconds > 10 * before.seconds
    run(study, workspace, lambda event: None)
    after = estimate(study, workspace)
    assert (after.runs, after.seconds, after.disk_bytes) == (0, 0, 0)


def test_every_network_is_timed_and_a_full_disk_is_said(
    tmp_path: Path, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    networks = (Network(), Network(name="frozen", freeze="all but head"))
    study = tone_study(write_tones(tmp_path / "tones"), network=networks)
    monkeypatch.setattr(Workspace, "free_bytes", lambda self: 1000)
    found = estimate(study, workspace)
    assert set(found.per_network) == {"Baseline CNN", "frozen"}
    assert found.per_network["frozen"] > 0
    assert "Only 1 kB are free" in found.sentence()


def test_it_can_be_cancelled(tmp_path: Path, workspace: Workspace) -> None:
    control = Control()
    control.cancel()
    with pytest.raises(Cancelled):
        estimate(tone_study(write_tones(tmp_path / "tones")), workspace, control)
