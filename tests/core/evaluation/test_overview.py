"""All runs of a study: finished ones scored, the others with where they stand."""

from __future__ import annotations

import subprocess
import sys

from core.control import Control
from core.evaluation.overview import read_overview
from core.recipe import Recipe
from core.run_records import Phase
from core.run_spec import DatasetChoice, Network, RunSpec
from core.runs import list_studies, run_folder
from core.workspace import Workspace
from tests.gui.make_runs import make_study, synthetic_clips

STUDY = "fabricated-test-data"


def test_finished_and_unfinished_runs_are_told_apart(workspace):
    finished = make_study(workspace, synthetic_clips(4, per_class=8), networks=(Network(),), folds=(1, 2))
    spec = RunSpec(study=STUDY, network=Network(), dataset=DatasetChoice(), recipe=Recipe(), fold=3, seed=0)
    broken = run_folder(workspace, spec)
    broken.create(spec)
    broken.write_status(phase=Phase.FAILED, reason="the loss was not a number")
    finished[0].write_note("microphone was moved")
    overview = read_overview(workspace, STUDY, Control())
    assert {run.folder.id for run in overview.summary.runs} == {run.id for run in finished}
    assert [(run.folder.id, run.status.phase) for run in overview.unfinished] == [(broken.id, Phase.FAILED)]
    assert overview.notes[finished[0].id] == "microphone was moved"
    assert overview.sizes[finished[0].id] == finished[0].size() > 1000
    assert not overview.empty


def killed_run(workspace):
    """A run that says it is under way."""
    spec = RunSpec(study=STUDY, network=Network(), dataset=DatasetChoice(), recipe=Recipe(), fold=3, seed=0)
    folder = run_folder(workspace, spec)
    folder.create(spec)
    folder.write_status(phase=Phase.RUNNING)
    return folder


def test_a_run_that_nobody_trains_is_interrupted(workspace):
    folder = killed_run(workspace)
    (run,) = read_overview(workspace, STUDY, Control()).unfinished
    assert run.status.phase is Phase.INTERRUPTED
    assert "ended" in run.status.reason
    (run,) = read_overview(workspace, STUDY, Control(), trained="another study").unfinished
    assert run.status.phase is Phase.INTERRUPTED
    (run,) = read_overview(workspace, STUDY, Control(), trained=STUDY).unfinished
    assert run.status.phase is Phase.RUNNING
    assert folder.status.phase is Phase.RUNNING  # what is on disk stays


def test_a_run_that_another_programme_trains_runs_until_that_is_gone(workspace):
    killed_run(workspace)
    reader = Workspace(workspace.root).open()
    assert not reader.writable
    (run,) = read_overview(reader, STUDY, Control()).unfinished
    assert run.status.phase is Phase.RUNNING
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        pass
    (workspace.root / ".owner").write_text(str(gone.pid))
    (run,) = read_overview(reader, STUDY, Control()).unfinished
    assert run.status.phase is Phase.INTERRUPTED


def test_a_study_without_runs_is_empty(workspace):
    assert read_overview(workspace, "none", Control()).empty
    assert list_studies(workspace) == []


def test_studies_are_listed_even_before_a_run_has_finished(workspace):
    spec = RunSpec(study="begun", network=Network(), dataset=DatasetChoice(), recipe=Recipe(), fold=1, seed=0)
    run_folder(workspace, spec).create(spec)
    assert list_studies(workspace) == ["begun"]
    assert list_studies(workspace, finished=True) == []
