"""A list of classes that is typed into, alone and in its small window."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from shiboken6 import isValid

from gui import theme
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


@pytest.fixture
def presenting(qapp):
    theme.apply(qapp, dark=False, scale=theme.PRESENTATION)
    yield
    theme.apply(qapp, dark=False)


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


@pytest.fixture
def popup(qtbot):
    """It is not closed twice: closing deletes it."""
    made = ClassPopup("What was it really, at 20:49:44?", (*CLASSES, "2 dogs", "cat", "cow", "hen"))
    made.show()
    yield made
    if isValid(made):
        made.close()


def test_the_first_nine_classes_have_their_digits_whatever_is_listed(qtbot, popup):
    assert [words.split()[0] for words in listed(popup)] == [*"123456789", "hen"]
    qtbot.keyClicks(popup.line, "OCK")
    assert listed(popup) == ["5   clock tick", "6   door knock"]


@pytest.mark.parametrize(("typed", "expected"), [("3", "sea_waves"), ("2", "2 dogs"), ("77", "77"), ("HEN", "hen")])
def test_a_digit_finds_its_class_where_none_is_called_so(qtbot, popup, typed, expected):
    qtbot.keyClicks(popup.line, typed)
    with qtbot.waitSignal(popup.chosen) as chosen:
        qtbot.keyClick(popup.line, Qt.Key.Key_Return)
    assert chosen.args == [expected]


def test_the_small_window_has_a_frame(popup):
    seen, border = popup.grab().toImage(), theme.colour("border")
    corners = [(0, 0), (seen.width() - 1, 0), (0, seen.height() - 1), (seen.width() - 1, seen.height() - 1)]
    assert [seen.pixelColor(*corner) for corner in corners] == [border] * 4
    assert seen.pixelColor(1, 1) == theme.colour("window")


def test_the_title_of_the_small_window_is_whole_however_large_type_is(presenting, popup):
    title = popup.findChild(QLabel)
    assert title.width() >= title.fontMetrics().horizontalAdvance(title.text())
