"""From the wish to train to the start of a study."""

from __future__ import annotations

import pytest

import core.estimate
from core.engine import State
from core.estimate import Estimate
from core.runs import LogRow, Phase, run_folder
from core.study import Network, Study, write_toml
from gui.panels.train import TrainPanel
from gui.panels.train_start import what_is_left
from tests.gui import fakes

STUDY = Study(name="one", folds=(1, 2), network=(Network(architecture="baseline_cnn"), Network(architecture="alexnet")))
WHOLE = Estimate(
    440.0, 1000, 10**12, 4, {"Baseline CNN": 40.0, "AlexNet": 400.0}, {"Baseline CNN": 20.0, "AlexNet": 200.0}
)


def write_runs(workspace, epochs: dict[str, int], checkpoint: bool = True) -> list:
    """Runs of the study that were stopped after some epochs of each."""
    specs = list(STUDY.runs((1, 2)))
    for spec in specs:
        folder = run_folder(workspace, spec)
        folder.create(spec)
        done = epochs.get(spec.id, 0)
        folder.write_status(phase=Phase.CANCELLED if done else Phase.WAITING)
        folder.write_log([LogRow(n + 1, 2.0, 0.5, None, None, 1e-3, 30.0, 1.0) for n in range(done)])
        if done and checkpoint:
            folder.checkpoint.write_bytes(b"what is resumed from")
    write_toml(STUDY, workspace.runs / "one" / "study.toml")
    return specs


def test_epochs_that_a_checkpoint_keeps_are_not_estimated_again(workspace):
    epochs = STUDY.recipe.epochs
    specs = list(STUDY.runs((1, 2)))
    write_runs(workspace, {specs[1].id: epochs // 2})  # AlexNet, first fold
    left = what_is_left(WHOLE, STUDY, workspace)
    assert left.per_network == {"Baseline CNN": 40.0, "AlexNet": 300.0}
    assert left.seconds == 340.0
    assert left.per_run == WHOLE.per_run, "what a whole run takes is as before"


def test_without_a_checkpoint_or_in_another_recipe_nothing_is_saved(workspace):
    specs = list(STUDY.runs((1, 2)))
    write_runs(workspace, {specs[1].id: 10}, checkpoint=False)
    assert what_is_left(WHOLE, STUDY, workspace) == WHOLE
    write_runs(workspace, {specs[1].id: 10})
    other = STUDY.model_copy(update={"recipe": STUDY.recipe.model_copy(update={"learning_rate": 0.5})})
    assert what_is_left(WHOLE, other, workspace) == WHOLE
    finished = run_folder(workspace, specs[1])
    finished.write_status(phase=Phase.DONE)
    assert what_is_left(WHOLE, STUDY, workspace) == WHOLE, "a finished run was not estimated"


@pytest.fixture
def panel(qtbot, context):
    specs = list(STUDY.runs((1, 2)))
    write_runs(context.workspace, {specs[1].id: STUDY.recipe.epochs // 2})
    made = TrainPanel(context)
    made.resize(1200, 720)
    made.show()
    qtbot.waitUntil(lambda: bool(made.runs.rows))
    yield made
    made.close_panel()
    made.close()
    made.deleteLater()


def test_resume_says_what_is_left_and_the_time_left_counts_it_too(panel, qtbot, context, monkeypatch):
    monkeypatch.setattr(core.estimate, "estimate", lambda *args: WHOLE)
    panel.queue.resume.click()
    qtbot.waitUntil(lambda: context.engine.started == [STUDY])
    assert "6 min" in panel.controls.sentence.text()  # 340 s, not 440
    specs = list(STUDY.runs((1, 2)))
    for spec in specs:
        run_folder(context.workspace, spec).write_status(phase=Phase.WAITING)
    with qtbot.waitSignal(panel.runs.loaded):
        context.engine.say(fakes.study_started(STUDY, specs))
    assert panel.runs.seconds_left() == 340.0
    context.engine.finish()
    qtbot.waitUntil(lambda: context.engine.status.state is State.IDLE and not panel._timer.isActive())
