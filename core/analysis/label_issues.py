"""Likely wrong labels: where out-of-fold predictions contradict the label of a clip, ranked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.analysis.study_records import StudyRecords
from core.control import Control
from core.errors import UserError
from core.readable import counted

FLOOR = 1e-12  # of a probability whose logarithm is taken
TEMPERATURES = (0.1, 10.0)  # between which that of a network is sought
NO_FOLDS = "Captures have no folds: nobody trained on some of them to judge the others. Choose a study of a dataset."

Figures = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class LabelIssues:
    """All clips that were tested, the least credible label first. Arrays are (clips,).

    Attributes:
        clip: index into `ClipRecords.clip_ids`.
        given: class that the clip is labelled as.
        suggested: class that the networks together find most probable.
        quality: probability that the networks together give to the label, from 0 to 1.
        likely: whether confident learning counts the label as wrong; they stand first.
        agree: networks whose most probable class is the suggested one.
        of: networks that were tested on the clip.
        basis: what the list stands on, in words.
        caution: what may be expected of it, as a sentence or two.
    """

    clip: NDArray[np.int64]
    given: NDArray[np.int64]
    suggested: NDArray[np.int64]
    quality: Figures
    likely: NDArray[np.bool_]
    agree: NDArray[np.int64]
    of: NDArray[np.int64]
    basis: str
    caution: str

    @property
    def doubted(self) -> NDArray[np.int64]:
        """Places of the clips of which the networks would say another class than the label does, in the same order."""
        return np.flatnonzero(self.suggested != self.given)


def label_issues(
    data: StudyRecords,
    networks: Sequence[str] = (),
    seeds: Sequence[int] = (),
    control: Control | None = None,
) -> LabelIssues:
    """Rank the labels of a study's clips by how much runs that were not trained on them contradict them.

    A run has only tested clips of its own fold, so that every probability is out of fold. Seeds of a network are
    averaged. Each network's probabilities are then tempered, p^(1/T) normalised, with the one T that makes the labels
    most probable (Guo et al. 2017, ICML), and averaged over the networks that tested the clip: a network that is
    always certain would outvote the others where it is wrong. Clips are ranked by the probability of their label
    (self-confidence), and as many are called likely as confident learning finds: clips that exceed the mean confidence
    of another class and not that of their label (C. Northcutt, L. Jiang & I. Chuang 2021, "Confident Learning",
    JAIR 70; cleanlab's `low_self_confidence`).

    This is the choice of several, tried with 5 % of the labels of ESC-10 changed at random: in the records of three
    networks (320 clips, 91 % right together; mean of 60 draws), and before three classifiers of MFCC were trained
    (83 % right; 12 draws). As many clips from the top as were changed hold this share of them, networks | classifiers:

    - tempered mean, self-confidence: 0.86 | 0.69
    - plain mean, self-confidence: 0.81 | 0.71
    - geometric mean, self-confidence: 0.81 | 0.65
    - tempered mean, normalised margin: 0.74 | 0.66
    - tempered mean, confidence-weighted entropy: 0.82 | 0.71, but 0.00 of one network alone that is always certain

    Of the clips called likely 0.83 | 0.58 were changed, and they hold 0.86 | 0.82 of those changed; with the plain mean
    and cleanlab's default filter, `prune_by_noise_rate`, 0.57 | 0.35 and 0.78 | 0.79.

    Args:
        networks: labels of networks; none = all.
        seeds: none = all.

    Raises:
        UserError: captures, which have no folds; no such run; clips of fewer than two classes; or what cleanlab says.
        Cancelled: as `control` says.
    """
    if data.captured:
        raise UserError(NO_FOLDS)
    control = control or Control()
    clip, given, said, left_out = _out_of_fold(data, networks, seeds)
    if len(np.unique(given)) < 2:
        raise UserError("Wrong labels can be told where clips of at least two classes were tested. Train more runs.")
    control.checkpoint()
    tested = np.isfinite(said[:, :, 0])  # (networks, clips)
    tempered = np.full_like(said, np.nan)
    for network, inside in enumerate(tested):
        tempered[network, inside] = _tempered(said[network, inside], given[inside])
        control.checkpoint()
    together = np.nanmean(tempered, axis=0)
    quality, likely = _judged(given, together)
    suggested = together.argmax(axis=1)
    alike = (np.where(tested[:, :, None], said, -1.0).argmax(axis=2) == suggested) & tested
    order = np.lexsort((quality, ~likely))
    wrong, doubted = int(likely.sum()), int((suggested != given).sum())
    basis = _basis(data, networks, seeds, len(clip), 1 - doubted / len(clip))
    return LabelIssues(
        clip=clip[order],
        given=given[order],
        suggested=suggested[order],
        quality=quality[order],
        likely=likely[order],
        agree=alike.sum(axis=0)[order],
        of=tested.sum(axis=0)[order],
        basis=basis + (f" {counted(left_out, 'clip')} had another label in another run, left out." if left_out else ""),
        caution=_caution(wrong, doubted),
    )


def _out_of_fold(
    data: StudyRecords, networks: Sequence[str], seeds: Sequence[int]
) -> tuple[NDArray[np.int64], NDArray[np.int64], Figures, int]:
    """Clips (clips,), their labels (clips,), what each network said of them (networks, clips, classes), the mean over
    its seeds or NaN, and how many clips are left out as their label was not the same in all runs."""
    records = data.records
    rows = records.of_runs(networks, seeds=seeds)
    if not rows.size:
        raise UserError("No run of these networks and seeds has finished. Choose others, or train them.")
    labels = sorted({records.runs[run].network for run in np.unique(records.run[rows])})
    clip, place = np.unique(records.clip[rows], return_inverse=True)
    summed = np.zeros((len(labels), len(clip), len(records.classes)))
    times = np.zeros((len(labels), len(clip)))
    for run in np.unique(records.run[rows]):
        network, of_run = labels.index(records.runs[run].network), records.run[rows] == run
        summed[network, place[of_run]] += data.predictions[run].probabilities[records.row[rows[of_run]]]
        times[network, place[of_run]] += 1
    said = np.divide(summed, times[:, :, None], out=np.full_like(summed, np.nan), where=times[:, :, None] > 0)
    given = np.zeros(len(clip), np.int64)
    given[place] = records.true[rows]
    same = np.bincount(place[records.true[rows] != given[place]], minlength=len(clip)) == 0
    return clip[same].astype(np.int64), given[same], said[:, same], int((~same).sum())


def _tempered(said: Figures, given: NDArray[np.int64]) -> Figures:
    """(clips, classes) probabilities at the temperature at which the labels are most probable."""
    from scipy.optimize import minimize_scalar
    from scipy.special import log_softmax

    logits = np.log(np.maximum(said, FLOOR))
    rows = np.arange(len(given))

    def loss(log_temperature: float) -> float:
        return -float(log_softmax(logits / np.exp(log_temperature), axis=1)[rows, given].mean())

    best = minimize_scalar(loss, bounds=tuple(np.log(TEMPERATURES)), method="bounded").x
    tempered: Figures = np.exp(log_softmax(logits / np.exp(best), axis=1))
    return tempered


def _judged(given: NDArray[np.int64], said: Figures) -> tuple[Figures, NDArray[np.bool_]]:
    """(clips,) quality of each label, and whether it is likely wrong."""
    from cleanlab.filter import find_label_issues
    from cleanlab.rank import get_label_quality_scores

    try:
        quality = get_label_quality_scores(given, said, method="self_confidence")
        # One process: cleanlab would start others, and cannot from a thread.
        likely = find_label_issues(given, said, filter_by="low_self_confidence", n_jobs=1)
    except Exception as error:  # of many kinds: it checks with assertions, too
        raise UserError(f"Wrong labels cannot be told from {counted(len(given), 'clip')} ({error}).") from error
    return np.asarray(quality, np.float64), np.asarray(likely, bool) & (said.argmax(axis=1) != given)


def _basis(data: StudyRecords, networks: Sequence[str], seeds: Sequence[int], clips: int, accuracy: float) -> str:
    infos = [data.records.runs[run] for run in data.records.runs_of(networks, seeds=seeds)]
    names = sorted({info.network for info in infos})
    who = names[0] if len(names) == 1 else f"{len(names)} networks together"
    folds, of_seeds = len({info.fold for info in infos}), len({info.seed for info in infos})
    grid = f"{counted(folds, 'fold')} × {counted(of_seeds, 'seed')}"
    return f"{who}, {grid}, {clips:,} clips, accuracy {100 * accuracy:.1f} %."


def _caution(wrong: int, doubted: int) -> str:
    """How many of the contradictions are the networks' own mistakes, by confident learning's count."""
    if not doubted:
        return "The networks contradict no label."
    own = doubted - wrong
    text = f"Confident learning counts {counted(wrong, 'wrong label')} among the {doubted} that they contradict"
    return text + (
        f"; the other {own} are likelier their own mistakes." if own else ". Where they are often wrong, so is it."
    )
