"""The nearest training clips, against scikit-learn; and what is asked for them, of a network trained for a moment."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from core.analysis.nearest import nearest, training_predictions
from core.control import Control
from core.engine import run
from core.errors import Cancelled
from core.evaluation.predictions import Predictions
from core.recipe import Recipe
from core.run_spec import DatasetChoice
from core.runs import list_runs
from core.study import Study
from core.workspace import Workspace


def made_up(clips: int = 60, dimensions: int = 12) -> Predictions:
    random = np.random.default_rng(0)
    return Predictions(
        classes=("a", "b", "c"),
        clip_ids=np.array([f"{i:03}" for i in range(clips)]),
        labels=np.arange(clips, dtype=np.int64) % 3,
        probabilities=random.dirichlet(np.ones(3), clips).astype(np.float32),
        features=random.gamma(1.0, 1.0, (clips, dimensions)).astype(np.float16),
    )


def test_they_are_those_that_scikit_learn_finds():
    training = made_up()
    clip = np.random.default_rng(1).gamma(1.0, 1.0, 12).astype(np.float16)
    found = nearest(clip, training, 7)
    index = NearestNeighbors(n_neighbors=7, metric="cosine").fit(training.features.astype(np.float64))
    distances, places = index.kneighbors(clip[None].astype(np.float64))
    assert [neighbour.clip_id for neighbour in found] == [training.clip_ids[i] for i in places[0]]
    np.testing.assert_allclose([n.similarity for n in found], 1 - distances[0], atol=1e-9)
    assert [n.said for n in found] == [training.predicted[i] for i in places[0]]


def test_of_one_class_only_and_never_more_than_there_are():
    training = made_up(9)
    found = nearest(training.features[4], training, 5, label=1)
    assert {n.label for n in found} == {1} and len(found) == 3
    assert found[0].clip_id == "004" and found[0].similarity == pytest.approx(1.0)
    assert nearest(np.zeros(12, np.float16), training, 2)[0].similarity == 0.0


def test_training_clips_are_asked_about_once_and_again_when_the_run_is_trained_anew(tmp_path):
    workspace = Workspace(tmp_path / "workspace").open()
    study = Study(
        name="short", dataset=DatasetChoice(name="demo-sounds"), folds=(2,),
        recipe=Recipe.model_validate({"epochs": 1, "audio": {"seconds": 2.0, "mels": 32}}),
    )  # fmt: skip
    run(study, workspace, lambda event: None, Control())
    (folder,) = list_runs(workspace, "short")
    stopped = Control()
    stopped.cancel()
    with pytest.raises(Cancelled):
        training_predictions(folder, study.dataset, workspace, stopped, lambda _: None)
    said: list[int] = []
    found = training_predictions(folder, study.dataset, workspace, Control(), lambda p: said.append(p.total))
    assert said
    tested = set(folder.tested)
    assert tested.isdisjoint(found.clip_ids.tolist())
    assert len(found) + len(tested) == 240
    assert found.features.shape[1] == folder.predictions().features.shape[1] > 0
    folder.weights.rename(folder.path / "moved")  # it is not asked again
    again = training_predictions(folder, study.dataset, workspace, Control(), lambda _: None)
    np.testing.assert_array_equal(again.features, found.features)
    (folder.path / "moved").rename(folder.weights)
    folder.trained_file.write_bytes(b"torn")
    assert len(training_predictions(folder, study.dataset, workspace, Control(), lambda _: None)) == len(found)
    workspace.close()
