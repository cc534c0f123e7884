"""The Compare panel, when it has read its runs."""

from __future__ import annotations

import pytest

from gui.panels.compare import ComparePanel


@pytest.fixture
def opened(qtbot, show_panel):
    """Make the panel and wait until it has read its runs."""

    def open_panel(wait=True):
        panel = show_panel(ComparePanel)
        if wait:
            qtbot.waitUntil(lambda: panel.overview is not None, timeout=60_000)  # scikit-learn is imported here
        return panel

    return open_panel
