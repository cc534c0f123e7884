"""A search never looks at the fold left out, stops bad trials early, and goes on where it was ended."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.audio.cache import AudioCache
from core.engine import Engine, State
from core.errors import UserError
from core.events import EpochEnded, Event, Outcome, RunStarted, SearchFinished, SearchStarted, TrialEnded
from core.search.plan import Plan
from core.search.result import JOURNAL, read_search
from core.search.trials import Ending
from core.training.task import DivergedError
from core.workspace import Workspace
from tests.core.search.searches import EPOCHS, MadeUpFitting, drawn, plan_of, searched
from tests.core.tones import only, trained


def test_the_fold_left_out_is_never_fetched_and_what_is_found_can_be_trained(
    tones: Path, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With trainings that are real."""
    fetched: set[str] = set()
    plain = AudioCache.samples

    def samples(cache: AudioCache, clip_id: str) -> Any:
        fetched.add(clip_id)
        return plain(cache, clip_id)

    monkeypatch.setattr(AudioCache, "samples", samples)
    plan = plan_of(tones, trials=2, epochs=2, fold=2)
    outcome, events = searched(plan, workspace)
    assert outcome is Outcome.DONE and isinstance(events[-1], SearchFinished)
    assert len(fetched) == 18 and not {name for name in fetched if name.endswith(("-1.wav", "-5.wav"))}
    assert [event.trial.ending for event in only(events, TrialEnded)] == [Ending.TRAINED] * 2
    assert {event.run for event in only(events, EpochEnded)} == {"trial-1", "trial-2"}
    found = read_search(plan.folder(workspace))
    assert found.best is not None and found.best.loss is not None and found.best.epoch in (1, 2)
    rows = (plan.folder(workspace) / "trials" / found.best.name / "log.csv").read_text().splitlines()
    assert len(rows) == 3
    study = found.best_study()
    assert study is not None
    fetched.clear()
    outcome, _ = trained(study.model_copy(update={"folds": (2,)}), workspace)
    assert outcome is Outcome.DONE and len(fetched) == 24


def test_a_trial_learns_from_as_few_clips_as_the_study(tones: Path, workspace: Workspace) -> None:
    plan = plan_of(tones, trials=1, epochs=1)
    recipe = plan.study.recipe.model_copy(update={"clips_per_class": 2})
    plan = replace(plan, study=plan.study.model_copy(update={"recipe": recipe}))
    _, events = searched(plan, workspace)
    assert [event.train_clips for event in only(events, RunStarted)] == [6]


def test_the_first_trial_is_the_study_as_it_is_and_bad_ones_are_stopped_early(
    tones: Path, workspace: Workspace, made_up: object
) -> None:
    plan = plan_of(tones, trials=16)
    outcome, events = searched(plan, workspace)
    assert outcome is Outcome.DONE
    trials = [event.trial for event in only(events, TrialEnded)]
    assert trials[0].settings == {"learning_rate": 3e-3, "weight_decay": 0.01, "batch_size": 8, "augmentation": 1.0}
    assert [trial.ending for trial in trials[:4]] == [Ending.TRAINED] * 4
    stopped = [trial for trial in trials if trial.ending is Ending.PRUNED]
    assert stopped
    epochs = {trial.name: 0 for trial in trials}
    for event in only(events, EpochEnded):
        epochs[event.run] = event.epoch
    for trial in trials:
        assert epochs[trial.name] == EPOCHS if trial.ending is Ending.TRAINED else 2 <= epochs[trial.name] < EPOCHS
    best = min(trials, key=lambda trial: trial.loss)
    assert all(trial.loss > best.loss for trial in stopped)
    assert len(only(searched(plan_of(tones, trials=16, pruning=False), workspace)[1], EpochEnded)) == 16 * EPOCHS


@pytest.mark.parametrize("epochs", [1, EPOCHS, 3 * EPOCHS + 2, 5 * EPOCHS])
def test_a_search_that_was_cancelled_goes_on_and_ends_as_if_it_had_not_been(
    tones: Path, tmp_path: Path, workspace: Workspace, made_up: object, epochs: int
) -> None:
    whole = [event.trial for event in only(searched(plan_of(tones, trials=10), workspace)[1], TrialEnded)]
    other = Workspace(tmp_path / "other").open()
    plan = plan_of(tones, trials=10)
    outcome, events = searched(plan, other, cancel_after=epochs)
    assert outcome is Outcome.CANCELLED and "goes on" in events[-1].reason
    before = [event.trial for event in only(events, TrialEnded)]
    assert len(before) >= epochs // EPOCHS
    outcome, events = searched(plan, other)
    assert outcome is Outcome.DONE
    assert [drawn(trial) for trial in only(events, SearchStarted)[0].done] == [drawn(trial) for trial in before]
    after = [event.trial for event in only(events, TrialEnded)]
    assert [drawn(trial) for trial in before + after] == [drawn(trial) for trial in whole]
    assert outcome is Outcome.DONE and not only(searched(plan, other)[1], TrialEnded)  # there is nothing left to do
    more = only(searched(plan_of(tones, trials=12), other)[1], TrialEnded)
    assert len(more) == 2
    other.close()


def test_a_search_that_was_killed_tries_the_trial_under_way_again(
    tones: Path, workspace: Workspace, made_up: type[MadeUpFitting], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    plan, fit = plan_of(tones, trials=5), made_up.fit

    def killed(fitting: MadeUpFitting, callbacks: Any) -> None:
        if fitting.run == "trial-3":
            raise Killed
        fit(fitting, callbacks)

    monkeypatch.setattr(made_up, "fit", killed)
    with pytest.raises(Killed):
        searched(plan, workspace)
    journal = plan.folder(workspace) / JOURNAL
    with journal.open("ab") as file:
        file.write(b'{"op_code":6,"worker_id"')  # as much as reached the disk
    assert [trial.ending for trial in read_search(plan.folder(workspace)).trials][-1] is Ending.UNDER_WAY
    monkeypatch.setattr(made_up, "fit", fit)
    assert searched(plan, workspace)[0] is Outcome.DONE
    found = read_search(plan.folder(workspace))
    assert [trial.ending for trial in found.trials][2] is Ending.INTERRUPTED
    assert found.trials[2].settings == found.trials[3].settings and found.trials[3].ending.counts
    assert len(found.counted) == 5 and len({tuple(trial.settings.items()) for trial in found.counted}) == 5


def test_wherever_a_search_was_killed_no_settings_are_lost_or_tried_twice(
    tones: Path, workspace: Workspace, made_up: object
) -> None:
    """Killed after any line of the journal of a search that was stopped in its second trial."""
    plan = plan_of(tones, trials=3, pruning=False)
    journal = plan.folder(workspace) / JOURNAL
    searched(plan, workspace, cancel_after=EPOCHS + 2)
    first, second = (tuple(trial.settings.items()) for trial in read_search(plan.folder(workspace)).trials)
    lines = journal.read_bytes().splitlines(keepends=True)
    drawn_all = next(place for place, line in enumerate(lines) if b'"trial_id":1,"param_name":"augmentation"' in line)
    for kept in range(2, len(lines) + 1):
        journal.write_bytes(b"".join(lines[:kept]))
        assert searched(plan, workspace)[0] is Outcome.DONE
        tried = [tuple(trial.settings.items()) for trial in read_search(plan.folder(workspace)).counted]
        assert len(tried) == len(set(tried)) == 3 and tried[0] == first, kept
        assert second in tried or kept <= drawn_all, kept


@pytest.mark.parametrize("share", [0.0, 0.25])
def test_a_trial_is_judged_in_the_epoch_that_the_study_would_test(
    tones: Path, workspace: Workspace, made_up: type[MadeUpFitting], monkeypatch: pytest.MonkeyPatch, share: float
) -> None:
    monkeypatch.setattr(made_up, "overfits", 2.0)
    plan = plan_of(tones, trials=1)
    recipe = plan.study.recipe.model_copy(update={"validation_share": share})
    plan = Plan(plan.study.model_copy(update={"recipe": recipe}), plan.search)
    searched(plan, workspace)
    (trial,) = read_search(plan.folder(workspace)).trials
    epoch, loss = (EPOCHS, 2.01 + 1 / EPOCHS) if share == 0 else (EPOCHS - 1, 0.01 + 1 / (EPOCHS - 1))
    assert (trial.epoch, trial.loss, trial.accuracy) == (epoch, pytest.approx(loss), pytest.approx(1 / (1 + loss)))


def test_nothing_is_kept_of_an_attempt_that_memory_did_not_suffice_for(
    tones: Path, workspace: Workspace, made_up: type[MadeUpFitting], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its losses were lower than those of the attempt that went on."""
    plan, fit = plan_of(tones, trials=1), made_up.fit

    def runs_out(fitting: MadeUpFitting, callbacks: Any) -> None:
        if fitting.recipe.batch_size == 8:
            (log,) = callbacks
            log._emit(EpochEnded(fitting.run, 2, EPOCHS, 0.1, 1.0, 0.01, 1.0, 1e-3, 99.0, 1.0))
            raise RuntimeError("out of memory")
        fit(fitting, callbacks)

    monkeypatch.setattr(made_up, "fit", runs_out)
    assert searched(plan, workspace)[0] is Outcome.DONE
    (trial,) = read_search(plan.folder(workspace)).trials
    assert (trial.ending, trial.epoch, trial.loss) == (Ending.TRAINED, EPOCHS, pytest.approx(0.005 + 1 / EPOCHS))
    assert trial.accuracy == pytest.approx(1 / (1 + trial.loss))


def test_a_training_that_diverges_is_a_bad_trial_and_one_that_breaks_is_a_lost_one(
    tones: Path, workspace: Workspace, made_up: type[MadeUpFitting], monkeypatch: pytest.MonkeyPatch
) -> None:
    plan, fit = plan_of(tones, trials=4), made_up.fit

    def fails(fitting: MadeUpFitting, callbacks: Any) -> None:
        if fitting.run == "trial-2":
            raise DivergedError("The loss became nan.")
        if fitting.run == "trial-3":
            raise ZeroDivisionError("a fault of a library")
        fit(fitting, callbacks)

    monkeypatch.setattr(made_up, "fit", fails)
    outcome, events = searched(plan, workspace)
    assert outcome is Outcome.DONE
    trials = [event.trial for event in only(events, TrialEnded)]
    assert [t.ending for t in trials] == [Ending.TRAINED, Ending.DIVERGED, Ending.FAILED, Ending.TRAINED]
    assert trials[1].reason == "The loss became nan." and "ZeroDivisionError" in trials[2].reason

    def refuses(fitting: MadeUpFitting, callbacks: Any) -> None:
        raise UserError("There are no such weights.")

    monkeypatch.setattr(made_up, "fit", refuses)
    outcome, events = searched(plan_of(tones, trials=5), workspace)
    assert outcome is Outcome.FAILED and events[-1].reason == "There are no such weights."
    assert not only(events, TrialEnded)
    monkeypatch.setattr(made_up, "fit", fit)
    assert len(only(searched(plan_of(tones, trials=5), workspace)[1], TrialEnded)) == 1


def test_no_trial_is_begun_when_the_time_is_over(tones: Path, workspace: Workspace, made_up: object) -> None:
    outcome, events = searched(plan_of(tones, trials=50, minutes=1e-4), workspace)
    assert outcome is Outcome.DONE and 1 <= len(only(events, TrialEnded)) < 50


def test_trials_on_other_clips_are_not_gone_on_with(
    tones: Path, tmp_path: Path, workspace: Workspace, made_up: object
) -> None:
    from tests.core.tones import write_tones

    searched(plan_of(tones, trials=1), workspace)
    outcome, events = searched(plan_of(write_tones(tmp_path / "others", 12), trials=2), workspace)
    assert outcome is Outcome.FAILED and "other clips" in events[-1].reason
    outcome, events = searched(plan_of(tones, fold=9), workspace)
    assert outcome is Outcome.FAILED and "folds 1, 2, 3, 4" in events[-1].reason


def test_the_engine_searches_in_its_thread_and_counts_trials(
    tones: Path, workspace: Workspace, made_up: object
) -> None:
    from functools import partial

    from core.search.run import run_search

    plan, engine, seen = plan_of(tones, trials=3), Engine(workspace), []

    def look(event: Event) -> None:
        if isinstance(event, TrialEnded):
            status = engine.status
            seen.append((status.state, status.unit, status.runs_done, status.runs_total))

    engine.subscribe(look)
    engine.begin(plan.title, partial(run_search, plan))
    with pytest.raises(UserError, match="under way"):
        engine.start(plan.study)
    assert engine.join(60)
    assert seen == [(State.RUNNING, "trial", done, 3) for done in (1, 2, 3)]
    assert engine.status.state is State.IDLE
