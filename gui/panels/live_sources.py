"""Where sound and pictures of the Live panel come from: devices, their settings, and what is replayed."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QDialog, QFileDialog, QVBoxLayout, QWidget

from core.chosen import open_chosen
from core.control import Control
from core.datasets.base import Clip, Dataset, Modality
from core.errors import UserError
from core.live.offered import untrained_clips
from core.live.settings import LiveSettings
from core.run_spec import DatasetChoice
from core.runs import RunFolder
from core.workspace import Workspace
from gui.context import Context
from gui.panels.live_bar import BOTH, CAMERA, DATASET, MICROPHONE, REPLAY, LiveBar
from gui.settings_form import SettingsForm

if TYPE_CHECKING:
    from core.live.replay import Take
    from core.live.session import Sources

log = logging.getLogger(__name__)
UNTRAINED = "clips that no network asked was trained on"
TRAINED = "clips, also such that networks were trained on"
Asked = Callable[[], Sequence[RunFolder]]  # the runs that are asked now
Devices = tuple[list[str], list[tuple[int, str]]]


class LiveSources(QObject):
    """Fills the bar with what there is, and makes of what is chosen there the sources to be switched on."""

    changed = Signal()  # another source, or the same to be opened otherwise
    settings_changed = Signal()

    def __init__(self, context: Context, bar: LiveBar, asked: Asked, parent: QWidget) -> None:
        super().__init__(parent)
        self._context, self._bar, self._asked, self._window = context, bar, asked, parent
        self._form: SettingsForm[LiveSettings] | None = None
        self.settings = _kept_settings(context)
        self._learned: Dataset | None = None  # what the networks that are asked were trained on
        self._opened: DatasetChoice | None = None  # of which that was asked for
        bar.source_changed.connect(self.changed)
        bar.file_wanted.connect(self._choose_file)
        bar.settings_wanted.connect(self._open_settings)
        context.dataset_changed.connect(self.offer_replays)

    @property
    def modality(self) -> Modality:
        """What the source that is chosen gives."""
        return {MICROPHONE: Modality.AUDIO, CAMERA: Modality.VIDEO}.get(self._bar.source, Modality.AUDIO_VISUAL)

    def make(self) -> Sources:
        """What is chosen, not open yet."""
        from core.live.microphone import Microphone
        from core.live.replay import Replay
        from core.live.session import Sources
        from core.live.webcam import Webcam

        source, heard, seen = self._bar.source, self.settings.microphone, self.settings.camera
        if source == REPLAY:
            takes, words = self._takes()
            return Sources(replay=Replay(takes, words=words))
        return Sources(
            Microphone(self._bar.microphone, heard.rate, heard.channel) if source in (BOTH, MICROPHONE) else None,
            Webcam(self._bar.camera, seen.size, seen.rate) if source in (BOTH, CAMERA) else None,
        )

    def list_devices(self) -> None:
        """In the background: asking a driver may take its time."""
        self._context.jobs.run(_devices, self._have_devices)

    def offer_learned(self) -> None:
        """Where nothing is open in Data, the clips that the networks come from; they are opened in the background."""
        asked = self._asked()
        choice = asked[0].spec.dataset if asked else None
        if self._context.dataset is None and choice is not None and choice != self._opened:
            self._opened = choice
            opened = partial(_opened, self._context.workspace, choice)
            self._context.jobs.run(opened, self._have_learned, self._have_none)

    def _have_learned(self, dataset: Dataset) -> None:
        self._learned = dataset
        self.offer_replays()

    def _have_none(self, sentence: str) -> None:
        """They are not here any more: nobody asked for them."""
        log.info("no clips to replay: %s", sentence)

    @property
    def _dataset(self) -> Dataset | None:
        return self._context.dataset or self._learned

    def offer_replays(self, chosen: str = "") -> None:
        """What can be replayed; where what was chosen is no more, the source is another."""
        dataset, before = self._dataset, self._bar.replay
        entries = [(DATASET, f"{dataset.title}: its clips")] if dataset is not None else []
        file = str(self._context.settings.value("live/file", ""))
        if file and Path(file).exists():
            entries.append((file, Path(file).name))
        self._bar.offer_replays(entries, chosen)
        if self._bar.source == REPLAY and self._bar.replay != (chosen or before):
            self.changed.emit()

    def offer_file(self, path: Path) -> None:
        """A file, or the folder of a recording, that can be replayed from now on."""
        self._context.settings.setValue("live/file", str(path))
        self.offer_replays()

    def choose_file(self, path: Path) -> None:
        """Replay it when the panel is switched on next."""
        self.offer_file(path)
        self._bar.choose_replay(str(path))

    def save(self) -> None:
        self._context.settings.setValue("live/source", self._bar.source)
        self._context.settings.setValue("live/settings", self.settings.model_dump_json())

    def _have_devices(self, found: Devices) -> None:
        self._bar.offer_devices(*found)

    def _choose_file(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self._window, "Replay a sound or a video")
        if path:
            self._context.settings.setValue("live/file", path)
        self.offer_replays(path)
        if path:
            self.changed.emit()

    def _takes(self) -> tuple[list[Take], str]:
        """Clips of the dataset in Data in an order that is always the same, or one file; and what they are."""
        from core.live.replay import Take

        dataset = self._dataset
        if self._bar.replay != DATASET:
            return [Take(Path(self._bar.replay))], ""
        if dataset is None:
            return [], ""
        clips, words = self._untrained(dataset), UNTRAINED
        if not clips:
            clips, words = list(dataset.clips), TRAINED
        order = np.random.default_rng(0).permutation(len(clips))
        return [Take(clips[k].path, dataset.classes[clips[k].label]) for k in order], words

    def _untrained(self, dataset: Dataset) -> list[Clip]:
        try:
            return untrained_clips(dataset, self._asked())
        except UserError as error:
            self._context.message.emit(str(error), "warning")
            return []

    def _open_settings(self) -> None:
        """Beside their button, until one clicks elsewhere."""
        self._form = SettingsForm(LiveSettings)
        self._form.set_value(self.settings)
        self._form.changed.connect(self._edited)
        popup = QDialog(self._window, Qt.WindowType.Popup)
        popup.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        popup.setProperty("popup", True)
        QVBoxLayout(popup).addWidget(self._form)
        button = self._bar.settings
        popup.move(button.mapToGlobal(button.rect().bottomLeft()))
        popup.show()

    def _edited(self) -> None:
        changed = self._form.value() if self._form is not None else None
        if changed is None:
            return
        reopened = (changed.microphone, changed.camera) != (self.settings.microphone, self.settings.camera)
        self.settings = changed
        self.settings_changed.emit()
        if reopened:
            self.changed.emit()


def _opened(workspace: Workspace, choice: DatasetChoice, control: Control, report: Any) -> Dataset:
    return open_chosen(choice, workspace, control)


def _devices(control: Control, report: Any) -> Devices:
    from core import sound_devices
    from core.live.webcam import cameras

    return sound_devices.inputs(), [(camera.index, camera.name) for camera in cameras()]


def _kept_settings(context: Context) -> LiveSettings:
    """As they were left; the usual ones where they cannot be read any more."""
    try:
        return LiveSettings.model_validate_json(str(context.settings.value("live/settings", "{}")))
    except ValueError:
        return LiveSettings()
