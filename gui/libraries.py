"""The one-time import of torch and Lightning: early, in the background, after the window shows."""

from __future__ import annotations

import gc
import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from core.control import Control

if TYPE_CHECKING:
    from gui.jobs import Jobs


def import_libraries(control: Control, report: Callable[[Any], None]) -> str:
    """Import what training needs, in steps between which it can be cancelled; returns the device's name."""
    for name in ("torch", "torchvision", "torchaudio", "lightning", "core.training.task"):
        control.checkpoint()
        importlib.import_module(name)
    control.checkpoint()
    chooser = importlib.import_module("core.training.device")
    device: str = chooser.describe(chooser.choose_device("auto"))
    return device


class Libraries(QObject):
    """Whether training can start at once, and on what. A click on Start before that waits for `arrived`."""

    arrived = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.ready = False
        self.device = ""

    def load(self, jobs: Jobs) -> None:
        jobs.run(import_libraries, self.have_arrived)

    def have_arrived(self, device: str) -> None:
        # What was imported stays for ever: the collector in the window's thread need not look at it again.
        gc.freeze()
        self.ready, self.device = True, device
        self.arrived.emit()
