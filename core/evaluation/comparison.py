"""Two networks beside each other, with everything that can be said of their difference."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from core.control import Control
from core.datasets import DATASETS
from core.errors import UserError
from core.evaluation.bayesian import ROPE, Beliefs, beliefs
from core.evaluation.clip_tests import Answers, ClipComparison, compare_answers
from core.evaluation.design import NOT_CORRECTED, few_folds, one_seed
from core.evaluation.metrics import METRICS
from core.evaluation.rows import NetworkRow, test_clips, train_clips
from core.evaluation.statistics import ALPHA, ROUNDING, Difference, difference, folds_alike, holm, p_words
from core.events import Event, Progress
from core.readable import counted, figure
from core.run_spec import DatasetChoice
from core.workspace import Workspace

METHODS = (
    "Each p-value is of the corrected resampled t-test (Nadeau & Bengio 2003) of its pair alone; Holm's allows for how "
    "many pairs were tested. Intervals and probabilities, of the Bayesian correlated t-test (Corani & Benavoli 2015), "
    "are of their pair alone too. All of them speak of networks trained anew on other clips."
)


@dataclass(frozen=True)
class Comparison:
    """Two networks on the folds they have in common.

    Attributes:
        metric: row of METRICS.
        a, b: the networks.
        difference: a − b, with interval and p of the corrected resampled t-test.
        adjusted_p: after Holm across the pairs; None where there is no test, or one pair only.
        pairs: that were tested together.
        rope: differences within ±rope, in the unit of the score, are practically none.
        clips: what is known of the single clips, which takes reading all predictions (`with_clips`); whatever the
            metric, it is of right and wrong.
    """

    metric: str
    a: NetworkRow
    b: NetworkRow
    difference: Difference
    adjusted_p: float | None = None
    pairs: int = 1
    rope: float = ROPE
    clips: ClipComparison | None = None

    @property
    def across(self) -> bool:
        """Whether one architecture is compared with itself on another modality."""
        return self.a.modality != self.b.modality and self.a.architecture == self.b.architecture

    @property
    def p(self) -> float | None:
        """What is decided by: after Holm where several pairs were tested."""
        return self.difference.p if self.adjusted_p is None else self.adjusted_p

    @property
    def told_apart(self) -> bool:
        return self.p is not None and self.p < ALPHA

    @property
    def beliefs(self) -> Beliefs | None:
        """Probabilities that a − b exceeds the rope, lies within it, lies below it."""
        return beliefs(self.difference, self.rope)

    @property
    def a_leads(self) -> bool:
        """Whether a has the better mean."""
        return (self.difference.mean >= 0) == METRICS[self.metric].higher_is_better

    @property
    def interval(self) -> tuple[float, float] | None:
        """Of a − b; None of one fold, and where every fold differs by the same: of no spread there is none."""
        found = self.difference
        return None if not found.error or found.low is None or found.high is None else (found.low, found.high)

    @property
    def sentence(self) -> str:
        """Effect and interval, then p-value and probability; the better network first."""
        metric, found = METRICS[self.metric], self.difference
        form, unit = f".{metric.decimals}f", "percentage points" if metric.unit == "%" else metric.unit
        better, worse = (self.a.label, self.b.label) if self.a_leads else (self.b.label, self.a.label)
        same = abs(found.mean) < ROUNDING
        if same:
            text = f"{better} and {worse} score the same in the mean"
        else:
            by = f"{abs(metric.scale * found.mean):{form}} {unit}"
            text = f"{better} beats {worse} by {by}" if self.told_apart else f"{better} is {by} ahead of {worse}"
        text = f"{metric.title}: {text} over {counted(len(found.folds), 'fold')}"
        if len(found.folds) < 2:
            return f"{text}."
        if self.interval is None or self.p is None or found.p is None:
            return f"{text}, and in each of them: there is no spread to test against."
        low, high = self.interval if found.mean >= 0 else (-self.interval[1], -self.interval[0])
        ends = f"{figure(metric.scale * low, form)} to {figure(metric.scale * high, form)}"
        text += f" ({100 * found.confidence:g} % {ends})" + ("" if self.told_apart or same else ", which may be chance")
        test = "" if found.corrected else "paired t-test, not corrected for shared training clips, "
        holm_too = "" if self.adjusted_p is None else f", after Holm over {self.pairs} pairs {p_words(self.adjusted_p)}"
        return f"{text}; {test}{p_words(found.p)}{holm_too}{self._believed()}."

    def _believed(self) -> str:
        """The probability of a lead that matters, and of none where that is the likelier."""
        found = self.beliefs
        if found is None:
            return ""
        ahead = found.above if self.difference.mean >= 0 else found.below
        text = f"; probability that the lead exceeds {self.rope_words}: {ahead:.2f}"
        return text + (f", that the two are within it: {found.within:.2f}" if found.within > ahead else "")

    @property
    def rope_words(self) -> str:
        """`1 point`, `2 points`, `0.01 nats`."""
        metric = METRICS[self.metric]
        width = metric.scale * self.rope
        return f"{width:g} {metric.unit}" if metric.unit != "%" else f"{width:g} point{'' if width == 1 else 's'}"

    @property
    def clip_sentence(self) -> str:
        """Of the single clips; empty where they were not read."""
        return "" if self.clips is None else self.clips.sentence(self.a.label, self.b.label)


def compare_networks(
    networks: Sequence[NetworkRow], metric: str, rope: float = ROPE, against: str = ""
) -> tuple[Comparison, ...]:
    """Pairs of networks, whatever their modality, over the folds in which both were tested on the same clips.

    An architecture's modalities come first, then the other pairs; the better ones first within each. p-values are
    adjusted by Holm across all of them.

    Args:
        networks: the best first.
        metric: row of METRICS.
        rope: see `Comparison`.
        against: label of a network that all others are compared with; “” = every pair. Whoever asks about one network
            alone asks fewer questions, and Holm's correction is milder.
    """
    pairs = list(combinations(networks, 2))
    if against:
        (base,) = (row for row in networks if row.label == against)
        pairs = [(row, base) for row in networks if row is not base]
    found = compare_pairs(pairs, metric, rope)
    return tuple(sorted(found, key=lambda comparison: not comparison.across))


def compare_pairs(
    pairs: Iterable[tuple[NetworkRow, NetworkRow]], metric: str, rope: float = ROPE
) -> tuple[Comparison, ...]:
    """These pairs and no others, as far as both were tested on the same clips: see `compare_networks`."""
    found = [
        Comparison(metric, a, b, _paired(a, b, metric, folds), rope=rope)
        for a, b in pairs
        if (folds := common_folds(a, b, metric))
    ]
    tested = [comparison.difference.p for comparison in found if comparison.difference.p is not None]
    if len(tested) < 2:
        return tuple(found)
    adjusted = iter(holm(tested))
    return tuple(
        replace(comparison, adjusted_p=next(adjusted), pairs=len(tested))
        if comparison.difference.p is not None
        else comparison
        for comparison in found
    )


def common_folds(a: NetworkRow, b: NetworkRow, metric: str) -> set[int]:
    """Folds of the same dataset in which every run of both was tested on the same clips, and has a score.

    However they were chosen: the same clips may lie elsewhere, or be what two choices come to.
    """
    if a.dataset != b.dataset:
        return set()
    return folds_alike(a.tested, b.tested) & set(_defined_folds(a, metric)) & set(_defined_folds(b, metric))


def with_clips(
    comparisons: Sequence[Comparison],
    workspace: Workspace,
    control: Control | None = None,
    report: Callable[[Event], None] = lambda event: None,
) -> tuple[Comparison, ...]:
    """The same with what is known of single clips: reads the predictions of every run, and the dataset for its groups.

    Raises:
        UserError: predictions are missing or torn.
        Cancelled: as `control` says.
    """
    control = control or Control()
    networks = {row.label: row for comparison in comparisons for row in (comparison.a, comparison.b)}
    runs = [(label, run) for label, row in networks.items() for run in row.runs]
    answers: dict[str, dict[tuple[int, int], Answers]] = {label: {} for label in networks}
    for done, (label, run) in enumerate(runs):
        control.checkpoint()
        report(Progress("Reading predictions", done, len(runs), "runs"))
        answers[label][run.spec.fold, run.spec.seed] = Answers.of(run.folder.predictions(whole=False))
    groups: dict[DatasetChoice, dict[str, str] | None] = {}
    found: list[ClipComparison] = []
    for done, comparison in enumerate(comparisons):
        control.checkpoint()
        report(Progress("Comparing clip by clip", done, len(comparisons), "pairs"))
        choice = comparison.a.spec.dataset
        if choice not in groups:
            groups[choice] = clip_groups(choice, workspace, control)
        of_a, of_b = answers[comparison.a.label], answers[comparison.b.label]
        found.append(compare_answers(of_a, of_b, comparison.difference.folds, groups[choice]))
    if len(found) > 1:
        adjusted = holm([clips.p for clips in found])
        found = [replace(clips, adjusted_p=p, pairs=len(found)) for clips, p in zip(found, adjusted, strict=True)]
    return tuple(replace(comparison, clips=clips) for comparison, clips in zip(comparisons, found, strict=True))


def clip_groups(choice: DatasetChoice, workspace: Workspace, control: Control) -> dict[str, str] | None:
    """The source of each clip of a dataset, by id; None where the dataset is not there, or no more as it was."""
    root = workspace.dataset_root(choice.name, choice.root)
    if not root.is_dir():  # what is synthetic would make itself anew
        return None
    try:
        dataset = DATASETS[choice.name].open(root, control)
    except UserError:
        return None
    return {clip.id: clip.group for clip in dataset.clips}


def design_warnings(networks: Sequence[NetworkRow], comparisons: Sequence[Comparison]) -> tuple[str, ...]:
    """What the design cannot answer, each said once: few folds, one seed, sizes that are not known, related clips."""
    found = [few_folds(count) for count in sorted({len(comparison.difference.folds) for comparison in comparisons})]
    found += [
        NOT_CORRECTED
        for comparison in comparisons
        if comparison.difference.p is not None and not comparison.difference.corrected
    ]
    single = [row.label for row in networks if max(len(row.seeds_of(fold)) for fold in row.folds) == 1]
    found.append(one_seed(single, len(single) == len(networks)))
    found += [warning for comparison in comparisons if comparison.clips for warning in comparison.clips.warnings]
    return tuple(dict.fromkeys(filter(None, found)))


def _paired(a: NetworkRow, b: NetworkRow, metric: str, folds: set[int]) -> Difference:
    of_a, of_b = ({key: v for key, v in row.scores(metric).items() if key[0] in folds} for row in (a, b))
    return difference(of_a, of_b, train_clips([a, b]), test_clips([a, b]))


def _defined_folds(row: NetworkRow, metric: str) -> list[int]:
    return [fold for fold, value in row.by_fold(metric).items() if np.isfinite(value)]
