"""Two networks on the same clips: McNemar with one seed and several, groups, what is not known."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from statsmodels.stats.contingency_tables import mcnemar as other_mcnemar

from core.evaluation.bootstrap import clustered_bootstrap
from core.evaluation.clip_tests import Answers, compare_answers
from core.evaluation.design import NO_GROUPS
from core.evaluation.predictions import Predictions

FOLDS = (1, 2)
CLIPS = 60  # of a fold


def answers(share: float, seeds: tuple[int, ...], rng: np.random.Generator) -> dict[tuple[int, int], Answers]:
    """Each clip right by chance."""
    return {
        (fold, seed): Answers(np.array([f"{fold}/{k:02d}" for k in range(CLIPS)]), rng.random(CLIPS) < share)
        for fold in FOLDS
        for seed in seeds
    }


def test_answers_are_in_the_order_of_clips() -> None:
    probabilities = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]], np.float32)
    said = Predictions(("x", "y"), np.array(["c", "a", "b"]), np.array([0, 1, 1]), probabilities, np.zeros((3, 0)))  # type: ignore[arg-type]
    found = Answers.of(said)
    assert found.clip_ids.tolist() == ["a", "b", "c"]
    assert found.right.tolist() == [True, False, True]


def test_with_one_seed_it_is_statsmodels_exact_mcnemar_over_all_folds() -> None:
    rng = np.random.default_rng(0)
    a, b = answers(0.8, (0,), rng), answers(0.6, (0,), rng)
    right_a, right_b = (np.concatenate([of[fold, 0].right for fold in FOLDS]) for of in (a, b))
    table = [[int(((right_a == i) & (right_b == j)).sum()) for j in (True, False)] for i in (True, False)]
    found = compare_answers(a, b, FOLDS, None)
    assert (found.won, found.lost, found.clips) == (table[0][1], table[1][0], 2 * CLIPS)
    assert found.p == pytest.approx(other_mcnemar(table, exact=True).pvalue)
    assert found.gain.mean == pytest.approx(right_a.mean() - right_b.mean())
    turned = compare_answers(b, a, FOLDS, None)
    assert (turned.won, turned.lost, turned.p) == (found.lost, found.won, found.p)
    assert found.sentence("A", "B") == turned.sentence("B", "A") or found.gain.mean == 0


def test_with_several_seeds_every_clip_counts_once_by_how_many_are_right() -> None:
    ids = np.array(["x", "y", "z"])
    a = {(1, s): Answers(ids, np.array(right)) for s, right in enumerate(([1, 1, 0], [1, 0, 0], [0, 1, 1]))}
    b = {(1, s): Answers(ids, np.array(right)) for s, right in enumerate(([1, 0, 1], [0, 0, 0], [0, 0, 1]))}
    found = compare_answers(a, b, (1,), None)
    assert (found.clips, found.won, found.lost, found.seeds) == (3, 2, 1, 3)  # 2:1, 2:0 and 1:2 seeds
    assert found.gain.mean == pytest.approx((1 + 2 - 1) / 9)
    assert "with more of 3 seeds" in found.sentence("A", "B")


def test_both_have_as_many_seeds_and_the_same_where_they_can() -> None:
    rng = np.random.default_rng(1)
    a, b = answers(0.7, (0, 1, 2), rng), answers(0.7, (2, 5), rng)
    common = compare_answers(a, b, FOLDS, None)
    only = [{key: v for key, v in of.items() if key[1] == 2} for of in (a, b)]
    assert common == compare_answers(only[0], only[1], FOLDS, None)
    apart = compare_answers(a, {(f, s + 7): v for (f, s), v in b.items()}, FOLDS, None)
    assert apart.seeds == 2


def test_false_alarms_among_equal_networks_are_rare_however_many_seeds_each_has() -> None:
    rng = np.random.default_rng(2)
    for seeds, others in (((0, 1, 2), (0, 1, 2)), ((0, 1, 2), (0,))):
        ps = [compare_answers(answers(0.8, seeds, rng), answers(0.8, others, rng), (1,), None).p for _ in range(100)]
        assert np.mean(np.array(ps) < 0.05) < 0.08


def test_a_clip_that_is_tested_in_two_folds_counts_once() -> None:
    ids = np.array(["x", "y"])
    a = {(fold, 0): Answers(ids, np.array([True, True])) for fold in FOLDS}
    b = {(1, 0): Answers(ids, np.array([False, True])), (2, 0): Answers(ids, np.array([False, False]))}
    found = compare_answers(a, b, FOLDS, None)
    assert (found.clips, found.won, found.lost) == (2, 2, 0)
    assert found.gain.mean == pytest.approx((1 + 0.5) / 2)


def test_whole_groups_are_drawn_and_what_is_not_known_is_said() -> None:
    rng = np.random.default_rng(3)
    a, b = answers(0.8, (0,), rng), answers(0.6, (0,), rng)
    groups = {f"{fold}/{k:02d}": f"source {fold}-{k // 2}" for fold, k in product(FOLDS, range(CLIPS))}
    found = compare_answers(a, b, FOLDS, groups)
    gain = np.concatenate([a[f, 0].right.astype(float) - b[f, 0].right for f in FOLDS])
    assert found.gain == clustered_bootstrap(gain, np.arange(2 * CLIPS) // 2) and found.gain.clusters == CLIPS
    assert "bootstrap over 60 groups" in found.sentence("A", "B")
    (warning,) = found.warnings
    assert "60 groups, which the bootstrap draws whole." in warning
    unknown = compare_answers(a, b, FOLDS, None)
    assert unknown.warnings == (NO_GROUPS,) and "over single clips" in unknown.sentence("A", "B")
    assert compare_answers(a, b, FOLDS, {}).warnings == ()  # each clip its own source
    few = compare_answers(a, b, FOLDS, {name: name[-1] for name in groups})
    assert "10 groups, which the bootstrap draws whole; 20 or more" in few.warnings[0]
    two = compare_answers(a, b, FOLDS, {name: name[0] for name in groups})
    assert two.interval is None and "too few for a bootstrap" in two.warnings[0]
    assert "bootstrap" not in two.sentence("A", "B")
