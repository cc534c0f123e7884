"""What a person can set: every field describes itself for the form."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails


class Settings(BaseModel):
    """Base of everything a person can set: unknown keys are refused, values are checked, nothing changes later."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)


_WORDS = {  # for kinds of pydantic's errors, with the figures that come with them
    "greater_than": "must be more than {gt:g}",
    "greater_than_equal": "must be at least {ge:g}",
    "less_than": "must be less than {lt:g}",
    "less_than_equal": "must be at most {le:g}",
    "literal_error": "must be {expected}",
    **dict.fromkeys(("int_parsing", "int_type", "int_from_float"), "must be a whole number"),
    **dict.fromkeys(("float_parsing", "float_type", "finite_number"), "must be a number"),
    **dict.fromkeys(("bool_parsing", "bool_type"), "must be true or false"),
    **dict.fromkeys(("tuple_type", "list_type"), "must be a list"),
    **dict.fromkeys(("dict_type", "model_type"), "must be a table"),
    "string_type": "must be text",
    "missing": "is missing",
}


def what_is_wrong(error: ErrorDetails) -> str:
    """One of pydantic's errors in the words of who wrote the value, without a capital and a full stop."""
    words = _WORDS.get(error["type"])
    if words is not None:
        return words.format(**error.get("ctx", {})).replace("'", "")
    message = error["msg"].removeprefix("Value error, ")
    return message if error["type"] == "value_error" else message[:1].lower() + message[1:]


def flat_fields(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """Every field by its name, those of sections within as `section.field`."""
    found: dict[str, FieldInfo] = {}
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            found |= {f"{name}.{inner}": info for inner, info in flat_fields(field.annotation).items()}
        else:
            found[name] = field
    return found


def unit_of(field: FieldInfo) -> str:
    """Of a `setting`; “” where it has none."""
    return _extra(field, "unit")


def empty_of(field: FieldInfo) -> str:
    """What an empty list stands for in a `setting`."""
    return _extra(field, "empty")


def _extra(field: FieldInfo, name: str) -> str:
    extra = field.json_schema_extra
    return str(extra.get(name, "")) if isinstance(extra, dict) else ""


def setting(default: Any, label: str, help: str, *, unit: str = "", empty: str = "all", **bounds: Any) -> Any:
    """A field with its label, tooltip, unit and bounds (`ge`, `gt`, `le`, `lt`, …): what the form is made from.

    `empty` is what an empty list stands for.
    """
    return Field(default, title=label, description=help, json_schema_extra={"unit": unit, "empty": empty}, **bounds)
