"""The scan: what is left out, what is only said, and the words for it, from real files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from core.audio.decode import AudioFacts, decode
from core.control import Control
from core.datasets.base import Clip, Dataset, Modality
from core.datasets.scan import ProblemKind, ScanReport, read_headers, scan
from core.errors import UserError
from core.video.decode import decode as decode_video
from tests.core.films import moving_square, tone, write_film

RATE = 8000
NOISE = np.random.default_rng(0).uniform(-0.5, 0.5, RATE)


def scanned(root: Path) -> tuple[Dataset, ScanReport]:
    """Decode every file of a folder and scan it."""
    clips = tuple(Clip(path.name, path, 0, 1, path.name) for path in sorted(root.iterdir()))
    dataset = Dataset("x", "X", root, ("a",), clips, "", frozenset({Modality.AUDIO}))
    facts, failures = {}, {}
    for clip in clips:
        try:
            facts[clip.id] = decode(clip.path)[1]
        except UserError as error:
            failures[clip.id] = str(error)
    return dataset, scan(dataset, facts, failures)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Five ordinary sounds."""
    for number in range(5):
        soundfile.write(tmp_path / f"good{number}.wav", NOISE, RATE)
    return tmp_path


def test_nothing_wrong(folder: Path) -> None:
    dataset, report = scanned(folder)
    assert report.problems == () and report.usable(dataset).clips == dataset.clips
    assert report.summary() == "All 5 clips can be used."


def test_unusable_files_are_left_out_with_a_reason(folder: Path) -> None:
    (folder / "text.wav").write_text("this is no sound\n" * 100)
    (folder / "zero.wav").write_bytes(b"")
    soundfile.write(folder / "header.wav", np.empty(0), RATE)
    soundfile.write(folder / "one.wav", np.array([0.5]), RATE)
    soundfile.write(folder / "silent.wav", np.zeros(RATE), RATE)
    soundfile.write(folder / "faint.wav", NOISE * 1e-4, RATE, subtype="FLOAT")
    soundfile.write(folder / "nan.wav", np.full(RATE, np.nan), RATE, subtype="FLOAT")
    before = {path: path.read_bytes() for path in folder.iterdir()}
    dataset, report = scanned(folder)
    kinds = {item.clip_id: item.kind for item in report.problems}
    assert kinds == {
        "text.wav": ProblemKind.UNREADABLE,
        "zero.wav": ProblemKind.EMPTY,
        "header.wav": ProblemKind.EMPTY,
        "one.wav": ProblemKind.TOO_SHORT,
        "silent.wav": ProblemKind.SILENT,
        "faint.wav": ProblemKind.SILENT,
        "nan.wav": ProblemKind.UNREADABLE,
    }
    assert all(item.left_out and item.clip_id in item.sentence for item in report.problems)
    usable = report.usable(dataset)
    assert len(usable.clips) == 5 and {item.clip_id for item in usable.excluded} == set(kinds)
    assert report.summary() == ("5 of 12 clips can be used. Left out: 2 unreadable, 2 empty, 2 silent, 1 too short.")
    reasons = {item.clip_id: item.reason for item in report.excluded}
    assert reasons["silent.wav"] == "silent.wav is silent: every sample is zero."
    assert reasons["faint.wav"] == "faint.wav is silent: 91 dB below full scale on average."
    assert reasons["one.wav"] == "one.wav lasts 0.1 ms; at least 50 are needed."
    assert before == {path: path.read_bytes() for path in folder.iterdir()}  # nothing is deleted or changed


def test_odd_files_are_kept(folder: Path) -> None:
    soundfile.write(folder / "clipped.wav", np.clip(NOISE * 4, -1, 1), RATE)
    soundfile.write(folder / "rate.wav", np.repeat(NOISE, 2), 2 * RATE)
    soundfile.write(folder / "long.wav", np.tile(NOISE, 3), RATE)
    soundfile.write(folder / "eight.wav", np.tile(np.repeat(NOISE, 24)[:, None], (1, 8)), 192_000)
    dataset, report = scanned(folder)
    found = {(item.clip_id, item.kind) for item in report.problems}
    assert found == {
        ("clipped.wav", ProblemKind.CLIPPED),
        ("rate.wav", ProblemKind.OTHER_RATE),
        ("long.wav", ProblemKind.OTHER_LENGTH),
        ("eight.wav", ProblemKind.OTHER_RATE),
        ("eight.wav", ProblemKind.OTHER_CHANNELS),
    }
    assert not report.excluded and report.usable(dataset).clips == dataset.clips
    sentences = {item.kind: item.sentence for item in report.problems if item.clip_id != "rate.wav"}
    assert (
        sentences[ProblemKind.OTHER_LENGTH]
        == "The sound of long.wav lasts 3.00 s; of most clips 1.0 s. It is cut or padded."
    )
    assert "8 channels; most clips have 1" in sentences[ProblemKind.OTHER_CHANNELS]
    assert "192000 Hz; most clips have 8000 Hz" in sentences[ProblemKind.OTHER_RATE]
    assert report.summary().startswith("9 of 9 clips can be used. Kept though odd: 1 clipped, 2 other rate")


def test_lengths_that_differ_a_little_or_altogether_are_no_problem(tmp_path: Path) -> None:
    for number, seconds in enumerate((1.0, 1.0, 1.01, 1.04, 0.97)):
        soundfile.write(tmp_path / f"{number}.wav", np.resize(NOISE, int(seconds * RATE)), RATE)
    assert scanned(tmp_path)[1].problems == ()
    for number, seconds in enumerate((2, 3, 4, 5, 6, 7, 8)):
        soundfile.write(tmp_path / f"other{number}.wav", np.resize(NOISE, seconds * RATE), RATE)
    assert scanned(tmp_path)[1].problems == ()


def test_a_folder_of_texts(tmp_path: Path) -> None:
    for number in range(4):
        (tmp_path / f"{number}.wav").write_text("text")
    dataset, report = scanned(tmp_path)
    assert report.summary() == "0 of 4 clips can be used. Left out: 4 unreadable."
    assert report.usable(dataset).clips == ()


def test_facts_that_are_no_numbers_and_clips_never_decoded(tmp_path: Path) -> None:
    clips = tuple(Clip(name, tmp_path / name, 0, 1, name) for name in ("a", "b", "c"))
    dataset = Dataset("x", "X", tmp_path, ("a",), clips, "", frozenset({Modality.AUDIO}))
    good = AudioFacts(RATE, 1, RATE, 1.0, 0.5, 0.1, 0.0, "f", "s", "WAV")
    report = scan(dataset, {"a": replace(good, peak=float("nan")), "b": replace(good, frames=0, seconds=0.0)}, {})
    assert [item.kind for item in report.problems] == [
        ProblemKind.UNREADABLE,
        ProblemKind.EMPTY,
        ProblemKind.UNREADABLE,
    ]
    assert report.excluded[2].reason == "c has not been decoded."


@pytest.fixture
def films(tmp_path: Path) -> Dataset:
    """Three films: with sound, with a silent track, and without a track; and a text."""
    pictures = moving_square(20)
    write_film(tmp_path / "heard.mkv", pictures, sound=tone(0.8))
    write_film(tmp_path / "mute.mkv", pictures)
    write_film(tmp_path / "silent.mkv", pictures, sound=0 * tone(0.8))
    (tmp_path / "text.mkv").write_text("text")
    clips = tuple(Clip(path.name, path, 0, 1, path.name) for path in sorted(tmp_path.iterdir()))
    return Dataset("x", "X", tmp_path, ("a",), clips, "", frozenset({Modality.AUDIO_VISUAL}))


def test_the_sound_of_films(films: Dataset) -> None:
    facts = {clip.id: decode(clip.path)[1] for clip in films.clips[:3]}
    failures = {"text.mkv": "text.mkv is no sound."}
    needed = scan(films, facts, failures)
    assert [clip.id for clip in needed.usable(films).clips] == ["heard.mkv"]
    assert needed.summary() == "1 of 4 clips can be used. Left out: 1 unreadable, 1 without sound, 1 silent."
    sentences = {item.clip_id: item.reason for item in needed.excluded}
    assert sentences["mute.mkv"] == "mute.mkv has no sound track."
    extra = scan(films, facts, failures, needed=False)
    assert extra.usable(films) == films and extra.heard == 1
    assert extra.summary() == (
        "4 of 4 clips can be used. 1 of 4 clips have usable sound. "
        "Kept though odd: 1 unreadable, 1 without sound, 1 silent."
    )


def test_the_pictures_of_films(films: Dataset) -> None:
    facts = {clip.id: decode_video(clip.path)[2] for clip in films.clips[:3]}
    report = scan(films, facts, {"text.mkv": "text.mkv is not a video."})
    assert [clip.id for clip in report.usable(films).clips] == ["heard.mkv", "mute.mkv", "silent.mkv"]
    assert [item.kind for item in report.problems] == [ProblemKind.UNREADABLE] and report.heard is None


def test_headers_of_films_and_sounds(films: Dataset, folder: Path) -> None:
    clips = (*films.clips, Clip("good0.wav", folder / "good0.wav", 0, 1, "g"))
    headers = read_headers(replace(films, clips=clips), Control())
    np.testing.assert_allclose(headers.seconds, [0.8, 0.8, 0.8, np.nan, 1.0], atol=0.01)
    np.testing.assert_allclose(headers.sample_rates, [16000, np.nan, 16000, np.nan, RATE])
    np.testing.assert_allclose(headers.frame_rates, [25, 25, 25, np.nan, np.nan])
    np.testing.assert_array_equal(headers.sizes, [[64, 48]] * 3 + [[np.nan] * 2] * 2)
    assert headers.has_sound.tolist() == [True, False, True, False, True]
