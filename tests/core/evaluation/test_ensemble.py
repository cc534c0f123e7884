"""Ensembles against slow readings of the same predictions."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import optimize, stats

from core.control import Control
from core.errors import Cancelled, UserError
from core.evaluation.ensemble import How, ensembles, learned_weights, members, why_not_weighted
from core.evaluation.metrics import METRICS
from core.evaluation.predictions import Predictions
from core.evaluation.summary import summarise
from core.recipe import Recipe
from core.run_records import Phase
from core.run_spec import DatasetChoice, Network, RunSpec
from core.runs import RunFolder, list_runs, run_folder
from core.workspace import Workspace

CLASSES = tuple(f"class {k}" for k in range(4))
STRENGTHS = {"weak": 0.6, "fair": 1.4, "strong": 2.0}
FOLDS, SEEDS = (1, 2, 3), (0, 1)


def says(strength: float, ids: list[str], seed: int) -> Predictions:
    """Fabricated probabilities of some clips, whose label their name tells."""
    labels = np.array([int(name.split("-")[1]) % len(CLASSES) for name in ids])
    logits = np.random.default_rng(seed).normal(size=(len(ids), len(CLASSES)))
    logits[np.arange(len(ids)), labels] += strength
    powers = np.exp(1.5 * logits)
    shares = (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)
    return Predictions(CLASSES, np.array(ids), labels, shares, np.zeros((len(ids), 3), np.float16))


def make(
    workspace: Workspace, name: str, fold: int, seed: int, *, share: float = 0.25, aside: str = "", clips: str = ""
) -> RunFolder:
    """A finished run; `aside` and `clips` begin the names of the clips of its validation part and its test fold."""
    spec = RunSpec(
        study="fabricated",
        network=Network(name=name),
        dataset=DatasetChoice(),
        recipe=Recipe(validation_share=share),
        fold=fold,
        seed=seed,
    )
    folder = run_folder(workspace, spec)
    folder.create(spec)
    number = 100 * fold + 10 * seed + len(name)
    order = np.random.default_rng(number).permutation(40)  # in whatever order the clips were tested
    said = says(STRENGTHS[name], [f"{clips or 'test'}{fold}-{k}" for k in order], number)
    said.save(folder.predictions_file)
    validation = None
    if share:
        validation = says(STRENGTHS[name], [f"{aside or 'aside'}{fold}.{seed}-{k}" for k in range(24)], number + 5)
        folder.write_validation(validation)
    folder.write_status(
        phase=Phase.DONE,
        train_clips=120,
        validation_accuracy=None if validation is None else float(validation.correct.mean()),
    )
    return folder


@pytest.fixture
def study(workspace: Workspace) -> Workspace:
    for name in STRENGTHS:
        for fold in FOLDS:
            for seed in SEEDS:
                make(workspace, name, fold, seed)
    return workspace


def slowly(
    workspace: Workspace, fold: int, seed: int, weights: dict[str, float]
) -> list[tuple[int, NDArray[np.float64]]]:
    """True class and pooled probabilities of each clip, one clip after the other."""
    by_name: dict[str, dict[str, tuple[int, NDArray[np.float32]]]] = {}
    for folder in list_runs(workspace):
        if (folder.spec.fold, folder.spec.seed) == (fold, seed):
            said = folder.predictions()
            by_name[folder.spec.network.label] = {
                str(id): (int(label), row)
                for id, label, row in zip(said.clip_ids, said.labels, said.probabilities, strict=True)
            }
    clips = next(iter(by_name.values()))
    return [
        (clips[id][0], sum((weights[name] * of[id][1].astype(float) for name, of in by_name.items()), np.zeros(4)))
        for id in clips
    ]


def accuracy(pooled: list[tuple[int, NDArray[np.float64]]]) -> float:
    return sum(int(np.argmax(row)) == label for label, row in pooled) / len(pooled)


def test_the_average_is_that_of_a_slow_reading_and_its_gain_that_of_a_t_test(study: Workspace) -> None:
    found = ensembles(summarise(list_runs(study)))
    expected = {
        (fold, seed): accuracy(slowly(study, fold, seed, dict.fromkeys(STRENGTHS, 1 / 3)))
        for fold in FOLDS
        for seed in SEEDS
    }
    assert dict(found.scores) == pytest.approx(expected)
    of_fold = {fold: np.mean([expected[fold, seed] for seed in SEEDS]) for fold in FOLDS}
    assert found.mean.value == pytest.approx(np.mean(list(of_fold.values())))
    assert [member.label for member in found.members] == ["strong", "fair", "weak"]
    assert found.best.label == "strong" and found.validated
    best = found.best.by_fold("accuracy")
    gaps = np.array([of_fold[fold] - best[fold] for fold in FOLDS])
    error = np.sqrt((1 / len(FOLDS) + 40 / 120) * gaps.var(ddof=1))  # Nadeau & Bengio 2003
    assert found.gain.mean == pytest.approx(gaps.mean())
    assert found.gain.p == pytest.approx(2 * stats.t.sf(abs(gaps.mean()) / error, len(FOLDS) - 1))
    sentences = found.sentences()
    assert "the average of strong, fair and weak lies" in sentences[0] and "corrected resampled t-test" in sentences[0]
    assert "by its accuracy on the validation part" in sentences[1]


def test_what_at_least_one_knows_and_what_all_say(study: Workspace) -> None:
    found = ensembles(summarise(list_runs(study)), ["weak", "strong"])
    oracle, same = [], []
    for fold in FOLDS:
        for seed in SEEDS:
            alone = [slowly(study, fold, seed, {**dict.fromkeys(STRENGTHS, 0.0), n: 1.0}) for n in ("weak", "strong")]
            answers = [[(label, int(np.argmax(row))) for label, row in one] for one in alone]
            oracle += [a == label or b == label for (label, a), (_, b) in zip(*answers, strict=True)]
            same += [a == b for (_, a), (_, b) in zip(*answers, strict=True)]
    assert found.oracle.value == pytest.approx(np.mean(oracle)) and found.oracle.value >= found.mean.value - 0.05
    assert found.agreement.value == pytest.approx(np.mean(same))


@pytest.mark.parametrize("metric", METRICS)
def test_every_metric_can_be_asked_for(study: Workspace, metric: str) -> None:
    found = ensembles(summarise(list_runs(study)), (), metric)
    sign = 1 if METRICS[metric].higher_is_better else -1
    values = [sign * found.of_members[member.label].value for member in found.members]
    assert values == sorted(values, reverse=True), "the best first"
    assert np.isfinite(found.mean.value) and len(found.table().rows) == 4


def test_learned_weights_are_those_of_expectation_maximisation() -> None:
    """Another way to the same optimum: Dempster, Laird & Rubin 1977, mixture proportions with fixed components."""
    random = np.random.default_rng(4)
    for members_, clips in ((2, 30), (3, 200), (5, 80)):
        given = random.beta(2, 1.2, (members_, clips)) * random.uniform(0.5, 1, (members_, 1))
        slow = np.full(members_, 1 / members_)
        for _ in range(20_000):
            shares = slow[:, None] * given
            slow = (shares / shares.sum(axis=0)).mean(axis=1)
        found = learned_weights(given)
        assert found.min() >= 0 and found.sum() == pytest.approx(1)
        loss = [-np.log(weights @ given).mean() for weights in (found, slow)]
        assert loss[0] == pytest.approx(loss[1], abs=1e-7)
        np.testing.assert_allclose(found, slow, atol=0.01)


def test_weights_of_members_that_are_alike_or_certainly_wrong() -> None:
    same = np.tile(np.random.default_rng(0).uniform(0.2, 0.9, 50), (2, 1))
    np.testing.assert_allclose(learned_weights(same), [0.5, 0.5])
    wrong = np.stack([np.zeros(20), np.full(20, 0.7)])  # as votes of neighbours can be
    np.testing.assert_allclose(learned_weights(wrong), [0, 1], atol=1e-6)


def test_the_weighted_average_takes_weights_from_the_validation_part_alone(study: Workspace) -> None:
    found = ensembles(summarise(list_runs(study)), (), "log_loss", How.WEIGHTED)
    names = [member.label for member in found.members]
    for (fold, seed), weights in found.weights.items():
        assert sum(weights) == pytest.approx(1)
        said = {f.spec.network.label: f for f in list_runs(study) if (f.spec.fold, f.spec.seed) == (fold, seed)}
        given = []
        for name in names:
            of = said[name].validation()
            given.append(of.probabilities[np.arange(len(of)), of.labels].astype(float))
        np.testing.assert_allclose(weights, learned_weights(np.array(given)), atol=1e-6)
        pooled = slowly(study, fold, seed, dict(zip(names, weights, strict=True)))
        slow = np.mean([-np.log(row[label]) for label, row in pooled])
        assert found.scores[fold, seed] == pytest.approx(slow, rel=1e-5)
    assert "weighted average" in found.sentences()[0] and "Lower is better" in found.sentences()[0]
    assert "to" in found.weight_of(0), "other weights in every run"


def refused(study: Workspace, fragment: str, *labels: str, how: How = How.WEIGHTED) -> None:
    with pytest.raises(UserError, match=fragment):
        ensembles(summarise(list_runs(study)), labels, how=how)


def test_what_cannot_be_asked_together_is_refused_with_the_reason(study: Workspace) -> None:
    refused(study, "two networks at least", "weak", how=How.AVERAGE)
    refused(study, "called “strnog”.*strong", "weak", "strnog", how=How.AVERAGE)
    with pytest.raises(UserError, match="two networks"):
        members(summarise([]))


@pytest.mark.parametrize(
    ("spoil", "fragment"),
    [
        (lambda place: make(place, "weak", 1, 0, share=0.0), "weak.* has no validation part"),
        (lambda place: make(place, "weak", 1, 0, aside="other"), "different clips as their validation part"),
        (lambda place: [(f.path / "validation.npz").unlink() for f in list_runs(place)], "trained before"),
        (
            lambda place: [(f.path / "validation.npz").write_bytes(b"torn") for f in list_runs(place)],
            "not a prediction",
        ),
    ],
)
def test_weights_need_one_validation_part(
    workspace: Workspace, spoil: Callable[[Workspace], object], fragment: str
) -> None:
    make(workspace, "strong", 1, 0)
    make(workspace, "weak", 1, 0)
    assert not why_not_weighted(summarise(list_runs(workspace)).networks)
    if "no validation" in fragment:
        for folder in list_runs(workspace):
            if folder.spec.network.label == "weak":
                folder.delete()
    spoil(workspace)
    refused(workspace, fragment)
    assert ensembles(summarise(list_runs(workspace))).mean.low is None, "the plain average needs none"


def test_runs_that_are_not_asked_need_no_validation_part(workspace: Workspace) -> None:
    make(workspace, "strong", 1, 0)
    make(workspace, "weak", 1, 0)
    (make(workspace, "strong", 2, 0).path / "validation.npz").unlink()  # of a fold that the other has not
    summary = summarise(list_runs(workspace))
    assert not why_not_weighted(summary.networks)
    assert list(ensembles(summary, how=How.WEIGHTED).scores) == [(1, 0)]


def test_of_members_that_are_equal_on_the_validation_part_the_test_fold_chooses_none(study: Workspace) -> None:
    for folder in list_runs(study):
        folder.write_status(validation_accuracy=0.5)
    found = ensembles(summarise(list_runs(study)))
    assert found.members[0].label == "strong", "the best on the test folds stands first"
    assert found.best.label == "fair" and found.validated, "the first by name"


def test_a_minimum_that_was_not_found_is_no_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    lost = optimize.OptimizeResult(x=np.array([0.5, 0.5]), success=False, message="Iteration limit reached")
    monkeypatch.setattr(optimize, "minimize", lambda *_, **__: lost)
    with pytest.raises(UserError, match="Iteration limit reached"):
        learned_weights(np.full((2, 9), 0.5))


def test_only_runs_on_the_same_clips_are_asked_together(workspace: Workspace) -> None:
    for fold in (1, 2):
        make(workspace, "strong", fold, 0, share=0.0)
        make(workspace, "weak", fold, 0, share=0.0, clips="other" if fold == 2 else "")
    make(workspace, "strong", 3, 0, share=0.0)
    found = ensembles(summarise(list_runs(workspace)))
    assert list(found.scores) == [(1, 0)] and found.left_out == ((2, 0),)
    assert found.sentences()[-1].startswith("Left out: fold 2 with seed 0")
    assert not found.validated and "on these test folds themselves" in found.sentences()[1]
    for folder in list(list_runs(workspace)):
        if folder.spec.fold == 1:
            folder.delete()
    refused(workspace, "no fold and seed in common", how=How.AVERAGE)


def test_asking_can_be_stopped(study: Workspace) -> None:
    control = Control()
    with pytest.raises(Cancelled):
        ensembles(summarise(list_runs(study)), control=control, report=lambda progress: control.cancel())
