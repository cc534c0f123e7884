"""What a search is asked and what it makes of a study: checked, kept apart by what decides it, and written as TOML."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from core.audio.settings import AudioAugmentation
from core.errors import UserError
from core.recipe import Recipe
from core.run_spec import Network
from core.search.plan import VALIDATION, Plan, read_plan
from core.search.settings import Search
from core.settings_file import write_toml
from core.study import Study, read_study
from tests.core.search.searches import plan_of
from tests.core.tones import tone_study

FOUND = {"learning_rate": 0.00123456, "weight_decay": 0.05, "batch_size": 4.0, "augmentation": 0.5}


@pytest.mark.parametrize(
    ("asked", "about"),
    [
        ({"learning_rate": (0.1, 0.01)}, "lowest and the highest"),
        ({"learning_rate": (0.0, 0.01)}, "above 0"),
        ({"learning_rate": (0.01,)}, "lowest and the highest"),
        ({"weight_decay": (1e-4, 2.0)}, "up to 1"),
        ({"batch_size": (8,)}, "nothing to search"),
        ({"batch_size": (8, 8)}, "different sizes"),
        ({"batch_size": (8, 5000)}, "from 1 to 1024"),
        ({"augmentation": (0.0, 9.0)}, "up to 4"),
        ({"learning_rate": (), "weight_decay": (), "batch_size": (), "augmentation": ()}, "nothing is searched"),
    ],
)
def test_what_cannot_be_searched_is_refused(asked: dict[str, Any], about: str) -> None:
    with pytest.raises(ValidationError, match=about):
        Search(**asked)


def test_a_network_is_looked_for_by_its_label(tones: Path) -> None:
    with pytest.raises(UserError, match="Did you mean “Baseline CNN”"):
        plan_of(tones, network="Baseline CN")


@pytest.mark.parametrize("joint", [False, True])
def test_a_fusion_of_trained_branches_is_not_searched_and_one_trained_jointly_is(joint: bool) -> None:
    alone = (Network(modality="audio"), Network(modality="video"))
    both = Network(name="both", modality="audio-visual", joint=joint)
    study = Study(network=(*alone, both), recipe=Recipe(validation_share=0.2))
    if joint:
        assert Plan(study, Search(network="both")).spec.modality == "audio-visual"
    else:
        with pytest.raises(UserError, match="trained runs of its branches"):
            Plan(study, Search(network="both"))


def test_augmentation_is_searched_only_where_there_is_any(tones: Path) -> None:
    assert "augmentation" in plan_of(tones).ranges
    assert list(Plan(tone_study(tones), Search()).ranges) == ["learning_rate", "weight_decay", "batch_size"]
    with pytest.raises(UserError, match="Nothing of “Baseline CNN”"):
        Plan(tone_study(tones), Search(learning_rate=(), weight_decay=(), batch_size=()))


def test_what_decides_a_search_decides_its_folder(tones: Path) -> None:
    one = plan_of(tones)
    assert plan_of(tones, trials=99, minutes=5.0).id == one.id == plan_of(tones, network="Baseline CNN").id
    others = [plan_of(tones, **asked).id for asked in ({"epochs": 7}, {"fold": 2}, {"seed": 1}, {"pruning": False})]
    assert len({one.id, *others}) == 5


def test_a_trial_has_a_validation_part_and_the_epochs_of_the_search(tones: Path) -> None:
    plan = plan_of(tones, epochs=7)
    spec = plan.trial_spec(FOUND)
    assert (spec.recipe.epochs, spec.recipe.validation_share, spec.fold) == (7, VALIDATION, 1)
    assert (spec.recipe.learning_rate, spec.recipe.weight_decay, spec.recipe.batch_size) == (0.00123, 0.05, 4)
    assert (spec.recipe.augmentation.gain_db, spec.recipe.augmentation.shift) == (3.0, 0.1)
    assert plan_of(tones, epochs=0).trial_spec({}).recipe.epochs == plan.study.recipe.epochs


def test_settings_become_departures_of_the_one_network_and_round_trip(tones: Path, tmp_path: Path) -> None:
    networks = (
        Network(name="other", recipe={"learning_rate": 0.02}),
        Network(name="searched", recipe={"epochs": 9, "augmentation": {"noise": 0.5, "gain_db": 8.0}}),
    )
    recipe = tone_study(tones).recipe.model_copy(update={"augmentation": AudioAugmentation(shift=0.4)})
    study = tone_study(tones, network=networks, recipe=recipe, folds=(1, 2))
    made = Plan(study, Search(network="searched")).study_with(FOUND)
    assert made.network[0] == networks[0] and made.recipe == study.recipe and made.folds == (1, 2)
    assert made.network[1].recipe == {
        "epochs": 9,
        "learning_rate": 0.00123,
        "weight_decay": 0.05,
        "batch_size": 4,
        "augmentation": {"noise": 0.25, "gain_db": 4.0, "shift": 0.2},
    }
    write_toml(made, tmp_path / "found.toml")
    assert read_study(tmp_path / "found.toml") == made
    assert made.recipe_of(made.network[1]).epochs == 9


def test_a_plan_is_read_from_its_files(tones: Path, tmp_path: Path) -> None:
    plan = plan_of(tones, fold=3)
    write_toml(plan.study, tmp_path / "study.toml")
    write_toml(plan.search, tmp_path / "search.toml")
    assert read_plan(tmp_path) == plan


def test_the_study_as_it_is_is_tried_as_far_as_the_ranges_reach(tones: Path) -> None:
    assert plan_of(tones, batch_size=(16, 32), weight_decay=()).as_it_is == {"learning_rate": 3e-3, "augmentation": 1.0}
    assert Recipe().weight_decay == plan_of(tones).as_it_is["weight_decay"]
