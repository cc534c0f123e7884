"""The Train panel on an engine that trains nothing: its form, the dataset, the start of a study."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QPushButton

from core.engine import State
from core.errors import UserError
from core.events import Outcome
from core.presets import PRESETS
from core.run_spec import DatasetChoice, Network
from core.study import Study, read_study
from gui.panels.train import TrainPanel
from gui.panels.train_controls import Step
from gui.panels.train_welcome import DEMOS
from tests.gui.panels.train.trial import STUDY, costs


@pytest.fixture
def panel(train_panel):
    return train_panel


@pytest.mark.parametrize("preset", DEMOS)
def test_a_new_workspace_offers_the_demo_studies(panel, estimate, qtbot, preset):
    assert panel._pages.currentWidget() is panel.welcome
    panel.welcome.findChild(QPushButton, preset).click()
    qtbot.waitUntil(lambda: panel.context.engine.started != [])
    assert panel.context.engine.started == [read_study(PRESETS / f"{preset}.toml")]
    assert panel._pages.currentWidget() is not panel.welcome


def test_a_short_study_starts_with_its_cost_in_view(panel, estimate, qtbot):
    panel.editor.set_value(STUDY)
    panel.controls.start_button.click()
    qtbot.waitUntil(lambda: panel.context.engine.started == [STUDY])
    assert panel.controls.sentence.text() == costs(60).sentence()
    assert panel.controls.step is Step.RUNNING


def test_a_long_study_asks_first(panel, estimate, qtbot):
    estimate.value = costs(3 * 3600)
    panel.editor.set_value(STUDY)
    panel.controls.start_button.click()
    qtbot.waitUntil(lambda: panel.controls.step is Step.ASKING)
    assert "3 h" in panel.controls.sentence.text()
    panel.controls.cancel_button.click()
    assert panel.context.engine.started == []
    assert panel.controls.step is Step.IDLE
    panel.controls.start_button.click()
    qtbot.waitUntil(lambda: panel.controls.step is Step.ASKING)
    panel.controls.confirm_button.click()
    assert panel.context.engine.started == [STUDY]


def test_an_early_click_waits_for_the_libraries(panel, estimate, qtbot):
    panel.context.libraries.ready = False
    panel.editor.set_value(STUDY)
    panel.controls.start_button.click()
    assert panel.controls.step is Step.WAITING
    assert "libraries" in panel.controls.sentence.text()
    panel.context.libraries.ready = True
    panel.context.libraries.arrived.emit()
    qtbot.waitUntil(lambda: panel.context.engine.started == [STUDY])


def test_what_cannot_be_estimated_is_said(panel, estimate, qtbot):
    estimate.value = UserError("There is no folder /nowhere. Choose it in the Data panel.")
    panel.controls.start_button.click()
    qtbot.waitUntil(lambda: panel.controls.sentence.text() == str(estimate.value))
    assert panel.controls.step is Step.IDLE
    assert panel.context.engine.started == []


def test_a_workspace_that_only_reads_does_not_start(panel, estimate):
    panel.context.workspace.writable = False
    panel.context.workspace.read_only_because = "It only reads."
    panel.controls.start_button.click()
    assert panel.controls.sentence.text() == "It only reads."
    panel.context.workspace.writable = True


def test_a_study_that_is_wrong_does_not_start_and_says_why(panel, estimate):
    panel.editor.set_value(STUDY)
    panel.editor.networks.rows[1].architecture.set("baseline_cnn")
    panel.controls.start_button.click()
    assert panel.controls.step is Step.IDLE
    assert panel.editor.basics.sentences() == {}
    assert panel.editor.networks.rows[1].said.text().startswith("Two networks are called “Baseline CNN”")


def test_the_form_gives_back_every_study(panel):
    study = Study(
        name="all of it",
        answers="Does it?",
        seeds=(0, 1),
        network=(
            Network(architecture="alexnet", weights="imagenet", freeze="stages", freeze_stages=2),
            Network(architecture="alexnet", recipe={"epochs": 5}),
            Network(architecture="resnet50", weights="file", weights_path="w.safetensors"),
        ),
    )
    panel.editor.set_value(study)
    assert panel.editor.value() == study


def test_networks_are_added_and_taken_out(panel):
    panel.editor.set_value(STUDY)
    panel.editor.networks.add.click()
    assert [n.architecture for n in panel.editor.value().network] == ["baseline_cnn", "alexnet", "resnet50"]
    panel.editor.networks.rows[0].remove.click()
    assert [n.architecture for n in panel.editor.value().network] == ["alexnet", "resnet50"]


MINE = DatasetChoice(name="labelled-folder", root="/home/me/Birds of Kent")


def test_a_dataset_is_used_when_it_is_asked_for_also_before_the_panel_exists(qtbot, context):
    context.settings.setValue("train/form", STUDY.model_copy(update={"answers": "?"}).model_dump_json())
    context.want_training(MINE)
    panel = TrainPanel(context)
    qtbot.addWidget(panel)
    panel.activate()
    study = panel.editor.value()
    panel.close_panel()
    assert study.dataset == MINE
    assert panel.editor.clips.title.text() == "Labelled folder: Birds of Kent"
    # A study is of one dataset: what was under the old name is not mixed with this.
    assert (study.name, study.answers, study.folds) == ("birds-of-kent", "", ())
    assert study.network == STUDY.network and study.recipe == STUDY.recipe


def test_looking_at_another_dataset_does_not_change_the_study(panel, context):
    panel.editor.set_value(STUDY)
    context.set_dataset(MINE, None)
    panel.activate()
    assert panel.editor.value() == STUDY


def test_clips_left_out_in_data_are_left_out_of_the_study(panel, context):
    panel.editor.set_value(STUDY.model_copy(update={"dataset": MINE}))
    context.set_dataset(MINE.model_copy(update={"exclude": ("a.wav",)}), None)
    assert panel.editor.value().dataset.exclude == ("a.wav",)
    assert panel.editor.value().name == STUDY.name


def test_a_preset_that_was_not_changed_gives_way_to_that_of_the_dataset(panel, context):
    assert panel.editor.open_file(PRESETS / "demo.toml")
    context.want_training(DatasetChoice(name="esc10", root="/somewhere"))
    panel.activate()
    expected = read_study(PRESETS / "esc10.toml")
    assert panel.editor.value().name == "esc10"
    assert panel.editor.value().recipe == expected.recipe and panel.editor.value().network == expected.network
    assert panel.editor.value().dataset.root == "/somewhere"


def test_pause_resume_and_stop(panel, estimate, qtbot):
    engine = panel.context.engine
    panel.editor.set_value(STUDY)
    panel.controls.start_button.click()
    qtbot.waitUntil(lambda: engine.started != [])
    panel.controls.pause_button.click()
    assert engine.status.state is State.PAUSED
    assert panel.controls.pause_button.text() == "Resume"
    panel.controls.pause_button.click()
    assert engine.status.state is State.RUNNING
    panel.controls.stop_button.click()
    assert not panel.controls.stop_button.isEnabled()
    engine.finish(Outcome.CANCELLED)
    qtbot.waitUntil(lambda: panel.controls.step is Step.IDLE)


def test_weights_that_do_not_exist_are_said_under_the_network(panel):
    panel.editor.set_value(STUDY)
    row = panel.editor.networks.rows[0]
    row.weights.set("imagenet")
    assert panel.editor.value() is None
    assert row.form.sentences()[""] == "There are no ImageNet weights for baseline_cnn: set weights to “none”."


def test_a_preset_finds_the_recordings_where_they_were_opened_before(panel, context, tmp_path):
    folder = tmp_path / "recordings"
    folder.mkdir()
    context.remember_choice(DatasetChoice(name="esc10", root=str(folder)))
    assert panel.editor.open_file(PRESETS / "esc10.toml")
    assert panel.editor.value().dataset == DatasetChoice(name="esc10", root=str(folder))
    folder.rmdir()  # gone: its place in the workspace is what is left
    assert panel.editor.open_file(PRESETS / "esc10.toml")
    assert panel.editor.value().dataset == DatasetChoice(name="esc10")
