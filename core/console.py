"""The engine without a window: progress lines, time left, a table of results."""

from __future__ import annotations

import shlex
import signal
import sys
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, TaskID, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars
from rich.table import Table
from rich.text import Text

from core import readable
from core.control import Control
from core.engine import Engine
from core.errors import Cancelled, UserError
from core.estimate import Estimate, estimate
from core.evaluation.across_studies import rank_studies, ranking_table
from core.evaluation.comparison import with_clips
from core.evaluation.comparison_tables import clip_table, pair_table
from core.evaluation.findings import Findings, find
from core.evaluation.metrics import METRICS
from core.evaluation.summary import Summary, summarise
from core.evaluation.tables import TextTable
from core.events import (
    EpochEnded,
    Event,
    Message,
    Outcome,
    Progress,
    RunFinished,
    RunStarted,
    SearchFinished,
    SearchStarted,
    StudyFinished,
    StudyStarted,
    TrialEnded,
)
from core.live.adapt import adapted_study, compare_adapted
from core.live.offered import live_choices
from core.live.shift import captured, shifts
from core.live.shift_table import ALIKE, KEPT, caveats, shift_table
from core.log import log_into
from core.robustness.curve import Sweep
from core.robustness.sweep import sweep
from core.robustness.tables import findings, level_table, on_one_fold
from core.runs import find_run, list_runs, list_studies
from core.search.plan import Plan
from core.search.result import figures, label_of, read_search, words
from core.search.run import run_search
from core.search.settings import Search
from core.search.trials import Trial
from core.settings_file import validated
from core.study import Study, read_study
from core.tables import did_you_mean
from core.workspace import Workspace, default_workspace

OK, FAILED, INTERRUPTED = 0, 1, 130  # 130 = 128 + SIGINT, as shells expect


def run_study(path: Path, workspace: Path | None, dataset_root: Path | None) -> int:
    """`main.py run`: returns the exit code."""
    return _in_workspace(workspace, lambda place, console: _run_study(path, dataset_root, place, console))


def compare_studies(studies: Sequence[str], metric: str, rope: float, clips: bool, workspace: Path | None) -> int:
    """`main.py compare`: returns the exit code. `rope` is in the unit that the metric is shown in."""
    return _in_workspace(workspace, lambda place, console: _compare(studies, metric, rope, clips, place, console))


def search_study(path: Path, asked: Mapping[str, Any], workspace: Path | None, dataset_root: Path | None) -> int:
    """`main.py search`: returns the exit code. `asked`: fields of Search."""
    return _in_workspace(workspace, lambda place, console: _search(path, asked, dataset_root, place, console))


def verify_run(name: str, workspace: Path | None) -> int:
    """`main.py verify`: 0 when the predictions are equal, 1 when not."""
    return _in_workspace(workspace, lambda place, console: _verify(name, place, console))


def run_robustness(study: str, corruption: str, levels: Sequence[float], workspace: Path | None) -> int:
    """`main.py robustness`: returns the exit code."""
    return _in_workspace(workspace, lambda place, console: _robustness(study, corruption, levels, place, console))


def run_shift(names: Sequence[str], workspace: Path | None) -> int:
    """`main.py shift`: returns the exit code."""
    return _in_workspace(workspace, lambda place, console: _shift(names, place, console))


def run_adapt(name: str, workspace: Path | None) -> int:
    """`main.py adapt`: returns the exit code."""
    return _in_workspace(workspace, lambda place, console: _adapt(name, place, console))


def _in_workspace(root: Path | None, work: Callable[[Workspace, Console], int]) -> int:
    errors = Console(stderr=True, highlight=False)
    workspace = Workspace(root or default_workspace()).open()
    try:
        workspace.require_writable()
        with log_into(workspace):
            return work(workspace, Console(highlight=False))
    except UserError as error:
        errors.print(f"[red]Error:[/] {escape(str(error))}", soft_wrap=True)
        return FAILED
    except (Cancelled, KeyboardInterrupt):
        errors.print("Stopped.")
        return INTERRUPTED
    except Exception as error:
        errors.print("[red]Error:[/] something unexpected went wrong; what was done is kept. Details:")
        errors.print("".join(traceback.format_exception(error)), markup=False)
        return FAILED
    finally:
        workspace.close()


def _run_study(path: Path, dataset_root: Path | None, workspace: Workspace, console: Console) -> int:
    study = _located(path, dataset_root)
    view = _train(study, workspace, console)
    summary = summarise(list_runs(workspace, study.name))
    if summary.networks:
        console.print(results(summary))
        _say(console, find(summary, summary.differences, "accuracy"))
    if _stopped(view, console):
        return INTERRUPTED
    console.print(f"Everything is in {workspace.runs}; `uv run main.py` opens it.", soft_wrap=True)
    return OK


def _compare(
    studies: Sequence[str], metric: str, rope: float, clips: bool, workspace: Workspace, console: Console
) -> int:
    if metric not in METRICS:
        raise UserError(f"No metric is called “{metric}”.{did_you_mean(metric, METRICS)} Known: {', '.join(METRICS)}.")
    control, view = Control(), StudyView(console)
    known, summaries = list_studies(workspace), dict[str, Summary]()
    for study in dict.fromkeys(studies):
        if study not in known:
            raise UserError(
                f"There is no study “{study}” in {workspace.runs}.{did_you_mean(study, known)} "
                f"Known: {', '.join(known) or 'none'}."
            )
        with view, _interrupt(control.cancel):
            summary = summaries[study] = summarise(list_runs(workspace, study), control, view.show)
            found = summary.compare(metric, rope / METRICS[metric].scale)
            if clips:
                found = with_clips(found, workspace, control, view.show)
        if not summary.networks:
            raise UserError(f"“{study}” has no finished run yet. Train it first.")
        console.print(f"[bold]{escape(study)}[/]", results(summary, metric), sep="\n")
        for table, title in ((pair_table(found), "Over the folds"), (clip_table(found), "On the same clips")):
            if table.rows:
                console.print(_table(table, title))
        _say(console, find(summary, found, metric))
    if len(summaries) > 1:
        ranked = rank_studies(summaries, metric)
        console.print(_table(ranking_table(ranked), f"Over datasets, by {METRICS[metric].title.lower()}"))
        console.print(*ranked.ranking.sentences, *ranked.notes, sep="\n", soft_wrap=True, markup=False)
    return OK


def _say(console: Console, found: Findings) -> None:
    """The sentences under headings; those without one are left out."""
    for heading, sentences in (
        ("What was found", (*filter(None, [found.first]), *found.across, *found.pairs, *found.clips, *found.seeds)),
        ("What this cannot show", found.warnings),
        ("How it was computed", found.methods),
    ):
        if sentences:
            console.print(f"[bold]{heading}[/]")
            console.print(*sentences, sep="\n", soft_wrap=True, markup=False)


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
    with view, _interrupt(engine.cancel):
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


def _train(study: Study, workspace: Workspace, console: Console) -> StudyView:
    """Say what a study will cost, and train it; the view knows how that ended."""
    console.print(f"[bold]{escape(study.name)}[/]{escape(f' — {study.answers}' if study.answers else '')}")
    control = Control()
    with _interrupt(control.cancel):
        console.print("Estimating time and disk from a few timed batches …")
        expected = estimate(study, workspace, control)
        console.print(expected.sentence())
    engine = Engine(workspace)
    view = StudyView(console, expected)
    engine.subscribe(view.show)
    with view, _interrupt(engine.cancel):
        engine.start(study)
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
    with view, _interrupt(control.cancel):
        verdict = verify(folder, workspace, view.show, control)
    console.print(verdict.sentence(), soft_wrap=True)
    return OK if verdict.equal else FAILED


def _robustness(study: str, corruption: str, levels: Sequence[float], workspace: Workspace, console: Console) -> int:
    control = Control()
    view = StudyView(console)
    with view, _interrupt(control.cancel):
        found = sweep(study, corruption, workspace, levels, control, view.show)
    console.print(_curve(found))
    for verdict, sentences in (("", filter(None, [on_one_fold(found)])), *findings(found)):
        console.print(*filter(None, (verdict, *sentences)), sep="\n", soft_wrap=True, markup=False)
    return OK


def _shift(names: Sequence[str], workspace: Workspace, console: Console) -> int:
    control = Control()
    view = StudyView(console)
    with view, _interrupt(control.cancel):
        chosen = [find_run(workspace, name) for name in names]
        runs = chosen or [choice.folder for choice in live_choices(workspace, control)]
        found = shifts(runs, workspace, control, view.show)
    console.print(_table(shift_table(found), "Domain shift: accuracy [95 % interval]"))
    console.print(*caveats(found), sep="\n", soft_wrap=True, markup=False)
    return OK


def _adapt(name: str, workspace: Workspace, console: Console) -> int:
    folder, control = find_run(workspace, name), Control()
    study = adapted_study(folder, captured(workspace, control))
    view = StudyView(console)
    with view, _interrupt(control.cancel):
        (shift,) = shifts([folder], workspace, control, view.show).shifts
    if _stopped(_train(study, workspace, console), console):
        return INTERRUPTED
    compared = compare_adapted(shift, list(list_runs(workspace, study.name)))
    console.print(compared.sentence, KEPT, ALIKE, sep="\n", soft_wrap=True, markup=False)
    return OK


def _curve(found: Sweep) -> Table:
    """Accuracy of every network at every level, with intervals over the folds."""
    return _table(level_table(found), f"{found.row.title}: accuracy % (mean, 95 % interval over folds)")


def _table(content: TextTable, title: str) -> Table:
    table = Table(title=title)
    for place, heading in enumerate(content.headings):
        table.add_column(
            heading,
            justify="left" if place < content.text_columns else "right",
            overflow="fold",  # names of runs are to be copied whole
        )
    for row in content.rows:
        table.add_row(*map(Text, row))
    return table


class StudyView:
    """Prints what the engine says: a line for each run, and on a terminal a bar for the one under way."""

    def __init__(self, console: Console, expected: Estimate | None = None) -> None:
        self.outcome, self.reason = Outcome.FAILED, "The study did not start."
        self._console = console
        self._bars = Bars(
            TextColumn("{task.description}"),
            BarColumn(24),
            TextColumn("{task.fields[figures]}"),
            TimeRemainingColumn(),
            console=console, transient=True, disable=not console.is_terminal,
        )  # fmt: skip
        self._task: TaskID | None = None
        self._run: RunStarted | None = None
        self._total = self._done = 0
        self._clock = time.monotonic()
        self._expected = expected
        self._took = self._should_have = 0.0  # seconds of the runs so far, measured and as estimated

    def __enter__(self) -> StudyView:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def show(self, event: Event) -> None:
        """Print one event; called in the engine's thread."""
        match event:
            case Message(text=text, level=level):
                self._console.print(Text(text, style="" if level == "info" else "yellow"), soft_wrap=True)
            case Progress(what=what, done=done, total=total, unit=unit):
                self._bar(what, done, total, f"{done}/{total} {unit}" if total else f"{done} {unit}")
            case StudyStarted(runs=runs, finished=finished, device=device):
                self._total = len(runs)
                kept = f", {len(finished)} done already" if finished else ""
                self._console.print(f"{readable.counted(len(runs), 'run')} to train on {device}{kept}.")
            case RunStarted():
                self._run, self._clock = event, time.monotonic()
            case EpochEnded(epoch=epoch, epochs=epochs):
                tested = self._run is not None and self._run.test_clips
                name = f"{self._run.network} fold {self._run.fold}" if self._run and tested else event.run
                figures = (
                    f"epoch {epoch}/{epochs}  loss {event.train_loss:.3f}  {readable.rate(event.clips_per_second)}"
                )
                self._bar(name, epoch, epochs, figures)
            case RunFinished():
                self._finished(event)
            case SearchStarted(trials=trials, done=done, device=device):
                self._total, self._done = trials, len(done)
                kept = f", {len(done)} done already" if done else ""
                self._console.print(f"{readable.counted(trials, 'trial')} on {device}{kept}.")
            case TrialEnded(trial=trial):
                self._tried(trial)
            case StudyFinished(outcome=outcome, reason=reason) | SearchFinished(outcome=outcome, reason=reason):
                self.outcome, self.reason = outcome, reason

    def _finished(self, event: RunFinished) -> None:
        self._done += 1
        took = time.monotonic() - self._clock
        run = self._run if self._run is not None and self._run.run == event.run else None  # else it failed before
        name = escape(f"{run.network}, fold {run.fold}, seed {run.seed}" if run else event.run)
        if event.outcome is Outcome.DONE:
            said = f"{100 * event.scores['accuracy']:5.1f} %  {readable.duration(took)}"
        else:
            said = f"[red]{event.outcome}[/]: {escape(event.reason)}"
        left = self._left(run, took) if run else ""
        self._console.print(f"{name}: {said}  ({self._done} of {self._total}{left})", soft_wrap=True)

    def _tried(self, trial: Trial) -> None:
        self._done += 1
        said = trial.reason or figures(trial)
        self._console.print(
            f"Trial {trial.number}, {trial.ending}: {said}; {words(trial.settings)}  "
            f"({readable.duration(trial.seconds)}; {self._done} of {self._total})",
            soft_wrap=True, markup=False,
        )  # fmt: skip

    def _left(self, run: RunStarted, took: float) -> str:
        """Time left: what was estimated for the runs to come, times how wrong the estimate was so far."""
        if self._expected is None or self._done == self._total:
            return ""
        self._took += took
        self._should_have += self._expected.per_run[run.network] * (1 - run.first_epoch / run.epochs)
        left = (self._expected.seconds - self._should_have) * self._took / max(self._should_have, 1e-9)
        return f", about {readable.duration(max(left, 0.0))} left"

    def _bar(self, what: str, done: int, total: int, figures: str) -> None:
        if self._task is None:
            self._task = self._bars.add_task(what, total=total or None, figures=figures)
        self._bars.update(self._task, description=what, completed=done, total=total or None, figures=figures)


def results(summary: Summary, metric: str = "accuracy") -> Table:
    """The table of networks: mean over folds, interval, and what stands behind it."""
    about = METRICS[metric]
    table = Table(title=f"{about.title} on the test folds (mean, 95 % interval over folds)")
    for heading in ("network", f"{about.title.lower()} {about.unit}", "95 %", "folds × seeds", "parameters", "clips/s"):
        table.add_column(heading, justify="left" if heading == "network" else "right")
    for row in summary.ranked(metric):
        mean = row.means[metric]
        interval = "–" if mean.low is None else row.interval(metric)
        table.add_row(
            row.label, about.text(mean.value), interval, mean.grid,
            f"{row.parameters:,}", "–" if row.clips_per_second is None else f"{row.clips_per_second:.0f}",
        )  # fmt: skip
    return table


class _interrupt:  # noqa: N801 - used as a statement
    """First Ctrl-C asks for a clean end, the second ends at once."""

    def __init__(self, ask: Callable[[], None]) -> None:
        self._ask = ask

    def __enter__(self) -> None:
        self._previous = signal.signal(signal.SIGINT, self._handle)

    def __exit__(self, *_: object) -> None:
        signal.signal(signal.SIGINT, self._previous)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        self._ask()
