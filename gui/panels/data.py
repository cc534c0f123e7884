"""Data: choose recordings, check them, hear and see them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtGui import QDragEnterEvent, QDropEvent, QKeyEvent
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QStackedWidget, QWidget

from core.check import Check, Checked, Room, check_recordings, find_checked
from core.chosen import open_chosen
from core.datasets import DATASETS, recognise
from core.datasets.base import Dataset
from core.datasets.scan import read_headers
from core.events import Progress
from core.run_spec import DatasetChoice
from gui.context import Context
from gui.jobs import Job
from gui.panels.base import Panel
from gui.panels.data_chooser import DatasetChooser
from gui.panels.data_content import CHECK, CLIPS, DatasetContent
from gui.panels.data_download import DownloadPage
from gui.widgets.empty_state import EmptyState

WELCOME = (
    "Your recordings will be here, to hear, to see and to check: choose a dataset, drop a folder of sounds or videos, "
    "or begin with what is made on this machine: demo sounds here, demo videos on the left."
)
DEMO = "demo-sounds"


class DataPanel(Panel):
    """The dataset that is opened here is the one that Train uses."""

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self.choice: DatasetChoice | None = None
        self.checked: Checked | None = None
        self._selected = ""  # the card; may be a dataset that is not here
        self._check_next = False
        self._restored = False
        self._job: Job | None = None
        self._header_job: Job | None = None
        self._download_job: Job | None = None  # goes on while other datasets are looked at
        self.chooser = DatasetChooser(context)
        self.welcome = EmptyState(
            WELCOME,
            "Open the demo sounds",
            self._open_demo,
            "Ten synthetic classes, made in a few seconds.",
        )
        self.waiting = EmptyState("Opening …", "Cancel", self._cancel_opening, "Keep what was open.")
        self.trouble = EmptyState("", "Choose folder …", self._choose_any_folder, "Open the recordings from elsewhere.")
        self.download = DownloadPage(context)
        self.content = DatasetContent(context)
        self.pages = QStackedWidget()
        for page in (self.welcome, self.waiting, self.trouble, self.download, self.content):
            self.pages.addWidget(page)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.chooser)
        row.addWidget(self.pages, 1)
        self.setAcceptDrops(True)
        self._connect()

    def activate(self) -> None:
        """Show what Train uses; at the first time, what was open last."""
        root = self.choice.root if self.choice is not None and self.choice.name == self._selected else ""
        self.chooser.refresh(self._selected, root)
        if not self._restored:
            self._restored = True
            self._restore()
        self._follow_train()

    def present(self, on: bool) -> None:
        self.chooser.setHidden(on)
        self.content.present(on)

    def save_state(self) -> None:
        super().save_state()
        settings = self.context.settings
        if self.choice is not None:
            settings.setValue("data/choice", self.choice.model_dump_json())
        settings.setValue("data/tab", self.content.tabs.currentIndex())

    def close_panel(self) -> None:
        for job in (self._job, self._header_job, self._download_job):
            if job is not None:
                job.cancel()
        self.content.close_content()

    def select(self, name: str) -> None:
        """Open a row of DATASETS from where it was last, or offer what brings it."""
        info = DATASETS[name]
        root = self.context.folder_of(name)
        here = bool(info.folder) and self.context.workspace.dataset_root(name).is_dir()
        if root or here or info.synthetic:
            self.open(self.context.choice_of(name, root))
        elif info.downloader or info.where:
            self._cancel_jobs()
            self._keep_open()
            self._mark(name, "")
            self.download.show_dataset(name)
            self.pages.setCurrentWidget(self.download)
        else:
            self.choose_folder(name)

    def choose_folder(self, name: str = "") -> None:
        start = self.choice.root if self.choice and self.choice.root else str(Path.home())
        folder = QFileDialog.getExistingDirectory(self, "Open the folder of the recordings", start)
        if folder:
            self.open_folder(Path(folder), name)

    def open_folder(self, folder: Path, name: str = "") -> None:
        """Open a folder as what it is: by its layout a known dataset, or classes of one's own."""
        name = name or recognise(folder, self._selected)
        self.open(self.context.choice_of(name, str(folder)))

    def open(self, choice: DatasetChoice, *, check: bool = False) -> None:
        """Open a dataset in the background; `check` goes on to check it."""
        self._cancel_jobs()
        self.content.browser.clip_view.player.stop()
        self._mark(choice.name, choice.root)
        self.choice, self._check_next = choice, check
        self.waiting.sentence.setText("Opening …")
        if not check:
            self.pages.setCurrentWidget(self.waiting)
        work = partial(open_chosen, choice, self.context.workspace)
        self._job = self.context.jobs.run(work, self._opened, self._not_opened, self._making)

    def check(self) -> None:
        """Decode, judge, and look for leaks."""
        dataset = self.content.opened
        if dataset is None:
            return
        work = partial(check_recordings, self._check_of(dataset), self.context.workspace)
        self._start("Decoding the recordings", self._checked, self._not_checked, work)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802
        if _dropped_folder(event) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802
        folder = _dropped_folder(event)
        if folder is not None:
            event.acceptProposedAction()
            self.open_folder(folder)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """The window gives the panel the focus: the keys of what can be played in front act at once."""
        view, preview = self.content.browser.clip_view, self.content.augmentation
        in_view = view.isVisible() and view.eventFilter(self, event)
        if not in_view and not (preview.isVisible() and preview.act_on(event)):
            super().keyPressEvent(event)

    def _follow_train(self) -> None:
        """Where Train deals the clips out anew, other clips may leak."""
        opened, checked = self.content.opened, self.checked
        if opened is None or checked is None or self._job is not None:
            return
        if self._check_of(opened).study.dataset != checked.choice:
            self._look_up(opened)

    def _check_of(self, dataset: Dataset) -> Check:
        assert self.choice is not None
        return Check(dataset, self.choice, self.context.study)

    def _start(
        self, what: str, done: Callable[[Any], None], failed: Callable[[str], None], work: Callable[..., Any]
    ) -> None:
        """Begin a long job that shows its progress above the pages and can be cancelled."""
        if self._job is not None:
            self._job.cancel()
        self.content.progress.begin(what)
        self.content.check_button.setEnabled(False)
        self._job = self.context.jobs.run(work, done, failed, self.content.progress.report)

    def _making(self, progress: Progress) -> None:
        """Clips that are computed at first use."""
        assert self.choice is not None
        title = DATASETS[self.choice.name].title
        self.waiting.sentence.setText(f"{title} are being made: {progress.done} of {progress.total} {progress.unit}")

    def _opened(self, dataset: Dataset) -> None:
        assert self.choice is not None
        self._job, self.checked = None, None
        self.context.remember_choice(self.choice)
        self.chooser.refresh(self.choice.name, self.choice.root)
        self.content.show_dataset(dataset)
        self.pages.setCurrentWidget(self.content)
        self.context.set_dataset(self.choice, dataset)
        self._read_headers(dataset)
        if self._check_next:
            self.check()
        else:
            self._look_up(dataset)

    def _look_up(self, dataset: Dataset) -> None:
        """What was found before is still known, and costs a look at the files."""
        work = partial(find_checked, self._check_of(dataset), self.context.workspace)
        self._job = self.context.jobs.run(work, self._found, self._not_found)

    def _not_opened(self, sentence: str) -> None:
        self._job = None
        self._keep_open()
        self.trouble.sentence.setText(sentence)
        self.pages.setCurrentWidget(self.trouble)

    def _read_headers(self, dataset: Dataset) -> None:
        if self._header_job is not None:
            self._header_job.cancel()
        self._header_job = self.context.jobs.run(partial(read_headers, dataset), self.content.show_headers)

    def _checked(self, checked: Checked) -> None:
        self._end_work()
        self._take(checked)
        self.content.tabs.setCurrentIndex(CHECK)

    def _take(self, checked: Checked) -> None:
        """Leave out what cannot be used, here and in Train."""
        assert self.choice is not None
        self.checked = checked
        before = self.content.dataset
        self.content.show_checked(checked)
        if before is not None and before.clips != checked.usable.clips:
            self._read_headers(checked.usable)
        self.context.set_dataset(self.choice, checked.usable)

    def _found(self, found: Checked | Room) -> None:
        """An earlier check, in the background: the tab stays."""
        self._end_work()
        if isinstance(found, Checked):
            self._take(found)
        else:
            self.checked = None
            self.content.show_room(found)

    def _not_found(self, sentence: str) -> None:
        """Nobody has asked: pressing Check says the same."""
        self._end_work()

    def _not_checked(self, sentence: str) -> None:
        self._end_work()
        self.context.message.emit(sentence, "error")

    def _exclude_duplicates(self) -> None:
        from core.datasets.splits import duplicates_to_exclude

        if self.checked is not None and self.choice is not None:
            gone = tuple(item.clip_id for item in duplicates_to_exclude(self.checked.leaks))
            self.open(self.choice.model_copy(update={"exclude": self.choice.exclude + gone}), check=True)

    def _include_again(self) -> None:
        if self.choice is not None:
            self.open(self.choice.model_copy(update={"exclude": ()}), check=True)

    def _download(self, name: str, address: str) -> None:
        from core.datasets.download import download_dataset

        self.download.begin()
        target = self.context.workspace.dataset_root(name)
        work = partial(download_dataset, name, target, address)
        self._download_job = self.context.jobs.run(
            work, self._downloaded, self._not_downloaded, self.download.progress.report
        )

    def _downloaded(self, place: Path) -> None:
        """Open it if it is still waited for."""
        self._download_job, title = None, DATASETS[self.download.under_way].title
        self.download.end()
        name = self.download.name
        if self.pages.currentWidget() is self.download and self.context.workspace.dataset_root(name) == place:
            self.open(self.context.choice_of(name, ""))
        else:
            self.context.message.emit(f"{title} has been downloaded: choose it on the left to open it.", "info")
            self.activate()

    def _not_downloaded(self, sentence: str) -> None:
        self._download_job = None
        in_view = self.pages.currentWidget() is self.download and self.download.shows_what_is_under_way
        self.download.end(sentence if in_view else "")
        if not in_view:
            self.context.message.emit(sentence, "error")

    def _cancel_download(self) -> None:
        if self._download_job is not None:
            self._download_job.cancel()
        self._download_job = None
        self.download.end()

    def _cancel_jobs(self) -> None:
        if self._job is not None:
            self._job.cancel()
        self._end_work()

    def _cancel_opening(self) -> None:
        """Back to what is open, or to the welcome."""
        self._cancel_jobs()
        self._keep_open()
        dataset = self.content.opened
        if self.choice is None or dataset is None:
            self._mark("", "")
            self.pages.setCurrentWidget(self.welcome)
            return
        self._mark(self.choice.name, self.choice.root)
        self.pages.setCurrentWidget(self.content)
        if self.checked is None:  # looking it up was broken off
            self._look_up(dataset)

    def _keep_open(self) -> None:
        """Nothing has come of another choice: what is open stays."""
        self.choice = self.context.dataset_choice if self.content.dataset is not None else None

    def _end_work(self) -> None:
        self._job = None
        self.content.progress.end()
        self.content.check_button.setEnabled(True)

    def _mark(self, name: str, root: str) -> None:
        self._selected = name
        self.chooser.show_choice(name, root)

    def _show_clip(self, clip_id: str) -> None:
        if self.content.browser.reveal(clip_id):
            self.content.tabs.setCurrentIndex(CLIPS)

    def _to_train(self) -> None:
        self.context.want_training(self.context.dataset_choice)

    def _open_demo(self) -> None:
        self.select(DEMO)

    def _restore(self) -> None:
        settings = self.context.settings
        self.remember("data/splitter", self.content.browser.splitter)
        self.remember("data/check", self.content.check.splitter)
        self.content.tabs.setCurrentIndex(int(str(settings.value("data/tab", CLIPS))))
        text = str(settings.value("data/choice", ""))
        if text and self.choice is None:
            try:
                self.open(DatasetChoice.model_validate_json(text))
            except ValueError:  # written by another version
                settings.remove("data/choice")

    def _connect(self) -> None:
        self.chooser.chosen.connect(self.select)
        self.chooser.folder_wanted.connect(self._choose_any_folder)
        self.download.folder_wanted.connect(self._choose_offered_folder)
        self.download.download_wanted.connect(self._download)
        self.download.progress.cancelled.connect(self._cancel_download)
        self.content.check_wanted.connect(self.check)
        self.content.train_wanted.connect(self._to_train)
        self.content.progress.cancelled.connect(self._cancel_jobs)
        self.content.check.exclude_wanted.connect(self._exclude_duplicates)
        self.content.check.include_wanted.connect(self._include_again)
        self.content.check.clip_wanted.connect(self._show_clip)

    def _choose_any_folder(self) -> None:
        self.choose_folder()

    def _choose_offered_folder(self) -> None:
        """A copy of what is offered: what is missing in it is then said."""
        self.choose_folder(self.download.name)


def _dropped_folder(event: QDropEvent) -> Path | None:
    """The one folder that is dragged, if it is one."""
    places = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
    return places[0] if len(places) == 1 and places[0].is_dir() else None
