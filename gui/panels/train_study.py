"""The study form: presets, clips, networks, recipe. Two-way with core.study.Study."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QScrollArea, QVBoxLayout, QWidget

from core.datasets.base import Modality
from core.errors import UserError
from core.files import slug
from core.presets import (
    came_from,
    dealt_as,
    made_for,
    other_clips,
    read_presets,
    renamed,
    same_place,
    suited,
    taking_edits,
)
from core.readable import counted
from core.recipe import Recipe
from core.run_lists import Earlier, earlier_runs
from core.run_spec import SECTIONS, DatasetChoice
from core.settings import Settings
from core.settings_file import write_toml
from core.study import Study, read_study
from core.training.trackers import wandb_installed
from gui import theme
from gui.context import Context
from gui.field_editors import Editor
from gui.panels.train_clips import ClipsForm
from gui.panels.train_networks import NetworkList
from gui.panels.train_presets import PresetBox
from gui.settings_form import Section, SettingsForm

_SHORT = ("name", "folds", "seeds", "order", "device", "cache_limit", "wandb")
VALIDATION = 0.2  # the share that a study is given whose fusion needs one


class StudyEditor(QScrollArea):
    """`value` gives the study, or None with the sentences in view; `set_value` shows one."""

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._study = Study()  # as it was when it was last in order
        self._opened = self._study  # as it was before a person edited it
        self._named = False  # by a person
        self._share_added = False
        self._unsuited: Study | None = None  # for clips that it is not known yet what they are
        self._runs_job: Any = None
        self.presets = PresetBox()
        self.answers = theme.label("", theme.SMALL, muted=True, wrap=True)
        self.basics = SettingsForm(Study, only=_SHORT)
        self.clips = ClipsForm(context)
        self.networks = NetworkList()
        self.recipe = Section("Recipe", "How the networks are trained.", SettingsForm(Recipe))
        self._lay_out()
        self.presets.file_chosen.connect(self.open_file)
        self.presets.save_wanted.connect(self._save)
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
        """The study as it stands, where its clips offer what it asks for."""
        study = self._read()
        return None if study is None or self.clips.show_offered(self._used()) else study

    def set_value(self, study: Study) -> None:
        self._named = False
        self._show(study)

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
        one in view trains as a preset does, and is made to suit them else. It takes their name, unless a person gave
        it one under which nothing was trained. What a person set and cannot be kept is said."""
        now = self._read()
        study = now or self._study
        if not other_clips(choice, study.dataset):
            self._show(study.model_copy(update={"dataset": dealt_as(study.dataset, choice)}))
            return
        opened, presets = self._opened, read_presets()
        came = came_from(study, presets)
        preset = made_for(choice, presets) if came else None
        if came and preset:
            made = taking_edits(preset, study, came)
        else:
            made = renamed(study.model_copy(update={"dataset": choice}))
        lost = [] if now else ["What was wrong in the form is as it was before."]
        lost += _set_aside(opened, study, made)
        if self._named and not (self._context.workspace.runs / slug(study.name)).exists():
            made = made.model_copy(update={"name": study.name})
        elif self._named:
            self._named = False
            lost.append(f"There are runs on other clips under the name “{study.name}”: this study is called otherwise.")
        made = made.model_copy(update={"dataset": dealt_as(made.dataset, choice)})
        self._show(made)
        self._unsuited = None if preset else made
        if self.clips.dataset is not None:
            self._suit()
        self._tell(lost)

    def _read(self) -> Study | None:
        """The study as it stands, on whatever clips."""
        recipe = self.recipe.form.value()
        networks = self.networks.value()
        clips = self.clips.value()
        if recipe is None:
            self.recipe.open(True)
        if networks is None or recipe is None or clips is None:
            return None
        choice, modality = clips
        study = self.basics.value(network=networks, recipe=recipe, dataset=choice, modality=modality)
        if study is None and self.networks.say(self.basics.sentences().get("", "")):
            self.basics.say("", "")
        return study

    def _show(self, study: Study) -> None:
        self._study, self._opened, self._unsuited, self._share_added = study, study, None, False
        self.presets.show_study(study)
        self.answers.setText(study.answers)
        self.answers.setVisible(bool(study.answers))
        self.basics.set_value(study)
        self.clips.set_value(study.dataset, study.modality)
        self.networks.set_value(study.network)
        self.recipe.form.set_value(study.recipe)
        self._show_folder(study)
        self._show_what_matters()
        self._summarise()

    def _suit(self) -> None:
        study, dataset = self._unsuited, self.clips.dataset
        if study is None or dataset is None:
            return
        made = suited(study, dataset.modalities)
        self._show(made)
        if len(made.network) < len(study.network):
            self._tell(["Networks that do not suit these clips are left out."])

    def _tell(self, sentences: Sequence[str]) -> None:
        if sentences:
            self._context.message.emit(" ".join(sentences), "info")

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
        elif self.networks.take_branches_back() and self._share_added:
            self._share_added = False
            if self._share.get() == VALIDATION:
                self._share.set(Recipe.model_fields["validation_share"].default)

    def _both_added(self) -> None:
        """A fusion learns from clips that its branches were not trained on."""
        if not self._share.get():
            self._share.set(VALIDATION)
            self._share_added = True
            self._context.message.emit(
                f"{VALIDATION:.0%} of the training clips are now set aside for validation (see Recipe): there, both "
                "learns how far its trained branches can be trusted.",
                "info",
            )

    @property
    def _share(self) -> Editor:
        return self.recipe.form.editors["validation_share"]

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
        self.basics.show_field("wandb", wandb_installed() or self.basics.editors["wandb"].get() != "off")
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
        study = self._read()
        if study is None:
            self.presets.show_edited()
            return
        self._study = study
        self._named = self._named or study.name != self._opened.name
        self.presets.show_study(study, edited=True)
        self._show_folder(study)

    def _read_runs(self) -> None:
        if self._runs_job is None:
            workspace = self._context.workspace
            self._runs_job = self._context.jobs.run(
                lambda control, report: earlier_runs(workspace, control), self._runs_read
            )

    def _runs_read(self, runs: list[Earlier]) -> None:
        self._runs_job = None
        self.networks.show_runs(runs)

    def _runs_changed(self) -> None:
        if self.networks.wants_runs:
            self._read_runs()

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
        for widget in (self.presets, self.answers, self.basics, self.clips):
            column.addWidget(widget)
        column.addWidget(theme.label("Networks", bold=True))
        column.addWidget(self.networks)
        column.addWidget(self.recipe)
        column.addStretch(1)
        self.setWidget(inside)


def _set_aside(opened: Study, study: Study, made: Study) -> list[str]:
    """A sentence about what a person had set in a study and is not in the one made of it for other clips."""
    gone = _gone(opened, study, made, ("modality", "folds"))
    gone += _gone(opened.dataset, study.dataset, made.dataset, ("folds", "with_sound"))
    return [f"What was set for other clips is as usual again: {', '.join(gone)}."] if gone else []


def _gone(opened: Settings, edited: Settings, made: Settings, names: Sequence[str]) -> list[str]:
    """Titles of the fields that were edited, and are not as edited in what was made."""
    fields = type(opened).model_fields
    edits = [name for name in names if getattr(edited, name) not in (getattr(opened, name), getattr(made, name))]
    return [fields[name].title or name for name in edits]
