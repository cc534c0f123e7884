"""What a person can set: every field describes itself for the form."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Settings(BaseModel):
    """Base of everything a person can set: unknown keys are refused, values are checked, nothing changes later."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)


def setting(default: Any, label: str, help: str, *, unit: str = "", **bounds: Any) -> Any:
    """A field with its label, tooltip, unit and bounds (`ge`, `gt`, `le`, `lt`, …): what the form is made from."""
    return Field(default, title=label, description=help, json_schema_extra={"unit": unit}, **bounds)
