"""The Errors panel, when it has read its runs."""

from __future__ import annotations

import pytest

from gui.panels.errors import ErrorsPanel


@pytest.fixture
def opened(qtbot, show_panel):
    """Make the panel and wait until it has read its runs and looked for its clips."""

    def open_panel(wait=True):
        panel = show_panel(ErrorsPanel)
        if wait:
            qtbot.waitUntil(
                lambda: panel.data is not None and bool(panel.source.trouble or panel.source.dataset), timeout=30_000
            )  # the first to open a dataset imports its libraries
        return panel

    return open_panel
