"""Every metric against a slow reading of its definition and, where there is one, an independent library."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import sklearn.metrics
import torch
from numpy.typing import NDArray
from torchmetrics.functional import classification as tm

from core.evaluation.metrics import METRICS, Metric, per_class, score
from core.evaluation.predictions import Predictions


def predictions(labels: NDArray[np.int64], probabilities: NDArray[np.float64]) -> Predictions:
    n, classes = probabilities.shape
    return Predictions(
        classes=tuple(f"class {k}" for k in range(classes)),
        clip_ids=np.array([f"clip{k}" for k in range(n)], dtype=np.str_),
        labels=labels.astype(np.int64),
        probabilities=probabilities.astype(np.float32),
        features=np.zeros((n, 0), np.float16),
    )


def fabricated(n: int, classes: int, seed: int = 0, occurring: int | None = None) -> Predictions:
    """Random probabilities, rounded so that some are equal; only the first `occurring` classes have clips."""
    rng = np.random.default_rng(seed)
    labels = np.concatenate([np.arange(occurring or classes), rng.integers(0, occurring or classes, n)])[:n]
    scores = rng.integers(1, 40, (n, classes)).astype(float)
    scores[np.arange(n), labels] += 25
    return predictions(labels, scores / scores.sum(axis=1, keepdims=True))


def slow_rank(p: Predictions, clip: int) -> int:
    """Place of the true class when classes are sorted by probability; of equals the first leads."""
    places = sorted(range(len(p.classes)), key=lambda k: (-p.probabilities[clip, k], k))
    return places.index(int(p.labels[clip]))


def slow_top(k: int) -> Callable[[Predictions], float]:
    return lambda p: sum(slow_rank(p, clip) < k for clip in range(len(p))) / len(p)


def slow_counts(p: Predictions, k: int) -> tuple[int, int, int]:
    """True positives, false positives and false negatives of a class."""
    said = [int(row.argmax()) == k for row in p.probabilities]
    is_k = [int(label) == k for label in p.labels]
    pairs = list(zip(said, is_k, strict=True))
    return pairs.count((True, True)), pairs.count((True, False)), pairs.count((False, True))


def slow_balanced(p: Predictions) -> float:
    counts = [slow_counts(p, k) for k in sorted(set(p.labels.tolist()))]
    return sum(hits / (hits + missed) for hits, _, missed in counts) / len(counts)


def slow_f1(p: Predictions) -> float:
    counts = [slow_counts(p, k) for k in sorted(set(p.labels.tolist()))]
    return sum(2 * hits / (2 * hits + extra + missed) for hits, extra, missed in counts) / len(counts)


def slow_auc_of(p: Predictions, k: int) -> float:
    """Share of pairs (a clip of the class, a clip of another) that are ranked rightly; equals count half."""
    inside = p.probabilities[p.labels == k, k]
    outside = p.probabilities[p.labels != k, k]
    if not len(inside) or not len(outside):
        return math.nan
    return sum(float(a > b) + 0.5 * float(a == b) for a in inside for b in outside) / (len(inside) * len(outside))


def slow_auc(p: Predictions) -> float:
    return float(np.nanmean([slow_auc_of(p, k) for k in range(len(p.classes))]))


def slow_precision_sum(p: Predictions, k: int) -> float:
    """Σ (R_n − R_{n−1})·P_n down the list of distinct probabilities."""
    total, last_recall = 0.0, 0.0
    for threshold in sorted(set(p.probabilities[:, k].tolist()), reverse=True):
        taken = p.probabilities[:, k] >= threshold
        hits = int((taken & (p.labels == k)).sum())
        recall = hits / int((p.labels == k).sum())
        total += (recall - last_recall) * hits / int(taken.sum())
        last_recall = recall
    return total


def slow_average_precision(p: Predictions) -> float:
    return float(np.mean([slow_precision_sum(p, k) for k in sorted(set(p.labels.tolist()))]))


def slow_log_loss(p: Predictions) -> float:
    return sum(-math.log(p.probabilities[i, p.labels[i]]) for i in range(len(p))) / len(p)


def slow_calibration(p: Predictions) -> float:
    total = 0.0
    for b in range(15):
        inside = [i for i in range(len(p)) if b / 15 < p.confidence[i] <= (b + 1) / 15]
        if inside:
            gap = np.mean([p.correct[i] for i in inside]) - np.mean([p.confidence[i] for i in inside])
            total += len(inside) / len(p) * abs(float(gap))
    return total


SLOW = {
    "accuracy": slow_top(1),
    "top5": slow_top(5),
    "balanced_accuracy": slow_balanced,
    "macro_f1": slow_f1,
    "roc_auc": slow_auc,
    "average_precision": slow_average_precision,
    "log_loss": slow_log_loss,
    "calibration_error": slow_calibration,
}


@pytest.mark.parametrize("name", list(METRICS))
@pytest.mark.parametrize("case", [(60, 8, None), (40, 9, 4), (30, 3, None), (25, 2, None)])
def test_metric_is_its_definition(name: str, case: tuple[int, int, int | None]) -> None:
    """Among the cases: classes without clips, fewer classes than five, two classes. A new row needs a slow reading."""
    n, classes, occurring = case
    p = fabricated(n, classes, seed=n, occurring=occurring)
    assert METRICS[name](p) == pytest.approx(SLOW[name](p), abs=1e-6)


def torchmetrics_of(p: Predictions) -> dict[str, float]:
    shares, labels, n = torch.from_numpy(p.probabilities), torch.from_numpy(p.labels), len(p.classes)
    return {
        "accuracy": float(tm.multiclass_accuracy(shares, labels, n, average="micro")),
        "top5": float(tm.multiclass_accuracy(shares, labels, n, average="micro", top_k=5)),
        "balanced_accuracy": float(tm.multiclass_accuracy(shares, labels, n, average="macro")),
        "macro_f1": float(tm.multiclass_f1_score(shares, labels, n, average="macro")),
        "roc_auc": float(tm.multiclass_auroc(shares, labels, n, average="macro")),
        "average_precision": float(tm.multiclass_average_precision(shares, labels, n, average="macro")),
        "calibration_error": float(tm.multiclass_calibration_error(shares, labels, n, n_bins=15)),
    }


def sharp(n: int, classes: int, seed: int = 1) -> Predictions:
    """Probabilities without equals, so that libraries cannot differ in how they break ties."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, n)
    logits = rng.normal(size=(n, classes))
    logits[np.arange(n), labels] += 1.5
    powers = np.exp(logits)
    return predictions(labels, powers / powers.sum(axis=1, keepdims=True))


def test_metrics_agree_with_torchmetrics() -> None:
    p = sharp(500, 10)
    ours = score(p)
    for name, expected in torchmetrics_of(p).items():
        assert ours[name] == pytest.approx(expected, abs=1e-5), name


def test_metrics_agree_with_scikit_learn() -> None:
    p = sharp(500, 10)
    ours = score(p)
    assert ours["accuracy"] == pytest.approx(sklearn.metrics.accuracy_score(p.labels, p.predicted))
    assert ours["top5"] == pytest.approx(sklearn.metrics.top_k_accuracy_score(p.labels, p.probabilities, k=5))
    assert ours["balanced_accuracy"] == pytest.approx(sklearn.metrics.balanced_accuracy_score(p.labels, p.predicted))
    exact = p.probabilities / p.probabilities.sum(axis=1, keepdims=True, dtype=np.float64)
    assert ours["roc_auc"] == pytest.approx(sklearn.metrics.roc_auc_score(p.labels, exact, multi_class="ovr"))
    assert ours["log_loss"] == pytest.approx(sklearn.metrics.log_loss(p.labels, exact), abs=1e-6)


@pytest.mark.parametrize("metric", METRICS.values(), ids=list(METRICS))
def test_the_best_and_the_worst_lie_at_the_bounds(metric: Metric) -> None:
    labels = np.arange(48) % 16
    perfect = metric(predictions(labels, np.eye(16)[labels]))
    hopeless = metric(predictions(labels, np.eye(16)[(labels + 1) % 16]))
    best, worst = (metric.high, metric.low) if metric.higher_is_better else (metric.low, metric.high)
    assert perfect == pytest.approx(best, abs=1e-9)
    assert abs(hopeless - worst) < abs(hopeless - best)
    for value in (perfect, hopeless):
        assert metric.low - 1e-9 <= value <= metric.high + 1e-9


def test_equal_probabilities_are_no_success() -> None:
    """A network that says the same of every class must not be called right whatever the class."""
    labels = np.arange(50) % 10
    scores = score(predictions(labels, np.full((50, 10), 0.1)))
    assert scores["accuracy"] == pytest.approx(0.1)
    assert scores["top5"] == pytest.approx(0.5)
    assert scores["roc_auc"] == pytest.approx(0.5)
    assert scores["calibration_error"] == pytest.approx(0.0, abs=1e-6)


def test_one_clip_and_none() -> None:
    one = score(predictions(np.array([1]), np.array([[0.2, 0.7, 0.1]])))
    assert one["accuracy"] == one["top5"] == one["balanced_accuracy"] == one["macro_f1"] == 1
    assert one["log_loss"] == pytest.approx(-math.log(0.7), abs=1e-6)
    assert one["calibration_error"] == pytest.approx(0.3, abs=1e-6)
    assert math.isnan(one["roc_auc"])
    assert math.isnan(one["average_precision"])
    none = predictions(np.zeros(0, np.int64), np.zeros((0, 3)))
    assert all(math.isnan(value) for value in score(none).values())
    assert per_class(none).support.tolist() == [0, 0, 0]


@pytest.mark.filterwarnings("error")
def test_classes_without_clips_raise_no_warning() -> None:
    score(fabricated(40, 12, occurring=3))
    per_class(fabricated(40, 12, occurring=3))


def test_per_class_against_loops() -> None:
    p = fabricated(80, 9, seed=5, occurring=6)
    found = per_class(p)
    for k in range(9):
        hits, extra, missed = slow_counts(p, k)
        said, there = hits + extra, hits + missed
        assert found.support[k] == there
        assert found.precision[k] == pytest.approx(hits / said if said else math.nan, nan_ok=True)
        assert found.recall[k] == pytest.approx(hits / there if there else math.nan, nan_ok=True)
        assert found.f1[k] == pytest.approx(2 * hits / (said + there) if said + there else math.nan, nan_ok=True)
        assert found.auc[k] == pytest.approx(slow_auc_of(p, k), abs=1e-6, nan_ok=True)


@pytest.mark.parametrize("metric", METRICS.values(), ids=list(METRICS))
def test_every_row_can_be_shown(metric: Metric) -> None:
    assert metric.title
    assert metric.help.endswith(".")
    assert metric.low < metric.high
    assert metric.text(math.nan) == "–"
    assert metric.text(0.5) == ("50.0" if metric.unit == "%" else "0.500")
