"""Reading the CSV tables that describe datasets, with sentences for what can be wrong with them."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.errors import UserError


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a table: its values by column, stripped, and where it stands."""

    where: str  # "FILE, line 7"
    values: dict[str, str]

    def whole(self, column: str, low: int, high: int) -> int:
        """The value as a whole number. Raises UserError where it is none or out of bounds."""
        text = self.values[column]
        number = int(text) if text.isascii() and text.lstrip("-").isdigit() and len(text) < 10 else low - 1
        if not low <= number <= high:
            raise UserError(f"{self.where}: {column} is “{text}”; a whole number from {low} to {high} is expected.")
        return number

    def text(self, column: str) -> str:
        """The value. Raises UserError where it is empty."""
        if not self.values[column]:
            raise UserError(f"{self.where}: {column} is empty. Fill it in, or remove the line.")
        return self.values[column]


def read_table(path: Path, needed: Sequence[str]) -> list[Line]:
    """All rows of a CSV file in UTF-8 (with or without BOM) that is separated by comma, semicolon or tab.

    Column names are compared in lower case.

    Raises:
        UserError: unreadable, not UTF-8, not a table, a column of `needed` is missing, a row is longer or shorter than
            the header, or there are no rows.
    """
    text = _read_text(path)
    header, _, _ = text.lstrip().partition("\n")
    try:
        delimiter = csv.Sniffer().sniff(header, ",;\t").delimiter
    except csv.Error:
        delimiter = ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    lines: list[Line] = []
    columns: list[str] = []
    try:
        for fields in reader:
            fields = [field.strip() for field in fields]
            if not any(fields):
                continue
            where = f"{path}, line {reader.line_num}"
            if not columns:
                columns = [name.lower() for name in fields]
                _require(path, columns, needed)
            elif len(fields) != len(columns):
                raise UserError(
                    f"{where} has {len(fields)} values for {len(columns)} columns. Quote values with commas."
                )
            else:
                lines.append(Line(where, dict(zip(columns, fields, strict=True))))
    except csv.Error as error:
        raise UserError(f"{path}, line {reader.line_num} is not CSV ({error}). Save the table as CSV UTF-8.") from None
    if not columns:
        raise UserError(f"{path} is empty. Its first line must name the columns: {','.join(needed)}.")
    if not lines:
        raise UserError(f"{path} has a header but no rows. Add a line for each clip.")
    return lines


def _require(path: Path, columns: list[str], needed: Sequence[str]) -> None:
    missing = [name for name in needed if name not in columns]
    if missing:
        found = ", ".join(columns)[:120]
        raise UserError(
            f"{path} lacks the column{'s' if len(missing) > 1 else ''} {', '.join(missing)}: its first line is "
            f"“{found}”, and {','.join(needed)} {'are' if len(needed) > 1 else 'is'} needed."
        )
    twice = next((name for name in needed if columns.count(name) > 1), None)
    if twice:
        raise UserError(f"{path} has two columns called {twice}. Remove one.")


def _read_text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is not text in UTF-8 (byte {error.start + 1}). Save the table as CSV UTF-8.") from None
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}. Check the file's permissions.") from None
