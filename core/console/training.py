"""Commands that train: run, search, verify, adapt."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape

from core.cluster import Cluster
from core.console.shown import FAILED, INTERRUPTED, OK, StudyView, in_workspace, interrupt, results, say
from core.control import Control
from core.engine import Engine
from core.errors import UserError
from core.estimate import estimate
from core.evaluation.findings import find
from core.evaluation.summary import summarise
from core.events import Outcome
from core.live.adapt import adapted_study, compare_adapted
from core.live.shift import captured, shifts
from core.live.shift_table import ALIKE, KEPT
from core.runner import in_turn
from core.runs import find_run, list_runs
from core.search.plan import Plan
from core.search.result import label_of, read_search
from core.search.run import run_search
from core.search.settings import Search
from core.settings_file import validated
from core.study import Study, read_study
from core.workspace import Workspace


def run_study(
    path: Path, workspace: Path | None, dataset_root: Path | None = None, cluster: Cluster | None = None
) -> int:
    """`main.py run`: returns the exit code."""
    return in_workspace(workspace, lambda place, console: _run_study(path, dataset_root, cluster, place, console))


def search_study(path: Path, asked: Mapping[str, Any], workspace: Path | None, dataset_root: Path | None) -> int:
    """`main.py search`: returns the exit code. `asked`: fields of Search."""
    return in_workspace(workspace, lambda place, console: _search(path, asked, dataset_root, place, console))


def verify_run(name: str, workspace: Path | None) -> int:
    """`main.py verify`: 0 when the predictions are equal, 1 when not."""
    return in_workspace(workspace, lambda place, console: _verify(name, place, console))


def run_adapt(name: str, workspace: Path | None) -> int:
    """`main.py adapt`: returns the exit code."""
    return in_workspace(workspace, lambda place, console: _adapt(name, place, console))


def _run_study(
    path: Path, dataset_root: Path | None, cluster: Cluster | None, workspace: Workspace, console: Console
) -> int:
    study = _located(path, dataset_root)
    view = _train(study, workspace, console, cluster)
    summary = summarise(list_runs(workspace, study.name))
    if summary.networks:
        console.print(results(summary))
        say(console, find(summary, summary.differences, "accuracy"))
    if _stopped(view, console):
        return INTERRUPTED
    console.print(f"Everything is in {workspace.runs}; `uv run main.py` opens it.", soft_wrap=True)
    return OK


def _located(path: Path, dataset_root: Path | None) -> Study:
    """A study's file, with the dataset where the person says that it lies."""
    study = read_study(path)
    if dataset_root is None:
        return study
    choice = study.dataset.model_copy(update={"root": str(dataset_root.expanduser().absolute())})
    return study.model_copy(update={"dataset": choice})


def _search(
    path: Path, asked: Mapping[str, Any], dataset_root: Path | None, workspace: Workspace, console: Console
) -> int:
    plan = Plan(_located(path, dataset_root), validated(Search, asked, "the search"))
    console.print(f"[bold]{escape(plan.title)}[/], without fold {plan.search.fold}", soft_wrap=True)
    engine = Engine(workspace)
    view = StudyView(console)
    engine.subscribe(view.show)
    with view, interrupt(engine.cancel):
        engine.begin(plan.title, partial(run_search, plan))
        while not engine.join(0.2):
            pass
    stopped = _stopped(view, console)
    found = read_search(plan.folder(workspace))
    if found.best is not None:
        console.print(found.sentence(), *found.caveats(), sep="\n", soft_wrap=True, markup=False)
        for importance in found.importances():
            console.print(f"  {label_of(importance.name):24}{100 * importance.share:4.0f} %", markup=False)
        console.print(found.importance_sentence(), soft_wrap=True, markup=False)
        file = found.write_best_study()
        console.print(f"To train it over all folds: uv run main.py run {shlex.quote(str(file))}", soft_wrap=True)
    return INTERRUPTED if stopped else OK


def _train(study: Study, workspace: Workspace, console: Console, cluster: Cluster | None = None) -> StudyView:
    """Say what a study will cost, if it is trained here, and train it; the view knows how that ended."""
    console.print(f"[bold]{escape(study.name)}[/]{escape(f' — {study.answers}' if study.answers else '')}")
    expected = None
    if cluster is None:  # of other machines, nothing is known before they have trained
        control = Control()
        with interrupt(control.cancel):
            console.print("Estimating time and disk from a few timed batches …")
            expected = estimate(study, workspace, control)
            console.print(expected.sentence())
    engine = Engine(workspace)
    view = StudyView(console, expected)
    engine.subscribe(view.show)
    with view, interrupt(engine.cancel):
        engine.start(study, cluster.runner if cluster else in_turn)
        while not engine.join(0.2):
            pass
    return view


def _stopped(view: StudyView, console: Console) -> bool:
    """Whether the study was stopped, and how to go on.

    Raises:
        UserError: it failed.
    """
    if view.outcome is Outcome.FAILED:
        raise UserError(view.reason)
    if view.outcome is Outcome.CANCELLED:
        again = escape(shlex.join(sys.argv))
        console.print(f"{escape(view.reason)} To go on: [bold]uv run {again}[/]", soft_wrap=True)
    return view.outcome is Outcome.CANCELLED


def _verify(name: str, workspace: Workspace, console: Console) -> int:
    from core.verify import verify

    folder = find_run(workspace, name)
    control = Control()
    view = StudyView(console)
    with view, interrupt(control.cancel):
        verdict = verify(folder, workspace, view.show, control)
    console.print(verdict.sentence(), soft_wrap=True)
    return OK if verdict.equal else FAILED


def _adapt(name: str, workspace: Workspace, console: Console) -> int:
    folder, control = find_run(workspace, name), Control()
    study = adapted_study(folder, captured(workspace, control))
    view = StudyView(console)
    with view, interrupt(control.cancel):
        (shift,) = shifts([folder], workspace, control, view.show).shifts
    if _stopped(_train(study, workspace, console), console):
        return INTERRUPTED
    compared = compare_adapted(shift, list(list_runs(workspace, study.name)))
    console.print(compared.sentence, KEPT, ALIKE, sep="\n", soft_wrap=True, markup=False)
    return OK
