"""Copies across folds that are not the same files are found, by ear and by eye; what is not a leak is left out."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import soundfile

from core.analysis import near_duplicates as module
from core.analysis.near_duplicates import find_near_duplicates, similarity
from core.audio.settings import AudioSettings
from core.caches import Caches
from core.control import Control
from core.datasets.base import ALWAYS_TRAINING, Dataset, Modality
from core.datasets.esc50 import open_esc10
from core.datasets.labelled_folder import open_labelled_folder
from core.datasets.splits import LeakError, refuse_leaks
from core.errors import Cancelled, UserError
from core.recipe import Recipe
from core.run_spec import DatasetChoice, Network, RunSpec
from core.video.settings import VideoSettings
from tests.core.films import moving_square, write_film
from tests.core.sound_copies import COPIES

RATE = 8000
RECIPE = Recipe(
    audio=AudioSettings(rate=RATE, seconds=2.0, n_fft=256, hop=128, mels=32), video=VideoSettings(side=32, size=32)
)


def events(seed: int, seconds: float = 2.0) -> np.ndarray:
    """(n,) a few bursts of coloured noise and tones: no two seeds are alike."""
    random = np.random.default_rng(seed)
    time = np.arange(int(seconds * RATE)) / RATE
    sound = np.zeros(len(time))
    for _ in range(6):
        start, width, pitch = random.uniform(0, seconds), random.uniform(0.03, 0.3), random.uniform(100, 3000)
        burst = np.sin(2 * np.pi * pitch * time) + 0.5 * random.normal(size=len(time))
        sound += random.uniform(0.2, 1) * burst * np.exp(-0.5 * ((time - start) / width) ** 2)
    return (0.4 * sound / np.abs(sound).max()).astype(np.float32)


def folder(root: Path, rows: list[tuple[str, int]]) -> Dataset:
    """A labelled folder with folds; every clip is a group of its own."""
    lines = ["path,label,fold", *(f"{name},{'ab'[place % 2]},{fold}" for place, (name, fold) in enumerate(rows))]
    (root / "labels.csv").write_text("\n".join(lines) + "\n")
    return open_labelled_folder(root, Control())


def look(dataset: Dataset, tmp_path: Path, wing: str, recipe: Recipe = RECIPE):
    modality = {"audio": Modality.AUDIO, "video": Modality.VIDEO}[wing]
    spec = RunSpec(
        study="s",
        network=Network(),
        modality=modality,
        dataset=DatasetChoice(name="labelled-folder"),
        recipe=recipe,
        fold=1,
        seed=0,
    )
    caches = Caches(dataset, tmp_path / "cache").open([spec], Control(), lambda progress: None)
    return find_near_duplicates(dataset, {wing: (caches.of(wing, recipe), recipe)}, Control()), caches


def pair_set(found, likely: bool = True) -> set[frozenset[str]]:
    return {frozenset((pair.first, pair.second)) for pair in found.pairs if pair.likely == likely}


def test_copies_of_sounds_across_folds_stand_first(tmp_path):
    rows, copies = [], {}
    for seed in range(30):
        soundfile.write(tmp_path / f"{seed:02d}.wav", events(seed), RATE, subtype="FLOAT")
        rows.append((f"{seed:02d}.wav", 1 + seed % 3))
    for place, (name, change) in enumerate(COPIES.items()):
        soundfile.write(tmp_path / f"{name}.wav", change(events(place), RATE), RATE, subtype="PCM_16")
        rows.append((f"{name}.wav", 1 + (place + 1) % 3))
        copies[frozenset((f"{place:02d}.wav", f"{name}.wav"))] = name
    found, caches = look(folder(tmp_path, rows), tmp_path, "audio")
    assert pair_set(found) == set(copies)
    assert [pair.likely for pair in found.pairs[: len(copies)]] == [True] * len(copies)
    assert all(0 <= pair.similarity <= 1 for pair in found.pairs)
    assert found.likely == len(copies)
    assert found.basis.startswith(f"{len(copies)} likely copies across folds: sound alike above 0.")
    refuse_leaks(folder(tmp_path, rows), caches.digests())  # none of them is found by the guard


def test_an_exact_copy_is_refused_by_the_guard_and_found_by_the_list_too(tmp_path):
    rows = []
    for seed in range(12):
        soundfile.write(tmp_path / f"{seed:02d}.wav", events(seed), RATE, subtype="FLOAT")
        rows.append((f"{seed:02d}.wav", 1 + seed % 3))
    (tmp_path / "copy.wav").write_bytes((tmp_path / "00.wav").read_bytes())
    dataset = folder(tmp_path, [*rows, ("copy.wav", 2)])
    found, caches = look(dataset, tmp_path, "audio")
    with pytest.raises(LeakError, match="are the same file"):
        refuse_leaks(dataset, caches.digests())
    assert {found.pairs[0].first, found.pairs[0].second} == {"00.wav", "copy.wav"}
    assert found.pairs[0].likely and found.pairs[0].similarity == pytest.approx(1)


def test_copies_within_a_fold_or_a_group_or_in_no_part_are_no_leaks(tmp_path):
    rows = []
    for seed in range(12):
        soundfile.write(tmp_path / f"{seed:02d}.wav", events(seed), RATE, subtype="FLOAT")
        rows.append((f"{seed:02d}.wav", 1 + seed % 3))
    for name, seed in (("same-fold", 0), ("same-group", 1), ("no-part", 2), ("always", 3)):
        soundfile.write(tmp_path / f"{name}.wav", 0.5 * events(seed), RATE, subtype="FLOAT")
        rows.append((f"{name}.wav", 1 if seed == 0 else 3))
    dataset = folder(tmp_path, rows)
    of_two = next(clip.group for clip in dataset.clips if clip.id == "01.wav")
    changes = {
        "same-group.wav": {"group": of_two},
        "no-part.wav": {"fold": None},
        "always.wav": {"fold": ALWAYS_TRAINING},
    }
    dataset = replace(dataset, clips=tuple(replace(clip, **changes.get(clip.id, {})) for clip in dataset.clips))
    found, _ = look(dataset, tmp_path, "audio")
    assert pair_set(found) == {frozenset(("03.wav", "always.wav"))}
    named = {pair.first for pair in found.pairs} | {pair.second for pair in found.pairs}
    assert "no-part.wav" not in named


def test_copies_of_videos_across_folds_stand_first(tmp_path):
    def film(seed: int) -> list[np.ndarray]:
        return moving_square(40, step=1 + seed % 2, seed=seed)

    changes = {
        "smaller": lambda pictures: [cv2.resize(picture, (48, 36)) for picture in pictures],
        "brighter": lambda pictures: [np.clip(0.8 * picture + 40.0, 0, 255).astype(np.uint8) for picture in pictures],
        "a-frame-later": lambda pictures: pictures[1:],
    }
    rows, copies = [], set()
    for seed in range(14):
        write_film(tmp_path / f"{seed:02d}.avi", film(seed))
        rows.append((f"{seed:02d}.avi", 1 + seed % 2))
    for place, (name, change) in enumerate(changes.items()):
        write_film(tmp_path / f"{name}.avi", change(film(place)))
        rows.append((f"{name}.avi", 1 + (place + 1) % 2))
        copies.add(frozenset((f"{place:02d}.avi", f"{name}.avi")))
    found, caches = look(folder(tmp_path, rows), tmp_path, "video")
    assert pair_set(found) == copies
    refuse_leaks(folder(tmp_path, rows), caches.digests())


def test_copies_of_real_recordings_are_found(esc10, tmp_path):
    """40 recordings of ESC-10, six of which come again in another fold; of those that are alike none is a copy."""
    with (esc10 / "meta" / "esc50.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))[::8]
    for name in ("meta", "audio"):
        (tmp_path / name).mkdir()
    copies = set()
    for place, (name, change) in enumerate(COPIES.items()):
        row = rows[6 * place]
        sound, rate = soundfile.read(esc10 / "audio" / row["filename"], dtype="float32")
        soundfile.write(tmp_path / "audio" / f"{name}.wav", change(sound, rate), rate, subtype="PCM_16")
        fold = str(1 + int(row["fold"]) % 4)
        rows.append(row | {"filename": f"{name}.wav", "fold": fold, "src_file": name})
        copies.add(frozenset((f"audio/{row['filename']}", f"audio/{name}.wav")))
    for row in rows[:40]:
        (tmp_path / "audio" / row["filename"]).symlink_to(esc10 / "audio" / row["filename"])
    with (tmp_path / "meta" / "esc50.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    found, caches = look(open_esc10(tmp_path, Control()), tmp_path, "audio", Recipe())
    assert pair_set(found) == copies
    refuse_leaks(open_esc10(tmp_path, Control()), caches.digests())


def test_similarity_is_that_of_a_slow_reading():
    random = np.random.default_rng(0)
    one, other = random.normal(size=(20, 3)), random.normal(size=(17, 3))
    best = 0.0
    for shift in range(-5, 6):
        pairs = [(one[i], other[i - shift]) for i in range(20) if 0 <= i - shift < 17]
        u, v = np.concatenate([a for a, _ in pairs]), np.concatenate([b for _, b in pairs])
        best = max(best, float(np.corrcoef(np.r_[u, -u], np.r_[v, -v])[0, 1]))  # of mean 0: the cosine
    assert similarity(one, other, 5) == pytest.approx(best, rel=1e-5)
    assert similarity(one, one[3:], 5) == pytest.approx(1)
    assert similarity(one, one[8:], 5) < 0.9
    assert similarity(one, -one, 0) == 0 == similarity(one, 0 * one, 5)
    assert similarity(one[:1], one[:1], 5) == pytest.approx(1)


def test_silence_is_like_nothing_and_lengths_may_differ(tmp_path):
    rows = []
    for seed in range(8):
        soundfile.write(tmp_path / f"{seed}.wav", events(seed, 0.5 + 0.5 * seed), RATE, subtype="FLOAT")
        rows.append((f"{seed}.wav", 1 + seed % 2))
    for name, fold in (("nothing", 1), ("nothing-either", 2)):
        soundfile.write(tmp_path / f"{name}.wav", np.zeros(RATE, np.float32), RATE)
        rows.append((f"{name}.wav", fold))
    found, _ = look(folder(tmp_path, rows), tmp_path, "audio")
    assert found.likely == 0
    assert all(pair.similarity == 0 for pair in found.pairs if "nothing" in pair.first + pair.second)


def test_one_fold_is_a_sentence_and_the_work_can_be_cancelled(tmp_path, monkeypatch):
    rows = [(f"{seed}.wav", 1 + seed % 2) for seed in range(4)]
    for seed in range(4):
        soundfile.write(tmp_path / f"{seed}.wav", events(seed, 0.5), RATE)
    dataset = folder(tmp_path, rows)
    alone = replace(dataset, clips=tuple(clip for clip in dataset.clips if clip.fold == 1))
    with pytest.raises(UserError, match="one fold only"):
        find_near_duplicates(alone, {}, Control())
    _, caches = look(dataset, tmp_path, "audio")
    control, said = Control(), []

    def report(progress):
        said.append(progress.what)
        control.cancel()

    monkeypatch.setattr(module, "EVERY", 1)
    with pytest.raises(Cancelled):
        find_near_duplicates(dataset, {"audio": (caches.of("audio", RECIPE), RECIPE)}, control, report)
    assert said == ["Fingerprints of sound"]
