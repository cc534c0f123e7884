"""What tests of the Errors panel do with it, and the study that they make for it."""

from __future__ import annotations

import numpy as np
from PySide6.QtWidgets import QPushButton

from core.run_spec import DatasetChoice
from gui.widgets.error_filters import Which

NOWHERE = DatasetChoice(name="labelled-folder", root="/nowhere")
STUDY = "fabricated-test-data"


def choose(panel, which: Which) -> None:
    next(b for b in panel.filters.findChildren(QPushButton) if b.text() == which.value).click()


def shown(panel) -> np.ndarray:
    return panel.table.clips.rows
