"""What a clip can be taken for: buttons with digits, or a list where there are many classes."""

from __future__ import annotations

import pytest

from gui.widgets.guess_choices import MOST_BUTTONS, GuessChoices

LONG = "a dog that barks at a passing train & its whistle while it rains on a roof of corrugated iron"


@pytest.fixture
def choices(qtbot):
    made = GuessChoices()
    qtbot.addWidget(made)
    made.resize(500, 300)
    made.show()
    return made


def test_nothing_can_be_chosen_before_it_is_asked_and_once_it_is_told(qtbot, choices):
    choices.offer(("dog", "rain", "sea_waves"))
    with qtbot.assertNotEmitted(choices.chosen):
        choices.press(1)
        choices.buttons[0].click()
    choices.ask()
    with qtbot.waitSignal(choices.chosen) as chosen:
        choices.press(3)
    assert chosen.args == [2]
    with qtbot.assertNotEmitted(choices.chosen):
        choices.press(4)
        choices.press(0)
    choices.tell(1, 2)
    assert [button.text()[0] for button in choices.buttons] == ["1", "✓", "✗"]
    with qtbot.assertNotEmitted(choices.chosen):
        choices.press(1)
    choices.wait()
    assert [button.text()[0] for button in choices.buttons] == ["1", "2", "3"]
    assert choices.buttons[2].text().endswith("sea waves")


def test_a_name_is_as_large_as_fits_and_one_that_is_too_long_is_whole_in_its_tooltip(choices):
    choices.offer(("dog", "rain in the mountains at night, heard indoors", LONG))
    small, smaller = choices.buttons[1], choices.buttons[2]
    assert choices.buttons[0].property("large") and not small.property("large")
    assert small.text().endswith("indoors") and smaller.text().endswith("…")
    assert LONG in smaller.toolTip() and smaller.accessibleName() == LONG
    choices.resize(1400, 300)
    assert small.property("large") and "&&" in smaller.text() and smaller.text().endswith("iron")


def test_more_classes_than_digits_are_a_list(qtbot, choices):
    choices.offer([f"class {place}" for place in range(MOST_BUTTONS)])
    assert len(choices.buttons) == MOST_BUTTONS and choices.list is None
    choices.offer([f"class {place}" for place in range(MOST_BUTTONS + 1)])
    assert not choices.buttons and choices.list.list.count() == MOST_BUTTONS + 1
    assert not choices.list.isEnabled()
    choices.ask()
    choices.list.line.setText("9")
    with qtbot.waitSignal(choices.chosen) as chosen:
        choices.list._take(choices.list.list.currentItem())
    assert chosen.args == [9]
    choices.tell(4, 9)
    assert choices.list.list.currentItem().text() == "class 4" and not choices.list.isEnabled()
