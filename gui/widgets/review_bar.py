"""The bar above a clip: what a person says of it, a key each, and how many clips there are still to be said of."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QMenu, QProgressBar, QToolButton, QVBoxLayout, QWidget

from core.analysis.review import Review, Verdict
from core.readable import counted
from gui import theme
from gui.widgets.controls import icon_button, tool_button
from gui.widgets.progress_line import ProgressLine

VERDICT_KEYS = {
    Verdict.LABEL_ERROR: Qt.Key.Key_E,
    Verdict.AMBIGUOUS: Qt.Key.Key_A,
    Verdict.NOISE: Qt.Key.Key_N,
    Verdict.FINE: Qt.Key.Key_F,
}
NOTE_KEY = Qt.Key.Key_T
HELP = {
    Verdict.LABEL_ERROR: "It is not what its label says. Scores can be had without such clips.",
    Verdict.AMBIGUOUS: "More than one class fits, or nobody can tell.",
    Verdict.NOISE: "There is nothing of its class to be heard or seen: silence, noise, a broken recording.",
    Verdict.FINE: "The label is right: the mistake is the network's.",
}
AGAIN = "Once more takes it back"
OF_NOTES = "A note about this clip, kept with it and exported with its verdict. Return keeps it, Escape does not."
REVIEWED = "Of the clips in the table, those that have a verdict."


class ReviewBar(QWidget):
    """Says which verdict and note is wanted; shows those of the clip that is open. Keys: E, A, N, F, T, undo, redo."""

    verdict_wanted = Signal(object)  # Verdict
    note_wanted = Signal(str)
    note_left = Signal()  # the focus is to go elsewhere
    undo_wanted = Signal()
    redo_wanted = Signal()
    scores_wanted = Signal()
    export_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.verdicts = {verdict: _keycap(VERDICT_KEYS[verdict], verdict.capitalize()) for verdict in Verdict}
        for verdict, button in self.verdicts.items():
            button.setCheckable(True)
            button.clicked.connect(partial(self._clicked, verdict))
        self.note = NoteLine(f"Note  ({_letter(NOTE_KEY)})")
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setFixedHeight(theme.GRID)
        self.progress.setToolTip(REVIEWED)
        self.count = theme.label(size=theme.SMALL, muted=True)
        self.count.setToolTip(REVIEWED)
        self.back = icon_button("mdi6.undo", "Undo", f"Take back what was said last  ({_native('Undo')})")
        self.again = icon_button("mdi6.redo", "Redo", f"Say again what was taken back  ({_native('Redo')})")
        self.more = icon_button("mdi6.dots-vertical", "More", "Scores without label errors, and the reviews as a file.")
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self.more)
        menu.setToolTipsVisible(True)
        self.go_on = menu.addAction("Go on after a verdict")
        self.go_on.setToolTip("Once a verdict is given, the next clip of the table that has none is opened.")
        self.go_on.setCheckable(True)
        menu.addSeparator()
        self.scores = menu.addAction("Scores without label errors …")
        self.export = menu.addAction("Export reviews as CSV …")
        self.export.setToolTip("Every review of the workspace: clip, dataset, class, verdict, note, time, sha256.")
        self.more.setMenu(menu)
        self.looking = ProgressLine()
        self._lay_out()
        self.note.kept.connect(self.note_wanted)
        self.note.left.connect(self.note_left)
        self.back.clicked.connect(self.undo_wanted)
        self.again.clicked.connect(self.redo_wanted)
        self.scores.triggered.connect(self.scores_wanted)
        self.export.triggered.connect(self.export_wanted)
        self.show_review(None, "")
        self.show_steps(False, False)

    def show_review(self, review: Review | None, why_not: str) -> None:
        """What was said of the clip that is open; `why_not` is a sentence where nothing can be said of it."""
        for verdict, button in self.verdicts.items():
            button.setChecked(review is not None and review.verdict is verdict)
            button.setEnabled(not why_not)
            button.setToolTip(why_not or f"{HELP[verdict]} {AGAIN}  ({_letter(VERDICT_KEYS[verdict])})")
        self.note.setEnabled(not why_not)
        self.note.setToolTip(why_not or f"{OF_NOTES}  ({_letter(NOTE_KEY)})")
        self.note.show_text(review.note if review is not None else "")

    def show_progress(self, done: int, total: int) -> None:
        """How many of the clips of the table have a verdict."""
        self.progress.setRange(0, max(1, total))
        self.progress.setValue(done)
        self.count.setText(f"{done} of {counted(total, 'clip')} reviewed")

    def show_steps(self, can_undo: bool, can_redo: bool) -> None:
        self.back.setEnabled(can_undo)
        self.again.setEnabled(can_redo)

    def take_keys(self, *widgets: QWidget) -> None:
        """Act on the keys where one of these widgets would see them: a panel, its table."""
        for widget in widgets:
            widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            return self._key(event) or super().eventFilter(watched, event)
        return super().eventFilter(watched, event)

    def _key(self, event: QKeyEvent) -> bool:
        for steps, wanted in ((QKeySequence.StandardKey.Undo, self.undo_wanted),
                              (QKeySequence.StandardKey.Redo, self.redo_wanted)):  # fmt: skip
            if event.matches(steps):
                wanted.emit()
                return True
        if event.modifiers() != Qt.KeyboardModifier.NoModifier:
            return False
        verdict = next((verdict for verdict, key in VERDICT_KEYS.items() if key == event.key()), None)
        if verdict is None and event.key() != NOTE_KEY:
            return False
        if event.isAutoRepeat():  # a key held down would speak of one clip after the other
            return True
        if verdict is None:
            self.note.setFocus()
        else:
            self.verdict_wanted.emit(verdict)
        return True

    def _clicked(self, verdict: Verdict) -> None:
        self.verdict_wanted.emit(verdict)

    def _lay_out(self) -> None:
        row, below = QHBoxLayout(), QHBoxLayout()
        row.setSpacing(theme.GRID // 2)
        for widget in self.verdicts.values():
            row.addWidget(widget)
        row.addWidget(self.note, 1)
        for widget in (self.back, self.again, self.more):
            row.addWidget(widget)
        for button in self.findChildren(QToolButton):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # the keys go on acting where they did
        below.setSpacing(theme.GRID)
        below.addSpacing(theme.GRID // 2)
        below.addWidget(self.progress, 1)
        below.addWidget(self.count)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, theme.GRID, theme.GRID)
        column.setSpacing(theme.GRID // 2)
        column.addLayout(row)
        column.addLayout(below)
        column.addWidget(self.looking)


class NoteLine(QLineEdit):
    """A line about one clip: Return, or going elsewhere, keeps what was written, Escape does not."""

    kept = Signal(str)
    left = Signal()  # by Return or Escape: the focus is to go elsewhere

    def __init__(self, placeholder: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._before = ""
        self.setPlaceholderText(placeholder)
        self.setAccessibleName("Note")
        self.setMinimumWidth(12 * theme.GRID)
        self.setClearButtonEnabled(True)
        self.returnPressed.connect(self.left)

    def show_text(self, text: str) -> None:
        """Of another clip, or said anew; what is being written stays."""
        if not (self.hasFocus() and self.isModified() and text == self._before):
            self._before = text
            self.setText(text)
            self.setCursorPosition(0)  # its beginning is seen where there is no room for all of it

    def keep(self) -> None:
        """Say what was written, if that is something else."""
        text = self.text().strip()
        if text != self._before:
            self._before = text
            self.kept.emit(text)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape:
            if event.type() == QEvent.Type.ShortcutOverride:
                event.accept()  # or the window would take it
                return True
            if event.type() == QEvent.Type.KeyPress:
                self.setText(self._before)
                self.left.emit()
                return True
        return super().event(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802 - Qt's name
        super().focusOutEvent(event)
        if event.reason() != Qt.FocusReason.PopupFocusReason:
            self.keep()
            self.setCursorPosition(0)


def _keycap(key: Qt.Key, word: str) -> QToolButton:
    """A word beside its key."""
    return tool_button(f"mdi6.alpha-{_letter(key).lower()}-box-outline", word, "")


def _letter(key: Qt.Key) -> str:
    return QKeySequence(key).toString()


def _native(step: str) -> str:
    return QKeySequence(QKeySequence.StandardKey[step]).toString(QKeySequence.SequenceFormat.NativeText)
