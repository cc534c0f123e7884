"""The rows of DATASETS as a list of cards, one of them chosen."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QEnterEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from core.datasets import DATASETS
from core.datasets.base import DatasetInfo
from gui import theme
from gui.context import Context
from gui.widgets.elided import ElidedLabel

WIDTH = 30 * theme.GRID


class DatasetCard(QFrame):
    """Title, what it is, and whether it is here."""

    clicked = Signal(str)

    def __init__(self, name: str, info: DatasetInfo, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name = name
        self.chosen = False
        self._under_pointer = False
        self.place = ElidedLabel()
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * theme.GRID, theme.GRID, 2 * theme.GRID, theme.GRID)
        column.setSpacing(4)
        column.addWidget(theme.label(info.title, bold=True))
        column.addWidget(theme.label(info.help, theme.SMALL, wrap=True))
        column.addWidget(self.place)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(info.title)
        self.setToolTip("Open these recordings. Train then uses them.")

    def set_chosen(self, chosen: bool) -> None:
        self.chosen = chosen
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.clicked.emit(self.name)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.clicked.emit(self.name)
        else:
            super().keyPressEvent(event)

    def enterEvent(self, event: QEnterEvent) -> None:  # noqa: N802
        self._under_pointer = True
        self.update()

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802
        self._under_pointer = False
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        if self.chosen or self._under_pointer:
            painter.fillRect(self.rect(), theme.colour("raised" if self.chosen else "hover"))
        if self.chosen:
            painter.fillRect(0, 0, 3, self.height(), theme.colour("accent"))
        if self.hasFocus():
            painter.setPen(theme.colour("accent"))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))


class DatasetChooser(QWidget):
    """Which dataset, and from where."""

    chosen = Signal(str)  # name
    folder_wanted = Signal()

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self.cards = {name: DatasetCard(name, info) for name, info in DATASETS.items()}
        self.folder = QPushButton("Choose folder …")
        self.folder.setToolTip(
            "Open sounds or videos of your own, or a copy of ESC-50 or UCF101 that is on this computer.\n"
            "A folder can also be dropped anywhere on this panel."
        )
        self.folder.clicked.connect(self.folder_wanted)
        self.where = ElidedLabel(Qt.TextElideMode.ElideLeft)  # a path ends in what tells it apart
        self.setFixedWidth(WIDTH)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, theme.GRID, 0, 2 * theme.GRID)
        column.setSpacing(2)
        column.addWidget(self._list(), 1)
        foot = QHBoxLayout()
        foot.setContentsMargins(2 * theme.GRID, 0, 2 * theme.GRID, 0)
        foot.addWidget(self.folder, 1)
        column.addWidget(self.where)
        column.addSpacing(theme.GRID)
        column.addLayout(foot)
        self.where.setContentsMargins(2 * theme.GRID, 0, 2 * theme.GRID, 0)

    def _list(self) -> QWidget:
        """The cards; where the window is low, they scroll."""
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        for card in self.cards.values():
            card.clicked.connect(self.chosen)
            column.addWidget(card)
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidget(inside)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        return scroll

    def show_choice(self, name: str, root: str) -> None:
        """Mark a card; `root` is the folder it was opened from, "" for its place in the workspace."""
        for card in self.cards.values():
            card.set_chosen(card.name == name)
        self.where.set_text(root)
        self.refresh(name, root)

    def refresh(self, chosen: str = "", root: str = "") -> None:
        """Say of each dataset whether it is here."""
        for name, card in self.cards.items():
            info = DATASETS[name]
            here = bool(info.folder) and self._context.workspace.dataset_root(name).is_dir()
            remembered = root if name == chosen else self._context.folder_of(name)
            if remembered:
                card.place.set_text(f"From {Path(remembered).name}", remembered)
            elif info.synthetic and not here:
                card.place.set_text("Made at first use, in seconds")
            elif not info.folder:
                card.place.set_text("Choose or drop a folder")
            elif here:
                card.place.set_text("In the workspace")
            else:
                card.place.set_text("Not downloaded yet" if info.downloader else "Not opened yet")
