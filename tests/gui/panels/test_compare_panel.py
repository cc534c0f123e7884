"""The Compare panel on fabricated runs: table, plot, sentences, and what a row's menu does."""

from __future__ import annotations

import threading

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QInputDialog, QMessageBox, QPushButton

from core.datasets.base import Modality
from core.engine import EngineStatus, State
from core.evaluation.metrics import METRICS
from core.evaluation.summary import Summary
from core.recipe import Recipe
from core.run_spec import DatasetChoice, RunSpec
from core.runs import Phase, find_run, run_folder
from gui import rail, theme
from gui.panels.compare import ComparePanel
from gui.widgets import gains_view
from gui.widgets.modality_grid import BEST, NETWORK
from gui.widgets.result_tree import GIVEN, METRIC, WEIGHTS
from tests.gui import fakes
from tests.gui.make_runs import NETWORKS, make_modalities, make_study, synthetic_clips

STUDY = "fabricated-test-data"
ESC10 = DatasetChoice(name="esc10")


@pytest.fixture
def opened(qtbot, show_panel):
    """Make the panel and wait until it has read its runs."""

    def open_panel(wait=True):
        panel = show_panel(ComparePanel)
        if wait:
            qtbot.waitUntil(lambda: panel.overview is not None, timeout=60_000)  # scikit-learn is imported here
        return panel

    return open_panel


def rows(panel) -> list[str]:
    return [panel.tree.topLevelItem(i).text(0) for i in range(panel.tree.topLevelItemCount())]


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
    forest, networks = panel.forest, panel.overview.summary.networks
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
        assert bool(panel.forest.lines) == (name == "accuracy")
        assert panel.findings.text().count(metric.title) >= 3
        assert not panel.grab().isNull()


def choose_metric(panel, name: str) -> None:
    panel.metric_choice.setCurrentIndex(panel.metric_choice.findData(name))
    panel.metric_choice.activated.emit(0)


def test_table_and_plot_begin_with_the_best_and_say_where_that_is_the_lowest(opened, context):
    make_study(context.workspace, synthetic_clips(6, per_class=16), dataset=ESC10)
    spec = RunSpec(study=STUDY, network=NETWORKS[0], dataset=ESC10, recipe=Recipe(), fold=5, seed=0)
    run_folder(context.workspace, spec).create(spec)
    panel = opened()
    for name, metric in [*METRICS.items(), ("accuracy", METRICS["accuracy"])]:
        choose_metric(panel, name)
        assert rows(panel) == [*(row.name for row in panel.forest.rows), "Not finished (1)"]
        means = [row.mean for row in panel.forest.rows]
        assert means == sorted(means, reverse=metric.higher_is_better)
        for text in (panel.forest.title, panel.tree.headerItem().toolTip(METRIC)):
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
    assert panel.forest.rows[0].low is None
    assert "one fold" in panel.tree.topLevelItem(0).text(METRIC + 1)
    assert "no interval" in panel.findings.text()
    assert "synthetic" in panel.about.text()


def test_several_pairs_are_corrected_for(opened, context):
    make_study(context.workspace, synthetic_clips(6, per_class=16))
    panel = opened()
    assert panel.findings.text().count("Holm over 3 pairs") == 3


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


def menu(panel, item) -> dict[str, QAction]:
    made = panel.tree.menu_of(item)
    return {action.text(): action for action in made.actions()}


def test_a_run_is_deleted_after_a_question_and_only_then(qtbot, opened, context, monkeypatch):
    runs = make_study(context.workspace, synthetic_clips(6, per_class=8))
    panel = opened()
    answers = iter(["Keep", "Delete"])

    def answer(box):
        wanted = next(answers)
        next(button for button in box.buttons() if button.text() == wanted).click()

    monkeypatch.setattr(QMessageBox, "exec", answer)
    item = panel.tree.topLevelItem(0).child(0)
    menu(panel, item)["Delete this run …"].trigger()
    assert all(run.path.exists() for run in runs)
    menu(panel, item)["Delete this run …"].trigger()
    assert sum(run.path.exists() for run in runs) == len(runs) - 1
    qtbot.waitUntil(lambda: len(panel.overview.summary.runs) == len(runs) - 1, timeout=20_000)


def test_runs_of_the_study_under_way_are_not_deleted(opened, context, monkeypatch):
    runs = make_study(context.workspace, synthetic_clips(6, per_class=8), networks=NETWORKS[:1], folds=(1,))
    panel = opened()
    context.engine._status = EngineStatus(State.RUNNING, STUDY)
    said = []
    context.message.connect(lambda text, level: said.append(text))
    menu(panel, panel.tree.topLevelItem(0).child(0))["Delete this run …"].trigger()
    context.engine._status = EngineStatus()
    assert runs[0].path.exists()
    assert "stop the study" in said[0]


def test_a_note_is_kept_and_shown(qtbot, opened, context, monkeypatch):
    (run,) = make_study(context.workspace, synthetic_clips(6, per_class=8), networks=NETWORKS[:1], folds=(1,))
    panel = opened()
    monkeypatch.setattr(QInputDialog, "getMultiLineText", lambda *given: ("with the new microphone", True))
    menu(panel, panel.tree.topLevelItem(0).child(0))["Write a note …"].trigger()
    assert run.note == "with the new microphone"
    last = panel.tree.columnCount() - 1
    qtbot.waitUntil(lambda: panel.tree.topLevelItem(0).child(0).text(last) == "with the new microphone")


def test_a_run_is_given_a_name(qtbot, opened, context, monkeypatch):
    (run,) = make_study(context.workspace, synthetic_clips(6, per_class=8), networks=NETWORKS[:1], folds=(1,))
    panel = opened()
    monkeypatch.setattr(QInputDialog, "getText", lambda *given: ("with rain", True))
    menu(panel, panel.tree.topLevelItem(0).child(0))["Name it …"].trigger()
    assert run.title == "with rain"
    qtbot.waitUntil(lambda: panel.tree.topLevelItem(0).child(0).text(0) == "with rain · fold 1 · seed 0")


def test_a_double_click_on_a_note_writes_it_and_leads_nowhere(qtbot, opened, context, monkeypatch):
    (run,) = make_study(context.workspace, synthetic_clips(6, per_class=8), networks=NETWORKS[:1], folds=(1,))
    panel = opened()
    monkeypatch.setattr(QInputDialog, "getMultiLineText", lambda *given: ("by the window", True))
    network = panel.tree.topLevelItem(0)
    with qtbot.assertNotEmitted(context.panel_wanted):
        for item in (network.child(0), network):  # a network has no note of its own
            panel.tree.itemActivated.emit(item, panel.tree.columnCount() - 1)
    assert run.note == "by the window"


def test_a_run_says_its_name_for_the_command_line_and_puts_it_on_the_clipboard(opened, context):
    (run,) = make_study(context.workspace, synthetic_clips(6, per_class=8), networks=NETWORKS[:1], folds=(1,))
    panel = opened()
    said = []
    context.message.connect(lambda text, level: said.append(text))
    item = panel.tree.topLevelItem(0).child(0)
    assert f"{STUDY}/{run.id}" in item.toolTip(0)
    menu(panel, item)["Copy its name for verify"].trigger()
    name = QGuiApplication.clipboard().text()
    assert find_run(context.workspace, name).path == run.path
    assert f"verify {name} --workspace {context.workspace.root}”" in said[0]
    assert "Copy its name for verify" not in menu(panel, panel.tree.topLevelItem(0))


def test_unfinished_runs_are_listed_with_their_reason(opened, context):
    make_study(context.workspace, synthetic_clips(6, per_class=8), networks=NETWORKS[:1], folds=(1,))
    spec = RunSpec(study=STUDY, network=NETWORKS[1], dataset=ESC10, recipe=Recipe(), fold=2, seed=0)
    failed = run_folder(context.workspace, spec)
    failed.create(spec)
    failed.write_status(phase=Phase.FAILED, reason="The loss became NaN in batch 7.")
    panel = opened()
    (group,) = [panel.tree.topLevelItem(i) for i, name in enumerate(rows(panel)) if name.startswith("Not finished")]
    assert "NaN in batch 7" in group.child(0).text(panel.tree.columnCount() - 1)
    assert "Copy its name for verify" not in menu(panel, group.child(0))  # there is nothing to compare with


def test_a_run_whose_programme_was_killed_is_interrupted_until_it_is_taken_up(qtbot, opened, context):
    make_study(context.workspace, synthetic_clips(6, per_class=8), networks=NETWORKS[:1], folds=(1,))
    spec = RunSpec(study="fabricated test data", network=NETWORKS[1], dataset=ESC10, recipe=Recipe(), fold=2, seed=0)
    killed = run_folder(context.workspace, spec)
    killed.create(spec)
    killed.write_status(phase=Phase.RUNNING)
    panel = opened()

    def state() -> tuple[str, str]:
        item = panel.tree.topLevelItem(1).child(0)
        return item.text(WEIGHTS), item.text(panel.tree.columnCount() - 1)

    assert state()[0] == "interrupted"
    assert killed.name in panel.tree.topLevelItem(1).child(0).toolTip(0)
    assert "Resume" in state()[1]
    context.engine._status = EngineStatus(State.RUNNING, spec.study)
    context.engine.say(fakes.run_started(spec))
    qtbot.waitUntil(lambda: state()[0] == "training")  # as the Train panel calls it
    context.engine._status = EngineStatus()


def test_tables_are_copied_as_markdown_csv_and_latex(opened, context):
    make_modalities(context.workspace, synthetic_clips(6, per_class=8))
    panel = opened()
    signs = {"markdown": "|---|", "latex": r"\toprule", "csv": "accuracy_mean,", "modalities csv": ",Sound,Sight,Both"}
    for action in panel.copy.menu().actions():
        action.trigger()
        key, text = action.data(), QGuiApplication.clipboard().text()
        if key == "runs":
            assert text.count("\n") == 1 + 24
        else:
            whole = key.startswith("modalities")
            assert all(name in text for name in (("Baseline CNN", "ResNet-50") if whole else rows(panel)))
            assert signs.get(key, signs[key.split()[-1]]) in text
        assert "synthetic" in text


def test_one_modality_has_one_table_and_one_plot(opened, context):
    make_study(context.workspace, synthetic_clips(6, per_class=8))
    context.settings.setValue("compare/plots", 1)
    panel = opened()
    assert panel.tree.isVisible() and panel.forest.isVisible()
    assert not panel.tables.tabBar().isVisible() and not panel.plots.tabBar().isVisible()
    assert panel.tree.isColumnHidden(GIVEN)


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
    panel.plots.setCurrentWidget(panel.gains)
    show("sound")
    assert panel.tree.isVisible() and panel.forest.isVisible()
    panel.save_state()
    assert [int(context.settings.value(f"compare/{tabs}")) for tabs in ("tables", "plots")] == [0, 1]
    show("several")
    assert panel.grid.isVisible() and panel.gains.isVisible()


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


def test_plot_and_findings_tell_modalities_apart(opened, context):
    make_modalities(context.workspace, synthetic_clips(6, per_class=16))
    panel = opened()
    modalities = {network.label: network.modality for network in panel.overview.summary.networks}
    assert {row.name: row.modality for row in panel.forest.rows} == modalities
    assert all(word in panel.forest.title for word in ("solid", "dashed", "dotted"))
    said = panel.findings.text()
    first, second = said.index("another modality"), said.index("All other pairs")
    assert first < second
    assert said[first:second].count("Accuracy:") == 6
    assert said[second:].count("Accuracy:") == 9


def test_where_a_modality_helps_is_told_and_leads_to_the_clips_of_a_class(qtbot, opened, context):
    make_modalities(context.workspace, synthetic_clips(10, per_class=16), fusions=("gated attention", "score average"))
    panel = opened()
    view = panel.gains
    assert view.gains is None  # nothing is read before it is seen
    panel.plots.setCurrentWidget(view)
    qtbot.waitUntil(lambda: view.gains is not None, timeout=20_000)
    assert view.plot.order == list(view.gains.order())
    assert view.said.text().startswith("Both lies above")
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
    view, late = panel.gains, threading.Event()
    panel.plots.setCurrentWidget(view)
    qtbot.waitUntil(lambda: view.gains is not None, timeout=20_000)
    read = gains_view.read_modality_gains

    def read_late(*given):
        late.wait(10)
        return read(*given)

    monkeypatch.setattr(gains_view, "read_modality_gains", read_late)
    view.show_summary(panel.overview.summary)
    view.show_summary(Summary())  # a study in which no architecture has two modalities
    late.set()
    qtbot.waitUntil(lambda: not context.jobs.busy)
    assert view.gains is None and view.plot.order == [] and not view.said.text()


def test_a_hundred_classes_can_be_scrolled_and_walked_through(qtbot, opened, context):
    make_modalities(context.workspace, synthetic_clips(101, per_class=4), architectures=("alexnet",), folds=(1,))
    context.settings.setValue("compare/plots", 1)
    panel = opened()
    plot = panel.gains.plot
    qtbot.waitUntil(lambda: len(plot.order) == 101, timeout=20_000)
    assert plot.verticalScrollBar().maximum() > 0
    for _ in range(101):
        qtbot.keyClick(plot, Qt.Key.Key_Down)
    assert plot.current == 100
    assert plot.row_at(plot.top_of(100) + 5) == 100  # in view
    assert not panel.grab().isNull()


def test_opened_networks_stay_open_when_runs_change(qtbot, opened, context):
    make_study(context.workspace, synthetic_clips(6, per_class=8))
    panel = opened()
    panel.tree.topLevelItem(1).setExpanded(True)
    name, before = panel.tree.topLevelItem(1).text(0), panel.overview
    context.runs_changed.emit()
    qtbot.waitUntil(lambda: panel.overview is not before, timeout=20_000)
    (item,) = panel.tree.findItems(name, Qt.MatchFlag.MatchExactly)
    assert item.isExpanded()


def test_runs_that_are_not_finished_stay_in_view_when_there_are_more_of_them(qtbot, opened, context):
    make_study(context.workspace, synthetic_clips(6, per_class=8), networks=NETWORKS[:1], folds=(1,))
    for fold in (2, 3):
        spec = RunSpec(study=STUDY, network=NETWORKS[1], dataset=ESC10, recipe=Recipe(), fold=fold, seed=0)
        run_folder(context.workspace, spec).create(spec)
        if fold == 2:
            panel = opened()
            panel.tree.topLevelItem(1).setExpanded(True)
    context.runs_changed.emit()
    qtbot.waitUntil(lambda: rows(panel)[1] == "Not finished (2)", timeout=20_000)
    assert panel.tree.topLevelItem(1).isExpanded()
    assert not panel.tree.topLevelItem(0).isExpanded()
