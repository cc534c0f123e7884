"""Ensembles of finished runs: several networks asked together, from their predictions alone.

The probabilities that the members gave to a clip, in runs of the same fold and seed, are averaged: a linear opinion
pool, p(c) = Σ_m w_m p_m(c), with w_m ≥ 0 and Σ w_m = 1. The weights are equal, or those with the smallest log loss on
the validation part (P. Smyth & D. Wolpert 1999, “Linearly combining density estimators via stacking”, Machine Learning
36, 59–83): a convex problem, where the accuracy of so few clips would be a stair with many equal steps.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from core.control import Control
from core.errors import UserError
from core.evaluation.design import few_folds
from core.evaluation.metrics import METRICS
from core.evaluation.predictions import Predictions
from core.evaluation.rows import NetworkRow, ScoredRun, test_clips, train_clips
from core.evaluation.statistics import Difference, Mean, Scores, difference, mean_over_folds
from core.evaluation.summary import Summary
from core.evaluation.tables import TextTable
from core.events import Progress
from core.readable import listed
from core.tables import did_you_mean

LEAST = 1e-12  # a probability below this counts as this much, as in the log loss

Key = tuple[int, int]  # fold, seed


class How(StrEnum):
    """How much each member counts."""

    AVERAGE = "average"
    WEIGHTED = "weighted"

    @property
    def words(self) -> str:
        return {"average": "average", "weighted": "weighted average"}[self.value]


@dataclass(frozen=True)
class Ensemble:
    """Networks asked together, on the folds and seeds that all of them have.

    Attributes:
        metric: row of METRICS.
        how: how the members are weighed.
        members: the best first by the metric on these folds and seeds.
        of_members: by label, the mean of each over these folds and seeds.
        weights: of the members in their order, by (fold, seed); each adds up to 1.
        scores: of the ensemble, by (fold, seed).
        mean: of them, with its interval.
        best: the member that it is compared with.
        validated: whether that was chosen by its accuracy on the validation part, else on the test folds.
        gain: ensemble − best member.
        oracle: share of clips that at least one member gets right: what choosing the right one of them would reach.
        agreement: share of clips of which all members say the same.
        left_out: folds and seeds that all have, but with other clips.
    """

    metric: str
    how: How
    members: tuple[NetworkRow, ...]
    of_members: Mapping[str, Mean]
    weights: Mapping[Key, tuple[float, ...]]
    scores: Scores
    mean: Mean
    best: NetworkRow
    validated: bool
    gain: Difference
    oracle: Mean
    agreement: Mean
    left_out: tuple[Key, ...] = ()

    @property
    def name(self) -> str:
        return f"the {self.how.words} of {listed([member.label for member in self.members])}"

    def sentences(self) -> tuple[str, ...]:
        """The gain over the best member and how that was chosen; what the members have in common; what is left out."""
        about = METRICS[self.metric]
        unit = "percentage points" if about.unit == "%" else about.unit
        lower = "" if about.higher_is_better else " Lower is better."
        gain = self.gain.sentence(self.name, self.best.label, about.scale, unit, about.decimals)
        chosen = (
            f"{self.best.label} is the best member by its accuracy on the validation part."
            if self.validated
            else f"{self.best.label} is the best member on these test folds themselves, as not all members have a "
            "validation part to choose it on: that favours it, and the gain that is shown is too small if anything."
        )
        if self.members[0] is not self.best:
            better = self.members[0].label
            figures = self.of_members[better].text(about.scale, about.decimals)
            chosen += f" On the test folds {better} turned out better: {figures}, which could not be known before."
        common = (
            f"On {100 * self.oracle.value:.1f} % of the clips at least one member is right; on "
            f"{100 * self.agreement.value:.1f} % all say the same."
        )
        found = [f"{about.title}: {gain}{lower}", chosen, common]
        if self.left_out:
            runs = listed([f"fold {fold} with seed {seed}" for fold, seed in self.left_out])
            found.append(f"Left out: {runs}, where the members were tested on different clips.")
        return tuple(filter(None, (*found, few_folds(len(self.gain.folds)))))

    def table(self) -> TextTable:
        """For people: what the members come to together, and the members, the best first."""
        about = METRICS[self.metric]

        def row(name: str, mean: Mean, weight: str = "") -> tuple[str, ...]:
            return name, mean.text(about.scale, about.decimals), weight, mean.grid

        members = [
            row(member.label, self.of_members[member.label], self.weight_of(place))
            for place, member in enumerate(self.members)
        ]
        together = row(self.how.words.capitalize(), self.mean)
        return TextTable(
            ("Network", f"{about.title} ({about.unit}) [95 % interval]", "Weight", "Folds × seeds"),
            (together, *members),
        )

    def weight_of(self, place: int) -> str:
        """Of a member, the mean over the runs; with the smallest and the largest where they differ."""
        values = np.array([weights[place] for weights in self.weights.values()])
        if np.ptp(values) < 0.005:
            return f"{values.mean():.2f}"
        return f"{values.mean():.2f} ({values.min():.2f} to {values.max():.2f})"


def ensembles(
    summary: Summary,
    labels: Sequence[str] = (),
    metric: str = "accuracy",
    how: How = How.AVERAGE,
    control: Control | None = None,
    report: Callable[[Progress], None] = lambda progress: None,
) -> Ensemble:
    """Ask networks of a summary together.

    Args:
        labels: of the members, two at least; () = all networks of the summary.
        metric: row of METRICS.

    Raises:
        UserError: a label is of no network; there are fewer than two members, or they have no fold and seed on the same
            clips in common; their predictions cannot be read; or weights are asked for and cannot be learned.
        Cancelled: through `control`.
    """
    control = control or Control()
    rows = members(summary, labels)
    keys, left_out = _in_common(rows)
    if how is How.WEIGHTED and (why_not := why_not_weighted(rows)):
        raise UserError(why_not)
    about = METRICS[metric]
    sign = -1 if about.higher_is_better else 1
    sizes = train_clips(rows), test_clips(rows)
    means = {row.label: _mean(_chosen(row, metric, keys), metric, sizes) for row in rows}
    rows = sorted(rows, key=lambda row: (np.isnan(means[row.label].value), sign * means[row.label].value))
    scores: dict[Key, float] = {}
    weights: dict[Key, tuple[float, ...]] = {}
    oracle: dict[Key, float] = {}
    agreement: dict[Key, float] = {}
    for done, key in enumerate(keys):
        control.checkpoint()
        report(Progress("Asking networks together", done, len(keys), "runs"))
        runs = [_run(row, key) for row in rows]
        said = [_in_order(run.folder.predictions(whole=False)) for run in runs]
        equal = np.full(len(rows), 1 / len(rows))
        found = learned_weights(_validation(rows, runs)) if how is How.WEIGHTED else equal
        weights[key] = tuple(float(weight) for weight in found)
        scores[key] = about(pool(said, found))
        predicted = np.stack([of.predicted for of in said])
        oracle[key] = float((predicted == said[0].labels).any(axis=0).mean())
        agreement[key] = float((predicted == predicted[0]).all(axis=0).mean())
    validated = _best_validated(rows, keys)
    best = validated or rows[0]
    return Ensemble(
        metric=metric,
        how=how,
        members=tuple(rows),
        of_members=means,
        weights=weights,
        scores=scores,
        mean=_mean(scores, metric, sizes),
        best=best,
        validated=validated is not None,
        gain=difference(scores, _chosen(best, metric, keys), *sizes),
        oracle=_mean(oracle, "accuracy", sizes),
        agreement=_mean(agreement, "accuracy", sizes),
        left_out=left_out,
    )


def members(summary: Summary, labels: Sequence[str] = ()) -> list[NetworkRow]:
    """The networks of these labels, or all; Raises UserError where one is unknown, or there are fewer than two."""
    known = {network.label: network for network in summary.networks}
    for label in labels:
        if label not in known:
            raise UserError(
                f"No network with results is called “{label}”.{did_you_mean(label, known)} Known: {', '.join(known)}."
            )
    rows = [known[label] for label in dict.fromkeys(labels)] if labels else list(known.values())
    if len(rows) < 2:
        raise UserError("An ensemble has two networks at least. Choose more, or train more.")
    return rows


def why_not_weighted(rows: Sequence[NetworkRow]) -> str:
    """Why weights cannot be learned for these members on the folds and seeds that all have, as a sentence; "" = they
    can, as far as one sees at once.

    Raises:
        UserError: they have no fold and seed on the same clips in common.
    """
    keys, _ = _in_common(rows)
    for row in rows:
        for run in (_run(row, key) for key in keys):
            if run.folder.validation_there:
                continue
            if not run.spec.recipe.validation_share:
                why = "has no validation part (validation_share = 0)"
            elif run.spec.stacked or run.spec.late:
                why = "has learned from its validation part"
            else:
                why = "was trained before what networks say of the validation part was kept"
            return (
                f"Weights are learned on the validation part, and {row.label} {why}. Take the plain average, or train "
                "with a validation part."
            )
    return ""


def pool(said: Sequence[Predictions], weights: NDArray[np.float64]) -> Predictions:
    """p(c) = Σ_m w_m p_m(c) of the same clips in the same order."""
    first = said[0]
    together = np.tensordot(weights, np.stack([of.probabilities for of in said]).astype(np.float64), axes=1)
    return Predictions(
        classes=first.classes,
        clip_ids=first.clip_ids,
        labels=first.labels,
        probabilities=together.astype(np.float32),
        features=np.zeros((len(first), 0), np.float16),
    )


def learned_weights(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """The weights that minimise the log loss, −1/n Σ_i ln Σ_m w_m p_m(i), by SciPy's SLSQP.

    Args:
        probabilities: (members, clips), that each member gave to the true class of each clip.

    Returns:
        (members,), none negative, adding up to 1. Of members that are alike none is preferred.

    Raises:
        UserError: the minimum was not found.
    """
    from scipy.optimize import LinearConstraint, minimize

    count, clips = probabilities.shape
    floored = np.maximum(probabilities, LEAST)

    def loss(weights: NDArray[np.float64]) -> float:
        return -float(np.log(weights @ floored).mean())

    def slope(weights: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(-(floored / (weights @ floored)).sum(axis=1) / clips, np.float64)

    found = minimize(
        loss,
        np.full(count, 1 / count),
        jac=slope,
        method="SLSQP",
        bounds=[(0.0, 1.0)] * count,
        constraints=LinearConstraint(np.ones(count), 1.0, 1.0),
        options={"ftol": 1e-10, "maxiter": 500},
    )
    if not found.success:
        raise UserError(f"No weights could be learned ({found.message}). Take the plain average.")
    weights = np.clip(found.x, 0.0, None)
    return np.asarray(weights / weights.sum(), np.float64)


def _validation(rows: Sequence[NetworkRow], runs: Sequence[ScoredRun]) -> NDArray[np.float64]:
    """(members, clips) probability of the true class of each clip of the validation part.

    Raises:
        UserError: the members had different ones, or one is torn.
    """
    said = [of for run in runs if (of := run.folder.validation()) is not None]
    ordered = [_in_order(of) for of in said]
    for row, of in zip(rows, ordered, strict=True):
        if not np.array_equal(of.clip_ids, ordered[0].clip_ids):
            spec = runs[0].spec
            raise UserError(
                f"In fold {spec.fold} with seed {spec.seed}, {rows[0].label} and {row.label} had different clips as "
                "their validation part: no weights can be learned. Train them with one validation_share on one "
                "dataset, or take the plain average."
            )
    clips = np.arange(len(ordered[0]))
    return np.stack([of.probabilities[clips, of.labels] for of in ordered]).astype(np.float64)


def _in_common(rows: Sequence[NetworkRow]) -> tuple[list[Key], tuple[Key, ...]]:
    """The (fold, seed) that all have, tested on the same clips; and those that all have with different ones."""
    tested = [row.tested for row in rows]
    shared = sorted(set.intersection(*(set(of) for of in tested)))
    alike = [key for key in shared if len({of[key] for of in tested}) == 1]
    if not alike:
        raise UserError(
            f"{listed([row.label for row in rows])} have no fold and seed in common that was tested on the same clips: "
            "train them on the same folds with the same seeds."
        )
    return alike, tuple(key for key in shared if key not in alike)


def _best_validated(rows: Sequence[NetworkRow], keys: Sequence[Key]) -> NetworkRow | None:
    """The member with the highest mean accuracy on the validation part; None = not all have one. Of equals the first by
    name: the order of the rows tells the test scores, which must not choose."""
    found = []
    for row in rows:
        seen = [_run(row, key).status.validation_accuracy for key in keys]
        known = [value for value in seen if value is not None]
        if len(known) < len(seen):
            return None
        found.append((-float(np.mean(known)), row.label, row))
    return min(found, key=lambda one: one[:2])[2]


def _run(row: NetworkRow, key: Key) -> ScoredRun:
    return next(run for run in row.runs if (run.spec.fold, run.spec.seed) == key)


def _chosen(row: NetworkRow, metric: str, keys: Sequence[Key]) -> Scores:
    return {key: value for key, value in row.scores(metric).items() if key in keys}


def _mean(scores: Scores, metric: str, sizes: tuple[float, float]) -> Mean:
    about = METRICS[metric]
    return mean_over_folds(scores, n_train=sizes[0], n_test=sizes[1]).within(about.low, about.high)


def _in_order(said: Predictions) -> Predictions:
    """Clips in the order of their names, without features."""
    order = np.argsort(said.clip_ids)
    return Predictions(
        classes=said.classes,
        clip_ids=said.clip_ids[order],
        labels=said.labels[order],
        probabilities=said.probabilities[order],
        features=np.zeros((len(said), 0), np.float16),
    )
