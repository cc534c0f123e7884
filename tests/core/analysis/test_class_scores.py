"""Scores of each class over several runs: what is pooled, what is averaged, and what is said of it."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import f1_score, recall_score, roc_auc_score

from core.analysis.class_scores import class_scores
from core.analysis.study_records import read_study_records
from core.control import Control
from tests.gui.make_runs import make_study, synthetic_clips

STUDY = "fabricated-test-data"


@pytest.fixture
def runs(workspace):
    return make_study(workspace, synthetic_clips(5, per_class=8), seeds=(0, 1))


def read(workspace):
    return read_study_records(workspace, STUDY, Control(), lambda progress: None)


def test_clips_are_counted_once_however_many_runs_were_tested_on_them(workspace, runs):
    found = class_scores(read(workspace), range(24))
    assert found.clips.tolist() == [8] * 5
    assert found.scores.support.tolist() == [8 * 3 * 2] * 5
    assert found.basis == "Pooled: 3 networks × 4 folds × 2 seeds, 240 predictions of 40 clips"


def test_one_run_and_a_part_of_the_grid_say_so(workspace, runs):
    data = read(workspace)
    assert class_scores(data, [5]).basis == "One run: 10 clips"
    runs[0].delete()
    assert "23 runs (3 networks, 4 folds, 2 seeds)" in class_scores(read(workspace), range(23)).basis
    assert class_scores(data, []) is None


def test_predictions_are_pooled_but_areas_are_averaged_over_the_runs(workspace, runs):
    data = read(workspace)
    chosen = data.records.runs_of(folds=[1, 2])
    found = class_scores(data, chosen)
    tables = [data.predictions[run] for run in chosen]
    true = np.concatenate([table.labels for table in tables])
    predicted = np.concatenate([table.predicted for table in tables])
    np.testing.assert_allclose(found.scores.recall, recall_score(true, predicted, average=None))
    np.testing.assert_allclose(found.scores.f1, f1_score(true, predicted, average=None))
    each = [
        roc_auc_score(np.eye(5)[table.labels], table.probabilities, average=None)  # of each class against the rest
        for table in tables
    ]
    np.testing.assert_allclose(found.scores.auc, np.mean(each, axis=0))
