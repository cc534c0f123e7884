"""What a network said of single frames, below the frames it is given."""

from __future__ import annotations

import numpy as np

from gui.widgets.frames import FramesStrip

FRAMES = np.zeros((4, 6, 8, 3), np.uint8)
SAID = np.array([0.1, 0.25, 0.5, 1.0], np.float32)


def test_probabilities_name_their_class_and_need_as_many_frames(qtbot):
    strip = FramesStrip()
    qtbot.addWidget(strip)
    strip.resize(400, 120)
    strip.show_frames(FRAMES, np.arange(4.0))
    at = strip.cell(1).center()
    assert "alone" not in strip.words_at(at)
    strip.show_probabilities(SAID, "dog")
    assert "dog 25 %" in strip.words_at(strip.cell(1).center())
    strip.show_probabilities(SAID[:3], "dog")  # of another clip, or of other settings
    assert "alone" not in strip.words_at(strip.cell(1).center())
    strip.show_frames(FRAMES, np.arange(4.0), SAID, "dog")
    assert "dog 100 %" in strip.words_at(strip.cell(3).center())
    strip.clear_frames()
    assert not strip.grab().isNull()
