"""What predictions have in common that others have not: which properties of their clips tell the two apart."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.analysis.clip_properties import ClipProperties
from core.analysis.clip_records import ClipRecords, Rows
from core.control import Control
from core.evaluation.clustered_auc import Auc, clustered_auc
from core.evaluation.statistics import ALPHA, Share, holm, p_words
from core.property_cache import Property

PARTS = 5  # of the cross-validation of all properties together


@dataclass(frozen=True)
class Compared:
    """Some predictions and those that they are set against.

    Attributes:
        rows: records of both.
        chosen: (rows,) which of them are the ones in question.
        names: of the ones in question and of the others, in the plural: “errors”, “successes”.
    """

    rows: Rows
    chosen: NDArray[np.bool_]
    names: tuple[str, str]

    @property
    def one_sided(self) -> bool:
        """Whether there is nothing to compare with."""
        return not self.chosen.any() or bool(self.chosen.all())


def errors_of(records: ClipRecords, rows: Rows) -> Compared:
    """The errors among some records against the successes. Where they are all of one kind, against those of the same
    runs that are of the other kind."""
    if len(rows) and records.correct[rows].min() == records.correct[rows].max():
        rows = _of_the_same_runs(records, rows)
    return Compared(rows, ~records.correct[rows], ("errors", "successes"))


def selection_of(records: ClipRecords, rows: Rows, selected: Rows) -> Compared:
    """Some records against the rest of `rows`. Where nothing is left of those, against all others of the same runs."""
    if len(selected) and np.isin(rows, selected).all():
        rows = _of_the_same_runs(records, rows)
    return Compared(rows, np.isin(rows, selected), ("selected clips", "the others"))


@dataclass(frozen=True)
class Contrast:
    """What was measured, of those in question and of the others.

    Attributes:
        chosen: (m,) values of those in question, as far as they are known; one a prediction.
        rest: (n,) of the others.
        auc: P(a value in question is larger than another).
        p: of `auc`, by Holm for all properties; NaN where there is none.
    """

    measured: Property
    chosen: NDArray[np.float64]
    rest: NDArray[np.float64]
    auc: Auc
    p: float

    @property
    def medians(self) -> tuple[float, float]:
        """NaN where nothing is known."""
        return _median(self.chosen), _median(self.rest)

    @property
    def strength(self) -> float:
        """How far it tells the two apart: from 0 to 0.5; −1 where it cannot be said."""
        return -1.0 if math.isnan(self.auc.p) else abs(self.auc.value - 0.5)

    @property
    def tells(self) -> bool:
        return self.p < ALPHA

    def sentence(self, names: tuple[str, str]) -> str:
        """Medians, effect and interval before the p-value."""
        of, medians = self.measured, self.medians
        verb = of.more if self.auc.value > 0.5 else of.less
        figures = f"median {of.text(medians[0], unit=False)} against {of.text(medians[1])}"
        interval = f"AUC {self.auc.value:.2f}, 95 % {self.auc.low:.2f} to {self.auc.high:.2f}"
        return f"{names[0].capitalize()} {verb} than {names[1]} ({figures}; {interval}; Holm {p_words(self.p)})."


@dataclass(frozen=True)
class Factor:
    """What clips are sorted by.

    Attributes:
        name: “Class”.
        values: in words.
        code: (clips,) index into `values`; −1 where unknown.
    """

    name: str
    values: tuple[str, ...]
    code: NDArray[np.int64]


@dataclass(frozen=True)
class Comparison:
    """What was found.

    Attributes:
        contrasts: of each property, that which tells the two apart best first.
        factors: by name (class, fold, group), each of its values with the share of its clips that are in question, the
            highest lower bound first.
        together: how well all properties together tell, on groups they were not fitted to; None where there is too
            little to be divided.
    """

    compared: Compared
    contrasts: tuple[Contrast, ...]
    factors: dict[str, tuple[tuple[str, Share], ...]]
    together: Auc | None

    def sentence(self) -> str:
        """The property that tells best, in words, or that there is none."""
        one, other = self.compared.names
        telling = [contrast for contrast in self.contrasts if contrast.tells]
        if not telling:
            return f"Nothing that was measured tells {one} from {other}."
        others = [contrast.measured.name.lower() for contrast in telling[1:]]
        also = f" They also differ in {', '.join(others)}." if others else ""
        return telling[0].sentence(self.compared.names) + also

    def together_sentence(self) -> str:
        """What all properties together can tell; empty where that is not known."""
        if self.together is None:
            return ""
        beyond = "" if self.together.low > 0.5 else ", which chance may be"
        return f"All properties together, on groups they were not fitted to: AUC {self.together.figures()}{beyond}."


def in_common(records: ClipRecords, known: ClipProperties, compared: Compared, control: Control) -> Comparison:
    """Compare predictions by what is known of their clips.

    Each prediction counts once. Those of one clip, and clips of one group, resemble each other: intervals and p-values
    take groups for clusters. p-values are Holm's over the properties that have one.

    Args:
        compared: of both kinds at least one.

    Raises:
        Cancelled: through `control`.
    """
    clip = records.clip[compared.rows]
    cluster = known.group[clip]
    found: list[tuple[Property, NDArray[np.float64], NDArray[np.float64], Auc]] = []
    for item, of_clips in zip(known.properties, known.values, strict=True):
        control.checkpoint()
        values = of_clips[clip]
        there = np.isfinite(values)
        first = compared.chosen[there]
        auc = clustered_auc(values[there], first, cluster[there])
        found.append((item, values[there][first], values[there][~first], auc))
    tested = [place for place, (*_, auc) in enumerate(found) if not math.isnan(auc.p)]
    adjusted = dict(zip(tested, holm([found[place][3].p for place in tested]), strict=True))
    contrasts = [Contrast(*parts, p=adjusted.get(place, math.nan)) for place, parts in enumerate(found)]
    control.checkpoint()
    share = share_of_clips(records, compared)
    return Comparison(
        compared,
        tuple(sorted(contrasts, key=lambda contrast: -contrast.strength)),
        {factor.name: _shares(factor, share) for factor in categories(records, known)},
        _together(known.values[:, clip], compared.chosen, cluster),
    )


def categories(records: ClipRecords, known: ClipProperties) -> tuple[Factor, ...]:
    """Class, fold in which it was first tested, and group of every clip; a group is left out where each clip is one."""
    first = np.unique(records.clip, return_index=True)[1]
    folds, fold = np.unique([info.fold for info in records.runs], return_inverse=True)
    factors = [
        Factor("Class", records.classes, records.true[first].astype(np.int64)),
        Factor("Fold", tuple(f"fold {number}" for number in folds), fold[records.run[first]].astype(np.int64)),
    ]
    if len(known.groups) < len(known.group):
        factors.append(Factor("Group", tuple(f"group {name}" for name in known.groups), known.group))
    return tuple(factors)


def share_of_clips(records: ClipRecords, compared: Compared) -> NDArray[np.float64]:
    """(clips,) share of the predictions of each clip that are in question; NaN where none is compared."""
    clip, clips = records.clip[compared.rows], len(records.clip_ids)
    with np.errstate(invalid="ignore"):
        return np.bincount(clip, compared.chosen, clips) / np.bincount(clip, minlength=clips)


def counted_clips(share: NDArray[np.float64]) -> Share:
    """Of the shares of some clips, none NaN: how many clips they add up to, rounded. Each clip counts once, however
    many runs were tested on it, as their answers to it resemble each other."""
    return Share(round(float(share.sum())), len(share))


def _shares(factor: Factor, share: NDArray[np.float64]) -> tuple[tuple[str, Share], ...]:
    there = np.isfinite(share)
    found = [
        (words, counted_clips(share[there & (factor.code == code)]))
        for code, words in enumerate(factor.values)
        if (there & (factor.code == code)).any()
    ]
    low = {one: one.interval[0] for one in {one for _, one in found}}  # of thousands of groups few differ
    return tuple(sorted(found, key=lambda item: -low[item[1]]))


def _together(values: NDArray[np.float64], chosen: NDArray[np.bool_], cluster: NDArray[np.int64]) -> Auc | None:
    """How well a logistic regression on all properties tells predictions of groups that it was not fitted to.

    Standardised, unknown values made the median, both kinds weighted alike; five parts divided by group.

    Args:
        values: (properties, n).
        chosen: (n,).
        cluster: (n,) group of each.
    """
    there = np.isfinite(values)
    used = np.where(there, values, np.inf).min(axis=1) < np.where(there, values, -np.inf).max(axis=1)
    if used.sum() < 2 or min(len(np.unique(cluster[chosen])), len(np.unique(cluster[~chosen]))) < 2 * PARTS:
        return None
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(
        SimpleImputer(strategy="median"), StandardScaler(), LogisticRegression(class_weight="balanced", max_iter=1000)
    )
    parts = StratifiedGroupKFold(PARTS, shuffle=True, random_state=0)
    score = cross_val_predict(model, values[used].T, chosen, groups=cluster, cv=parts, method="decision_function")
    return clustered_auc(np.asarray(score, np.float64), chosen, cluster)


def _median(values: NDArray[np.float64]) -> float:
    return float(np.median(values)) if len(values) else math.nan


def _of_the_same_runs(records: ClipRecords, rows: Rows) -> Rows:
    return np.flatnonzero(np.isin(records.run, np.unique(records.run[rows])))
