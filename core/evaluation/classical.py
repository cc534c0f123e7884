"""CLASSICAL: baselines on statistics of MFCC, what environmental sounds were recognised by before networks.

To add one: a function and a row of CLASSICAL.

After K. J. Piczak 2015, “ESC: Dataset for Environmental Sound Classification” (ACM Multimedia) and the code published
with it: features, k = 8, C = 0.1 and 500 trees are his, and so is that k-NN is given the coefficients as they are. He
gives them to the SVM so as well; here they are standardised first, as an SVM weighs all of them alike (Hsu, Chang & Lin
2003, “A practical guide to support vector classification”) and the zero-crossing rate is a hundred times smaller. That
choice was not blind: on the folds 1 to 4 of ESC-10 an SVM without it stays 6 points lower, k-NN with it 5.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import UserError
from core.tables import Table

COEFFICIENTS = 12  # 1 to 12: the 0th, which is the loudness, is left out
FRAME = 512  # samples: hop of the MFCC, and length of the pieces in which zero-crossings are counted
NEIGHBOURS = 8
PENALTY = 0.1  # C of the SVM
TREES = 500
CALIBRATION_FOLDS = 5

Numbers = NDArray[np.float64]
Labels = NDArray[np.int64]
Answers = Callable[[Numbers], Numbers]  # (clips, values) → (clips, classes trained on) probabilities
Fit = Callable[[Numbers, Labels, NDArray[np.str_], int], Answers]


@dataclass(frozen=True)
class Classical:
    """A row of CLASSICAL.

    `fit` takes features (clips, values), labels (clips,), groups (clips,) that must not be split where training clips
    are held out, and the run's seed; the classes of its answers are the labels that occur, ascending.
    """

    title: str
    help: str
    fit: Fit


def statistics(samples: NDArray[np.float32], rate: int) -> Numbers:
    """What a clip is recognised by: mean, then standard deviation over its frames, of MFCC 1–12 and zero-crossings.

    MFCC by librosa with its defaults (windows of 2048 samples, hop 512, 128 mel bands, dB within 80 dB of the loudest,
    orthonormal DCT). Zero-crossings: mean of |sign(x[n+1]) − sign(x[n])| / 2 over pieces of 512 samples, as Piczak
    counts them; the last piece may be shorter.

    Args:
        samples: (n,) full scale 1, at least two.
        rate: in Hz.

    Returns:
        (26,): 12 means of MFCC and that of zero-crossings, then the standard deviations in the same order.
    """
    import librosa

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "n_fft=.* is too large|Empty filters detected")  # of short or slow clips
        mfcc = librosa.feature.mfcc(y=samples, sr=rate, n_mfcc=COEFFICIENTS + 1, hop_length=FRAME)[1:]
    pieces = [samples[start : start + FRAME] for start in range(0, len(samples) - 1, FRAME)]
    crossings = np.array([0.5 * np.abs(np.diff(np.sign(piece))).mean() for piece in pieces])
    means = [*mfcc.mean(axis=1), crossings.mean()]
    return np.array([*means, *mfcc.std(axis=1), crossings.std()], dtype=np.float64)


def fit_neighbours(features: Numbers, labels: Labels, groups: NDArray[np.str_], seed: int) -> Answers:
    """Probabilities are the shares of the votes. The distance of two clips is that of their MFCC as they are: the
    squared difference of two mean spectra in dB, smoothed, as the DCT is orthonormal."""
    from sklearn.neighbors import KNeighborsClassifier

    made = KNeighborsClassifier(n_neighbors=min(NEIGHBOURS, len(labels))).fit(features, labels)
    return _as_numbers(made.predict_proba)


def fit_forest(features: Numbers, labels: Labels, groups: NDArray[np.str_], seed: int) -> Answers:
    """Probabilities are the mean over the trees of the shares of training clips in the leaf."""
    from sklearn.ensemble import RandomForestClassifier

    made = RandomForestClassifier(n_estimators=TREES, random_state=seed).fit(features, labels)
    return _as_numbers(made.predict_proba)


def fit_machine(features: Numbers, labels: Labels, groups: NDArray[np.str_], seed: int) -> Answers:
    """A linear SVM, one against one, on features standardised on the training clips.

    Probabilities are softmax(d / T) of its decision values d: whatever T is, the most probable class is that which the
    SVM itself predicts (Guo et al. 2017, “On calibration of modern neural networks”, section 4.2). T is the one with
    the smallest log loss on training clips held out by group.
    """
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    # Ties of votes are broken by the decision values, so that the largest is always of the class predicted.
    machine = make_pipeline(StandardScaler(), SVC(kernel="linear", C=PENALTY, break_ties=True))
    temperature = _temperature(machine, features, labels, groups)
    made = machine.fit(features, labels)
    return lambda asked: np.exp(_log_softmax(_decisions(made, asked) / temperature))


CLASSICAL: Table[Classical] = Table(
    "classical baseline",
    [
        (
            "knn",
            Classical(
                "k-NN",
                "Counts the classes of the 8 training clips with the most similar MFCC statistics. Learns nothing.",
                fit_neighbours,
            ),
        ),
        (
            "svm",
            Classical(
                "SVM",
                "Linear support vector machine on standardised MFCC statistics; C = 0.1.",
                fit_machine,
            ),
        ),
        (
            "random_forest",
            Classical(
                "Random forest",
                "500 decision trees on MFCC statistics, grown from the run's seed.",
                fit_forest,
            ),
        ),
    ],
)


def fitted(
    architecture: str, features: Numbers, labels: Labels, groups: NDArray[np.str_], classes: int, seed: int
) -> Callable[[Numbers], NDArray[np.float32]]:
    """A row of CLASSICAL fitted to training clips: features (clips, values) → probabilities (clips, classes) of all
    classes. What has no training clip is given none.

    Raises:
        UserError: the training clips are of one class.
    """
    known = np.unique(labels)
    if len(known) < 2:
        raise UserError(f"{CLASSICAL[architecture].title} needs training clips of two classes; there is one.")
    answers = CLASSICAL[architecture].fit(features, labels, groups, seed)

    def ask(asked: Numbers) -> NDArray[np.float32]:
        probabilities = np.zeros((len(asked), classes), np.float32)
        if len(asked):
            probabilities[:, known] = answers(asked)
        return probabilities

    return ask


def _as_numbers(predict: Callable[[Numbers], Any]) -> Answers:
    return lambda asked: np.asarray(predict(asked), np.float64)


def _temperature(machine: Any, features: Numbers, labels: Labels, groups: NDArray[np.str_]) -> float:
    """T of `fit_machine`; 1 where no training clips can be held out."""
    from scipy.optimize import minimize_scalar
    from sklearn.base import clone

    from core.datasets.splits import make_folds, possible_folds

    try:
        folds = possible_folds(labels.tolist(), groups.tolist(), CALIBRATION_FOLDS)
        fold = np.array(make_folds(labels.tolist(), groups.tolist(), folds))
    except UserError:
        return 1.0
    held_out: list[tuple[Numbers, NDArray[np.intp]]] = []
    for number in np.unique(fold):
        learnt = np.unique(labels[fold != number])
        asked = (fold == number) & np.isin(labels, learnt)
        if len(learnt) > 1 and asked.any():
            made = clone(machine).fit(features[fold != number], labels[fold != number])
            held_out.append((_decisions(made, features[asked]), np.searchsorted(learnt, labels[asked])))

    def loss(log_temperature: float) -> float:
        scaled = ((_log_softmax(said / np.exp(log_temperature)), true) for said, true in held_out)
        return -float(sum(of[np.arange(len(true)), true].sum() for of, true in scaled))

    return float(np.exp(minimize_scalar(loss, bounds=(-5.0, 5.0), method="bounded").x)) if held_out else 1.0


def _decisions(machine: Any, features: Numbers) -> Numbers:
    """(clips, classes), the largest of the class predicted; of two classes scikit-learn gives one value."""
    said = np.asarray(machine.decision_function(features), np.float64)
    return np.stack([-said, said], axis=1) if said.ndim == 1 else said


def _log_softmax(values: Numbers) -> Numbers:
    from scipy.special import log_softmax

    return np.asarray(log_softmax(values, axis=1), np.float64)
