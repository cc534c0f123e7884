"""Every row of DATASETS that can be opened without a network holds what a dataset promises."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import soundfile

from core.datasets import DATASETS, demo_videos, recognise
from core.datasets.base import Clip, Dataset
from core.datasets.download import Archive
from core.datasets.splits import find_leaks, split
from core.errors import UserError
from core.tables import load_dotted
from tests.conftest import REAL_DATA
from tests.core.datasets.captures import make_captures
from tests.core.datasets.conftest import FEW_SOURCES
from tests.core.datasets.ucf101_tree import make_ucf101


def root_of(name: str, place: Path) -> Path:
    """Where the clips of a row are (or will be) on this machine; the test is skipped where there are none."""
    info = DATASETS[name]
    if info.synthetic:
        return place
    if not info.folder:  # the user's own: a few here
        for kind in ("hum", "hiss"):
            (place / kind).mkdir()
            for number in range(6):
                soundfile.write(place / kind / f"{number}.wav", [0.1, -0.1] * 400 * (number + 1), 8000)
        return place
    if name == "captured":
        return make_captures(place)
    if name == "ucf101":
        return make_ucf101(place)
    root = REAL_DATA / name if (REAL_DATA / name).is_dir() else REAL_DATA / "esc10"
    if not root.is_dir():
        pytest.skip(f"no recordings for {name} in {REAL_DATA}")
    return root


def test_clips_are_found_by_name_and_by_class_in_either_case_of_letters() -> None:
    names = [("a/Dog.wav", 0), ("b/cat.wav", 1), ("b/dog.wav", 1)]
    clips = tuple(Clip(name, Path(name), label, 1, name) for name, label in names)
    dataset = Dataset("x", "X", Path(), ("Straße", "CATTLE"), clips, "", frozenset())
    assert dataset.containing("DOG") == [0, 2]
    assert dataset.containing("strasse") == [0]
    assert dataset.containing("cat") == [1, 2]
    assert dataset.containing("") == [0, 1, 2] and dataset.containing("cow") == []


@pytest.fixture(scope="module", params=list(DATASETS))
def opened(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dataset]:
    made_once = DATASETS[request.param].synthetic  # by all tests of this run
    place = tmp_path_factory.getbasetemp() / request.param if made_once else tmp_path_factory.mktemp(request.param)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(demo_videos, "SOURCES", FEW_SOURCES)
        yield DATASETS[request.param].open(root_of(request.param, place))


def test_a_dataset_keeps_its_promises(opened: Dataset) -> None:
    assert opened.name in DATASETS and opened.synthetic == DATASETS[opened.name].synthetic
    assert opened.licence and opened.modalities and len(opened.classes) >= 2
    ids = [clip.id for clip in opened.clips]
    assert len(set(ids)) == len(ids) > 0
    assert all(
        clip.id == clip.path.relative_to(opened.root).as_posix() and clip.path.is_file() for clip in opened.clips
    )
    assert {clip.label for clip in opened.clips} == set(range(len(opened.classes)))
    assert all(clip.fold is not None and clip.group for clip in opened.clips)
    assert set(opened.folds) <= set(opened.official_folds or opened.folds)
    assert all(note.endswith(".") for note in opened.notes)
    assert DATASETS[opened.name].open(opened.root).clips == opened.clips


def test_every_fold_can_be_tested_without_a_leak(opened: Dataset) -> None:
    assert not find_leaks(opened) and len(opened.folds) >= 2
    for fold in opened.folds:
        made = split(opened, fold, 0.2)
        sides = [{opened.clips[i].group for i in side} for side in (made.train, made.validation, made.test)]
        assert all(sides) and not (sides[0] & sides[1] or sides[0] & sides[2] or sides[1] & sides[2])
        assert {opened.clips[i].label for i in made.train} == set(range(len(opened.classes)))


@pytest.mark.parametrize("name", [name for name in DATASETS if DATASETS[name].downloader])
def test_a_downloader_is_an_archive_with_a_check(name: str) -> None:
    archive = load_dotted(DATASETS[name].downloader)
    assert isinstance(archive, Archive) and archive.url.startswith("https://") and archive.licence
    assert callable(load_dotted(archive.check) if isinstance(archive.check, str) else archive.check)


@pytest.mark.parametrize("name", [name for name in DATASETS if not DATASETS[name].synthetic])
def test_a_folder_that_is_not_there_is_named(name: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"There is no folder .*nowhere"):
        DATASETS[name].open(tmp_path / "nowhere")


def test_layouts_are_recognised(tmp_path: Path) -> None:
    (tmp_path / "esc" / "ESC-50-master" / "meta").mkdir(parents=True)
    (tmp_path / "esc" / "ESC-50-master" / "meta" / "esc50.csv").touch()
    assert recognise(tmp_path / "esc") == recognise(tmp_path / "esc", "labelled-folder") == "esc50"
    assert recognise(tmp_path / "esc", "esc10") == "esc10"
    assert recognise(tmp_path, "esc10") == "labelled-folder"
    videos = make_ucf101(tmp_path / "ucf")
    assert {recognise(folder) for folder in (videos, videos / "UCF-101", videos / "ucfTrainTestlist")} == {"ucf101"}
