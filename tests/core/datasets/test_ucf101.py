"""UCF101: the official lists become folds, and what is wrong with a copy is named."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import cv2
import pytest

from core.control import Control
from core.datasets import DATASETS
from core.datasets.base import ALWAYS_TRAINING, Dataset, Modality
from core.datasets.splits import find_leaks, refolded, split
from core.errors import Cancelled, UserError
from tests.core.datasets.ucf101_tree import ALWAYS, CLASSES, GROUPS, TESTED, clip_id, make_ucf101


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_ucf101(tmp_path / "UCF101")


def opened(root: Path) -> Dataset:
    return DATASETS["ucf101"].open(root)


def refused(root: Path) -> str:
    with pytest.raises(UserError) as caught:
        opened(root)
    return str(caught.value)


def test_lists_become_folds(root: Path) -> None:
    dataset = opened(root)
    assert dataset.classes == CLASSES and len(dataset.clips) == len(CLASSES) * len(GROUPS)
    assert dataset.folds == dataset.official_folds == (1, 2, 3) and not dataset.excluded
    assert dataset.modalities == frozenset(Modality) and not dataset.synthetic
    by_id = {clip.id: clip for clip in dataset.clips}
    clip = by_id["HandstandPushups/v_HandStandPushups_g08_c01.avi"]
    assert (clip.label, clip.fold, clip.group) == (2, 2, "HandstandPushups-g08")
    assert {clip.fold for clip in dataset.clips if clip.group[-2:] in ("22", "23")} == {ALWAYS_TRAINING}
    assert cv2.VideoCapture(str(clip.path)).read()[0]
    assert dataset.notes == ("6 clips of 24 are in no test list and always trained on.",)


@pytest.mark.parametrize("fold", [1, 2, 3])
def test_a_fold_is_trained_on_its_train_list(root: Path, fold: int) -> None:
    dataset = opened(root)
    made = split(dataset, fold)
    for place, clips in (("train", made.train), ("test", made.test)):
        lines = (root / "ucfTrainTestlist" / f"{place}list{fold:02}.txt").read_text().split("\n")
        assert {dataset.clips[i].id for i in clips} == {line.split()[0] for line in lines if line}
    assert not find_leaks(dataset) and refolded(dataset, 5) is dataset


def beside(root: Path) -> Path:
    return root / "UCF-101"


def inside(root: Path) -> Path:
    (root / "ucfTrainTestlist").rename(root / "UCF-101" / "ucfTrainTestlist")
    return root / "UCF-101"


def as_unzipped(root: Path) -> Path:
    (root / "ucfTrainTestlist").rename(root / "UCF101TrainTestSplits-RecognitionTask")
    return root


def as_unzipped_into_a_folder(root: Path) -> Path:
    (root / "lists").mkdir()
    (root / "ucfTrainTestlist").rename(root / "lists" / "ucfTrainTestlist")
    (root / "lists").rename(root / "UCF101TrainTestSplits-RecognitionTask")
    return root


def renamed(root: Path) -> Path:
    (root / "UCF-101").rename(root / "videos")
    return root / "videos"


@pytest.mark.parametrize("lay_out", [beside, inside, as_unzipped, as_unzipped_into_a_folder, renamed])
def test_other_layouts(root: Path, lay_out: Callable[[Path], Path]) -> None:
    usual = opened(root).clips
    dataset = opened(lay_out(root))
    assert [(clip.id, clip.label, clip.fold, clip.group) for clip in dataset.clips] == [
        (clip.id, clip.label, clip.fold, clip.group) for clip in usual
    ]
    assert all(clip.path.is_file() for clip in dataset.clips)


def test_listed_files_that_are_not_there(root: Path) -> None:
    gone = clip_id("Archery", 8)
    (root / "UCF-101" / gone).unlink()
    dataset = opened(root)
    assert [(item.clip_id, item.reason) for item in dataset.excluded] == [
        (gone, f"{gone} is named in the lists of UCF101, but there is no such file.")
    ]
    assert "1 file of 24 that the lists name cannot be used: see Check." in dataset.notes


def test_classes_without_a_clip_are_dropped_and_keep_their_order(root: Path) -> None:
    shutil.rmtree(root / "UCF-101" / "ApplyEyeMakeup")
    dataset = opened(root)
    assert dataset.classes == ("Archery", "HandstandPushups") and {clip.label for clip in dataset.clips} == {0, 1}
    assert "2 of the 3 classes of UCF101 have clips here." in dataset.notes and len(dataset.excluded) == len(GROUPS)


def test_classes_stand_in_the_order_of_their_numbers(root: Path) -> None:
    table = root / "ucfTrainTestlist" / "classInd.txt"
    table.write_text("".join(reversed(table.read_text().splitlines(keepends=True))))
    assert opened(root).classes == CLASSES


def test_videos_in_no_list(root: Path) -> None:
    for name in ("v_Archery_g99_c01.avi", "v_Archery_g98_c01.avi"):
        (root / "UCF-101" / "Archery" / name).touch()
    (root / "UCF-101" / "Archery" / "notes.txt").touch()
    dataset = opened(root)
    assert len(dataset.clips) == 24
    assert "Ignored: 2 videos in no list, the first is Archery/v_Archery_g98_c01.avi." in dataset.notes


def test_names_that_do_not_say_their_group(root: Path) -> None:
    old, new = clip_id("Archery", ALWAYS[0]), "Archery/arrow.avi"
    (root / "UCF-101" / old).rename(root / "UCF-101" / new)
    for path in (root / "ucfTrainTestlist").glob("t*.txt"):
        path.write_text(path.read_text().replace(old, new))
    (item,) = opened(root).excluded
    assert item.clip_id == new and "does not say its group: a name like v_CLASS_g01_c01.avi" in item.reason


def test_a_pair_of_lists_that_is_not_there(root: Path) -> None:
    for name in ("testlist03.txt", "trainlist03.txt"):
        (root / "ucfTrainTestlist" / name).unlink()
    dataset = opened(root)
    assert dataset.folds == (1, 2) and "List 3 is not here: results are over the others." in dataset.notes
    assert {clip.fold for clip in dataset.clips if clip.group.endswith("g15")} == {ALWAYS_TRAINING}


def test_a_test_list_without_a_clip_here(root: Path) -> None:
    for name in CLASSES:
        for group in TESTED[2]:
            (root / "UCF-101" / clip_id(name, group)).unlink()
    dataset = opened(root)
    assert dataset.folds == (1, 3)
    assert "No clip of test list 2 is here: results are over the other lists." in dataset.notes


def test_a_train_list_that_leaves_clips_out(root: Path) -> None:
    path = root / "ucfTrainTestlist" / "trainlist01.txt"
    path.write_text("\n".join(path.read_text().split("\n")[:-3]))
    assert any(note.startswith("Train list 1 leaves out 2 clips") for note in opened(root).notes)


def test_without_the_lists_or_the_videos_the_sentence_says_where_they_are(root: Path, tmp_path: Path) -> None:
    for sentence in (refused(tmp_path / "nowhere"), refused(tmp_path / "UCF101" / "UCF-101" / "Archery")):
        assert "https://www.crcv.ucf.edu/data/UCF101.php" in sentence
    shutil.rmtree(root / "ucfTrainTestlist")
    for place in (root, root / "UCF-101"):
        sentence = refused(place)
        assert "has no lists of UCF101" in sentence and "UCF101TrainTestSplits-RecognitionTask.zip" in sentence


def test_lists_without_videos(root: Path) -> None:
    shutil.rmtree(root / "UCF-101")
    assert f"holds none of the 24 files that {root / 'ucfTrainTestlist'} names; the first is Apply" in refused(root)


@pytest.mark.parametrize(
    ("name", "old", "new", "words"),
    [
        ("classInd.txt", "2 Archery\n", "", "testlist01.txt, line 3: classInd.txt has no class “Archery”"),
        ("classInd.txt", "2 Archery", "1 Archery", "classInd.txt, line 2: a new number and a new class"),
        ("classInd.txt", "2 Archery", "two Archery", "not “two Archery”"),
        ("classInd.txt", "2 Archery", "Archery", "“1 ApplyEyeMakeup” is expected, not “Archery”"),
        ("trainlist01.txt", "g08_c01.avi 2", "g08_c01.avi 3", "“Archery” has number 3 here and 2 in classInd.txt"),
        (
            "trainlist02.txt",
            "Archery/v_Archery_g01",
            "Archery/v_Archery_g08",
            "both name Archery/v_Archery_g08_c01.avi",
        ),
        ("testlist02.txt", "Archery/v_Archery_g08", "Archery/v_Archery_g01", "(1 clip in all): what is tested"),
        ("testlist02.txt", "Archery/v_Archery_g08", "../v_Archery_g08", "testlist02.txt, line 3: classInd.txt has no"),
        ("testlist02.txt", "Archery/v_Archery_g08", "v_Archery_g08", "is no CLASS/FILE"),
        ("testlist02.txt", "Archery/v_Archery_g08", "Archery/v Archery g08", "“CLASS/v_CLASS_g01_c01.avi” is expected"),
    ],
)
def test_faulty_lists_are_refused_with_the_place(root: Path, name: str, old: str, new: str, words: str) -> None:
    path = root / "ucfTrainTestlist" / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    assert words in refused(root)


def test_half_a_pair_and_no_pair_of_lists(root: Path) -> None:
    lists = root / "ucfTrainTestlist"
    (lists / "trainlist02.txt").unlink()
    assert "testlist02.txt is there, but trainlist02.txt is not" in refused(root)
    for path in lists.glob("t*.txt"):
        path.unlink()
    assert "has classInd.txt, but no testlist01.txt" in refused(root)
    (lists / "classInd.txt").write_bytes(b"1 \xff\xfe")
    assert "classInd.txt cannot be read" in refused(root)


def test_cancel(root: Path) -> None:
    control = Control()
    control.cancel()
    with pytest.raises(Cancelled):
        DATASETS["ucf101"].open(root, control)
