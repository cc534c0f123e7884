"""Runs as lists offer them."""

from __future__ import annotations

import numpy as np
import pytest

from core.control import Control
from core.errors import Cancelled
from core.run_lists import Earlier, earlier_runs, folds_without_runs, read_rows
from core.run_records import LogRow, Phase
from core.run_spec import Network
from core.runs import RunFolder, list_studies, run_folder
from core.settings_file import write_toml
from core.study import Study
from core.workspace import Workspace
from tests.gui.make_runs import make_run, synthetic_clips

STUDY = Study(name="One", folds=(1, 2), network=(Network(architecture="resnet50"), Network(architecture="alexnet")))


@pytest.fixture
def folders(workspace: Workspace) -> list[RunFolder]:
    """One finished run, one that was under way, two that wait."""
    specs = list(STUDY.runs((1, 2)))
    clips = synthetic_clips(10, per_class=8)
    made = [make_run(workspace, specs[0], clips)]
    for spec in specs[1:]:
        folder = run_folder(workspace, spec)
        folder.create(spec)
        made.append(folder)
    made[1].write_status(phase=Phase.RUNNING)
    made[1].write_log([LogRow(epoch, 2.0, 0.5, None, None, 1e-3, 30.0, 1.0) for epoch in (1, 2)])
    made[1].checkpoint.touch()
    write_toml(STUDY, workspace.runs / "one" / "study.toml")
    return made


def test_rows_say_where_each_run_stands(workspace: Workspace, folders: list[RunFolder]) -> None:
    folders[0].write_note("microphone was moved")
    folders[2].write_title("mine")
    rows = read_rows(workspace, "one", Control(), trained="one")
    assert [(row.spec.fold, row.network) for row in rows] == [
        (fold, network) for fold in (1, 2) for network in ("ResNet-50", "AlexNet")
    ], "in the order of training, not of names"
    seen = {row.id: row for row in rows}
    done, under_way, waits = (seen[folder.id] for folder in folders[:3])
    predictions = folders[0].predictions()
    right = np.count_nonzero(predictions.probabilities.argmax(axis=1) == predictions.labels)
    assert 0 < right < len(predictions) and done.accuracy == pytest.approx(right / len(predictions))
    assert (done.phase, done.epoch, done.note) == (Phase.DONE, 30, "microphone was moved")
    assert (under_way.phase, under_way.epoch, under_way.kept, under_way.accuracy) == (Phase.RUNNING, 2, 2, None)
    assert (waits.phase, waits.epoch, waits.kept, waits.title) == (Phase.WAITING, 0, 0, "mine")
    assert done.bytes == folders[0].size() and len(under_way.log) == 2


def test_folds_that_a_study_asks_for_in_vain_are_named(workspace: Workspace, folders: list[RunFolder]) -> None:
    assert not folds_without_runs(workspace, "One", folders) and not folds_without_runs(workspace, "nothing", [])
    for folds, words in (
        ((1, 2, 3), "fold 3 has no run"),
        ((0, 1, 2, 3), "folds 0, 3 have no run"),
        ((), ""),
    ):
        write_toml(STUDY.model_copy(update={"folds": folds}), workspace.runs / "one" / "study.toml")
        assert folds_without_runs(workspace, "One", folders) == words


def test_rows_follow_the_order_of_the_study(workspace: Workspace, folders: list[RunFolder]) -> None:
    write_toml(STUDY.model_copy(update={"order": "all folds"}), workspace.runs / "one" / "study.toml")
    assert [(row.network, row.spec.fold) for row in read_rows(workspace, "one", Control())] == [
        (network, fold) for network in ("ResNet-50", "AlexNet") for fold in (1, 2)
    ]


def test_a_run_that_nobody_trains_is_interrupted_also_while_another_study_is_trained(
    workspace: Workspace, folders: list[RunFolder]
) -> None:
    for trained in ("", "another"):
        row = next(row for row in read_rows(workspace, "one", Control(), trained=trained) if row.id == folders[1].id)
        assert row.phase is Phase.INTERRUPTED and "Resume" in row.reason


def test_torn_files_cost_one_figure_or_one_run(workspace: Workspace, folders: list[RunFolder]) -> None:
    (folders[0].path / "predictions.npz").write_bytes(b"torn")
    (folders[3].path / "study.toml").write_text("torn")
    rows = read_rows(workspace, "one", Control())
    assert len(rows) == 3
    torn = next(row for row in rows if row.id == folders[0].id)
    assert torn.accuracy is None and "predictions.npz" in torn.reason


def test_only_finished_runs_with_weights_are_started_from(workspace: Workspace, folders: list[RunFolder]) -> None:
    assert earlier_runs(workspace, Control()) == []
    for folder in folders[:2]:
        folder.weights.touch()
    words = "one: ResNet-50, on sound, fold 1, seed 0"
    assert earlier_runs(workspace, Control()) == [Earlier(folders[0].name, words)]
    folders[0].write_title("mine")
    assert earlier_runs(workspace, Control())[0].words == "one: mine, on sound, fold 1, seed 0"


def test_lists_are_cancelled_between_runs(workspace: Workspace, folders: list[RunFolder]) -> None:
    control = Control()
    control.cancel()
    with pytest.raises(Cancelled):
        read_rows(workspace, "one", control)
    with pytest.raises(Cancelled):
        earlier_runs(workspace, control)
    assert list_studies(workspace) == ["one"]
