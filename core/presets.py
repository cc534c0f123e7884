"""What becomes of a study when it is given other clips: the preset made for them, or itself, made to suit them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from core.datasets import DATASETS
from core.datasets.base import Modality
from core.errors import UserError
from core.files import slug
from core.recipe import Recipe
from core.run_spec import DatasetChoice, Network
from core.study import Study, compared, read_study

PRESETS = Path(__file__).parents[1] / "resources" / "presets"
_OF_ALL_CLIPS = ("seeds", "device", "cache_limit", "checkpoint_every", "wandb")  # what can be meant for whatever clips


def same_place(one: DatasetChoice, other: DatasetChoice) -> bool:
    return (one.name, one.root) == (other.name, other.root)


def other_clips(one: DatasetChoice, other: DatasetChoice) -> bool:
    """ESC-50 is the same wherever it lies; a labelled folder elsewhere is another."""
    return one.name != other.name or (not DATASETS[one.name].folder and one.root != other.root)


def dealt_as(like: DatasetChoice, choice: DatasetChoice) -> DatasetChoice:
    """The same clips, less what is left out by hand, dealt out as another choice says."""
    return choice.model_copy(update={"folds": like.folds, "with_sound": like.with_sound})


@cache
def read_presets() -> tuple[Study, ...]:
    """The studies that come with Sensorium, the plainest of a dataset (that with the shortest name) first."""
    return tuple(sorted(map(read_study, PRESETS.glob("*.toml")), key=lambda preset: (len(preset.name), preset.name)))


def made_for(choice: DatasetChoice, presets: Sequence[Study]) -> Study | None:
    """The preset for these clips. That of a labelled folder is for the folder of its name: there are many."""
    if DATASETS[choice.name].folder:
        return next((preset for preset in presets if preset.dataset.name == choice.name), None)
    called = slug(Path(choice.root).name)
    fitting = (p for p in presets if p.dataset.name == choice.name and slug(p.name) == called)
    return next(fitting, None)


def folder_wanted(preset: Study, choice: DatasetChoice) -> str:
    """The folder that a preset was written for, where these clips are of its kind but of another folder; else “”."""
    its_own = DATASETS[choice.name].folder or preset.dataset.name != choice.name
    return "" if its_own or slug(Path(choice.root).name) == slug(preset.name) else preset.name


def came_from(study: Study, presets: Sequence[Study]) -> Study | None:
    """The preset that it still trains as, on whatever clips; that for its own where there are several."""
    alike = (preset for preset in presets if (preset.network, preset.recipe) == (study.network, study.recipe))
    return max(alike, key=lambda preset: preset.dataset.name == study.dataset.name, default=None)


def unedited(study: Study, preset: Study) -> bool:
    """Whether a study is a preset as it came, but for its name and where its clips lie."""
    place = {"root": preset.dataset.root, "exclude": preset.dataset.exclude}
    its_own = {"name": preset.name, "answers": preset.answers, "dataset": study.dataset.model_copy(update=place)}
    return study.model_copy(update=its_own) == preset


def taking_edits(preset: Study, study: Study, came: Study) -> Study:
    """A preset, with what was set otherwise in a study than in the preset it came from, if not for its clips alone."""
    edits = {name: getattr(study, name) for name in _OF_ALL_CLIPS if getattr(study, name) != getattr(came, name)}
    return preset.model_copy(update=edits)


def renamed(study: Study) -> Study:
    """A study is of one dataset: with other clips it takes their name, so that its runs lie apart."""
    choice = study.dataset
    name = choice.name if DATASETS[choice.name].folder else slug(Path(choice.root).name)
    return study.model_copy(update={"name": name, "answers": "", "folds": ()})


def suited(study: Study, there: Collection[Modality]) -> Study:
    """The study made to start on clips that have these modalities: on sight where there are pictures.

    One that looks at all it can already stays as it is. A study that cannot be made to suit gives way to the three
    architectures as they are by default.
    """
    used = {study.modality_of(network) for network in study.network}
    sees = Modality.VIDEO in there
    if used <= set(there) and (not sees or used - {Modality.AUDIO}):
        return study
    modality = Modality.VIDEO if sees else Modality.AUDIO
    single = [network for network in study.network if study.modality_of(network) != Modality.AUDIO_VISUAL]
    plain = {network.label: network for network in map(_plain, single or study.network)}
    recipe = study.recipe
    if recipe.mixing == "between-class" and sees:  # it is for sounds alone
        recipe = recipe.model_copy(update={"mixing": "mixup"})
    for networks, trained in (
        (tuple(plain.values()), recipe),
        (tuple(Network(architecture=name) for name in compared()), Recipe()),
    ):
        made = study.model_copy(update={"modality": modality, "network": networks, "recipe": trained})
        if _valid(made):
            break
    return made


def trio(architecture: str, networks: Sequence[tuple[str, Modality]], like: Network | None) -> list[Network]:
    """Sound, sight and both of an architecture, less what is there: both is always told beside its single branches.

    Args:
        networks: (architecture, modality) of those that are there.
        like: an example whose initial weights the single networks take.
    """
    taken: dict[str, Any] = {}
    if like is not None and like.weights in ("none", "imagenet", "file"):
        taken = {"weights": like.weights, "weights_path": like.weights_path}
    return [
        Network(
            architecture=architecture, modality=modality.value, **({} if modality == Modality.AUDIO_VISUAL else taken)
        )
        for modality in Modality
        if (architecture, modality) not in networks
    ]


def with_branches(networks: Sequence[Network]) -> tuple[Network, ...]:
    """Before each network of a study on both, one on its sound and one on its sight for it to start from."""
    made: list[Network] = []
    for network in networks:
        branched = network.modality == "as the study" and not network.joint
        for field, modality in (("sound", Modality.AUDIO), ("sight", Modality.VIDEO)) if branched else ():
            alone: dict[str, Any] = {"name": "", "modality": modality.value, "sound": "", "sight": ""}
            if modality == Modality.AUDIO:
                alone["temporal"] = "average"
            branch = network.model_copy(update=alone)
            like = [other for other in made if _alike(other, branch)]
            if branch.label not in [other.label for other in like]:
                made.append(branch)
            if like and like[0].label != branch.label:  # the first of an architecture is found by itself
                network = network.model_copy(update={field: branch.label})
        own: dict[str, Any] = {}
        if branched:  # what its branches start from is theirs, and its name tells it
            own = {"name": network.label, "temporal": "average", "weights": "none", "weights_path": ""}
        made.append(network.model_copy(update=own))
    return tuple(made)


def _alike(one: Network, other: Network) -> bool:
    return (one.architecture, one.modality) == (other.architecture, other.modality)


def _plain(network: Network) -> Network:
    """A network for whatever the study is about."""
    departures = {key: value for key, value in network.recipe.items() if key != "mixing"}
    return network.model_copy(
        update={"modality": "as the study", "sound": "", "sight": "", "joint": False, "recipe": departures}
    )


def _valid(study: Study) -> bool:
    try:
        Study.model_validate(study.model_dump())
    except (ValidationError, UserError):
        return False
    return True
