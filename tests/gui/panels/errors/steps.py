"""What tests of the Errors panel do with it, and the study that they make for it."""

from __future__ import annotations

import numpy as np
from PySide6.QtWidgets import QPushButton

from core.analysis.selection import Which
from core.run_spec import DatasetChoice

NOWHERE = DatasetChoice(name="labelled-folder", root="/nowhere")
STUDY = "fabricated-test-data"


def choose(panel, which: Which) -> None:
    """By its button, or by its entry in the menu of the last one."""
    buttons = [b for b in panel.filters.findChildren(QPushButton) if b.text() == which.value]
    entries = [entry for entry in panel.filters.which_clips.more.menu().actions() if entry.text() == which.value]
    if entries:
        entries[0].trigger()
    else:
        buttons[0].click()


def shown(panel) -> np.ndarray:
    return panel.table.clips.rows
