"""Wrong labels that are planted are found, and what cannot be judged is a sentence."""

from __future__ import annotations

import numpy as np
import pytest

from core.analysis.label_issues import label_issues
from core.analysis.study_records import PREFIX, Run, StudyRecords, collected
from core.control import Control
from core.errors import Cancelled, UserError
from core.evaluation.predictions import Predictions
from core.recipe import Recipe
from core.run_spec import DatasetChoice, Network, RunSpec
from tests.gui.make_runs import NETWORKS, fabricate

FOLDS = (1, 2, 3, 4)


def spec_of(network: Network, fold: int, seed: int = 0) -> RunSpec:
    return RunSpec(
        study="s", network=network, dataset=DatasetChoice(name="demo-sounds"), recipe=Recipe(), fold=fold, seed=seed
    )


def study(
    true, given, classes: int, *, networks=NETWORKS, seeds=(0,), strength: float = 4.0, without=(), name="s"
) -> StudyRecords:
    """Networks that know the true classes, of clips that are labelled as given; `without`: (network, fold) not run."""
    true, given = np.asarray(true), np.asarray(given)
    folds = 1 + np.arange(len(true)) % len(FOLDS)
    runs = []
    for place, network in enumerate(networks):
        for fold in FOLDS:
            inside = np.flatnonzero(folds == fold)
            if (place, fold) in without or not inside.size:
                continue
            for seed in seeds:
                said = fabricate(true[inside], classes, strength, 100 * place + 10 * fold + seed)
                runs.append(Run("", spec_of(network, fold, seed), predictions(inside, given[inside], said)))
    return collected(name, runs, [])


def predictions(places, labels, said) -> Predictions:
    return Predictions(
        classes=tuple(f"class {k}" for k in range(said.shape[1])),
        clip_ids=np.array([f"clip {place:04d}" for place in places], dtype=np.str_),
        labels=np.asarray(labels, np.int64),
        probabilities=said,
        features=np.zeros((len(said), 0), np.float16),
    )


def planted(clips: int = 320, classes: int = 10, share: float = 0.05):
    """True classes, labels of which a share is wrong, and which are."""
    random = np.random.default_rng(1)
    true = np.arange(clips) % classes
    wrong = np.sort(random.choice(clips, round(share * clips), replace=False))
    given = true.copy()
    given[wrong] = (given[wrong] + random.integers(1, classes, len(wrong))) % classes
    return true, given, wrong


def test_planted_labels_stand_first_with_the_class_that_they_were_taken_from():
    true, given, wrong = planted()
    found = label_issues(study(true, given, 10, strength=5.5))
    assert len(found.clip) == 320
    first = found.clip[: len(wrong)]
    assert np.isin(first, wrong).mean() >= 0.8
    at = np.flatnonzero(np.isin(found.clip, wrong))
    assert (found.suggested[at] == true[found.clip[at]]).mean() >= 0.8
    assert (found.given == given[found.clip]).all()
    assert np.isin(wrong, found.clip[found.likely]).mean() >= 0.7 and np.isin(found.clip[found.likely], wrong).all()
    likely = int(found.likely.sum())
    assert found.likely[:likely].all()
    assert (np.diff(found.quality[:likely]) >= 0).all() and (np.diff(found.quality[likely:]) >= 0).all()
    assert (found.agree[found.likely] >= 1).all() and (found.of == 3).all()
    assert "3 networks together, 4 folds × 1 seed, 320 clips" in found.basis
    assert f"counts {likely} wrong labels among the {len(found.doubted)}" in found.caution


def test_quality_and_likely_labels_are_those_of_a_slow_reading_of_the_papers():
    true, given, _ = planted()
    data = study(true, given, 10, seeds=(0, 1))
    found = label_issues(data)
    tempered = []
    for network in {info.network for info in data.records.runs}:
        said = np.zeros((320, 10))
        for clip in range(320):
            rows = np.flatnonzero(data.records.clip == clip)
            rows = [i for i in rows if data.records.runs[data.records.run[i]].network == network]
            each = [data.predictions[data.records.run[i]].probabilities[data.records.row[i]] for i in rows]
            said[clip] = np.mean(each, axis=0)
        losses = {}
        for temperature in np.geomspace(0.2, 5, 2000):
            powers = said ** (1 / temperature)
            of_labels = (powers / powers.sum(axis=1, keepdims=True))[np.arange(320), given]
            losses[temperature] = -np.log(of_labels).mean()
        powers = said ** (1 / min(losses, key=losses.get))
        tempered.append(powers / powers.sum(axis=1, keepdims=True))
    together = np.mean(tempered, axis=0)
    quality = together[np.arange(320), given]
    np.testing.assert_allclose(found.quality, quality[found.clip], atol=2e-3)
    # Confident learning: a clip counts as of the most probable class whose mean confidence it reaches.
    means = np.array([together[given == k, k].mean() for k in range(10)])
    reached = np.where(together >= means, together, -1)
    counted = (reached.max(axis=1) > 0) & (reached.argmax(axis=1) != given) & (together.argmax(axis=1) != given)
    assert abs(int(found.likely.sum()) - int(counted.sum())) <= 1
    assert set(found.clip[found.likely]) == set(np.argsort(quality)[: found.likely.sum()])


def test_one_network_can_be_asked_alone_and_those_that_did_not_test_a_clip_do_not_count():
    true, given, _ = planted(80, 4)
    data = study(true, given, 4, without={(0, 2)})
    found = label_issues(data)
    second_fold = found.clip % 4 == 1
    assert (found.of[second_fold] == 2).all() and (found.of[~second_fold] == 3).all()
    alone = label_issues(data, networks=["Baseline CNN"])
    assert len(alone.clip) == 60 and (alone.of == 1).all()
    assert alone.basis.startswith("Baseline CNN, 3 folds × 1 seed, 60 clips")
    with pytest.raises(UserError, match="No run of these networks"):
        label_issues(data, networks=["nobody"])


def test_labels_that_were_changed_between_runs_are_left_out():
    true, given, _ = planted(80, 4)
    data = study(true, given, 4)
    changed = study(true, np.where(np.arange(80) == 7, (given + 1) % 4, given), 4, networks=NETWORKS[:1], seeds=(1,))
    runs = [Run("", *run) for part in (data, changed) for run in zip(part.specs, part.predictions, strict=True)]
    both = collected("s", runs, [])
    found = label_issues(both)
    assert 7 not in found.clip and len(found.clip) == 79
    assert "1 clip had another label in another run" in found.basis


@pytest.mark.parametrize(("clips", "classes"), [(40, 2), (9, 3), (2, 2), (404, 101)])
def test_two_classes_few_clips_and_many_classes(clips, classes):
    true = np.arange(clips) % classes
    given = true.copy()
    given[0] = (given[0] + 1) % classes
    if clips == 2:
        given = true
    found = label_issues(study(true, given, classes))
    assert len(found.clip) == clips
    assert np.isfinite(found.quality).all() and (found.quality >= 0).all() and (found.quality <= 1).all()


def test_a_class_without_clips():
    true = np.repeat([0, 2, 3], 20)
    given = true.copy()
    given[5] = 3
    found = label_issues(study(true, given, 5, strength=6.0))
    assert found.clip[0] == 5 and found.suggested[0] == 0 and found.likely[0]


def test_labels_that_nobody_contradicts():
    true = np.arange(40) % 4
    said = np.eye(4, dtype=np.float32)[true]
    data = collected("s", [Run("", spec_of(NETWORKS[0], 1), predictions(range(40), true, said))], [])
    found = label_issues(data)
    assert not found.likely.any() and not found.doubted.size
    assert found.caution == "The networks contradict no label."


def test_what_cannot_be_judged_is_a_sentence():
    with pytest.raises(UserError, match="at least two classes"):
        label_issues(study([1], [1], 3))
    with pytest.raises(UserError, match="at least two classes"):
        label_issues(study([1, 1, 1, 1], [1, 1, 1, 1], 3))
    true, given, _ = planted(40, 4)
    with pytest.raises(UserError, match="Captures have no folds"):
        label_issues(study(true, given, 4, name=f"{PREFIX}s"))


def test_it_can_be_cancelled():
    true, given, _ = planted(40, 4)
    control = Control()
    control.cancel()
    with pytest.raises(Cancelled):
        label_issues(study(true, given, 4), control=control)
