"""Cost in the Compare panel: what is plotted, that names do not overlap, and latency when it is asked for."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication

from core.analysis.costs import COSTS
from core.engine import EngineStatus, State
from core.evaluation.metrics import METRICS
from core.evaluation.reference import references
from core.events import Outcome, Progress, SearchStarted
from core.run_records import Latency
from core.run_spec import Network
from core.study import Study
from gui import rail
from gui.panels import compare_cost
from gui.panels.compare_cost import TRAINING, UNMEASURED, WAITING, CostPage
from tests.gui.fakes import study_started
from tests.gui.make_runs import NETWORKS, make_modalities, make_study, synthetic_clips
from tests.gui.panels.compare.steps import ESC10, STUDY, choose_metric, page


def choose_cost(view: CostPage, name: str) -> None:
    view.cost.setCurrentIndex(view.cost.findData(name))
    view.cost.activated.emit(0)


@pytest.fixture
def shown(opened, context):
    """The page of three networks on ESC-10, in view."""

    def show():
        context.settings.setValue("compare/page", CostPage.title)
        panel = opened()
        panel.resize(1280 - rail.WIDTH, 720)
        return panel, page(panel, CostPage)

    return show


def fake_latency(seconds: float) -> Latency:
    return Latency(seconds, 1.2 * seconds, 50, "here", "CPU", 2, "2.14.1", at=1.0)


def test_points_are_the_figures_of_the_networks_with_published_lines(shown, context):
    make_study(context.workspace, synthetic_clips(6, per_class=16), dataset=ESC10)
    panel, view = shown()
    networks = {network.label: network for network in panel.overview.summary.networks}
    for name in ("parameters", "multiply_adds", "seconds"):
        choose_cost(view, name)
        assert {point.name for point in view.plot.points} == set(networks)
        for point in view.plot.points:
            network = networks[point.name]
            assert point.score == pytest.approx(100 * network.means["accuracy"].value)
            exact = {"parameters": network.parameters, "multiply_adds": network.multiply_adds}
            assert point.cost.value == exact.get(name, point.cost.value) > 0
            at = view.plot.mark_of(point)
            assert view.plot.tip_at(at) == point.tip and COSTS[name].title in point.tip
    published = references("esc10")
    assert sorted(line.value for line in view.plot.lines) == [reference.accuracy for reference in published]
    assert {line.label for _, line in view.plot.line_names()} == {reference.name for reference in published}
    rect, line = view.plot.line_names()[0]
    assert any(r.source in view.plot.tip_at(rect.center()) for r in published if r.name == line.label)
    for name, metric in METRICS.items():
        choose_metric(panel, name)
        assert bool(view.plot.lines) == (name == "accuracy") and metric.title in view.plot.title
        assert not panel.grab().isNull()


def test_names_of_eight_networks_cover_neither_each_other_nor_a_mark(shown, context):
    make_modalities(
        context.workspace, synthetic_clips(6, per_class=16), dataset=ESC10,
        fusions=("gated attention", "concatenation"),
    )  # fmt: skip
    panel, view = shown()
    assert len(panel.overview.summary.networks) == 8
    for name in ("parameters", "multiply_adds", "seconds"):
        choose_cost(view, name)
        view.grab()
        placed = view.plot.labels()
        assert len(placed) == 8, name
        rects = [rect for rect, _ in placed] + [view.plot._mark(point) for _, point in placed]
        labels = len(placed)
        for (i, one), (j, other) in combinations(enumerate(rects), 2):
            assert min(i, j) >= labels or not one.intersects(other)
        assert all(view.plot.area().contains(rect) for rect in rects[:labels])
        names = [rect for rect, _ in view.plot.line_names()]
        assert not any(one.adjusted(0, 0.5, 0, -0.5).intersects(other) for one, other in combinations(names, 2))


def test_the_axis_says_where_marks_of_one_cost_are_moved_apart(shown, context):
    """Three networks as they are; then as many of one architecture, which cost the same."""
    make_study(context.workspace, synthetic_clips(6, per_class=16), dataset=ESC10)
    _, view = shown()
    choose_cost(view, "parameters")
    assert view.plot.foot() == view.plot.axis.title and len(view.plot.costs()) > 1
    alike = [replace(point, cost=view.plot.points[0].cost) for point in view.plot.points]
    view.plot.show_points([*alike[:2], view.plot.points[2]], [], [], view.plot.axis, "")
    assert view.plot.foot().endswith("stand side by side") and len(view.plot.costs()) > 1
    view.plot.show_points(alike, [], [], view.plot.axis, "")
    assert "the same for all" in view.plot.foot()
    assert view.plot.costs() == [alike[0].cost.value], "no figure stands below a mark that is moved"
    view.plot._x = (view.plot._x[1], view.plot._x[1] + 1)  # dragged out of view
    assert view.plot.costs() == []


def test_wheel_zooms_at_the_pointer_drag_pans_and_a_double_click_shows_all(qtbot, shown, context):
    make_study(context.workspace, synthetic_clips(6, per_class=16))
    _, view = shown()
    plot = view.plot
    point = plot.points[0]
    whole = plot._x, plot._y
    at = plot.mark_of(point).toPoint()
    plot._x, plot._y = (plot._x[0] - 1, plot._x[1]), plot._y
    plot.reset_zoom()
    assert (plot._x, plot._y) == whole
    qtbot.mousePress(plot, Qt.MouseButton.LeftButton, pos=at)
    qtbot.mouseMove(plot, at + QPoint(30, 20))
    qtbot.mouseRelease(plot, Qt.MouseButton.LeftButton, pos=at + QPoint(30, 20))
    moved = plot.mark_of(point)
    assert (moved - QPointF(at)).manhattanLength() == pytest.approx(50, abs=3)
    qtbot.mouseDClick(plot, Qt.MouseButton.LeftButton, pos=at)
    assert (plot._x, plot._y) == whole


def test_what_is_shown_as_a_table_is_copied(shown, context):
    runs = make_study(context.workspace, synthetic_clips(6, per_class=16))
    runs[0].write_latency(fake_latency(0.0123))
    panel, view = shown()
    assert view.figures.rowCount() == 3 and view.figures.columnCount() == 7
    action = next(a for a in panel.copy.menu().actions() if a.data() == "tab csv")
    action.trigger()
    assert QGuiApplication.clipboard().text() == view.table().csv()
    assert "12.3,14.8" in view.table().csv()
    choose_cost(view, "latency")
    assert [point.name for point in view.plot.points] == [runs[0].spec.network.label]
    assert "here: CPU, 2 threads" in view.note.text() and "Not measured there: " in view.note.text()


def test_latency_is_measured_when_asked_and_kept(qtbot, shown, context, monkeypatch):
    make_study(context.workspace, synthetic_clips(6, per_class=16), networks=NETWORKS[:2], folds=(1, 2))
    asked = []

    def measured(folders, workspace, control, report):
        asked.extend(folders)
        for done, (label, folder) in enumerate(folders.items()):
            report(Progress(f"Latency of {label}", done, len(folders), "networks"))
            folder.write_latency(fake_latency(0.01 * (done + 1)))
        return ("One of them could not be measured.",)

    monkeypatch.setattr(compare_cost, "measure_all", measured)
    panel, view = shown()
    choose_cost(view, "latency")
    assert view.plot.points == () and view.plot.empty == UNMEASURED
    said = []
    context.message.connect(lambda text, level: said.append((text, level)))
    view.measure.click()
    assert view.progress.isVisible() and not view.measure.isEnabled()
    qtbot.waitUntil(lambda: len(view.plot.points) == 2, timeout=20_000)
    assert set(asked) == {network.label for network in panel.overview.summary.networks}
    assert said == [("One of them could not be measured.", "warning")]
    assert not view.progress.isVisible() and view.measure.isEnabled()


@pytest.mark.parametrize("begun", ["study", "search"])
def test_nothing_is_measured_while_something_is_trained(qtbot, shown, context, monkeypatch, begun):
    runs = make_study(context.workspace, synthetic_clips(6, per_class=16), networks=NETWORKS[:1])
    controls = []

    def measured(folders, workspace, control, report):
        controls.append(control)
        while True:
            control.checkpoint()

    monkeypatch.setattr(compare_cost, "measure_all", measured)
    _, view = shown()
    choose_cost(view, "latency")
    study = Study(name=STUDY, network=(Network(),))
    started = study_started(study, [runs[0].spec]) if begun == "study" else SearchStarted("a search", "search", 3)
    view.begin()
    qtbot.waitUntil(lambda: bool(controls))
    context.engine.start(study)
    context.engine.say(started)
    qtbot.waitUntil(lambda: controls[0].paused)
    assert view.progress.what.text() == WAITING
    context.engine._status = EngineStatus(State.IDLE, study.name)
    context.engine.finish(Outcome.DONE)
    qtbot.waitUntil(lambda: not controls[0].paused)
    view.progress.cancel.click()
    assert controls[0].cancelled and view.measuring is None and view.measure.isEnabled()
    context.engine.start(study)
    context.engine.say(started)
    qtbot.waitUntil(lambda: not view.measure.isEnabled())
    assert TRAINING in view.note.text() and view.measure.toolTip() == TRAINING
    view.begin()
    assert len(controls) == 1
    context.engine._status = EngineStatus(State.IDLE, study.name)
    qtbot.waitUntil(lambda: not context.jobs.busy)


def test_presentation_hides_the_controls_and_the_choice_comes_back(shown, context):
    make_study(context.workspace, synthetic_clips(6, per_class=16), networks=NETWORKS[:1])
    panel, view = shown()
    choose_cost(view, "seconds")
    panel.present(True)
    assert not view.measure.isVisible() and view.plot.isVisible()
    panel.present(False)
    assert view.measure.isVisible()
    panel.save_state()
    assert CostPage(context).cost.currentData() == "seconds"
