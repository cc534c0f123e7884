"""An opened dataset: what it is in a few words, and four pages to look at it."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QScrollArea, QTabWidget, QVBoxLayout, QWidget

from core.check import Checked, Room
from core.datasets.base import Clip, Dataset
from core.datasets.browse import of_other_classes
from core.datasets.scan import Headers
from core.media import is_video
from core.readable import counted, duration
from gui import theme
from gui.context import Context
from gui.panels.data_browser import ClipBrowser
from gui.panels.data_check import CheckPage
from gui.panels.data_columns import HEARD, sound_of
from gui.widgets.augmentation_preview import AugmentationPreview
from gui.widgets.class_balance import ClassBalance
from gui.widgets.elided import ElidedLabel
from gui.widgets.progress_line import ProgressLine

CLIPS, BALANCE, CHECK, AUGMENTATION = range(4)
ASK_ABOVE = 1e9  # bytes: what takes more on disk is said before it is begun


class DatasetContent(QWidget):
    """Title, facts, notes and licence above; clips, class balance, check and augmentation below."""

    check_wanted = Signal()
    train_wanted = Signal()

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.opened: Dataset | None = None  # as it came
        self.dataset: Dataset | None = None  # less what a check has left out
        self._headers: Headers | None = None
        self._unheard: frozenset[str] | None = None  # ids of clips without usable sound, once they were checked
        self._room: Room | None = None  # that a check would take
        self.title = theme.label(size=theme.TITLE)
        self.facts = theme.label(muted=True)
        self.licence = ElidedLabel()
        self.notes = theme.label(size=theme.SMALL, wrap=True)
        self.check_button = QPushButton("Check recordings")
        self.check_button.setToolTip(
            "Decode every file once and report what is unreadable, silent, clipped, odd or in two folds at once.\n"
            "The decoded clips are kept in the workspace: training needs the same and starts faster afterwards."
        )
        self.train_button = QPushButton("Use this dataset in Train")
        self.train_button.setProperty("primary", True)
        self.train_button.setToolTip("Go to Train with these clips. What the check left out stays out.")
        self.progress = ProgressLine()
        self.browser = ClipBrowser(context)
        self.balance = ClassBalance()
        self.check = CheckPage()
        self.augmentation = AugmentationPreview(context)
        self.tabs = QTabWidget(documentMode=True)
        self.tabs.tabBar().setDrawBase(False)
        self._lay_out()
        self.check_button.clicked.connect(self._want_check)
        self.train_button.clicked.connect(self.train_wanted)
        self.check.check_wanted.connect(self.check_wanted)
        self.browser.clip_changed.connect(self._clip_changed)
        self.augmentation.another_wanted.connect(self.browser.table.step)

    def show_dataset(self, dataset: Dataset) -> None:
        """Another dataset; nothing of it has been checked."""
        self._unheard = self._room = None
        self.opened = dataset
        self.show_clips(dataset)
        self.check.show_nothing()
        self.tabs.setTabText(CHECK, "Check")

    def show_clips(self, dataset: Dataset) -> None:
        """The same dataset, with other clips left out."""
        self.dataset, self._headers = dataset, None
        self.title.setText(dataset.title)
        self.licence.set_text(dataset.licence, str(dataset.root))
        self.notes.setText("\n".join(dataset.notes))
        self.notes.setVisible(bool(dataset.notes))
        self._say_facts()
        self.balance.show_dataset(dataset)
        self.browser.show_dataset(dataset)

    def show_headers(self, headers: Headers) -> None:
        self._headers = headers
        self._say_facts()
        self.browser.show_headers(headers)
        self._clip_changed(self.browser.current)

    def show_room(self, room: Room) -> None:
        """The clips were never decoded, and would take this much room."""
        self._room = room
        self.check.show_nothing(room.sentence)
        self.tabs.setTabText(CHECK, "Check")

    def show_checked(self, checked: Checked) -> None:
        """Left out from now on: what cannot be used. The tables say why."""
        assert self.opened is not None and self.dataset is not None
        opened = self.opened
        if checked.usable.clips != self.dataset.clips:
            self.show_clips(checked.usable)
        self._unheard, self._room = checked.unheard, None
        self._say_facts()
        self.browser.show_unheard(checked.unheard)
        self.check.show_checked(opened, checked)
        found = len(checked.report.problems) + len(opened.excluded) + len(checked.leaks)
        self.tabs.setTabText(CHECK, f"Check ({found})" if found else "Check")

    def present(self, on: bool) -> None:
        for widget in (self.check_button, self.train_button):
            widget.setHidden(on)
        self.browser.present(on)

    def close_content(self) -> None:
        self.browser.close_browser()
        self.augmentation.close_preview()

    def _say_facts(self) -> None:
        if self.dataset is None:
            return
        parts = [counted(len(self.dataset.classes), "class", "classes"), counted(len(self.dataset.clips), "clip")]
        groups = len({clip.group for clip in self.dataset.clips})
        if groups < len(self.dataset.clips):
            parts.append(counted(groups, "group"))
        folds, official = self.dataset.folds, self.dataset.official_folds
        if official:
            missing = len(official) - len(folds)
            parts.append(f"{len(folds)} of {len(official)} folds" if missing else counted(len(folds), "fold"))
        elif folds:
            parts.append(f"{counted(len(folds), 'fold')}, made here")
        if self._headers is not None:
            parts.append(duration(float(np.nansum(self._headers.seconds))))
            parts.append(media(self.dataset, self._headers, self._unheard))
        self.facts.setText(" · ".join(parts))

    def _want_check(self) -> None:
        """Where much disk would be taken, the page that says how much comes first."""
        if self._room is not None and self._room.needed > ASK_ABOVE and self.tabs.currentIndex() != CHECK:
            self.tabs.setCurrentIndex(CHECK)
        else:
            self.check_wanted.emit()

    def _clip_changed(self, clip: Clip | None) -> None:
        if clip is None or self.dataset is None:
            self.augmentation.set_clip(None)
            return
        clips, headers = self.dataset.clips, self._headers
        pictures = is_video(clip.path)
        sound = not pictures
        if headers is not None:  # names may lie
            place = clips.index(clip)
            pictures, sound = bool(headers.has_pictures[place]), bool(headers.has_sound[place])
        others = of_other_classes(self.dataset, clip)
        label = self.dataset.classes[clip.label]
        self.augmentation.set_clip(clip, label, others, pictures=pictures, sound=sound)

    def _lay_out(self) -> None:
        words = QVBoxLayout()
        words.setSpacing(4)
        for label in (self.title, self.facts, self.licence, self.notes):
            words.addWidget(label)
        head = QHBoxLayout()
        head.setContentsMargins(2 * theme.GRID, 2 * theme.GRID, 2 * theme.GRID, theme.GRID)
        head.setSpacing(theme.GRID)
        head.addLayout(words, 1)
        head.addWidget(self.check_button)
        head.addWidget(self.train_button)
        self.progress.setContentsMargins(2 * theme.GRID, 0, 2 * theme.GRID, theme.GRID)
        scroll = QScrollArea()
        scroll.setWidget(self.balance)
        scroll.setWidgetResizable(True)
        for page, title, tooltip in (
            (self.browser, "Clips", "Every clip, to hear and to see."),
            (scroll, "Class balance", "Clips per class and fold."),
            (self.check, "Check", "What is wrong or odd with the recordings."),
            (self.augmentation, "Augmentation", "What training may do to the clip that is chosen under Clips."),
        ):
            self.tabs.setTabToolTip(self.tabs.addTab(page, title), tooltip)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(self.progress)
        column.addWidget(self.tabs, 1)


def media(dataset: Dataset, headers: Headers, unheard: frozenset[str] | None) -> str:
    """What the clips are: `sound`, `video without sound`, `video, 57 of 70 with sound`.

    Args:
        unheard: clips without usable sound, once a check has listened to them.
    """
    videos = int(headers.has_pictures.sum())
    heard = sound_of(dataset, headers, unheard or frozenset()) == HEARD
    if not videos:
        return "sound"
    if (heard & ~headers.has_pictures).any():
        return "sounds and videos"
    with_sound = int(heard.sum())
    if with_sound in (0, videos):
        return "video with sound" if with_sound else "video without sound"
    return f"video, {with_sound} of {videos} with {'sound' if unheard is None else 'usable sound'}"
