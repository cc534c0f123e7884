"""The queue of runs below the curves."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QMessageBox, QPlainTextEdit

from core.datasets.base import Modality
from core.recipe import Recipe
from core.run_records import LogRow, Phase
from core.run_spec import Network
from core.runs import run_folder
from core.settings_file import write_toml
from core.study import Study
from gui import theme
from gui.panels.train import EXTENDING, TrainPanel
from gui.panels.train_origin import in_short
from gui.panels.train_queue import AVERAGED, MODALITY
from tests.gui import fakes

NETWORKS = (Network(architecture="baseline_cnn"), Network(architecture="alexnet"))
STATE, EPOCH, SIZE = 3, 4, 6


def write_study(workspace, name: str, trained: int = 1, modality: Modality = Modality.AUDIO) -> Study:
    """A study of two folds whose first runs have an epoch behind them; the others wait."""
    study = Study(name=name, folds=(1, 2), network=NETWORKS, modality=modality)
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
    return [
        curves.items["training loss"].opts["pen"].color() == curves.look.colour for curves in panel.curves.runs.values()
    ]


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


def test_when_the_last_run_of_a_study_is_deleted_the_next_is_shown_and_at_last_the_welcome(panel, qtbot, context):
    for left in (["two"], []):
        study = panel.runs.study
        for row in panel.runs.rows:
            row.folder.delete()
        with qtbot.waitSignals([panel.runs.loaded] * 2) if left else qtbot.waitSignal(panel.runs.loaded):
            context.runs_changed.emit()
        names = [panel.queue.studies.itemText(i) for i in range(panel.queue.studies.count())]
        assert study not in names or not left
        assert ([panel.runs.study] if panel.runs.rows else []) == left
        assert (panel._pages.currentWidget() is panel.welcome) == (not left)


def test_nobody_is_welcomed_while_runs_are_read(qtbot, context):
    write_study(context.workspace, "one")
    made = TrainPanel(context)
    qtbot.addWidget(made)
    with qtbot.waitSignal(made.runs.loaded):
        made.show()
        made.activate()
        assert not made.runs.rows and made._pages.currentWidget() is not made.welcome
    made.close_panel()


def test_deleted_runs_go_while_another_study_is_trained(panel, qtbot, context):
    context.engine.start(Study(name="two", folds=(1, 2), network=NETWORKS))
    panel.runs.rows[0].folder.delete()
    with qtbot.waitSignal(panel.runs.loaded):
        context.runs_changed.emit()  # as it is said when they are deleted in Compare
    assert len(panel.runs.rows) == 3
    shown(qtbot, panel, "two")
    with qtbot.assertNotEmitted(panel.runs.loaded, wait=200):
        context.runs_changed.emit()  # of the study under way, events say what is new
    context.engine.finish()
    qtbot.waitUntil(lambda: not panel._timer.isActive())


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


def test_what_one_study_says_is_not_shown_on_the_runs_of_another(panel, qtbot, context):
    study = Study(name="one", folds=(1, 2), network=NETWORKS)
    first, second = list(study.runs((1, 2)))[:2]
    context.engine.start(study)
    with qtbot.waitSignal(panel.runs.loaded):
        context.engine.say(fakes.study_started(study, list(study.runs((1, 2)))), fakes.run_started(first))
    context.engine.say(fakes.epoch_ended(first, 2))
    qtbot.waitUntil(lambda: cells(panel, EPOCH)[0] == "2 / 30")
    shown(qtbot, panel, "two")  # its runs have the same ids
    panel.curves.runs[first.id].batches_per_epoch = 5
    context.engine.batch(first.id, 1, 2.5)
    context.engine.say(fakes.epoch_ended(first, 3), fakes.run_finished(first), fakes.run_started(second))
    qtbot.waitUntil(
        lambda: [run.run for run in context.engine.status.under_way] == [second.id] and not context.engine._batches
    )
    assert cells(panel, STATE) == ["stopped", "waiting", "waiting", "waiting"]
    assert cells(panel, EPOCH)[0] == "1 / 30" and len(panel.curves.runs[first.id].rows) == 1
    assert not len(panel.curves.runs[first.id].trace.points()[0])
    shown(qtbot, panel, "one")
    assert cells(panel, STATE)[:2] == ["done", "training"], "what was said meanwhile is not lost"
    shown(qtbot, panel, "two")
    context.engine.finish()
    qtbot.waitUntil(lambda: not panel._timer.isActive())
    shown(qtbot, panel, "one")
    assert "training" not in cells(panel, STATE), "the disk knows better once the study has ended"


def test_runs_whose_study_starts_while_the_question_is_open_are_not_deleted(panel, qtbot, context, monkeypatch):
    def study_starts(box):  # it was being estimated when Delete was pressed
        context.engine.start(Study(name="one", folds=(1, 2), network=NETWORKS))
        next(button for button in box.buttons() if button.text() == "Delete").click()

    monkeypatch.setattr(QMessageBox, "exec", study_starts)
    panel.queue.table.selectRow(0)
    folder = panel.queue.chosen()[0].folder
    with qtbot.waitSignal(context.message) as said:
        panel.queue.delete.click()
    assert "stop the study first" in said.args[0]
    assert folder.path.exists()
    context.engine.finish()
    qtbot.waitUntil(lambda: not panel._timer.isActive())


def test_a_run_that_has_not_begun_has_no_size(panel):
    sizes = cells(panel, SIZE)
    assert sizes[0].endswith("kB")
    assert set(sizes[1:]) == {""}


def write_comparison(workspace) -> list:
    """Sound, sight and the average of their scores: of the last nothing is trained, and it has no epochs."""
    networks = (
        Network(modality="audio"),
        Network(modality="video"),
        Network(modality="audio-visual", fusion="score average"),
    )
    study = Study(name="three", folds=(1,), network=networks, recipe=Recipe(validation_share=0.2))
    specs = list(study.runs((1,)))
    for spec in specs:
        folder = run_folder(workspace, spec)
        folder.create(spec)
        folder.write_status(phase=Phase.DONE)
        if not spec.late:
            folder.write_log([LogRow(1, 2.0, 0.5, None, None, 1e-3, 30.0, 1.0)])
    write_toml(study, workspace.runs / "three" / "study.toml")
    return specs


@pytest.mark.parametrize("modality", [Modality.AUDIO, Modality.VIDEO])
def test_a_study_of_one_modality_does_not_say_it_of_every_run(panel, qtbot, context, modality):
    write_study(context.workspace, "alone", modality=modality)
    shown(qtbot, panel, "alone")
    assert panel.queue.table.isColumnHidden(MODALITY)
    assert {curves.part for curves in panel.curves.runs.values()} == {"fold 1, seed 0", "fold 2, seed 0"}


def test_modalities_are_told_in_words_and_by_the_style_of_their_lines(panel, qtbot, context):
    specs = write_comparison(context.workspace)
    shown(qtbot, panel, "three")
    assert not panel.queue.table.isColumnHidden(MODALITY)
    assert cells(panel, MODALITY) == ["sound", "sight", "both"]
    for spec in specs[:2]:
        style = panel.curves.runs[spec.id].items["training loss"].opts["pen"].style()
        assert style == theme.MODALITY_STYLE[Modality(spec.modality)]
    assert len({curves.look.colour.name() for curves in panel.curves.runs.values()}) == 1, (
        "one architecture, one colour"
    )
    assert panel.curves.runs[specs[1].id].part == "sight, fold 1, seed 0"


def test_a_variant_looks_alike_in_the_queue_the_legend_and_the_form(panel, qtbot, context):
    networks = (Network(architecture="alexnet"), Network(architecture="alexnet", weights="imagenet"))
    study = Study(name="alike", folds=(1, 2), network=networks)
    for spec in study.runs((1, 2)):
        run_folder(context.workspace, spec).create(spec)
    write_toml(study, context.workspace.runs / "alike" / "study.toml")
    shown(qtbot, panel, "alike")
    panel.editor.set_value(study)

    def picture(icon):
        return icon.pixmap(theme.icon_size()).toImage()

    model = panel.queue.table.model()
    queue = [picture(model.index(row, 0).data(Qt.ItemDataRole.DecorationRole)) for row in range(4)]
    assert queue == 2 * [picture(panel.curves.chips[network.label].icon()) for network in networks]
    assert queue[0] != queue[1]
    assert [row._swatch.pixmap().toImage() for row in panel.editor.networks.rows] == queue[:2]


def test_an_average_of_scores_looks_finished_without_epochs(panel, qtbot, context):
    late = write_comparison(context.workspace)[2]
    shown(qtbot, panel, "three")
    assert cells(panel, STATE)[2] == "done" and cells(panel, EPOCH) == ["1 / 30", "1 / 30", "–"]
    index = panel.queue.table.model().index(2, 0)
    assert AVERAGED in index.data(Qt.ItemDataRole.ToolTipRole)
    assert "no curve" in panel.curves.key.text()
    panel.curves.set_test_accuracy(late.id, 0.75)
    panel.curves.refresh()
    assert [list(part) for part in panel.curves.runs[late.id].items["test accuracy"].getData()] == [[1.0], [75.0]]


def test_what_a_run_started_from_is_shown(panel, qtbot, monkeypatch):
    folder = panel.runs.rows[0].folder
    assert in_short(folder.initial_weights) == "It has not begun: what it starts from is written when it does."
    lines = ("/there/weights.safetensors", "sha256 0", "loaded a", "loaded b", "skipped c: no place", "missing d")
    folder.write_initial_weights(lines)
    seen = []
    monkeypatch.setattr(QDialog, "exec", lambda box: seen.append(box.findChild(QPlainTextEdit).toPlainText()))
    assert not panel.queue.origin.isEnabled()
    panel.queue.table.selectRow(0)
    panel.queue.origin.click()
    assert seen == ["\n".join(lines)]
    assert in_short(lines) == "2 tensors transferred, 1 skipped; 1 of the network started from random values."
    assert in_short(lines[:4]) == "2 tensors transferred, none skipped."
    assert in_short(("random weights",)) == "It started from random weights."


def test_a_study_is_extended_in_the_form_and_keeps_its_name_and_runs(panel, qtbot, context):
    panel.editor.set_value(Study(name="something else"))
    said: list[str] = []
    context.message.connect(lambda text, _: said.append(text))
    panel.queue.extend.click()
    assert said == [EXTENDING] and panel.editor.basics.editors["seeds"].widget.hasFocus()
    assert panel.editor.value().model_copy(update={"dataset": Study().dataset}) == Study(
        name="one", folds=(1, 2), network=NETWORKS
    )
    before = {row.id for row in panel.runs.rows}
    panel.editor.basics.editors["seeds"].set((0, 1))
    extended = {spec.id for spec in panel.editor.value().runs((1, 2))}
    assert before < extended and len(extended) == 2 * len(before)


def test_chosen_runs_are_trained_next_and_say_so(panel, qtbot, context):
    assert not panel.queue.next.isVisible()
    specs = list(write_study(context.workspace, "one", trained=0).runs((1, 2)))
    context.engine.start(Study(name="one"))
    with qtbot.waitSignal(panel.runs.loaded):
        context.engine.say(fakes.study_started(Study(name="one"), specs))
    panel.queue.show_engine(context.engine.status.state)
    panel.queue.choose(specs[2].id)
    assert panel.queue.next.isVisible() and panel.queue.next.isEnabled()
    panel.queue.next.click()
    assert context.engine.first == (specs[2].id,)
    assert cells(panel, STATE) == ["waiting", "waiting", "next", "waiting"]
    context.engine.finish()
    panel.queue.show_engine(context.engine.status.state)
    assert "next" not in cells(panel, STATE)
