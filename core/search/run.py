"""`run_search`: try settings one after the other, each by a training that never touches the fold left out."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.control import Control
from core.engine import Emit, ending, keep_awake, prepare
from core.errors import Cancelled, UserError
from core.events import BatchEnded, EpochEnded, Message, Outcome, RunStarted, SearchFinished, SearchStarted, TrialEnded
from core.recipe import Recipe
from core.runs import RunFolder
from core.search.plan import Plan
from core.search.result import JOURNAL, read_search
from core.search.trials import (
    ACCURACY,
    ENDING,
    EPOCH,
    LOSS,
    NAME,
    REASON,
    SECONDS,
    Ending,
    Trial,
    mend,
    open_journal,
    read_trials,
    trial_of,
)
from core.settings_file import write_toml
from core.workspace import Workspace

if TYPE_CHECKING:
    import optuna

    from core.training.fitting import Fitting
    from core.training.workbench import Workbench

UNMODELLED = 6  # trials that are drawn evenly before the sampler models them
UNPRUNED = 4  # trials that are trained to the end before any is stopped early
STOPPED = "Stopped. Trials that ended are kept; started again, the search goes on, and tries the one under way again."
log = logging.getLogger(__name__)


def run_search(
    plan: Plan,
    workspace: Workspace,
    emit: Emit,
    control: Control | None = None,
    on_batch: Callable[[BatchEnded], None] = lambda batch: None,
) -> Outcome:
    """Try settings until there are as many trials as asked for, or the time is over, and return how it ended.

    Each trial is judged by its lowest validation loss: what chooses the epoch of a run with a validation part, finer
    than the share of clips that are right where these are few, and the figure that pruning compares. Where the recipe
    has no validation part, a run tests its last epoch, and a trial is judged by that.

    Blocking and free of Qt. Started again with the same plan it goes on: no trial that ended is repeated, and one that
    was under way is tried again from its first epoch. The last event is SearchFinished, after success, cancel and
    failure alike.
    """
    control = control or Control()
    outcome, reason = ending(lambda: _search(plan, workspace, emit, control, on_batch), STOPPED, plan.title)
    emit(SearchFinished(plan.title, plan.id, outcome, reason))
    return outcome


def _search(
    plan: Plan, workspace: Workspace, emit: Emit, control: Control, on_batch: Callable[[BatchEnded], None]
) -> str:
    """The search's work; returns why it failed, or nothing."""
    from core.environment import environment, on_other_clips, recorded_fingerprints
    from core.training import device as devices
    from core.training.workbench import Workbench

    workspace.require_writable()
    device = devices.choose_device(plan.study.device)
    threads = devices.use_threads()
    alone = plan.study.model_copy(update={"folds": (plan.search.fold,)})
    dataset, caches = prepare(alone, workspace, emit, control)
    folder = plan.folder(workspace)
    surroundings = environment(str(device), threads, dataset, caches)
    if on_other_clips(RunFolder(folder).environment, recorded_fingerprints(surroundings)):
        raise UserError(
            f"{folder} has trials on other clips than {plan.study.dataset.root or plan.study.dataset.name} holds now. "
            "Give the study another name, or delete that folder."
        )
    write_toml(plan.study, folder / "study.toml")
    write_toml(plan.search, folder / "search.toml")
    RunFolder(folder).write_environment(surroundings)
    mend(folder / JOURNAL)
    bench = Workbench(workspace, dataset, caches, device, plan.study.checkpoint_every, control, emit, on_batch)
    study = _open(plan, folder / JOURNAL)
    done = tuple(trial for trial in read_trials(study) if trial.ending.counts)
    emit(SearchStarted(plan.title, plan.id, plan.search.trials, done, devices.describe(device)))
    if plan.search.augmentation and "augmentation" not in plan.ranges:
        emit(Message("The recipe augments nothing: the strength of its augmentation is not searched."))
    clock = _Clock(control)
    with keep_awake():
        while len(done) < plan.search.trials and not clock.over(plan.search.minutes):
            control.checkpoint()
            done = (*done, _try(plan, study, len(done), bench))
    result = read_search(folder)
    if result.best is None:
        reasons = [trial.reason for trial in done if trial.reason]
        return " ".join(("No trial was trained to the end.", *reasons[:1]))
    result.write_best_study()
    return ""


class _Clock:
    """Seconds since it was made, less those spent paused."""

    def __init__(self, control: Control) -> None:
        self._control, self._since = control, time.perf_counter() - control.waited

    @property
    def seconds(self) -> float:
        return time.perf_counter() - self._control.waited - self._since

    def over(self, minutes: float) -> bool:
        return bool(minutes) and self.seconds >= 60 * minutes


def _open(plan: Plan, journal: Path) -> optuna.Study:
    """The search as Optuna keeps it. What was under way when it ended is set back; a new one begins with the study's
    own settings, so that there is something to be better than.

    Stopped early is what lies above the median of the others: of Optuna's pruners the one that a few tens of trials
    are enough for. Hyperband, the other usual one, deals its trials out to brackets, and each needs as many.
    """
    import optuna

    epochs = plan.trial_spec({}).recipe.epochs
    pruner: optuna.pruners.BasePruner = optuna.pruners.NopPruner()
    if plan.search.pruning:
        pruner = optuna.pruners.MedianPruner(n_startup_trials=UNPRUNED, n_warmup_steps=1 + epochs // 4)
    study = optuna.create_study(
        storage=open_journal(journal), study_name=NAME, load_if_exists=True, pruner=pruner, direction="minimize"
    )
    found = study.get_trials(deepcopy=False)
    if not found:
        study.enqueue_trial(plan.as_it_is)
    for trial in found:
        if trial.state is optuna.trial.TrialState.RUNNING:
            study.tell(trial.number, state=optuna.trial.TrialState.FAIL)
    _try_again(study)
    return study


def _try_again(study: optuna.Study) -> None:
    """Of trials that were interrupted nothing is learned; their settings are tried next, unless they were already.

    Each is marked before this: whatever is killed in between, no settings are lost, and none are tried twice.
    """
    trials = study.get_trials(deepcopy=False)
    for place, trial in enumerate(trials):
        if trial.state.is_finished() and trial_of(trial).ending is Ending.INTERRUPTED:
            settings = _asked(trial)
            if not any(settings.items() <= _asked(later).items() for later in trials[place + 1 :]):
                study.enqueue_trial(settings)


def _asked(trial: optuna.trial.FrozenTrial) -> dict[str, Any]:
    """What a trial has drawn, and before that what it is to have."""
    return {**trial.system_attrs.get("fixed_params", {}), **trial.params}


def _try(plan: Plan, study: optuna.Study, done: int, bench: Workbench) -> Trial:
    """Train one trial and say how it ended.

    Raises:
        Cancelled: after the trial was set back.
        UserError: after the trial was set back: others would fail alike.
    """
    import optuna
    from optuna.trial import TrialState

    from core.training.task import DivergedError

    study.sampler = _sampler(plan.search.seed, done)
    trial = study.ask(_distributions(plan))
    clock = _Clock(bench.control)

    def end(how: Ending, state: TrialState, reason: str = "", loss: float | None = None) -> Trial:
        for name, value in ((ENDING, how), (REASON, reason), (SECONDS, clock.seconds)):
            trial.set_user_attr(name, value)
        ended = trial_of(study.tell(trial, loss, state))
        bench.emit(TrialEnded(ended))
        return ended

    try:
        asked = trial_of(study.get_trials(deepcopy=False)[trial.number])
        loss = _train(plan, trial, asked, bench)
    except (Cancelled, UserError) as error:
        if isinstance(error, DivergedError):
            return end(Ending.DIVERGED, TrialState.PRUNED, str(error))
        study.tell(trial, state=TrialState.FAIL)
        _try_again(study)
        raise
    except optuna.TrialPruned:
        return end(Ending.PRUNED, TrialState.PRUNED)
    except Exception as error:  # of any library below: it must not take the rest of the search with it
        log.exception("trial %d of %s failed", trial.number + 1, plan.id)
        return end(Ending.FAILED, TrialState.FAIL, f"{type(error).__name__}: {error}. The log has the details.")
    return end(Ending.TRAINED, TrialState.COMPLETE, loss=loss)


def _train(plan: Plan, trial: optuna.Trial, asked: Trial, bench: Workbench) -> float:
    """Train with the settings asked for, telling every epoch's figures; returns the loss that judges it.

    Raises:
        optuna.TrialPruned: at the end of an epoch.
    """
    import optuna

    from core.training.callbacks import Log
    from core.training.fitting import Fitting, within_memory

    spec = plan.trial_spec(asked.settings)
    folder = RunFolder(plan.folder(bench.workspace) / "trials" / asked.name)
    parts = bench.parts(spec)
    losses: list[float] = []  # of the attempt that goes on
    given_up = False

    def note(event: EpochEnded | None) -> None:
        """The figures that judge the trial so far; None = there are none yet."""
        about = (event.validation_loss, event.epoch, event.validation_accuracy) if event else (None, 0, None)
        for name, value in zip((LOSS, EPOCH, ACCURACY), about, strict=True):
            trial.set_user_attr(name, value)

    def epoch_ended(event: EpochEnded) -> None:
        assert event.validation_loss is not None
        bench.emit(event)
        losses.append(event.validation_loss)
        if plan.judged_last or losses[-1] == min(losses):
            note(event)
        if given_up:  # Optuna takes no second figure of an epoch: what it has is of the attempt before
            return
        trial.report(losses[-1], event.epoch)
        if event.epoch < event.epochs and trial.should_prune():
            raise optuna.TrialPruned

    def attempt(recipe: Recipe) -> None:
        fitting = Fitting(spec, recipe, parts, bench, asked.name)
        bench.emit(_started(asked.name, fitting))
        try:
            fitting.fit([Log(folder, len(fitting.training), bench.control, epoch_ended)])
        finally:
            fitting.release()

    def begin_again(recipe: Recipe) -> None:
        nonlocal given_up
        given_up = given_up or bool(losses)
        losses.clear()
        note(None)

    within_memory(asked.name, spec, bench, attempt, begin_again)
    return losses[-1] if plan.judged_last else min(losses)


def _started(name: str, fitting: Fitting) -> RunStarted:
    from core.evaluation.cost import parameters

    spec = fitting.spec
    return RunStarted(
        run=name,
        network=spec.network.label,
        architecture=spec.network.architecture,
        fold=spec.fold,
        seed=spec.seed,
        epochs=fitting.recipe.epochs,
        first_epoch=0,
        batches_per_epoch=len(fitting.train_batches),
        train_clips=len(fitting.training),
        validation_clips=len(fitting.validation),
        test_clips=0,
        parameters=parameters(fitting.network),
        trial=True,
    )


def _sampler(seed: int, done: int) -> optuna.samplers.BaseSampler:
    """Tree-structured Parzen estimator: Bergstra et al., “Algorithms for hyper-parameter optimization”, NeurIPS 2011,
    of all settings jointly.

    Seeded for each trial by how many there were: a search that goes on draws what it would have drawn.
    """
    import optuna

    from core.training.loaders import seed_of

    return optuna.samplers.TPESampler(seed=seed_of(seed, done) % 2**32, n_startup_trials=UNMODELLED)


def _distributions(plan: Plan) -> dict[str, optuna.distributions.BaseDistribution]:
    from optuna.distributions import CategoricalDistribution, FloatDistribution

    made: dict[str, optuna.distributions.BaseDistribution] = {}
    for name, values in plan.ranges.items():
        if name == "batch_size":
            made[name] = CategoricalDistribution(tuple(values))
        else:
            made[name] = FloatDistribution(values[0], values[1], log=name != "augmentation")
    return made
