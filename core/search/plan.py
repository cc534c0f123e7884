"""Plan: a study and what is searched of it, checked; where it is kept, and what settings make of the study."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from core.errors import UserError
from core.files import slug
from core.recipe import Recipe
from core.run_spec import Network, RunSpec
from core.search.settings import Search
from core.search.strength import can_be_scaled, of_wings, scaled
from core.search.trials import Settings, readable
from core.settings_file import read_toml, validated
from core.study import Study, read_study
from core.tables import did_you_mean
from core.workspace import Workspace

VALIDATION = 0.2  # of the training clips, where the recipe sets none aside


@dataclass(frozen=True)
class Plan:
    """What is searched, of which study.

    Raises:
        UserError: there is no such network, it starts from trained branches, or nothing of it can be searched.
    """

    study: Study
    search: Search

    def __post_init__(self) -> None:
        if self.spec.classical:
            raise UserError(f"“{self.network.label}” is no network: it has no settings to search.")
        branches = self.spec.branches
        if branches and branches[0].run:
            raise UserError(
                f"“{self.network.label}” starts from the trained runs of its branches, which a search has not. Search "
                "its branches, or train it jointly."
            )
        if not self.ranges:
            raise UserError(
                f"Nothing of “{self.network.label}” is left to search: its recipe augments nothing whose strength "
                "could be changed. Give a range for the learning rate, the weight decay or the batch."
            )

    @cached_property
    def network(self) -> Network:
        networks = {network.label: network for network in self.study.network}
        label = self.search.network or next(iter(networks))
        if label not in networks:
            raise UserError(
                f"The study “{self.study.name}” has no network “{label}”.{did_you_mean(label, networks)} "
                f"It has: {', '.join(networks)}."
            )
        return networks[label]

    @cached_property
    def spec(self) -> RunSpec:
        """The run of the network that tests on the fold left out, as the study has it."""
        return _spec(self.study, self.network.label, self.search.fold)

    @property
    def title(self) -> str:
        return f"Search for {self.network.label} of {self.study.name}"

    @property
    def judged_last(self) -> bool:
        """Whether the last epoch of a trial is judged, as the study, without a validation part, tests its last; else
        the best."""
        return not self.spec.recipe.validation_share

    @cached_property
    def digest(self) -> str:
        """Of all that decides what a trial gives and which are drawn."""
        content = self.search.model_dump(mode="json", exclude={"network", "fold", "trials", "minutes"})
        how = ["last epoch"] if self.judged_last else []
        text = json.dumps([self.spec.recipe_hash, self.spec.seed, content, *how], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:6]

    @property
    def id(self) -> str:
        """Folder name."""
        return f"{slug(self.study.name)}-{slug(self.network.label)}-fold{self.search.fold}-{self.digest}"

    @property
    def best_name(self) -> str:
        """Of the study with what was found: that of another network, fold or range has another."""
        tail = f" searched, {self.network.label[:24]} fold {self.search.fold}, {self.digest}"
        return f"{self.study.name[: 80 - len(tail)]}{tail}"

    def folder(self, workspace: Workspace) -> Path:
        return workspace.searches / self.id

    @cached_property
    def ranges(self) -> dict[str, Sequence[float]]:
        """What is searched, by name: lowest and highest, or the sizes of a batch. Augmentation only where there is any:
        no strength changes none."""
        search = self.search
        names = ("learning_rate", "weight_decay", "batch_size", "augmentation")
        given = {name: getattr(search, name) for name in names if getattr(search, name)}
        if not can_be_scaled(self.spec.recipe, self.spec.modality):
            given.pop("augmentation", None)
        return given

    @property
    def as_it_is(self) -> dict[str, float]:
        """The network's own settings, as far as they lie within the ranges: the first trial has them."""
        recipe = self.spec.recipe
        own = {
            "learning_rate": recipe.learning_rate,
            "weight_decay": recipe.weight_decay,
            "batch_size": recipe.batch_size,
            "augmentation": 1.0,
        }
        inside = {}
        for name, values in self.ranges.items():
            fits = own[name] in values if name == "batch_size" else values[0] <= own[name] <= values[1]
            if fits:
                inside[name] = own[name]
        return inside

    def departures(self, settings: Settings) -> dict[str, Any]:
        """Settings as the keys of the recipe in which the network departs from the study's."""
        found: dict[str, Any] = {}
        for name, value in settings.items():
            if name == "augmentation":
                for key, given in of_wings(self.spec.recipe, self.spec.modality).items():
                    changed, before = scaled(given, readable(value)).model_dump(), given.model_dump()
                    different = {part: changed[part] for part in changed if changed[part] != before[part]}
                    if different:
                        found[key] = different
            else:
                found[name] = int(value) if name == "batch_size" else readable(value)
        return found

    def study_with(self, settings: Settings) -> Study:
        """The study whose network has these settings; nothing else is changed.

        They are written as its departures, so that the other networks keep theirs.
        """
        departures = dict(self.network.recipe)
        for key, value in self.departures(settings).items():
            old = departures.get(key)
            departures[key] = {**old, **value} if isinstance(old, dict) and isinstance(value, dict) else value
        networks = [
            network.model_copy(update={"recipe": departures}) if network == self.network else network
            for network in self.study.network
        ]
        content = self.study.model_dump() | {"network": [network.model_dump() for network in networks]}
        made: Study = validated(Study, content, f"the study “{self.study.name}” with what was found")
        return made

    def trial_spec(self, settings: Settings) -> RunSpec:
        """How a trial is trained: with a validation part always, and with the epochs of the search."""
        spec = _spec(self.study_with(settings), self.network.label, self.search.fold)
        recipe: Recipe = spec.recipe.model_copy(
            update={
                "epochs": self.search.epochs or spec.recipe.epochs,
                "validation_share": spec.recipe.validation_share or VALIDATION,
            }
        )
        return spec.model_copy(update={"recipe": recipe})


def read_plan(folder: Path) -> Plan:
    """The plan of a search that was begun.

    Raises:
        UserError: a file is missing or no longer valid.
    """
    search = validated(Search, read_toml(folder / "search.toml"), "search.toml")
    return Plan(read_study(folder / "study.toml"), search)


def _spec(study: Study, label: str, fold: int) -> RunSpec:
    alone = study.model_copy(update={"folds": (fold,), "seeds": study.seeds[:1]})
    return next(spec for spec in alone.runs((fold,)) if spec.network.label == label)
