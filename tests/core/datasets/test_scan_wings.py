"""Headers of sounds and videos side by side, and what both wings find joined in one report."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from core.audio.decode import decode
from core.control import Control
from core.datasets.base import Clip, Dataset, Modality
from core.datasets.problems import Problem, ProblemKind
from core.datasets.scan import ScanReport, joined, read_headers, scan
from tests.core.films import RATE, moving_square, tone, write_film


def dataset(root: Path) -> Dataset:
    clips = tuple(Clip(path.name, path, 0, 1, path.name) for path in sorted(root.iterdir()))
    return Dataset("x", "X", root, ("a",), clips, "", frozenset(Modality))


def test_headers_say_what_each_file_has(tmp_path):
    soundfile.write(tmp_path / "a.wav", np.zeros(4000), 8000)
    write_film(tmp_path / "b.mkv", moving_square(10), 10)
    write_film(tmp_path / "c.mkv", moving_square(10), 10, tone(1.0))
    (tmp_path / "d.mp4").write_text("no video")
    headers = read_headers(dataset(tmp_path), Control())
    assert headers.has_sound.tolist() == [True, False, True, False]
    assert headers.has_pictures.tolist() == [False, True, True, False]
    assert headers.seconds[:3] == pytest.approx([0.5, 1.0, 1.0], abs=0.05) and np.isnan(headers.seconds[3])
    assert headers.sample_rates[[0, 2]].tolist() == [8000, RATE] and headers.frame_rates[1:3].tolist() == [10, 10]
    assert np.isnan(headers.frame_rates[0]) and headers.sizes[1].tolist() == [64, 48]


def test_reports_of_both_wings_are_joined_and_nobody_is_left_out_twice():
    def report(*problems: tuple[str, ProblemKind, bool], heard: int | None = None) -> ScanReport:
        return ScanReport(4, tuple(Problem(id, kind, f"{id} is.", out) for id, kind, out in problems), heard)

    whole = joined(
        {
            "audio": report(("a", ProblemKind.SILENT, False), ("b", ProblemKind.UNREADABLE, False), heard=2),
            "video": report(("b", ProblemKind.UNREADABLE, True), ("c", ProblemKind.BLACK, False)),
        }
    )
    assert [(p.clip_id, p.kind.value, p.left_out) for p in whole.problems] == [
        ("a", "silent", False),
        ("b", "unreadable", True),
        ("c", "black", False),
    ]
    assert whole.heard == 2 and whole.summary().startswith("3 of 4 clips can be used. 2 of 4 clips have usable sound.")


def test_that_most_videos_have_no_sound_is_not_odd(tmp_path):
    for number in range(5):
        write_film(tmp_path / f"{number}.mkv", moving_square(5), 10, tone(0.5) if number < 2 else None)
    videos = dataset(tmp_path)
    facts = {clip.id: decode(clip.path)[1] for clip in videos.clips}
    report = scan(videos, facts, {}, needed=False)
    assert not report.problems and report.heard == 2
    few = scan(videos, {id: facts["0.mkv" if id < "3" else id] for id in facts}, {}, False)
    assert [(item.clip_id, item.kind.value) for item in few.problems] == [
        ("3.mkv", "without sound"),
        ("4.mkv", "without sound"),
    ]
