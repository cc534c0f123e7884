"""What is said of a search: the best of it, how it came about, what mattered, and what it is not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.run_spec import Network
from core.search.plan import Plan
from core.search.result import LEAST, SearchResult, read_search
from core.search.settings import Search
from core.search.trials import Ending, Trial
from core.study import read_study
from core.workspace import Workspace
from tests.core.search.searches import plan_of, searched
from tests.core.tones import tone_study


def result_of(plan: Plan, *losses: float | None, ending: Ending = Ending.TRAINED) -> SearchResult:
    trials = tuple(
        Trial(number, ending, {"learning_rate": 0.001 * number}, loss, 3, 0.5) for number, loss in enumerate(losses, 1)
    )
    return SearchResult(plan, Path(), trials)


def test_the_best_so_far_counts_trials_that_were_trained_to_the_end(tones: Path) -> None:
    result = result_of(plan_of(tones), 0.9, 1.2, 0.4, 0.7)
    assert result.history() == [(1, 0.9), (2, 0.9), (3, 0.4), (4, 0.4)]
    assert result.best == result.trials[2]
    stopped = replace(result.trials[2], ending=Ending.PRUNED)
    result = replace(result, trials=(*result.trials[:2], stopped, result.trials[3]))
    assert result.history() == [(1, 0.9), (2, 0.9), (4, 0.7)] and result.best == result.trials[3]
    assert "validation loss 0.700 (50.0 % right) after epoch 3 (trial 4)" in result.sentence()


def test_trials_to_come_take_as_long_as_those_that_ended(tones: Path) -> None:
    result = result_of(plan_of(tones, trials=10), 0.9, 1.2, 0.4)
    assert result_of(plan_of(tones)).seconds_to_come is None
    took = [replace(trial, seconds=10.0 * trial.number) for trial in result.trials]
    took[2] = replace(took[2], ending=Ending.INTERRUPTED)  # it is tried again, and may have hung
    assert replace(result, trials=tuple(took)).seconds_to_come == pytest.approx(15.0 * 8)


def test_with_nothing_found_it_says_so(tones: Path) -> None:
    for result in (result_of(plan_of(tones)), result_of(plan_of(tones), 0.3, ending=Ending.PRUNED)):
        assert result.best is None and result.best_study() is None and result.importances() == ()
        assert result.sentence() == "No trial has been trained to the end yet."
        assert f"need {LEAST} trials" in result.importance_sentence()
        assert "there are 0" in result.importance_sentence()


def test_it_says_that_it_is_no_test_score_and_which_folds_chose(tones: Path) -> None:
    said = " ".join(result_of(plan_of(tones, fold=2), 0.5).caveats())
    assert "no test score" in said and "Only the clips of fold 2" in said and "other networks" not in said
    two = tone_study(tones, network=(Network(), Network(name="second")))
    assert "other networks keep their settings" in " ".join(result_of(Plan(two, Search()), 0.5).caveats())


def test_it_says_where_trials_were_trained_otherwise_than_the_study(tones: Path) -> None:
    epochs = tone_study(tones).recipe.epochs

    def said(share: float, asked: int) -> str:
        recipe = tone_study(tones).recipe.model_copy(update={"validation_share": share})
        return " ".join(result_of(Plan(tone_study(tones, recipe=recipe), Search(epochs=asked)), 0.5).caveats())

    assert "no validation part" in said(0.0, epochs) and "Trials had" not in said(0.0, epochs)
    assert f"Trials had {epochs + 1} epochs and the study has {epochs}" in said(0.25, epochs + 1)
    assert "Trials had" not in said(0.25, 0) and "no validation part" not in said(0.25, 0)


def test_what_different_searches_find_has_different_names(tones: Path) -> None:
    networks = tuple(Network(name=f"{'a' * 30}{k}", recipe={"epochs": k}) for k in (2, 3))
    plans = [
        Plan(tone_study(tones, name=name, network=networks), Search(fold=fold, network=network.name, seed=seed))
        for name in ("tones", "t" * 80)
        for fold in (1, 2)
        for network in networks
        for seed in (0, 1)
    ]
    names = [study.name for plan in plans if (study := result_of(plan, 0.5).best_study()) is not None]
    assert len(set(names)) == len(plans) == 16 and max(map(len, names)) <= 80


@pytest.mark.parametrize("trials", [LEAST - 1, 24])
def test_the_setting_that_decides_is_found_to_matter_most(
    tones: Path, workspace: Workspace, made_up: object, trials: int
) -> None:
    """Made-up trainings whose loss depends on the learning rate, hardly on the batch, and on nothing else."""
    plan = plan_of(tones, trials=trials, pruning=False)
    searched(plan, workspace)
    result = read_search(plan.folder(workspace))
    found = {one.name: one.share for one in result.importances()}
    if trials < LEAST:
        assert not found and "there are 5" in result.importance_sentence()
        return
    assert next(iter(found)) == "learning_rate" and found["learning_rate"] > 0.7
    assert set(found) == set(plan.ranges)
    np.testing.assert_allclose(sum(found.values()), 1.0)
    assert "24 trials" in result.importance_sentence() and "rough" in result.importance_sentence()


def test_what_was_found_is_written_as_a_study_that_can_be_run(
    tones: Path, workspace: Workspace, made_up: object
) -> None:
    plan = plan_of(tones, trials=5)
    searched(plan, workspace)
    result = read_search(plan.folder(workspace))
    path = result.write_best_study()
    assert path is not None and path.parent == plan.folder(workspace)
    study = read_study(path)
    assert study == result.best_study() and study.name == plan.best_name and study.folds == plan.study.folds
    assert result.best is not None
    recipe = study.recipe_of(study.network[0])
    assert recipe.learning_rate == result.best.settings["learning_rate"]
    assert recipe.batch_size == result.best.settings["batch_size"]
    assert recipe.epochs == plan.study.recipe.epochs and recipe.validation_share == plan.study.recipe.validation_share
