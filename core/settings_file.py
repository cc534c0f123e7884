"""Settings as TOML files: read, checked and written, with a sentence for what is wrong."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import tomlkit
from pydantic import BaseModel, ValidationError

from core.errors import UserError
from core.files import write_atomically
from core.settings import what_is_wrong
from core.tables import did_you_mean


def write_toml(settings: BaseModel, path: Path) -> None:
    """Write settings as TOML."""
    write_atomically(path, as_toml(settings).encode())


def as_toml(settings: BaseModel) -> str:
    """Settings as TOML; None is left out, for TOML has no such value."""
    return tomlkit.dumps(settings.model_dump(mode="json", exclude_none=True))


def read_toml(path: Path) -> dict[str, Any]:
    """The content of a TOML file as plain Python.

    Raises:
        UserError: missing, not UTF-8 or not TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))  # many times as fast as tomlkit, which writes
    except FileNotFoundError:
        raise UserError(f"There is no file {path}. Check the path.") from None
    except UnicodeDecodeError:
        raise UserError(f"{path} is not UTF-8 text. Save it as UTF-8 and try again.") from None
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}.") from None
    except tomllib.TOMLDecodeError as error:
        raise UserError(f"{path} is not valid TOML: {error}.") from None


def validated(model: type[Any], content: Mapping[str, Any], where: str) -> Any:
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
    wrong = what_is_wrong(error)
    if error["type"] == "value_error":
        return f"{key}: {wrong}"
    if error["type"] == "missing":
        return f"{key} {wrong}"
    shown = f"“{error['input']}”" if isinstance(error["input"], str) else repr(error["input"])
    return f"{key} = {shown if len(shown) < 60 else shown[:57] + '…'}: {wrong}"


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
