"""What a person can set: every field describes itself for the form."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.fields import FieldInfo


class Settings(BaseModel):
    """Base of everything a person can set: unknown keys are refused, values are checked, nothing changes later."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)


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
    extra = field.json_schema_extra
    return str(extra.get("unit", "")) if isinstance(extra, dict) else ""


def setting(default: Any, label: str, help: str, *, unit: str = "", empty: str = "all", **bounds: Any) -> Any:
    """A field with its label, tooltip, unit and bounds (`ge`, `gt`, `le`, `lt`, …): what the form is made from.

    `empty` is what an empty list stands for.
    """
    return Field(default, title=label, description=help, json_schema_extra={"unit": unit, "empty": empty}, **bounds)
