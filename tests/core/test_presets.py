"""What becomes of a study that is given other clips."""

from __future__ import annotations

from core.datasets.base import Modality
from core.presets import (
    came_from,
    folder_wanted,
    made_for,
    read_presets,
    suited,
    taking_edits,
    unedited,
    with_branches,
)
from core.recipe import Recipe
from core.run_spec import DatasetChoice, Network
from core.study import Study

SOUND, FILMS = frozenset({Modality.AUDIO}), frozenset(Modality)


def looks_at(study: Study) -> list[Modality]:
    return [study.modality_of(network) for network in study.network]


def whole(study: Study) -> Study:
    return Study.model_validate(study.model_dump())


def test_a_study_on_sounds_is_made_to_see():
    study = Study(network=(Network(), Network(architecture="alexnet", modality="audio", recipe={"epochs": 3})))
    made = whole(suited(study, FILMS))
    assert looks_at(made) == [Modality.VIDEO, Modality.VIDEO]
    assert made.network[1].recipe == {"epochs": 3}


def test_mixing_that_is_for_sounds_alone_is_not_taken_along():
    recipe = Recipe(mixing="between-class")
    study = Study(recipe=recipe, network=(Network(recipe={"mixing": "between-class"}),))
    assert whole(suited(study, FILMS)).recipe.mixing == "mixup"


def test_a_study_on_both_is_made_to_hear_only():
    networks = (Network(modality="audio"), Network(modality="video"), Network(modality="audio-visual"))
    study = Study(modality="audio-visual", network=networks, recipe=Recipe(validation_share=0.2))
    made = whole(suited(study, SOUND))
    assert looks_at(made) == [Modality.AUDIO]


def test_what_suits_already_stays_as_it_is():
    study = Study(modality="video", network=(Network(), Network(architecture="alexnet", modality="audio")))
    assert suited(study, FILMS) is study
    assert suited(Study(), SOUND) == Study()


def test_what_cannot_be_made_to_suit_gives_way_to_the_three_architectures():
    odd = Study.model_construct(**{**dict(Study()), "network": (Network(recipe={"video": {"size": 300}}),)})
    made = whole(suited(odd, FILMS))
    assert [network.architecture for network in made.network] == ["baseline_cnn", "alexnet", "resnet50"]


def test_the_preset_of_a_labelled_folder_is_for_the_folder_of_its_name():
    presets = [*read_presets(), Study(name="My Birds", dataset=DatasetChoice(name="labelled-folder"))]
    assert made_for(DatasetChoice(name="labelled-folder", root="/a/my birds"), presets) is presets[-1]
    assert made_for(DatasetChoice(name="labelled-folder", root="/a/others"), presets) is None
    assert made_for(DatasetChoice(name="esc50"), presets).dataset.name == "esc50"


def test_each_variant_of_an_architecture_starts_from_branches_of_its_own():
    variants = (Network(architecture="alexnet"), Network(architecture="alexnet", weights="imagenet"))
    study = Study(
        modality="audio-visual",
        dataset=DatasetChoice(name="labelled-folder"),
        network=with_branches(variants),
        recipe=Recipe(validation_share=0.2),
    )
    plain, pretrained = (network for network in study.network if network.modality == "as the study")
    assert [branch.weights for branch in study.branches_of(plain)] == ["none", "none"]
    assert [branch.weights for branch in study.branches_of(pretrained)] == ["imagenet", "imagenet"]
    alone = [network for network in study.network if network.modality != "as the study"]
    assert not any(network.sound or network.sight for network in alone), "a branch has no branches"


def test_a_study_is_a_preset_by_what_it_trains_not_by_its_name():
    presets = read_presets()
    weizmann = next(preset for preset in presets if preset.name == "weizmann")
    elsewhere = weizmann.model_copy(
        update={"name": "mine", "dataset": weizmann.dataset.model_copy(update={"root": "/a"})}
    )
    assert came_from(elsewhere, presets) is weizmann and unedited(elsewhere, weizmann)
    assert came_from(Study(name="weizmann"), presets) is None
    seeds = weizmann.model_copy(update={"seeds": (0, 1)})
    assert came_from(seeds, presets) is weizmann and not unedited(seeds, weizmann)


def test_a_preset_takes_over_what_was_set_for_whatever_clips():
    demo, esc10 = (next(preset for preset in read_presets() if preset.name == name) for name in ("demo", "esc10"))
    made = taking_edits(esc10, demo.model_copy(update={"seeds": (3, 4), "folds": (2,)}), demo)
    assert made == esc10.model_copy(update={"seeds": (3, 4)})


def test_the_folder_that_a_preset_was_written_for():
    grid, esc10 = (next(preset for preset in read_presets() if preset.name == name) for name in ("grid-s1", "esc10"))
    assert folder_wanted(grid, DatasetChoice(name="labelled-folder", root="/a/weizmann")) == "grid-s1"
    assert folder_wanted(grid, DatasetChoice(name="labelled-folder", root="/a/Grid S1")) == ""
    assert folder_wanted(esc10, DatasetChoice(name="esc10", root="/a/weizmann")) == ""
    assert folder_wanted(esc10, DatasetChoice(name="labelled-folder", root="/a/weizmann")) == ""
