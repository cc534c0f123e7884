"""Commands that tell of finished runs: compare, ensemble, robustness, shift."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from core import readable
from core.console.shown import OK, StudyView, in_workspace, interrupt, results, rich_table, say
from core.control import Control
from core.errors import UserError
from core.evaluation.across_studies import rank_studies, ranking_table
from core.evaluation.comparison import with_clips
from core.evaluation.comparison_tables import clip_table, pair_table
from core.evaluation.ensemble import How, ensembles, members, why_not_weighted
from core.evaluation.findings import find
from core.evaluation.metrics import METRICS
from core.evaluation.summary import Summary, summarise
from core.live.offered import live_choices
from core.live.shift import shifts
from core.live.shift_table import caveats, shift_table
from core.robustness.curve import Sweep
from core.robustness.sweep import sweep
from core.robustness.tables import findings, level_table, reservations
from core.run_lists import folds_without_runs
from core.runs import find_run, list_runs, nothing_finished
from core.tables import did_you_mean
from core.workspace import Workspace


def compare_studies(studies: Sequence[str], metric: str, rope: float, clips: bool, workspace: Path | None) -> int:
    """`main.py compare`: returns the exit code. `rope` is in the unit that the metric is shown in."""
    return in_workspace(
        workspace, lambda place, console: _compare(studies, metric, rope, clips, place, console), writes=False
    )


def run_ensemble(study: str, labels: Sequence[str], metric: str, workspace: Path | None) -> int:
    """`main.py ensemble`: returns the exit code."""
    return in_workspace(
        workspace, lambda place, console: _ensemble(study, labels, metric, place, console), writes=False
    )


def run_robustness(study: str, corruption: str, levels: Sequence[float], workspace: Path | None) -> int:
    """`main.py robustness`: returns the exit code."""
    return in_workspace(workspace, lambda place, console: _robustness(study, corruption, levels, place, console))


def run_shift(names: Sequence[str], workspace: Path | None) -> int:
    """`main.py shift`: returns the exit code."""
    return in_workspace(workspace, lambda place, console: _shift(names, place, console))


def _compare(
    studies: Sequence[str], metric: str, rope: float, clips: bool, workspace: Workspace, console: Console
) -> int:
    if metric not in METRICS:
        raise UserError(f"No metric is called “{metric}”.{did_you_mean(metric, METRICS)} Known: {', '.join(METRICS)}.")
    control, view = Control(), StudyView(console)
    with view, interrupt(control.cancel):
        summaries = {study: _finished(workspace, study, control, view) for study in dict.fromkeys(studies)}
    ranked = rank_studies(summaries, metric) if len(summaries) > 1 else None  # or says at once why not
    for study, summary in summaries.items():
        found = summary.compare(metric, rope / METRICS[metric].scale)
        if clips:
            with view, interrupt(control.cancel):
                found = with_clips(found, workspace, control, view.show)
        console.print(f"[bold]{escape(study)}[/]", results(summary, metric), sep="\n")
        if left_out := folds_without_runs(workspace, study, list_runs(workspace, study)):
            console.print(f"Of the folds that the study asks for, {left_out}.", soft_wrap=True)
        for table, title in ((pair_table(found), "Over the folds"), (clip_table(found), "On the same clips")):
            if table.rows:
                console.print(rich_table(table, title))
        say(console, find(summary, found, metric))
    if ranked is not None:
        console.print(rich_table(ranking_table(ranked), f"Over datasets, by {METRICS[metric].title.lower()}"))
        console.print(*ranked.ranking.sentences, *ranked.notes, sep="\n", soft_wrap=True, markup=False)
    return OK


def _finished(workspace: Workspace, study: str, control: Control, view: StudyView) -> Summary:
    """What has finished of a study.

    Raises:
        UserError: nothing has, or there is no such study.
    """
    summary = summarise(list_runs(workspace, study), control, view.show)
    if not summary.networks:
        raise nothing_finished(workspace, study)
    return summary


def _ensemble(study: str, labels: Sequence[str], metric: str, workspace: Workspace, console: Console) -> int:
    control = Control()
    METRICS[metric]  # refuses an unknown one before anything is read
    view = StudyView(console)
    with view, interrupt(control.cancel):
        summary = _finished(workspace, study, control, view)
        why_not = why_not_weighted(members(summary, labels))
        ways = [How.AVERAGE] if why_not else list(How)
        found = [ensembles(summary, labels, metric, how, control, view.show) for how in ways]
    for one in found:
        console.print(
            rich_table(one.table(), f"{one.how.words.capitalize()} of {readable.counted(len(one.members), 'network')}")
        )
        console.print(*one.sentences(), sep="\n", soft_wrap=True, markup=False)
    if why_not:
        console.print(f"The weighted average is left out. {why_not}", soft_wrap=True, markup=False)
    return OK


def _robustness(study: str, corruption: str, levels: Sequence[float], workspace: Workspace, console: Console) -> int:
    control = Control()
    view = StudyView(console)
    with view, interrupt(control.cancel):
        found = sweep(study, corruption, workspace, levels, control, view.show)
    console.print(_curve(found))
    for verdict, sentences in (("", reservations(found)), *findings(found)):
        console.print(*filter(None, (verdict, *sentences)), sep="\n", soft_wrap=True, markup=False)
    return OK


def _shift(names: Sequence[str], workspace: Workspace, console: Console) -> int:
    control = Control()
    view = StudyView(console)
    with view, interrupt(control.cancel):
        chosen = [find_run(workspace, name) for name in names]
        runs = chosen or [choice.folder for choice in live_choices(workspace, control)]
        found = shifts(runs, workspace, control, view.show)
    console.print(rich_table(shift_table(found), "Domain shift: accuracy [95 % interval]"))
    console.print(*caveats(found), sep="\n", soft_wrap=True, markup=False)
    return OK


def _curve(found: Sweep) -> Table:
    """Accuracy of every network at every level, with intervals over the folds."""
    return rich_table(level_table(found), f"{found.row.title}: accuracy % (mean, 95 % interval over folds)")
