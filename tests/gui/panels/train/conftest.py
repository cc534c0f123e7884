"""The Train panel on an engine that trains nothing, and what it is told that a study costs."""

from __future__ import annotations

import pytest

import core.estimate
from gui.panels.train import TrainPanel
from gui.panels.train_study import StudyEditor
from tests.gui.panels.train.trial import costs


@pytest.fixture
def train_panel(qtbot, context):
    made = TrainPanel(context)
    made.resize(1200, 720)
    made.show()
    yield made
    made.close_panel()
    made.close()
    made.deleteLater()


@pytest.fixture
def editor(qtbot, context):
    made = StudyEditor(context)
    qtbot.addWidget(made)
    return made


@pytest.fixture
def estimate(monkeypatch):
    """What the estimate will say; set its `value` to an Estimate or an exception."""

    class Answer:
        value: object = costs(60)

    def fake(study, workspace, control, report):
        if isinstance(Answer.value, Exception):
            raise Answer.value
        return Answer.value

    monkeypatch.setattr(core.estimate, "estimate", fake)
    return Answer
