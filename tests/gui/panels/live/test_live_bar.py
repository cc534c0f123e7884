"""What is chosen in the line above the Live panel, while devices come and go."""

from __future__ import annotations

import pytest

from gui.panels.live_bar import LiveBar

ALIKE = [(200, "Webcam"), (202, "Webcam")]


@pytest.fixture
def bar(qtbot):
    made = LiveBar()
    qtbot.addWidget(made)
    return made


def test_of_two_cameras_of_one_name_the_chosen_one_is_opened(bar):
    bar.offer_devices([], ALIKE)
    assert bar.camera == 200
    bar.cameras.setCurrentIndex(1)
    assert bar.camera == 202
    bar.offer_devices([], [(204, "Another"), *ALIKE])
    assert bar.camera == 202 and bar.cameras.currentText() == "Webcam"
    bar.offer_devices([], [(204, "Another")])
    assert bar.camera == 204 and bar.cameras.currentText() == "Another", "the chosen one is there no more"


@pytest.mark.parametrize(("text", "device"), [("http://phone:8080/video", "http://phone:8080/video"), ("3", 3)])
def test_what_was_written_is_opened_and_stays(bar, text, device):
    bar.offer_devices([], ALIKE)
    bar.cameras.setCurrentText(text)
    assert bar.camera == device
    bar.offer_devices([], ALIKE)
    assert bar.camera == device and bar.cameras.currentText() == text


def test_before_cameras_are_listed_the_first_is_opened(bar):
    assert bar.camera == 0
    bar.offer_devices([], [])
    assert bar.camera == 0
    bar.cameras.setCurrentText("")
    assert bar.camera == 0
    bar.offer_devices([], ALIKE)
    assert bar.camera == 200


def test_the_button_that_captures_names_the_classes_that_have_digits(bar):
    bar.offer_classes(["rain", "sea_waves"])
    assert bar.capture.toolTip() == "Keep the last seconds  (C), or as a class: 1 rain, 2 sea waves"
    bar.offer_classes([f"class {letter}" for letter in "abcdefghijkl"])
    assert bar.capture.toolTip().endswith("9 class i"), "there is no tenth digit"
    bar.offer_classes([])
    assert bar.capture.toolTip() == "Keep the last seconds  (C)"
