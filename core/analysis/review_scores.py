"""Scores without the clips whose label is wrong, each beside the untouched one, and what they stand on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.analysis.review import Verdict
from core.analysis.reviewed_records import ReviewedRecords
from core.analysis.study_records import NetworkName, StudyRecords
from core.evaluation.metrics import METRICS
from core.evaluation.statistics import Mean, mean_over_folds
from core.evaluation.tables import TextTable
from core.readable import counted

HEADINGS = (
    "Network",
    "Untouched (%)",
    "Without label errors (%)",
    "Clips left out",
    "Reviewed of wrong",
    "Reviewed of right",
    "Folds × seeds",
)
BIAS = (
    "Mostly mistakes are reviewed, and to leave out a clip that a network got wrong can only raise its score. The "
    "score without label errors is fair only where the clips that it got right were reviewed as thoroughly."
)


@dataclass(frozen=True)
class Part:
    """Some clips, and how many of them have a verdict."""

    reviewed: int
    of: int

    def text(self) -> str:
        return f"{self.reviewed} of {self.of}"


@dataclass(frozen=True)
class ReviewedScore:
    """The accuracy of one network, untouched and without the label errors; as Compare takes the mean over folds.

    Attributes:
        left_out: clips that are called label errors.
        wrong: clips that a run of the network got wrong.
        right: clips that every run of it got right.
    """

    network: NetworkName
    untouched: Mean
    without: Mean
    left_out: int
    wrong: Part
    right: Part


def reviewed_scores(
    data: StudyRecords, reviewed: ReviewedRecords, train_clips: Sequence[int]
) -> tuple[ReviewedScore, ...]:
    """The accuracy of each network, over all its test clips and over those that are not called label errors.

    Args:
        data: the runs.
        reviewed: what was said of their clips.
        train_clips: of each run, as many as it was trained on; 0 = not known.
    """
    records, judged, wrong_label = data.records, reviewed.judged(), reviewed.given(Verdict.LABEL_ERROR)
    found = []
    for network in data.networks:
        runs = records.runs_of([network.label])
        rows = records.of_runs([network.label])
        wrong = np.unique(records.clip[rows[~records.correct[rows]]])
        right = np.setdiff1d(records.clip[rows], wrong)
        seen = np.unique(records.clip[rows[judged[rows]]])
        found.append(
            ReviewedScore(
                network=network,
                untouched=_mean(data, runs, np.ones(len(records), bool), train_clips),
                without=_mean(data, runs, ~wrong_label, train_clips),
                left_out=np.unique(records.clip[rows[wrong_label[rows]]]).size,
                wrong=Part(np.intersect1d(seen, wrong).size, wrong.size),
                right=Part(np.intersect1d(seen, right).size, right.size),
            )
        )
    return tuple(found)


def review_table(scores: Sequence[ReviewedScore]) -> TextTable:
    """For people: a row a network."""
    accuracy = METRICS["accuracy"]
    return TextTable(
        HEADINGS,
        tuple(
            (
                score.network.name,
                score.untouched.figures(accuracy.scale, accuracy.decimals),
                score.without.figures(accuracy.scale, accuracy.decimals),
                str(score.left_out),
                score.wrong.text(),
                score.right.text(),
                score.untouched.grid,
            )
            for score in scores
        ),
    )


def unknown_words(clips: int) -> str:
    """Of clips whose file could not be read, as a sentence; nothing where there are none."""
    if not clips:
        return ""
    return f"The content of {counted(clips, 'clip')} is not known: whether they were reviewed cannot be said."


def _mean(data: StudyRecords, runs: Sequence[int], counts: NDArray[np.bool_], train_clips: Sequence[int]) -> Mean:
    """Accuracy over the records that count; a run of which none does is left out."""
    scores: dict[tuple[int, int], float] = {}
    sizes: list[int] = []
    for run in runs:
        right = data.records.correct[counts & (data.records.run == run)]
        sizes.append(right.size)
        if right.size:
            scores[data.records.runs[run].fold, data.records.runs[run].seed] = float(right.mean())
    trained = float(np.mean([train_clips[run] for run in runs]))
    return mean_over_folds(scores, n_train=trained, n_test=float(np.mean(sizes))).within(0.0, 1.0)
