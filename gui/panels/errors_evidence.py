"""Why: what each network listened to and looked at, side by side, and what it says when a part is hidden."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QHideEvent, QKeyEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QStackedLayout, QVBoxLayout, QWidget

from core.analysis.evidence import Box, Method
from core.analysis.questions import Explained, Questions
from core.audio.pictures import MODEL_LEVELS
from core.control import Control
from core.run_spec import RunSpec
from core.runs import RunFolder
from gui import theme
from gui.clip_source import ClipSource
from gui.context import Context
from gui.jobs import Job
from gui.panels.errors_parts import ClipPage
from gui.widgets.clip_view import ClipView
from gui.widgets.controls import named_combo, tool_button
from gui.widgets.elided import ElidedLabel
from gui.widgets.evidence import EvidencePicture, Share
from gui.widgets.progress_line import ProgressLine

MOST = 4  # networks side by side
WORDS = {"audio": "sound", "video": "sight"}
HINT = "Drag a box over a picture: that part is hidden, and the probabilities change. A click shows it again."


@dataclass
class _Column:
    """One network: its name, a picture for each class, and its probabilities below."""

    run: int  # place in the runs of the study
    name: str
    pictures: tuple[EvidencePicture, EvidencePicture]
    figures: tuple[ElidedLabel, ElidedLabel]
    explained: Explained | None = None
    now: NDArray[np.float32] | None = None  # with a part hidden
    frames: NDArray[np.uint8] = field(default_factory=lambda: np.zeros((0, 1, 1, 3), np.uint8))
    seconds: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))


class Evidence(ClipPage):
    """Class activation maps of the predicted and of the true class for every network that tested the clip."""

    title = "Why"
    help = "What the networks listened to and looked at, and what they say when a part of it is hidden."

    def __init__(self, context: Context, source: ClipSource, clip_view: ClipView) -> None:
        super().__init__(context, source, clip_view)
        self.questions = Questions(context.workspace)
        self._columns: list[_Column] = []
        self._labels: tuple[int, int] = (0, 0)
        self._shown: tuple[object, ...] = ()
        self._box: Box | None = None
        self._jobs: list[Job] = []
        self._asking: Job | None = None
        self._asked_box: Box | None = None
        self.method = named_combo("Map", "", 112)
        for method, tip in (
            (Method.LAYER_CAM, "LayerCAM: gradient and activation of each place by itself. Fine in place and time."),
            (Method.GRAD_CAM, "Grad-CAM: each channel weighed by its mean gradient. Coarser; the best known."),
        ):
            self.method.addItem(method.value, method)
            self.method.setItemData(self.method.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)
        self.method.setToolTip("How activations and gradients become a map. It changes the picture, not the answer.")
        self.wing = named_combo("Of", "What of the clip is shown: what is heard, or what is seen.", 72)
        self.heard = named_combo("Hear what was used by", "Whose map the sound is filtered by.", 144)
        self.play = tool_button(
            "mdi6.ear-hearing",
            "Listen to what it used",
            "The sound, 40 dB softer wherever the map of the predicted class is dark.",
        )
        self.play.setCheckable(True)
        self.again = tool_button("mdi6.eye-outline", "Show all", "Nothing is hidden any more  (Esc)")
        self.progress = ProgressLine()
        self.hint = ElidedLabel()
        self._grid = QGridLayout()
        self._sentence = theme.label(muted=True, wrap=True)
        self._lay_out()
        self.method.setCurrentText(str(context.settings.value("errors/map", Method.LAYER_CAM.value)))
        self.method.currentIndexChanged.connect(self.ask_again)
        self.wing.currentIndexChanged.connect(self._draw)
        self.play.toggled.connect(self._listen)
        self.heard.currentIndexChanged.connect(self._listen_again)
        self.again.clicked.connect(self.show_whole)
        self.progress.cancelled.connect(self._cancelled)
        clip_view.player.position.connect(self._move_cursor)
        clip_view.shown.connect(self._take_film)
        clip_view.take_keys(self)

    # what is asked ----------------------------------------------------------------------------------------------

    def refresh(self) -> None:
        self._cancel()
        self.play.setChecked(False)
        data, record = self.data, self.record
        if data is None or record < 0 or self.source.dataset is None:
            self._say(self.source.trouble or "Choose a clip to see what the networks went by.")
            return
        records = data.records
        predicted, true = int(records.predicted[record]), int(records.true[record])
        if predicted == true:  # what came closest to being mistaken for it
            probabilities = data.predictions[records.run[record]].probabilities[records.row[record]]
            predicted = int(np.argsort(-probabilities, kind="stable")[1]) if len(records.classes) > 1 else true
        self._labels = (predicted, true)
        self._box = self._asked_box = None
        self._make_columns(self._runs(record))
        clip = str(records.clip_ids[records.clip[record]])
        self._pages.setCurrentIndex(1)
        self.progress.begin("Asking the networks …")
        for place, column in enumerate(self._columns):
            spec = data.specs[column.run]
            folder = RunFolder(self.context.workspace.runs / data.folders[column.run])
            ask = partial(_explain, place, self.questions, folder, spec, clip, self._labels, self.method.currentData())
            self._jobs.append(self.context.jobs.run(ask, self._explained, self._failed, self.progress.report))

    def _runs(self, record: int) -> list[int]:
        """The run of the record, and of each other network the one that tested the clip, with its seed if there is."""
        data = self.data
        assert data is not None
        records = data.records
        same_clip = np.flatnonzero(records.clip == records.clip[record])
        own, found = int(records.run[record]), []
        for network in data.networks:
            theirs = [int(records.run[i]) for i in same_clip if records.runs[records.run[i]].network == network.label]
            same_seed = [run for run in theirs if records.runs[run].seed == records.runs[own].seed]
            found += [own] if own in theirs else (same_seed or theirs)[:1]
        if len(found) <= MOST:
            return found
        kept = sorted(found, key=lambda run: (run != own, found.index(run)))[:MOST]
        return [run for run in found if run in kept]

    def _explained(self, answer: tuple[int, Explained]) -> None:
        place, explained = answer
        column = self._columns[place]
        column.explained, column.now = explained, None
        if all(column.explained is not None for column in self._columns):
            self.progress.end()
        self._offer()
        self._draw()

    def _failed(self, sentence: str) -> None:
        self._cancel()
        self._say(sentence)

    def _cancelled(self) -> None:
        self._cancel()
        self._say("Cancelled. Choose the clip again to ask again.")

    def _cancel(self) -> None:
        for job in (*self._jobs, *([self._asking] if self._asking is not None else [])):
            job.cancel()
        self._jobs, self._asking = [], None
        self.progress.end()

    # hiding a part ----------------------------------------------------------------------------------------------

    def _boxed(self, share: Share) -> None:
        left, top, right, bottom = share
        wing = self.wing.currentData()
        low, high = (1 - bottom, 1 - top) if wing == "audio" else (top, bottom)
        self._hide(Box(wing, left, right, low, high))

    def show_whole(self) -> None:
        """Hide nothing any more."""
        self._hide(None)

    def _hide(self, box: Box | None) -> None:
        self._box = box
        self.again.setEnabled(box is not None)
        for column in self._columns:
            for picture in column.pictures:
                picture.set_boxes(() if box is None else (_share(box),))
        self._ask_without()

    def _ask_without(self) -> None:
        """One question at a time, about the box as it is by then."""
        if self._asking is not None or self._box == self._asked_box:
            return
        asked = [(place, column.run, column.explained) for place, column in enumerate(self._columns)]
        told = [(place, run, explained) for place, run, explained in asked if explained is not None]
        if self.data is None or not told:
            return
        self._asked_box = self._box
        runs = self.context.workspace.runs
        folders = [(place, RunFolder(runs / self.data.folders[run]), explained) for place, run, explained in told]
        ask = partial(_ask_without, self.questions, folders, self._box)
        self._asking = self.context.jobs.run(ask, self._answered, self._failed)

    def _answered(self, answers: Sequence[tuple[int, NDArray[np.float32]]]) -> None:
        self._asking = None
        for place, probabilities in answers:
            self._columns[place].now = probabilities if self._asked_box is not None else None
        self._write_figures()
        self._ask_without()

    # what is heard ----------------------------------------------------------------------------------------------

    def _listen(self, on: bool) -> None:
        media = self.clip_view.media
        column = next((c for c in self._columns if c.run == self.heard.currentData()), None)
        if media is None or not media.has_sound:
            return
        if not on:
            self.clip_view.play_all()
        elif column is not None and column.explained is not None and self.data is not None:
            marked = column.explained.evidence[0].maps.get("audio")
            if marked is not None:
                spec = self.data.specs[column.run]
                job = partial(_filter, media.samples, media.rate, marked, spec)
                self._jobs.append(self.context.jobs.run(job, self._heard, self._failed))

    def _listen_again(self) -> None:
        if self.play.isChecked():
            self._listen(True)

    def _heard(self, samples: NDArray[np.float32]) -> None:
        if self.play.isChecked():
            self.clip_view.play_instead(samples)
            self.clip_view.player.play()

    # showing ----------------------------------------------------------------------------------------------------

    def _offer(self) -> None:
        """Sound or sight, and whose sound can be heard, as far as the networks are given it."""
        assert self.data is not None
        wings = [w for w in WORDS if any(w in self.data.specs[c.run].modality.wings for c in self._columns)]
        if [self.wing.itemData(place) for place in range(self.wing.count())] != wings:
            self.wing.blockSignals(True)
            self.wing.clear()
            for wing in wings:
                self.wing.addItem(WORDS[wing], wing)
            self.wing.blockSignals(False)
        self.wing.setVisible(len(wings) > 1)
        self._of.setVisible(len(wings) > 1)
        hearing = [c for c in self._columns if "audio" in self.data.specs[c.run].modality.wings]
        if [self.heard.itemData(place) for place in range(self.heard.count())] != [c.run for c in hearing]:
            self.heard.blockSignals(True)
            self.heard.clear()
            for column in hearing:
                self.heard.addItem(column.name, column.run)
            own = self.heard.findData(int(self.data.records.run[self.record]))
            self.heard.setCurrentIndex(max(0, own))
            self.heard.blockSignals(False)
        self.heard.setVisible(bool(hearing))
        self.play.setVisible(bool(hearing))

    def _draw(self) -> None:
        wing = self.wing.currentData()
        for column in self._columns:
            explained = column.explained
            if explained is None:
                continue
            maps = [evidence.maps.get(wing) for evidence in explained.evidence]
            highest = max((float(of.max()) for of in maps if of is not None), default=0.0) or 1.0
            for picture, marked in zip(column.pictures, maps, strict=True):
                if marked is None:
                    picture.clear()
                elif wing == "audio" and explained.decibels is not None:
                    picture.show_spectrogram(explained.decibels, MODEL_LEVELS)
                    picture.show_map(marked[::-1] / highest)
        self._draw_frames()
        self._write_figures()

    def _draw_frames(self) -> None:
        """Of what is seen, the frame that the clip is at, with its part of the map."""
        if self.wing.currentData() != "video":
            return
        for column in self._columns:
            explained = column.explained
            if explained is None or not len(column.frames):
                continue
            now = int(np.argmin(np.abs(column.seconds - self.clip_view.player.seconds)))
            maps = [evidence.maps.get("video") for evidence in explained.evidence]
            highest = max((float(of.max()) for of in maps if of is not None), default=0.0) or 1.0
            for picture, marked in zip(column.pictures, maps, strict=True):
                if marked is not None and now < len(marked):
                    picture.show_picture(column.frames[now])
                    picture.show_map(marked[now] / highest)

    def _take_film(self) -> None:
        """The frames that each network is given, when the clip has been decoded."""
        media = self.clip_view.media
        if media is None or media.film is None or self.data is None:
            return
        for column in self._columns:
            spec = self.data.specs[column.run]
            if "video" in spec.modality.wings:
                from core.video.pictures import model_frames

                column.frames, column.seconds = model_frames(media.film, spec.recipe.video)
        self._draw_frames()

    def _write_figures(self) -> None:
        if self.data is None:
            return
        for column in self._columns:
            if column.explained is None:
                continue
            for label, figure in zip(self._labels, column.figures, strict=True):
                before = f"{100 * float(column.explained.probabilities[label]):.0f} %"
                now = "" if column.now is None else f" → {100 * float(column.now[label]):.0f} %"
                figure.set_text(f"{self.data.records.classes[label]}  {before}{now}")

    def _move_cursor(self, seconds: float) -> None:
        if not self.isVisible():
            return
        self._draw_frames()
        if self.wing.currentData() != "audio" or self.data is None:
            return
        media = self.clip_view.media
        for column in self._columns:
            settings = self.data.specs[column.run].recipe.audio
            length = len(media.samples) / media.rate if media is not None else settings.seconds
            start = max(0.0, (length - settings.seconds) / 2)
            for picture in column.pictures:
                picture.set_cursor((seconds - start) / settings.seconds)

    def _say(self, sentence: str) -> None:
        self._sentence.setText(sentence)
        self._pages.setCurrentIndex(0)

    # what the window calls --------------------------------------------------------------------------------------

    def save_state(self) -> None:
        self.context.settings.setValue("errors/map", self.method.currentText())

    def present(self, on: bool) -> None:
        self._bar.setHidden(on)

    def close_part(self) -> None:
        self._cancel()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802 - Qt's name
        super().hideEvent(event)
        self.play.setChecked(False)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if event.key() == Qt.Key.Key_Escape and self._box is not None:
            self.show_whole()
        else:
            super().keyPressEvent(event)

    # layout -----------------------------------------------------------------------------------------------------

    def _make_columns(self, runs: list[int]) -> None:
        assert self.data is not None
        if [column.run for column in self._columns] == runs:
            for column in self._columns:
                column.explained = column.now = None
                for picture in column.pictures:
                    picture.clear()
                for figure in column.figures:
                    figure.set_text("")
            return
        while (item := self._grid.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        self._columns = []
        for place, run in enumerate(runs):
            network = next(n for n in self.data.networks if n.label == self.data.records.runs[run].network)
            head = ElidedLabel()
            head.set_text(network.name)
            column = _Column(run, network.name, (EvidencePicture(), EvidencePicture()), (ElidedLabel(), ElidedLabel()))
            self._columns.append(column)
            self._grid.addWidget(head, 0, place)
            for row, (picture, figure) in enumerate(zip(column.pictures, column.figures, strict=True)):
                self._grid.addWidget(figure, 1 + 2 * row, place)
                self._grid.addWidget(picture, 2 + 2 * row, place)
                picture.boxed.connect(self._boxed)
                picture.cleared.connect(self.show_whole)
            self._grid.setColumnStretch(place, 1)
        for place in range(len(runs), MOST):
            self._grid.setColumnStretch(place, 0)

    def _lay_out(self) -> None:
        self._bar = QWidget()
        bar = QHBoxLayout(self._bar)
        bar.setContentsMargins(0, 0, 0, 0)
        bar.setSpacing(theme.GRID)
        self._of = theme.label("Of", muted=True)
        for widget in (theme.label("Map", muted=True), self.method, self._of, self.wing, self.play, self.heard):
            bar.addWidget(widget)
        bar.addStretch(1)
        bar.addWidget(self.again)
        self.again.setEnabled(False)
        self.hint.set_text(HINT)
        self._grid.setSpacing(theme.GRID // 2)
        self._grid.setHorizontalSpacing(theme.GRID)
        for row, stretch in enumerate((0, 0, 1, 0, 1)):
            self._grid.setRowStretch(row, stretch)
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(theme.GRID, theme.GRID, theme.GRID, theme.GRID)
        column.setSpacing(theme.GRID // 2)
        column.addWidget(self._bar)
        column.addLayout(self._grid, 1)
        column.addWidget(self.progress)
        column.addWidget(self.hint)
        empty = QWidget()
        middle = QVBoxLayout(empty)
        self._sentence.setAlignment(Qt.AlignmentFlag.AlignCenter)
        middle.addWidget(self._sentence)
        self._pages = QStackedLayout(self)
        self._pages.addWidget(empty)
        self._pages.addWidget(page)


def _explain(
    place: int,
    questions: Questions,
    folder: RunFolder,
    spec: RunSpec,
    clip: str,
    labels: tuple[int, int],
    method: Method,
    control: Control,
    report: object,
) -> tuple[int, Explained]:
    return place, questions.explain(folder, spec.dataset, clip, labels, method, control, report)  # type: ignore[arg-type]


def _ask_without(
    questions: Questions,
    folders: Sequence[tuple[int, RunFolder, Explained]],
    box: Box | None,
    control: Control,
    report: object,
) -> list[tuple[int, NDArray[np.float32]]]:
    hidden = [] if box is None else [box]
    return [
        (place, questions.ask_without(folder, explained.seen, hidden, control)) for place, folder, explained in folders
    ]


def _filter(
    samples: NDArray[np.float32],
    rate: int,
    marked: NDArray[np.float32],
    spec: RunSpec,
    control: Control,
    report: object,
) -> NDArray[np.float32]:
    from core.audio.heard import filtered

    return filtered(samples, rate, marked, spec.recipe.audio)


def _share(box: Box) -> Share:
    if box.wing == "audio":
        return box.left, 1 - box.high, box.right, 1 - box.low
    return box.left, box.low, box.right, box.high
