"""Runs in the Compare panel: what a row's menu does, and what is said of those that are not finished."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QInputDialog, QMessageBox

from core.engine import EngineStatus, State
from core.recipe import Recipe
from core.run_records import Phase
from core.run_spec import RunSpec
from core.runs import find_run, run_folder
from gui.panels.compare_means import MeansPage
from gui.widgets.result_tree import WEIGHTS
from tests.gui import fakes
from tests.gui.make_runs import NETWORKS, make_study, synthetic_clips
from tests.gui.panels.compare.steps import ESC10, STUDY, page, rows


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


def test_a_study_without_a_finished_run_has_no_axis(opened, context):
    spec = RunSpec(study=STUDY, network=NETWORKS[1], dataset=ESC10, recipe=Recipe(), fold=2, seed=0)
    run_folder(context.workspace, spec).create(spec)
    panel = opened()
    assert "No run of this study has finished" in page(panel, MeansPage).findings.text()
    picture = page(panel, MeansPage).forest.grab().toImage()
    assert {picture.pixel(x, y) for x in range(0, picture.width(), 3) for y in range(picture.height())} == {
        picture.pixel(0, 0)
    }


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
