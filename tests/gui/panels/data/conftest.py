"""A folder of sounds with everything wrong that the check looks for, and the Data panel."""

from __future__ import annotations

import csv
import shutil

import numpy as np
import pytest
import soundfile

from gui.panels.data import DataPanel
from tests.gui.panels.data.steps import RATE


@pytest.fixture
def folder(tmp_path):
    """Three classes of four clips; one silent, one no sound, and one sound twice, as labels.csv says in two folds."""
    root = tmp_path / "mine"
    generator = np.random.default_rng(0)
    rows = []
    for name in ("rain", "siren", "wind"):
        (root / name).mkdir(parents=True)
        for take in range(4):
            soundfile.write(root / name / f"{take}.wav", 0.1 * generator.normal(size=RATE // 2), RATE)
            rows.append((f"{name}/{take}.wav", name, take % 2 + 1))
    soundfile.write(root / "rain" / "silent.wav", np.zeros(RATE // 2), RATE)
    (root / "rain" / "text.wav").write_text("no sound at all")
    shutil.copy(root / "wind" / "0.wav", root / "wind" / "copy.wav")
    rows += [("rain/silent.wav", "rain", 1), ("rain/text.wav", "rain", 2), ("wind/copy.wav", "wind", 2)]
    with (root / "labels.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("path", "label", "fold"), *rows])
    return root


@pytest.fixture
def panel(qtbot, context):
    made = DataPanel(context)
    qtbot.addWidget(made)
    made.resize(1180, 740)
    made.show()
    made.activate()
    yield made
    made.close_panel()
