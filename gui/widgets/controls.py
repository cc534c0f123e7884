"""Controls that several panels have alike."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

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


def fill_combo(combo: QComboBox, options: Iterable[tuple[str, Any, str]]) -> None:
    """Offer (words, key, help): the help of each is its tooltip in the list, the key its data."""
    for words, key, help_ in options:
        combo.addItem(words, key)
        combo.setItemData(combo.count() - 1, help_, Qt.ItemDataRole.ToolTipRole)


def options_combo(word: str, options: Iterable[tuple[str, Any, str]], width: int) -> QComboBox:
    """A choice among (words, key, help); its tooltip says what each is."""
    rows = list(options)
    combo = named_combo(word, "\n".join(f"{words}: {help_}" for words, _, help_ in rows), width)
    fill_combo(combo, rows)
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


def menu_button(
    icon: str, word: str, tooltip: str, entries: Iterable[tuple[str, str]], chosen: Callable[[], None]
) -> QToolButton:
    """A button with a menu of (words, key); `chosen` finds the key in its sender's data."""
    button = tool_button(icon, word, tooltip)
    button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
    menu = QMenu(button)
    for words, key in entries:
        action = menu.addAction(words)
        action.setData(key)
        action.triggered.connect(chosen)
    button.setMenu(menu)
    return button


def copy_button(tooltip: str, entries: Iterable[tuple[str, str]], copy: Callable[[], None]) -> QToolButton:
    """“Copy table” with a menu of (words, key); `copy` finds the key in its sender's data."""
    return menu_button("mdi6.content-copy", "Copy table", tooltip, entries, copy)


def confirmed(parent: QWidget, question: str) -> bool:
    """Ask before something is deleted for good; Return alone deletes nothing."""
    buttons = QMessageBox.StandardButton
    return QMessageBox.question(parent, "Delete", question, buttons.Yes | buttons.No, buttons.No) == buttons.Yes
