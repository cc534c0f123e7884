"""Sentences for the person, above the panel: information goes by itself, warnings and errors stay."""

from __future__ import annotations

import logging
from textwrap import shorten

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from gui import theme

log = logging.getLogger(__name__)

MOST = 3  # messages at once; the oldest makes room
MOST_LETTERS = 400
INFORMATION_STAYS_MS = 8000
_LEVELS = {"info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
_ICONS = {
    "info": "mdi6.information-outline",
    "warning": "mdi6.alert-outline",
    "error": "mdi6.alert-circle-outline",
}


class Banner(QWidget):
    """A short stack of messages; the same sentence is shown once."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self.rows: list[_Row] = []
        self.hide()

    def show_message(self, text: str, level: str = "info") -> None:
        log.log(_LEVELS[level], text)
        text = shorten(" ".join(text.split()), MOST_LETTERS, placeholder=" …")  # some libraries' errors fill pages
        if any(row.text == text for row in self.rows):
            return
        if len(self.rows) == MOST:
            least = min(self.rows, key=lambda row: list(_ICONS).index(row.level))
            self.dismiss(least)
        row = _Row(text, level, self)
        self.rows.append(row)
        self._column.addWidget(row)
        self.show()

    def dismiss(self, row: _Row) -> None:
        if row in self.rows:
            self.rows.remove(row)
            self._column.removeWidget(row)
            row.hide()
            row.deleteLater()
        self.setVisible(bool(self.rows))


class _Row(QFrame):
    def __init__(self, text: str, level: str, banner: Banner) -> None:
        super().__init__(banner)
        self.text, self.level, self._banner = text, level, banner
        self.setObjectName("banner")
        line = QHBoxLayout(self)
        line.setContentsMargins(2 * theme.GRID, theme.GRID // 2, theme.GRID, theme.GRID // 2)
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
        self.close_button.setToolTip(
            "Dismiss this message." if level == "info" else "Dismiss this message. It stays in sensorium.log."
        )
        theme.set_icon(self.close_button, "mdi6.close", "muted")
        self.close_button.clicked.connect(self._close)
        line.addWidget(self.close_button)
        if level == "info":
            QTimer.singleShot(INFORMATION_STAYS_MS, self, self._close)

    def _close(self) -> None:
        self._banner.dismiss(self)
