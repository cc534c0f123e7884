"""A form made from a settings model: its titles, help, units and bounds; what is wrong is said under the field."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Generic, TypeVar

from pydantic import ValidationError
from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtWidgets import QFormLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from core.errors import UserError
from core.settings import Settings, what_is_wrong
from gui import theme
from gui.field_editors import Editor, editor_for, nested_model

LABEL_WIDTH, FIELD_WIDTH = 14 * theme.GRID, 15 * theme.GRID  # at least

Model = TypeVar("Model", bound=Settings)


class SettingsForm(QWidget, Generic[Model]):
    """Two-way: `set_value` shows a model, `value` gives it back or says under each field what is wrong.

    Args:
        model: the class the form is made from.
        only: names of the fields to show; without it all but those in `hide`.
        hide: names of fields that another widget sets; they keep the value given by `set_value`.
        choices: for text fields that name a row of a table: field → {value: words}.
    """

    changed = Signal()

    def __init__(
        self,
        model: type[Model],
        *,
        only: Collection[str] | None = None,
        hide: Collection[str] = (),
        choices: dict[str, dict[str, str]] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._model = model
        self._kept: dict[str, Any] = {}
        self.editors: dict[str, Editor] = {}
        self.sections: dict[str, Section] = {}
        self._sentences: dict[str, QLabel] = {}
        self._cells: dict[str, QWidget] = {}
        self._hints: dict[str, QLabel] = {}
        self._filling = False
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GRID)
        self._rows = _Rows()
        self._rows.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self._rows.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        self._rows.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        self._rows.setHorizontalSpacing(theme.GRID)
        self._rows.setVerticalSpacing(theme.GRID // 2)
        column.addLayout(self._rows)
        for name, field in model.model_fields.items():
            if name in hide or (only is not None and name not in only):
                continue
            inner = nested_model(field)
            if inner is not None:
                section = Section(field.title or name, field.description or "", SettingsForm(inner))
                section.form.changed.connect(self._edited)
                self.sections[name] = section
                column.addWidget(section)
            else:
                self._add_row(name, editor_for(field, (choices or {}).get(name)))
        self._whole = error_label()
        column.addWidget(self._whole)

    def set_value(self, value: Model) -> None:
        """Show a model; fields that are not shown are remembered."""
        self._filling = True
        self._kept = {name: getattr(value, name) for name in self._model.model_fields}
        for name, editor in self.editors.items():
            editor.set(getattr(value, name))
        for name, section in self.sections.items():
            section.form.set_value(getattr(value, name))
        self._filling = False
        self._say({})

    def value(self, **others: Any) -> Model | None:
        """The model, or None with a sentence under each field that is wrong. `others` are fields not shown."""
        wrong: dict[str, str] = {}
        content: dict[str, Any] = {**self._kept, **others}
        for name, editor in self.editors.items():
            try:
                content[name] = editor.get()
            except ValueError as error:
                wrong[name] = str(error)
        for name, section in self.sections.items():
            inner = section.form.value()
            if inner is None:
                section.open(True)
                wrong[name] = ""
            content[name] = inner
        if wrong:
            self._say(wrong)
            return None
        try:
            made = self._model.model_validate(content)
        except ValidationError as error:
            for problem in error.errors():
                key = str(problem["loc"][0]) if problem["loc"] else ""
                wrong[key if key in self.editors else ""] = sentence(what_is_wrong(problem))
            self._say(wrong)
            return None
        except UserError as error:
            self._say({"": sentence(str(error))})
            return None
        self._say({})
        return made

    def say(self, name: str, text: str) -> None:
        """Say under a field what is wrong with it beside others that are not in this form, until it is edited.

        “” is the form as a whole.
        """
        show_text(self._sentences[name] if name else self._whole, text)

    def hint(self, name: str, text: str) -> None:
        """A quiet line under a field, for what follows from its value."""
        if name not in self._hints:
            self._hints[name] = theme.label("", theme.SMALL, muted=True, wrap=True)
            cell = self._cells[name].layout()
            assert cell is not None
            cell.addWidget(self._hints[name])
        show_text(self._hints[name], text)

    def explain(self, name: str, text: str) -> None:
        """More in the tooltip of a field than it says of itself."""
        for widget in (self._rows.labelForField(self._cells[name]), self.editors[name].widget):
            widget.setToolTip(f"{self.editors[name].tooltip}\n{text}")

    def show_field(self, name: str, on: bool) -> None:
        """Show or hide the row of a field that only matters together with another."""
        self._rows.setRowVisible(self._cells[name], on)

    def show_section(self, name: str, on: bool) -> None:
        """Show or hide a section that only matters together with another field. One that is wrong stays in view."""
        section = self.sections[name]
        section.setVisible(on or bool(section.form.sentences()))

    def sentences(self) -> dict[str, str]:
        """What is wrong at present, by field; “” is the form as a whole."""
        shown = {name: label.text() for name, label in self._sentences.items() if label.text()}
        for name, section in self.sections.items():
            shown.update({f"{name}.{inner}": text for inner, text in section.form.sentences().items()})
        return {**shown, **({"": self._whole.text()} if self._whole.text() else {})}

    def _add_row(self, name: str, editor: Editor) -> None:
        label = theme.label(editor.title)
        label.setMinimumWidth(LABEL_WIDTH)
        label.setToolTip(editor.tooltip)
        editor.widget.setToolTip(editor.tooltip)
        editor.widget.setMinimumWidth(FIELD_WIDTH)
        editor.widget.setAccessibleName(editor.title)
        label.setBuddy(editor.widget)
        editor.on_change(self._edited)
        words = error_label()
        cell = QWidget()
        inside = QVBoxLayout(cell)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(0)
        inside.addWidget(editor.widget)
        inside.addWidget(words)
        self._rows.addRow(label, cell)
        self.editors[name] = editor
        self._cells[name] = cell
        self._sentences[name] = words

    def _edited(self) -> None:
        if not self._filling:
            self.value()
            self.changed.emit()

    def _say(self, wrong: dict[str, str]) -> None:
        for name, label in self._sentences.items():
            show_text(label, wrong.get(name, ""))
        show_text(self._whole, wrong.get("", ""))


class _Rows(QFormLayout):
    """Qt (6.11) places rows by the heights that it computed last, and those may be of the width it would prefer: a
    sentence that needs a line more at the width it has would be cut off. Asked about another first, it computes them.
    """

    def setGeometry(self, rect: QRect) -> None:  # noqa: N802 - Qt's name
        self.heightForWidth(1)
        super().setGeometry(rect)


class Section(QWidget):
    """A form inside a form, folded away until it is wanted."""

    def __init__(self, title: str, help: str, form: SettingsForm[Any]) -> None:
        super().__init__()
        self.form = form
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GRID // 2)
        self.handle = QToolButton()
        self.handle.setText(title)
        self.handle.setToolTip(help)
        self.handle.setProperty("fold", True)
        self.handle.setCheckable(True)
        self.handle.setAutoRaise(True)
        self.handle.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.handle.toggled.connect(self.open)
        column.addWidget(self.handle)
        indent = QVBoxLayout()
        indent.setContentsMargins(theme.GRID, 0, 0, theme.GRID)
        indent.addWidget(form)
        column.addLayout(indent)
        self.open(False)

    def open(self, on: bool) -> None:
        theme.set_icon(self.handle, "mdi6.chevron-down" if on else "mdi6.chevron-right")
        self.handle.setChecked(on)
        self.form.setVisible(on)


def error_label() -> QLabel:
    label = QLabel()
    label.setProperty("error", True)
    label.setWordWrap(True)
    label.hide()
    return label


def show_text(label: QLabel, text: str) -> None:
    label.setText(text)
    label.setVisible(bool(text))


def sentence(message: str) -> str:
    """With a capital and a full stop."""
    return f"{message[:1].upper()}{message[1:]}" + ("" if message.endswith((".", "?")) else ".")
