"""Why: what each network listened to and looked at, side by side, and what it says when a part is hidden."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QSignalBlocker, Qt
from PySide6.QtGui import QHideEvent, QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from core.analysis.evidence import Box, Method
from core.analysis.questions import Explained, Questions
from core.analysis.study_records import NetworkName, StudyRecords
from core.control import Control
from core.errors import UserError
from core.events import Progress
from core.recipe import FrontEnds
from core.run_spec import RunSpec
from core.runs import RunFolder
from core.video.pictures import model_frames
from core.wings import WINGS
from gui import theme
from gui.clip_source import ClipSource
from gui.context import Context
from gui.jobs import Job
from gui.panels.errors_parts import MAP, ClipPage, map_method
from gui.widgets.clip_view import ClipView
from gui.widgets.controls import fill_combo, icon_button, named_combo, tool_button
from gui.widgets.elided import ElidedLabel
from gui.widgets.evidence import Share
from gui.widgets.evidence_column import EvidenceColumn

MOST = 4  # networks side by side
METHODS = (
    (
        Method.LAYER_CAM,
        "gradient and activation of each place by itself. Fine in place and time, but it keeps to what "
        "is loud or rich in contrast: with random weights it still looks much alike.",
    ),
    (Method.GRAD_CAM, "each channel weighed by its mean gradient. Coarser; with random weights it is another map."),
)
HINT = "Yellow spoke for the class. Drag a box to hide a part: the percentages follow. A click shows all."
ONE_VIEW = "Of the first of {} views of the film; the bars above are the mean of all."
NOTHING_OPEN = "Choose a clip to see what the networks went by."


class Why(ClipPage):
    """Class activation maps of the predicted and of the true class for every network that tested the clip."""

    title = "Why"
    help = "What the networks listened to and looked at, and what they say when a part of it is hidden."

    def __init__(self, context: Context, source: ClipSource, clip_view: ClipView) -> None:
        super().__init__(context, source, clip_view)
        self.questions = Questions(context.workspace)
        self.columns: dict[int, EvidenceColumn] = {}  # by place in the runs of the study
        self._made_for: list[tuple[NetworkName, FrontEnds]] = []
        self._row = QHBoxLayout()
        self._imported = False
        self._moved = False  # since the clip was opened: until then each network shows what counted most for it
        self._box: Box | None = None
        self._share: Share | None = None  # the same as it is drawn
        self._asking: Job | None = None
        self._filtering: Job | None = None
        self._asked: tuple[Box | None, frozenset[int]] = (None, frozenset())  # of which runs
        self._of_clip: tuple[StudyRecords | None, int] = (None, -1)  # of whose record this is
        self.method = named_combo("Map", "How activations and gradients become a map; the answers stay.", 112)
        fill_combo(self.method, ((method.value, method, f"{method}: {tip}") for method, tip in METHODS))
        self.wing = named_combo("Of", "What of the clip is shown: what is heard, or what is seen.", 72)
        self.listen = tool_button(
            "mdi6.ear-hearing",
            "Listen to what it used",
            "The sound, softer by up to 40 dB where the upper map of this network is dark. Press again for all of it.",
        )
        self.listen.setCheckable(True)
        self.listener = named_combo("Network", "Whose map the sound is filtered by.", 156)
        self.whole = icon_button("mdi6.eye-outline", "Show all", "Nothing is hidden any more  (Esc)")
        self.basis = ElidedLabel()
        self.hint = ElidedLabel()
        self._lay_out()
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)  # after a box was dragged, Esc is its own and not the panel's
        self.method.setCurrentIndex(self.method.findData(map_method(context.settings)))
        self.method.currentIndexChanged.connect(self._method_chosen)
        self.wing.currentIndexChanged.connect(self._turn)
        self.listen.toggled.connect(self._listen)
        self.listener.currentIndexChanged.connect(self._listen_again)
        self.whole.clicked.connect(self.show_whole)
        clip_view.player.sought.connect(self._sought)
        clip_view.player.position.connect(self._move)
        clip_view.shown.connect(self._take_film)
        clip_view.take_keys(self)

    # what is asked ----------------------------------------------------------------------------------------------

    def show_record(self, data: StudyRecords | None, record: int) -> None:
        if data is not None and not self._imported:  # whether or not the page is in view: it will be
            self._imported = True
            self.context.jobs.run(import_maps, self._nothing_more)
        super().show_record(data, record)

    def _nothing_more(self, _: object) -> None:
        """There is nothing to be done once a library has been imported."""

    def refresh(self) -> None:
        self.cancel()
        self.listen.setChecked(False)
        self.listen.setEnabled(False)
        self._asked = None, frozenset()
        data, record = self.data, self.record
        # The same clip is asked about again for another map of it, with the same part hidden.
        if not (self._of_clip[0] is data and self._of_clip[1] == record):
            self._of_clip, self._box, self._share, self._moved = (data, record), None, None, False
        self.whole.setEnabled(self._box is not None)
        if data is None or record < 0:
            self.say(NOTHING_OPEN)
            return
        if self.source.dataset is None:
            self.say(self.source.trouble or "Opening the dataset …")
            return
        opinions = {int(data.records.run[i]): i for i in self._opinions()}
        self._make_columns(list(opinions))
        clip = str(data.records.clip_ids[data.records.clip[record]])
        asked = []
        for run, column in self.columns.items():
            labels = self._labels(opinions[run])
            column.ask_about(labels, int(data.records.true[record]), data.records.classes)
            column.set_box(self._share)
            asked.append((run, data.folder_of(self.context.workspace, run), data.specs[run], labels))
        asked.sort(key=lambda of: of[0] != self._own)
        self._offer()
        self._listen_to_its_own()
        self.ask(partial(_explain, self.questions, asked, clip, self.method.currentData()), self._all_explained)

    def _method_chosen(self) -> None:
        self.context.settings.setValue(MAP, str(self.method.currentData()))  # pictures that are exported follow it
        self.ask_again()

    def _labels(self, record: int) -> tuple[int, int]:
        """Of which classes a network's maps are shown: what it said, and the true one. Of one that was right, what the
        record that is open says in its place, or else what came next."""
        assert self.data is not None
        records = self.data.records
        true = int(records.true[record])
        for other in (record, self.record):
            if int(records.predicted[other]) != true:
                return int(records.predicted[other]), true
        probabilities = self.data.predictions[records.run[record]].probabilities[records.row[record]].copy()
        probabilities[true] = -1
        return (int(probabilities.argmax()) if len(probabilities) > 1 else true), true

    def _opinions(self) -> list[int]:
        """One record of the clip for each network, at most MOST: the one that is open, and the first of the others."""
        assert self.data is not None
        each = self.data.beside(self.record)
        kept = sorted(each, key=lambda i: i != self.record)[:MOST]
        return [record for record in each if record in kept]

    def _listen_to_its_own(self) -> None:
        """Of a record that was just opened, its own network, if that is given the sound."""
        with QSignalBlocker(self.listener):
            self.listener.setCurrentIndex(max(0, self.listener.findData(self._own)))

    def reported(self, progress: Progress | tuple[int, Explained | str]) -> None:
        """Of the work, how far it is; of a network, what was found or why nothing was."""
        if isinstance(progress, Progress):
            super().reported(progress)
            return
        run, explained = progress
        if isinstance(explained, str):
            self.columns[run].say(explained)
            return
        self.columns[run].show_explained(explained, self.wing.currentData())
        self._take_film()
        self._allow_listening()
        self._ask_without()

    def _all_explained(self, _: object) -> None:
        self.progress.end()

    def cancel(self) -> None:
        for job in (self._asking, self._filtering):
            if job is not None:
                job.cancel()
        self._asking = self._filtering = None
        super().cancel()

    # hiding a part ----------------------------------------------------------------------------------------------

    def _boxed(self, share: Share) -> None:
        left, top, right, bottom = share
        wing = self.wing.currentData()
        low, high = (1 - bottom, 1 - top) if wing == "audio" else (top, bottom)
        self._hide(Box(wing, left, right, low, high), share)

    def show_whole(self) -> None:
        """Hide nothing any more."""
        self._hide(None, None)

    def _hide(self, box: Box | None, share: Share | None) -> None:
        self._box, self._share = box, share
        self.whole.setEnabled(box is not None)
        for column in self.columns.values():
            column.set_box(share)
        self._ask_without()

    def _ask_without(self) -> None:
        """One question at a time, about the box as it is by then, to the networks that have been explained."""
        told = frozenset(run for run, column in self.columns.items() if column.explained is not None)
        if self._asking is not None or self.data is None or (self._box, told) == self._asked:
            return
        if self._box is None:
            self._asked = None, told
            for column in self.columns.values():
                column.show_without(None)
            return
        before, self._asked = self._asked, (self._box, told)
        folders = [
            (run, self.data.folder_of(self.context.workspace, run), column.explained)
            for run, column in self.columns.items()
            if column.explained is not None and not (before[0] == self._box and run in before[1])
        ]
        ask = partial(_ask_without, self.questions, folders, self._box)
        self._asking = self.context.jobs.run(ask, self._answered, self._not_answered)

    def _answered(self, answers: Sequence[tuple[int, NDArray[np.float32]]]) -> None:
        self._asking = None
        for run, probabilities in answers:
            self.columns[run].show_without(probabilities)
        self._ask_without()

    def _not_answered(self, sentence: str) -> None:
        self._asking = None
        self.context.message.emit(sentence, "error")

    def _turn(self) -> None:
        """From sound to sight or back: a box hides something else there."""
        self.show_whole()
        for column in self.columns.values():
            column.show_wing(self.wing.currentData())
            column.show_without(None)
        self._move(self.clip_view.player.seconds)

    # what is heard ----------------------------------------------------------------------------------------------

    def _allow_listening(self) -> None:
        """As soon as there are both, a map of the network chosen and the sound."""
        media, column = self.clip_view.media, self.columns.get(self.listener.currentData())
        heard = column is not None and column.explained is not None
        self.listen.setEnabled(heard and media is not None and media.has_sound)

    def _listen(self, on: bool) -> None:
        if self._filtering is not None:
            self._filtering.cancel()
            self._filtering = None
        media, column = self.clip_view.media, self.columns.get(self.listener.currentData())
        if not on or media is None or column is None or column.explained is None or self.data is None:
            self.clip_view.play_all()
            return
        marked, spec = column.explained.evidence[0].maps["audio"], self.data.specs[self.listener.currentData()]
        ask = partial(_filter, media.samples, media.rate, marked, column.scale, spec)
        self._filtering = self.context.jobs.run(ask, self._heard, self._not_answered)

    def _listen_again(self) -> None:
        self._allow_listening()
        if self.listen.isChecked():
            self._listen(True)

    def _heard(self, samples: NDArray[np.float32]) -> None:
        self._filtering = None
        if self.listen.isChecked():
            self.clip_view.play_instead(samples)
            self.clip_view.player.play()

    # showing ----------------------------------------------------------------------------------------------------

    def _offer(self) -> None:
        """Sound or sight, and whose sound can be heard, as far as the networks are given it."""
        assert self.data is not None
        given = {run: self.data.specs[run].modality.wings for run in self.columns}
        wings = [wing for wing in WINGS if any(wing in of for of in given.values())]
        if [self.wing.itemData(place) for place in range(self.wing.count())] != wings:
            with QSignalBlocker(self.wing):
                self.wing.clear()
                for wing in wings:
                    self.wing.addItem(WINGS[wing].word, wing)
        self.wing.setVisible(len(wings) > 1)
        self._of.setVisible(len(wings) > 1)
        views = {self.data.specs[run].recipe.video.views for run, of in given.items() if "video" in of} - {1}
        self.basis.set_text(ONE_VIEW.format(" or ".join(map(str, sorted(views)))) if views else "")
        hearing = [run for run, of in given.items() if "audio" in of]
        if [self.listener.itemData(place) for place in range(self.listener.count())] != hearing:
            with QSignalBlocker(self.listener):
                self.listener.clear()
                for run in hearing:
                    self.listener.addItem(self.data.network_of(run).name, run)
        self.listener.setVisible(bool(hearing))
        self.listen.setVisible(bool(hearing))

    @property
    def _own(self) -> int:
        """The run of the record that is open."""
        assert self.data is not None
        return int(self.data.records.run[self.record])

    def _take_film(self) -> None:
        """The frames that each network is given, once the clip has been decoded."""
        media = self.clip_view.media
        self._allow_listening()
        if media is None or media.film is None or self.data is None:
            return
        for run, column in self.columns.items():
            video = self.data.specs[run].given.video
            if video is not None:
                column.show_film(*model_frames(media.film, video))
        self._move(self.clip_view.player.seconds)

    def _sought(self) -> None:
        self._moved = True

    def _move(self, seconds: float) -> None:
        self._moved = self._moved or seconds > 0
        if self.isVisible():
            for column in self.columns.values():
                column.move_to(seconds if self._moved else None, self._heard_seconds)

    @property
    def _heard_seconds(self) -> float:
        """Of the clip's sound; its film may last longer."""
        media = self.clip_view.media
        return len(media.samples) / media.rate if media is not None and media.has_sound else 0.0

    def _point(self, point: QPointF | None) -> None:
        column = self.sender()
        if point is None or not isinstance(column, EvidenceColumn):
            self.hint.set_text(HINT)
        else:
            self.hint.set_text(column.place_in_words(point, self._heard_seconds))

    # what the window calls --------------------------------------------------------------------------------------

    def present(self, on: bool) -> None:
        self._bar.setHidden(on)
        self.hint.setHidden(on)

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802 - Qt's name
        super().hideEvent(event)
        self.listen.setChecked(False)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if event.key() == Qt.Key.Key_Escape and self._box is not None:
            self.show_whole()
        else:
            super().keyPressEvent(event)

    # layout -----------------------------------------------------------------------------------------------------

    def _make_columns(self, runs: list[int]) -> None:
        assert self.data is not None
        networks = [(self.data.network_of(run), self.data.specs[run].given) for run in runs]
        if networks == self._made_for:
            self.columns = dict(zip(runs, self.columns.values(), strict=True))
            return
        for column in self.columns.values():
            column.deleteLater()
        self.columns, self._made_for = {}, networks
        for run, (network, given) in zip(runs, networks, strict=True):
            column = self.columns[run] = EvidenceColumn(network, given)
            column.boxed.connect(self._boxed)
            column.cleared.connect(self.show_whole)
            column.pointed.connect(self._point)
            column.seek_wanted.connect(self.clip_view.player.seek)
            self._row.addWidget(column, 1)

    def _lay_out(self) -> None:
        self._bar = QWidget()
        bar = QHBoxLayout(self._bar)
        bar.setContentsMargins(0, 0, 0, 0)
        bar.setSpacing(theme.GRID)
        self._of = theme.label("Of", muted=True)
        for widget in (theme.label("Map", muted=True), self.method, self._of, self.wing, self.listen, self.listener):
            bar.addWidget(widget)
        bar.addWidget(self.basis, 1)
        bar.addWidget(self.whole)
        self.hint.set_text(HINT)
        self._row.setSpacing(theme.GRID)
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(theme.GRID, theme.GRID, theme.GRID, theme.GRID)
        column.setSpacing(theme.GRID // 2)
        column.addWidget(self._bar)
        column.addLayout(self._row, 1)
        column.addWidget(self.hint)
        self.put_in(page)


def import_maps(control: Control, report: object) -> None:
    """The library of maps takes some seconds to import: before the first clip is asked about."""
    for name in ("core.analysis.cam", "pytorch_grad_cam"):
        control.checkpoint()
        importlib.import_module(name)


def _explain(
    questions: Questions,
    asked: Sequence[tuple[int, RunFolder, RunSpec, tuple[int, int]]],
    clip: str,
    method: Method,
    control: Control,
    report: Callable[[object], None],
) -> None:
    """Reports (run, what was found, or why nothing was) of one network after the other."""
    for run, folder, spec, labels in asked:
        control.checkpoint()
        try:
            found = questions.explain(folder, spec.dataset, clip, labels, method, control, report)
        except UserError as sentence:
            report((run, str(sentence)))
        else:
            report((run, found))


def _ask_without(
    questions: Questions,
    folders: Sequence[tuple[int, RunFolder, Explained]],
    box: Box,
    control: Control,
    report: object,
) -> list[tuple[int, NDArray[np.float32]]]:
    return [(run, questions.ask_without(folder, explained.seen, [box], control)) for run, folder, explained in folders]


def _filter(
    samples: NDArray[np.float32],
    rate: int,
    marked: NDArray[np.float32],
    highest: float,
    spec: RunSpec,
    control: Control,
    report: object,
) -> NDArray[np.float32]:
    from core.audio.heard import filtered

    return filtered(samples, rate, marked, highest, spec.recipe.audio)
