"""A run's folder: what was written is read, what is torn is said."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.errors import UserError
from core.run_records import OUTDATED, LogRow, Phase
from core.runs import RunFolder, find_run, list_runs, run_folder
from core.study import Study
from core.workspace import Workspace

ROW = LogRow(1, 0.5, 0.75, None, None, 1e-3, 120.0, 2.0)


@pytest.fixture
def folder(workspace: Workspace) -> RunFolder:
    spec = next(Study(name="My Study").runs((1,)))
    folder = run_folder(workspace, spec)
    folder.create(spec)
    return folder


def test_spec_status_log_and_note_survive(folder: RunFolder) -> None:
    assert folder.study == "my-study"
    assert RunFolder(folder.path).spec.study == "My Study"
    assert folder.status.phase is Phase.WAITING
    folder.write_status(phase=Phase.RUNNING, epoch=3)
    folder.write_status(reason="why")
    assert (folder.status.phase, folder.status.epoch, folder.status.reason) == (Phase.RUNNING, 3, "why")
    rows = [ROW, LogRow(2, 0.4, 0.8, 0.6, 0.7, 1e-4, 121.5, 2.5)]
    folder.write_log(rows)
    assert folder.log() == rows
    folder.write_note("kept for the viva – ünïcode")
    assert folder.note == "kept for the viva – ünïcode"
    assert folder.title == ""
    folder.write_title("  my\nbest ")
    assert folder.title == "my best"
    assert folder.size() > 100


def test_a_run_does_not_take_over_the_answers_of_another_of_its_name(folder: RunFolder) -> None:
    answer = folder.corrupted("noise", 10.0)
    answer.parent.mkdir()
    answer.touch()
    assert folder.corrupted_levels("noise") == (10.0,)
    folder.create(folder.spec)
    assert folder.corrupted_levels("noise") == () and folder.spec.study == "My Study"


def test_a_torn_log_ends_where_it_is_torn(folder: RunFolder) -> None:
    folder.write_log([ROW, ROW])
    log = folder.path / "log.csv"
    log.write_text(log.read_text()[:-8])
    assert folder.log() == [ROW]


def test_a_resume_keeps_the_epochs_of_the_checkpoint_not_of_the_log(folder: RunFolder) -> None:
    folder.write_log([replace(ROW, epoch=epoch) for epoch in (1, 2, 3)])
    folder.write_status(phase=Phase.RUNNING, resumable=1)
    assert folder.epochs_kept() == 0  # a node trained three epochs, and was lost with what it learned
    folder.checkpoint.touch()
    assert folder.epochs_kept() == 1
    folder.write_status(resumable=0)  # an earlier version's
    assert folder.epochs_kept() == 3


def test_a_torn_status_is_a_failed_run_with_its_reason(folder: RunFolder) -> None:
    (folder.path / "status.json").write_text('{"phase": "don')
    assert folder.status.phase is Phase.FAILED
    assert "status.json cannot be read" in folder.status.reason


@pytest.mark.parametrize(
    ("phase", "seen"),
    [
        (Phase.WAITING, Phase.WAITING),
        (Phase.RUNNING, Phase.INTERRUPTED),
        (Phase.CANCELLED, Phase.CANCELLED),
        (Phase.FAILED, Phase.FAILED),
        (Phase.DONE, Phase.DONE),
    ],
)
def test_nothing_goes_on_with_a_run_of_another_training(folder: RunFolder, phase: Phase, seen: Phase) -> None:
    folder.write_status(phase=phase, reason="it goes on after epoch 2")
    earlier = folder.spec.model_copy(update={"training": 1})
    folder.create(earlier)
    status = RunFolder(folder.path).status_seen(trained=True)
    assert status.phase is seen
    kept = phase in (Phase.FAILED, Phase.DONE)
    assert status.reason == ("it goes on after epoch 2" if kept else OUTDATED)


def test_runs_are_found_by_name_and_by_folder(workspace: Workspace, folder: RunFolder) -> None:
    assert find_run(workspace, f"my-study/{folder.id}") == folder
    assert find_run(workspace, folder.id) == folder
    assert find_run(workspace, str(folder.path)) == folder
    folder.write_title("my best")
    assert find_run(workspace, "my-study/my best") == folder
    assert list(list_runs(workspace, "My Study")) == [folder]
    with pytest.raises(UserError, match="There is no run"):
        find_run(workspace, "my-study/other")


def test_the_same_run_in_two_studies_has_to_be_told_apart(workspace: Workspace, folder: RunFolder) -> None:
    spec = next(Study(name="Other").runs((1,)))
    run_folder(workspace, spec).create(spec)
    with pytest.raises(UserError, match=r"Several runs are called .*: my-study/.*, other/"):
        find_run(workspace, spec.id)


def test_deleting_is_for_good(workspace: Workspace, folder: RunFolder) -> None:
    folder.delete()
    assert not folder.path.exists() and not list(list_runs(workspace))


def test_missing_predictions_are_said(folder: RunFolder) -> None:
    with pytest.raises(UserError, match=r"predictions.npz is missing"):
        folder.predictions()
    (folder.path / "predictions.npz").write_bytes(b"PK torn")
    with pytest.raises(UserError, match="not a predictions file"):
        folder.predictions()


def test_folders_that_are_no_runs_are_passed_over(workspace: Workspace) -> None:
    (workspace.runs / "study" / "holiday pictures").mkdir(parents=True)
    assert list(list_runs(workspace)) == []


def test_a_state_is_called_by_one_word_wherever_runs_are_listed():
    words = {phase: phase.word for phase in Phase}
    assert (words[Phase.RUNNING], words[Phase.CANCELLED], words[Phase.DONE]) == ("training", "stopped", "done")
    assert len(set(words.values())) == len(Phase)


@pytest.mark.parametrize("name", ["../other/status.json", "/tmp/sensorium-x", "a/../../x", "link/x", "", "."])
def test_what_is_received_stays_in_the_folder(folder: RunFolder, name: str) -> None:
    (folder.path / "link").symlink_to(folder.path.parent)
    before = sorted(folder.path.parent.rglob("*"))
    with pytest.raises(UserError, match="not in the folder of"):
        folder.receive({"log.csv": b"x", name: b"x"})
    assert sorted(folder.path.parent.rglob("*")) == before
    folder.receive({"tensorboard/events": b"1", "log.csv": b"2"}, {"link"})
    assert (folder.path / "tensorboard" / "events").read_bytes() == b"1"
