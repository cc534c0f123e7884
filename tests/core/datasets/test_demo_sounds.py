"""Demo sounds: the same bytes every time, and hard enough to get some wrong."""

from __future__ import annotations

import hashlib
import json
import time
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pytest
import soundfile

from core.control import Control
from core.datasets import DATASETS, demo_sounds
from core.datasets.base import Dataset
from core.datasets.demo_sounds import open_demo_sounds
from core.datasets.splits import find_leaks
from core.datasets.synthetic import MANIFEST
from core.errors import Cancelled, UserError


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sixth of the clips: quicker."""
    monkeypatch.setattr(demo_sounds, "SOURCES", 4)
    monkeypatch.setattr(demo_sounds, "CUTS", 1)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return open_demo_sounds(tmp_path_factory.mktemp("demo"), Control())


def digest(dataset: Dataset) -> str:
    return hashlib.sha256(b"".join(clip.path.read_bytes() for clip in dataset.clips)).hexdigest()


def test_shape_of_the_dataset(made: Dataset) -> None:
    assert len(made.classes) >= 8 and Counter(clip.label for clip in made.clips) == dict.fromkeys(
        range(len(made.classes)), 24
    )
    assert made.synthetic and "synthetic" in made.licence.lower() and made.official_folds == ()
    assert made.folds == (1, 2, 3, 4)
    per_fold = Counter((clip.label, clip.fold) for clip in made.clips)
    assert set(per_fold.values()) == {6}
    assert not find_leaks(made)
    groups = Counter(clip.group for clip in made.clips)
    assert set(groups.values()) == {3}


def test_files_are_sixteen_bit_waves_of_two_seconds(made: Dataset) -> None:
    for clip in made.clips[::17]:
        info = soundfile.info(clip.path)
        assert (info.samplerate, info.channels, info.subtype, info.frames) == (22050, 1, "PCM_16", 44100)
    peaks = [np.abs(soundfile.read(clip.path)[0]).max() for clip in made.clips[::7]]
    assert min(peaks) > 0.03 and max(peaks) < 0.95 and max(peaks) / min(peaks) > 4  # levels vary, none clips


def test_made_twice_gives_the_same_bytes(made: Dataset, tmp_path: Path) -> None:
    start = time.perf_counter()
    again = open_demo_sounds(tmp_path / "b", Control())
    assert time.perf_counter() - start < 15  # about 2 s on an idle machine
    assert digest(again) == digest(made)
    assert len({clip.path.read_bytes() for clip in made.clips}) == len(made.clips)


def test_opening_again_writes_nothing(made: Dataset) -> None:
    before = {path: path.stat().st_mtime_ns for path in made.root.rglob("*.wav")}
    open_demo_sounds(made.root, Control())
    assert before == {path: path.stat().st_mtime_ns for path in made.root.rglob("*.wav")}


@pytest.mark.parametrize("harm", ["missing", "torn", "older version", "no manifest"])
@pytest.mark.usefixtures("few")
def test_what_is_missing_is_made_again(tmp_path: Path, harm: str) -> None:
    small = open_demo_sounds(tmp_path, Control())
    whole = digest(small)
    manifest, victim = tmp_path / MANIFEST, small.clips[5].path
    if harm == "missing":
        victim.unlink()
    elif harm == "torn":
        victim.write_bytes(victim.read_bytes()[:1000])
    elif harm == "older version":
        manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "version": 0}))
        victim.write_bytes(bytes(victim.stat().st_size))
    else:
        manifest.unlink()
    assert digest(open_demo_sounds(tmp_path, Control())) == whole


@pytest.mark.usefixtures("few")
def test_other_files_in_the_folder_stay(tmp_path: Path) -> None:
    mine = tmp_path / "audio" / "mine.txt"
    mine.parent.mkdir()
    mine.write_text("keep")
    open_demo_sounds(tmp_path, Control())
    assert mine.read_text() == "keep"


def test_cancel_while_making(tmp_path: Path) -> None:
    control = Control()
    control.cancel()
    with pytest.raises(Cancelled):
        open_demo_sounds(tmp_path, control)
    assert not (tmp_path / MANIFEST).exists()


def test_a_place_that_cannot_be_written_to(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    with pytest.raises(UserError, match="could not be written"):
        open_demo_sounds(blocked, Control())


def test_a_simple_classifier_gets_most_but_not_all(made: Dataset) -> None:
    """Nearest class mean on long-term band levels, by folds: far above chance (10 %), far from perfect."""
    features = []
    for clip in made.clips:
        power = np.abs(np.fft.rfft(soundfile.read(clip.path)[0].reshape(-1, 980))) ** 2
        bands = np.log10([band.mean(axis=1) + 1e-12 for band in np.array_split(power[:, 1:], 24, axis=1)])
        features.append(np.concatenate([bands.mean(axis=1) - bands.mean(), bands.std(axis=1)]))
    x, y = np.array(features), np.array([clip.label for clip in made.clips])
    folds = np.array([clip.fold for clip in made.clips])
    right = wrong = 0
    confused: defaultdict[frozenset[str], int] = defaultdict(int)
    for fold in made.folds:
        train = folds != fold
        means = np.array([x[train & (y == label)].mean(axis=0) for label in range(len(made.classes))])
        spread = x[train].std(axis=0)
        for features_of_one, label in zip(x[~train], y[~train], strict=True):
            guess = int(np.abs((means - features_of_one) / spread).sum(axis=1).argmin())
            right += guess == label
            wrong += guess != label
            confused[frozenset({made.classes[guess], made.classes[label]})] += guess != label
    assert 0.4 < right / (right + wrong) < 0.9
    assert confused[frozenset({"siren", "alarm"})] and confused[frozenset({"clock", "knock"})]


def test_making_says_how_far_it_is(tmp_path):
    said = []
    opened = DATASETS["demo-sounds"].open(tmp_path, report=said.append)
    total = len(opened.clips)
    assert [item.done for item in said] == list(range(total)) and {item.total for item in said} == {total}
    DATASETS["demo-sounds"].open(tmp_path, report=said.append)
    assert len(said) == total, "nothing is made again"
