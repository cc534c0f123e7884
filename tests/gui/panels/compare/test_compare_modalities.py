"""Sound, sight and both in the Compare panel: side by side, and where one helps the other."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor

from core.datasets.base import Modality
from core.evaluation.metrics import METRICS
from core.evaluation.overview import Overview
from core.evaluation.summary import Summary
from core.run_spec import Network
from gui.panels import compare_gains
from gui.panels.compare_gains import GainsPage
from gui.panels.compare_means import MeansPage
from gui.widgets.class_dots import RADIUS, ROW
from gui.widgets.modality_grid import BEST, NETWORK
from gui.widgets.result_tree import GIVEN, METRIC, WEIGHTS
from tests.gui.make_runs import make_modalities, make_study, synthetic_clips
from tests.gui.panels.compare.steps import choose_metric, page


def test_one_modality_has_one_table_and_one_plot(opened, context):
    make_study(context.workspace, synthetic_clips(6, per_class=8))
    context.settings.setValue("compare/page", GainsPage.title)
    panel = opened()
    assert panel.tree.isVisible() and page(panel, MeansPage).forest.isVisible()
    assert not panel.tables.tabBar().isVisible()
    assert not panel.plots.isTabVisible(panel.pages.index(page(panel, GainsPage)))
    assert panel.tree.isColumnHidden(GIVEN)


def test_what_networks_are_given_stands_once_where_all_are_given_the_same(opened, context):
    networks = (
        Network(modality="video", temporal="3-d convolution"),
        Network(architecture="alexnet", modality="video", temporal="gru"),
    )
    make_study(context.workspace, synthetic_clips(6, per_class=8), networks=networks)
    tree = opened().tree
    assert tree.isColumnHidden(GIVEN)
    assert tree.columnWidth(0) >= tree.sizeHintForColumn(0)  # the names take its room


def test_what_a_name_of_ones_own_leaves_out_is_shown(opened, context):
    make_study(
        context.workspace,
        synthetic_clips(6, per_class=8),
        networks=(Network(modality="video", temporal="gru", name="mine"),),
    )
    assert not opened().tree.isColumnHidden(GIVEN)


def test_no_name_is_cut_where_a_column_beside_has_room_to_spare(opened, context):
    make_modalities(context.workspace, synthetic_clips(6, per_class=8), fusions=("gated attention", "score average"))
    panel = opened()
    panel.resize(1192, 760)
    panel.tables.setCurrentWidget(panel.grid)
    grid = panel.grid
    columns = range(1, grid.columnCount())
    assert all(grid.columnWidth(column) >= grid.sizeHintForColumn(column) for column in columns)
    assert sum(map(grid.columnWidth, range(grid.columnCount()))) <= grid.viewport().width()


def test_the_tabs_chosen_come_back_after_a_study_of_one_modality(qtbot, opened, context):
    make_study(context.workspace, synthetic_clips(6, per_class=8), study="sound")
    make_modalities(context.workspace, synthetic_clips(6, per_class=8), study="several")
    context.settings.setValue("compare/study", "several")
    panel = opened()

    def show(study: str) -> None:
        panel.study_choice.setCurrentText(study)
        panel.study_choice.activated.emit(0)
        qtbot.waitUntil(lambda: panel.study == study, timeout=20_000)

    panel.tables.setCurrentWidget(panel.grid)
    panel.plots.setCurrentWidget(page(panel, GainsPage))
    show("sound")
    assert panel.tree.isVisible() and page(panel, MeansPage).forest.isVisible()
    panel.save_state()
    assert int(context.settings.value("compare/tables")) == 0
    assert context.settings.value("compare/page") == GainsPage.title
    show("several")
    assert panel.grid.isVisible() and page(panel, GainsPage).isVisible()


def test_sound_sight_and_both_stand_side_by_side(qtbot, opened, context):
    make_modalities(context.workspace, synthetic_clips(6, per_class=16), fusions=("gated attention", "score average"))
    panel = opened()
    grid, networks = panel.grid, {network.label: network for network in panel.overview.summary.networks}
    assert grid.isVisible() and panel.tables.tabBar().isVisible()
    assert [grid.headerItem().text(column) for column in range(4)] == ["Architecture", "● Sound", "□ Sight", "◆ Both"]
    starred: set[str] = set()
    for name, metric in METRICS.items():
        choose_metric(panel, name)
        shown = {}
        for place in range(grid.topLevelItemCount()):
            item = grid.topLevelItem(place)
            for column, modality in enumerate(Modality, start=1):
                if label := item.data(column, NETWORK):
                    shown[label] = item.text(column)
                    assert networks[label].modality == modality
        assert set(shown) == set(networks)
        for label, text in shown.items():
            assert metric.text(networks[label].means[name].value) in text
        sign = 1 if metric.higher_is_better else -1
        best = set()
        for architecture in ("baseline_cnn", "resnet50"):
            means = {
                label: sign * n.means[name].value for label, n in networks.items() if n.architecture == architecture
            }
            first = [label for label, mean in means.items() if mean == max(means.values())]
            best |= set(first) if len(first) == 1 else set()  # a tie has no star
        assert {label for label, text in shown.items() if text.startswith(BEST)} == best
        starred |= best
    assert starred
    with qtbot.waitSignal(context.panel_wanted):
        grid.itemActivated.emit(grid.topLevelItem(0), 2)
    assert context.errors_request.network == grid.topLevelItem(0).data(2, NETWORK)


def test_the_flat_table_says_what_networks_are_given_and_a_score_average_has_no_speed(opened, context):
    make_modalities(context.workspace, synthetic_clips(6, per_class=8), fusions=("gated attention", "score average"))
    panel = opened()
    tree, speed = panel.tree, METRIC + 6
    assert not tree.isColumnHidden(GIVEN)
    items = [tree.topLevelItem(place) for place in range(tree.topLevelItemCount())]
    assert {item.text(GIVEN) for item in items} == {
        "sound", "sight, average", "both, gated attention", "both, score average"
    }  # fmt: skip
    assert tree.headerItem().text(speed) == "Clips/s"
    for item in items:
        untrained = "score average" in item.text(GIVEN)
        assert (item.text(speed) == "–") == untrained
        assert (item.child(0).text(speed) == "–") == untrained
        fused = item.text(GIVEN).startswith("both")
        assert (item.text(WEIGHTS), "sound" in item.toolTip(WEIGHTS)) == (
            ("branches", True) if fused else ("scratch", False)
        )


def test_every_cell_is_in_view_after_a_study_of_one_modality(qtbot, opened, context):
    make_study(context.workspace, synthetic_clips(6, per_class=8), study="sound", folds=(1,))
    make_modalities(context.workspace, synthetic_clips(6, per_class=8), study="several", folds=(1,))
    context.settings.setValue("compare/study", "several")
    panel = opened()
    for study in ("sound", "several"):
        panel.read(study)
        qtbot.waitUntil(lambda study=study: panel.study == study and not panel.is_reading, timeout=20_000)
    qtbot.waitUntil(lambda: panel.grid.header().length() == panel.grid.viewport().width(), timeout=2000)


def test_no_mark_hides_another_one(qtbot, opened, context):
    """Sound, sight and both at the same place of a class: the square of sight is whole."""
    make_modalities(context.workspace, synthetic_clips(6, per_class=8), folds=(1,), architectures=("alexnet",))
    context.settings.setValue("compare/page", GainsPage.title)
    panel = opened()
    plot, view = page(panel, GainsPage).plot, page(panel, GainsPage)
    qtbot.waitUntil(lambda: view.gains is not None, timeout=20_000)
    plot.show_gains(replace(view.gains, values=np.ones_like(view.gains.values)), QColor("black"))
    picture = plot.viewport().grab().toImage()
    x, y = round(plot.x_of(1.0)), plot.top_of(0) + ROW / 2
    side = 0.85 * RADIUS
    for dx, dy in ((-side, -side), (side, -side), (-side, side), (side, side), (0, -side), (0, side)):
        assert picture.pixelColor(round(x + dx), round(y + dy)).lightness() < 150  # of 245 without it


def test_plot_and_findings_tell_modalities_apart(opened, context):
    make_modalities(context.workspace, synthetic_clips(6, per_class=16))
    panel = opened()
    modalities = {network.label: network.modality for network in panel.overview.summary.networks}
    assert {row.name: row.modality for row in page(panel, MeansPage).forest.rows} == modalities
    assert all(word in page(panel, MeansPage).forest.title for word in ("solid", "dashed", "dotted"))
    said = page(panel, MeansPage).findings.text()
    first, second = said.index("another modality"), said.index("All other pairs")
    assert first < second
    assert said[first:second].count("Accuracy:") == 6
    assert said[second:].count("Accuracy:") == 3, "of nine, those with the best network"


def test_where_a_modality_helps_is_told_and_leads_to_the_clips_of_a_class(qtbot, opened, context):
    make_modalities(context.workspace, synthetic_clips(10, per_class=16), fusions=("gated attention", "score average"))
    panel = opened()
    view = page(panel, GainsPage)
    assert view.gains is None  # nothing is read before it is seen
    panel.plots.setCurrentWidget(view)
    qtbot.waitUntil(lambda: view.gains is not None, timeout=20_000)
    assert view.plot.order == list(view.gains.order())
    assert view.said.text().startswith("Both lies above")
    assert view.whole.isVisible() and view.whole.text() == view.gains.whole()
    combos = [modality for modality, combo in view.networks.items() if combo.isVisible()]
    assert combos == [Modality.AUDIO_VISUAL]
    before = view.gains
    view.networks[Modality.AUDIO_VISUAL].setCurrentIndex(1)
    view.networks[Modality.AUDIO_VISUAL].activated.emit(1)
    qtbot.waitUntil(lambda: view.gains is not None and view.gains is not before, timeout=20_000)
    for place in range(2):
        before = view.gains
        view.score.setCurrentIndex(1 - place)
        view.score.activated.emit(1 - place)
        qtbot.waitUntil(lambda before=before: view.gains is not None and view.gains is not before, timeout=20_000)
        assert view.gains.score == ("f1", "recall")[place]
    label = view.plot.order[1]
    at = QPoint(60, round(view.plot.top_of(1) + 5))
    qtbot.mouseMove(view.plot.viewport(), at)
    qtbot.waitUntil(lambda: view.said.text() == view.gains.sentence(label))
    with qtbot.waitSignal(context.panel_wanted) as caught:
        qtbot.mouseClick(view.plot.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert caught.args == ["errors"]
    assert context.errors_request.true_class == view.gains.classes[label]
    assert context.errors_request.network == view.chosen()[Modality.AUDIO_VISUAL].label
    qtbot.keyClick(view.plot, Qt.Key.Key_Down)
    assert view.said.text() == view.gains.sentence(view.plot.order[2])
    with qtbot.waitSignal(context.panel_wanted):
        qtbot.keyClick(view.plot, Qt.Key.Key_Return)


def test_what_is_read_of_other_networks_does_not_arrive_any_more(qtbot, opened, context, monkeypatch):
    make_modalities(context.workspace, synthetic_clips(6, per_class=8), folds=(1,))
    panel = opened()
    view, late = page(panel, GainsPage), threading.Event()
    panel.plots.setCurrentWidget(view)
    qtbot.waitUntil(lambda: view.gains is not None, timeout=20_000)
    read = compare_gains.read_modality_gains

    def read_late(*given):
        late.wait(10)
        return read(*given)

    monkeypatch.setattr(compare_gains, "read_modality_gains", read_late)
    view.show_overview(panel.overview, "accuracy", {})
    view.show_overview(
        Overview("none", Summary()), "accuracy", {}
    )  # a study in which no architecture has two modalities
    late.set()
    qtbot.waitUntil(lambda: not context.jobs.busy)
    assert view.gains is None and view.plot.order == [] and not view.said.text()


def test_a_hundred_classes_can_be_scrolled_and_walked_through(qtbot, opened, context):
    make_modalities(context.workspace, synthetic_clips(101, per_class=4), architectures=("alexnet",), folds=(1,))
    context.settings.setValue("compare/page", GainsPage.title)
    panel = opened()
    plot = page(panel, GainsPage).plot
    qtbot.waitUntil(lambda: len(plot.order) == 101, timeout=20_000)
    assert plot.verticalScrollBar().maximum() > 0
    for _ in range(101):
        qtbot.keyClick(plot, Qt.Key.Key_Down)
    assert plot.current == 100
    assert plot.row_at(plot.top_of(100) + 5) == 100  # in view
    assert not panel.grab().isNull()
