"""Labelled folders: folders of classes, labels.csv, and everything people get wrong with them."""

from __future__ import annotations

import os
import time
from collections import Counter
from pathlib import Path

import pytest

from core.control import Control
from core.datasets import DATASETS
from core.datasets.base import Dataset, Modality
from core.datasets.labelled_folder import open_labelled_folder
from core.datasets.splits import find_leaks
from core.errors import Cancelled, UserError
from tests.conftest import REAL_DATA


def put(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"RIFF")  # opening decodes nothing
    return root


def table(root: Path, text: str, encoding: str = "utf-8") -> Path:
    root.mkdir(exist_ok=True)
    (root / "labels.csv").write_text(text, encoding=encoding)
    return root


def opened(root: Path) -> Dataset:
    return DATASETS["labelled-folder"].open(root)


def refused(root: Path) -> str:
    with pytest.raises(UserError) as caught:
        opened(root)
    return str(caught.value)


def classes(root: Path, clips: int, *names: str) -> Path:
    return put(root, *(f"{name}/{number}.wav" for name in names for number in range(clips)))


def test_a_folder_a_class(tmp_path: Path) -> None:
    put(classes(tmp_path, 9, "cat", "dog"), "cat/deep/down/x.FLAC")
    dataset = opened(tmp_path)
    assert dataset.classes == ("cat", "dog") and Counter(clip.label for clip in dataset.clips) == {0: 10, 1: 9}
    assert "cat/deep/down/x.FLAC" in {clip.id for clip in dataset.clips}
    assert all(clip.group == clip.id for clip in dataset.clips)
    assert dataset.folds == (1, 2, 3, 4, 5) and dataset.official_folds == ()
    assert "5 were made" in dataset.notes[0]


def test_folds_are_the_same_every_time(tmp_path: Path) -> None:
    one, two = opened(classes(tmp_path / "a", 7, "x", "y")), opened(classes(tmp_path / "b", 7, "x", "y"))
    assert [clip.fold for clip in one.clips] == [clip.fold for clip in two.clips]


def test_what_is_no_sound_is_ignored_and_counted(tmp_path: Path) -> None:
    put(classes(tmp_path, 5, "a", "b"), "a/notes.txt", "a/cover.jpg", "b/more.txt", "b/LICENCE", "loose.wav")
    put(tmp_path, ".git/x.wav", "a/._0.wav", "b/.hidden/y.wav")
    dataset = opened(tmp_path)
    assert len(dataset.clips) == 10
    assert "Ignored: 4 file(s) that are no sounds (.txt 2, .jpg 1, no ending 1)." in dataset.notes
    assert "Ignored: 1 sound(s) outside the folders of classes." in dataset.notes


def test_fewer_folds_where_a_class_has_few_clips(tmp_path: Path) -> None:
    put(classes(tmp_path, 8, "a", "b"), "rare/1.wav", "rare/2.wav", "rare/3.wav", "single/1.wav")
    dataset = opened(tmp_path)
    assert dataset.folds == (1, 2, 3)
    assert "“rare” has 3 clips" in dataset.notes[0]
    assert "“single” has one clip only" in dataset.notes[0]
    assert {clip.fold for clip in dataset.clips if clip.id.startswith("rare")} == {1, 2, 3}


def test_one_clip_a_class_is_refused(tmp_path: Path) -> None:
    assert "No class has two clips" in refused(classes(tmp_path, 1, "a", "b", "c"))


def test_one_class_only(tmp_path: Path) -> None:
    assert "one class only, “a”" in refused(classes(tmp_path, 5, "a"))


def test_empty_and_missing_folders(tmp_path: Path) -> None:
    assert "has no sounds or videos in folders of classes" in refused(tmp_path)
    assert "There is no folder" in refused(tmp_path / "nowhere")
    put(tmp_path, "one.wav", "two.wav", "read.me")
    assert "2 sound(s) lie in it directly, in no class. Other files: .me 1" in refused(tmp_path)
    assert "There is no folder" in refused(tmp_path / "one.wav")


def test_ten_thousand_classes(tmp_path: Path) -> None:
    for number in range(10_000):
        folder = tmp_path / f"{number:05}"
        folder.mkdir()
        for clip in "ab":
            os.close(os.open(folder / f"{clip}.wav", os.O_CREAT | os.O_WRONLY))
    start = time.perf_counter()
    dataset = opened(tmp_path)
    assert time.perf_counter() - start < 10
    assert len(dataset.classes) == 10_000 and dataset.folds == (1, 2)


def test_cancel(tmp_path: Path) -> None:
    control = Control()
    control.cancel()
    with pytest.raises(Cancelled):
        open_labelled_folder(classes(tmp_path, 3, "a", "b"), control)


FULL = "path,label,fold,group\nx/0.wav,up,1,p\nx/1.wav,up,2,q\ny/0.wav,down,1,p\ny/1.wav,down,2,q\n"


def test_a_table_with_folds_and_groups(tmp_path: Path) -> None:
    dataset = opened(table(classes(tmp_path, 2, "x", "y"), FULL))
    assert dataset.classes == ("down", "up") and dataset.folds == dataset.official_folds == (1, 2)
    assert {(clip.id, clip.fold, clip.group) for clip in dataset.clips} >= {("x/0.wav", 1, "p"), ("y/1.wav", 2, "q")}
    assert dataset.notes == ()


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (FULL, "utf-8-sig"),
        (FULL.replace(",", ";"), "utf-8"),
        (FULL.replace(",", "\t"), "utf-8"),
        (FULL.replace("\n", "\r\n"), "utf-8-sig"),
        ("\n".join(",".join(f'"{value}"' for value in line.split(",")) for line in FULL.split("\n") if line), "utf-8"),
        (FULL.replace("path,label", "Path, Label").replace("x/0", "x\\0"), "utf-8"),
        (FULL.replace("x/0.wav", "./x/../x/0.wav") + "\n\n,,,\n", "utf-8"),
    ],
)
def test_tables_as_programs_write_them(tmp_path: Path, text: str, encoding: str) -> None:
    dataset = opened(table(classes(tmp_path, 2, "x", "y"), text, encoding))
    assert {clip.id for clip in dataset.clips} == {"x/0.wav", "x/1.wav", "y/0.wav", "y/1.wav"}
    assert dataset.classes == ("down", "up")


def test_groups_stay_whole_when_folds_are_made(tmp_path: Path) -> None:
    people = [f"person{number}" for number in range(7)]
    names = [f"{person}-{act}.wav" for person in people for act in ("run", "jump")]
    put(tmp_path, *names)
    lines = [f"{name},{name.split('-')[1][:-4]},{name.split('-')[0]}" for name in names]
    dataset = opened(table(tmp_path, "path,label,group\n" + "\n".join(lines)))
    assert len(dataset.folds) == 5 and not find_leaks(dataset)
    assert dataset.title == tmp_path.name


def test_quoted_commas_and_unicode(tmp_path: Path) -> None:
    put(tmp_path, "a, b/ü 1.wav", "a, b/2.wav", "c/3.wav", "c/4.wav")
    lines = ['"a, b/ü 1.wav","réveil, fort"', '"a, b/2.wav","réveil, fort"', "c/3.wav,c", "c/4.wav,c"]
    dataset = opened(table(tmp_path, "path,label\n" + "\n".join(lines)))
    assert "réveil, fort" in dataset.classes and "a, b/ü 1.wav" in {clip.id for clip in dataset.clips}


def test_files_that_are_not_there_are_left_out(tmp_path: Path) -> None:
    dataset = opened(table(classes(tmp_path, 2, "x", "y"), FULL + "x/gone.wav,up,1,r\n"))
    assert [item.clip_id for item in dataset.excluded] == ["x/gone.wav"] and len(dataset.clips) == 4


@pytest.mark.parametrize("path", ["../other.wav", "/etc/passwd", "x/../../y.wav", "C:\\sound.wav", "..\\y.wav", "."])
def test_paths_that_lead_outside_are_refused(tmp_path: Path, path: str) -> None:
    sentence = refused(table(classes(tmp_path, 2, "x", "y"), f"{FULL}{path},up,1,p\n"))
    assert "line 6" in sentence and "lies outside" in sentence


def test_an_absolute_path_inside_will_do(tmp_path: Path) -> None:
    inside = tmp_path / "x" / "0.wav"
    dataset = opened(table(classes(tmp_path, 2, "x", "y"), FULL.replace("x/0.wav", str(inside))))
    assert "x/0.wav" in {clip.id for clip in dataset.clips}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("path,label\n", "no rows"),
        ("file,class\nx/0.wav,up\n", "lacks the columns path, label: its first line is “file, class”"),
        ("path\nx/0.wav\n", "lacks the column label"),
        ("path,path,label\nx,y,z\n", "two columns called path"),
        (FULL + "x/0.wav,up,1,p\n", "line 6 names x/0.wav again"),
        (FULL + "x/0.wav,down,1,p\n", "line 6 names x/0.wav with another label"),
        (FULL + "x/./0.wav,up,1,p\n", "again"),
        (FULL + "x/0.wav,,1,p\n", "line 6 names x/0.wav"),
        (FULL.replace("x/0.wav,up", "x/0.wav,"), "line 2: label is empty"),
        (FULL.replace("up,2", "up,"), "fold is “”"),
        (FULL.replace("up,2", "up,0"), "fold is “0”"),
        (FULL.replace("up,2", "up,1.5"), "fold is “1.5”"),
        (FULL.replace(",2,", ",1,"), "every clip in one fold"),
        (FULL.replace(",q", ","), "group is empty"),
        (FULL.replace("y/", "x/"), "line 4 names x/0.wav with another label"),
        ("path,label\nno/1.wav,a\nno/2.wav,b\n", "none of them is there; the first is no/1.wav"),
        (FULL + "x/0.wav,up,1\n", "3 values for 4 columns"),
        ('path,label\n"x/0.wav,up\nx/1.wav,up\n', "is not CSV"),
    ],
)
def test_faulty_tables_are_refused_with_the_place(tmp_path: Path, text: str, words: str) -> None:
    sentence = refused(table(classes(tmp_path, 2, "x", "y"), text))
    assert words in sentence and "labels.csv" in sentence


def test_tables_in_other_encodings_are_refused(tmp_path: Path) -> None:
    classes(tmp_path, 2, "x", "y")
    assert "not text in UTF-8" in refused(table(tmp_path, "path,label\nx/0.wav,café\n", "latin-1"))
    assert "not text in UTF-8" in refused(table(tmp_path, FULL, "utf-16"))


def test_a_table_of_pictures(tmp_path: Path) -> None:
    put(tmp_path, "a.png", "b.png")
    assert "names no sounds or videos (.png 2)" in refused(table(tmp_path, "path,label\na.png,x\nb.png,y\n"))


def test_videos_can_be_seen_and_heard(tmp_path: Path) -> None:
    put(tmp_path, *(f"{name}/{number}.{end}" for name in "ab" for number, end in enumerate(("mp4", "AVI", "mkv"))))
    put(tmp_path, "a/readme.txt", "loose.webm")
    dataset = opened(tmp_path)
    assert dataset.modalities == frozenset(Modality) and len(dataset.clips) == 6
    assert "Ignored: 1 file(s) that are no videos (.txt 1)." in dataset.notes
    assert "Ignored: 1 video(s) outside the folders of classes." in dataset.notes


def test_sounds_and_videos_together_are_heard_only(tmp_path: Path) -> None:
    dataset = opened(put(classes(tmp_path, 5, "a", "b"), "a/x.mp4", "b/y.mov"))
    assert dataset.modalities == {Modality.AUDIO} and len(dataset.clips) == 12
    assert any(note.startswith("10 sounds and 2 videos together: only") for note in dataset.notes)


@pytest.mark.parametrize(
    ("name", "classes", "clips", "groups"),
    [("weizmann", 10, 70, 7), ("ut-interaction", 6, 60, 10), ("grid-s1", 4, 240, 240)],
)
def test_real_videos(name: str, classes: int, clips: int, groups: int) -> None:
    if not (REAL_DATA / name).is_dir():
        pytest.skip(f"no videos at {REAL_DATA / name}")
    dataset = opened(REAL_DATA / name)
    assert (len(dataset.classes), len(dataset.clips)) == (classes, clips) and not dataset.excluded
    assert len({clip.group for clip in dataset.clips}) == groups and dataset.folds == (1, 2, 3, 4, 5)
    assert dataset.modalities == frozenset(Modality) and not find_leaks(dataset)


@pytest.mark.skipif(os.name == "nt" or not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read all")
def test_a_folder_that_may_not_be_read(tmp_path: Path) -> None:
    classes(tmp_path, 2, "a", "b")
    (tmp_path / "a").chmod(0)
    try:
        assert "cannot be read" in refused(tmp_path)
    finally:
        (tmp_path / "a").chmod(0o755)
