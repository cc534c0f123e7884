"""Demo videos: files that give back what was drawn, and classes that differ in what they are said to differ in."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from core.control import Control
from core.datasets import demo_videos
from core.datasets.base import Clip, Dataset, Modality
from core.datasets.demo_scenes import CLASSES, FRAMES, SIZE, STRIPE, N, clip_pictures, clip_sound
from core.datasets.demo_videos import CUTS, open_demo_videos
from core.datasets.splits import find_leaks
from core.datasets.synthetic import MANIFEST
from core.errors import Cancelled
from tests.core.datasets.conftest import FEW_SOURCES

WANDER, MOVE, TURN, BELL = ((0, 1), (2, 3), (4, 5), (6, 7))  # labels


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """Half of its sources, which are enough for what is asked here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(demo_videos, "SOURCES", FEW_SOURCES)
        return open_demo_videos(tmp_path_factory.getbasetemp() / "demo-videos", Control())


@pytest.fixture(scope="module")
def films(made: Dataset) -> NDArray[np.uint8]:
    """(clips, frames, rows, columns, 3) RGB, as OpenCV decodes them."""
    return np.stack([decoded(clip) for clip in made.clips])


@pytest.fixture(scope="module")
def sounds(made: Dataset) -> NDArray[np.int16]:
    """(clips, samples), as PyAV decodes them."""
    return np.stack([heard(clip) for clip in made.clips])


def decoded(clip: Clip) -> NDArray[np.uint8]:
    video, frames = cv2.VideoCapture(str(clip.path)), []
    assert video.get(cv2.CAP_PROP_FPS) == 15
    while (read := video.read())[0]:
        frames.append(read[1][..., ::-1])
    return np.array(frames, np.uint8)


def heard(clip: Clip) -> NDArray[np.int16]:
    with av.open(str(clip.path)) as container:
        assert container.streams.audio[0].rate == 16000
        return np.concatenate([frame.to_ndarray()[0] for frame in container.decode(audio=0)])


def test_shape_of_the_dataset(made: Dataset) -> None:
    assert made.classes == CLASSES and Counter(clip.label for clip in made.clips) == dict.fromkeys(
        range(len(made.classes)), FEW_SOURCES * CUTS
    )
    assert made.synthetic and "synthetic" in made.title and "synthetic" in made.notes[0]
    assert made.modalities == frozenset(Modality) and made.folds == (1, 2, 3, 4)
    assert not find_leaks(made)
    assert set(Counter((clip.label, clip.fold) for clip in made.clips).values()) == {FEW_SOURCES * CUTS // 4}
    assert len({clip.group for clip in made.clips}) == FEW_SOURCES  # every class with every source
    assert set(Counter((clip.label, clip.group) for clip in made.clips).values()) == {CUTS}
    assert max(clip.path.stat().st_size for clip in made.clips) < 300_000


def test_files_give_back_every_pixel_and_every_sample(
    made: Dataset, films: NDArray[np.uint8], sounds: NDArray[np.int16]
) -> None:
    assert films.shape[1:] == (FRAMES, SIZE, SIZE, 3) and sounds.shape[1:] == (N,)
    for number in range(0, len(made.clips), 5):
        label, within = divmod(number, FEW_SOURCES * CUTS)
        assert np.array_equal(films[number], clip_pictures(label, *divmod(within, CUTS)))
        assert np.array_equal(sounds[number], clip_sound(label, *divmod(within, CUTS)))


def test_made_again_gives_the_same_bytes(made: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = {clip.id: hashlib.sha256(clip.path.read_bytes()).digest() for clip in made.clips}
    assert len(set(whole.values())) == len(made.clips)
    monkeypatch.setattr(demo_videos, "SOURCES", 1)
    few = open_demo_videos(tmp_path, Control())
    few.clips[3].path.write_bytes(b"torn")
    few.clips[6].path.unlink()
    times = {clip.id: clip.path.stat().st_mtime_ns for clip in few.clips[:3]}
    few = open_demo_videos(tmp_path, Control())
    assert {clip.id: hashlib.sha256(clip.path.read_bytes()).digest() for clip in few.clips}.items() <= whole.items()
    assert {clip.id: clip.path.stat().st_mtime_ns for clip in few.clips[:3]} == times  # what was whole stays


def test_cancel_while_making(tmp_path: Path) -> None:
    control = Control()
    control.cancel()
    with pytest.raises(Cancelled):
        open_demo_videos(tmp_path, control)
    assert not (tmp_path / MANIFEST).exists()


def of(made: Dataset, label: int) -> NDArray[np.intp]:
    return np.flatnonzero([clip.label == label for clip in made.clips])


def test_directions_are_the_same_frames_in_reverse_order(made: Dataset, films: NDArray[np.uint8]) -> None:
    for one, other in (MOVE, TURN):
        assert np.array_equal(films[of(made, one)], films[of(made, other)][:, ::-1])
        assert not np.array_equal(films[of(made, one)], films[of(made, other)])


def test_bells_have_the_same_pictures_and_no_two_clips_the_same_sound(
    made: Dataset, films: NDArray[np.uint8], sounds: NDArray[np.int16]
) -> None:
    low, high = BELL
    assert np.array_equal(films[of(made, low)], films[of(made, high)])
    assert len({sound.tobytes() for sound in sounds}) == len(made.clips)


def test_a_lamp_lights_up_when_its_bell_is_struck(made: Dataset) -> None:
    """Frame by frame, loudness and light go together."""
    agree = []
    for source in range(FEW_SOURCES):
        light = clip_pictures(6, source, 0).mean((1, 2, 3))
        loud = [np.abs(part.astype(float)).mean() for part in np.array_split(clip_sound(6, source, 0), FRAMES)]
        agree.append(np.corrcoef(light, loud)[0, 1])
    assert np.median(agree) > 0.5


# --- what simple classifiers can tell, over the four folds ------------------------------------------------------------


def accuracy(made: Dataset, features: NDArray[Any], labels: Sequence[int]) -> float:
    """Of logistic regression over the folds, on the clips of these classes."""
    chosen = np.flatnonzero([clip.label in labels for clip in made.clips])
    x, y = features[chosen], np.array([made.clips[i].label for i in chosen])
    fold = np.array([made.clips[i].fold for i in chosen])
    right = 0
    for held_out in made.folds:
        train = fold != held_out
        model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=300))
        right += int((model.fit(x[train], y[train]).predict(x[~train]) == y[~train]).sum())
    return right / len(y)


def small(films: NDArray[np.uint8]) -> NDArray[np.float64]:
    """(clips, frames, 64) grey pictures of 8 × 8 without the background, each clip at unit power."""
    grey = films.mean(-1).reshape(len(films), FRAMES, 8, 12, 8, 12).mean((3, 5))
    moving = grey - np.median(grey, axis=1, keepdims=True)
    return (moving / moving.std((1, 2, 3), keepdims=True)).reshape(len(films), FRAMES, -1)


def spectra(sounds: NDArray[np.int16]) -> NDArray[np.float64]:
    """(clips, 30) mean level of bands of frequency in dB, less their mean."""
    power = np.abs(np.fft.rfft(sounds.reshape(len(sounds), -1, 800).astype(float))) ** 2
    edges = np.unique(np.geomspace(5, 400, 31).astype(int))
    bands = np.stack([power[..., a:b].mean((1, 2)) for a, b in pairwise(edges)], axis=1)
    decibels = 10 * np.log10(bands + 1)
    return decibels - decibels.mean(1, keepdims=True)


def test_averages_of_frames_cannot_tell_directions(made: Dataset, films: NDArray[np.uint8]) -> None:
    pictures = small(films)
    histograms = np.stack([np.histogram(film, 64, (0, 256))[0] for film in films])
    for features in (pictures.mean(1), pictures.std(1), histograms):
        for pair in (MOVE, TURN):
            assert (
                accuracy(made, features, pair) == 0.5
            )  # both of a pair get the same answer: not one more, not one less
        assert accuracy(made, features, BELL) == 0.5


def test_single_frames_cannot_tell_directions(made: Dataset, films: NDArray[np.uint8]) -> None:
    pictures = small(films)
    for pair in (MOVE, TURN):
        scores = [accuracy(made, pictures[:, frame], pair) for frame in (0, 8, 12, 23)]
        assert 0.3 < np.mean(scores) < 0.65


def test_the_order_of_the_frames_tells_directions(made: Dataset, films: NDArray[np.uint8]) -> None:
    """Correlation of what is seen here with what is seen there a moment later, by pairs of places."""
    pictures = small(films)
    later = np.einsum("ntp,ntq->npq", pictures[:, :-3, :], pictures[:, 3:, :]).reshape(len(films), -1) / FRAMES
    assert accuracy(made, later, MOVE) > 0.8
    assert accuracy(made, later, TURN) > 0.8


def test_a_frame_tells_plain_from_striped(made: Dataset, films: NDArray[np.uint8]) -> None:
    """Stripes: pixels half a period apart differ, pixels a whole period apart are alike."""
    striped = []
    for film in films:
        frame = film[0].max(-1).astype(float)
        half, whole = (np.abs(frame[:, shift:] - frame[:, :-shift]).mean() for shift in (STRIPE // 2, STRIPE))
        striped.append([half / whole])
    assert accuracy(made, np.array(striped), WANDER) > 0.9


def test_sounds_tell_bells_and_nothing_else(made: Dataset, sounds: NDArray[np.int16]) -> None:
    features = spectra(sounds)
    assert accuracy(made, features, BELL) > 0.85
    others = (*WANDER, *MOVE, *TURN)
    assert accuracy(made, features, others) < 0.27  # chance is 1/6
    for pair in (WANDER, MOVE, TURN):
        assert 0.25 < accuracy(made, features, pair) < 0.75
