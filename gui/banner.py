"""Sentences for the person, over the foot of the panel: information goes by itself, warnings and errors stay."""

from __future__ import annotations

import json
import logging
from textwrap import shorten

from PySide6.QtCore import QEvent, QObject, QSettings, Qt, QTimer
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from gui import theme

log = logging.getLogger(__name__)

MOST = 3  # messages at once; the oldest makes room
MOST_LETTERS = 400
MOST_DISMISSED = 50  # warnings that are remembered as dismissed
DISMISSED = "banner/dismissed"
WIDTH = 88 * theme.GRID
FOOT = 9 * theme.GRID  # left free below the messages
INFORMATION_STAYS_MS = 8000
_LEVELS = {"info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
_ICONS = {
    "info": "mdi6.information-outline",
    "warning": "mdi6.alert-outline",
    "error": "mdi6.alert-circle-outline",
}


class Banner(QWidget):
    """A short stack of messages that lies over its parent and moves nothing; the same sentence is shown once.

    A message of a panel is seen while that panel is. A warning describes how things are and is said again at every
    start: one that was dismissed is not repeated. Errors answer what a person did and are always said.
    """

    def __init__(self, settings: QSettings, parent: QWidget) -> None:
        super().__init__(parent)
        self._settings = settings
        self._panel = ""
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(theme.GRID // 2)
        self.rows: list[_Row] = []
        self.hide()
        parent.installEventFilter(self)

    def show_message(self, text: str, level: str = "info", panel: str = "") -> None:
        """`panel` is the id of the only panel that shows it; without one all do."""
        log.log(_LEVELS[level], text)
        text = shorten(" ".join(text.split()), MOST_LETTERS, placeholder=" …")  # some libraries' errors fill pages
        if any((row.text, row.panel) == (text, panel) for row in self.rows):
            return
        if level == "warning" and text in self._dismissed():
            return
        if len(self.rows) == MOST:
            self._drop(min(self.rows, key=lambda row: list(_ICONS).index(row.level)))
        row = _Row(text, level, panel, self)
        self.rows.append(row)
        self._column.addWidget(row)
        self.show_panel(self._panel)

    def show_panel(self, panel: str) -> None:
        """Another panel is in front: its messages are seen, and those of none."""
        self._panel = panel
        for row in self.rows:
            row.setVisible(row.panel in ("", panel))
        self._place()

    def dismiss(self, row: _Row) -> None:
        """Put a message away for good."""
        if row.level == "warning":
            kept = [text for text in self._dismissed() if text != row.text][-MOST_DISMISSED + 1 :]
            self._settings.setValue(DISMISSED, json.dumps([*kept, row.text]))
        self._drop(row)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        if event.type() == QEvent.Type.Resize:
            self._place()
        return super().eventFilter(watched, event)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:  # the type grew, for one
            self._place()
        return super().event(event)

    def _drop(self, row: _Row) -> None:
        if row in self.rows:
            self.rows.remove(row)
            self._column.removeWidget(row)
            row.hide()
            row.deleteLater()
        self._place()

    def _place(self) -> None:
        """At the right, as high as the sentences need, above the buttons that panels have at their foot."""
        self.setVisible(any(not row.isHidden() for row in self.rows))
        parent = self.parentWidget()
        assert parent is not None
        width = min(WIDTH, parent.width() - 4 * theme.GRID)
        height = self._column.heightForWidth(width)
        self.setGeometry(parent.width() - width - 2 * theme.GRID, parent.height() - height - FOOT, width, height)
        self.raise_()

    def _dismissed(self) -> list[str]:
        return list(json.loads(str(self._settings.value(DISMISSED, "[]"))))


class _Row(QFrame):
    def __init__(self, text: str, level: str, panel: str, banner: Banner) -> None:
        super().__init__(banner)
        self.text, self.level, self.panel, self._banner = text, level, panel, banner
        self.setObjectName("banner")
        line = QHBoxLayout(self)
        line.setContentsMargins(theme.GRID, theme.GRID // 2, theme.GRID // 2, theme.GRID // 2)
        sign = QToolButton()  # its icon follows the scheme; it is no control
        sign.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        sign.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        theme.set_icon(sign, _ICONS[level], "error_text" if level == "error" else "accent")
        line.addWidget(sign)
        label = QLabel(text)
        label.setWordWrap(True)
        label.setTextInteractionFlags(label.textInteractionFlags() | label.textInteractionFlags().TextSelectableByMouse)
        label.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        line.addWidget(label, 1)
        self.close_button = QToolButton()
        self.close_button.setToolTip(_DISMISS[level])
        theme.set_icon(self.close_button, "mdi6.close", "muted")
        self.close_button.clicked.connect(self._close)
        line.addWidget(self.close_button)
        if level == "info":
            QTimer.singleShot(INFORMATION_STAYS_MS, self, self._close)

    def _close(self) -> None:
        self._banner.dismiss(self)


_DISMISS = {
    "info": "Dismiss this message.",
    "warning": "Dismiss this message. It is not said again; it stays in sensorium.log.",
    "error": "Dismiss this message. It stays in sensorium.log.",
}
