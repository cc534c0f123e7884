"""What a clip can be taken for: a large button for each class, or a list to type into where there are many."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QGridLayout, QPushButton, QSizePolicy, QStackedLayout, QWidget

from gui import theme
from gui.widgets.class_list import ClassList

MOST_BUTTONS = 9  # there are as many digits
ONE_COLUMN = 4  # buttons, at most
MARKS = {"true": "✓", "wrong": "✗"}  # by verdict


class GuessChoices(QWidget):
    """Asked once a clip; then it tells the truth until the next one."""

    chosen = Signal(int)
    again_wanted = Signal()  # the space bar, in the line of the list

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.buttons: tuple[ClassButton, ...] = ()
        self.list: ClassList | None = None
        self._classes: tuple[str, ...] = ()
        self._page: QWidget | None = None
        self._pages = QStackedLayout(self)

    def offer(self, classes: Sequence[str]) -> None:
        """The classes of a game."""
        self._classes = tuple(classes)
        if self._page is not None:
            self._pages.removeWidget(self._page)
            self._page.deleteLater()
        self.buttons, self.list = (), None
        self._page = self._make_buttons() if len(classes) <= MOST_BUTTONS else self._make_list()
        self._pages.addWidget(self._page)
        self.wait()

    def wait(self) -> None:
        """Nothing can be chosen yet: nothing has been heard or seen."""
        for button in self.buttons:
            button.show_verdict("")
        if self.list is not None:
            self.list.line.clear()
        self._enable(False)

    def ask(self) -> None:
        self._enable(True)
        if self.list is not None:
            self.list.setFocus()

    def press(self, digit: int) -> None:
        """The button with this number, where there is one that can be pressed."""
        if 1 <= digit <= len(self.buttons) and self.buttons[digit - 1].isEnabled():
            self.chosen.emit(digit - 1)

    def tell(self, true: int, choice: int) -> None:
        """The truth, and whether the choice was right."""
        self._enable(False)
        for place, button in enumerate(self.buttons):
            button.show_verdict("true" if place == true else "wrong" if place == choice else "")
        if self.list is not None:
            self.list.line.clear()
            self.list.mark(self._classes[true])

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and event.key() == Qt.Key.Key_Space:
            self.again_wanted.emit()
            return True
        return super().eventFilter(watched, event)

    def _enable(self, on: bool) -> None:
        if self._page is not None:
            self._page.setEnabled(on)

    def _make_buttons(self) -> QWidget:
        page = QWidget()
        grid = QGridLayout(page)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(theme.GRID)
        columns = 1 if len(self._classes) <= ONE_COLUMN else 2
        self.buttons = tuple(ClassButton(place, name) for place, name in enumerate(self._classes, start=1))
        for place, button in enumerate(self.buttons):
            grid.addWidget(button, place // columns, place % columns)
            button.clicked.connect(self._clicked)
        return page

    def _make_list(self) -> QWidget:
        self.list = ClassList(self._classes)
        self.list.taken.connect(self._taken)
        self.list.line.installEventFilter(self)
        return self.list

    def _clicked(self) -> None:
        button = self.sender()
        assert isinstance(button, ClassButton)
        self.chosen.emit(button.number - 1)

    def _taken(self, name: str) -> None:
        self.chosen.emit(self._classes.index(name))


class ClassButton(QPushButton):
    """As large as there is room; a name that is too long all the same ends in … and stands in the tooltip."""

    def __init__(self, number: int, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.number, self.name = number, name.replace("_", " ")
        self._verdict = ""
        self.setAccessibleName(self.name)
        self.setToolTip(f"It is “{self.name}”  ({number})")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the space bar plays the clip again
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMaximumHeight(12 * theme.GRID)

    def show_verdict(self, verdict: str) -> None:
        """`true`, `wrong`, or "": nothing is told."""
        self._verdict = verdict
        self._fit()

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(12 * theme.GRID, 4 * theme.GRID)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """In large type where that fits."""
        room = self.width() - 3 * theme.GRID
        text = f"{MARKS.get(self._verdict, self.number)}   {self.name}"
        large = QFontMetrics(theme.font(theme.TITLE, bold=True)).horizontalAdvance(text) <= room
        if (large, self._verdict) != (self.property("large"), self.property("verdict")):
            self.setProperty("large", large)
            self.setProperty("verdict", self._verdict)
            self.style().unpolish(self)  # or the style sheet would not look at the properties again
            self.style().polish(self)
        metrics = QFontMetrics(theme.font(theme.TITLE if large else theme.BODY, bold=True))
        self.setText(metrics.elidedText(text, Qt.TextElideMode.ElideRight, room).replace("&", "&&"))
