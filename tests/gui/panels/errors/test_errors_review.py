"""Reviewing in the Errors panel: a key each, the next clip, undo, what is kept and what it comes to."""

from __future__ import annotations

import csv
import shutil
from dataclasses import replace

import numpy as np
import pytest
import soundfile
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QComboBox, QFileDialog

from core.analysis.review import FILE, Verdict, open_reviews
from core.analysis.study_records import PREFIX
from core.captures import Said, write_facts
from core.run_spec import DatasetChoice
from core.workspace import Workspace
from gui.panels import PANELS
from gui.panels.errors import ErrorsPanel
from gui.panels.errors_review_scores import ScoresDialog
from gui.widgets.error_filters import Which
from gui.widgets.review_bar import VERDICT_KEYS
from tests.core.datasets.captures import keep
from tests.gui.make_runs import NETWORKS, ClipList, make_study
from tests.gui.panels.errors.steps import NOWHERE, STUDY, choose, shown

CLASSES = ("dog", "rain")
UNDO = (Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
REDO = (Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)


@pytest.fixture
def recordings(tmp_path):
    """A folder with six short sounds of each class, all different."""
    root = tmp_path / "clips"
    for label, name in enumerate(CLASSES):
        (root / name).mkdir(parents=True)
        for number in range(6):
            noise = np.random.default_rng(10 * label + number).normal(0, 0.1, 800)
            soundfile.write(root / name / f"{number}.wav", noise, 8000)
    return root


def make(context, root, networks=NETWORKS[:1], folds=(1, 2), **choice):
    ids = tuple(f"{name}/{number}.wav" for name in CLASSES for number in range(6))
    clips = ClipList(CLASSES, ids, (0,) * 6 + (1,) * 6, (1, 2) * 6)
    place = DatasetChoice(name="labelled-folder", root=str(root))
    make_study(context.workspace, clips, dataset=place, networks=networks, folds=folds, **choice)


@pytest.fixture
def panel(qtbot, opened, context, recordings):
    """Of one network, when it is known what its clips hold."""
    make(context, recordings)
    made = opened()
    known(qtbot, made)
    made.table.setFocus()
    return made


def known(qtbot, panel):
    qtbot.waitUntil(lambda: panel.review.book is not None and not panel.review.reviewed.unknown(), timeout=30_000)


def verdicts(panel):
    """What the table says, from the top."""
    model = panel.table.clips
    column = next(place for place, column in enumerate(model.columns) if column.title == "Verdict")
    return [model.data(model.index(row, column)) for row in range(model.rowCount())]


def place(panel):
    return panel.table.currentIndex().row()


def kept(panel):
    """What is on disk, by clip."""
    return {review.clip: review for review in open_reviews(Workspace(panel.context.workspace.root)).reviews.values()}


def name_of(panel, row):
    records = panel.data.records
    return str(records.clip_ids[records.clip[shown(panel)[row]]])


@pytest.mark.parametrize(("verdict", "key"), VERDICT_KEYS.items())
def test_a_key_gives_its_verdict_and_opens_the_next_clip(qtbot, panel, verdict, key):
    assert place(panel) == 0
    name = name_of(panel, 0)
    qtbot.keyClick(panel.table, key)
    assert verdicts(panel) == [verdict] + 11 * [""]
    assert place(panel) == 1 and not any(button.isChecked() for button in panel.review.verdicts.values())
    qtbot.waitUntil(lambda: name in kept(panel))
    review = kept(panel)[name]
    assert (review.verdict, review.true_class, review.dataset) == (verdict, name.split("/")[0], "Labelled folder clips")
    qtbot.keyClick(panel.table, Qt.Key.Key_Left)
    pressed = [said for said, button in panel.review.verdicts.items() if button.isChecked()]
    assert pressed == [verdict]
    qtbot.keyClick(panel.table, key)  # once more takes it back
    assert verdicts(panel) == 12 * [""] and place(panel) == 0
    qtbot.waitUntil(lambda: not kept(panel))


def test_the_buttons_do_as_the_keys_and_leave_them_where_they_were(qtbot, panel):
    for verdict, button in panel.review.verdicts.items():
        button.click()
        assert verdicts(panel)[place(panel) - 1] == verdict
    panel.review.go_on.setChecked(False)
    panel.review.verdicts[Verdict.NOISE].click()
    assert place(panel) == 4 and panel.review.verdicts[Verdict.NOISE].isChecked()
    panel.review.verdicts[Verdict.FINE].click()
    assert verdicts(panel)[4] == "fine" and not panel.review.verdicts[Verdict.NOISE].isChecked()
    panel.review.back.click()
    assert verdicts(panel)[4] == "noise" and panel.review.verdicts[Verdict.NOISE].isChecked()
    panel.review.again.click()
    assert verdicts(panel)[4] == "fine"


def test_it_goes_on_to_the_next_clip_without_a_verdict_or_stays_where_that_is_wanted(
    qtbot, opened, context, recordings
):
    make(context, recordings, networks=NETWORKS[:2])
    panel = opened()
    known(qtbot, panel)
    records, rows = panel.data.records, shown(panel)
    clips = records.clip[rows].tolist()
    seen = []
    for _ in range(12):
        seen.append(clips[place(panel)])
        before = place(panel)
        qtbot.keyClick(panel.table, Qt.Key.Key_F)
        assert place(panel) == next((n for n, c in enumerate(clips) if n > before and c not in seen), before)
        if place(panel) == before:
            break
    assert sorted(seen) == sorted(set(clips)), "each clip is asked about once, whoever got it wrong"
    assert verdicts(panel) == 24 * ["fine"]
    panel.table.make_current(0)
    panel.review.go_on.setChecked(False)
    qtbot.keyClick(panel.table, Qt.Key.Key_N)
    assert place(panel) == 0 and verdicts(panel).count("noise") == 2
    panel.save_state()
    assert not ErrorsPanel(context).review.go_on.isChecked()


def test_every_step_is_taken_back_and_taken_again_where_it_was(qtbot, panel):
    table = panel.table
    for key in (Qt.Key.Key_E, Qt.Key.Key_A, Qt.Key.Key_N):
        qtbot.keyClick(table, key)
    said = verdicts(panel)
    assert said[:3] == ["label error", "ambiguous", "noise"] and place(panel) == 3
    for row in (2, 1, 0):
        qtbot.keyClick(table, *UNDO)
        assert place(panel) == row and verdicts(panel) == said[:row] + (12 - row) * [""]
    assert not panel.review.back.isEnabled()
    qtbot.keyClick(table, *UNDO)
    for row in range(3):
        qtbot.keyClick(table, *REDO)
        assert place(panel) == row and verdicts(panel)[: row + 1] == said[: row + 1]
    assert not panel.review.again.isEnabled()
    qtbot.waitUntil(lambda: len(kept(panel)) == 3)


def test_progress_is_of_the_clips_in_the_table(qtbot, panel):
    bar = panel.review
    assert bar.count.text() == "0 of 12 clips reviewed"
    qtbot.keyClick(panel.table, Qt.Key.Key_F)
    qtbot.keyClick(panel.table, Qt.Key.Key_F)
    assert bar.count.text() == "2 of 12 clips reviewed"
    assert (bar.progress.value(), bar.progress.maximum()) == (2, 12)
    choose(panel, Which.ERRORS)
    total = len(shown(panel))
    assert bar.count.text() == f"{sum(map(bool, verdicts(panel)))} of {total} clips reviewed" and 0 < total < 12


def test_a_note_is_written_kept_by_return_and_left_by_escape(qtbot, panel, context):
    note, name = panel.review.note, name_of(panel, 0)
    qtbot.keyClick(panel.table, Qt.Key.Key_T)
    assert note.hasFocus()
    qtbot.keyClicks(note, "a fine, eafnt note")  # letters of keys among them
    assert verdicts(panel) == 12 * [""]
    qtbot.keyClick(note, Qt.Key.Key_Return)
    assert panel.table.hasFocus() and verdicts(panel) == ["note"] + 11 * [""] and place(panel) == 0
    qtbot.waitUntil(lambda: name in kept(panel))
    assert (kept(panel)[name].note, kept(panel)[name].verdict) == ("a fine, eafnt note", None)
    qtbot.keyClick(panel.table, Qt.Key.Key_T)
    qtbot.keyClicks(note, " more")
    qtbot.keyClick(note, Qt.Key.Key_Escape)
    assert panel.table.hasFocus() and note.text() == "a fine, eafnt note"
    qtbot.keyClick(panel.table, Qt.Key.Key_E)
    assert verdicts(panel)[0] == "label error, note" and note.text() == ""
    qtbot.keyClick(panel.table, *UNDO)
    qtbot.keyClick(panel.table, *UNDO)
    assert verdicts(panel) == 12 * [""] and note.text() == ""


def test_a_note_belongs_to_the_clip_that_it_was_begun_for(qtbot, panel):
    qtbot.keyClick(panel.table, Qt.Key.Key_T)
    qtbot.keyClicks(panel.review.note, "first")
    panel.table.make_current(1)  # by something else than a click, which takes the focus first
    assert panel.review.note.text() == "" and verdicts(panel)[:2] == ["note", ""]
    qtbot.keyClicks(panel.review.note, "second")
    panel.close_panel()
    assert {kept(panel)[name_of(panel, row)].note for row in (0, 1)} == {"first", "second"}


def test_letters_that_are_typed_or_held_down_are_no_verdicts(qtbot, panel):
    panel.filters.search.setFocus()
    qtbot.keyClicks(panel.filters.search, "eanf")
    qtbot.keyClick(panel.filters.search, *UNDO)
    assert not panel.review.book.reviews
    panel.filters.search.clear()
    held = QKeyEvent(QKeyEvent.Type.KeyPress, Qt.Key.Key_E, Qt.KeyboardModifier.NoModifier, "e", True)
    panel.table.setFocus()
    QApplication.sendEvent(panel.table, held)
    assert not panel.review.book.reviews and place(panel) == 0
    qtbot.keyClick(panel.table, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
    assert not panel.review.book.reviews
    assert all(not combo.focusPolicy() & Qt.FocusPolicy.ClickFocus for combo in panel.findChildren(QComboBox))


def test_the_keys_act_wherever_the_panel_has_the_focus_once(qtbot, panel):
    for widget in (panel, panel.table, panel.clip_view, panel.matrix.matrix, panel.matrix.pairs, panel.matrix.scores):
        before = len(panel.review.book.reviews)
        widget.setFocus()
        qtbot.keyClick(widget, Qt.Key.Key_F)
        assert len(panel.review.book.reviews) == before + 1, widget
    declared = {shortcut.keys for shortcut in PANELS["errors"].shortcuts}
    assert {"E", "A", "N", "F", "T", "Ctrl+Z", "Ctrl+Shift+Z"} <= declared


def test_the_same_clips_in_another_folder_bring_their_reviews_along(qtbot, opened, context, recordings, tmp_path):
    make(context, recordings)
    first = opened()
    known(qtbot, first)
    name = name_of(first, 0)
    qtbot.keyClick(first.table, Qt.Key.Key_E)
    qtbot.waitUntil(lambda: bool(kept(first)))
    shutil.move(recordings, tmp_path / "moved")
    make(context, tmp_path / "moved", study="again")
    context.settings.setValue("errors/study", "again")
    panel = opened()
    known(qtbot, panel)
    assert panel.study == "again"
    assert {name_of(panel, row): said for row, said in enumerate(verdicts(panel)) if said} == {name: "label error"}
    label = (tmp_path / "moved" / name).read_bytes()
    (tmp_path / "moved" / name).write_bytes(label[:-2])  # another sound under the same name
    shutil.rmtree(context.workspace.cache)
    again = opened()
    known(qtbot, again)
    assert not any(verdicts(again))


def test_reviews_stay_when_the_runs_are_read_again(qtbot, panel, context):
    panel.review.go_on.setChecked(False)
    qtbot.keyClick(panel.table, Qt.Key.Key_A)
    before = panel.data
    context.runs_changed.emit()
    qtbot.waitUntil(lambda: panel.data is not before)
    assert verdicts(panel)[0] == "ambiguous" and panel.review.verdicts[Verdict.AMBIGUOUS].isChecked()
    qtbot.keyClick(panel.table, Qt.Key.Key_A)
    assert not any(verdicts(panel))


def test_what_was_said_last_is_on_disk_when_the_window_has_closed(qtbot, panel, monkeypatch):
    monkeypatch.setattr(panel.context.jobs, "run", lambda *_, **__: None)  # nothing in the background comes to it
    qtbot.keyClick(panel.table, Qt.Key.Key_N)
    assert not kept(panel)
    panel.close_panel()
    assert [review.verdict for review in kept(panel).values()] == [Verdict.NOISE]


def test_a_clip_is_read_when_it_is_spoken_of_where_looking_was_given_up(
    qtbot, opened, context, recordings, monkeypatch
):
    make(context, recordings)
    monkeypatch.setattr("gui.panels.errors_review.digests_of", lambda *_: {})
    panel = opened()
    qtbot.waitUntil(lambda: panel.review.book is not None)
    assert len(panel.review.reviewed.unknown()) == 12
    name = name_of(panel, 0)
    qtbot.keyClick(panel.table, Qt.Key.Key_E)
    qtbot.waitUntil(lambda: verdicts(panel)[0] == "label error")
    assert place(panel) == 1 and len(panel.review.reviewed.unknown()) == 11
    qtbot.waitUntil(lambda: name in kept(panel))


def test_captures_are_reviewed_as_other_clips_are_and_no_score_is_made_of_them(qtbot, opened, context, recordings):
    make(context, recordings, folds=(1,))
    (run,) = (context.workspace.runs / STUDY).iterdir()
    for number, label in enumerate(("dog", "rain", "rain")):
        capture = keep(context.workspace.captures, "session", label, number)
        said = Said(run=f"{STUDY}/{run.name}", network="net", probabilities={"dog": 0.9, "rain": 0.1})
        write_facts(replace(capture, said=(said,)))
    context.settings.setValue("errors/study", f"{PREFIX}{STUDY}")
    panel = opened()
    known(qtbot, panel)
    panel.table.setFocus()
    name = name_of(panel, 0)
    qtbot.keyClick(panel.table, Qt.Key.Key_N)
    qtbot.waitUntil(lambda: name in kept(panel))
    assert kept(panel)[name].dataset == "Captured" and verdicts(panel) == ["noise", "", ""]
    assert not panel.review.scores.isEnabled() and "by hand" in panel.review.scores.toolTip()


def test_where_nothing_can_be_kept_the_keys_say_why(qtbot, opened, context):
    said = []
    context.message.connect(lambda text, level: said.append(text))
    make(context, NOWHERE.root)
    panel = opened()
    qtbot.waitUntil(lambda: panel.review.book is not None)
    qtbot.keyClick(panel.table, Qt.Key.Key_E)
    assert NOWHERE.root in said[-1] and not panel.review.verdicts[Verdict.FINE].isEnabled()
    assert NOWHERE.root in panel.review.verdicts[Verdict.FINE].toolTip() and not any(verdicts(panel))
    qtbot.keyClick(panel.table, Qt.Key.Key_T)
    assert not panel.review.note.hasFocus()


def test_a_workspace_that_another_program_writes_to_is_read_only(qtbot, panel, context):
    said = []
    context.message.connect(lambda text, level: said.append(text))
    context.workspace.close()
    context.workspace.read_only_because = "Another Sensorium writes here."
    qtbot.keyClick(panel.table, Qt.Key.Key_E)
    assert said[-1] == "Another Sensorium writes here." and not any(verdicts(panel))
    assert not panel.review.verdicts[Verdict.NOISE].isEnabled()


def test_a_damaged_file_is_said(qtbot, opened, context, recordings):
    (context.workspace.reviews / FILE).write_bytes(b"torn\n")
    said = []
    context.message.connect(lambda text, level: said.append((text, level)))
    make(context, recordings)
    panel = opened()
    known(qtbot, panel)
    ((text, level),) = said
    assert FILE in text and level == "warning" and panel.review.verdicts[Verdict.FINE].isEnabled()


def test_reviews_are_written_as_csv(qtbot, panel, tmp_path, monkeypatch):
    assert not panel.review.export.isEnabled()
    names = [name_of(panel, row) for row in range(2)]
    qtbot.keyClick(panel.table, Qt.Key.Key_E)
    qtbot.keyClick(panel.table, Qt.Key.Key_F)
    path = tmp_path / "reviews.csv"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    with qtbot.waitSignal(panel.context.message) as caught:
        panel.review.export.trigger()
    assert str(path) in caught.args[0] and "2 reviews" in caught.args[0]
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["clip"], row["verdict"]) for row in rows] == list(zip(names, ("label error", "fine"), strict=True))


def test_scores_without_label_errors_stand_beside_the_untouched_ones(qtbot, panel):
    choose(panel, Which.ERRORS)
    errors = len(shown(panel))
    for _ in range(errors):
        qtbot.keyClick(panel.table, Qt.Key.Key_E)
    panel.review.scores.trigger()
    dialog = panel.window().findChild(ScoresDialog)
    qtbot.waitUntil(lambda: bool(dialog.scores), timeout=30_000)
    cells = [dialog.table.item(0, column).text() for column in range(dialog.table.columnCount())]
    right = panel.data.records.correct
    assert float(cells[1].split(" [")[0]) == pytest.approx(100 * right.mean(), abs=0.06)  # folds are of one size
    assert cells[2].startswith("100.0 [")
    assert cells[3:6] == [str(errors), f"{errors} of {errors}", f"0 of {12 - errors}"]
    assert "only raise" in dialog.notes.text() and "not known" not in dialog.notes.text()
    dialog.copy.menu().actions()[1].trigger()
    assert QApplication.clipboard().text().splitlines()[0].startswith("Network,Untouched (%),Without label errors (%)")
    dialog.close()
