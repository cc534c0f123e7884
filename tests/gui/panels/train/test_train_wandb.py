"""What a study tells Weights & Biases is offered where that is installed, and in view wherever it is asked for."""

from __future__ import annotations

import pytest

import gui.panels.train_study
from core.study import Study


@pytest.mark.parametrize(
    ("installed", "mode", "offered"),
    [(True, "off", True), (False, "off", False), (False, "online", True)],
)
def test_it_is_offered_where_it_is_installed_or_asked_for(editor, monkeypatch, installed, mode, offered):
    monkeypatch.setattr(gui.panels.train_study, "wandb_installed", lambda: installed)
    editor.set_value(Study(wandb=mode))
    form = editor.basics
    assert form._rows.isRowVisible(form._cells["wandb"]) == offered
    assert editor.value().wandb == mode
