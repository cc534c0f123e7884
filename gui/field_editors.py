"""One editor for each kind of field: spin box, combo, check or line, as its annotation and bounds ask for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum
from typing import Any, Literal, get_args, get_origin

import tomlkit
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from PySide6.QtCore import QEvent, QLocale, QObject, QSignalBlocker, Qt
from PySide6.QtWidgets import QAbstractSpinBox, QCheckBox, QComboBox, QDoubleSpinBox, QLineEdit, QSpinBox, QWidget

from core.settings import unit_of

_UNBOUNDED = 2**31 - 1
_LONGEST_SPAN = 1000
_FEWEST_LETTERS = 6
_ONE = {
    "bands": "band", "batches": "batch", "clips": "clip", "columns": "column", "epochs": "epoch", "samples": "sample",
    "semitones": "semitone",
}  # fmt: skip


class Editor:
    """A widget that shows one value. `get` raises ValueError with a sentence for what cannot be read."""

    widget: QWidget

    def __init__(self, field: FieldInfo) -> None:
        self.unit = unit_of(field)
        self.title = field.title or ""
        default = field.get_default(call_default_factory=True)
        self.tooltip = _tooltip(field, f"{_words(default)}{_unit(self.unit, default)}")

    def get(self) -> Any:
        raise NotImplementedError

    def set(self, value: Any) -> None:
        raise NotImplementedError

    def text(self) -> str:
        """What the widget shows."""
        raise NotImplementedError

    def on_change(self, slot: Callable[[], None]) -> None:
        raise NotImplementedError


def editor_for(field: FieldInfo, choices: dict[str, str] | None = None) -> Editor:
    """The editor that fits a field. `choices` (value → words) makes a combo of a text field."""
    kind, optional = _plain(field.annotation)
    if choices is not None:
        return Choice(field, choices)
    if get_origin(kind) is Literal:
        return Choice(field, {value: str(value) for value in get_args(kind)})
    if isinstance(kind, type) and issubclass(kind, Enum):
        return Choice(field, {member: _word(member) for member in kind})
    if kind is bool:
        return Check(field)
    if kind in (int, float) and not optional:
        return Number(field, whole=kind is int)
    if kind is float:
        return Line(field, _read_optional_number, lambda value: "" if value is None else f"{value:g}", "automatic")
    if get_origin(kind) is tuple:
        read = {int: _read_whole_numbers, float: _read_numbers}.get(get_args(kind)[0], _read_words)
        return Line(field, read, _words_of_many, str(_extra(field).get("empty", "all")))
    if get_origin(kind) is dict:
        return Line(field, _read_table, _write_table, "key = value, key = value")
    return Line(field, str.strip, str, "")


def nested_model(field: FieldInfo) -> type[Any] | None:
    """The settings class of a field that holds one."""
    kind, _ = _plain(field.annotation)
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


class Choice(Editor):
    def __init__(self, field: FieldInfo, words: dict[Any, str]) -> None:
        super().__init__(field)
        self.widget: QComboBox = QComboBox()
        self.widget.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.widget.setMinimumContentsLength(_FEWEST_LETTERS)  # a long choice must not widen the form
        self.offer(words)
        default = field.get_default(call_default_factory=True)
        self.tooltip = _tooltip(field, words.get(default, _words(default)))
        wheel_only_with_focus(self.widget)

    def offer(self, words: dict[Any, str]) -> None:
        """Other values to choose from; the one chosen stays, in its own words where it is not among them."""
        chosen = self.widget.currentData()
        if chosen is not None and chosen not in words:
            words = {**words, chosen: str(chosen)}
        if words == {self.widget.itemData(place): self.widget.itemText(place) for place in range(self.widget.count())}:
            return
        with QSignalBlocker(self.widget):
            self.widget.clear()
            for value, text in words.items():
                self.widget.addItem(text, value)
            self.widget.setCurrentIndex(max(0, self.widget.findData(chosen)))
        widen_list(self.widget)

    def get(self) -> Any:
        return self.widget.currentData()

    def set(self, value: Any) -> None:
        """One that was not offered is added: what a file says is shown, whether or not it can be chosen here."""
        if value is not None and self.widget.findData(value) < 0:
            self.widget.addItem(str(value), value)
        self.widget.setCurrentIndex(max(0, self.widget.findData(value)))

    def text(self) -> str:
        return self.widget.currentText()

    def on_change(self, slot: Callable[[], None]) -> None:
        self.widget.currentIndexChanged.connect(slot)


def widen_list(combo: QComboBox) -> None:
    """The list that drops down shows its longest line whole, however narrow the box."""
    view = combo.view()
    view.setMinimumWidth(view.sizeHintForColumn(0) + 2 * view.verticalScrollBar().sizeHint().width())


class Check(Editor):
    def __init__(self, field: FieldInfo) -> None:
        super().__init__(field)
        self.widget: QCheckBox = QCheckBox()

    def get(self) -> bool:
        return self.widget.isChecked()

    def set(self, value: Any) -> None:
        self.widget.setChecked(bool(value))

    def text(self) -> str:
        return _words(self.widget.isChecked())

    def on_change(self, slot: Callable[[], None]) -> None:
        self.widget.toggled.connect(slot)


class ShortDecimals(QDoubleSpinBox):
    """Shows 0.001 as 0.001 and 30 as 30, and steps by a tenth of the leading digit."""

    def __init__(self) -> None:
        super().__init__()
        self.setDecimals(9)
        self.setLocale(QLocale.c())  # a point, as in the study's file, whatever the country
        self.setStepType(QAbstractSpinBox.StepType.AdaptiveDecimalStepType)

    def textFromValue(self, value: float) -> str:  # noqa: N802 - Qt's name
        return f"{value:.6g}"


class Number(Editor):
    """Bounds come from the field. An open bound (gt, lt) is left to the model to judge."""

    def __init__(self, field: FieldInfo, whole: bool) -> None:
        super().__init__(field)
        self.widget: QSpinBox | ShortDecimals = QSpinBox() if whole else ShortDecimals()
        low, high = (_bound(field, *names) for names in (("ge", "gt"), ("le", "lt")))
        self.widget.setRange(
            -_UNBOUNDED if low is None else low,  # type: ignore[arg-type]
            _UNBOUNDED if high is None else high,  # type: ignore[arg-type]
        )
        self._agree()
        self.widget.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.widget.setKeyboardTracking(False)
        self.widget.setCorrectionMode(QAbstractSpinBox.CorrectionMode.CorrectToNearestValue)
        if low is not None and high is not None:
            self.tooltip += f"\nFrom {low:g} to {high:g}."
        wheel_only_with_focus(self.widget)
        self.widget.valueChanged.connect(self._agree)

    def get(self) -> int | float:
        self.widget.interpretText()
        return self.widget.value()

    def set(self, value: Any) -> None:
        self.widget.setValue(value)

    def text(self) -> str:
        return self.widget.text()

    def on_change(self, slot: Callable[[], None]) -> None:
        self.widget.valueChanged.connect(slot)

    def _agree(self) -> None:
        """`1 batch`, `2 batches`."""
        suffix = _unit(self.unit, self.widget.value())
        if suffix != self.widget.suffix():
            self.widget.setSuffix(suffix)


class Line(Editor):
    def __init__(
        self, field: FieldInfo, read: Callable[[str], Any], write: Callable[[Any], str], placeholder: str
    ) -> None:
        super().__init__(field)
        self._read, self._write = read, write
        self.widget: QLineEdit = QLineEdit()
        self.widget.setPlaceholderText(placeholder)

    def get(self) -> Any:
        return self._read(self.widget.text())

    def set(self, value: Any) -> None:
        self.widget.setText(self._write(value))
        self.widget.setCursorPosition(0)

    def text(self) -> str:
        return self.widget.text()

    def on_change(self, slot: Callable[[], None]) -> None:
        self.widget.textChanged.connect(slot)


class _WheelGuard(QObject):
    """Scrolling a form must not change the numbers that pass under the pointer."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        if event.type() == QEvent.Type.Wheel and isinstance(watched, QWidget) and not watched.hasFocus():
            event.ignore()
            return True
        return False


def wheel_only_with_focus(widget: QWidget) -> None:
    widget.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    widget.installEventFilter(_WheelGuard(widget))


def _extra(field: FieldInfo) -> dict[str, Any]:
    """What `core.settings.setting` says of a field beside its title, help and bounds."""
    extra = field.json_schema_extra
    return extra if isinstance(extra, dict) else {}


def _plain(annotation: Any) -> tuple[Any, bool]:
    """The kind without `| None`, and whether None is allowed."""
    kinds = get_args(annotation)
    if type(None) in kinds:
        return next(kind for kind in kinds if kind is not type(None)), True
    return annotation, False


def _bound(field: FieldInfo, *names: str) -> float | None:
    return next((getattr(m, name) for m in field.metadata for name in names if hasattr(m, name)), None)


def _word(member: Enum) -> str:
    return str(getattr(member, "word", member.value))


def _tooltip(field: FieldInfo, default: str) -> str:
    return f"{field.description or ''}\nDefault: {default}."


def _unit(unit: str, value: Any) -> str:
    return f" {_ONE.get(unit, unit) if value == 1 else unit}" if unit else ""


def _words(value: Any) -> str:
    if value in (None, "", (), {}):
        return "empty"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Enum):
        return _word(value)
    if isinstance(value, (tuple, list)):
        return _words_of_many(value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _read_optional_number(text: str) -> float | None:
    if not text.strip():
        return None
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"“{text}” is not a number; leave the field empty for the automatic value.") from None


def _read_whole_numbers(text: str) -> tuple[int, ...]:
    """`1, 2, 5-7` → (1, 2, 5, 6, 7)."""
    numbers: list[int] = []
    for part in text.replace("–", "-").replace(";", ",").split(","):
        if not part.strip():
            continue
        first, dash, last = part.strip().partition("-")
        try:
            span = range(int(first), int(last) + 1) if dash else range(int(first), int(first) + 1)
        except ValueError:
            raise ValueError(f"“{part.strip()}” is not a whole number; write e.g. 1, 2, 5-7.") from None
        if not 0 < len(span) <= _LONGEST_SPAN:
            raise ValueError(f"“{part.strip()}” holds {len(span)} numbers; give 1 to {_LONGEST_SPAN}.")
        numbers += span
    return tuple(numbers)


def _read_numbers(text: str) -> tuple[float, ...]:
    """`0.25, 1` → (0.25, 1.0)."""
    numbers = []
    for part in _read_words(text.replace(";", ",")):
        try:
            numbers.append(float(part))
        except ValueError:
            raise ValueError(f"“{part}” is not a number; write e.g. 0, 0.5, 1, 1.") from None
    return tuple(numbers)


def _words_of_many(values: Sequence[Any]) -> str:
    return ", ".join(f"{value:g}" if isinstance(value, float) else str(value) for value in values)


def _read_words(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _read_table(text: str) -> dict[str, Any]:
    """`epochs = 10, optimizer = "sgd"` as an inline TOML table."""
    try:
        content: dict[str, Any] = tomlkit.parse(f"it = {{ {text.strip()} }}").unwrap()["it"]
    except tomlkit.exceptions.TOMLKitError:
        raise ValueError("Write departures as key = value, key = value, with words in quotation marks.") from None
    return content


def _write_table(value: dict[str, Any]) -> str:
    table = tomlkit.inline_table()
    table.update(value)
    return table.as_string().removeprefix("{").removesuffix("}").strip()
