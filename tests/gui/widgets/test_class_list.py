"""A list of classes that is typed into, alone and in its small window."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt

from gui.widgets.class_list import ClassList
from gui.widgets.class_popup import ROWS, ClassPopup

CLASSES = ("dog", "rain", "sea_waves", "crying_baby", "clock_tick", "door_knock")


@pytest.fixture
def classes(qtbot):
    made = ClassList(CLASSES)
    qtbot.addWidget(made)
    return made


def listed(widget):
    return [widget.list.item(row).text() for row in range(widget.list.count())]


def test_letters_leave_the_classes_that_have_them(qtbot, classes):
    assert listed(classes) == ["dog", "rain", "sea waves", "crying baby", "clock tick", "door knock"]
    qtbot.keyClicks(classes.line, "OCK")
    assert listed(classes) == ["clock tick", "door knock"]
    with qtbot.waitSignal(classes.taken) as taken:
        qtbot.keyClick(classes.line, Qt.Key.Key_Down)
        qtbot.keyClick(classes.line, Qt.Key.Key_Return)
    assert taken.args == ["door_knock"]


def test_what_is_no_class_is_not_taken(qtbot, classes):
    qtbot.keyClicks(classes.line, "cat")
    with qtbot.assertNotEmitted(classes.taken):
        qtbot.keyClick(classes.line, Qt.Key.Key_Return)


def test_a_click_takes_at_once_and_a_mark_shows_one(qtbot, classes):
    classes.mark("rain")
    assert classes.list.currentItem().text() == "rain"
    classes.show()
    where = classes.list.visualItemRect(classes.list.item(2)).center()
    with qtbot.waitSignal(classes.taken) as taken:
        qtbot.mouseClick(classes.list.viewport(), Qt.MouseButton.LeftButton, pos=where)
    assert taken.args == ["sea_waves"]


def test_the_small_window_marks_a_guess_and_takes_other_words_too(qtbot):
    for typed, expected in (("", "rain"), ("cat", "cat"), ("waves", "sea_waves")):
        popup = ClassPopup("What was it?", CLASSES * 3, "rain")
        qtbot.addWidget(popup)
        popup.show()
        assert popup.list.height() < (ROWS + 1) * 40
        qtbot.keyClicks(popup.line, typed)
        with qtbot.waitSignal(popup.chosen) as chosen:
            qtbot.keyClick(popup.line, Qt.Key.Key_Return)
        assert chosen.args == [expected]
