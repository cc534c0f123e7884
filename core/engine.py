"""The engine: `run` trains a study and returns; `Engine` does the same in one background thread."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING

from core.chosen import open_chosen
from core.control import Control
from core.datasets.base import ALWAYS_TRAINING, Dataset
from core.errors import Cancelled, UserError
from core.events import (
    BatchEnded,
    EpochEnded,
    Event,
    Finished,
    Message,
    Outcome,
    RunFinished,
    RunStarted,
    SearchStarted,
    StudyFinished,
    StudyStarted,
    TrialEnded,
)
from core.files import slug
from core.run_records import REPEATED, Phase
from core.run_spec import RunSpec
from core.runner import OpenRunner, Work, in_turn
from core.runs import RunFolder, list_runs, run_folder
from core.settings_file import write_toml
from core.study import Study
from core.workspace import Workspace

if TYPE_CHECKING:
    from core.caches import Caches

Emit = Callable[[Event], None]
Training = Callable[[Workspace, Emit, Control, Callable[[BatchEnded], None]], object]
log = logging.getLogger(__name__)
TOLD = 20  # left-out files that are named one by one
STOPPED = f"Stopped. Finished runs are kept; started again, the study goes on: {REPEATED}."


class State(StrEnum):
    """What the engine is doing."""

    IDLE = "idle"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPING = "stopping"


@dataclass(frozen=True)
class UnderWay:
    """How far a run is."""

    run: str
    epoch: int
    epochs: int
    clips_per_second: float = 0.0
    seconds_left: float | None = None  # of this run; None = not known yet


@dataclass(frozen=True)
class EngineStatus:
    """A snapshot for the status bar."""

    state: State = State.IDLE
    study: str = ""  # or the title of a search
    unit: str = "run"  # what is counted: runs of a study, trials of a search
    runs_done: int = 0
    runs_total: int = 0
    under_way: tuple[UnderWay, ...] = ()  # on a cluster several
    device: str = ""

    @property
    def clips_per_second(self) -> float:
        """Of all runs under way."""
        return sum(run.clips_per_second for run in self.under_way)


def run(
    study: Study,
    workspace: Workspace,
    emit: Emit,
    control: Control | None = None,
    on_batch: Callable[[BatchEnded], None] = lambda batch: None,
    runner: OpenRunner = in_turn,
) -> Outcome:
    """Train every run of a study that is not finished yet, and return how it ended.

    Blocking and free of Qt. The last event is StudyFinished, after success, cancel and failure alike. A run that
    fails is said so and the study goes on with the next.
    """
    control = control or Control()

    def work() -> str:
        failed = _run(study, workspace, emit, control, on_batch, runner)
        return f"{failed} of the runs failed; their reasons stand beside them." if failed else ""

    outcome, reason = ending(work, STOPPED, f"study {study.name}")
    emit(StudyFinished(study.name, outcome, reason))
    return outcome


def ending(work: Callable[[], str], stopped: str, what: str) -> tuple[Outcome, str]:
    """Work, and say how it ended and why, whatever is raised.

    Args:
        work: returns why it failed, or nothing.
        stopped: the sentence for when it was cancelled.
        what: it, for the log.
    """
    try:
        reason = work()
        return (Outcome.FAILED if reason else Outcome.DONE), reason
    except Cancelled:
        return Outcome.CANCELLED, stopped
    except UserError as error:
        return Outcome.FAILED, str(error)
    except Exception as error:
        log.exception("%s failed", what)
        return (
            Outcome.FAILED,
            f"Something unexpected went wrong ({type(error).__name__}: {error}). The log has the details.",
        )


def _run(
    study: Study,
    workspace: Workspace,
    emit: Emit,
    control: Control,
    on_batch: Callable[[BatchEnded], None],
    open_runner: OpenRunner,
) -> int:
    """The study's work; returns how many runs failed."""
    from core.training.trackers import require_wandb

    workspace.require_writable()
    require_wandb(study.wandb)
    with open_runner(study) as runner:
        dataset, caches = prepare(study, workspace, emit, control)
        waiting = _made_ready(study, workspace, dataset, caches, emit, runner.device)
        with keep_awake():
            runner.train(waiting, Work(study, workspace, dataset, caches, control, emit, on_batch))
    return sum(run_folder(workspace, spec).status.phase is Phase.FAILED for spec in waiting)


def _made_ready(
    study: Study, workspace: Workspace, dataset: Dataset, caches: Caches, emit: Emit, device: str
) -> list[RunSpec]:
    """The runs still to be done, each with its folder; and that the study starts is said."""
    from core.environment import fingerprints

    specs = plan(study, dataset, emit)
    _refuse_other_data(list_runs(workspace, study.name), fingerprints(dataset, caches), study)
    waiting = [spec for spec in specs if run_folder(workspace, spec).status.phase is not Phase.DONE]
    write_toml(study, workspace.runs / slug(study.name) / "study.toml")
    for spec in waiting:
        folder = run_folder(workspace, spec)
        folder.create(spec)
        folder.write_status(phase=Phase.WAITING, reason="")
    finished = tuple(spec.id for spec in specs if spec not in waiting)
    emit(StudyStarted(study.name, tuple(spec.id for spec in waiting), finished, device))
    if study.wandb == "online":
        emit(Message("Scalars, settings and pictures of mistakes of every run are sent to Weights & Biases."))
    return waiting


def prepare(study: Study, workspace: Workspace, emit: Emit, control: Control) -> tuple[Dataset, Caches]:
    """Open the dataset, decode it once, leave out what cannot be used, and refuse a split that leaks.

    Raises:
        UserError: the dataset cannot be opened, nothing usable is left, none of it has sound and a network is to hear,
            or a source stands on both sides of a split.
    """
    from core.caches import Caches
    from core.datasets.splits import refuse_leaks

    choice = study.dataset
    dataset = open_chosen(choice, workspace, control)
    for note in dataset.notes:
        emit(Message(note))
    unknown = set(choice.exclude) - {item.clip_id for item in dataset.excluded}
    if unknown:
        emit(Message(f"{sorted(unknown)[0]} is to be left out, but no clip is called so.", "warning"))
    specs = plan(study, dataset)
    caches = Caches(dataset, workspace.cache, study.needs_sound).open(specs, control, emit, study.cache_limit * 1e9)
    dataset = caches.usable(dataset)
    for item in dataset.excluded[:TOLD]:
        emit(Message(f"Left out: {item.reason}", "warning"))
    if len(dataset.excluded) > TOLD:
        emit(Message(f"{len(dataset.excluded)} files are left out in all; the Data panel lists them.", "warning"))
    if not dataset.clips:
        raise UserError(f"{dataset.title}: no file in {dataset.root} can be used; the Data panel lists the reasons.")
    if any("audio" in spec.modality.wings for spec in specs):
        _tell_silence(dataset, caches, emit)
    refuse_leaks(dataset, caches.digests())
    return dataset, caches


def _tell_silence(dataset: Dataset, caches: Caches, emit: Emit) -> None:
    """Clips that are kept for their pictures may have no sound.

    Raises:
        UserError: none has any: networks that hear would learn from silence.
    """
    unheard, clips = len(caches.unheard(dataset)), len(dataset.clips)
    if unheard == clips:
        raise UserError(
            f"None of the {clips} clips of {dataset.title} has usable sound, and a network is to hear them. "
            "Train on sight alone, or choose clips with sound."
        )
    if unheard:
        has = "clip has" if unheard == 1 else "clips have"
        emit(Message(f"{unheard} of {clips} {has} no usable sound: networks that hear are given silence.", "warning"))


def plan(study: Study, dataset: Dataset, emit: Emit = lambda event: None) -> list[RunSpec]:
    """The runs of the grid; folds asked for that hold no clip are said and passed over.

    Raises:
        UserError: the dataset has one fold only, or none of the folds asked for.
    """
    always = any(clip.fold == ALWAYS_TRAINING for clip in dataset.clips)
    if len(dataset.folds) < 1 + (not always):
        raise UserError(f"{dataset.title} has clips in one fold only: what is tested could not be trained.")
    there = ", ".join(map(str, dataset.folds))
    absent = [str(fold) for fold in study.folds if fold not in dataset.folds]
    if absent:
        emit(Message(f"Fold {', '.join(absent)} of the study has no clips and is passed over.", "warning"))
    specs = list(study.runs(dataset.folds))
    if not specs:
        raise UserError(f"None of the study's test folds has clips: {dataset.title} has the folds {there}.")
    return specs


def _refuse_other_data(folders: Iterable[RunFolder], fingerprints: Mapping[str, str], study: Study) -> None:
    """Runs that were begun on other clips must not be counted as done, nor gone on with."""
    from core.environment import on_other_clips

    for folder in folders:
        counts = folder.status.phase is Phase.DONE or folder.checkpoint.exists()
        if counts and on_other_clips(folder.environment, fingerprints):
            raise UserError(
                f"The study “{study.name}” has runs on other clips than {study.dataset.root or study.dataset.name} "
                f"holds now ({folder.id}). Give the study another name, or delete those runs."
            )


@contextlib.contextmanager
def keep_awake() -> Iterator[None]:
    """Keep the computer from sleeping where the platform allows; where it does not, train all the same."""
    from wakepy import keep

    with keep.running(on_fail="pass"):
        yield


class Engine:
    """One study or search at a time in one background thread. All methods may be called from any thread."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self._control = Control()
        self._thread: threading.Thread | None = None
        self._subscribers: list[Emit] = []
        self._batches: deque[BatchEnded] = deque(maxlen=20_000)
        self._status = EngineStatus()
        self._lock = threading.Lock()

    def subscribe(self, callback: Emit) -> Callable[[], None]:
        """Call back with every event, in the engine's thread; returns the function that ends it."""
        self._subscribers.append(callback)

        def unsubscribe() -> None:
            if callback in self._subscribers:
                self._subscribers.remove(callback)

        return unsubscribe

    def start(self, study: Study, runner: OpenRunner = in_turn) -> None:
        """Begin a study.

        Raises:
            UserError: something is under way, or the workspace cannot be written to.
        """
        self.begin(study.name, partial(run, study, runner=runner))

    def begin(self, name: str, work: Training) -> None:
        """Begin something that trains: it must say Finished last.

        Args:
            name: it, for people.

        Raises:
            UserError: something is under way, or the workspace cannot be written to.
        """
        with self._lock:
            if self._thread is not None and self._thread.is_alive():
                raise UserError(f"“{self._status.study}” is under way. Stop it first.")
            self.workspace.require_writable()
            control = self._control = Control()
            self._batches.clear()
            self._status = EngineStatus(State.RUNNING, name)
            self._thread = threading.Thread(
                target=work,
                args=(self.workspace, self._emit, control, self._batches.append),
                name="engine",
                daemon=True,
            )
            self._thread.start()

    def prefer(self, runs: Sequence[str]) -> None:
        """Train these (ids) before all others that wait; what they start from before them."""
        self._control.prefer(runs)

    @property
    def first(self) -> tuple[str, ...]:
        """Runs that are wanted before the others."""
        return self._control.first if self._status.state is not State.IDLE else ()

    def pause(self) -> None:
        """Stop between batches until `resume`."""
        with self._lock:
            if self._status.state is State.RUNNING:
                self._control.pause()
                self._status = replace(self._status, state=State.PAUSED)

    def resume(self) -> None:
        with self._lock:
            self._control.resume()
            if self._status.state is State.PAUSED:
                self._status = replace(self._status, state=State.RUNNING)

    def cancel(self) -> None:
        """Stop between batches for good; what is done is kept."""
        with self._lock:
            if self._status.state is not State.IDLE:
                self._status = replace(self._status, state=State.STOPPING)
            self._control.cancel()

    @property
    def status(self) -> EngineStatus:
        return self._status

    def drain_batches(self) -> list[BatchEnded]:
        """Take the batches since the last call (bounded: the oldest are dropped)."""
        taken = []
        with contextlib.suppress(IndexError):
            while True:
                taken.append(self._batches.popleft())
        return taken

    def join(self, timeout: float | None = None) -> bool:
        """Wait for the study to end; False on time-out."""
        if self._thread is not None:
            self._thread.join(timeout)
            return not self._thread.is_alive()
        return True

    def _emit(self, event: Event) -> None:
        with self._lock:
            self._status = _advanced(self._status, event)
        for subscriber in list(self._subscribers):
            try:
                subscriber(event)
            except Exception:  # a listener's fault must not end a training
                log.exception("a subscriber failed on %r", event)


def _advanced(status: EngineStatus, event: Event) -> EngineStatus:
    match event:
        case StudyStarted():
            done = len(event.finished)
            return replace(status, runs_done=done, runs_total=done + len(event.runs), device=event.device)
        case RunStarted():
            started = UnderWay(event.run, event.first_epoch, event.epochs)
            return replace(status, under_way=(*_others(status, event.run), started))
        case EpochEnded():
            now = UnderWay(event.run, event.epoch, event.epochs, event.clips_per_second, event.seconds_left)
            under_way = tuple(now if run.run == event.run else run for run in status.under_way)
            return replace(status, under_way=under_way)
        case SearchStarted():
            return replace(
                status, unit="trial", runs_done=len(event.done), runs_total=event.trials, device=event.device
            )
        case RunFinished():
            return replace(status, runs_done=status.runs_done + 1, under_way=_others(status, event.run))
        case TrialEnded():
            return replace(status, runs_done=status.runs_done + 1, under_way=())
        case Finished():
            return EngineStatus()
    return status


def _others(status: EngineStatus, run: str) -> tuple[UnderWay, ...]:
    return tuple(other for other in status.under_way if other.run != run)
