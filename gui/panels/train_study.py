"""The study form: presets, clips, networks, recipe. Two-way with core.study.Study."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QFileDialog, QHBoxLayout, QScrollArea, QToolButton, QVBoxLayout, QWidget

from core.datasets import DATASETS
from core.errors import UserError
from core.readable import counted
from core.recipe import Recipe
from core.study import DatasetChoice, Study, read_study, slug, write_toml
from gui import theme
from gui.context import Context
from gui.panels.train_networks import NetworkList
from gui.settings_form import LABEL_WIDTH, Section, SettingsForm

PRESETS = Path(__file__).parents[2] / "resources" / "presets"
_SHORT = ("name", "folds", "seeds", "device")


class StudyEditor(QScrollArea):
    """`value` gives the study, or None with the sentences in view; `set_value` shows one."""

    changed = Signal()

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._study = Study()
        self.presets = QComboBox()
        self.presets.setToolTip("Start from a study that comes with Sensorium; everything can be changed.")
        self.answers = theme.label("", theme.SMALL, muted=True, wrap=True)
        self.dataset = theme.label("", wrap=True)
        self.basics = SettingsForm(Study, only=_SHORT)
        self.networks = NetworkList()
        self.recipe = Section("Recipe", "How the networks are trained.", SettingsForm(Recipe))
        self._lay_out()
        self._list_presets()
        self.presets.activated.connect(self._preset_chosen)
        for part in (self.basics, self.networks, self.recipe.form):
            part.changed.connect(self._edited)
        context.dataset_changed.connect(self._dataset_changed)
        self.set_value(self._study)

    def value(self) -> Study | None:
        """The study as it stands."""
        recipe = self.recipe.form.value()
        networks = self.networks.value(recipe)
        if recipe is None:
            self.recipe.open(True)
        if networks is None or recipe is None:
            return None
        return self.basics.value(network=networks, recipe=recipe, dataset=self._study.dataset)

    def set_value(self, study: Study) -> None:
        self._study = study
        self.presets.setCurrentIndex(self.presets.findText(study.name))
        self.answers.setText(study.answers)
        self.answers.setVisible(bool(study.answers))
        self.basics.set_value(study)
        self.networks.set_value(study.network)
        self.recipe.form.set_value(study.recipe)
        self._show_folder(study)
        self._show_dataset()
        self._summarise()

    def open_file(self, path: Path) -> bool:
        """Show the study of a TOML file; say a sentence where it cannot be read."""
        try:
            study = read_study(path)
        except UserError as error:
            self._context.message.emit(str(error), "error")
            return False
        self.set_value(study.model_copy(update={"dataset": self._located(study.dataset)}))
        self.changed.emit()
        return True

    def use_dataset(self, choice: DatasetChoice) -> None:
        """Train on these clips. Other clips make another study: it starts from the dataset's own preset where the
        one in view is a preset as it came, and takes another name in any case."""
        other = _other_clips(choice, self._study.dataset)
        study = (self.value() or self._study).model_copy(update={"dataset": choice})
        self.set_value(self._for_other_clips(study) if other else study)
        self.changed.emit()

    def _for_other_clips(self, study: Study) -> Study:
        presets = sorted(map(read_study, PRESETS.glob("*.toml")), key=lambda preset: len(preset.name))
        made_for = next((preset for preset in presets if preset.dataset.name == study.dataset.name), None)
        if made_for and any((preset.network, preset.recipe) == (study.network, study.recipe) for preset in presets):
            return made_for.model_copy(update={"dataset": study.dataset})
        folder = DATASETS[study.dataset.name].folder
        name = study.dataset.name if folder else slug(Path(study.dataset.root).name)
        return study.model_copy(update={"name": name, "answers": "", "folds": ()})

    def _located(self, choice: DatasetChoice) -> DatasetChoice:
        """A preset names a dataset; where it lies is what was chosen in the Data panel, now or before."""
        chosen = self._context.dataset_choice
        if choice.root:
            return choice
        if chosen.name == choice.name:
            return chosen
        return choice.model_copy(update={"root": self._context.folder_of(choice.name)})

    def _dataset_changed(self) -> None:
        """Clips were left out in Data, or taken in again. Looking at other clips there changes no study."""
        choice = self._context.dataset_choice
        if (choice.name, choice.root) == (self._study.dataset.name, self._study.dataset.root):
            self._study = self._study.model_copy(update={"dataset": choice})
            self.changed.emit()

    def _show_folder(self, study: Study) -> None:
        """Where the runs will lie, if that is not the name itself, and what lies there already."""
        folder = slug(study.name)
        text = f"Folder: {folder}" if folder != study.name else ""
        try:
            there = read_study(self._context.workspace.runs / folder / "study.toml")
        except UserError:  # none, or none that can be read
            there = study
        if (there.network, there.recipe) != (study.network, study.recipe):
            text = f"The folder {folder} holds runs with other settings. New runs are kept beside them."
        self.basics.hint("name", text)

    def _show_dataset(self) -> None:
        choice = self._study.dataset
        info = DATASETS[choice.name]
        self.dataset.setText(info.title if info.folder else f"{info.title}: {Path(choice.root).name}")
        self.dataset.setToolTip(choice.root or "In its place in the workspace.")

    def _summarise(self) -> None:
        recipe = self.recipe.form.value()
        if recipe is not None:
            parts = f"{counted(recipe.epochs, 'epoch')}, {recipe.optimizer} {recipe.learning_rate:g}, {recipe.schedule}"
            self.recipe.handle.setText(f"Recipe: {parts}")

    def _edited(self) -> None:
        self._summarise()
        study = self.value()
        if study is not None:
            self._show_folder(study)
        self.changed.emit()

    def _list_presets(self) -> None:
        self.presets.clear()
        for path in sorted(PRESETS.glob("*.toml")):
            self.presets.addItem(path.stem, path)
        self.presets.setPlaceholderText("choose a preset")

    def _preset_chosen(self) -> None:
        path = self.presets.currentData()
        if isinstance(path, Path):
            self.open_file(path)

    def _open(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, "Open a study", str(PRESETS), "Studies (*.toml)")
        if path:
            self.open_file(Path(path))

    def _save(self) -> None:
        study = self.value()
        if study is None:
            return
        path, _ = QFileDialog.getSaveFileName(self, "Save the study", f"{study.name}.toml", "Studies (*.toml)")
        if path:
            try:
                write_toml(study, Path(path))
            except UserError as error:
                self._context.message.emit(str(error), "error")

    def _change_dataset(self) -> None:
        self._context.panel_wanted.emit("data")

    def _lay_out(self) -> None:
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(2 * theme.GRID, theme.GRID, 2 * theme.GRID, theme.GRID)
        column.setSpacing(theme.GRID)
        presets = _line(theme.label("Preset"), self.presets)
        for icon, text, slot in (
            ("mdi6.folder-open-outline", "Open a study from a TOML file.", self._open),
            ("mdi6.content-save-outline", "Save this study as TOML: it runs headless with “main.py run”.", self._save),
        ):
            button = QToolButton()
            theme.set_icon(button, icon)
            button.setToolTip(text)
            button.clicked.connect(slot)
            presets.addWidget(button)
        column.addLayout(presets)
        column.addWidget(self.answers)
        column.addWidget(self.basics)
        change = QToolButton()
        change.setText("Change …")
        change.setToolTip("Choose other recordings in the Data panel.")
        change.clicked.connect(self._change_dataset)
        clips = _line(theme.label("Clips"), self.dataset)
        clips.addWidget(change)
        column.addLayout(clips)
        column.addWidget(theme.label("Networks", bold=True))
        column.addWidget(self.networks)
        column.addWidget(self.recipe)
        column.addStretch(1)
        self.setWidget(inside)


def _other_clips(one: DatasetChoice, other: DatasetChoice) -> bool:
    """ESC-50 is the same wherever it lies; a labelled folder elsewhere is another."""
    return one.name != other.name or (not DATASETS[one.name].folder and one.root != other.root)


def _line(label: QWidget, field: Any) -> QHBoxLayout:
    line = QHBoxLayout()
    line.setSpacing(theme.GRID)
    label.setMinimumWidth(LABEL_WIDTH)
    line.addWidget(label)
    line.addWidget(field, 1)
    return line
