"""ROC, precision-recall and reliability of networks: means over the folds with a band, from predictions alone.

ROC and precision-recall: each run has a curve for each class against the rest, read off at common places; all classes
are the mean of the curves of the classes that can be ranked. Runs are averaged vertically (T. Fawcett 2006, “An
introduction to ROC analysis”, Pattern Recognition Letters 27, 861–874): seeds within a fold, then folds. The band is,
at each place for itself, the 95 % interval of the mean over the folds of `core.evaluation.statistics`, cut at 0 and 1;
one fold has none. It is no band for the curve as a whole.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from core.control import Control
from core.evaluation.metrics import binned, rankable
from core.evaluation.predictions import Predictions
from core.evaluation.statistics import Mean, Scores, wilson
from core.evaluation.summary import NetworkRow
from core.evaluation.tables import TextTable
from core.events import Progress

Figures = NDArray[np.float64]
GRID: Figures = np.linspace(0.0, 1.0, 501)  # places at which curves are read off
NEAR = 1e-9  # recalls nearer than this are the same: 3/5 is not 0.6 to a computer


class Kind(StrEnum):
    """What is drawn, in words."""

    ROC = "ROC"
    PRECISION_RECALL = "Precision–recall"
    RELIABILITY = "Reliability"

    @property
    def score(self) -> str:
        """The figure that belongs to it."""
        return {Kind.ROC: "ROC-AUC", Kind.PRECISION_RECALL: "Average precision"}.get(self, "Calibration error")

    @property
    def metric(self) -> str:
        """The row of METRICS that is this figure of all classes."""
        return {Kind.ROC: "roc_auc", Kind.PRECISION_RECALL: "average_precision"}.get(self, "calibration_error")


@dataclass(frozen=True)
class NetworkCurve:
    """A network's curve; everything as shares from 0 to 1.

    Attributes:
        network: whose.
        x: (points,) false-positive rate, recall, or mean probability of a bin.
        y: (points,) true-positive rate, precision, or how often it came true.
        low: (points,) of the 95 % interval; NaN where there is none.
        high: likewise.
        shares: (bins,) share of the clips in each bin; (0,) but for reliability.
        score: `Kind.score`, over folds.
    """

    network: NetworkRow
    x: Figures
    y: Figures
    low: Figures
    high: Figures
    shares: Figures
    score: Mean


@dataclass(frozen=True)
class ScoreCurves:
    """The curves of a study's networks.

    Attributes:
        kind: of them.
        name: of the class; "" = all.
        classes: names of those there are.
        curves: of the networks that have one, in the order given.
        chance: precision of a list in no order, the share of the clips that have the class; NaN but for
            precision-recall.
    """

    kind: Kind
    name: str
    classes: tuple[str, ...]
    curves: tuple[NetworkCurve, ...]
    chance: float = math.nan

    @property
    def one_fold(self) -> tuple[str, ...]:
        """Networks without a band."""
        return tuple(curve.network.label for curve in self.curves if curve.score.n_folds < 2)

    def table(self) -> TextTable:
        """A row a network, the best first."""
        lower = self.kind is Kind.RELIABILITY
        ranked = sorted(self.curves, key=lambda curve: curve.score.value if lower else -curve.score.value)
        of = f", {self.name}" if self.name else ", all classes"
        return TextTable(
            ("Network", f"{self.kind.score}{of} (%) [95 % interval]", "Folds × seeds"),
            tuple((curve.network.label, curve.score.text(), curve.score.grid) for curve in ranked),
        )


def roc(predictions: Predictions, name: str = "") -> Figures:
    """(501,) true-positive rate at the false-positive rates of GRID, of a class against the rest or of all (mean).

    TPR(t) = share of the clips of the class that are given a probability of at least t, FPR(t) the same of the other
    clips. Between two thresholds the curve is straight (Fawcett 2006); where several rates of hits belong to one
    rate of false alarms, the highest is taken. NaN where no clip, or every clip, has the class.
    """
    from sklearn.metrics import roc_curve

    def read_off(truth: NDArray[np.bool_], scores: NDArray[np.float32]) -> Figures:
        false_alarms, hits, _ = roc_curve(truth, scores)
        return np.interp(GRID, false_alarms, hits)  # of equal places it takes the last, which is the highest

    return _mean_of_classes(predictions, name, read_off)


def precision_recall(predictions: Predictions, name: str = "") -> Figures:
    """(501,) precision at the recalls of GRID, of a class against the rest or of all (mean).

    P(r) is the precision of the shortest list, of clips ranked by the probability of the class, that holds a share r
    of those of the class: steps, whose area is the average precision Σ_n (R_n − R_{n−1})·P_n. A straight line between
    two points would promise too much: J. Davis & M. Goadrich 2006, “The relationship between precision-recall and
    ROC curves” (ICML). NaN where no clip, or every clip, has the class.
    """
    from sklearn.metrics import precision_recall_curve

    wanted = np.maximum(GRID - NEAR, NEAR)  # at 0 the first clip of the class, as just above it

    def read_off(truth: NDArray[np.bool_], scores: NDArray[np.float32]) -> Figures:
        precisions, recalls, _ = precision_recall_curve(truth, scores)
        found: Figures = precisions[::-1][np.searchsorted(recalls[::-1], wanted)]
        return found

    return _mean_of_classes(predictions, name, read_off)


def area(kind: Kind, predictions: Predictions, name: str) -> float:
    """What METRICS says of all classes, of one: ROC-AUC, average precision or calibration error; NaN if not defined.

    The calibration error of a class is Σ_b |B_b|/n · |frequency(B_b) − probability(B_b)|: M. Kull et al. 2019,
    “Beyond temperature scaling” (NeurIPS), the term of a class in their classwise error.
    """
    from sklearn.metrics import average_precision_score, roc_auc_score

    said, true = _said(predictions, name)
    if kind is Kind.RELIABILITY:
        return float(np.abs(binned(said, true) - binned(said, said)).sum() / len(said)) if len(said) else math.nan
    if predictions.classes.index(name) not in rankable(predictions):
        return math.nan
    return float((roc_auc_score if kind is Kind.ROC else average_precision_score)(true, said))


def reliability(
    tables: Sequence[tuple[int, Predictions]], name: str = ""
) -> tuple[Figures, Figures, Figures, Figures, Figures]:
    """How often what is said comes true, in 15 bins of equal width of the probability that is said.

    Of all classes: the probability of the predicted class, and whether it is right (C. Guo et al. 2017, “On
    calibration of modern neural networks”, ICML). Of a class: its probability, and whether the clip has it
    (J. Bröcker & L. A. Smith 2007, “Increasing the reliability of reliability diagrams”, Weather and Forecasting 22,
    651–661; each point stands over the mean probability of its bin, as there). All clips of all folds are put
    together, for bins of single folds would be near empty; with several seeds a clip of a fold weighs 1/seeds in
    each. The interval is Wilson's, of as many clips as a bin holds: it knows neither of clips that share a source nor
    of other trainings.

    Args:
        tables: the fold and the predictions of each run.
        name: of a class; "" = all.

    Returns:
        x, y, low and high (of the bins that hold a clip), and (15,) share of the clips in each bin.
    """
    folds = [fold for fold, _ in tables]
    clips, came, total = (np.zeros_like(binned(np.zeros(0), np.zeros(0))) for _ in range(3))
    for fold, predictions in tables:
        said, true = _said(predictions, name)
        weight = 1 / folds.count(fold)
        clips += weight * binned(said, np.ones(len(said)))
        came += weight * binned(said, true)
        total += weight * binned(said, said)
    there = clips > 0
    x, y = total[there] / clips[there], came[there] / clips[there]
    low, high = wilson(y, clips[there])
    return x, y, low, high, clips / max(1.0, clips.sum())


def read_curves(
    networks: Sequence[NetworkRow],
    kind: Kind,
    name: str,
    control: Control,
    report: Callable[[Progress], None],
) -> ScoreCurves:
    """The curves of finished runs; networks without the class of that name are left out.

    Raises:
        UserError: predictions are missing or torn.
        Cancelled: as `control` says.
    """
    total, done = sum(len(row.runs) for row in networks), 0
    classes: dict[str, None] = {}
    curves: list[NetworkCurve] = []
    chances: list[float] = []
    for row in networks:
        tables: dict[tuple[int, int], Predictions] = {}
        for run in row.runs:
            control.checkpoint()
            report(Progress(f"{kind}", done, total, "runs"))
            done += 1
            predictions = run.folder.predictions(whole=False)
            classes |= dict.fromkeys(predictions.classes)
            if not name or name in predictions.classes:
                tables[run.spec.fold, run.spec.seed] = predictions
        curve = _network_curve(row, kind, name, tables, control)
        if curve is not None:
            curves.append(curve)
            chances += [_chance(table, name) for table in tables.values()]
    chance = float(np.nanmean(chances)) if kind is Kind.PRECISION_RECALL and curves else math.nan
    return ScoreCurves(kind, name, tuple(classes), tuple(curves), chance)


def _network_curve(
    row: NetworkRow, kind: Kind, name: str, tables: dict[tuple[int, int], Predictions], control: Control
) -> NetworkCurve | None:
    score = row.means[kind.metric]
    if name:
        score = row.mean({key: area(kind, table, name) for key, table in tables.items()}).within(0.0, 1.0)
    if not math.isfinite(score.value):
        return None
    if kind is Kind.RELIABILITY:
        pooled = reliability([(fold, table) for (fold, _), table in tables.items()], name)
        return NetworkCurve(row, *pooled, score)
    of_run: dict[tuple[int, int], Figures] = {}
    for key, table in tables.items():
        control.checkpoint()
        of_run[key] = (roc if kind is Kind.ROC else precision_recall)(table, name)
    x, y, low, high = GRID, *mean_curve(row.mean, of_run)
    if kind is Kind.ROC:  # begins where nothing is called: no hit and no false alarm
        x, y, low, high = (np.concatenate([0 * values[:1], values]) for values in (x, y, low, high))
    return NetworkCurve(row, x, y, low, high, np.zeros(0), score)


def mean_curve(
    mean: Callable[[Scores], Mean], curves: dict[tuple[int, int], Figures], low: float = 0.0, high: float = 1.0
) -> tuple[Figures, Figures, Figures]:
    """(points,) mean of curves by (fold, seed), and the ends of its interval, NaN where there is none.

    Args:
        mean: of one place.
        curves: (points,) each.
        low: the least that a value can be.
        high: the most.
    """
    keys, places = list(curves), np.stack(list(curves.values()), axis=1)
    means = [mean(dict(zip(keys, values.tolist(), strict=True))).within(low, high) for values in places]
    ends = np.array([(m.value, m.low, m.high) for m in means], dtype=float).reshape(-1, 3)  # None becomes NaN
    return ends[:, 0], ends[:, 1], ends[:, 2]


def _mean_of_classes(
    predictions: Predictions,
    name: str,
    read_off: Callable[[NDArray[np.bool_], NDArray[np.float32]], Figures],
) -> Figures:
    columns = _columns(predictions, name)
    found = [read_off(predictions.labels == k, predictions.probabilities[:, k]) for k in columns]
    return np.mean(found, axis=0) if found else np.full(len(GRID), np.nan)


def _columns(predictions: Predictions, name: str) -> list[int]:
    """The class of that name, or all; only if some clips have it and others do not."""
    return [int(k) for k in rankable(predictions) if not name or predictions.classes[k] == name]


def _chance(predictions: Predictions, name: str) -> float:
    columns = _columns(predictions, name)
    return float(np.mean([(predictions.labels == k).mean() for k in columns])) if columns else math.nan


def _said(predictions: Predictions, name: str) -> tuple[Figures, NDArray[np.bool_]]:
    """(clips,) the probability that is said of a class, or of the predicted one, and whether it is right."""
    if not name:
        return predictions.confidence.astype(np.float64), predictions.correct
    place = predictions.classes.index(name)
    return predictions.probabilities[:, place].astype(np.float64), predictions.labels == place
