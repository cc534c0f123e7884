"""What a guessing game is to be about: study, networks, how many clips, and what is given of them."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from functools import partial
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from core.analysis.study_records import StudyRecords, read_study_records
from core.control import Control
from core.datasets.base import Modality
from core.errors import UserError
from core.game import common_clips
from core.game_results import delete_games, read_games, results_file
from core.readable import counted
from core.runs import list_studies
from core.workspace import Workspace
from gui import theme
from gui.clip_source import ClipSource
from gui.context import Context
from gui.jobs import Job
from gui.panels.live_game_board import GameChoice
from gui.panels.live_game_end import kept_words
from gui.widgets.controls import confirmed, named_combo
from gui.widgets.findings import GIVEN
from gui.widgets.marks import mark_icon

ABOUT = (
    "You are given clips that no network was trained on, and choose what each of them is. Then you see what the "
    "networks said: everybody is scored on the same clips."
)
NO_STUDY = "No study has finished a run yet: train networks first."
NO_NETWORK = "Choose at least one network to play against."
NONE_TESTED = "No clip was tested by all of these networks: leave one out, or train more folds."
ROUNDS, MOST = 10, 500
MOST_ROWS = 9  # of networks, without scrolling
WIDTH = 76 * theme.GRID


class GameStart(QWidget):
    """Reads the study that is chosen and opens its clips in the background."""

    started = Signal(object)  # GameChoice
    leave_wanted = Signal()

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.context = context
        self.data: StudyRecords | None = None
        self.source = ClipSource(context, self)
        self.study = named_combo("Study", "The study whose networks you play against, on its own test clips.", 240)
        self.networks = QListWidget()
        self.networks.setToolTip("Who plays against you. Only clips that all of them have tested are drawn.")
        self.networks.setAccessibleName("Networks")
        self.rounds = QSpinBox()
        self.rounds.setRange(1, MOST)
        self.rounds.setValue(int(str(context.settings.value("live/game_rounds", ROUNDS))))
        self.rounds.setSuffix(" clips")
        self.rounds.setToolTip("How many clips a game has. More take longer, and make the intervals narrower.")
        self.given: QComboBox = named_combo(
            "You are given", "What you hear and see of each clip. The networks were given what stands beside them.", 240
        )
        self.facts = theme.label(muted=True, wrap=True)
        self.start = QPushButton("Start")
        self.start.setProperty("primary", True)
        self.start.setToolTip("The first clip is played at once  (Enter)")
        self.leave = QPushButton("Back")
        self.leave.setToolTip("Back to microphone and camera  (Esc)")
        self.note = theme.label(muted=True, wrap=True)
        self.delete = QPushButton("Delete all games …")
        self.delete.setToolTip("Deletes the results of all games for good: Compare no longer shows how people did.")
        self._job: Job | None = None
        self._trouble = ""
        self._lay_out()
        self.study.activated.connect(self._read)
        self.networks.itemChanged.connect(self._refresh)
        self.source.changed.connect(self._opened)
        self.start.clicked.connect(self.go)
        self.leave.clicked.connect(self.leave_wanted)
        self.delete.clicked.connect(self._ask_deletion)

    def refresh(self) -> None:
        """The studies there are now; the one that was chosen stays."""
        wanted = self.study.currentText() or str(self.context.settings.value("live/game_study", ""))
        self.study.clear()
        self.study.addItems(list_studies(self.context.workspace, finished=True))
        self.study.setCurrentIndex(max(0, self.study.findText(wanted)))
        self._count_games()
        self._read()

    def go(self) -> None:
        """Start, where everything is there."""
        labels, dataset = self.chosen_networks(), self.source.dataset
        if self.data is None or dataset is None or not self.start.isEnabled():
            return
        settings, given = self.context.settings, Modality(self.given.currentData())
        settings.setValue("live/game_rounds", self.rounds.value())
        settings.setValue("live/game_study", self.study.currentText())
        settings.setValue("live/game_given", given.value)
        self.started.emit(GameChoice(self.data, dataset, labels, self.rounds.value(), given))

    def stop(self) -> None:
        if self._job is not None:
            self._job.cancel()
        self._job = None

    def chosen_networks(self) -> tuple[str, ...]:
        """Labels of those that are ticked."""
        items = [self.networks.item(row) for row in range(self.networks.count())]
        ticked = [item for item in items if item.checkState() == Qt.CheckState.Checked]
        return tuple(str(item.data(Qt.ItemDataRole.UserRole)) for item in ticked)

    # reading ----------------------------------------------------------------------------------------------------

    def _read(self) -> None:
        self.stop()
        self.data, self._trouble = None, "" if self.study.count() else NO_STUDY
        if self.study.count():
            read = partial(_read_records, self.context.workspace, self.study.currentText())
            self._job = self.context.jobs.run(read, self._arrived, self._failed)
        self._refresh()

    def _arrived(self, data: StudyRecords | None) -> None:
        self._job, self.data = None, data
        if data is None:  # deleted meanwhile
            self._trouble = "This study has no finished run any more: choose another one."
        else:
            self._offer_networks(data)
            self.source.open(data.specs[0].dataset)
            self._offer_given()
        self._refresh()

    def _failed(self, sentence: str) -> None:
        self._job, self._trouble = None, sentence
        self._refresh()

    def _opened(self) -> None:
        self._offer_given()
        self._refresh()

    def _offer_networks(self, data: StudyRecords) -> None:
        self.networks.blockSignals(True)
        self.networks.clear()
        for network in data.networks:
            colour = theme.architecture_colour(network.architecture)
            item = QListWidgetItem(mark_icon(network.modality, colour), network.name)
            item.setData(Qt.ItemDataRole.UserRole, network.label)
            item.setCheckState(Qt.CheckState.Checked)
            self.networks.addItem(item)
        self.networks.blockSignals(False)
        rows = min(len(data.networks), MOST_ROWS)
        self.networks.setFixedHeight(rows * self.networks.sizeHintForRow(0) + theme.GRID)

    def _offer_given(self) -> None:
        """What the clips have; the most of it at first."""
        if self.source.dataset is None:
            return
        wanted = self.given.currentData() or str(self.context.settings.value("live/game_given", ""))
        self.given.clear()
        for modality in Modality:
            if modality in self.source.dataset.modalities:
                self.given.addItem(GIVEN[modality], modality.value)
        place = self.given.findData(wanted)
        self.given.setCurrentIndex(place if place >= 0 else self.given.count() - 1)

    # showing ----------------------------------------------------------------------------------------------------

    def _refresh(self) -> None:
        sentence, ready = self._state()
        self.facts.setText(sentence)
        self.start.setEnabled(ready)

    def _state(self) -> tuple[str, bool]:
        """What there is to play with in one sentence, and whether a game can start."""
        if self._trouble or self.source.trouble:
            return self._trouble or self.source.trouble, False
        dataset = self.source.dataset
        if self.data is None or dataset is None:
            return "Reading the predictions and opening the clips …", False
        labels = self.chosen_networks()
        if not labels:
            return NO_NETWORK, False
        by_class = common_clips(self.data, labels, {clip.id for clip in dataset.clips})
        if not by_class:
            return NONE_TESTED, False
        clips = sum(map(len, by_class.values()))
        return (
            f"{dataset.title}: {counted(clips, 'clip')} of {counted(len(by_class), 'class', 'classes')} to draw from.",
            True,
        )

    def _count_games(self) -> None:
        try:
            games, problems = read_games(self.context.workspace)
        except UserError as error:
            games, problems = (), (str(error),)
        for problem in problems:
            self.context.message.emit(problem, "warning")
        self.note.setText(kept_words(len(games)))
        self.note.setToolTip(f"They lie in {results_file(self.context.workspace)}.")
        self.delete.setVisible(results_file(self.context.workspace).exists())

    def _ask_deletion(self) -> None:
        if not confirmed(self, "Delete the results of all games for good?"):
            return
        try:
            delete_games(self.context.workspace)
        except UserError as error:
            self.context.message.emit(str(error), "error")
        self._count_games()
        self.context.runs_changed.emit()  # Compare shows how people did

    # layout -----------------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.setHorizontalSpacing(2 * theme.GRID)
        form.setVerticalSpacing(theme.GRID)
        for word, field in (
            ("Study", self.study),
            ("Against", self.networks),
            ("Clips", self.rounds),
            ("You are given", self.given),
        ):
            form.addRow(theme.label(word, muted=True), field)
        actions, kept = QHBoxLayout(), QHBoxLayout()
        actions.addWidget(self.start)
        actions.addWidget(self.leave)
        actions.addStretch(1)
        kept.addWidget(self.note, 1)
        kept.addWidget(self.delete)
        inner = QWidget()
        inner.setFixedWidth(WIDTH)
        column = QVBoxLayout(inner)
        column.setSpacing(2 * theme.GRID)
        column.addStretch(1)
        column.addWidget(theme.label("Guess against the networks", theme.TITLE))
        column.addWidget(theme.label(ABOUT, wrap=True))
        column.addLayout(form)
        column.addWidget(self.facts)
        column.addLayout(actions)
        column.addLayout(kept)
        column.addStretch(2)
        whole = QHBoxLayout(self)
        whole.addStretch(1)
        whole.addWidget(inner)
        whole.addStretch(1)


def _read_records(
    workspace: Workspace, study: str, control: Control, report: Callable[[Any], None]
) -> StudyRecords | None:
    importlib.import_module("scipy.stats")  # which the intervals at the end need, and which takes a moment
    return read_study_records(workspace, study, control, report)
