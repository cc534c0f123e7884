"""METRICS: the one table of figures computed from predictions. To add one: a function and a row here.

Classes that no test clip has count for nothing: means over classes go over those that occur (balanced accuracy,
F1) or occur and are missing at least once (ROC-AUC, average precision; of one class alone there is nothing to
rank). A figure that is not defined, as all are without clips, is NaN.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.evaluation.predictions import Predictions
from core.tables import Table

CALIBRATION_BINS = 15  # Guo et al. 2017, section 5


@dataclass(frozen=True)
class Metric:
    """A row of METRICS. `function` is pure; `low` and `high` bound what it can return; shares are shown in per cent."""

    title: str
    function: Callable[[Predictions], float]
    higher_is_better: bool
    help: str
    low: float = 0.0
    high: float = 1.0
    unit: str = "%"

    def __call__(self, predictions: Predictions) -> float:
        return float(self.function(predictions)) if len(predictions) else math.nan

    @property
    def scale(self) -> float:
        """What a value is multiplied by where it is shown in `unit`."""
        return 100.0 if self.unit == "%" else 1.0

    @property
    def decimals(self) -> int:
        return 1 if self.unit == "%" else 3

    def text(self, value: float) -> str:
        """The value as it is shown, without its unit; a dash where it is not defined."""
        return f"{self.scale * value:.{self.decimals}f}" if math.isfinite(value) else "–"


@dataclass(frozen=True)
class PerClass:
    """Figures of each class, all (classes,) and in the order of `Predictions.classes`.

    NaN: precision of a class never predicted, recall of a class without clips, F1 of a class with neither, ROC-AUC
    of a class that no clip or every clip has. `support` counts the clips of each class.
    """

    precision: NDArray[np.float64]
    recall: NDArray[np.float64]
    f1: NDArray[np.float64]
    auc: NDArray[np.float64]
    support: NDArray[np.int64]


def accuracy(predictions: Predictions) -> float:
    """Share of clips whose most probable class is the true one."""
    return float(predictions.correct.mean())


def top5(predictions: Predictions) -> float:
    """Share of clips whose true class is among the five most probable; of equals the first, as in `predicted`.

    With five classes or fewer it is 1.
    """
    labels = predictions.labels
    true = predictions.probabilities[np.arange(len(labels)), labels][:, None]
    earlier = np.arange(len(predictions.classes)) < labels[:, None]
    rank = (predictions.probabilities > true).sum(axis=1) + ((predictions.probabilities == true) & earlier).sum(axis=1)
    return float((rank < 5).mean())


def balanced_accuracy(predictions: Predictions) -> float:
    """Mean of the recalls of the classes that occur. Brodersen et al. 2010 (ICPR)."""
    from sklearn.metrics import recall_score

    labels, predicted = predictions.labels, predictions.predicted
    return float(recall_score(labels, predicted, labels=np.unique(labels), average="macro", zero_division=0))


def macro_f1(predictions: Predictions) -> float:
    """Mean over the classes that occur of 2·P·R / (P + R), the harmonic mean of precision and recall."""
    from sklearn.metrics import f1_score

    labels, predicted = predictions.labels, predictions.predicted
    return float(f1_score(labels, predicted, labels=np.unique(labels), average="macro", zero_division=0))


def roc_auc(predictions: Predictions) -> float:
    """Mean over classes of the area under the curve of each against the rest. Hand & Till 2001 discuss the mean."""
    from sklearn.metrics import roc_auc_score

    truth, scores = _one_against_rest(predictions)
    return float(roc_auc_score(truth, scores, average="macro")) if truth.size else math.nan


def average_precision(predictions: Predictions) -> float:
    """Mean over classes of Σ_n (R_n − R_{n−1})·P_n, clips ranked by the probability of the class (mAP)."""
    from sklearn.metrics import average_precision_score

    truth, scores = _one_against_rest(predictions)
    return float(average_precision_score(truth, scores, average="macro")) if truth.size else math.nan


def log_loss(predictions: Predictions) -> float:
    """Mean of −ln p(true class), in nats; p is floored at 1e-12 so that one certain mistake does not hide the rest."""
    return float(predictions.loss.mean())


def calibration_error(predictions: Predictions) -> float:
    """Expected calibration error: Σ_b |B_b|/n · |accuracy(B_b) − confidence(B_b)| over 15 bins of equal width.

    Bin b holds the confidences in ((b − 1)/15, b/15]. Guo et al. 2017, "On Calibration of Modern Neural Networks"
    (ICML), equation 3.
    """
    confidence = predictions.confidence.astype(np.float64)
    hits, said = binned(confidence, predictions.correct), binned(confidence, confidence)
    return float(np.abs(hits - said).sum() / len(confidence))


def binned(probabilities: NDArray[np.float64], values: NDArray[Any]) -> NDArray[np.float64]:
    """(bins,) sums of the values by the bin of their probability, ((b − 1)/15, b/15]; 0 lies in the first."""
    bins = np.clip(np.ceil(probabilities * CALIBRATION_BINS).astype(np.int64) - 1, 0, CALIBRATION_BINS - 1)
    return np.bincount(bins, weights=values, minlength=CALIBRATION_BINS).astype(np.float64)


METRICS: Table[Metric] = Table(
    "metric",
    [
        (
            "accuracy",
            Metric("Accuracy", accuracy, True, "Share of clips whose most probable class is the true one (top-1)."),
        ),
        (
            "top5",
            Metric("Top-5", top5, True, "Share of clips whose true class is among the five most probable."),
        ),
        (
            "balanced_accuracy",
            Metric("Balanced accuracy", balanced_accuracy, True, "Mean recall of the classes: each weighs the same."),
        ),
        (
            "macro_f1",
            Metric("Macro F1", macro_f1, True, "Harmonic mean of precision and recall, averaged over the classes."),
        ),
        (
            "roc_auc",
            Metric(
                "ROC-AUC",
                roc_auc,
                True,
                "Chance that a clip of a class is given a higher probability of it than a clip of another; "
                "averaged over the classes. 50 % is guessing.",
            ),
        ),
        (
            "average_precision",
            Metric(
                "Mean average precision",
                average_precision,
                True,
                "Mean precision down a list of the clips ranked by the probability of a class; averaged over classes.",
            ),
        ),
        (
            "log_loss",
            Metric(
                "Log loss",
                log_loss,
                False,
                "Mean of −ln of the probability given to the true class: certain mistakes cost most.",
                high=-math.log(1e-12),
                unit="nats",
            ),
        ),
        (
            "calibration_error",
            Metric(
                "Calibration error",
                calibration_error,
                False,
                "How far the confidence lies from the accuracy on average, in 15 bins. Guo et al. 2017.",
            ),
        ),
    ],
)


def score(predictions: Predictions) -> dict[str, float]:
    """Every metric of the table."""
    return {name: metric(predictions) for name, metric in METRICS.items()}


def per_class(predictions: Predictions) -> PerClass:
    """Precision, recall, F1, one-against-rest ROC-AUC and support of each class."""
    from sklearn.metrics import precision_recall_fscore_support, roc_auc_score

    n = len(predictions.classes)
    if not len(predictions):
        nothing = np.full(n, np.nan)
        return PerClass(nothing, nothing, nothing, nothing, np.zeros(n, np.int64))
    precision, recall, f1, support = precision_recall_fscore_support(
        predictions.labels, predictions.predicted, labels=np.arange(n), average=None, zero_division=np.nan
    )
    auc = np.full(n, np.nan)
    truth, scores = _one_against_rest(predictions)
    if truth.size:
        auc[rankable(predictions)] = roc_auc_score(truth, scores, average=None)
    return PerClass(precision, recall, f1, auc, support.astype(np.int64))


def rankable(predictions: Predictions) -> NDArray[np.int64]:
    """Classes that some clips have and some have not."""
    counts = np.bincount(predictions.labels, minlength=len(predictions.classes))
    return np.flatnonzero((counts > 0) & (counts < len(predictions)))


def _one_against_rest(predictions: Predictions) -> tuple[NDArray[np.bool_], NDArray[np.float32]]:
    """(clips, rankable classes): whether a clip has the class, and the probability it was given."""
    classes = rankable(predictions)
    # Row order: scikit-learn takes twice as long over the column order that indexing leaves.
    return predictions.labels[:, None] == classes, np.ascontiguousarray(predictions.probabilities[:, classes])
