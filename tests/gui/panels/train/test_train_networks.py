"""The list of networks in the study's form."""

from __future__ import annotations

import pytest

from core.datasets.base import Modality
from core.recipe import Recipe
from core.run_spec import Network
from core.study import Study
from gui.panels.train_network_row import DEPARTURES, EXAMPLE, Around

STUDY = Study(network=(Network(architecture="baseline_cnn"), Network(architecture="alexnet")))


@pytest.fixture
def editor(editor):
    editor.set_value(STUDY)
    return editor


@pytest.mark.parametrize(
    ("departures", "words"),
    [
        ("epoch = 5", "Unknown key “epoch”. Did you mean “epochs”?"),
        ("epochs = 0", "Epochs = 0: must be at least 1."),
    ],
)
def test_a_departure_that_is_wrong_is_said_at_its_field(editor, qtbot, departures, words):
    row = editor.networks.rows[1]
    with qtbot.captureExceptions() as raised:
        row.form.editors["recipe"].widget.setText(departures)
        assert editor.value() is None
    assert not raised
    assert row.form.sentences()["recipe"].startswith(words)
    assert not row.form.sentences()["recipe"].endswith("?.")
    assert row.more.isChecked(), "the field is in view"
    assert editor.basics.sentences() == {}
    row.form.editors["recipe"].widget.setText("epochs = 5")
    assert row.form.sentences() == {}
    assert editor.value().network[1].recipe == {"epochs": 5}


def test_keys_that_a_departure_can_name_stand_at_its_field(editor):
    row = editor.networks.rows[0]
    tooltip = row.form.editors["recipe"].widget.toolTip()
    assert "Keys of the recipe" in tooltip and EXAMPLE in tooltip and "in video: input, frames, size" in tooltip
    for section, keys in DEPARTURES.items():
        model = Recipe.model_fields[section].annotation if section else Recipe
        assert set(keys) <= set(model.model_fields), section
    row.form.editors["recipe"].widget.setText(EXAMPLE)
    study = editor.value()
    recipe = study.recipe_of(study.network[0])
    assert (recipe.epochs, recipe.learning_rate, recipe.video.frames, recipe.video.size) == (20, 3e-4, 8, 64)


def test_what_is_folded_away_is_said_where_it_unfolds(editor):
    row = editor.networks.rows[0]
    assert row.more.toolTip() == "Its name, what is frozen and where it departs from the recipe."
    row.show_around(Around(Modality.VIDEO, tuple(Modality)))
    assert "its temporal model" in row.more.toolTip() and "fusion" not in row.more.toolTip()
    row.show_around(Around(Modality.AUDIO_VISUAL, tuple(Modality)))
    assert "its fusion, its branches" in row.more.toolTip() and "temporal" not in row.more.toolTip()


def test_one_frozen_stage_is_no_stages(editor):
    form = editor.networks.rows[0].form
    form.editors["freeze"].set("stages")
    for stages, words in ((1, "1 first stage frozen"), (3, "3 first stages frozen")):
        form.editors["freeze_stages"].set(stages)
        assert editor.networks.rows[0]._summary.text() == words


def test_a_departure_that_does_not_fit_the_network_is_said_at_its_row(editor):
    row = editor.networks.rows[1]
    row.form.editors["recipe"].widget.setText("audio = {mels = 16}")
    assert editor.value() is None
    assert row.said.text().startswith("Network “AlexNet” needs spectrograms of at least")
    assert editor.networks.rows[0].said.text() == ""
    row.form.editors["recipe"].widget.setText("")
    assert row.said.text() == "" and editor.value() is not None


def test_a_departure_is_judged_with_the_recipe_it_departs_from(editor):
    row = editor.networks.rows[1]
    row.form.editors["recipe"].widget.setText("audio = {f_max = 16000}")
    assert "recipe" in row.form.sentences()
    editor.recipe.form.sections["audio"].form.editors["rate"].set(44100)
    assert row.form.sentences() == {}
    assert editor.value() is not None


def test_of_a_classical_baseline_only_what_matters_is_shown(editor):
    row = editor.networks.rows[1]
    row.weights.set("imagenet")
    row.form.editors["freeze"].set("stages")
    row.form.editors["freeze_stages"].set(2)
    row.architecture.set("svm")
    assert row.weights.widget.isHidden() and not row.without_weights.isHidden()
    assert row.without_weights.text() == "fitted, no weights"
    assert row.more.toolTip() == "Its name and where it departs from the recipe."
    study = editor.value()
    assert study is not None and study.network[1] == Network(architecture="svm")
    row.form.editors["recipe"].widget.setText("epochs = 5")
    assert editor.value() is None and "epochs would change nothing" in row.form.sentences()["recipe"]
    row.form.editors["recipe"].widget.setText("audio = { rate = 44100 }")
    assert editor.value().network[1].recipe == {"audio": {"rate": 44100}}
    row.architecture.set("alexnet")
    assert editor.value().network[1].freeze_stages == 2, "what was out of view is still there"


def test_a_network_is_added_not_a_baseline(editor):
    editor.networks.add.click()
    assert editor.networks.rows[-1].architecture.get() == "resnet50"
    offered = [action.data() for action in editor.networks.compare.actions()]
    assert "resnet50" in offered and "svm" not in offered
