"""The filters above the Errors panel: which runs, and which of their clips."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QIcon, QKeyEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QSizePolicy, QSpinBox, QVBoxLayout, QWidget

from core.analysis.selection import ANY, BY_SEVERAL, SURE, Choice, Which
from core.analysis.study_records import PREFIX, StudyRecords
from gui import theme
from gui.widgets.controls import icon_button, named_combo, tool_button
from gui.widgets.elided import ElidedLabel
from gui.widgets.marks import mark_icon
from gui.widgets.transport import tool
from gui.widgets.which_clips import WhichClips

TYPING_MS = 200  # after the last letter the clips are looked for


class ErrorFilters(QWidget):
    """Study, network, fold, seed and class, and ways to choose clips."""

    study_changed = Signal(str)  # slug
    changed = Signal()  # any of the others
    all_wanted = Signal()  # before `changed`: clips chosen by what several networks said, whatever cell they are in

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._comparing = False
        self._other_study = ""  # captures of the study that is shown, or the study of those
        self.study = named_combo("Study", "The study whose runs are shown.", 144)
        self.captures = tool_button("mdi6.record-rec", "Captures", "")
        self.captures.setCheckable(True)
        self.network = named_combo("Network", "Whose answers the matrix and the table show.", 160)
        self.fold = named_combo("Fold", "Only runs that were tested on this fold.", 56)
        self.seed = named_combo("Seed", "Only runs with this random seed.", 56)
        self.label = named_combo("Class", "Only clips of this true class: one row of the matrix.", 96)
        self.right = named_combo("A", "A: the network that was right, or the first of the two compared.", 128)
        self.wrong = named_combo("B", "B: the network that was wrong, or the second of the two compared.", 128)
        self.which_clips = WhichClips()
        self.confidence = QSpinBox(minimum=1, maximum=100, singleStep=5, value=round(100 * SURE))
        self.confidence.setSuffix(" %")
        self.confidence.setFixedWidth(10 * theme.GRID)
        self.confidence.setAccessibleName("Confidence")
        self.confidence.setToolTip("An error counts as confident from this probability of the predicted class on.")
        self.search = _SearchLine(placeholderText="Find by class or clip")
        self.search.setClearButtonEnabled(True)
        self.search.setToolTip(
            "Only predictions whose true class, predicted class and name of the clip together contain each of these "
            "words: “dog rain”  (Esc clears)"
        )
        self.search.setMaximumWidth(40 * theme.GRID)
        self.search.setMinimumWidth(15 * theme.GRID)
        self.said = ElidedLabel()
        self.thumbnails = icon_button(
            "mdi6.image-multiple-outline",
            "Thumbnails",
            "Thumbnails: a small picture of each clip in the table, its spectrogram, a frame of it, or both.",
        )
        self.thumbnails.setCheckable(True)
        self._typing = QTimer(self, singleShot=True, interval=TYPING_MS)
        self._lay_out()
        self._show_needed()
        self.study.activated.connect(self._study_chosen)
        self.captures.clicked.connect(self._captures_wanted)
        for combo in (self.network, self.fold, self.seed, self.label):
            combo.activated.connect(self._something_chosen)
        for chosen in (self.right.activated, self.wrong.activated, self.which_clips.chosen):
            chosen.connect(self._clips_chosen)
        self.swap.clicked.connect(self._swapped)
        for typed in (self.search.textChanged, self.confidence.valueChanged):
            typed.connect(self._typed)
        self._typing.timeout.connect(self._something_chosen)

    def _lay_out(self) -> None:
        runs, clips = QHBoxLayout(), QHBoxLayout()
        for combo in (self.study, self.network, self.fold, self.seed, self.label):
            runs.addWidget(theme.label(combo.accessibleName(), muted=True))
            runs.addWidget(combo, 0 if combo in (self.fold, self.seed) else 1)
            if combo is self.study:
                runs.addWidget(self.captures)
            runs.addSpacing(theme.GRID)
        runs.addWidget(self.search, 1)
        clips.addWidget(self.which_clips)
        self._threshold = (theme.label("from", muted=True), self.confidence)
        for widget in self._threshold:
            clips.addWidget(widget)
        self.swap = tool("mdi6.swap-horizontal", "Swap A and B", "A and B change places.")
        self._pair: list[QWidget] = [self.swap]
        for combo in (self.right, self.wrong):
            self._pair += [theme.label(combo.accessibleName(), muted=True), combo]
            clips.addWidget(self._pair[-2])
            clips.addWidget(combo, 2)
            combo.setMaximumWidth(48 * theme.GRID)
            if combo is self.right:
                clips.addWidget(self.swap)
        clips.addStrut(4 * theme.GRID)  # as high with A and B as without
        self.said.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.said.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)  # it gives way to A and B
        clips.addWidget(self.said, 1)
        clips.addWidget(self.thumbnails)
        self._end = clips
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.GRID, theme.GRID, theme.GRID, theme.GRID)
        column.setSpacing(theme.GRID)
        for row in (runs, clips):
            row.setSpacing(theme.GRID)
            column.addLayout(row)

    @property
    def choice(self) -> Choice:
        return Choice(
            network=_data(self.network),
            fold=_data(self.fold),
            seed=_data(self.seed),
            which=self.which_clips.which,
            right=max(0, self.right.currentIndex()),
            wrong=max(0, self.wrong.currentIndex()),
            comparing=self._comparing,
            label=_data(self.label),
            confidence=self.confidence.value() / 100,
            words=self.search.text().strip(),
        )

    def set_which(self, which: Which) -> None:
        self.which_clips.set_which(which)
        self._show_needed()

    def set_comparing(self, on: bool) -> None:
        """Whether two networks are set against each other, A and B; `changed` is not said."""
        self._comparing = on
        self._show_needed()

    def set_studies(self, studies: Sequence[str], chosen: str) -> None:
        """Slugs of the studies that have predictions."""
        self.study.clear()
        for slug in studies:
            self.study.addItem(slug, slug)
        self.study.setCurrentIndex(max(0, self.study.findData(chosen)))
        captured = chosen.startswith(PREFIX)
        other = chosen.removeprefix(PREFIX) if captured else PREFIX + chosen
        self._other_study = other if other in studies else ""
        self.captures.setChecked(captured)
        self.captures.setEnabled(bool(self._other_study))
        if captured:
            help_ = "Back to the test clips of this study."
        else:
            help_ = "Only live captures that networks of this study were asked about, instead of its test clips."
        missing = (
            "" if self._other_study else f"\nThere are no {'test clips' if captured else 'captures'} of this study."
        )
        self.captures.setToolTip(help_ + missing)

    def set_runs(self, data: StudyRecords) -> None:
        """What there is to choose from. Choices that still exist stay."""
        labels = [network.name for network in data.networks]
        icons = [mark_icon(n.modality, theme.architecture_colour(n.architecture)) for n in data.networks]
        _fill(self.network, "all networks", list(enumerate(labels)), icons)
        _fill(self.fold, "all", [(fold, str(fold)) for fold in data.records.folds])
        _fill(self.seed, "all", [(seed, str(seed)) for seed in data.records.seeds])
        _fill(self.label, "all", sorted(enumerate(data.records.classes), key=lambda row: row[1].casefold()))
        pair = self.right.currentText(), self.wrong.currentText()
        for combo, before, first in ((self.right, pair[0], 0), (self.wrong, pair[1], 1)):
            combo.clear()
            for icon, label in zip(icons, labels, strict=True):
                combo.addItem(icon, label)
            combo.setCurrentIndex(labels.index(before) if before in labels else min(first, len(labels) - 1))
        self.which_clips.offer(data)
        self._show_needed()

    def put_at_end(self, widget: QWidget) -> None:
        """What else concerns the clips that are shown."""
        self._end.addWidget(widget)

    def words(self) -> dict[str, str]:
        """What is chosen, to be handed to `restore` at the next start."""
        return {name: combo.currentText() for name, combo in self._lasting().items()} | {
            "which": self.which_clips.which.value,
            "confidence": str(self.confidence.value()),
            "thumbnails": "on" if self.thumbnails.isChecked() else "",
        }

    def restore(self, words: Mapping[str, str]) -> None:
        """Choose this as soon as there are runs to choose from; what they do not have is passed over."""
        for name, combo in self._lasting().items():
            combo.addItem(words.get(name, ""))
        if words.get("which") in list(Which):
            self.set_which(Which(words["which"]))
        self.thumbnails.setChecked(words.get("thumbnails") == "on")
        if words.get("confidence", "").isdigit():
            self.confidence.setValue(int(words["confidence"]))
            self._typing.stop()

    def _lasting(self) -> dict[str, QComboBox]:
        return {
            "network": self.network, "fold": self.fold, "seed": self.seed, "class": self.label,
            "right": self.right, "wrong": self.wrong,
        }  # fmt: skip

    def choose_network(self, name: str, which: Which = Which.ERRORS) -> None:
        """Show the errors, or what else is asked for, of one network, or of all where there is none of that name.

        Nothing narrows them further, and `changed` is not said.
        """
        self.network.setCurrentIndex(max(0, self.network.findText(name)))
        for combo in (self.fold, self.seed, self.label):
            combo.setCurrentIndex(0)
        self.search.clear()
        self._typing.stop()
        self.set_which(which)

    def _study_chosen(self) -> None:
        self.study_changed.emit(self.study.currentData())

    def _captures_wanted(self) -> None:
        self.study_changed.emit(self._other_study)

    def _typed(self) -> None:
        self._typing.start()

    def _swapped(self) -> None:
        right, wrong = self.right.currentIndex(), self.wrong.currentIndex()
        self.right.setCurrentIndex(wrong)
        self.wrong.setCurrentIndex(right)
        self._clips_chosen()

    def _clips_chosen(self) -> None:
        if self.which_clips.which in BY_SEVERAL:
            self.all_wanted.emit()
        self._something_chosen()

    def _something_chosen(self) -> None:
        self._show_needed()
        self.changed.emit()

    def _show_needed(self) -> None:
        """A and B, and the confidence, are there when they are needed; what A or B decides is not chosen beside it."""
        which = self.which_clips.which
        for widget in self._pair:
            widget.setVisible(which is Which.A_NOT_B or self._comparing)
        for widget in self._threshold:
            widget.setVisible(which is Which.CONFIDENT)
        self.network.setDisabled(which is Which.A_NOT_B or self._comparing)


class _SearchLine(QLineEdit):
    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Escape clears it; where it is clear, the key is the panel's."""
        if event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
        else:
            super().keyPressEvent(event)


def _fill(combo: QComboBox, all_of_them: str, rows: Sequence[tuple[int, str]], icons: Sequence[QIcon] = ()) -> None:
    """Offer “all” and then the rows; what was chosen stays chosen if it is still there."""
    before = combo.currentText()
    combo.clear()
    combo.addItem(all_of_them, ANY)
    for place, (key, word) in enumerate(rows):
        combo.addItem(icons[place] if icons else QIcon(), word, key)
    combo.setCurrentIndex(max(0, combo.findText(before)))


def _data(combo: QComboBox) -> int:
    data: Any = combo.currentData()
    return ANY if data is None else int(data)
