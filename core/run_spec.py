"""RunSpec: one run, resolved, with the digest of what decides its result."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import field_validator, model_validator

from core.architectures import ARCHITECTURES
from core.datasets import DATASETS
from core.datasets.base import Modality
from core.files import slug
from core.recipe import FrontEnds, Recipe
from core.settings import Settings, setting
from core.settings_file import read_toml, validated
from core.tables import did_you_mean

DEFAULTS = 1  # raise it when the default of a setting changes: digests of recipes leave out what is at its default
TRAINING = 2  # raise it when training itself changes: one recipe then gives other results, and its runs other digests
UNNUMBERED = 1  # the training of runs from before there was a number
# Of a classical baseline: the keys of the recipe that decide its result, and the fields of Network that say nothing.
OF_CLASSICAL = ("validation_share", "clips_per_class", "audio.rate", "audio.seconds")
NOT_CLASSICAL = (
    "weights", "weights_path", "temporal", "fusion", "learns_from", "sound", "sight", "joint",
    "transfer_stages", "freeze", "freeze_stages",
)  # fmt: skip
SECTIONS = {"audio": ("audio", "augmentation"), "video": ("video", "video_augmentation")}  # of the recipe, by wing


def _in_table(name: str, table: Mapping[str, Any], what: str) -> str:
    if name not in table:
        raise ValueError(f"no {what} is called “{name}”.{did_you_mean(name, table)} Known: {', '.join(table)}")
    return name


class DatasetChoice(Settings):
    """Which clips, and where they are."""

    name: str = setting("demo-sounds", "Dataset", "A row of the Data panel.")
    root: str = setting("", "Folder", "Where it is; empty = its place in the workspace.")
    exclude: tuple[str, ...] = setting((), "Left out", "Clips left out by hand, by id.")
    folds: int = setting(
        5,
        "Folds made",
        "Of clips that come without folds: so many are made with groups kept whole; 0 = each group is a fold of its "
        "own (leave one group out).",
        ge=0,
        le=200,
    )
    with_sound: Literal["as needed", "only", "also without"] = setting(
        "as needed",
        "Clips with sound",
        "only: clips without a usable sound track are left out; also without: they stay, as silence to networks that "
        "hear; as needed: they stay where any network sees, and are left out where all only hear.",
    )

    @field_validator("with_sound", mode="before")
    @classmethod
    def _as_written_once(cls, value: Any) -> Any:
        """Whether “only” was a switch at first."""
        return {True: "only", False: "as needed"}[value] if isinstance(value, bool) else value

    @field_validator("name")
    @classmethod
    def _known(cls, name: str) -> str:
        return _in_table(name, DATASETS, "dataset")


class Network(Settings):
    """One architecture with its initial weights, and where it departs from the study's recipe."""

    name: str = setting("", "Name", "Shown in tables and curves; empty = made from the architecture and its weights.")
    architecture: str = setting("baseline_cnn", "Architecture", "A row of the table of architectures.")
    weights: Literal["none", "imagenet", "file", "run"] = setting(
        "none",
        "Initial weights",
        "none: from scratch; imagenet: torchvision's; file: .safetensors or .pth; run: an earlier run of yours.",
    )
    weights_path: str = setting("", "Weights file or run", "For “file” a path, for “run” STUDY/RUN.")
    modality: Literal["as the study", "audio", "video", "audio-visual"] = setting(
        "as the study", "Modality", "What this network is given of a clip: its sound, its pictures, or both."
    )
    temporal: Literal["single frame", "average", "gru", "attention", "order-blind attention", "3-d convolution"] = (
        setting(
            "average",
            "Temporal model",
            "How the frames of a video, or the windows of a spectrogram, become one answer. Only gru, attention (with "
            "a learned position of each frame) and 3-d convolution (inflated as in I3D) can tell their order.",
        )
    )
    fusion: Literal["score average", "concatenation", "gated attention"] = setting(
        "gated attention",
        "Fusion",
        "How sound and sight become one answer: their scores averaged with a weight learned on the validation part, "
        "their features joined, or weighed clip by clip by a gate.",
    )
    learns_from: Literal["validation part", "training clips"] = setting(
        "validation part",
        "Fusion learns from",
        "validation part: clips that its branches were not trained on (they only chose their best epochs), so that it "
        "learns how far each can be trusted. On the training clips a branch that knows them by heart looks reliable.",
    )
    sound: str = setting(
        "", "Sound branch", "Network of this study whose runs it starts from; empty = that of the same architecture."
    )
    sight: str = setting(
        "", "Sight branch", "Network of this study whose runs it starts from; empty = that of the same architecture."
    )
    joint: bool = setting(
        False,
        "Train jointly",
        "Train both branches together from their initial weights. This often loses to the better branch alone, as the "
        "branches overfit at different speeds (Wang, Tran & Feiszli 2020): starting from trained branches is the rule.",
    )
    transfer_stages: int = setting(
        0,
        "Transferred stages",
        "So many first stages take the initial weights, later ones begin at random; 0 = all take them. Frozen as well, "
        "they tell how transferable each layer is (Yosinski et al. 2014).",
        ge=0,
        le=50,
    )
    freeze: Literal["nothing", "stages", "all but head"] = setting(
        "nothing", "Freeze", "Layers that keep their initial weights."
    )
    freeze_stages: int = setting(
        0,
        "Frozen stages",
        "So many first stages keep their initial weights where “Freeze” is “stages”, and the later ones learn. AlexNet "
        "has 7 (five convolutions, two linear layers), a ResNet 5, the baseline CNN 4. Random weights that are kept "
        "learn nothing.",
        ge=0,
        le=50,
    )
    recipe: dict[str, Any] = setting({}, "Departures", "Keys of the recipe that this network overrides.")

    @field_validator("architecture")
    @classmethod
    def _known(cls, name: str) -> str:
        return _in_table(name, ARCHITECTURES, "architecture")

    @model_validator(mode="after")
    def _complete(self) -> Network:
        if self.weights in ("file", "run") and not self.weights_path:
            raise ValueError(f"weights = “{self.weights}” needs weights_path")
        if self.weights == "imagenet" and not ARCHITECTURES[self.architecture].imagenet:
            raise ValueError(f"there are no ImageNet weights for {self.architecture}: set weights to “none”")
        if self.transfer_stages and self.weights == "none":
            raise ValueError("transfer_stages needs initial weights: set weights, or transfer_stages to 0")
        return self

    @property
    def classical(self) -> bool:
        """Whether it is fitted to MFCC statistics; else it is a network."""
        return ARCHITECTURES[self.architecture].classical

    @property
    def label(self) -> str:
        """Its own name, or one made of what it departs in from a plain network."""
        if self.name:
            return self.name
        parts = [ARCHITECTURES[self.architecture].title]
        if self.weights != "none":
            parts[0] += f" ({self.weights})"
        if self.modality == Modality.AUDIO_VISUAL:
            parts.append(self.fusion)
        elif self.temporal != "average":
            parts.append(self.temporal)
        if self.modality != "as the study":
            parts.append(Modality(self.modality).word)
        return ", ".join(parts)


class Branch(Settings):
    """One half of an audio-visual network."""

    network: Network
    modality: Modality
    run: str = ""  # folder name of the run of the same study whose weights it starts from; "" = trained jointly


class RunSpec(Settings):
    """One run, resolved: everything needed to train it again."""

    study: str
    network: Network
    modality: Modality = Modality.AUDIO
    dataset: DatasetChoice
    recipe: Recipe
    fold: int
    seed: int
    branches: tuple[Branch, ...] = ()  # sound, sight; of audio-visual networks only
    training: int = TRAINING  # as it was when the run was trained

    @property
    def given(self) -> FrontEnds:
        """What this run's network hears and sees."""
        wings = self.modality.wings
        return FrontEnds(
            self.recipe.audio if "audio" in wings else None, self.recipe.video if "video" in wings else None
        )

    @property
    def classical(self) -> bool:
        """Whether it is fitted rather than trained: there are no epochs, and no weights to ask again."""
        return self.network.classical

    @property
    def never_again(self) -> str:
        """Why a finished run cannot be asked about other clips; "" = it can."""
        if not self.classical:
            return ""
        return (
            f"{self.network.label} cannot be asked again: it was fitted to MFCC statistics, and what was fitted is not "
            "kept."
        )

    @property
    def stacked(self) -> bool:
        """Whether only the validation part is learned from: by a fusion whose branches have learned from the rest."""
        return any(branch.run for branch in self.branches) and self.network.learns_from == "validation part"

    @property
    def epochless(self) -> bool:
        """Whether there is nothing to train in epochs."""
        return self.late or self.classical

    @property
    def late(self) -> bool:
        """Whether there is nothing to train: two trained branches whose scores are averaged."""
        return any(branch.run for branch in self.branches) and self.network.fusion == "score average"

    def frozen_stages(self, stages: int) -> int:
        """How many of a network's stages keep their initial weights. Of a fusion that learns from the validation part
        both branches do: they would learn its few clips by heart, and look reliable there."""
        if self.stacked or self.network.freeze == "all but head":
            return stages
        return self.network.freeze_stages if self.network.freeze == "stages" else 0

    @property
    def recipe_hash(self) -> str:
        """Short digest of what decides the result but fold, seed and names: runs that share it may be averaged.

        What is at its default is left out, so that a setting that is added later changes no digest (DEFAULTS says
        when a default itself changed), and so is what this modality does not look at.
        """
        content = self.model_dump(mode="json", exclude_defaults=True, include={"dataset", "recipe"})
        content["dataset"].pop("root", None)  # the same clips may lie elsewhere
        content |= {"defaults": DEFAULTS, "modality": self.modality}
        if self.training != UNNUMBERED:
            content["training"] = self.training
        branches = self.branches or (Branch(network=self.network, modality=self.modality),)
        content["networks"] = [_what_matters(branch.network, branch.modality, self.recipe) for branch in branches]
        if self.branches:
            content["fusion"] = [self.network.fusion, self.network.learns_from]
            content["branches"] = [branch.run.rpartition("-")[2] for branch in self.branches]  # their digests
            if not self.stacked:
                content["frozen"] = [self.network.freeze, self.network.freeze_stages]
        for name, modality in (("audio", Modality.VIDEO), ("video", Modality.AUDIO)):
            if self.modality == modality:
                for section in SECTIONS[name]:
                    content["recipe"].pop(section, None)
        if self.classical:
            content["recipe"] = _for_classical(content["recipe"])
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:6]

    @property
    def id(self) -> str:
        """Folder name of the run; two recipes never share one."""
        return f"{slug(self.network.label)}-fold{self.fold}-seed{self.seed}-{self.recipe_hash}"


def _for_classical(recipe: Mapping[str, Any]) -> dict[str, Any]:
    """What of a recipe decides the result of a classical baseline."""
    return {key: value for key, value in dotted(recipe).items() if key in OF_CLASSICAL}


def dotted(settings: Mapping[str, Any], within: str = "") -> dict[str, Any]:
    """Nested settings by their dotted keys."""
    found: dict[str, Any] = {}
    for key, value in settings.items():
        found |= dotted(value, f"{within}{key}.") if isinstance(value, Mapping) else {f"{within}{key}": value}
    return found


def _what_matters(network: Network, modality: Modality, recipe: Recipe) -> dict[str, Any]:
    """What of a network of one modality decides its result; departures are already resolved into the recipe."""
    names = {"architecture", "weights", "weights_path", "freeze", "freeze_stages"}
    windowed = recipe.audio.windows > 1 and not ARCHITECTURES[network.architecture].classical
    if modality == Modality.VIDEO or windowed:
        names.add("temporal")
    if network.transfer_stages:  # runs from before there was a choice keep their digests
        names.add("transfer_stages")
    return network.model_dump(mode="json", include=names)


def network_labels(specs: Sequence[RunSpec]) -> list[str]:
    """Label of each run's network; one that was trained under several recipes is told apart by their digests."""
    recipes: dict[str, set[str]] = {}
    for spec in specs:
        recipes.setdefault(spec.network.label, set()).add(spec.recipe_hash)
    return [
        spec.network.label if len(recipes[spec.network.label]) == 1 else f"{spec.network.label} · {spec.recipe_hash}"
        for spec in specs
    ]


def read_run_spec(path: Path) -> RunSpec:
    """The `study.toml` in a run's folder."""
    spec: RunSpec = validated(RunSpec, {"training": UNNUMBERED, **read_toml(path)}, path.name)
    return spec
