"""Scores without label errors, against Compare's and against slow code."""

from __future__ import annotations

import math
from statistics import mean, stdev

import numpy as np
import pytest
from scipy import stats

from core.analysis.review import Key, Verdict, open_reviews
from core.analysis.review_scores import review_table, reviewed_scores, unknown_words
from core.analysis.reviewed_records import ReviewedRecords
from core.analysis.study_records import read_study_records
from core.control import Control
from core.evaluation.summary import summarise
from tests.gui.make_runs import NETWORKS, make_study, synthetic_clips

STUDY = "fabricated-test-data"


def study(workspace, **choice):
    """Its data, its runs, and the reviews of its clips: each holds its own name."""
    runs = make_study(workspace, synthetic_clips(4, per_class=12), **choice)
    data = read_study_records(workspace, STUDY, Control(), lambda progress: None)
    reviewed = ReviewedRecords(data.records)
    reviewed.know({name: name for name in data.records.clip_ids.tolist()})
    by_id = {run.id: run for run in runs}
    return data, reviewed, [by_id[spec.id].status.train_clips for spec in data.specs], runs


def review(workspace, data, reviewed, verdicts):
    """Verdicts by clip id."""
    book, records = open_reviews(workspace), data.records
    for name, verdict in verdicts.items():
        record = next(i for i in range(len(records)) if records.clip_ids[records.clip[i]] == name)
        key = Key(name, records.classes[records.true[record]])
        reviewed.show(key, book.of(key, name, "").toggled(verdict))


def slow_mean(scores, n_train, n_test):
    """Mean over the folds and its interval, in the words of Nadeau & Bengio."""
    folds = [mean(of_fold) for of_fold in scores.values()]
    middle, count = mean(folds), len(folds)
    half = stats.t.ppf(0.975, count - 1) * math.sqrt((1 / count + n_test / n_train) * stdev(folds) ** 2)
    return middle, max(0.0, middle - half), min(1.0, middle + half)


def test_scores_without_label_errors_are_those_that_slow_code_counts(workspace):
    data, reviewed, train_clips, _ = study(workspace, seeds=(0, 1))
    ids, random = data.records.clip_ids.tolist(), np.random.default_rng(5)
    verdicts = {str(name): list(Verdict)[random.integers(4)] for name in random.permutation(ids)[:20]}
    review(workspace, data, reviewed, verdicts)
    wrong_labels = {name for name, verdict in verdicts.items() if verdict is Verdict.LABEL_ERROR}
    assert len(wrong_labels) > 2
    for score in reviewed_scores(data, reviewed, train_clips):
        runs = [n for n, info in enumerate(data.records.runs) if info.network == score.network.label]
        for shown, out in ((score.untouched, set()), (score.without, wrong_labels)):
            scores, sizes = {}, []
            for run in runs:
                said = data.predictions[run]
                kept = [k for k, name in enumerate(said.clip_ids.tolist()) if name not in out]
                right = [said.predicted[k] == said.labels[k] for k in kept]
                scores.setdefault(data.specs[run].fold, []).append(sum(right) / len(right))
                sizes.append(len(kept))
            expected = slow_mean(scores, mean(train_clips[run] for run in runs), mean(sizes))
            assert (shown.value, shown.low, shown.high) == pytest.approx(expected)
            assert (shown.n_folds, shown.n_seeds) == (4, 2)
        tables = [data.predictions[run] for run in runs]
        failed = {str(name) for said in tables for name in said.clip_ids[said.predicted != said.labels]}
        assert score.left_out == len(wrong_labels)
        assert (score.wrong.reviewed, score.wrong.of) == (len(failed & verdicts.keys()), len(failed))
        passed = set(ids) - failed
        assert (score.right.reviewed, score.right.of) == (len(passed & verdicts.keys()), len(passed))


def test_the_untouched_score_is_that_of_compare(workspace):
    data, reviewed, train_clips, runs = study(workspace)
    rows = {row.label: row.means["accuracy"] for row in summarise(runs).networks}
    scores = reviewed_scores(data, reviewed, train_clips)
    assert {score.network.label: score.untouched for score in scores} == rows
    assert all(score.without == score.untouched and not score.left_out for score in scores)


def test_a_fold_of_which_nothing_is_left_does_not_count_and_one_fold_has_no_interval(workspace):
    data, reviewed, train_clips, _ = study(workspace, networks=NETWORKS[:1], folds=(1, 2))
    second = next(p for p, spec in zip(data.predictions, data.specs, strict=True) if spec.fold == 2)
    first = next(p for p, spec in zip(data.predictions, data.specs, strict=True) if spec.fold == 1)
    review(workspace, data, reviewed, dict.fromkeys(second.clip_ids.tolist(), Verdict.LABEL_ERROR))
    (score,) = reviewed_scores(data, reviewed, train_clips)
    assert score.without.value == pytest.approx(first.correct.mean()) and score.without.n_folds == 1
    assert score.without.low is None and score.untouched.low is not None
    (row,) = review_table([score]).rows
    assert row[1:4] == (score.untouched.figures(), score.without.figures(), "12") and row[-1] == "2 × 1"
    review(workspace, data, reviewed, dict.fromkeys(first.clip_ids.tolist(), Verdict.LABEL_ERROR))
    (score,) = reviewed_scores(data, reviewed, train_clips)
    assert review_table([score]).rows[0][2] == "–"


def test_clips_of_which_nothing_is_known_are_said():
    assert not unknown_words(0)
    assert "1 clip is not known" in unknown_words(1) and "3 clips" in unknown_words(3)
