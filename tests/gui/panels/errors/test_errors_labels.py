"""Errors, by label: the two lists, what a row of them chooses, and what is said where there is none."""

from __future__ import annotations

import csv

import numpy as np
import pytest
import soundfile
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from core.analysis.label_issues import label_issues
from core.run_spec import DatasetChoice
from gui.panels.errors_labels import FILTERED, Labels
from gui.widgets.error_filters import Which
from tests.core.sound_copies import COPIES
from tests.gui.make_runs import NETWORKS, ClipList, make_study, synthetic_clips
from tests.gui.panels.errors.steps import NOWHERE, choose, shown

RATE = 22050


@pytest.fixture
def labels(qtbot, opened):
    """Open the panel at the page, with every clip let through."""

    def open_page():
        panel = opened()
        choose(panel, Which.ALL)
        page = next(selector for selector in panel.selectors if isinstance(selector, Labels))
        panel.ways.setCurrentWidget(page)
        qtbot.waitUntil(lambda: page.wrong.result is not None or bool(page.wrong.table.why_empty), timeout=60_000)
        return panel, page

    return open_page


def click(table, row: int) -> None:
    place = table.visualRect(table.model().index(row, 1)).center()
    QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)


def clips_in(panel) -> set[str]:
    records = panel.data.records
    return set(records.clip_ids[records.clip[shown(panel)]].tolist())


def test_a_row_opens_its_clip_and_all_that_was_said_of_it(context, labels):
    make_study(context.workspace, synthetic_clips(6, per_class=16), dataset=NOWHERE)
    panel, page = labels()
    wrong, records = page.wrong, panel.data.records
    before = list(shown(panel))
    expected = label_issues(panel.data)
    assert list(wrong.table.clips.rows) == list(expected.doubted)
    ranks = [wrong.table.clips.data(wrong.table.model().index(row, 0)) for row in range(len(expected.doubted))]
    assert ranks == [str(1 + row) for row in range(len(expected.doubted))]
    assert wrong.table.current == -1 and len(before) == len(records)  # nothing is chosen by itself
    assert wrong.said.text() == f"{expected.basis}\n{expected.caution}"
    click(wrong.table, 2)
    row = int(expected.doubted[2])
    name = str(records.clip_ids[expected.clip[row]])
    assert clips_in(panel) == {name} and len(shown(panel)) == 3
    given, suggested = records.classes[expected.given[row]], records.classes[expected.suggested[row]]
    assert panel.chosen_words == f"{name}: labelled {given}, perhaps {suggested}"
    QTest.keyClick(wrong.table, Qt.Key.Key_Down)
    assert clips_in(panel) == {str(records.clip_ids[expected.clip[expected.doubted[3]]])}
    assert wrong.table.current == expected.doubted[3]
    panel.leave.click()
    panel.table.make_current(list(shown(panel)).index(int(np.flatnonzero(records.clip == expected.clip[-1])[0])))
    assert wrong.table.current == -1  # another clip is open


def test_all_likely_ones_at_once_within_what_the_filters_let_through(context, labels):
    make_study(context.workspace, synthetic_clips(6, per_class=16), dataset=NOWHERE)
    panel, page = labels()
    records, expected = panel.data.records, label_issues(panel.data)
    likely = set(records.clip_ids[expected.clip[expected.likely]].tolist())
    assert likely
    page.wrong.all.click()
    assert clips_in(panel) == likely and len(shown(panel)) == 3 * len(likely)
    assert "with a likely wrong label" in panel.chosen_words
    panel.filters.fold.setCurrentIndex(1)
    panel.filters.changed.emit()
    page.wrong.all.click()
    first = set(records.clip_ids[records.clip[records.of_runs(folds=[1])]].tolist())
    assert clips_in(panel) == likely & first
    outside = next(i for i, row in enumerate(expected.doubted) if records.clip_ids[expected.clip[row]] not in first)
    click(page.wrong.table, outside)
    assert not len(shown(panel)) and panel.chosen_words.endswith(f"({FILTERED})")


def test_one_network_alone_and_another_run_judge_anew(qtbot, context, labels):
    clips = synthetic_clips(4, per_class=12)
    make_study(context.workspace, clips, dataset=NOWHERE, networks=NETWORKS[1:])
    panel, page = labels()
    wrong = page.wrong
    assert [wrong.networks.itemText(i) for i in range(wrong.networks.count())] == [
        "All together",
        "AlexNet (imagenet)",
        "ResNet-50 (imagenet)",
    ]
    assert wrong.said.text().startswith("2 networks together")
    wrong.networks.setCurrentIndex(1)
    wrong.networks.activated.emit(1)
    qtbot.waitUntil(lambda: wrong.said.text().startswith("AlexNet (imagenet)"))
    result = wrong.result
    panel.filters.changed.emit()
    assert wrong.result is result and wrong._job is None  # other filters are no other labels
    make_study(context.workspace, clips, dataset=NOWHERE, networks=NETWORKS[:1])
    context.runs_changed.emit()
    qtbot.waitUntil(lambda: wrong.networks.count() == 4 and wrong.result is not None)
    assert wrong.networks.currentText() == "AlexNet (imagenet)"


def test_what_cannot_be_judged_says_so_and_a_cancelled_list_is_empty(qtbot, context, labels):
    make_study(context.workspace, ClipList(("a", "b"), ("one", "two"), (0, 0), (1, 2)), dataset=NOWHERE, folds=(1, 2))
    page = labels()[1]
    assert "at least two classes" in page.wrong.table.why_empty
    assert not page.wrong.all.isEnabled()
    page.tabs.setCurrentIndex(1)
    assert "will be here" in page.copies.table.why_empty
    page.copies.ask.click()
    qtbot.waitUntil(lambda: "/nowhere" in page.copies.table.why_empty)
    page.copies.ask.click()
    page.copies.progress.cancel.click()
    assert page.copies.table.why_empty == "Cancelled." and page.copies.progress.isHidden()


def test_copies_across_folds_are_found_and_both_clips_opened(qtbot, context, tmp_path, labels):
    root = tmp_path / "sounds"
    root.mkdir()
    random = np.random.default_rng(0)
    rows = []
    for number in range(12):
        bursts = random.uniform(0, 1, 8).repeat(RATE // 8) ** 4
        sound = (0.3 * bursts * random.normal(size=len(bursts))).astype(np.float32)
        soundfile.write(root / f"{number:02d}.wav", sound, RATE)
        rows.append((f"{number:02d}.wav", "ab"[number % 2], 1 + number // 2 % 2))
        if number == 4:
            soundfile.write(root / "copy.wav", COPIES["everything"](sound, RATE), RATE)
            rows.append(("copy.wav", "b", 3 - rows[-1][2]))
    with (root / "labels.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("path", "label", "fold"), *rows])
    clips = ClipList(
        ("a", "b"), tuple(r[0] for r in rows), tuple("ab".index(r[1]) for r in rows), tuple(r[2] for r in rows)
    )
    make_study(
        context.workspace, clips, dataset=DatasetChoice(name="labelled-folder", root=str(root)), networks=NETWORKS[:1],
        folds=(1, 2),
    )  # fmt: skip
    panel, page = labels()
    page.tabs.setCurrentIndex(1)
    page.copies.ask.click()
    qtbot.waitUntil(lambda: page.copies.result is not None, timeout=60_000)
    table = page.copies.table
    assert page.copies.said.text().startswith("1 likely copy across folds")
    titles = [column.title for column in table.clips.columns]
    first = dict(zip(titles, (column.text(0) for column in table.clips.columns), strict=True))
    assert {first["First"], first["Second"]} == {"04.wav", "copy.wav"}
    assert (first["Issue"], first["Labels"]) == ("likely", "a / b")
    click(table, 0)
    assert clips_in(panel) == {"04.wav", "copy.wav"} and len(shown(panel)) == 2
    result = page.copies.result
    make_study(
        context.workspace, clips, dataset=DatasetChoice(name="labelled-folder", root=str(root)), networks=NETWORKS[1:2],
        folds=(1, 2),
    )  # fmt: skip
    before = panel.data
    context.runs_changed.emit()
    qtbot.waitUntil(lambda: panel.data is not before)
    assert page.copies.result is result  # another run changes no clip
    page.copies.all.click()
    assert clips_in(panel) == {"04.wav", "copy.wav"} and len(shown(panel)) == 4


def test_the_list_that_was_in_view_comes_back(context, labels):
    make_study(context.workspace, synthetic_clips(4, per_class=8), dataset=NOWHERE)
    panel, page = labels()
    page.tabs.setCurrentIndex(1)
    panel.save_state()
    assert labels()[1].tabs.currentIndex() == 1
