"""What a study says on a terminal, line by line."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from core.console.reports import compare_studies, run_ensemble
from core.console.shown import FAILED, OK, StudyView, results
from core.estimate import Estimate
from core.evaluation.statistics import ONE_FOLD
from core.evaluation.summary import summarise
from core.events import EpochEnded, Outcome, RunFinished, RunStarted, StudyStarted, TrialEnded
from core.run_records import Phase
from core.run_spec import DatasetChoice
from core.search.trials import Ending, Trial
from core.workspace import Workspace
from tests.gui.make_runs import NETWORKS, make_study, synthetic_clips


def test_a_run_that_fails_before_it_starts_is_not_counted_by_the_clock_of_the_one_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock, written = [0.0], io.StringIO()
    monkeypatch.setattr("core.console.shown.time.monotonic", lambda: clock[0])
    expected = Estimate(400.0, 0, 0, 4, {"AlexNet": 100.0})
    view = StudyView(Console(file=written, width=200, highlight=False), expected)
    view.show(StudyStarted("trial", ("a", "b", "c", "d")))
    view.show(RunStarted("a", "AlexNet", "alexnet", 1, 0, 10, 0, 5, 40, 0, 10, 1000))
    clock[0] = 100.0
    view.show(RunFinished("a", Outcome.DONE, scores={"accuracy": 0.5}))
    clock[0] = 5000.0
    view.show(RunFinished("b", Outcome.FAILED, "no weights"))
    view.show(RunStarted("c", "AlexNet", "alexnet", 3, 0, 10, 0, 5, 40, 0, 10, 1000))
    clock[0] = 5100.0
    view.show(RunFinished("c", Outcome.DONE, scores={"accuracy": 0.5}))
    _, first, failed, third = written.getvalue().splitlines()
    assert first == "AlexNet, fold 1, seed 0:  50.0 %  2 min  (1 of 4, about 5 min left)"
    assert failed == "b: failed: no weights  (2 of 4)"
    assert third == "AlexNet, fold 3, seed 0:  50.0 %  2 min  (3 of 4, about 3 min left)"


def test_the_bar_of_a_trial_goes_when_it_ends() -> None:
    written = io.StringIO()
    with StudyView(Console(file=written, width=200, highlight=False, force_terminal=True)) as view:
        for number in (1, 2, 3):
            run = f"trial-{number}"
            view.show(RunStarted(run, "AlexNet", "alexnet", 1, 0, 2, 0, 5, 40, 10, 0, 1000, trial=True))
            view.show(EpochEnded(run, 1, 2, 0.5, 0.5, 0.5, 0.5, 1e-3, 99.0, 1.0))
            assert [task.description for task in view._bars.tasks] == [run]
            view.show(TrialEnded(Trial(number, Ending.TRAINED, {"learning_rate": 0.01}, 0.5, 1, 0.5)))
        assert not view._bars.tasks and not view._runs
    assert written.getvalue().count("trained: validation loss 0.500") == 3


def test_that_one_fold_allows_no_test_is_said_once_and_of_whom(workspace: Workspace) -> None:
    clips = synthetic_clips(4, per_class=8)
    runs = make_study(workspace, clips, folds=(1,))
    summary = summarise(runs)
    assert summary.on_one_fold("accuracy") == ONE_FOLD
    assert [difference.sentence.endswith(" over 1 fold.") for difference in summary.differences] == [True] * 3
    written = io.StringIO()
    Console(file=written, width=200).print(results(summary))
    assert "one fold" not in written.getvalue() and written.getvalue().count("–") >= 3
    runs += make_study(workspace, clips, networks=NETWORKS[1:], folds=(2, 3))
    (alone,) = (network.label for network in summarise(runs).networks if len(network.folds) == 1)
    assert summarise(runs).on_one_fold("accuracy") == f"{alone} was tested on one fold only. {ONE_FOLD}"
    apart = make_study(workspace, clips, networks=NETWORKS[1:2], folds=(1, 2), study="apart")
    apart += make_study(workspace, clips, networks=NETWORKS[2:], folds=(2, 3), study="apart")
    assert summarise(apart).on_one_fold("accuracy") == ONE_FOLD  # each has two folds, and they share one
    assert summarise(runs[len(NETWORKS) :] + apart[:1]).on_one_fold("accuracy") == ""


def test_a_study_is_compared_and_several_are_ranked(
    workspace: Workspace, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "250")
    make_study(workspace, synthetic_clips(4, per_class=8), study="one")
    make_study(workspace, synthetic_clips(5, per_class=8), study="other", dataset=DatasetChoice(name="esc50"))
    assert workspace.writable, "as a window would hold it: what only reads works beside it"
    assert compare_studies(["one"], "accuracy", 2.0, True, workspace.root) == OK
    said = capsys.readouterr().out
    for part in (
        "Over the folds",
        "On the same clips",
        "What was found",
        "What this cannot show",
        "P(within 2 points)",
    ):
        assert part in said
    assert said.count("after Holm over 3 pairs") == 6 and "4 folds are few" in said and "One seed:" in said
    assert compare_studies(["one", "other"], "log_loss", 0.02, False, workspace.root) == OK
    both = capsys.readouterr().out
    assert "On the same clips" not in both and "P(within 0.02 nats)" in both
    assert "Over datasets, by log loss" in both and "2 datasets are too few for 3 networks" in both


@pytest.mark.parametrize(
    ("studies", "metric", "message"),
    [
        (["onee"], "accuracy", "Did you mean “one”?"),
        (["one"], "acuracy", "Did you mean “accuracy”?"),
        (["one", "twin"], "accuracy", "“one” and “twin” are both of"),
        (["one", "begun"], "accuracy", "“begun” has no finished run"),
        (["one", "apart"], "accuracy", "fewer than two networks in common"),
    ],
)
def test_what_cannot_be_compared_is_named(
    workspace: Workspace, capsys: pytest.CaptureFixture[str], studies: list[str], metric: str, message: str
) -> None:
    clips = synthetic_clips(3, per_class=4, folds=2)
    for study in ("one", "twin"):
        make_study(workspace, clips, study=study, networks=NETWORKS[:2], folds=(1, 2))
    make_study(
        workspace, clips, study="apart", networks=NETWORKS[2:], folds=(1, 2), dataset=DatasetChoice(name="esc50")
    )
    for run in make_study(workspace, clips, study="begun", networks=NETWORKS[:1], folds=(1,)):
        run.write_status(phase=Phase.RUNNING)
    workspace.close()
    assert compare_studies(studies, metric, 1.0, False, workspace.root) == FAILED
    told = capsys.readouterr()
    assert message in told.err.replace("\n", " ") and not told.out


def test_what_only_reads_makes_no_workspace(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert compare_studies(["one"], "accuracy", 1.0, False, tmp_path / "wrong") == FAILED
    assert run_ensemble("one", (), "accuracy", tmp_path / "wrong") == FAILED
    assert capsys.readouterr().err.replace("\n", "").count("There is no workspace") == 2
    assert not (tmp_path / "wrong").exists()
