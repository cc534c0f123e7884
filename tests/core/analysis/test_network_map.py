"""Maps of networks: what is mapped, of which clips, and that a second time it is found rather than made."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.analysis import network_map
from core.analysis.embedding import directions, log_ratios
from core.analysis.network_map import map_network
from core.analysis.study_records import read_study_records
from core.control import Control
from core.evaluation.predictions import Predictions
from tests.gui.make_runs import NETWORKS, make_study, synthetic_clips

STUDY = "fabricated-test-data"


@pytest.fixture
def study(workspace):
    """Two networks on two folds with two seeds; the first has features."""
    made = make_study(workspace, synthetic_clips(4, per_class=10), networks=NETWORKS[:2], folds=(1, 2), seeds=(3, 5))
    for place, run in enumerate(run for run in made if run.spec.network.architecture == NETWORKS[0].architecture):
        said = run.predictions()
        features = np.random.default_rng(place).normal(size=(len(said), 12)).astype(np.float16)
        replace(said, features=features).save(run.predictions_file)
    return read_study_records(workspace, STUDY, Control(), lambda _: None)


@pytest.fixture
def given(monkeypatch):
    """The vectors that were to be placed; t-SNE is tested elsewhere."""
    seen = []

    def place(vectors, *_):
        seen.append(vectors)
        return np.arange(2 * len(vectors), dtype=np.float32).reshape(-1, 2)

    monkeypatch.setattr(network_map, "embed", place)
    return seen


def mapped(workspace, data, network, folds=(), seeds=()):
    runs = data.records.runs_of([data.networks[network].label], folds, seeds)
    return map_network(workspace, data, runs, Control(), lambda _: None), runs


def test_of_one_fold_the_features_are_mapped(workspace, study, given):
    found, runs = mapped(workspace, study, 0, folds=(2,), seeds=(5,))
    assert len(runs) == 1
    np.testing.assert_array_equal(found.rows, np.flatnonzero(study.records.run == runs[0]))
    run = workspace.runs / STUDY / study.specs[runs[0]].id / "predictions.npz"
    np.testing.assert_array_equal(given[0], directions(Predictions.load(run).features))
    assert found.note == f"Features of {study.networks[0].name}, fold 2, seed 5."


def test_several_folds_stand_in_one_map_by_what_they_say_of_the_classes(workspace, study, given):
    found, runs = mapped(workspace, study, 0)
    of_seed = [run for run in runs if study.records.runs[run].seed == 3]  # the first
    assert len(of_seed) == 2
    np.testing.assert_array_equal(found.rows, np.flatnonzero(np.isin(study.records.run, of_seed)))
    records = study.records
    said = np.stack([study.predictions[records.run[row]].probabilities[records.row[row]] for row in found.rows])
    np.testing.assert_allclose(given[0], log_ratios(said))
    assert "seed 3: 2 folds are 2 networks" in found.note


def test_where_no_features_were_kept_it_says_so(workspace, study, given):
    found, _ = mapped(workspace, study, 1, folds=(1,))
    assert given[0].shape == (len(found.rows), 4)
    assert "no features of fold 1 are kept" in found.note


def test_features_of_other_clips_are_not_taken_for_theirs(workspace, study, given):
    run = workspace.runs / STUDY / study.specs[study.records.runs_of([study.networks[0].label], [1], [3])[0]].id
    said = Predictions.load(run / "predictions.npz")
    replace(said, clip_ids=said.clip_ids[::-1].copy()).save(run / "predictions.npz")
    assert "no features" in mapped(workspace, study, 0, folds=(1,), seeds=(3,))[0].note


def test_a_map_is_found_again_unless_it_is_torn_or_of_something_else(workspace, study, given):
    first, _ = mapped(workspace, study, 0, folds=(1,))
    again, _ = mapped(workspace, study, 0, folds=(1,))
    np.testing.assert_array_equal(first.points, again.points)
    assert len(given) == 1
    mapped(workspace, study, 0, folds=(2,))
    assert len(given) == 2
    for file in (workspace.cache / "maps").iterdir():
        file.write_bytes(file.read_bytes()[:-8])
    np.testing.assert_array_equal(mapped(workspace, study, 0, folds=(1,))[0].points, first.points)
    assert len(given) == 3


def test_where_nothing_may_be_written_nothing_is(workspace, study, given):
    workspace.close()
    mapped(workspace, study, 0, folds=(1,))
    assert not (workspace.cache / "maps").exists()
