"""What the pages of Compare share that go class by class: dots, and sentences above and below them."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from gui import theme
from gui.context import Context
from gui.panels.compare_parts import ReadingPage
from gui.widgets.class_dots import ClassDots
from gui.widgets.flow import FlowLayout

LINES = 2  # that each sentence has room for: the plot between them keeps its place


class DotsPage(ReadingPage):
    """A bar of choices, a sentence on all classes together, a row of dots for each class, and a sentence on one."""

    def __init__(self, context: Context, plot: ClassDots, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self.plot = plot
        self.whole = theme.label(wrap=True)  # of all classes, whatever is pointed at
        self.said = theme.label(wrap=True)
        for label in (self.whole, self.said):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setAlignment(Qt.AlignmentFlag.AlignTop)
            label.setMinimumHeight(round(theme.pixels(2 * theme.GRID * LINES)))
        self._bar = QWidget()
        self.choices = FlowLayout(self._bar, theme.GRID)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.GRID, theme.GRID, theme.GRID, theme.GRID)
        column.setSpacing(theme.GRID)
        column.addWidget(self._bar)
        column.addWidget(self.whole)
        column.addWidget(self.plot, 1)
        column.addWidget(self.said)
        self.plot.pointed.connect(self.tell)
        self.plot.chosen.connect(self.show_clips)

    def sentence(self, label: int, hint: bool) -> str | None:
        """What is said of the class pointed at; of −1, of none; None = what was said before stays.

        Args:
            hint: whether to tell what can be done: there are controls.
        """
        raise NotImplementedError

    def show_clips(self, label: int) -> None:
        """Open the clips of a class in Errors."""
        raise NotImplementedError

    def tell(self, label: int = -1) -> None:
        """Say of a class, or of none, what there is to say."""
        sentence = self.sentence(label, not self._bar.isHidden())
        if sentence is not None:
            self.say(sentence)

    def picture(self) -> QWidget:
        self.plot.point(-1)
        return self.plot

    def present(self, on: bool) -> None:
        self._bar.setHidden(on)
        self.plot.point(-1)
        self.tell()

    def say(self, sentence: str) -> None:
        self.said.setText(sentence)
