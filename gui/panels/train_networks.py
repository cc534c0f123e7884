"""The list of networks that a study compares: a short row each, the rest folded away."""

from __future__ import annotations

from pydantic import ValidationError
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from core.errors import UserError
from core.recipe import Recipe
from core.study import Network, Study, architectures
from gui import theme
from gui.field_editors import Choice, editor_for
from gui.settings_form import SettingsForm, sentence

_FOLDED = ("weights_path", "freeze", "freeze_stages", "name", "recipe")


class NetworkRow(QWidget):
    """Architecture and initial weights in one line; what is frozen and departs from the recipe below it."""

    changed = Signal()
    removed = Signal(object)

    def __init__(self, network: Network) -> None:
        super().__init__()
        fields = Network.model_fields
        self.architecture: Choice = _choice(fields["architecture"], architectures())
        self.weights: Choice = _choice(fields["weights"], None)
        self.form = SettingsForm(Network, only=_FOLDED)
        self._dot = QLabel()
        self.more = QToolButton()
        self.more.setToolTip("What is frozen, its name, and where it departs from the recipe.")
        self.more.setCheckable(True)
        self.more.setProperty("fold", True)
        self.remove = QToolButton()
        self.remove.setToolTip("Take this network out of the study.")
        theme.set_icon(self.remove, "mdi6.close", "muted")
        self.browse = QToolButton()
        self.browse.setText("Choose a weights file …")
        self.browse.setToolTip("A .safetensors file, or a .pth file that holds tensors only.")
        self._lay_out()
        self.architecture.set(network.architecture)
        self.weights.set(network.weights)
        self.form.set_value(network)
        self.unfold(False)
        self._edited_line(say=False)
        self.architecture.on_change(self._edited_line)
        self.weights.on_change(self._edited_line)
        self.form.changed.connect(self._edited_form)
        self.more.toggled.connect(self.unfold)
        self.remove.clicked.connect(self._remove)
        self.browse.clicked.connect(self._browse)

    def value(self, recipe: Recipe | None = None) -> Network | None:
        """The network, or None with sentences in view; its departures are checked with the recipe they depart from."""
        made = self.form.value(architecture=self.architecture.get(), weights=self.weights.get())
        wrong = _wrong_departure(made, recipe) if made is not None and recipe is not None else ""
        if wrong:
            self.form.say("recipe", wrong)
        if made is None or wrong:
            self.unfold(True)
            return None
        return made

    def unfold(self, on: bool) -> None:
        theme.set_icon(self.more, "mdi6.chevron-down" if on else "mdi6.chevron-right", "muted")
        self.more.setChecked(on)
        self._folded.setVisible(on)
        self._summarise()

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GRID // 2)
        line = QHBoxLayout()
        line.setSpacing(theme.GRID // 2)
        line.addWidget(self._dot)
        line.addWidget(self.architecture.widget, 3)
        line.addWidget(self.weights.widget, 2)
        line.addWidget(self.more)
        line.addWidget(self.remove)
        column.addLayout(line)
        self._summary = theme.label("", theme.SMALL, muted=True, wrap=True)
        self._summary.setContentsMargins(3 * theme.GRID, 0, 0, 0)
        column.addWidget(self._summary)
        self._folded = QWidget()
        inside = QVBoxLayout(self._folded)
        inside.setContentsMargins(3 * theme.GRID, 0, 0, theme.GRID)
        inside.addWidget(self.browse, 0, Qt.AlignmentFlag.AlignLeft)
        inside.addWidget(self.form)
        column.addWidget(self._folded)

    def _edited_line(self, *_: object, say: bool = True) -> None:
        self._dot.setPixmap(theme.architecture_icon(str(self.architecture.get())).pixmap(theme.icon_size()))
        self.browse.setVisible(self.weights.get() == "file")
        self.form.show_field("weights_path", self.weights.get() in ("file", "run"))
        self._summarise()
        if self.weights.get() in ("file", "run"):
            self.unfold(True)
        if say:
            self.value()
            self.changed.emit()

    def _edited_form(self) -> None:
        self._summarise()
        self.value()
        self.changed.emit()

    def _summarise(self) -> None:
        """One quiet line for what is folded away and not as usual."""
        shown = {name: editor.text() for name, editor in self.form.editors.items()}
        frozen = {"nothing": "", "stages": f"first {shown['freeze_stages']} stages frozen"}
        self.form.show_field("freeze_stages", shown["freeze"] == "stages")
        parts = [shown["name"], shown["weights_path"], frozen.get(shown["freeze"], "all but the head frozen")]
        parts.append(shown["recipe"])
        text = " · ".join(part for part in parts if part)
        self._summary.setText(text)
        self._summary.setVisible(bool(text) and not self.more.isChecked())

    def _browse(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, "Initial weights", "", "Weights (*.safetensors *.pth *.pt)")
        if path:
            self.form.editors["weights_path"].set(path)

    def _remove(self) -> None:
        self.removed.emit(self)


class NetworkList(QWidget):
    """Rows of networks and the button that adds one."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows: list[NetworkRow] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(theme.GRID // 2)
        self.add = QToolButton()
        self.add.setText("Add a network")
        self.add.setToolTip("Compare one more: another architecture, or the same with other initial weights.")
        self.add.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        theme.set_icon(self.add, "mdi6.plus")
        self.add.clicked.connect(self._add_one)
        self._column.addWidget(self.add)

    def set_value(self, networks: tuple[Network, ...]) -> None:
        for row in list(self.rows):
            self._drop(row)
        for network in networks:
            self._append(network)

    def value(self, recipe: Recipe | None = None) -> tuple[Network, ...] | None:
        """The networks, or None where a row says what is wrong with it, alone or with the study's recipe."""
        values = [row.value(recipe) for row in self.rows]
        return None if None in values else tuple(value for value in values if value is not None)

    def _append(self, network: Network) -> None:
        row = NetworkRow(network)
        row.changed.connect(self.changed)
        row.removed.connect(self._remove)
        self.rows.append(row)
        self._column.insertWidget(len(self.rows) - 1, row)
        self._allow_removal()

    def _drop(self, row: NetworkRow) -> None:
        self.rows.remove(row)
        self._column.removeWidget(row)
        row.hide()
        row.deleteLater()

    def _remove(self, row: NetworkRow) -> None:
        self._drop(row)
        self._allow_removal()
        self.changed.emit()

    def _add_one(self) -> None:
        """The first architecture that is not there yet."""
        there = {row.architecture.get() for row in self.rows}
        name = next((name for name in architectures() if name not in there), next(iter(architectures())))
        self._append(Network(architecture=name))
        self.changed.emit()

    def _allow_removal(self) -> None:
        for row in self.rows:
            row.remove.setEnabled(len(self.rows) > 1)


def _wrong_departure(network: Network, recipe: Recipe) -> str:
    """What is wrong with where a network departs from a recipe, as a sentence."""
    if not network.recipe:
        return ""
    try:
        Study(network=(network,), recipe=recipe)
    except UserError as error:
        return sentence(str(error).removeprefix(f"network “{network.label}”, recipe: "))
    except ValidationError as error:
        return sentence(error.errors()[0]["msg"])
    return ""


def _choice(field: object, words: dict[str, str] | None) -> Choice:
    editor = editor_for(field, words)  # type: ignore[arg-type]
    assert isinstance(editor, Choice)
    editor.widget.setToolTip(editor.tooltip)
    editor.widget.setMinimumContentsLength(6)
    return editor
