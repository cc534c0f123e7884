"""The Data panel on videos: said, listed, filtered by their sound, checked in both wings, previewed."""

from __future__ import annotations

import csv
import shutil
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog

from core.audio.settings import AudioSettings
from core.check import Check, Checked, Room, check_recordings, find_checked
from core.datasets import DATASETS
from core.recipe import Recipe
from core.run_spec import DatasetChoice
from core.study import Study
from core.video.settings import VideoSettings
from gui.panels import data_content
from gui.panels.data_content import AUGMENTATION, CHECK, CLIPS
from gui.widgets.sight_augmentation import KINDS, MIXUP
from gui.widgets.sound_augmentation import KINDS as SOUND_KINDS
from tests.core.films import RATE, moving_square, tone, write_film
from tests.gui.panels.data.steps import column

GB = 10**9


@pytest.fixture
def videos(tmp_path):
    """Two classes of four films of half a second in two folds: of each class one film is silent, one has no sound
    track; a ninth is no video, a tenth shows the same as the first in another fold with another sound."""
    root = tmp_path / "films"
    rows = []
    for label, name in enumerate(("left", "right")):
        (root / name).mkdir(parents=True)
        for take in range(4):
            sound = (tone(0.5, 300 + 50 * take + label), tone(0.5), np.zeros(RATE // 2, np.float32), None)[take]
            write_film(root / name / f"{take}.mkv", moving_square(12, seed=4 * label + take), 24, sound)
            rows.append((f"{name}/{take}.mkv", name, take % 2 + 1))
    (root / "left" / "text.mp4").write_text("no video at all")
    write_film(root / "left" / "again.mkv", moving_square(12, seed=0), 24, tone(0.5, 700))
    rows += [("left/text.mp4", "left", 1), ("left/again.mkv", "left", 2)]
    with (root / "labels.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("path", "label", "fold"), *rows])
    return root


@pytest.fixture
def opened(qtbot, panel, videos):
    panel.open_folder(videos)
    qtbot.waitUntil(lambda: panel.pages.currentWidget() is panel.content, timeout=20_000)
    browser = panel.content.browser
    qtbot.waitUntil(lambda: "Sound" in titles(browser.table) and panel._job is None, timeout=20_000)
    return panel


def titles(table):
    return [one.title for one in table.clips.columns]


def checked(qtbot, panel):
    panel.content.check_button.click()
    qtbot.waitUntil(lambda: panel.checked is not None, timeout=20_000)


def test_videos_say_what_they_are(opened):
    assert opened.content.facts.text().endswith("video, 7 of 9 with sound")
    table = opened.content.browser.table
    assert set(column(table, "Pixels")) == {"64×48", "–"} and set(column(table, "fps")) == {"24", "–"}
    assert set(column(table, "Rate Hz")) == {"16000", "–"}
    assert column(table, "Sound").count("yes") == 7, "what is silent is known only when it is decoded"
    assert opened.content.browser.sounds.isVisible()


def test_sounds_are_not_asked_whether_they_can_be_heard(qtbot, panel, tmp_path):
    import soundfile

    for name in ("a", "b"):
        for take in range(3):
            (tmp_path / "sounds" / name).mkdir(parents=True, exist_ok=True)
            soundfile.write(tmp_path / "sounds" / name / f"{take}.wav", tone(0.2, 200 + take), RATE)
    panel.open_folder(tmp_path / "sounds")
    qtbot.waitUntil(lambda: "Rate Hz" in titles(panel.content.browser.table), timeout=20_000)
    assert not {"Sound", "Pixels", "fps"} & set(titles(panel.content.browser.table))
    assert panel.content.browser.sounds.isHidden() and panel.content.facts.text().endswith("· sound")


def test_the_check_decodes_both_wings_and_silent_clips_can_be_filtered(qtbot, opened, context):
    checked(qtbot, opened)
    page, browser = opened.content.check, opened.content.browser
    found = set(zip(column(page.problems, "File"), column(page.problems, "Problem"), strict=True))
    assert found == {
        ("left/text.mp4", "unreadable"),
        ("left/2.mkv", "silent"),
        ("right/2.mkv", "silent"),
        ("left/3.mkv", "without sound"),
        ("right/3.mkv", "without sound"),
    }
    assert dict(zip(column(page.problems, "File"), column(page.problems, "Clip is"), strict=True)) == {
        name: "left out" if name.endswith("mp4") else "kept" for name, _ in found
    }
    assert len(context.dataset.clips) == 9, "what cannot be heard can still be seen"
    assert column(page.leaks, "They share") == ["same content"], "the pictures; two silent sounds are no leak"
    qtbot.waitUntil(lambda: "usable sound" in opened.content.facts.text(), timeout=5000)
    assert opened.content.facts.text().endswith("video, 5 of 9 with usable sound")
    browser.sounds.setCurrentText("With sound")
    heard = ["left/0.mkv", "left/1.mkv", "left/again.mkv", "right/0.mkv", "right/1.mkv"]
    assert sorted(column(browser.table, "Clip")) == heard
    browser.sounds.setCurrentText("Without sound")
    assert sorted(column(browser.table, "Sound")) == ["no", "no", "silent", "silent"]
    opened.checked = None
    opened.open(opened.choice)  # the same clips once more: what was looked for stays
    qtbot.waitUntil(lambda: opened.checked is not None and browser._headers is not None, timeout=20_000)
    assert sorted(column(browser.table, "Sound")) == ["no", "no", "silent", "silent"]


def test_the_room_is_said_and_asked_for_before_anything_is_decoded(qtbot, opened, context, monkeypatch):
    assert "Decoding keeps about" in opened.content.check._empty.sentence.text()
    assert not list(context.workspace.cache.iterdir())
    monkeypatch.setattr(data_content, "ASK_ABOVE", 1000.0)
    opened.content.check_button.click()
    assert opened.content.tabs.currentIndex() == CHECK and opened._job is None, "shown first"
    opened.content.check_button.click()
    qtbot.waitUntil(lambda: opened.checked is not None, timeout=20_000)


def test_what_is_beyond_the_limit_is_refused_with_the_caches_sentence(qtbot, opened, context):
    context.study = Study(dataset=opened.choice, cache_limit=1e-6)
    with qtbot.waitSignal(context.message, timeout=20_000) as said:
        opened.check()
    assert "the limit is 1 kB" in said.args[0] and said.args[1] == "error"
    assert opened.checked is None


def test_room_is_worded_by_what_is_free():
    assert Room(int(1.2e9), 80 * GB, 50e9).sentence == "Decoding keeps about 1.2 GB in the workspace; 80 GB are free."
    assert "make room" in Room(2 * GB, 1 * GB, 50e9).sentence
    assert "limit of 50 GB" in Room(60 * GB, 80 * GB, 50e9).sentence


def test_what_is_decoded_is_what_training_will_use(opened, videos):
    dataset, choice = opened.content.dataset, opened.choice
    assert Check(dataset, choice).recipe == Recipe()
    other = Study(recipe=Recipe(video=VideoSettings(side=64)), dataset=DatasetChoice(name="esc50"))
    assert Check(dataset, choice, other).recipe == Recipe(), "a study of other clips"
    mine = other.model_copy(update={"dataset": choice})
    assert Check(dataset, choice, mine).recipe.video.side == 64
    esc50 = Check(dataset, DatasetChoice(name="esc50"))
    assert esc50.recipe.audio.rate == 44100 != AudioSettings().rate, "its preset"


@pytest.mark.parametrize("kind", KINDS, ids=[kind.title for kind in KINDS])
def test_every_augmentation_of_videos_changes_what_it_says(qtbot, opened, kind):
    opened.content.tabs.setCurrentIndex(AUGMENTATION)
    preview = opened.content.augmentation
    seen = []
    real = preview._show
    preview._show = lambda sides: (real(sides), seen.append(sides))
    preview.kind.setCurrentText(kind.title)
    preview.seed.setValue(5)
    qtbot.waitUntil(lambda: bool(seen) and preview._job is None, timeout=60_000)
    assert preview.pages.currentWidget() is preview.sight
    assert preview.strength.isHidden() == (not kind.fields)
    before, after = seen[-1].before, seen[-1].after
    assert before.frames.shape == after.frames.shape == (16, 112, 112, 3)
    same_times = bool(np.array_equal(before.seconds, after.seconds))
    assert same_times == (kind.title != "Temporal jitter")
    assert not np.array_equal(before.frames, after.frames)
    if kind.title == "Flip":
        assert np.array_equal(before.frames[:, :, ::-1], after.frames)
    if kind is MIXUP:
        heading = preview.sight.after.heading.whole()
        assert heading.startswith(f"After: {100 * seen[-1].share:.0f} % of this clip")
        assert heading.endswith(seen[-1].other) and seen[-1].other.startswith("right/")
        preview.sight.show_sides(replace(seen[-1], other="right/" + 9 * "a_long_name_of_a_file" + ".mkv"))
        qtbot.waitUntil(lambda: "…" in preview.sight.after.heading.text(), timeout=2000)
        assert abs(preview.sight.before.width() - preview.sight.after.width()) <= 1
    preview.sight.play.click()
    assert preview.sight.player.playing
    qtbot.waitUntil(lambda: preview.sight.after.strip.current > 0, timeout=5000)
    opened.content.tabs.setCurrentIndex(CLIPS)
    assert not preview.sight.player.playing


def test_keys_and_words_of_the_preview(qtbot, opened):
    opened.content.tabs.setCurrentIndex(AUGMENTATION)
    sight = opened.content.augmentation.sight
    qtbot.waitUntil(lambda: sight.player.duration > 0, timeout=60_000)
    assert sight.play.text() == "Play both"
    qtbot.keyClick(opened, Qt.Key.Key_Space)
    assert sight.player.playing and sight.play.text() == "Pause"
    assert not opened.content.browser.clip_view.player.playing
    qtbot.keyClick(opened, Qt.Key.Key_Space)
    assert not sight.player.playing and sight.play.text() == "Play both"
    sight.player.seek(0.0)
    qtbot.keyClick(opened, Qt.Key.Key_Period)
    assert not sight.player.playing and 0 < sight.before.film.frame <= 2, "frame 1 stands twice: 12 are shown as 16"
    qtbot.keyClick(opened, Qt.Key.Key_Comma)
    assert sight.before.film.frame == 0
    qtbot.keyClick(opened, Qt.Key.Key_End)
    assert sight.before.film.frame == len(sight.before.film.film.frames) - 1
    qtbot.keyClick(opened, Qt.Key.Key_Home)
    assert sight.before.film.frame == 0
    first = opened.content.browser.current
    qtbot.keyClick(opened, Qt.Key.Key_Right)
    assert opened.content.browser.current != first
    qtbot.keyClick(opened, Qt.Key.Key_Left)
    assert opened.content.browser.current == first


def test_a_clip_is_offered_what_it_has(opened):
    preview, browser = opened.content.augmentation, opened.content.browser

    def offered():
        return [preview.kind.itemText(place) for place in range(preview.kind.count())]

    sight, sound = [kind.title for kind in KINDS], [kind.title for kind in SOUND_KINDS]
    browser.reveal("left/0.mkv")
    assert offered() == sight + sound
    browser.reveal("left/3.mkv")
    assert offered() == sight, "without a sound track"


def test_a_dataset_too_large_to_fetch_says_where_to_get_it(qtbot, panel, videos, monkeypatch):
    name = next((name for name, info in DATASETS.items() if info.where), None)
    if name is None:
        pytest.skip("no row of DATASETS is of this kind")
    panel.chooser.cards[name].clicked.emit(name)
    page = panel.download
    assert panel.pages.currentWidget() is page and DATASETS[name].where in page.text.text()
    assert page.start.isHidden() and page.folder.isVisible()
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *args: str(videos))
    page.folder.click()
    qtbot.waitUntil(lambda: panel.pages.currentWidget() is panel.trouble, timeout=20_000)
    assert str(videos) in panel.trouble.sentence.text(), "what is missing in the folder that was chosen"
    panel.select("esc50")
    assert page.start.isVisible() and page.address.isVisible()


def test_a_wing_that_was_never_decoded_is_no_check(opened, videos, context):
    from core.control import Control

    check = Check(opened.content.dataset, opened.choice)
    report = print
    check_recordings(check, context.workspace, Control(), report)
    assert isinstance(find_checked(check, context.workspace, Control(), report), Checked)
    shutil.rmtree(context.workspace.cache / "video")
    assert isinstance(find_checked(check, context.workspace, Control(), report), Room)


def test_train_leaves_word_of_what_it_would_train(qtbot, show_panel, context, videos):
    from gui.panels.train import TrainPanel

    train = show_panel(TrainPanel)
    choice = DatasetChoice(name="labelled-folder", root=str(videos))
    train.editor.set_value(Study(dataset=choice, recipe=Recipe(video=VideoSettings(side=64))))
    train.hide()
    assert context.study.dataset == choice and context.study.recipe.video.side == 64
