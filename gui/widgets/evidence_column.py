"""What one network found in a clip: a picture for each of two classes, its map laid over, its probability above."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from core.analysis.questions import Explained
from core.analysis.study_records import NetworkName
from core.audio.pictures import MODEL_LEVELS
from core.recipe import FrontEnds
from gui import theme
from gui.widgets.elided import ElidedLabel
from gui.widgets.evidence import EvidencePicture, Share
from gui.widgets.frame_shares import FrameShares
from gui.widgets.marks import mark_icon

MARK = 12  # pixels of the network's mark
FAINTEST = 0.02  # of the strongest of a network's maps: one that is weaker everywhere cannot be seen
NOTHING: NDArray[np.float32] = np.zeros(0, np.float32)


class EvidenceColumn(QWidget):
    """Maps of one network share a scale: what speaks less for a class is fainter."""

    boxed = Signal(object)  # Share: a box is dragged over a picture
    cleared = Signal()
    pointed = Signal(object)  # QPointF as shares of what is seen, or None
    seek_wanted = Signal(float)  # seconds, of a frame

    def __init__(self, network: NetworkName, given: FrontEnds, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._network, self._given, self._wing = network, given, ""
        self._labels: tuple[int, int] = (0, 0)
        self._true = 0
        self._classes: tuple[str, ...] = ("",)
        self.scale = 1.0  # of the maps: their highest value
        self._frames: NDArray[np.uint8] = np.zeros((0, 1, 1, 3), np.uint8)
        self._seconds: NDArray[np.float64] = np.zeros(0)
        self.explained: Explained | None = None
        self.pictures = (EvidencePicture(), EvidencePicture())
        self.figures = (ElidedLabel(), ElidedLabel())
        self.shares = (FrameShares(), FrameShares())
        self._name = ElidedLabel()
        self._lay_out()
        for picture, shares in zip(self.pictures, self.shares, strict=True):
            shares.wanted.connect(self._go_to)
            picture.boxed.connect(self.boxed)
            picture.cleared.connect(self.cleared)
            picture.pointed.connect(self.pointed)

    def ask_about(self, labels: tuple[int, int], true: int, classes: tuple[str, ...]) -> None:
        """Of which classes the maps will be; nothing is shown of them yet."""
        self._labels, self._true, self._classes, self.explained = labels, true, classes, None
        self._frames, self._seconds = np.zeros((0, 1, 1, 3), np.uint8), np.zeros(0)
        self._name.set_text(self._network.name)
        for picture, shares, figure, label in zip(self.pictures, self.shares, self.figures, labels, strict=True):
            picture.clear()
            shares.show_shares(NOTHING)
            figure.set_text(self._word(label))

    def show_explained(self, explained: Explained, wing: str) -> None:
        """Draw what was found in what is heard or seen; a network that is not given it has nothing to draw."""
        self.explained = explained
        self.show_wing(wing)
        self.show_without(None)

    def say(self, sentence: str) -> None:
        """Why nothing was found."""
        self.explained = None
        for figure in self.figures:
            figure.set_text(sentence)

    def show_wing(self, wing: str) -> None:
        """What was found in the sound, or in the pictures."""
        self._wing, explained = wing, self.explained
        if explained is None:
            return
        maps = [evidence.maps.get(wing) for evidence in explained.evidence]
        self.scale = max((float(of.max()) for of in maps if of is not None), default=0.0) or 1.0
        of_frames = [NOTHING if wing != "video" or of is None else of.mean(axis=(1, 2)) for of in maps]
        most = max((float(of.max()) for of in of_frames if len(of)), default=0.0) or 1.0
        for shares, means in zip(self.shares, of_frames, strict=True):
            shares.show_shares(means / most)
            shares.setVisible(wing == "video")
        for picture, marked in zip(self.pictures, maps, strict=True):
            if marked is None:
                picture.clear()
            elif wing == "audio" and explained.decibels is not None:
                picture.show_spectrogram(explained.decibels, MODEL_LEVELS)
                picture.show_map(marked[::-1] / self.scale)

    def show_film(self, frames: NDArray[np.uint8], seconds: NDArray[np.float64]) -> None:
        """The frames that the network is given, (T, rows, columns, 3), at their times (T,)."""
        self._frames, self._seconds = frames, seconds

    def show_without(self, probabilities: NDArray[np.float32] | None) -> None:
        """What it says with a part hidden, (classes,), beside what it says of the whole; None = nothing is hidden."""
        if self.explained is None:
            return
        whole = self.explained.probabilities
        now = whole if probabilities is None else probabilities
        answer = int(now.argmax())
        for place, (label, figure) in enumerate(zip(self._labels, self.figures, strict=True)):
            becomes = "" if probabilities is None else f" → {100 * float(now[label]):.0f} %"
            said = " · its answer" if label == answer else ""
            least = FAINTEST * self.scale
            of = self.explained.evidence[place].maps.get(self._wing)
            nothing = " · next to nothing speaks for it" if of is not None and float(of.max()) < least else ""
            figure.set_text(f"{100 * float(whole[label]):.0f} %{becomes}  {self._word(label)}{said}{nothing}")
        other = "" if answer in self._labels else f" · says {self._classes[answer]} {100 * float(now[answer]):.0f} %"
        self._name.set_text(f"{self._network.name}{other}")

    def _word(self, label: int) -> str:
        return f"{self._classes[label]} (true)" if label == self._true else self._classes[label]

    def move_to(self, seconds: float | None, duration: float) -> None:
        """The clip, whose sound is so many seconds long, is at this time: a cursor over the sound, another frame. None:
        it has not been moved yet, and the frame that spoke most for a class is shown."""
        if self._wing == "video":
            self._show_frames(seconds)
        elif self._given.audio is not None:
            heard = self._given.audio.seconds
            place = ((seconds or 0.0) - max(0.0, (duration - heard) / 2)) / heard
            for picture in self.pictures:
                picture.set_cursor(place if 0 <= place <= 1 else None)

    def set_box(self, box: Share | None) -> None:
        for picture in self.pictures:
            picture.set_boxes(() if box is None else (box,))

    def place_in_words(self, point: QPointF, duration: float) -> str:
        """The time and the frequency, or the place, that a point of the pictures stands for."""
        if self._wing == "audio" and self._given.audio is not None:
            from core.audio.frontend import mel_frequencies

            settings = self._given.audio
            hertz = mel_frequencies(settings)
            band = min(int((1 - point.y()) * len(hertz)), len(hertz) - 1)
            start = max(0.0, (duration - settings.seconds) / 2)
            return f"{start + point.x() * settings.seconds:.2f} s   {hertz[band]:,.0f} Hz".replace(",", "\u2009")
        return f"{100 * point.x():.0f} % from the left, {100 * point.y():.0f} % from the top"

    def _show_frames(self, seconds: float | None) -> None:
        if self.explained is None or not len(self._frames):
            return
        for picture, shares, evidence in zip(self.pictures, self.shares, self.explained.evidence, strict=True):
            marked = evidence.maps.get("video")
            if marked is None:
                continue
            now = int(shares.shares.argmax()) if seconds is None else int(np.argmin(np.abs(self._seconds - seconds)))
            if now < min(len(marked), len(self._frames)):
                picture.show_picture(self._frames[now])
                picture.show_map(marked[now] / self.scale)
                shares.mark(now)

    def _go_to(self, frame: int) -> None:
        if frame < len(self._seconds):
            self.seek_wanted.emit(float(self._seconds[frame]))

    def _lay_out(self) -> None:
        mark, colour = QLabel(), theme.architecture_colour(self._network.architecture)
        mark.setPixmap(mark_icon(self._network.modality, colour).pixmap(MARK, MARK))
        self._name.set_text(self._network.name)
        head = QHBoxLayout()
        head.setSpacing(theme.GRID // 2)
        head.addWidget(mark)
        head.addWidget(self._name, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GRID // 4)
        column.addLayout(head)
        for figure, picture, shares in zip(self.figures, self.pictures, self.shares, strict=True):
            figure.setAlignment(Qt.AlignmentFlag.AlignLeft)
            column.addWidget(figure)
            column.addWidget(picture, 1)
            column.addWidget(shares)
            shares.setVisible(self._given.video is not None and self._given.audio is None)
