"""Study: a grid of runs, read from and written to TOML."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, get_args

import tomlkit
from pydantic import BaseModel, ValidationError, field_validator, model_validator

from core.datasets import DATASETS
from core.datasets.base import Modality
from core.errors import UserError
from core.files import write_atomically
from core.recipe import FrontEnds, Recipe, Settings, setting
from core.tables import did_you_mean
from models import MODELS

DEFAULTS = 1  # raise it when the default of a setting changes: digests of recipes leave out what is at its default
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
    with_sound: bool = setting(False, "With sound only", "Leave out clips that have no usable sound track.")

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
        "validation part: clips that its trained branches have not seen, so that it learns how far each can be "
        "trusted. On the training clips a branch that knows them by heart looks reliable.",
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
    freeze: Literal["nothing", "stages", "all but head"] = setting(
        "nothing", "Freeze", "Layers that keep their initial weights."
    )
    freeze_stages: int = setting(
        0, "Frozen stages", "First stages that keep their weights, with “stages”.", ge=0, le=50
    )
    recipe: dict[str, Any] = setting({}, "Departures", "Keys of the recipe that this network overrides.")

    @field_validator("architecture")
    @classmethod
    def _known(cls, name: str) -> str:
        return _in_table(name, MODELS, "architecture")

    @model_validator(mode="after")
    def _complete(self) -> Network:
        if self.weights in ("file", "run") and not self.weights_path:
            raise ValueError(f"weights = “{self.weights}” needs weights_path")
        if self.weights == "imagenet" and not MODELS[self.architecture].imagenet:
            raise ValueError(f"there are no ImageNet weights for {self.architecture}: set weights to “none”")
        return self

    @property
    def label(self) -> str:
        """Its own name, or one made of what it departs in from a plain network."""
        if self.name:
            return self.name
        parts = [MODELS[self.architecture].title]
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

    @property
    def given(self) -> FrontEnds:
        """What this run's network hears and sees."""
        wings = self.modality.wings
        return FrontEnds(
            self.recipe.audio if "audio" in wings else None, self.recipe.video if "video" in wings else None
        )

    @property
    def stacked(self) -> bool:
        """Whether only the validation part is learned from: by a fusion whose branches have learned from the rest."""
        return any(branch.run for branch in self.branches) and self.network.learns_from == "validation part"

    @property
    def late(self) -> bool:
        """Whether there is nothing to train: two trained branches whose scores are averaged."""
        return any(branch.run for branch in self.branches) and self.network.fusion == "score average"

    @property
    def recipe_hash(self) -> str:
        """Short digest of what decides the result but fold, seed and names: runs that share it may be averaged.

        What is at its default is left out, so that a setting that is added later changes no digest (DEFAULTS says
        when a default itself changed), and so is what this modality does not look at.
        """
        content = self.model_dump(mode="json", exclude_defaults=True, include={"dataset", "recipe"})
        content["dataset"].pop("root", None)  # the same clips may lie elsewhere
        content |= {"defaults": DEFAULTS, "modality": self.modality}
        branches = self.branches or (Branch(network=self.network, modality=self.modality),)
        content["networks"] = [_what_matters(branch.network, branch.modality, self.recipe) for branch in branches]
        if self.branches:
            content["fusion"] = [self.network.fusion, self.network.learns_from]
            content["branches"] = [branch.run.rpartition("-")[2] for branch in self.branches]  # their digests
            content["frozen"] = [self.network.freeze, self.network.freeze_stages]
        for name, modality in (("audio", Modality.VIDEO), ("video", Modality.AUDIO)):
            if self.modality == modality:
                for section in SECTIONS[name]:
                    content["recipe"].pop(section, None)
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:6]

    @property
    def id(self) -> str:
        """Folder name of the run; two recipes never share one."""
        return f"{slug(self.network.label)}-fold{self.fold}-seed{self.seed}-{self.recipe_hash}"


def _what_matters(network: Network, modality: Modality, recipe: Recipe) -> dict[str, Any]:
    """What of a network of one modality decides its result; departures are already resolved into the recipe."""
    names = {"architecture", "weights", "weights_path", "freeze", "freeze_stages"}
    if modality == Modality.VIDEO or recipe.audio.windows > 1:
        names.add("temporal")
    return network.model_dump(mode="json", include=names)


class Study(Settings):
    """A grid of runs: networks × folds × seeds under one recipe."""

    name: str = setting("study", "Name", "Folder of its runs in the workspace.", min_length=1, max_length=80)
    answers: str = setting("", "Answers", "The question this study answers, in a sentence.")
    dataset: DatasetChoice = setting(DatasetChoice(), "Dataset", "Which clips.")
    modality: Modality = setting(Modality.AUDIO, "Modality", "What the networks are given of a clip.")
    folds: tuple[int, ...] = setting((), "Test folds", "Each is held out once; empty = all there are.")
    seeds: tuple[int, ...] = setting((0,), "Seeds", "Each run is repeated with every seed.", min_length=1)
    device: Literal["auto", "cpu", "cuda", "mps"] = setting("auto", "Device", "auto: the fastest there is.")
    cache_limit: float = setting(
        50.0, "Cache limit", "Decoded clips may take so much disk in the workspace.", unit="GB", gt=0.0, le=100_000.0
    )
    checkpoint_every: float = setting(
        60.0,
        "Checkpoint",
        "The shortest time between two checkpoints: what a power cut can cost.",
        unit="s",
        ge=0.0,
        le=3600.0,
    )
    network: tuple[Network, ...] = setting((Network(),), "Networks", "What is compared.", min_length=1)
    recipe: Recipe = setting(Recipe(), "Recipe", "How they are trained.")

    @field_validator("seeds")
    @classmethod
    def _within_bounds(cls, seeds: tuple[int, ...]) -> tuple[int, ...]:
        if any(not 0 <= seed < 2**32 for seed in seeds):
            raise ValueError("a seed is a whole number from 0 to 4294967295")
        return seeds

    @field_validator("folds", "seeds")
    @classmethod
    def _distinct(cls, numbers: tuple[int, ...]) -> tuple[int, ...]:
        if len(set(numbers)) != len(numbers):
            raise ValueError("a number stands twice")
        return numbers

    @model_validator(mode="after")
    def _networks_differ(self) -> Study:
        labels = [network.label for network in self.network]
        twice = {label for label in labels if labels.count(label) > 1}
        if twice:
            raise ValueError(f"two networks are called “{sorted(twice)[0]}”: give one a name of its own")
        for network in self.network:
            self._check_front_end(network)
        return self

    def modality_of(self, network: Network) -> Modality:
        return self.modality if network.modality == "as the study" else Modality(network.modality)

    def branches_of(self, network: Network) -> tuple[Network, ...]:
        """The networks whose runs an audio-visual network starts from, sound and sight; () = none.

        Raises:
            ValueError: there is none, or it stands after the network that needs it.
        """
        if self.modality_of(network) != Modality.AUDIO_VISUAL or network.joint:
            return ()
        before = self.network[: self.network.index(network)] if network in self.network else self.network
        return (
            self._branch(network, network.sound, Modality.AUDIO, before),
            self._branch(network, network.sight, Modality.VIDEO, before),
        )

    def _branch(self, network: Network, label: str, modality: Modality, before: Sequence[Network]) -> Network:
        fitting = [other for other in before if self.modality_of(other) == modality]
        named = [other for other in fitting if other.label == label]
        alike = [other for other in fitting if other.architecture == network.architecture]
        found = named if label else alike
        if found:
            return found[0]
        wanted = f"called “{label}”" if label else f"of {MODELS[network.architecture].title}"
        raise ValueError(
            f"network “{network.label}” starts from a run on {modality.word}, but no network {wanted} with the "
            f"modality “{modality}” stands before it. Add one, or train it jointly"
        )

    def _check_front_end(self, network: Network) -> None:
        self.branches_of(network)
        recipe, modality = self.recipe_of(network), self.modality_of(network)
        smallest = MODELS[network.architecture].smallest_input
        audio, video = recipe.audio, recipe.video
        columns = audio.frames // audio.windows
        if modality != Modality.VIDEO and min(audio.mels, columns) < smallest:
            each = " in each window" if audio.windows > 1 else ""
            raise ValueError(
                f"network “{network.label}” needs spectrograms of at least {smallest} bands and columns{each}, not "
                f"{audio.mels} × {columns}: raise mels, or lengthen the clip"
            )
        if modality != Modality.AUDIO and video.size < smallest:
            raise ValueError(
                f"network “{network.label}” needs pictures of at least {smallest} px, not {video.size}: raise size"
            )
        if modality != Modality.AUDIO and recipe.mixing == "between-class":
            raise ValueError(f"network “{network.label}”: between-class mixing is for sounds alone; use mixup")
        if modality == Modality.AUDIO_VISUAL:
            self._check_fusion(network, recipe)

    def _check_fusion(self, network: Network, recipe: Recipe) -> None:
        averages = network.fusion == "score average"
        if network.joint and averages:
            raise ValueError(
                f"network “{network.label}” averages the scores of trained branches: it cannot be trained jointly"
            )
        alone = {self.modality_of(other) for other in self.network}
        if not {Modality.AUDIO, Modality.VIDEO} <= alone:
            raise ValueError(
                f"network “{network.label}” uses sound and sight: add a network for each alone, so that what both "
                "bring can be told from what one does"
            )
        if network.joint or not (averages or network.learns_from == "validation part"):
            return
        shares = {self.recipe_of(branch).validation_share for branch in self.branches_of(network)}
        if shares != {recipe.validation_share} or not recipe.validation_share:
            remedy = "" if averages else ", or let it learn from the training clips"
            raise ValueError(
                f"network “{network.label}” learns on the validation part, which its branches must not have been "
                f"trained on: set one validation_share above 0 for all three{remedy}"
            )

    def recipe_of(self, network: Network) -> Recipe:
        """The study's recipe with the network's departures merged in, checked like the rest.

        An audio-visual network that starts from trained branches sees and hears as they do.
        """
        base = self.recipe.model_dump(mode="python")
        recipe: Recipe = _validated(Recipe, _merged(base, network.recipe), f"network “{network.label}”, recipe")
        branches = self.branches_of(network)
        if not branches:
            return recipe
        sound, sight = (self.recipe_of(branch) for branch in branches)
        for name, branch in (("audio", sound.audio), ("video", sight.video)):
            if name in network.recipe and getattr(recipe, name) != branch:
                raise ValueError(
                    f"network “{network.label}” departs in {name}: it takes what its branch takes. Remove it there"
                )
        return recipe.model_copy(update={"audio": sound.audio, "video": sight.video})

    def runs(self, folds: tuple[int, ...]) -> Iterator[RunSpec]:
        """Every run of the grid in the order in which it is trained.

        `folds` are those the dataset has: others that the study asks for are passed over.
        """
        wanted = [fold for fold in (self.folds or folds) if fold in folds]
        for seed in self.seeds:
            for fold in wanted:
                for network in self.network:
                    yield self._spec(network, fold, seed)

    def _spec(self, network: Network, fold: int, seed: int) -> RunSpec:
        modality = self.modality_of(network)
        branches: tuple[Branch, ...] = ()
        if modality == Modality.AUDIO_VISUAL:
            both = (Modality.AUDIO, Modality.VIDEO)
            starts = self.branches_of(network)
            runs = [self._spec(branch, fold, seed).id for branch in starts] or ["", ""]
            branches = tuple(
                Branch(network=branch, modality=part, run=run)
                for branch, part, run in zip(starts or (network, network), both, runs, strict=True)
            )
        return RunSpec(
            study=self.name,
            network=network,
            modality=modality,
            dataset=self.dataset,
            recipe=self.recipe_of(network),
            fold=fold,
            seed=seed,
            branches=branches,
        )


def architectures() -> dict[str, str]:
    """Name → title of every architecture, for forms and legends: the window never imports the networks."""
    return {name: info.title for name, info in MODELS.items()}


def network_labels(specs: Sequence[RunSpec]) -> list[str]:
    """Label of each run's network; one that was trained under several recipes is told apart by their digests."""
    recipes: dict[str, set[str]] = {}
    for spec in specs:
        recipes.setdefault(spec.network.label, set()).add(spec.recipe_hash)
    return [
        spec.network.label if len(recipes[spec.network.label]) == 1 else f"{spec.network.label} · {spec.recipe_hash}"
        for spec in specs
    ]


def slug(text: str) -> str:
    """A name that is safe as a folder on every system."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "unnamed"


def read_study(path: Path) -> Study:
    """Read a study from TOML. Relative dataset and weights paths are taken from the file's folder.

    Raises:
        UserError: the file is missing, is no TOML, or names the key, the value and the allowed range of what is wrong.
    """
    content = read_toml(path)
    _anchor(content.get("dataset"), "root", path)
    for network in content.get("network", ()) if isinstance(content.get("network"), list) else ():
        if isinstance(network, dict) and network.get("weights") == "file":
            _anchor(network, "weights_path", path)
    study: Study = _validated(Study, content, path.name)
    return study


def write_toml(settings: BaseModel, path: Path) -> None:
    """Write settings as TOML (None is left out: TOML has no such value)."""
    content = settings.model_dump(mode="json", exclude_none=True)
    write_atomically(path, tomlkit.dumps(content).encode())


def read_toml(path: Path) -> dict[str, Any]:
    """The content of a TOML file as plain Python.

    Raises:
        UserError: missing, not UTF-8 or not TOML.
    """
    try:
        return tomlkit.parse(path.read_text(encoding="utf-8")).unwrap()
    except FileNotFoundError:
        raise UserError(f"There is no file {path}. Check the path.") from None
    except UnicodeDecodeError:
        raise UserError(f"{path} is not UTF-8 text. Save it as UTF-8 and try again.") from None
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}.") from None
    except tomlkit.exceptions.TOMLKitError as error:
        raise UserError(f"{path} is not valid TOML: {error}.") from None


def read_run_spec(path: Path) -> RunSpec:
    """The `study.toml` in a run's folder."""
    spec: RunSpec = _validated(RunSpec, read_toml(path), path.name)
    return spec


def _anchor(table: Any, key: str, file: Path) -> None:
    """Make a relative path in a table absolute, seen from the study's file."""
    if isinstance(table, dict) and isinstance(table.get(key), str) and table[key]:
        table[key] = str(file.parent.absolute() / Path(table[key]).expanduser())


def _merged(base: Mapping[str, Any], departures: Mapping[str, Any]) -> dict[str, Any]:
    result = dict(base)
    for key, value in departures.items():
        old = result.get(key)
        result[key] = _merged(old, value) if isinstance(old, Mapping) and isinstance(value, Mapping) else value
    return result


def _validated(model: type[Any], content: Mapping[str, Any], where: str) -> Any:
    try:
        return model.model_validate(content)
    except ValidationError as error:
        # A list with a bad item is also called too short by pydantic: the item's own sentence is enough.
        errors = [e for e in error.errors() if e["type"] != "too_short" or len(error.errors()) == 1]
        raise UserError(f"{where}: " + "; ".join(_sentence(model, e) for e in errors)) from None


def _sentence(model: type[BaseModel], error: Any) -> str:
    """One pydantic error as key, value and allowed range."""
    location = list(error["loc"])
    key = ".".join(str(part) for part in location) or "the table"
    if error["type"] == "extra_forbidden":
        known = _known_keys(model, location[:-1])
        return f"unknown key “{key}”.{did_you_mean(str(location[-1]), known)}"
    message = error["msg"].removeprefix("Value error, ")
    if error["type"] == "value_error":
        return f"{key}: {message}"
    shown = repr(error["input"])
    return f"{key} = {shown if len(shown) < 60 else shown[:57] + '…'}: {message[0].lower()}{message[1:]}"


def _known_keys(model: type[BaseModel], location: list[Any]) -> list[str]:
    current: Any = model
    for part in location:
        if isinstance(part, int):
            continue
        annotation = current.model_fields[part].annotation
        candidates = [annotation, *get_args(annotation)]
        current = next((c for c in candidates if isinstance(c, type) and issubclass(c, BaseModel)), None)
        if current is None:
            return []
    return list(current.model_fields)
