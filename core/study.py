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
from core.recipe import Recipe, Settings, setting
from core.tables import did_you_mean
from models import MODELS


def _in_table(name: str, table: Mapping[str, Any], what: str) -> str:
    if name not in table:
        raise ValueError(f"no {what} is called “{name}”.{did_you_mean(name, table)} Known: {', '.join(table)}")
    return name


class DatasetChoice(Settings):
    """Which clips, and where they are."""

    name: str = setting("demo-sounds", "Dataset", "A row of the Data panel.")
    root: str = setting("", "Folder", "Where it is; empty = its place in the workspace.")
    exclude: tuple[str, ...] = setting((), "Left out", "Clips left out by hand, by id.")

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
        if self.name:
            return self.name
        title = MODELS[self.architecture].title
        return title if self.weights == "none" else f"{title} ({self.weights})"


class RunSpec(Settings):
    """One run, resolved: everything needed to train it again."""

    study: str
    network: Network
    modality: Modality = Modality.AUDIO
    dataset: DatasetChoice
    recipe: Recipe
    fold: int
    seed: int

    @property
    def recipe_hash(self) -> str:
        """Short digest of everything but fold, seed and names: runs that share it may be averaged."""
        content = self.model_dump(mode="json", exclude={"study", "fold", "seed"})
        content["network"].pop("name")
        content["network"].pop("recipe")  # already resolved into `recipe`
        content["dataset"].pop("root")  # the same clips may lie elsewhere
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:6]

    @property
    def id(self) -> str:
        """Folder name of the run; two recipes never share one."""
        return f"{slug(self.network.label)}-fold{self.fold}-seed{self.seed}-{self.recipe_hash}"


class Study(Settings):
    """A grid of runs: networks × folds × seeds under one recipe."""

    name: str = setting("study", "Name", "Folder of its runs in the workspace.", min_length=1, max_length=80)
    answers: str = setting("", "Answers", "The question this study answers, in a sentence.")
    dataset: DatasetChoice = setting(DatasetChoice(), "Dataset", "Which clips.")
    modality: Modality = setting(Modality.AUDIO, "Modality", "What the networks are given of a clip.")
    folds: tuple[int, ...] = setting((), "Test folds", "Each is held out once; empty = all there are.")
    seeds: tuple[int, ...] = setting((0,), "Seeds", "Each run is repeated with every seed.", min_length=1)
    device: Literal["auto", "cpu", "cuda", "mps"] = setting("auto", "Device", "auto: the fastest there is.")
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

    def _check_front_end(self, network: Network) -> None:
        audio = self.recipe_of(network).audio
        if audio.rate != self.recipe.audio.rate:
            raise ValueError(
                f"network “{network.label}” departs in audio.rate: the sounds of a study are decoded once, at "
                f"{self.recipe.audio.rate} Hz. Make another study for {audio.rate} Hz"
            )
        smallest = MODELS[network.architecture].smallest_input
        if min(audio.mels, audio.frames) < smallest:
            raise ValueError(
                f"network “{network.label}” needs spectrograms of at least {smallest} bands and columns, not "
                f"{audio.mels} × {audio.frames}: raise mels, or lengthen the clip"
            )

    def recipe_of(self, network: Network) -> Recipe:
        """The study's recipe with the network's departures merged in, checked like the rest."""
        base = self.recipe.model_dump(mode="python")
        return _validated(Recipe, _merged(base, network.recipe), f"network “{network.label}”, recipe")

    def runs(self, folds: tuple[int, ...]) -> Iterator[RunSpec]:
        """Every run of the grid in the order in which it is trained.

        `folds` are those the dataset has: others that the study asks for are passed over.
        """
        wanted = [fold for fold in (self.folds or folds) if fold in folds]
        for seed in self.seeds:
            for fold in wanted:
                for network in self.network:
                    yield RunSpec(
                        study=self.name,
                        network=network,
                        modality=self.modality,
                        dataset=self.dataset,
                        recipe=self.recipe_of(network),
                        fold=fold,
                        seed=seed,
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
