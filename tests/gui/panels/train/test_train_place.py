"""Who trains: this machine or a cluster; and what is shown of several runs at once."""

from __future__ import annotations

import pytest

from core.cluster import Cluster
from core.runner import in_turn
from gui.panels.train import TrainPanel
from gui.panels.train_controls import Step
from gui.panels.train_place import CLUSTER, Place
from gui.status_bar import StatusBar
from tests.gui import fakes
from tests.gui.panels.train.trial import STUDY, make_runs


@pytest.fixture
def offered(monkeypatch):
    monkeypatch.setattr("gui.panels.train_place.offered", lambda: True)


def test_a_study_starts_on_this_machine_or_on_the_cluster_that_is_named(offered, qtbot, context, estimate):
    panel = TrainPanel(context)
    qtbot.addWidget(panel)
    panel.show()
    place, engine = panel.controls.place, context.engine
    assert place.isVisible() and not place.address.isVisible()
    panel.controls.start_button.click()
    qtbot.waitUntil(lambda: len(engine.started) == 1)
    assert engine.runner is in_turn and not place.isVisible()
    engine.finish()
    qtbot.waitUntil(lambda: panel.controls.step is Step.IDLE)
    estimate.value = AssertionError("nothing is timed here for a cluster")
    place.where.setCurrentText(CLUSTER)
    for text, address in (("", "local"), (" head:6379 ", "head:6379")):
        place.address.setText(text)
        place.address.editingFinished.emit()
        place.cpus.setValue(2)
        panel.controls.start_button.click()
        assert engine.runner.__self__ == Cluster(address, 2)
        assert panel.controls.step is Step.RUNNING
        assert "known when the first runs are done" in panel.controls.sentence.text()
        engine.finish()
        qtbot.waitUntil(lambda: panel.controls.step is Step.IDLE)
    assert place.isVisible() and place.address.isVisible()
    again = Place(context)
    qtbot.addWidget(again)
    assert again.cluster == Cluster("head:6379", 2)
    panel.close_panel()


def test_without_ray_there_is_no_choice(monkeypatch, qtbot, context):
    context.settings.setValue("train/where", CLUSTER)
    monkeypatch.setattr("gui.panels.train_place.offered", lambda: False)
    panel = TrainPanel(context)
    qtbot.addWidget(panel)
    panel.show()
    assert not panel.controls.place.isVisible() and panel.controls.place.cluster is None
    panel.close_panel()


def test_several_runs_at_once_are_counted_together(train_panel, qtbot, context):
    make_runs(context.workspace)
    engine, runs = context.engine, train_panel.runs
    bar = StatusBar(context)
    qtbot.addWidget(bar)
    engine.start(STUDY)
    specs = list(STUDY.runs((1, 2)))
    with qtbot.waitSignal(runs.loaded):
        engine.say(fakes.study_started(STUDY, specs))
    engine.say(*(fakes.run_started(spec) for spec in specs[:2]))
    engine.say(*(fakes.epoch_ended(spec, epoch) for spec, epoch in zip(specs[:2], (5, 2), strict=True)))
    qtbot.waitUntil(lambda: bar.study.text() == f"{STUDY.name} · 0 of 4 runs done · 2 under way")
    bar.refresh()
    assert bar.bar.value() == round(1000 * (0.5 + 0.2) / 4)
    assert bar.speed.text() == "66.0 clips/s" and not bar.left.text()
    assert runs.seconds_left() is None, "of no network it is known how long it takes"
    runs.expect({specs[0].network.label: 20.0, specs[1].network.label: 30.0})
    assert runs.seconds_left() == (5.0 + 8.0 + 20.0 + 30.0) / 2
    assert [train_panel.queue.table.model().index(row, 4).data() for row in range(2)] == ["5 / 30", "2 / 30"]
    engine.say(fakes.run_started(specs[1]))  # on another node
    bar.refresh()
    assert bar.bar.value() == round(1000 * 0.5 / 4)
    engine.say(fakes.run_finished(specs[0]))
    qtbot.waitUntil(lambda: bar.study.text() == f"{STUDY.name} · run 2 of 4 · epoch 0 of 10")
    engine.finish()
    qtbot.waitUntil(lambda: not train_panel._timer.isActive())
    bar.close_bar()
