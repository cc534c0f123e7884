"""One line of progress: what is being done, how far it is, and the way out."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QWidget

from core.events import Progress
from gui import theme


class ProgressLine(QWidget):
    """Hidden while nothing is under way."""

    cancelled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.what = theme.label()
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(theme.GRID)
        self.detail = theme.label(muted=True)
        self.cancel = QPushButton("Cancel")
        self.cancel.setToolTip("Stop here. What is done already is kept where it can be.")
        self.cancel.clicked.connect(self.cancelled)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2 * theme.GRID)
        row.addWidget(self.what)
        row.addWidget(self.bar, 1)
        row.addWidget(self.detail)
        row.addWidget(self.cancel)
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
