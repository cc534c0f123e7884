"""The queue of runs below the curves."""

from __future__ import annotations

import pytest

from core.runs import LogRow, Phase, run_folder
from core.study import Network, Study, write_toml
from gui.panels.train import TrainPanel
from tests.gui import fakes

NETWORKS = (Network(architecture="baseline_cnn"), Network(architecture="alexnet"))
STATE, SIZE = 3, 6


def write_study(workspace, name: str, trained: int = 1) -> Study:
    """A study of two folds whose first runs have an epoch behind them; the others wait."""
    study = Study(name=name, folds=(1, 2), network=NETWORKS)
    for place, spec in enumerate(study.runs((1, 2))):
        folder = run_folder(workspace, spec)
        folder.create(spec)
        folder.write_status(phase=Phase.CANCELLED if place < trained else Phase.WAITING)
        if place < trained:
            folder.write_log([LogRow(1, 2.0, 0.5, None, None, 1e-3, 30.0, 1.0)])
    write_toml(study, workspace.runs / name / "study.toml")
    return study


@pytest.fixture
def panel(qtbot, context):
    for name in ("one", "two"):
        write_study(context.workspace, name)
    made = TrainPanel(context)
    made.resize(1200, 720)
    made.show()
    shown(qtbot, made, "one")
    yield made
    made.close_panel()
    made.close()
    made.deleteLater()


def shown(qtbot, panel, name):
    with qtbot.waitSignal(panel.runs.loaded):
        panel.runs.show(name)


def cells(panel, column):
    model = panel.queue.table.model()
    return [model.index(row, column).data() for row in range(model.rowCount())]


def full_strength(panel):
    return [curves.items["training loss"].opts["pen"].color() == curves.colour for curves in panel.curves.runs.values()]


def test_nothing_is_chosen_in_a_study_that_was_just_opened(panel, qtbot):
    panel.queue.table.selectRow(0)
    assert full_strength(panel).count(False) == 3
    shown(qtbot, panel, "two")  # its runs have the same ids
    assert panel.queue.chosen() == []
    assert all(full_strength(panel))


def test_nothing_is_chosen_when_the_chosen_run_was_deleted(panel, qtbot):
    panel.queue.table.selectRow(0)
    panel.runs.rows[0].folder.delete()
    shown(qtbot, panel, "one")
    assert all(full_strength(panel))


def test_nothing_is_chosen_when_a_study_starts(panel, qtbot, context):
    panel.queue.table.selectRow(0)
    study = Study(name="one", folds=(1, 2), network=NETWORKS)
    context.engine.start(study)
    with qtbot.waitSignal(panel.runs.loaded):
        context.engine.say(fakes.study_started(study, list(study.runs((1, 2)))))
    assert panel.queue.chosen() == [] and all(full_strength(panel))
    context.engine.finish()
    qtbot.waitUntil(lambda: not panel._timer.isActive())


def test_a_run_that_is_paused_says_so(panel, qtbot, context):
    study = Study(name="one", folds=(1, 2), network=NETWORKS)
    context.engine.start(study)
    first = next(study.runs((1, 2)))
    with qtbot.waitSignal(panel.runs.loaded):
        context.engine.say(fakes.study_started(study, list(study.runs((1, 2)))), fakes.run_started(first))
    qtbot.waitUntil(lambda: cells(panel, STATE)[0] == "training")
    assert cells(panel, SIZE)[0] == "", "it is known when the run ends"
    context.engine.pause()  # as the status bar does: no event says so
    qtbot.waitUntil(lambda: cells(panel, STATE)[0] == "paused")
    context.engine.resume()
    qtbot.waitUntil(lambda: cells(panel, STATE)[0] == "training")
    context.engine.cancel()
    qtbot.waitUntil(lambda: cells(panel, STATE)[0] == "stopping")
    context.engine.finish()
    qtbot.waitUntil(lambda: not panel._timer.isActive())


def test_a_run_that_has_not_begun_has_no_size(panel):
    sizes = cells(panel, SIZE)
    assert sizes[0].endswith("kB")
    assert set(sizes[1:]) == {""}
