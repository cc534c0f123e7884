"""What the Live panel says of the digits that keep a capture as a class, and the frame of its settings."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog

from core.captures import read_captures
from gui import theme
from tests.gui.panels.live.conftest import CLASSES


@pytest.fixture
def front(qtbot, qapp, on, world):
    """The panel has the keys."""
    on.activateWindow()
    qapp.setActiveWindow(on)
    on.setFocus()
    qtbot.waitUntil(on.isActiveWindow)
    world()
    return on


def test_the_classes_of_the_networks_that_are_asked_have_the_digits(front):
    first = front.answers.cards[0].classes[0].replace("_", " ")
    assert f"1 {first}, 2 " in front.bar.capture.toolTip()
    front.bar.networks_changed.emit(())
    assert first not in front.bar.capture.toolTip(), "nobody is asked who knows it"


def test_a_digit_without_a_class_says_so_and_keeps_nothing(qtbot, front, context):
    with qtbot.waitSignal(context.message) as told:
        qtbot.keyClick(front, Qt.Key.Key_9)
    assert told.args[0].startswith(f"There is no ninth class: the networks that are asked know {CLASSES}.")
    qtbot.waitUntil(lambda: not context.jobs.busy)
    assert read_captures(context.workspace.captures) == ((), ())


def test_the_settings_have_a_frame(on):
    on.bar.settings.click()
    (popup,) = (one for one in on.findChildren(QDialog) if one.windowType() == Qt.WindowType.Popup)
    assert popup.grab().toImage().pixelColor(0, popup.height() // 2) == theme.colour("border")
    popup.close()
