"""The study form: presets, clips, networks, recipe. Two-way with core.study.Study."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QFileDialog, QHBoxLayout, QScrollArea, QToolButton, QVBoxLayout, QWidget

from core.datasets.base import Modality
from core.errors import UserError
from core.files import slug
from core.presets import (
    PRESETS,
    dealt_as,
    is_preset,
    made_for,
    other_clips,
    read_presets,
    renamed,
    same_place,
    suited,
)
from core.readable import counted
from core.recipe import Recipe
from core.run_lists import Earlier, finished_runs
from core.run_spec import SECTIONS, DatasetChoice
from core.settings_file import write_toml
from core.study import Study, read_study
from gui import theme
from gui.context import Context
from gui.field_editors import widen_list
from gui.panels.train_clips import ClipsForm
from gui.panels.train_networks import NetworkList
from gui.settings_form import LABEL_WIDTH, Section, SettingsForm

_SHORT = ("name", "folds", "seeds", "device", "cache_limit")
VALIDATION = 0.2  # the share that a study is given whose fusion needs one


class StudyEditor(QScrollArea):
    """`value` gives the study, or None with the sentences in view; `set_value` shows one."""

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._study = Study()
        self._unsuited: Study | None = None  # for clips that it is not known yet what they are
        self._runs_job: Any = None
        self.presets = QComboBox()
        self.presets.setMinimumWidth(10 * theme.GRID)
        self.presets.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.presets.setToolTip("Start from a study that comes with Sensorium; everything can be changed.")
        self.answers = theme.label("", theme.SMALL, muted=True, wrap=True)
        self.basics = SettingsForm(Study, only=_SHORT)
        self.clips = ClipsForm(context)
        self.networks = NetworkList()
        self.recipe = Section("Recipe", "How the networks are trained.", SettingsForm(Recipe))
        self._lay_out()
        self._list_presets()
        self.presets.activated.connect(self._preset_chosen)
        self.clips.modality_chosen.connect(self._modality_chosen)
        self.clips.known.connect(self._clips_known)
        for part in (self.basics, self.clips, self.networks, self.recipe.form):
            part.changed.connect(self._edited)
        self.networks.both_added.connect(self._both_added)
        self.networks.runs_wanted.connect(self._read_runs)
        context.runs_changed.connect(self._runs_changed)
        context.dataset_changed.connect(self._dataset_changed)
        self.set_value(self._study)

    def value(self) -> Study | None:
        """The study as it stands."""
        recipe = self.recipe.form.value()
        networks = self.networks.value()
        clips = self.clips.value()
        if recipe is None:
            self.recipe.open(True)
        if networks is None or recipe is None or clips is None:
            return None
        choice, modality = clips
        study = self.basics.value(network=networks, recipe=recipe, dataset=choice, modality=modality)
        if study is None:
            if self.networks.say(self.basics.sentences().get("", "")):
                self.basics.say("", "")
            return None
        return None if self.clips.show_offered(self._used()) else study

    def set_value(self, study: Study) -> None:
        self._study, self._unsuited = study, None
        self.presets.setCurrentIndex(self.presets.findText(study.name))
        self.answers.setText(study.answers)
        self.answers.setVisible(bool(study.answers))
        self.basics.set_value(study)
        self.clips.set_value(study.dataset, study.modality)
        self.networks.set_value(study.network)
        self.recipe.form.set_value(study.recipe)
        self._show_folder(study)
        self._show_what_matters()
        self._summarise()

    def open_file(self, path: Path) -> bool:
        """Show the study of a TOML file; say a sentence where it cannot be read."""
        try:
            study = read_study(path)
        except UserError as error:
            self._context.message.emit(str(error), "error")
            return False
        self.set_value(study.model_copy(update={"dataset": self._located(study.dataset)}))
        return True

    def use_dataset(self, choice: DatasetChoice) -> None:
        """Train on these clips. Other clips make another study: it starts from the dataset's own preset where the
        one in view is a preset as it came, is made to suit them else, and takes another name in any case."""
        study = self.value() or self._study
        if other_clips(choice, study.dataset):
            presets = read_presets()
            preset = made_for(choice, presets) if is_preset(study, presets) else None
            study = preset or renamed(study.model_copy(update={"dataset": choice}))
            self.set_value(study.model_copy(update={"dataset": dealt_as(study.dataset, choice)}))
            self._unsuited = None if preset else study
            if self.clips.dataset is not None:
                self._suit()
        else:
            self.set_value(study.model_copy(update={"dataset": dealt_as(study.dataset, choice)}))

    def _suit(self) -> None:
        study, dataset = self._unsuited, self.clips.dataset
        if study is not None and dataset is not None:
            self.set_value(suited(study, dataset.modalities))

    def _located(self, choice: DatasetChoice) -> DatasetChoice:
        """A preset names a dataset; where it lies is what was chosen in the Data panel, now or before."""
        context, name = self._context, choice.name
        if choice.root:
            return choice
        open_now = context.dataset_choice.name == name
        chosen = context.dataset_choice if open_now else context.choice_of(name, context.folder_of(name))
        return choice.model_copy(update={"root": chosen.root, "exclude": chosen.exclude or choice.exclude})

    def _dataset_changed(self) -> None:
        """Clips were left out in Data, or taken in again. Looking at other clips there changes no study."""
        choice = self._context.dataset_choice
        clips = self.clips.value()
        if clips is not None and same_place(choice, clips[0]):
            self.clips.set_value(dealt_as(clips[0], choice), clips[1])
            self.clips.look_again()

    def _clips_known(self) -> None:
        self._suit()
        self._show_what_matters()

    def _modality_chosen(self) -> None:
        """Both is told beside its single branches, which a study on both therefore has."""
        if self.clips.modality.get() == Modality.AUDIO_VISUAL:
            self.networks.add_branches()
        else:
            self.networks.take_branches_back()

    def _both_added(self) -> None:
        """A fusion learns from clips that its branches were not trained on."""
        share = self.recipe.form.editors["validation_share"]
        if not share.get():
            share.set(VALIDATION)
            self._context.message.emit(
                f"{VALIDATION:.0%} of the training clips are now set aside for validation (see Recipe): there, both "
                "learns how far its trained branches can be trusted.",
                "info",
            )

    def _used(self) -> frozenset[Modality]:
        return self.networks.modalities() | {Modality(self.clips.modality.get())}

    def _show_what_matters(self) -> None:
        """Rows, sections and fields that the modalities of the networks call for, and no others."""
        modality, form = Modality(self.clips.modality.get()), self.recipe.form
        windows = int(form.sections["audio"].form.editors["windows"].get())
        self.networks.show_around(modality, self.clips.offered(self._used()), windows)
        used = self._used()
        self.clips.show_offered(used)
        wings = {wing for looked_at in self.networks.modalities() for wing in looked_at.wings}
        for wing, sections in SECTIONS.items():
            for section in sections:
                form.show_section(section, wing in wings)
        self.basics.show_field("cache_limit", "video" in wings)
        learns = any(row.learns_on_validation for row in self.networks.rows)
        form.hint("validation_share", "There, both learns how far its branches can be trusted." if learns else "")
        frames = form.sections["video"].form
        for field in ("rate", "views"):
            frames.show_field(field, frames.editors["sampling"].get() == "window")

    def _show_folder(self, study: Study) -> None:
        """Where the runs will lie, if that is not the name itself, and what lies there already."""
        folder = slug(study.name)
        text = f"Folder: {folder}" if folder != study.name else ""
        try:
            there = read_study(self._context.workspace.runs / folder / "study.toml")
        except UserError:  # none, or none that can be read
            there = study
        if (there.network, there.recipe, there.modality) != (study.network, study.recipe, study.modality):
            text = f"The folder {folder} holds runs with other settings. New runs are kept beside them."
        self.basics.hint("name", text)

    def _summarise(self) -> None:
        recipe = self.recipe.form.value()
        if recipe is not None:
            parts = f"{counted(recipe.epochs, 'epoch')}, {recipe.optimizer} {recipe.learning_rate:g}, {recipe.schedule}"
            self.recipe.handle.setText(f"Recipe: {parts}")

    def _edited(self) -> None:
        self._unsuited = None
        self._summarise()
        self._show_what_matters()
        study = self.value()
        if study is not None:
            self._show_folder(study)

    def _read_runs(self) -> None:
        if self._runs_job is None:
            workspace = self._context.workspace
            self._runs_job = self._context.jobs.run(
                lambda control, report: finished_runs(workspace, control), self._runs_read
            )

    def _runs_read(self, runs: list[Earlier]) -> None:
        self._runs_job = None
        self.networks.show_runs(runs)

    def _runs_changed(self) -> None:
        if self.networks.wants_runs:
            self._read_runs()

    def _list_presets(self) -> None:
        self.presets.clear()
        for path in sorted(PRESETS.glob("*.toml")):
            self.presets.addItem(path.stem, path)
        self.presets.setPlaceholderText("choose a preset")
        widen_list(self.presets)

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

    def _lay_out(self) -> None:
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(2 * theme.GRID, theme.GRID, 2 * theme.GRID, theme.GRID)
        column.setSpacing(theme.GRID)
        presets = QHBoxLayout()
        presets.setSpacing(0)  # between the buttons: the names of presets are long
        caption = theme.label("Preset")
        caption.setMinimumWidth(LABEL_WIDTH)
        presets.addWidget(caption)
        presets.addSpacing(theme.GRID)
        presets.addWidget(self.presets, 1)
        presets.addSpacing(theme.GRID // 2)
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
        for widget in (self.answers, self.basics, self.clips):
            column.addWidget(widget)
        column.addWidget(theme.label("Networks", bold=True))
        column.addWidget(self.networks)
        column.addWidget(self.recipe)
        column.addStretch(1)
        self.setWidget(inside)
