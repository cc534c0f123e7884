"""Every row of PANELS: what it declares, and that its panel comes and goes without leaving anything behind."""

from __future__ import annotations

import pytest
import qtawesome
from PySide6.QtGui import QKeySequence

from core.tables import load_dotted
from gui.panels import PANELS
from gui.panels.base import Panel


@pytest.mark.parametrize("name", PANELS)
def test_a_row_declares_what_the_window_needs(qapp, name):
    info = PANELS[name]
    assert info.title and info.help.endswith(".")
    assert not qtawesome.icon(info.icon).isNull()
    assert issubclass(load_dotted(info.factory), Panel)
    for shortcut in info.shortcuts:
        assert QKeySequence(shortcut.keys).toString(), shortcut
        assert shortcut.does


@pytest.mark.parametrize("name", PANELS)
def test_a_panel_comes_and_goes_in_an_empty_workspace(qtbot, context, name):
    panel = load_dotted(PANELS[name].factory)(context)
    panel.resize(1192, 720)
    panel.show()
    panel.activate()
    panel.present(True)
    panel.present(False)
    panel.save_state()
    assert panel.minimumSizeHint().width() <= 1280 - 88, "fits beside the rail at 1280×800"
    assert panel.minimumSizeHint().height() <= 800 - 40
    panel.close_panel()
    panel.close()
    panel.deleteLater()
