"""Which clips a study trains on, and what of them: their sound, their pictures, or both."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from core.control import Control
from core.datasets import DATASETS
from core.datasets.base import Dataset, Modality
from core.presets import same_place
from core.readable import counted
from core.run_spec import DatasetChoice
from core.study import Study
from core.workspace import Workspace
from gui import theme
from gui.context import Context
from gui.field_editors import Choice
from gui.settings_form import LABEL_WIDTH, SettingsForm, error_label, show_text


class ClipsForm(QWidget):
    """The dataset by name, the modality where it has several, and how clips without folds are dealt out.

    Attributes:
        dataset: the one chosen, once it is known: open in the window, or opened here in the background.
    """

    changed = Signal()  # a person has edited
    modality_chosen = Signal()  # by a person; `changed` follows
    known = Signal()  # what the dataset is has come to light, later than it was chosen

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._choice = DatasetChoice()
        self._job: Any = None
        self.dataset: Dataset | None = None
        self.title = theme.label("", wrap=True)
        self.modality = Choice(Study.model_fields["modality"], {})
        self.form = SettingsForm(DatasetChoice, only=("folds", "with_sound"))
        self._wrong = error_label()
        self._lay_out()
        self.modality.on_change(self._modality_edited)
        self.form.changed.connect(self.changed)

    def set_value(self, choice: DatasetChoice, modality: Modality) -> None:
        """Show a choice; `dataset` is known at once where it is open already."""
        moved = not same_place(choice, self._choice)
        self._choice = choice
        self.form.set_value(choice)
        with QSignalBlocker(self.modality.widget):  # nobody has chosen it
            self.modality.set(modality)
        info = DATASETS[choice.name]
        self.title.setText(info.title if info.folder else f"{info.title}: {Path(choice.root).name}")
        self.title.setToolTip(choice.root or "In its place in the workspace.")
        if moved or self.dataset is None:
            self._look_up()

    def value(self) -> tuple[DatasetChoice, Modality] | None:
        choice = self.form.value()
        return None if choice is None else (choice, Modality(self.modality.get()))

    def look_again(self) -> None:
        """Another dataset was opened in the window: perhaps this."""
        context = self._context
        if context.dataset is not None and same_place(context.dataset_choice, self._choice):
            self._forget_job()
            self.dataset = context.dataset
            self.known.emit()

    def offered(self, used: frozenset[Modality]) -> tuple[Modality, ...]:
        """What networks can be given: what the dataset has, and what the study asks for already."""
        if self.dataset is not None:
            there = self.dataset.modalities | used
        else:  # not known: sound alone, as ever, unless the study wants more
            there = frozenset(Modality) if used - {Modality.AUDIO} else frozenset({Modality.AUDIO})
        return tuple(modality for modality in Modality if modality in there)

    def show_offered(self, used: frozenset[Modality]) -> str:
        """Show what there is to choose. Returns a sentence where the study asks for what the clips do not have."""
        offered = self.offered(used)
        self.modality.offer({modality: modality.word for modality in offered})
        self._modality_line.setVisible(len(offered) > 1)
        dataset = self.dataset
        made = dataset is not None and not dataset.official_folds and not dataset.synthetic
        self.form.show_field("folds", made)
        groups = len({clip.group for clip in dataset.clips}) if dataset is not None else 0
        each = not self.form.editors["folds"].get()
        self.form.hint("folds", f"{counted(groups, 'fold')}: each group is left out once." if each else "")
        self.form.show_field("with_sound", Modality.VIDEO in offered)
        self.form.setVisible(made or Modality.VIDEO in offered)
        text = ""
        if dataset is not None and used - dataset.modalities:
            lacking, there = _words(used - dataset.modalities), _words(dataset.modalities)
            text = f"These clips offer {there} only: no network can be given {lacking}."
        show_text(self._wrong, text)
        return text

    def _look_up(self) -> None:
        self._forget_job()
        self.dataset = None
        context, choice = self._context, self._choice
        if context.dataset is not None and same_place(context.dataset_choice, choice):
            self.dataset = context.dataset
        elif not DATASETS[choice.name].synthetic:  # which would be made by being opened
            self._job = context.jobs.run(_opening(choice, context.workspace), self._found, self._not_found)

    def _forget_job(self) -> None:
        if self._job is not None:
            self._job.cancel()
        self._job = None

    def _found(self, dataset: Dataset) -> None:
        self._job, self.dataset = None, dataset
        self.known.emit()

    def _not_found(self, sentence: str) -> None:
        """Nobody has asked: Start says the same."""
        self._job = None

    def _modality_edited(self) -> None:
        self.modality_chosen.emit()
        self.changed.emit()

    def _change(self) -> None:
        self._context.panel_wanted.emit("data")

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GRID // 2)
        change = QToolButton()
        change.setText("Change …")
        change.setToolTip("Choose other recordings in the Data panel.")
        change.clicked.connect(self._change)
        clips = QHBoxLayout()
        clips.setSpacing(theme.GRID)
        for widget, stretch in ((_caption("Clips"), 0), (self.title, 1), (change, 0)):
            clips.addWidget(widget, stretch)
        column.addLayout(clips)
        self._modality_line = QWidget()
        line = QHBoxLayout(self._modality_line)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(theme.GRID)
        caption = _caption(self.modality.title)
        for widget in (caption, self.modality.widget):
            widget.setToolTip(self.modality.tooltip)
        self.modality.widget.setAccessibleName(self.modality.title)
        line.addWidget(caption)
        line.addWidget(self.modality.widget, 1)
        for widget in (self._modality_line, self.form, self._wrong):
            column.addWidget(widget)


def _words(modalities: frozenset[Modality]) -> str:
    return " or ".join(modality.word for modality in Modality if modality in modalities)


def _caption(text: str) -> QWidget:
    made = theme.label(text)
    made.setMinimumWidth(LABEL_WIDTH)
    return made


def _opening(choice: DatasetChoice, workspace: Workspace) -> Callable[[Control, Callable[[Any], None]], Dataset]:
    return partial(_open, choice, workspace)


def _open(choice: DatasetChoice, workspace: Workspace, control: Control, report: Callable[[Any], None]) -> Dataset:
    return DATASETS[choice.name].open(workspace.dataset_root(choice.name, choice.root), control)
