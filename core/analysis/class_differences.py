"""Two networks class by class: what each scores in a class, by how much they differ, and whether folds can tell."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from core.control import Control
from core.evaluation.comparison_tables import effect_cell, p_cell
from core.evaluation.metrics import PerClass, per_class
from core.evaluation.statistics import (
    ALPHA,
    ONE_FOLD,
    ROUNDING,
    Difference,
    Mean,
    difference,
    folds_alike,
    holm,
    mean_over_folds,
    p_words,
)
from core.evaluation.summary import NetworkRow, ScoredRun
from core.evaluation.tables import TextTable
from core.events import Progress
from core.readable import counted, joined

ClassScore = Literal["recall", "precision", "f1"]
WORDS: dict[ClassScore, str] = {"recall": "recall", "precision": "precision", "f1": "F1"}


@dataclass(frozen=True)
class ClassPair:
    """One class. Means are over the folds that both were tested on and in which the score is defined for both.

    Attributes:
        a: mean over folds, Student's 95 % interval as for every mean (`core.evaluation.statistics`), within 0 and 1.
        b: likewise.
        difference: a − b, paired by fold; None where no fold has the score of both.
        adjusted_p: after Holm over the classes that have a test; None where there is none.
        clips: distinct test clips of the class.
    """

    name: str
    a: Mean
    b: Mean
    difference: Difference | None
    clips: int
    adjusted_p: float | None = None

    @property
    def told_apart(self) -> bool:
        """Whether the folds tell the networks apart in this class, all classes having been asked about."""
        return self.adjusted_p is not None and self.adjusted_p < ALPHA


@dataclass(frozen=True)
class ClassDifferences:
    """Networks `a` and `b` in every class, in the order of the classes."""

    a: str  # labels
    b: str
    score: ClassScore
    classes: tuple[ClassPair, ...]
    folds: int
    seeds: int  # the fewest of a fold, of either

    def order(self) -> list[int]:
        """Classes, those in which `a` lies furthest above `b` first, then by name; those without clips last."""

        def key(label: int) -> tuple[bool, float, str]:
            gap = self.classes[label].difference
            return gap is None, -gap.mean if gap is not None else 0.0, self.classes[label].name.casefold()

        return sorted(range(len(self.classes)), key=key)

    @property
    def tests(self) -> int:
        """How many classes have a test, over which Holm goes."""
        return sum(pair.adjusted_p is not None for pair in self.classes)

    def worse(self, label: int) -> str:
        """The network that scores less in a class, whose errors explain the difference; of equals `b`."""
        gap = self.classes[label].difference
        return self.a if gap is not None and gap.mean < -ROUNDING else self.b

    def sentence(self, label: int) -> str:
        """What can be said of one class."""
        pair = self.classes[label]
        if pair.difference is None:
            return f"{pair.name}: no fold in which both have a {WORDS[self.score]}."
        said = f"{self.a} {pair.a.figures()} %, {self.b} {pair.b.figures()} %"
        text = f"{pair.name}, {WORDS[self.score]} of {counted(pair.clips, 'clip')}: {said}. "
        text += pair.difference.sentence(self.a, self.b)
        if pair.adjusted_p is not None and self.tests > 1:
            text += f" After Holm over {self.tests} classes: {p_words(pair.adjusted_p)}."
        return text

    def summary(self) -> str:
        """In how many classes either lies above, and what is left of it once all of them have been asked about."""
        gaps = [pair.difference.mean for pair in self.classes if pair.difference is not None]
        above, below = sum(gap > ROUNDING for gap in gaps), sum(gap < -ROUNDING for gap in gaps)
        basis = f"{counted(self.folds, 'fold')} × {counted(self.seeds, 'seed')}"
        text = (
            f"{self.a} lies above {self.b} in {above} of {counted(len(gaps), 'class', 'classes')}, below in {below} "
            f"({basis}). "
        )
        if self.folds < 2:
            return text + ONE_FOLD
        found = [pair.name for pair in self.classes if pair.told_apart]
        after = f"After Holm over {counted(self.tests, 'comparison')}"
        if found:
            return f"{text}{after} they differ in {joined(found)}; read all other rows as exploratory."
        return f"{text}{after} they differ in no class: read the plot as exploratory."

    def table(self) -> TextTable:
        """A row a class, in the order of the plot."""
        unit = f"{WORDS[self.score]} (%) [95 % interval]"
        return TextTable(
            ("Class", f"{self.a}, {unit}", f"{self.b}, {unit}", "Difference (points) [95 % interval]", "p", "p, Holm",
             "Clips"),
            tuple(_cells(self.classes[label]) for label in self.order()),
        )  # fmt: skip


def class_differences(
    a: NetworkRow,
    b: NetworkRow,
    score: ClassScore,
    control: Control,
    report: Callable[[Progress], None],
) -> ClassDifferences | None:
    """Compare two networks over the folds in which all runs of both were tested on the same clips; None = no fold.

    Raises:
        UserError: predictions are missing or torn.
        Cancelled: as `control` says.
    """
    folds = folds_alike(a.tested, b.tested) if a.dataset == b.dataset else set()
    runs = {side: [run for run in network.runs if run.spec.fold in folds] for side, network in (("a", a), ("b", b))}
    if not folds:
        return None
    scored: dict[str, dict[tuple[int, int], PerClass]] = {"a": {}, "b": {}}
    total, done = sum(map(len, runs.values())), 0
    classes: tuple[str, ...] = ()
    for side, several in runs.items():
        for run in several:
            control.checkpoint()
            report(Progress("Reading predictions", done, total, "runs"))
            predictions = run.folder.predictions(whole=False)
            classes = predictions.classes
            scored[side][run.spec.fold, run.spec.seed] = per_class(predictions)
            done += 1
    everyone = [*runs["a"], *runs["b"]]
    clips = _clips(scored["a"], len(classes))
    found = [
        _pair(name, clips[label], _of_class(scored["a"], score, label), _of_class(scored["b"], score, label), everyone)
        for label, name in enumerate(classes)
    ]
    tested = [pair.difference.p for pair in found if pair.difference is not None and pair.difference.p is not None]
    adjusted = iter(holm(tested))
    found = [
        replace(pair, adjusted_p=next(adjusted))
        if pair.difference is not None and pair.difference.p is not None
        else pair
        for pair in found
    ]
    seeds = min(len({s for f, s in scored[side] if f == fold}) for side in scored for fold in folds)
    return ClassDifferences(a.label, b.label, score, tuple(found), len(folds), seeds)


Values = dict[tuple[int, int], float]


def _of_class(scored: dict[tuple[int, int], PerClass], score: ClassScore, label: int) -> Values:
    return {key: float(getattr(figures, score)[label]) for key, figures in scored.items()}


def _pair(name: str, clips: int, a: Values, b: Values, runs: Sequence[ScoredRun]) -> ClassPair:
    """Over the folds in which no run leaves the score undefined: the same for both means and their difference."""
    undefined = {fold for side in (a, b) for (fold, _), value in side.items() if np.isnan(value)}
    of_a, of_b = ({key: v for key, v in side.items() if key[0] not in undefined} for side in (a, b))
    train, test = (float(np.mean(sizes)) for sizes in _sizes(runs))
    means = [mean_over_folds(side, n_train=train, n_test=test).within(0.0, 1.0) for side in (of_a, of_b)]
    gap = difference(of_a, of_b, train, test) if of_a else None
    return ClassPair(name, means[0], means[1], gap, clips)


def _sizes(runs: Sequence[ScoredRun]) -> tuple[list[int], list[int]]:
    """Training and test clips of all classes: the correction for shared training clips asks for their ratio alone."""
    return [run.status.pool for run in runs], [run.test_clips for run in runs]


def _clips(scored: dict[tuple[int, int], PerClass], classes: int) -> list[int]:
    """Distinct test clips of each class: every seed of a fold is tested on the same."""
    by_fold = {fold: figures.support for (fold, _), figures in scored.items()}
    return [int(sum(support[label] for support in by_fold.values())) for label in range(classes)]


def _cells(pair: ClassPair) -> tuple[str, ...]:
    gap = pair.difference
    ends = None if gap is None or gap.low is None or gap.high is None else (gap.low, gap.high)
    between = "–" if gap is None else effect_cell(gap.mean, ends, 100.0, 1)
    p, adjusted = p_cell(None if gap is None else gap.p), p_cell(pair.adjusted_p)
    return pair.name, pair.a.figures(), pair.b.figures(), between, p, adjusted, str(pair.clips)
