"""ESC-50's table and folders: what is read, what is refused, and in which words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from core.control import Control
from core.datasets import esc50
from core.datasets.esc50 import check_arrived, open_esc10, open_esc50
from core.errors import UserError
from core.events import Progress

HEADER = "filename,fold,target,category,esc10,src_file,take"


def row(fold: int, source: int, target: int, category: str, esc10: bool = True) -> str:
    return f"{fold}-{source}-A-{target}.wav,{fold},{target},{category},{esc10},{source},A"


ROWS = [
    row(fold, 1000 * fold + target, target, name, esc10)
    for fold in (1, 2, 3, 4, 5)
    for target, name, esc10 in ((0, "dog", True), (3, "cow", False), (40, "helicopter", True))
]


def esc(root: Path, rows: list[str] = ROWS, header: str = HEADER, audio: bool = True) -> Path:
    """A small ESC-50 below `root`."""
    (root / "meta").mkdir(parents=True)
    (root / "audio").mkdir()
    (root / "meta" / "esc50.csv").write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    for line in rows if audio else []:
        name = line.split(",")[0]
        if name.endswith(".wav") and "/" not in name:
            soundfile.write(root / "audio" / name, np.full(100, 0.1), 8000)
    return root


def refused(root: Path) -> str:
    with pytest.raises(UserError) as caught:
        open_esc50(root, Control())
    return str(caught.value)


def test_esc50_has_all_rows_and_official_folds(tmp_path: Path) -> None:
    dataset = open_esc50(esc(tmp_path), Control())
    assert dataset.classes == ("dog", "cow", "helicopter") and len(dataset.clips) == 15
    assert dataset.folds == dataset.official_folds == (1, 2, 3, 4, 5)
    clip = dataset.clips[0]
    assert (clip.id, clip.fold, clip.group, clip.label) == ("audio/1-1000-A-0.wav", 1, "1000", 0)
    assert clip.path.is_file() and "CC BY-NC" in dataset.licence
    assert dataset.notes == ("3 of the 50 classes of ESC-50 are here.",)


def test_esc10_is_the_flagged_rows_counted_from_zero(tmp_path: Path) -> None:
    dataset = open_esc10(esc(tmp_path), Control())
    assert dataset.classes == ("dog", "helicopter") and {clip.label for clip in dataset.clips} == {0, 1}
    assert len(dataset.clips) == 10 and "CC BY 3.0" in dataset.licence


def test_the_folder_above_will_do(tmp_path: Path) -> None:
    esc(tmp_path / "ESC-50-master")
    assert open_esc50(tmp_path, Control()).root == tmp_path / "ESC-50-master"


@pytest.mark.parametrize(
    ("folds", "sentence"),
    [
        ((1, 2, 3, 4), "Fold 5 has no clips here: results are over folds 1–4 of 5."),
        ((1, 3, 5), "Folds 2 and 4 have no clips here: results are over folds 1, 3 and 5 of 5."),
        ((2, 3), "Folds 1, 4 and 5 have no clips here: results are over folds 2 and 3 of 5."),
        ((4,), "Folds 1, 2, 3 and 5 have no clips here: results are over fold 4 of 5."),
    ],
)
def test_missing_folds_are_said(tmp_path: Path, folds: tuple[int, ...], sentence: str) -> None:
    dataset = open_esc50(esc(tmp_path, [line for line in ROWS if int(line[0]) in folds]), Control())
    assert dataset.folds == folds and sentence in dataset.notes


def test_missing_files_are_left_out(tmp_path: Path) -> None:
    esc(tmp_path)
    (tmp_path / "audio" / "1-1000-A-0.wav").unlink()
    dataset = open_esc50(tmp_path, Control())
    assert len(dataset.clips) == 14
    assert [item.clip_id for item in dataset.excluded] == ["audio/1-1000-A-0.wav"]
    assert "there is no such file" in dataset.excluded[0].reason


def test_no_table(tmp_path: Path) -> None:
    assert "no meta/esc50.csv" in refused(tmp_path) and "download" in refused(tmp_path)


def test_no_sound_at_all(tmp_path: Path) -> None:
    assert "none of the 15 files" in refused(esc(tmp_path, audio=False))


def test_no_row_flagged_for_esc10(tmp_path: Path) -> None:
    esc(tmp_path, [line for line in ROWS if "False" in line])
    with pytest.raises(UserError, match="flags no row as esc10"):
        open_esc10(tmp_path, Control())


@pytest.mark.parametrize(
    ("rows", "header", "words"),
    [
        (ROWS, "filename,folder,target,category,esc10,source,take", "lacks the columns fold, src_file"),
        (ROWS, HEADER.replace("esc10", "flag"), "lacks the column esc10"),
        ([], HEADER, "no rows"),
        ([*ROWS, ROWS[2]], HEADER, "named a second time"),
        ([ROWS[0].replace(",1,", ",six,")], HEADER, "fold is “six”; a whole number from 1 to 5"),
        ([row(6, 1, 0, "dog")], HEADER, "fold is “6”"),
        ([row(1, 1, 50, "dog")], HEADER, "target is “50”; a whole number from 0 to 49"),
        ([row(1, 1, -1, "dog")], HEADER, "target is “-1”"),
        ([f"a.wav,1,{'9' * 5000},dog,True,1,A"], HEADER, "target is “999"),
        (["a.wav,1,0,dog,maybe,1,A"], HEADER, "esc10 is “maybe”; True or False"),
        (["../../etc/passwd,1,0,dog,True,1,A"], HEADER, "name of a file in the audio folder"),
        (["..,1,0,dog,True,1,A"], HEADER, "name of a file in the audio folder"),
        (["a.wav,1,0,dog,True,,A"], HEADER, "src_file is empty"),
        ([",1,0,dog,True,1,A"], HEADER, "filename is empty"),
        (["a.wav,1,0,dog,True,1"], HEADER, "6 values for 7 columns"),
        (["a.wav,1,0,dog,True,1,A", "b.wav,1,0,cat,True,2,A"], HEADER, "target 0 is “cat” here and “dog” above"),
        (["a.wav,1,0,dog,True,1,A", "b.wav,1,1,dog,True,2,A"], HEADER, "one category to two targets"),
    ],
)
def test_faulty_tables_are_refused_with_the_place(tmp_path: Path, rows: list[str], header: str, words: str) -> None:
    sentence = refused(esc(tmp_path, rows, header))
    assert words in sentence and "esc50.csv" in sentence
    assert len(sentence) < 6000


def test_a_table_that_is_not_utf8(tmp_path: Path) -> None:
    esc(tmp_path)
    (tmp_path / "meta" / "esc50.csv").write_bytes(f"{HEADER}\n1.wav,1,0,caf\xe9,True,1,A\n".encode("latin-1"))
    assert "not text in UTF-8" in refused(tmp_path)
    (tmp_path / "meta" / "esc50.csv").write_bytes(b"")
    assert "is empty" in refused(tmp_path)
    (tmp_path / "meta" / "esc50.csv").write_bytes(bytes(range(128)) * 20)
    assert refused(tmp_path)


def test_check_of_a_download(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[Progress] = []
    esc(tmp_path)
    with pytest.raises(UserError, match="15 rows instead of 2000"):
        check_arrived(tmp_path, Control(), said.append)
    monkeypatch.setattr(esc50, "ROWS", 15)
    check_arrived(tmp_path, Control(), said.append)
    assert (said[-1].done, said[-1].total) == (15, 15)
    (tmp_path / "audio" / "1-1000-A-0.wav").write_text("no sound")
    (tmp_path / "audio" / "2-2000-A-0.wav").unlink()
    with pytest.raises(UserError, match=r"13 of 15 files can be decoded.*1-1000-A-0\.wav, 2-2000-A-0\.wav"):
        check_arrived(tmp_path, Control(), said.append)


def test_the_real_recordings(esc10: Path) -> None:
    dataset = open_esc10(esc10, Control())
    assert len(dataset.classes) == 10 and len(dataset.clips) + len(dataset.excluded) >= 320
    assert dataset.classes[:2] == ("dog", "rooster")
    assert max(clip.label for clip in dataset.clips) == 9
    if dataset.folds == (1, 2, 3, 4):
        assert "Fold 5 has no clips here: results are over folds 1–4 of 5." in dataset.notes
