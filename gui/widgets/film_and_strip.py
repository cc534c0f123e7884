"""A clip above, the strip of its frames below, and how much of the height each has."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSplitter, QWidget

from gui.widgets.film import MARGIN, FilmView
from gui.widgets.frames import FramesStrip

LEAST, MOST = 1 / 8, 1 / 2  # of the height, for the strip


class FilmAndStrip(QSplitter):
    """Until a person moves it, the strip has what a picture that stands alone is too broad to fill."""

    def __init__(self, above: QWidget, film: FilmView, strip: FramesStrip, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Vertical, parent, childrenCollapsible=False)
        self._film = film
        self._alone = self._moved = False
        for widget in (above, strip):
            self.addWidget(widget)
        self.splitterMoved.connect(self._keep)

    def share_out(self, alone: bool) -> None:
        """`alone`: nothing but the film stands above the strip."""
        self._alone = alone
        self._share()

    def restoreState(self, state: QByteArray) -> bool:  # type: ignore[override]  # noqa: N802 - Qt's name
        self._moved = super().restoreState(state) or self._moved
        return self._moved

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._share()

    def _keep(self) -> None:
        self._moved = True

    def _share(self) -> None:
        if self._moved:
            return
        room, film = self.height() - self.handleWidth(), self._film.film
        strip = LEAST * room
        if self._alone and film is not None:
            _, height, width, _ = film.frames.shape
            filled = (self.width() - 2 * MARGIN) * height / width
            strip = min(max(strip, room - filled), MOST * room)
        self.setSizes([round(room - strip), round(strip)])
