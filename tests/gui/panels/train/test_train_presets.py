"""The box of presets says what the form holds; what a person set is kept, or said to be gone."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication

from core.control import Control
from core.datasets import DATASETS
from core.presets import PRESETS, read_presets
from core.run_spec import DatasetChoice


@pytest.fixture
def said(context):
    sentences = []
    context.message.connect(lambda sentence, level: sentences.append(sentence))
    return sentences


def folder(called: str) -> DatasetChoice:
    return DatasetChoice(name="labelled-folder", root=f"/home/me/{called}")


def open_on(editor, preset: str, choice: DatasetChoice) -> None:
    """A preset, on the clips that are open in the Data panel."""
    editor._context.set_dataset(choice, None)
    assert editor.open_file(PRESETS / f"{preset}.toml")


def named(editor) -> tuple[str, str]:
    """The preset that the box names, and what it says where it names none."""
    box = editor.presets.choice
    return box.currentText() if box.currentIndex() >= 0 else "", box.placeholderText()


@pytest.mark.parametrize("preset", [preset.name for preset in read_presets()])
def test_a_preset_is_named_until_it_is_edited(editor, preset):
    assert editor.open_file(PRESETS / f"{preset}.toml")
    assert named(editor)[0] == preset
    epochs = editor.recipe.form.editors["epochs"]
    before = epochs.get()
    epochs.set(before + 1)
    assert named(editor) == ("", f"{preset}, edited")
    epochs.set(before)
    assert named(editor)[0] == preset
    editor.networks.add.click()
    assert named(editor) == ("", f"{preset}, edited")


def test_a_form_that_is_out_of_order_is_no_preset(editor):
    open_on(editor, "weizmann", folder("weizmann"))
    editor.networks.rows[0].form.editors["recipe"].widget.setText("epoch = 5")
    assert named(editor) == ("", "weizmann, edited")


def test_clips_that_are_called_like_a_preset_do_not_make_it_that_preset(editor):
    open_on(editor, "grid-s1", folder("grid-s1"))
    editor.recipe.form.editors["epochs"].set(7)
    networks = editor.value().network
    editor.use_dataset(folder("weizmann"))
    study = editor.value()
    assert (study.name, study.network, study.recipe.epochs) == ("weizmann", networks, 7)
    assert named(editor)[0] == ""


def test_a_name_that_was_typed_is_kept(editor, said):
    open_on(editor, "grid-s1", folder("grid-s1"))
    editor.basics.editors["name"].widget.setText("my first")
    assert named(editor)[0] == "grid-s1", "a preset may be called otherwise"
    for clips in ("weizmann", "birds"):
        editor.use_dataset(folder(clips))
        assert editor.value().name == "my first"
    assert said == []


def test_a_name_under_which_there_are_runs_is_not_taken_to_other_clips(editor, context, said):
    open_on(editor, "grid-s1", folder("grid-s1"))
    editor.basics.editors["name"].widget.setText("my first")
    (context.workspace.runs / "my-first").mkdir(parents=True)
    editor.use_dataset(folder("birds"))
    assert editor.value().name == "birds"
    assert said == ["There are runs on other clips under the name “my first”: this study is called otherwise."]


def test_seeds_are_kept_when_the_dataset_has_a_preset_of_its_own(editor, said):
    assert editor.open_file(PRESETS / "demo.toml")
    editor.basics.editors["seeds"].widget.setText("3, 4")
    editor.use_dataset(DatasetChoice(name="esc10", root="/somewhere"))
    expected = next(preset for preset in read_presets() if preset.name == "esc10")
    study = editor.value()
    assert (study.name, study.network, study.recipe) == ("esc10", expected.network, expected.recipe)
    assert study.seeds == (3, 4) and named(editor) == ("", "esc10, edited")
    assert said == []


def test_what_was_set_for_the_old_clips_is_said_to_be_gone(editor, said):
    open_on(editor, "weizmann", folder("weizmann"))
    editor.basics.editors["folds"].widget.setText("2, 3")
    editor.networks.rows[0].form.editors["recipe"].widget.setText("epoch = 5")
    editor.use_dataset(folder("birds"))
    assert editor.value().folds == ()
    assert said == [
        "What was wrong in the form is as it was before. What was set for other clips is as usual again: Test folds."
    ]


def test_an_edit_is_kept_though_the_clips_do_not_offer_what_the_study_asks_for(editor, context, tmp_path, said):
    for name in ("rain", "wind"):
        (tmp_path / "sounds" / name).mkdir(parents=True)
        for take in range(3):
            (tmp_path / "sounds" / name / f"{take}.wav").touch()
    sounds = DatasetChoice(name="labelled-folder", root=str(tmp_path / "sounds"))
    context.set_dataset(sounds, DATASETS[sounds.name].open(tmp_path / "sounds", Control()))
    assert editor.open_file(PRESETS / "weizmann.toml")
    editor.recipe.form.editors["epochs"].set(7)
    assert editor.value() is None, "there are no pictures"
    editor.use_dataset(folder("birds"))
    assert editor.value().recipe.epochs == 7
    assert said == []


def test_a_preset_for_another_folder_says_so(editor):
    sentence = editor.presets.folder
    assert editor.open_file(PRESETS / "grid-s1.toml")
    assert sentence.text() == (
        "This preset was written for a folder called grid-s1. Choose it, or one of your own, with “Change …”."
    )
    open_on(editor, "grid-s1", folder("weizmann"))
    words = "This preset was written for a folder called grid-s1; the clips are weizmann. “Change …” chooses others."
    assert sentence.text() == words and not sentence.isHidden()
    editor.recipe.form.editors["epochs"].set(7)
    assert sentence.text() == words, "its networks are still meant for other clips"
    open_on(editor, "grid-s1", folder("Grid S1"))
    assert sentence.isHidden()
    open_on(editor, "demo", folder("weizmann"))
    assert sentence.isHidden()


def test_a_form_that_is_scrolled_past_its_presets_stays_as_it_is(editor):
    open_on(editor, "grid-s1", folder("grid-s1"))
    before, place, none = editor.value(), QPointF(5, 5), QPoint()
    wheel = QWheelEvent(
        place, place, none, QPoint(0, -120), Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(editor.presets.choice, wheel)
    assert editor.value() == before


def test_every_preset_says_what_it_asks(editor):
    choice = editor.presets.choice
    for place in range(choice.count()):
        assert choice.itemData(place, Qt.ItemDataRole.ToolTipRole).endswith(("?", ")", "."))
