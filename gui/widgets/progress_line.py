"""One line of progress, or two where there is little room: what is being done, how far it is, and the way out."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QProgressBar, QPushButton, QWidget

from core.events import Progress
from gui import theme


class ProgressLine(QWidget):
    """Hidden while nothing is under way. Where it is `narrow`, the words stand above the bar."""

    cancelled = Signal()

    def __init__(self, parent: QWidget | None = None, *, narrow: bool = False) -> None:
        super().__init__(parent)
        self.what = theme.label()
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(theme.GRID)
        self.detail = theme.label(muted=True)
        self.cancel = QPushButton("Cancel")
        self.cancel.setToolTip("Stop here. What is done already is kept where it can be.")
        self.cancel.clicked.connect(self.cancelled)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(2 * theme.GRID)
        grid.setVerticalSpacing(0)
        grid.addWidget(self.what, 0, 0)
        grid.addWidget(self.bar, *((1, 0) if narrow else (0, 1)))
        grid.addWidget(self.detail, *((0, 1) if narrow else (0, 2)))
        grid.addWidget(self.cancel, *((1, 1) if narrow else (0, 3)))
        grid.setColumnStretch(0 if narrow else 1, 1)
        self.hide()

    def begin(self, what: str) -> None:
        """Say what is being done before its first report."""
        self.what.setText(what)
        self.detail.clear()
        self.bar.setRange(0, 0)
        self.show()

    def report(self, progress: Progress) -> None:
        self.what.setText(progress.what)
        self.bar.setRange(0, 1000 if progress.total else 0)
        if progress.total:
            self.bar.setValue(round(1000 * progress.done / progress.total))
        counted = f"{progress.done} of {progress.total} {progress.unit}" if progress.total else ""
        self.detail.setText(progress.detail or counted)

    def end(self) -> None:
        self.hide()
