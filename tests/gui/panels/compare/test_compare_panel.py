"""The Compare panel on fabricated runs: table, plot and sentences."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QPushButton

from core.evaluation.metrics import METRICS
from core.evaluation.statistics import ONE_FOLD
from core.recipe import Recipe
from core.run_records import Phase
from core.run_spec import RunSpec
from core.runs import run_folder
from gui import rail, theme
from gui.panels.compare_means import MeansPage
from gui.widgets.modality_grid import NETWORK
from gui.widgets.result_tree import GIVEN, METRIC, WEIGHTS
from tests.gui.make_runs import NETWORKS, make_modalities, make_study, synthetic_clips
from tests.gui.panels.compare.steps import ESC10, STUDY, choose_metric, page, rows


def test_without_runs_it_says_what_will_be_here(qtbot, opened, context):
    panel = opened(wait=False)
    (button,) = [b for b in panel.findChildren(QPushButton) if b.isVisible()]
    with qtbot.waitSignal(context.panel_wanted) as caught:
        button.click()
    assert caught.args == ["train"]


def test_networks_stand_best_first_with_mean_interval_and_basis(opened, context):
    make_study(context.workspace, synthetic_clips(6, per_class=16), dataset=ESC10, seeds=(0, 1))
    panel = opened()
    assert rows(panel) == [n.label for n in panel.overview.summary.networks]
    best, item = panel.overview.summary.networks[0], panel.tree.topLevelItem(0)
    mean = best.means["accuracy"]
    assert item.text(METRIC) == f"{100 * mean.value:.1f}"
    assert item.text(METRIC + 1) == f"{100 * mean.low:.1f} – {100 * mean.high:.1f}"
    assert item.text(METRIC + 2) == "4 × 2"
    assert item.childCount() == 8
    assert "ESC-10" in panel.about.text()


def test_a_study_that_is_being_read_is_read_on_when_a_run_changes(qtbot, opened, context):
    for study in ("first", "second"):
        make_study(context.workspace, synthetic_clips(4, per_class=8), study=study, networks=NETWORKS[:2])
    panel = opened()
    other = next(name for name in ("first", "second") if name != panel.study)
    panel.study_choice.setCurrentText(other)
    panel.study_choice.activated.emit(0)
    context.runs_changed.emit()  # before the other one is there
    assert panel.study_choice.currentText() == other
    qtbot.waitUntil(lambda: panel.study == other, timeout=20_000)


def test_every_column_is_in_view_in_a_window_of_1280_pixels(opened, context):
    make_study(context.workspace, synthetic_clips(6, per_class=16), dataset=ESC10)
    panel = opened()
    panel.resize(1280 - rail.WIDTH, 720)
    header = panel.tree.header()
    metrics = panel.tree.fontMetrics()
    intervals = set()
    for name in ("accuracy", "log_loss"):
        choose_metric(panel, name)
        assert header.length() <= panel.tree.viewport().width()
        intervals |= {panel.tree.topLevelItem(place).text(METRIC + 1) for place in range(3)}
    choose_metric(panel, "accuracy")
    for column in range(1, header.count()):
        if panel.tree.isColumnHidden(column):
            assert column == GIVEN
            continue
        heading = panel.tree.headerItem().text(column)
        assert metrics.horizontalAdvance(heading) + 2 * theme.GRID <= header.sectionSize(column), heading
        texts = [panel.tree.topLevelItem(place).text(column) for place in range(panel.tree.topLevelItemCount())]
        texts += {2: [phase.word for phase in Phase], METRIC + 1: list(intervals), METRIC + 3: ["+11.1"]}.get(
            column, []
        )
        for text in texts:  # padded by the style sheet and by Qt
            assert metrics.horizontalAdvance(text) + 2 * theme.GRID + 6 <= header.sectionSize(column), text


def test_the_plot_shows_what_the_table_says_and_published_lines_with_sources(opened, context):
    make_study(context.workspace, synthetic_clips(6, per_class=16), dataset=ESC10)
    panel = opened()
    forest, networks = page(panel, MeansPage).forest, panel.overview.summary.networks
    assert [row.name for row in forest.rows] == [n.label for n in networks]
    assert [len(row.dots) for row in forest.rows] == [4, 4, 4]
    assert "Piczak" in " ".join(line.tip for line in forest.lines)
    dot = forest.rows[0].dots[2]
    tip = forest.tip_at(QPointF(forest.x_of(dot[1]), forest._dot_y(0)))
    assert f"{dot[1]:.1f}" in tip
    rect, _, line = forest.labels()[0]
    assert forest.tip_at(rect.center()) == line.tip
    placed = [rect for rect, _, _ in forest.labels()]
    for i, one in enumerate(placed):
        assert not any(one.intersects(other) for other in placed[i + 1 :])
        assert one.left() >= 0
        assert one.right() <= forest.width() + 0.5


def test_every_metric_can_be_chosen_and_only_accuracy_has_published_lines(opened, context):
    make_study(context.workspace, synthetic_clips(6, per_class=16), dataset=ESC10)
    panel = opened()
    for name, metric in METRICS.items():
        choose_metric(panel, name)
        assert metric.title in panel.tree.headerItem().text(METRIC)
        assert bool(page(panel, MeansPage).forest.lines) == (name == "accuracy")
        assert page(panel, MeansPage).findings.text().count(metric.title) >= 3
        assert not panel.grab().isNull()


def test_table_and_plot_begin_with_the_best_and_say_where_that_is_the_lowest(opened, context):
    make_study(context.workspace, synthetic_clips(6, per_class=16), dataset=ESC10)
    spec = RunSpec(study=STUDY, network=NETWORKS[0], dataset=ESC10, recipe=Recipe(), fold=5, seed=0)
    run_folder(context.workspace, spec).create(spec)
    panel = opened()
    for name, metric in [*METRICS.items(), ("accuracy", METRICS["accuracy"])]:
        choose_metric(panel, name)
        assert rows(panel) == [*(row.name for row in page(panel, MeansPage).forest.rows), "Not finished (1)"]
        means = [row.mean for row in page(panel, MeansPage).forest.rows]
        assert means == sorted(means, reverse=metric.higher_is_better)
        for text in (page(panel, MeansPage).forest.title, panel.tree.headerItem().toolTip(METRIC)):
            assert ("lower is better" in text.lower()) != metric.higher_is_better


def test_another_metric_leaves_an_order_that_was_chosen_by_another_column(opened, context):
    make_study(context.workspace, synthetic_clips(6, per_class=16), dataset=ESC10)
    panel = opened()
    panel.tree.sortByColumn(0, Qt.SortOrder.AscendingOrder)
    choose_metric(panel, "log_loss")
    assert rows(panel) == sorted(rows(panel))


def test_one_run_has_no_interval_and_says_so(opened, context):
    make_study(context.workspace, synthetic_clips(6, per_class=16), networks=NETWORKS[:1], folds=(1,))
    panel = opened()
    assert page(panel, MeansPage).forest.rows[0].low is None
    assert "one fold" in panel.tree.topLevelItem(0).text(METRIC + 1)
    assert "no interval" in page(panel, MeansPage).findings.text()
    assert "synthetic" in panel.about.text()


def test_one_fold_is_said_once_above_the_pairs(opened, context):
    make_study(context.workspace, synthetic_clips(6, per_class=16), folds=(1,))
    said = page(opened(), MeansPage).findings.text()
    assert said.startswith(f"<p>{ONE_FOLD}</p>") and said.count("no interval") == 1
    assert said.count(" over 1 fold.") == 3


def test_presentation_names_study_and_dataset(opened, context):
    make_study(context.workspace, synthetic_clips(6, per_class=16), folds=(1,))
    panel = opened()
    assert panel.heading.isHidden()
    panel.present(True)
    assert panel.heading.isVisible() and not panel.study_choice.isVisible()
    assert STUDY in panel.heading.text() and "synthetic" in panel.heading.text()
    panel.present(False)
    assert panel.heading.isHidden() and panel.study_choice.isVisible()


def test_a_long_title_is_whole_below_the_plot(opened, context):
    make_modalities(context.workspace, synthetic_clips(6, per_class=16), folds=(1,))
    panel = opened()
    panel.resize(1280 - rail.WIDTH, 720)
    for name in METRICS:
        choose_metric(panel, name)
        title, wide = page(panel, MeansPage).forest._title()
        assert title == page(panel, MeansPage).forest.title and wide <= page(panel, MeansPage).forest.width()


def test_several_pairs_are_corrected_for(opened, context):
    make_study(context.workspace, synthetic_clips(6, per_class=16))
    panel = opened()
    assert page(panel, MeansPage).findings.text().count("Holm over 3 pairs") == 3


def test_double_click_asks_for_the_errors_of_the_network(qtbot, opened, context):
    make_study(context.workspace, synthetic_clips(6, per_class=16))
    panel = opened()
    item = panel.tree.topLevelItem(1)
    with qtbot.waitSignal(context.panel_wanted) as caught:
        panel.tree.itemActivated.emit(item, 0)
    assert caught.args == ["errors"]
    assert (context.errors_request.study, context.errors_request.network) == (STUDY, item.text(0))


def test_a_double_click_and_enter_ask_for_the_errors_of_a_network_once(qtbot, opened, context):
    make_modalities(context.workspace, synthetic_clips(6, per_class=8), folds=(1, 2))
    panel = opened()
    for table, column in ((panel.grid, 2), (panel.tree, METRIC)):
        panel.tables.setCurrentWidget(table)
        asked: list[str] = []
        table.errors_wanted.connect(asked.append)
        item = table.topLevelItem(0)
        at = table.visualRect(table.indexFromItem(item, column)).center()
        for click in (qtbot.mouseClick, qtbot.mouseDClick):  # a double click begins with one
            click(table.viewport(), Qt.MouseButton.LeftButton, pos=at)
        assert asked == [item.data(column, NETWORK) if table is panel.grid else item.text(0)]
        qtbot.keyClick(table, Qt.Key.Key_Return)
        assert asked == 2 * asked[:1]


def test_networks_are_sorted_by_what_they_started_from(opened, context):
    make_study(context.workspace, synthetic_clips(6, per_class=8), folds=(1, 2))
    panel = opened()
    for order in Qt.SortOrder:
        panel.tree.sortByColumn(WEIGHTS, order)
        words = [panel.tree.topLevelItem(place).text(WEIGHTS) for place in range(3)]
        assert words == sorted(["scratch", "imagenet", "imagenet"], reverse=order == Qt.SortOrder.DescendingOrder)


def test_tables_are_copied_as_markdown_csv_and_latex(opened, context):
    make_modalities(context.workspace, synthetic_clips(6, per_class=8))
    panel = opened()
    signs = {"markdown": "|---|", "latex": r"\toprule", "figures csv": "accuracy_mean,", "csv": ",Sound,Sight,Both"}
    for action in panel.copy.menu().actions():
        which, form = action.data().split()
        if which == "tab":  # tested with the tabs that show one
            continue
        action.trigger()
        text = QGuiApplication.clipboard().text()
        if which == "runs":
            assert text.count("\n") == 1 + 24
        else:
            whole = which == "modalities"
            assert all(name in text for name in (("Baseline CNN", "ResNet-50") if whole else rows(panel)))
            assert signs.get(action.data(), signs[form]) in text
        assert "synthetic" in text
