"""Controls that several panels have alike."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QMenu, QMessageBox, QToolButton, QWidget

from gui import theme


def named_combo(word: str, tooltip: str, width: int, *, gives_way: bool = True) -> QComboBox:
    """A choice at least so many pixels wide; one that gives way is no wider for the longest of its words."""
    combo = QComboBox()
    combo.setAccessibleName(word)
    combo.setToolTip(tooltip)
    combo.setMinimumWidth(width)
    if gives_way:
        combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        combo.setMinimumContentsLength(4)
    return combo


def beside(word: str, combo: QComboBox) -> QWidget:
    """A choice with its word before it, which go to the next line together."""
    pair = QWidget()
    row = QHBoxLayout(pair)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(theme.GRID)
    row.addWidget(theme.label(word, muted=True))
    row.addWidget(combo)
    return pair


def tool_button(icon: str, text: str, tooltip: str) -> QToolButton:
    """A word beside an icon."""
    button = QToolButton()
    button.setText(text)
    button.setToolTip(tooltip)
    button.setAccessibleName(text)
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    theme.set_icon(button, icon)
    return button


def icon_button(icon: str, word: str, tooltip: str) -> QToolButton:
    """A button that shows its icon alone."""
    button = tool_button(icon, word, tooltip)
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
    return button


def copy_button(tooltip: str, entries: Iterable[tuple[str, str]], copy: Callable[[], None]) -> QToolButton:
    """“Copy table” with a menu of (words, key); `copy` finds the key in its sender's data."""
    button = QToolButton()
    button.setText("Copy table")
    button.setToolTip(tooltip)
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
    theme.set_icon(button, "mdi6.content-copy")
    menu = QMenu(button)
    for word, key in entries:
        action = menu.addAction(word)
        action.setData(key)
        action.triggered.connect(copy)
    button.setMenu(menu)
    return button


def confirmed(parent: QWidget, question: str) -> bool:
    """Ask before something is deleted for good; Return alone deletes nothing."""
    buttons = QMessageBox.StandardButton
    return QMessageBox.question(parent, "Delete", question, buttons.Yes | buttons.No, buttons.No) == buttons.Yes
