"""Where the runs of a study will lie is said at its name."""

from __future__ import annotations

from core.settings_file import write_toml
from core.study import Study


def hint(editor) -> str:
    return editor.basics._hints["name"].text()


def test_a_name_that_is_no_folder_says_its_folder(editor):
    editor.set_value(Study(name="birds"))
    assert hint(editor) == ""
    editor.basics.editors["name"].widget.setText("Birds of Kent!")
    assert hint(editor) == "Folder: birds-of-kent"


def test_a_folder_with_runs_of_other_settings_is_said(editor, context):
    study = Study(name="Birds of Kent!")
    write_toml(study, context.workspace.runs / "birds-of-kent" / "study.toml")
    editor.set_value(study)
    assert hint(editor) == "Folder: birds-of-kent"
    editor.basics.editors["seeds"].widget.setText("0, 1")  # the same study with more runs
    assert hint(editor) == "Folder: birds-of-kent"
    editor.recipe.form.editors["epochs"].set(7)
    assert hint(editor) == "The folder birds-of-kent holds runs with other settings. New runs are kept beside them."
    editor.basics.editors["name"].widget.setText("Birds of Sussex")
    assert hint(editor) == "Folder: birds-of-sussex"
