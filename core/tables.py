"""Tables: the places where datasets, architectures, metrics and panels are listed."""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar

from core.errors import UserError

Row = TypeVar("Row")


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """` Did you mean “x”?` for the nearest known name, or an empty string."""
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f" Did you mean “{near[0]}”?" if near else ""


class Table(Mapping[str, Row]):
    """A read-only mapping in the order of its rows that refuses duplicates and helps with misspelt names.

    Raises:
        ValueError: two rows have the same name (a mistake in the programme).
        UserError: a name that is looked up is not in the table.
    """

    def __init__(self, what: str, rows: Iterable[tuple[str, Row]]) -> None:
        self.what = what
        self._rows: dict[str, Row] = {}
        for name, row in rows:
            if name in self._rows:
                raise ValueError(f"{what} “{name}” is listed twice")
            self._rows[name] = row

    def __getitem__(self, name: str) -> Row:
        if name not in self._rows:
            raise UserError(
                f"There is no {self.what} called “{name}”.{did_you_mean(name, self._rows)} "
                f"Known: {', '.join(self._rows)}."
            )
        return self._rows[name]

    def __contains__(self, name: object) -> bool:
        return name in self._rows

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)


def load_dotted(path: str) -> Any:
    """The object at `package.module:name`; imported only now, so that tables cost nothing to read."""
    module, _, name = path.partition(":")
    return getattr(importlib.import_module(module), name)
