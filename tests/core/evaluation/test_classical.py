"""MFCC statistics against other means, and classifiers against scikit-learn's own predictions."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from numpy.typing import NDArray
from scipy import fft
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from core.audio.frontend import LogMel
from core.audio.settings import AudioSettings
from core.errors import UserError
from core.evaluation.classical import CLASSICAL, COEFFICIENTS, fitted, statistics

RATE = 22050
RNG = np.random.default_rng(0)


def blobs(
    clips: int, classes: int, apart: float = 2.0
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.str_]]:
    """Features of classes that overlap a little, two clips a group."""
    random = np.random.default_rng(1)
    labels = np.arange(clips) % classes
    centres = random.normal(0, apart, (classes, 26))
    groups = np.array([f"g{i // (2 * classes)}-{i % classes}" for i in range(clips)])
    return centres[labels] + random.normal(0, 2.0, (clips, 26)), labels.astype(np.int64), groups


def by_other_means(samples: NDArray[np.float32], rate: int) -> NDArray[np.float64]:
    """The same from our own log-mel spectrogram, SciPy's cosine transform, and a loop that counts changes of sign."""
    settings = AudioSettings(rate=rate, seconds=len(samples) / rate, n_fft=2048, hop=512, mels=128)
    decibels = LogMel(settings)(torch.from_numpy(samples)[None])[0, 0].double().numpy()
    mfcc = fft.dct(decibels, axis=0, type=2, norm="ortho")[1 : COEFFICIENTS + 1]
    shares = []
    for start in range(0, len(samples), 512):
        piece = [float(value) for value in samples[start : start + 512]]
        changes = sum(abs(np.sign(b) - np.sign(a)) / 2 for a, b in pairwise(piece))
        shares.append(changes / (len(piece) - 1))
    return np.concatenate([mfcc.mean(1), [np.mean(shares)], mfcc.std(1), [np.std(shares)]])


def test_statistics_are_those_of_other_means() -> None:
    time = np.arange(RATE) / RATE
    chirp = np.sin(2 * np.pi * (200 * time + 1500 * time**2)) * np.linspace(0.1, 0.8, RATE)
    for samples in (chirp, RNG.normal(0, 0.1, RATE)):
        sound = samples.astype(np.float32)
        np.testing.assert_allclose(statistics(sound, RATE), by_other_means(sound, RATE), rtol=1e-3, atol=2e-3)


def test_statistics_of_a_real_clip_are_those_of_other_means(esc10: Path) -> None:
    samples, rate = soundfile.read(sorted((esc10 / "audio").iterdir())[0], dtype="float32", frames=88_200)
    np.testing.assert_allclose(statistics(samples, rate), by_other_means(samples, rate), rtol=1e-3, atol=2e-3)


def test_silence_and_the_shortest_clips_have_statistics() -> None:
    for samples in (np.zeros(RATE, np.float32), np.zeros(400, np.float32), np.ones(1025, np.float32)):
        found = statistics(samples, 4000)
        assert found.shape == (2 * (COEFFICIENTS + 1),) and np.isfinite(found).all()


@pytest.mark.parametrize("name", CLASSICAL)
@pytest.mark.parametrize("classes", [2, 4])
def test_each_baseline_learns_and_gives_probabilities(name: str, classes: int) -> None:
    features, labels, groups = blobs(160, classes)
    ask = fitted(name, features[:120], labels[:120], groups[:120], classes, seed=3)
    said = ask(features[120:])
    assert said.shape == (40, classes) and said.dtype == np.float32
    np.testing.assert_allclose(said.sum(axis=1), 1, atol=1e-5)
    assert (said.argmax(axis=1) == labels[120:]).mean() > 0.9
    again = fitted(name, features[:120], labels[:120], groups[:120], classes, seed=3)
    np.testing.assert_array_equal(said, again(features[120:]))
    assert ask(features[:0]).shape == (0, classes)


def test_the_class_said_is_that_of_the_classifier_itself() -> None:
    features, labels, groups = blobs(200, 5, apart=0.6)
    (train, learned), asked = (features[:120], labels[:120]), features[120:]
    said = fitted("svm", train, learned, groups[:120], 5, seed=0)(asked)
    scale = StandardScaler().fit(train)  # on the training clips alone
    machine = SVC(kernel="linear", C=0.1, break_ties=True).fit(scale.transform(train), learned)
    np.testing.assert_array_equal(said.argmax(axis=1), machine.predict(scale.transform(asked)))
    votes = fitted("knn", train, learned, groups[:120], 5, seed=0)(asked)
    neighbours = KNeighborsClassifier(8).fit(train, learned)
    np.testing.assert_array_equal(votes.argmax(axis=1), neighbours.predict(asked))
    np.testing.assert_allclose(votes * 8, np.round(votes * 8), atol=1e-6)


def test_probabilities_of_the_machine_are_calibrated() -> None:
    """Its decision values as they are would claim far more, or less, than comes true."""
    features, labels, groups = blobs(900, 3, apart=0.5)
    said = fitted("svm", features[:300], labels[:300], groups[:300], 3, seed=0)(features[300:])
    right = said.argmax(axis=1) == labels[300:]
    assert abs(said.max(axis=1).mean() - right.mean()) < 0.06
    assert 0.4 < right.mean() < 0.95, "else it shows nothing"


@pytest.mark.parametrize("name", CLASSICAL)
def test_rare_and_absent_classes(name: str) -> None:
    """A class with one training clip cannot be held out; one with none has no probability."""
    features, labels, groups = blobs(61, 3)
    labels[60] = 4
    said = fitted(name, features, labels, groups, 6, seed=0)(features)
    np.testing.assert_allclose(said.sum(axis=1), 1, atol=1e-5)
    assert not said[:, [3, 5]].any()
    assert (said.argmax(axis=1) == labels).mean() > 0.8


def test_fewer_clips_than_neighbours_and_a_single_class() -> None:
    features, labels, groups = blobs(6, 2)
    for name in CLASSICAL:
        assert fitted(name, features[:3], labels[:3], groups[:3], 2, seed=0)(features[3:]).shape == (3, 2)
        with pytest.raises(UserError, match="two classes"):
            fitted(name, features[:3], np.zeros(3, np.int64), groups[:3], 2, seed=0)
