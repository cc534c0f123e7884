"""What the terminal shows: progress lines, time left, tables, sentences; and how a command ends."""

from __future__ import annotations

import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, TaskID, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars
from rich.table import Table
from rich.text import Text

from core import readable
from core.errors import Cancelled, UserError
from core.estimate import Estimate
from core.evaluation.findings import Findings
from core.evaluation.metrics import METRICS
from core.evaluation.summary import Summary
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
from core.log import log_into
from core.search.result import figures, words
from core.search.trials import Trial
from core.workspace import Workspace, default_workspace

OK, FAILED, INTERRUPTED = 0, 1, 130  # 130 = 128 + SIGINT, as shells expect
STEP = ""  # no run is called so
WIDE = 160  # columns of a file or a pipe, which knows no width: tables of tests are wide


def in_workspace(root: Path | None, work: Callable[[Workspace, Console], int], *, writes: bool = True) -> int:
    """Do a command's work and return its exit code. One that only reads works beside a window, and locks nothing."""
    errors = Console(stderr=True, highlight=False)
    workspace = Workspace(root or default_workspace())
    try:
        if writes:
            workspace.open().require_writable()
        else:
            workspace.require_there()
        with log_into(workspace):
            return work(workspace, _console())
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


def _console() -> Console:
    told = sys.stdout.isatty() or "COLUMNS" in os.environ
    return Console(highlight=False, width=None if told else WIDE)


class StudyView:
    """Prints what the engine says: a line for each run, and on a terminal a bar for each that is under way."""

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
        self._tasks: dict[str, TaskID] = {}  # by run; STEP: that of a step outside training
        self._runs: dict[str, tuple[RunStarted, float]] = {}  # under way, by id, with when they began
        self._total = self._done = 0
        self._began = 0.0
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
                self._bar(STEP, what, done, total, f"{done}/{total} {unit}" if total else f"{done} {unit}")
            case StudyStarted(runs=runs, finished=finished, device=device):
                self._total, self._began = len(runs), time.monotonic()
                kept = f", {len(finished)} done already" if finished else ""
                self._console.print(f"{readable.counted(len(runs), 'run')} to train on {device}{kept}.")
            case RunStarted():
                self._no_bar(STEP)
                self._runs[event.run] = event, time.monotonic()
            case EpochEnded(run=run, epoch=epoch, epochs=epochs):
                started = self._runs[run][0]
                name = run if started.trial else f"{started.network} fold {started.fold} seed {started.seed}"
                figures = (
                    f"epoch {epoch}/{epochs}  loss {event.train_loss:.3f}  {readable.rate(event.clips_per_second)}"
                )
                self._bar(run, name, epoch, epochs, figures)
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
        self._no_bar(event.run)
        run, began = self._runs.pop(event.run, (None, 0.0))  # None = it failed before it began
        took = time.monotonic() - began
        name = escape(f"{run.network}, fold {run.fold}, seed {run.seed}" if run else event.run)
        if event.outcome is Outcome.DONE:
            said = f"{100 * event.scores['accuracy']:5.1f} %  {readable.duration(took)}"
        else:
            said = f"[red]{event.outcome}[/]: {escape(event.reason)}"
        left = self._left(run, took) if run else ""
        self._console.print(f"{name}: {said}  ({self._done} of {self._total}{left})", soft_wrap=True)

    def _tried(self, trial: Trial) -> None:
        self._done += 1
        self._no_bar(trial.name)
        self._runs.pop(trial.name, None)  # None = it failed before it began
        said = trial.reason or figures(trial)
        self._console.print(
            f"Trial {trial.number}, {trial.ending}: {said}; {words(trial.settings)}  "
            f"({readable.duration(trial.seconds)}; {self._done} of {self._total})",
            soft_wrap=True, markup=False,
        )  # fmt: skip

    def _left(self, run: RunStarted, took: float) -> str:
        """Time left: what was estimated for the runs to come, times how wrong the estimate was so far; where nothing
        was estimated, as many runs at once may be under way, at the pace of the study so far."""
        if self._done == self._total:
            return ""
        if self._expected is None:
            left = (time.monotonic() - self._began) * (self._total - self._done) / self._done
        else:
            self._took += took
            self._should_have += self._expected.per_run[run.network] * (1 - run.first_epoch / run.epochs)
            left = (self._expected.seconds - self._should_have) * self._took / max(self._should_have, 1e-9)
        return f", about {readable.duration(max(left, 0.0))} left"

    def _bar(self, of: str, what: str, done: int, total: int, figures: str) -> None:
        if of not in self._tasks:
            self._tasks[of] = self._bars.add_task(what, total=total or None, figures=figures)
        self._bars.update(self._tasks[of], description=what, completed=done, total=total or None, figures=figures)

    def _no_bar(self, of: str) -> None:
        if of in self._tasks:
            self._bars.remove_task(self._tasks.pop(of))


class interrupt:  # noqa: N801 - used as a statement
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
            f"{row.parameters:,}" if row.parameters else "–",
            "–" if row.clips_per_second is None else f"{row.clips_per_second:.0f}",
        )  # fmt: skip
    return table


def rich_table(content: TextTable, title: str) -> Table:
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


def say(console: Console, found: Findings) -> None:
    """The sentences under headings; those without one are left out."""
    for heading, sentences in (
        ("What was found", (*filter(None, [found.first]), *found.across, *found.pairs, *found.clips, *found.seeds)),
        ("What this cannot show", found.warnings),
        ("How it was computed", found.methods),
    ):
        if sentences:
            console.print(f"[bold]{heading}[/]")
            console.print(*sentences, sep="\n", soft_wrap=True, markup=False)
