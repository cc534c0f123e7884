"""How long the key of a class is held, whatever the window system says of it."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QFocusEvent
from PySide6.QtTest import QSignalSpy

from gui.widgets.teach_form import REPEATS_MS, TeachForm


@pytest.fixture
def form(qtbot):
    """Two classes that can be recorded."""
    made = TeachForm()
    qtbot.addWidget(made)
    made.show_lesson("Signs", 1.0, ("wave", "clap"))
    for row in made.rows:
        row.allow(True)
    made.show()
    return made


@pytest.fixture
def said(form):
    """What the form has said: places that are held, "end" where one is let go."""
    words = []
    form.held.connect(words.append)
    form.let_go.connect(lambda: words.append("end"))
    return words


def test_a_key_that_is_said_to_be_let_go_and_pressed_again_at_once_is_still_held(qtbot, form, said):
    form.hold(0)
    ends = QSignalSpy(form.let_go)
    for _ in range(3):
        qtbot.keyRelease(form, Qt.Key.Key_1)
        form.hold(0)
        assert not ends.wait(2 * REPEATS_MS)
    assert said == [0]
    with qtbot.waitSignal(form.let_go):
        qtbot.keyRelease(form, Qt.Key.Key_1)
    form.hold(0)
    assert said == [0, "end", 0], "pressed again later, it is another press"


def test_another_key_ends_the_press_before_it(qtbot, form, said):
    form.hold(0)
    qtbot.keyRelease(form, Qt.Key.Key_1)
    form.hold(1)
    assert said == [0, "end", 1]


@pytest.mark.parametrize("end", ["another window", "hide"])
def test_what_is_lost_ends_at_once_and_once(qtbot, form, said, end):
    form.hold(0)
    qtbot.keyRelease(form, Qt.Key.Key_1)
    if end == "hide":
        form.hide()
    else:
        form.focusOutEvent(QFocusEvent(QEvent.Type.FocusOut, Qt.FocusReason.ActiveWindowFocusReason))
    assert said[:2] == [0, "end"]
    so_far = len(said)
    assert not QSignalSpy(form.let_go).wait(2 * REPEATS_MS) and len(said) == so_far
