"""One network of a study at several values of one of its settings: a study's grid in one step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

from core.errors import UserError
from core.recipe import Recipe
from core.run_spec import Network
from core.settings import flat_fields, unit_of
from core.settings_file import validated

NOT_VARIED = {"name", "recipe", "weights_path", "sound", "sight", "freeze"}  # of a network
TOGETHER: Mapping[str, Mapping[str, str]] = {"freeze_stages": {"freeze": "stages"}}  # what else must be set


@dataclass(frozen=True)
class Variable:
    """A setting of a network or of its recipe that can take several values."""

    key: str  # `freeze_stages`, `recipe.audio.mels`
    title: str
    help: str
    unit: str
    choices: tuple[str, ...]  # () = numbers


def variables() -> dict[str, Variable]:
    """By key: of the network first, then of the recipe."""
    own = {name: field for name, field in Network.model_fields.items() if name not in NOT_VARIED}
    found = {**own, **{f"recipe.{name}": field for name, field in flat_fields(Recipe).items()}}
    sections = {name: field.title for name, field in Recipe.model_fields.items()}
    made = {}
    for key, field in found.items():
        section = key.split(".")[1] if key.count(".") == 2 else ""
        kind = field.annotation
        choices: tuple[str, ...] = ()
        if get_origin(kind) is Literal:
            choices = tuple(str(value) for value in get_args(kind))
        elif kind is bool:
            choices = ("false", "true")
        title = f"{sections[section]}: {field.title}" if section else str(field.title)
        made[key] = Variable(key, title, str(field.description), unit_of(field), choices)
    return made


def varied(network: Network, key: str, values: Sequence[str]) -> tuple[Network, ...]:
    """The network once for each value, and named by it.

    Args:
        network: as it stands; its other settings and departures stay.
        key: of `variables`.
        values: as a person writes them.

    Raises:
        UserError: a value is missing, stands twice, or is none the setting can take: the sentence names it.
    """
    about = variables()[key]
    wanted = [value.strip() for value in values if value.strip()]
    if not wanted:
        raise UserError(f"{about.title}: write the values with commas between, such as 1, 2, 4.")
    made = tuple(_with(network, about, value) for value in wanted)
    unnamed = [one.model_copy(update={"name": ""}) for one in made]  # 0.1 and 0.10 are one value
    if any(one in unnamed[:place] for place, one in enumerate(unnamed)):
        raise UserError(f"{about.title}: a value stands twice.")
    return made


def _with(network: Network, about: Variable, value: str) -> Network:
    """Pydantic reads numbers and truths from what a person writes, and says what is wrong with others."""
    section = about.key.removeprefix("recipe.")
    changes: dict[str, Any] = {"name": f"{network.label}, {about.title.lower()} {value}"}
    if section == about.key:
        changes |= {**TOGETHER.get(about.key, {}), about.key: value}
    else:
        outer, _, name = section.rpartition(".")
        recipe: Recipe = validated(Recipe, {outer: {name: value}} if outer else {name: value}, about.title)
        read = {name: getattr(getattr(recipe, outer) if outer else recipe, name)}
        departed = {outer: {**network.recipe.get(outer, {}), **read}} if outer else read
        changes["recipe"] = {**network.recipe, **departed}
    made: Network = validated(Network, {**network.model_dump(), **changes}, about.title)
    return made
