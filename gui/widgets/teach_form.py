"""A lesson as it is seen: its name, its classes with their buttons, what is lacking, and the way to train it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from PySide6.QtCore import QLocale, Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QHideEvent, QKeyEvent
from PySide6.QtWidgets import (
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from gui import theme
from gui.widgets.controls import icon_button, named_combo
from gui.widgets.progress_line import ProgressLine
from gui.widgets.taught_class import LONGEST_NAME, TaughtClass

SHORTEST, LONGEST = 0.5, 5.0  # s of an example
FEWEST = 2  # lines for classes that are offered
REPEATS_MS = 60  # within which a key that is still held is pressed again
SECONDS = (
    "What a press records is cut into examples of this length, each half over the one before. A network is shown as "
    "much at once: short for a sound or a word, longer for a movement."
)
LOCKED = "There are examples: it stays as it is. Begin a new lesson for another one."


class TeachForm(QWidget):
    """Says what was pressed and typed; knows nothing of recordings and studies.

    While a class is recorded by its key, the form has the focus: it hears when the key is let go, or that another
    window has come to the front.
    """

    lesson_chosen = Signal(str)  # name of its folder
    new_wanted = Signal()
    delete_wanted = Signal()
    edited = Signal()
    held = Signal(int)  # place of a class
    let_go = Signal()
    forget_wanted = Signal()
    train_wanted = Signal()
    stop_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.rows: list[TaughtClass] = []
        self._pressed = -1  # place of the class whose key was pressed last
        self._release = QTimer(self, singleShot=True, interval=REPEATS_MS)
        self._release.timeout.connect(self.let_go)
        self.let_go.connect(self._release.stop)
        self.lessons = named_combo("Lesson", "Open a lesson that you began before.", 96)
        self.new = icon_button("mdi6.plus", "New lesson", "Begin another lesson. This one is kept.")
        self.delete = icon_button("mdi6.trash-can-outline", "Delete", "Delete this lesson and its examples for good.")
        self.title = QLineEdit()
        self.title.setMaxLength(LONGEST_NAME)
        self.title.setAccessibleName("Name of the lesson")
        self.seconds = QDoubleSpinBox()
        self.seconds.setLocale(QLocale.c())  # a point, whatever the country
        self.seconds.setRange(SHORTEST, LONGEST)
        self.seconds.setSingleStep(0.5)
        self.seconds.setDecimals(1)
        self.seconds.setSuffix(" s")
        self.seconds.setKeyboardTracking(False)
        self.seconds.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.seconds.setAccessibleName("Seconds of an example")
        self.sense = theme.label(size=theme.SMALL, muted=True, wrap=True)
        self.add = QPushButton("Add a class")
        self.add.setToolTip("A further line, with the next key.")
        self.note = theme.label(wrap=True)
        self.lacks = theme.label(muted=True, wrap=True)
        self.forget = QPushButton("Forget the last")
        self.forget.setToolTip("Delete the examples of the last press for good.")
        self.train = QPushButton("Train")
        self.train.setProperty("primary", True)
        self.progress = ProgressLine(narrow=True)
        self._lay_out()
        self.lessons.activated.connect(self._lesson_activated)
        self.new.clicked.connect(self.new_wanted)
        self.delete.clicked.connect(self.delete_wanted)
        self.title.editingFinished.connect(self.edited)
        self.title.returnPressed.connect(self.setFocus)
        self.seconds.valueChanged.connect(self.edited)
        self.add.clicked.connect(self._add_asked)
        self.forget.clicked.connect(self.forget_wanted)
        self.train.clicked.connect(self.train_wanted)
        self.progress.cancelled.connect(self.stop_wanted)

    @property
    def names(self) -> tuple[str, ...]:
        """Of the classes that have one."""
        return tuple(row.name for row in self.rows if row.name)

    def show_lessons(self, lessons: Sequence[tuple[str, str]], chosen: str) -> None:
        """(folder, title) of each."""
        self.lessons.clear()
        for folder, title in lessons:
            self.lessons.addItem(title, folder)
        self.lessons.setCurrentIndex(self.lessons.findData(chosen))

    def show_lesson(self, title: str, seconds: float, names: Sequence[str]) -> None:
        """Its classes get lines of their own, and two are offered at least."""
        self.title.setText(title)
        self.set_seconds(seconds)
        for row in self.rows:
            self._classes.removeWidget(row)
            row.deleteLater()
        self.rows = []
        for name in (*names, *[""] * (FEWEST - len(names))):
            self._add_row(name)

    def set_seconds(self, seconds: float) -> None:
        """Without a word of it having been edited."""
        self.seconds.blockSignals(True)
        self.seconds.setValue(seconds)
        self.seconds.blockSignals(False)

    def show_counts(self, presses: Counter[str], examples: Counter[str], coming: Counter[str]) -> None:
        """`coming`: presses that are held, or being written."""
        for row in self.rows:
            row.show_counts(presses[row.name], examples[row.name], bool(examples[row.name] + coming[row.name]))
        begun = bool(examples or +coming)
        self.title.setEnabled(not begun)
        self.title.setToolTip(LOCKED if begun else "What the networks that learn it will be called.")
        self.seconds.setEnabled(not begun)
        self.seconds.setToolTip(LOCKED if begun else SECONDS)

    @property
    def doubled(self) -> TaughtClass | None:
        """A line that can be edited, and says what another says."""
        for row in reversed(self.rows):
            same = [other for other in self.rows if other.name.casefold() == row.name.casefold()]
            if row.name and len(same) > 1 and not row.line.isReadOnly():
                return row
        return None

    def say(self, sentence: str, error: bool = False) -> None:
        """What has come of the last press or click."""
        self.note.setProperty("error", error)
        self.note.style().polish(self.note)
        self.note.setText(sentence)
        self.note.setVisible(bool(sentence))

    def hold(self, place: int) -> None:
        """The key of a class was pressed, or is still held, though it was said to be let go."""
        if self._release.isActive():
            if place == self._pressed:
                self._release.stop()
                return
            self.let_go.emit()
        if place < len(self.rows) and self.rows[place].button.isEnabled():
            self._pressed = place
            self.setFocus()
            self.held.emit(place)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Whatever key it is: with Shift let go first, a digit of some keyboards is another key by then.

        It counts when no press follows: on X11, a key that is held under load is let go and pressed again and again,
        and not said to repeat itself.
        """
        if event.isAutoRepeat():
            return
        self._release.start()
        super().keyReleaseEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        self.let_go.emit()
        super().focusOutEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802
        self.let_go.emit()
        super().hideEvent(event)

    def _add_asked(self) -> None:
        self._add_row("")
        self.rows[-1].line.setFocus()
        self.edited.emit()

    def _add_row(self, name: str) -> None:
        row = TaughtClass(name)
        row.held.connect(self._row_held)
        row.let_go.connect(self.let_go)
        row.renamed.connect(self.edited)
        row.line.returnPressed.connect(self.setFocus)
        row.remove_wanted.connect(self._remove_asked)
        row.set_place(len(self.rows))
        self.rows.append(row)
        self._classes.insertWidget(len(self.rows) - 1, row)

    def _remove_asked(self) -> None:
        row = self._sender()
        self.rows.remove(row)
        self._classes.removeWidget(row)
        row.hide()
        row.deleteLater()
        for place, other in enumerate(self.rows):
            other.set_place(place)
        self.edited.emit()

    def _row_held(self) -> None:
        self.held.emit(self.rows.index(self._sender()))

    def _sender(self) -> TaughtClass:
        row = self.sender()
        assert isinstance(row, TaughtClass)
        return row

    def _lesson_activated(self) -> None:
        self.lesson_chosen.emit(self.lessons.currentData())

    def _lay_out(self) -> None:
        chosen, form, done = QHBoxLayout(), QFormLayout(), QHBoxLayout()
        chosen.addWidget(theme.label("Teach", bold=True))
        chosen.addWidget(self.lessons, 1)
        chosen.addWidget(self.new)
        chosen.addWidget(self.delete)
        form.addRow("Lesson", self.title)
        form.addRow("Example", self.seconds)
        inside = QWidget()
        self._classes = QVBoxLayout(inside)
        self._classes.setContentsMargins(0, 0, theme.GRID, 0)
        self._classes.setSpacing(theme.GRID)
        self._classes.addWidget(self.add, 0, Qt.AlignmentFlag.AlignLeft)
        self._classes.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidget(inside)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        done.addWidget(self.forget)
        done.addStretch(1)
        done.addWidget(self.train)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.GRID, 0, theme.GRID, theme.GRID)
        column.setSpacing(theme.GRID)
        column.addLayout(chosen)
        column.addLayout(form)
        column.addWidget(self.sense)
        column.addWidget(scroll, 1)
        column.addWidget(self.note)
        column.addWidget(self.lacks)
        column.addLayout(done)
        column.addWidget(self.progress)
        self.setMinimumWidth(36 * theme.GRID)
        self.say("")
