"""Selections of clip records against slow loops over the same predictions."""

from __future__ import annotations

import numpy as np
import pytest

from core.analysis.clip_records import ClipRecords, RunInfo
from core.evaluation.predictions import Predictions

CLASSES = ("rain", "sea", "Sawing", "dog")
NETWORKS = ("Baseline CNN", "AlexNet", "ResNet-50")


def fabricated(fold: int, seed: int, clips: int = 30) -> Predictions:
    """Random probabilities for the clips of a fold; the labels are the same whatever the seed."""
    labels = np.random.default_rng(fold).integers(0, len(CLASSES), clips)
    rng = np.random.default_rng([fold, seed])
    scores = rng.random((clips, len(CLASSES)))
    scores[np.arange(clips), labels] += 0.4
    return Predictions(
        classes=CLASSES,
        clip_ids=np.array([f"audio/{fold}-{k}.ogg" for k in range(clips)]),
        labels=labels,
        probabilities=(scores / scores.sum(axis=1, keepdims=True)).astype(np.float32),
        features=np.zeros((clips, 0), np.float16),
    )


RUNS = [
    (RunInfo(network, network.lower(), fold, seed), fabricated(fold, 10 * seed + k))
    for k, network in enumerate(NETWORKS)
    for fold in (1, 2)
    for seed in (0, 1)
    if (network, fold) != ("ResNet-50", 2)  # one network was not tested on the second fold
]


@pytest.fixture(scope="module")
def records() -> ClipRecords:
    return ClipRecords.collect(RUNS)


def everything() -> list[tuple[RunInfo, str, int, int, bool]]:
    """(run, clip id, true, predicted, correct) of every record, in order."""
    return [
        (info, str(p.clip_ids[i]), int(p.labels[i]), int(p.predicted[i]), bool(p.correct[i]))
        for info, p in RUNS
        for i in range(len(p))
    ]


def test_every_record_is_its_predictions_row(records: ClipRecords) -> None:
    assert len(records) == sum(len(p) for _, p in RUNS)
    for k in range(len(records)):
        info, p = RUNS[records.run[k]]
        row = records.row[k]
        top = np.sort(p.probabilities[row])
        assert records.runs[records.run[k]] == info
        assert records.clip_ids[records.clip[k]] == p.clip_ids[row]
        assert (records.true[k], records.predicted[k]) == (p.labels[row], p.predicted[row])
        assert records.confidence[k] == top[-1]
        assert records.margin[k] == top[-1] - top[-2]
        assert records.loss[k] == pytest.approx(-np.log(p.probabilities[row, p.labels[row]]), rel=1e-5)


def test_choice_of_runs(records: ClipRecords) -> None:
    expected = [k for k, r in enumerate(everything()) if r[0].network == "AlexNet" and r[0].seed == 1]
    assert records.of_runs(networks=["AlexNet"], seeds=[1]).tolist() == expected
    assert len(records.of_runs()) == len(records)
    assert len(records.of_runs(folds=[9])) == 0


def test_everybody_wrong(records: ClipRecords) -> None:
    rows = everything()
    expected = [
        k
        for k, (info, clip, *_) in enumerate(rows)
        if not any(c for i, d, _, _, c in rows if d == clip and (i.fold, i.seed) == (info.fold, info.seed))
    ]
    assert expected
    assert records.everybody_wrong().tolist() == expected


@pytest.mark.parametrize(("right", "wrong"), [("AlexNet", "Baseline CNN"), ("ResNet-50", "AlexNet")])
def test_a_right_b_wrong(records: ClipRecords, right: str, wrong: str) -> None:
    rows = everything()
    solved = {(r[1], r[0].seed) for r in rows if r[0].network == right and r[4]}
    expected = [k for k, r in enumerate(rows) if r[0].network == wrong and not r[4] and (r[1], r[0].seed) in solved]
    assert expected
    assert records.right_and_wrong([right], [wrong]).tolist() == expected


def test_all_of_some_right_all_of_others_wrong(records: ClipRecords) -> None:
    rows = everything()
    right, wrong = ["ResNet-50"], ["AlexNet", "Baseline CNN"]

    def told(k: int, networks: list[str]) -> list[bool]:
        info, clip = rows[k][:2]
        return [
            c for i, d, _, _, c in rows if i.network in networks and (d, i.fold, i.seed) == (clip, info.fold, info.seed)
        ]

    for one, other in ((right, wrong), (wrong, right)):
        expected = [
            k
            for k, row in enumerate(rows)
            if row[0].network in other and told(k, one) and all(told(k, one)) and not any(told(k, other))
        ]
        assert expected
        assert records.right_and_wrong(one, other).tolist() == expected


def test_clips_that_two_networks_were_tested_on(records: ClipRecords) -> None:
    expected = [k for k, r in enumerate(everything()) if r[0].network in ("AlexNet", "ResNet-50") and r[0].fold == 1]
    assert records.both_tested("AlexNet", "ResNet-50").tolist() == expected


def test_agreement_of_seeds(records: ClipRecords) -> None:
    rows = everything()
    for k, (info, clip, _, predicted, _) in enumerate(rows):
        said = [p for i, d, _, p, _ in rows if (d, i.network, i.fold) == (clip, info.network, info.fold)]
        assert records.seed_agreement[k] == pytest.approx(said.count(predicted) / len(said))
    assert 0 < len(records.flips()) < len(records)
    assert records.flips().tolist() == [k for k in range(len(rows)) if records.seed_agreement[k] < 1]


def test_one_seed_agrees_with_none() -> None:
    more = [(RunInfo("AlexNet", "alexnet", 1, seed), fabricated(1, seed)) for seed in (0, 1, 2)]
    records = ClipRecords.collect([*more, (RunInfo("ResNet-50", "resnet50", 1, 0), fabricated(1, 5))])
    assert records.seeds == (0, 1, 2) and records.folds == (1,)
    assert np.isnan(records.seed_agreement[90:]).all()
    assert set(np.round(3 * records.seed_agreement[:90]).tolist()) == {1.0, 2.0, 3.0}
    assert (records.flips() < 90).all()


def test_text_finds_classes_and_clips_in_either_case(records: ClipRecords) -> None:
    rows = everything()
    saw = [k for k, r in enumerate(rows) if 2 in r[2:4]]
    assert records.containing("SAW").tolist() == saw
    clip = [k for k, r in enumerate(rows) if "2-7.ogg" in r[1]]
    assert records.containing("2-7.ogg").tolist() == clip
    assert len(records.containing("no such thing")) == 0


def test_other_classes_are_refused() -> None:
    info, p = RUNS[0]
    other = Predictions(CLASSES[::-1], p.clip_ids, p.labels, p.probabilities, p.features)
    with pytest.raises(ValueError, match="different classes"):
        ClipRecords.collect([(info, p), (info, other)])
    with pytest.raises(ValueError, match="no runs"):
        ClipRecords.collect([])


def test_a_run_without_clips_is_no_obstacle() -> None:
    records = ClipRecords.collect([(RUNS[0][0], fabricated(1, 0, clips=0))])
    assert len(records) == len(records.everybody_wrong()) == len(records.containing("x")) == len(records.flips()) == 0
