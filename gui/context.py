"""What every panel is handed: the engine, the workspace, and the facts that panels share."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter
from PySide6.QtCore import QObject, QSettings, Signal

from core.datasets.base import Dataset
from core.engine import Engine
from core.run_spec import DatasetChoice
from core.study import Study
from core.workspace import Workspace
from gui.bridge import Bridge
from gui.jobs import Jobs
from gui.libraries import Libraries

CHOICES = TypeAdapter(tuple[DatasetChoice, ...])


@dataclass(frozen=True)
class ErrorsRequest:
    """What another panel asks the Errors panel to show."""

    study: str  # slug
    network: str = ""  # label; "" = all networks
    true_class: str = ""  # all clips of this class, right or wrong; "" = the errors of all classes


class Context(QObject):
    """One per window. Panels subscribe to its signals and never to each other."""

    dataset_changed = Signal()  # `dataset` is another one, or None
    runs_changed = Signal()  # a run was finished, deleted or annotated: read them again
    panel_wanted = Signal(str)  # id of a panel to show
    message = Signal(str, str)  # sentence, level (info | warning | error): for the banner, over the panel in front

    def __init__(
        self, workspace: Workspace, engine: Engine, settings: QSettings, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.workspace = workspace
        self.engine = engine
        self.settings = settings
        self.bridge = Bridge(engine, self)
        self.jobs = Jobs(self)
        self.jobs.unhandled.connect(self._unhandled)
        self.libraries = Libraries(self)
        self.dataset: Dataset | None = None
        self.dataset_choice = DatasetChoice()
        self.study: Study | None = None  # as the Train panel was left
        self.training_request: DatasetChoice | None = None  # taken, and set to None, by the Train panel
        self.errors_request: ErrorsRequest | None = None  # taken, and set to None, by the Errors panel

    def set_dataset(self, choice: DatasetChoice, dataset: Dataset | None) -> None:
        self.dataset_choice, self.dataset = choice, dataset
        self.dataset_changed.emit()

    def folder_of(self, dataset: str) -> str:
        """The folder a dataset was opened from last, or "" where that is its place in the workspace or gone."""
        folder = str(self.settings.value(f"data/root/{dataset}", ""))
        return folder if folder and Path(folder).is_dir() else ""

    def choice_of(self, dataset: str, root: str) -> DatasetChoice:
        """These clips as they were opened last, less what was left out by hand."""
        known = (choice for choice in self._choices() if (choice.name, choice.root) == (dataset, root))
        return next(known, DatasetChoice(name=dataset, root=root))

    def remember_choice(self, choice: DatasetChoice) -> None:
        self.settings.setValue(f"data/root/{choice.name}", choice.root)
        others = (old for old in self._choices() if (old.name, old.root) != (choice.name, choice.root))
        self.settings.setValue("data/choices", CHOICES.dump_json((choice, *others)).decode())

    def _choices(self) -> tuple[DatasetChoice, ...]:
        """One for each place that clips were opened from, the last first."""
        try:
            return CHOICES.validate_json(str(self.settings.value("data/choices", "[]")))
        except ValueError:  # written by another version
            return ()

    def _unhandled(self, sentence: str) -> None:
        self.message.emit(sentence, "error")

    def want_training(self, choice: DatasetChoice) -> None:
        """Bring the Train panel to the front with a study on these clips, whether or not it has been made yet."""
        self.training_request = choice
        self.panel_wanted.emit("train")

    def want_errors(self, request: ErrorsRequest) -> None:
        """Bring the Errors panel to the front with these filters, whether or not it has been made yet."""
        self.errors_request = request
        self.panel_wanted.emit("errors")

    def close(self) -> None:
        self.bridge.close()
        self.jobs.close()
