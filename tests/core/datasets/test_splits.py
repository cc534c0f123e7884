"""Folds keep groups whole, splits keep sides apart, and the guard finds what is on both."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from core.datasets import splits
from core.datasets.base import ALWAYS_TRAINING, Clip, Dataset, Modality
from core.datasets.splits import (
    LeakError,
    duplicates_to_exclude,
    few,
    find_leaks,
    make_folds,
    possible_folds,
    refolded,
    refuse_leaks,
    split,
)
from core.errors import UserError


def dataset(*clips: tuple[str, int, int | None, str]) -> Dataset:
    """Of (id, label, fold, group)."""
    made = tuple(Clip(id, Path(id), label, fold, group) for id, label, fold, group in clips)
    names = tuple(f"class {label}" for label in range(1 + max(clip.label for clip in made)))
    return Dataset("x", "X", Path(), names, made, "", frozenset({Modality.AUDIO}))


def grid(folds: int = 5, per_class: int = 4, classes: int = 3, per_group: int = 2) -> Dataset:
    return dataset(
        *(
            (f"{fold}-{label}-{number}", label, fold, f"g{fold}-{label}-{number // per_group}")
            for fold in range(1, folds + 1)
            for label in range(classes)
            for number in range(per_class)
        )
    )


# --- folds -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("labels", "groups", "folds"),
    [
        ([i % 2 for i in range(40)], [str(i) for i in range(40)], 5),  # every clip its own group
        ([i // 40 for i in range(400)], [str(i // 3) for i in range(400)], 5),  # recordings
        ([i % 10 for i in range(70)], [str(i // 10) for i in range(70)], 5),  # people who do everything
        ([0] * 10 + [1] * 6, [f"{i // 4}" for i in range(16)], 4),
    ],
)
def test_groups_stay_whole_and_classes_are_spread(labels: list[int], groups: list[str], folds: int) -> None:
    made = make_folds(labels, groups, folds, seed=3)
    assert set(made) == set(range(1, folds + 1))
    assert len(set(zip(groups, made, strict=True))) == len(set(groups))
    assert made == make_folds(labels, groups, folds, seed=3)


def test_classes_are_even_to_the_clip_where_nothing_hinders() -> None:
    made = make_folds([i % 4 for i in range(200)], [str(i) for i in range(200)], 5)
    assert set(Counter(zip((i % 4 for i in range(200)), made, strict=True)).values()) == {10}


def test_seeds_differ() -> None:
    labels, groups = [i % 2 for i in range(60)], [str(i // 2) for i in range(60)]
    assert make_folds(labels, groups, seed=1) != make_folds(labels, groups, seed=2)


def test_the_sparse_way_is_as_good_as_the_dense_one(monkeypatch: pytest.MonkeyPatch) -> None:
    labels, groups = [i // 60 for i in range(600)], [str(i // 4) for i in range(600)]
    monkeypatch.setattr(splits, "DENSE_CELLS", 0)
    made = make_folds(labels, groups, 5)
    assert len(set(zip(groups, made, strict=True))) == 150
    assert set(Counter(zip(labels, made, strict=True)).values()) == {12}


def test_tens_of_thousands_of_clips_are_fast() -> None:
    start = time.perf_counter()
    make_folds([i // 4 for i in range(40_000)], [str(i // 2) for i in range(40_000)], 2)
    assert time.perf_counter() - start < 10  # 0.2 s on an idle machine


def test_too_few_groups() -> None:
    with pytest.raises(UserError, match="5 folds need at least 5 groups of clips; there are 2"):
        make_folds([0, 1, 0, 1], ["a", "a", "b", "b"], 5)
    with pytest.raises(UserError, match="No class has 3 clips"):
        make_folds([0, 1, 2, 3], ["a", "b", "c", "d"], 3)


def test_possible_folds() -> None:
    assert possible_folds([0] * 9 + [1] * 3, [str(i) for i in range(12)]) == 3
    assert possible_folds([0] * 9 + [1] * 9 + [2], [str(i) for i in range(19)]) == 5
    assert possible_folds([0] * 9 + [1] * 9, [str(i // 3) for i in range(18)]) == 3
    with pytest.raises(UserError, match="No class has two clips of different groups"):
        possible_folds([0, 0, 1, 1], ["a", "a", "b", "b"])


def people(count: int, per_person: int = 4) -> Dataset:
    """Each person does both classes."""
    return dataset(*((f"{p:03}-{n}", n % 2, 1 + p % 2, f"p{p:03}") for p in range(count) for n in range(per_person)))


def test_folds_made_anew() -> None:
    made = refolded(people(12), 4)
    assert made.folds == (1, 2, 3, 4) and not find_leaks(made)
    assert made.notes == ("No folds are given: 4 were made, with groups kept whole and classes spread evenly.",)
    again = refolded(refolded(made, 0), 4)
    assert again == made  # its own note is rewritten, and the same clips get the same folds
    assert [clip.id for clip in made.clips] == [clip.id for clip in people(12).clips]


def test_leaving_one_group_out() -> None:
    made = refolded(people(7), 0)
    assert made.folds == tuple(range(1, 8)) and not find_leaks(made)
    assert all(len({clip.group for clip in made.clips if clip.fold == fold}) == 1 for fold in made.folds)
    assert made.notes == ("No folds are given: each of the 7 groups is a fold of its own.",)
    assert len(refolded(people(200, 2), 0).folds) == 200


def test_other_notes_stay_and_fewer_folds_than_wanted_are_said() -> None:
    data = replace(people(3), notes=("Another.",))
    assert refolded(data, 5).notes == (
        "Another.",
        "No folds are given: 3 were made, with groups kept whole and classes spread evenly. "
        "More cannot be made: “class 0” has 3 groups.",
    )


def test_folds_that_cannot_be_made() -> None:
    with pytest.raises(UserError, match="10 folds of X need at least 10 groups of clips; there are 9"):
        refolded(people(9), 10)
    with pytest.raises(UserError, match=r"X has 201 groups: .* at most 200"):
        refolded(people(201), 0)
    with pytest.raises(UserError, match="One fold of X would leave nothing"):
        refolded(people(9), 1)
    for folds in (0, 3):
        with pytest.raises(UserError, match="No class has two clips of different groups"):
            refolded(dataset(("a", 0, 1, "a"), ("b", 1, 2, "b")), folds)


def test_folds_that_come_with_a_dataset_stay() -> None:
    for given in (replace(people(9), official_folds=(1, 2)), replace(people(9), synthetic=True)):
        assert refolded(given, 3) is given


# --- splits ----------------------------------------------------------------------------------------------------------


def test_without_validation_the_rest_is_trained_on() -> None:
    data = grid()
    made = split(data, 2)
    assert made.validation == ()
    assert {data.clips[i].fold for i in made.test} == {2} and {data.clips[i].fold for i in made.train} == {1, 3, 4, 5}
    assert sorted(made.train + made.test) == list(range(len(data.clips)))


@pytest.mark.parametrize("share", [0.05, 0.1, 0.2, 0.25, 0.3, 0.5])
def test_validation_is_taken_from_training_by_group_and_class(share: float) -> None:
    data = grid(per_class=10)
    made = split(data, 1, share, seed=7)
    assert sorted(made.train + made.validation + made.test) == list(range(len(data.clips)))
    train, validation = ({data.clips[i].group for i in side} for side in (made.train, made.validation))
    assert not train & validation
    assert {data.clips[i].fold for i in made.test} == {1}
    got = len(made.validation) / (len(made.train) + len(made.validation))
    assert got == pytest.approx(share, abs=0.03)
    per_class = Counter(data.clips[i].label for i in made.validation)
    assert len(per_class) == 3 and max(per_class.values()) - min(per_class.values()) <= 4
    assert made == split(data, 1, share, seed=7) != split(data, 1, share, seed=8)


def test_what_is_the_same_is_set_aside_together() -> None:
    """Whatever its group, also by way of a third clip; a content says nothing, as not every study knows it."""
    data = dataset(*((f"c{i:02}", i % 2, 1 + i // 20, f"g{22 if i == 23 else i:02}") for i in range(40)))
    same = {"c20": "f", "c22": "f", "c23": "h", "c24": "h"}  # 22 and 23 are of one group
    digests = {clip.id: (same.get(clip.id, clip.id), "content") for clip in data.clips}
    torn = 0
    for seed in range(20):
        made, apart = split(data, 1, 0.3, seed, digests), split(data, 1, 0.3, seed)
        sides = [{data.clips[i].id for i in part.validation} & set(same) for part in (made, apart)]
        assert len(sides[0]) in (0, 4)
        torn += len(sides[1]) in (1, 2, 3)
        assert made.validation and sorted(made.train + made.validation + made.test) == list(range(40))
        assert split(data, 1, 0.3, seed, {clip.id: (clip.id, "") for clip in data.clips}) == apart
    assert torn, "without their digests they are torn apart"


def test_a_class_with_one_group_is_not_taken_out_of_training() -> None:
    many = [(f"m{i}", 0, 1 + i % 2, f"m{i}") for i in range(40)]
    rare = [("r1", 1, 1, "r1"), ("r2", 1, 2, "r2")]
    data = dataset(*many, *rare)
    for seed in range(10):
        made = split(data, 1, 0.5, seed)
        assert "r2" in {data.clips[i].id for i in made.train} and made.validation


def test_clips_without_a_fold_are_in_no_part() -> None:
    data = dataset(("a", 0, 1, "a"), ("b", 0, 2, "b"), ("c", 0, None, "c"))
    assert split(data, 1) == splits.Split((1,), (), (0,))


def test_clips_that_are_always_trained_on() -> None:
    data = dataset(("a", 0, 1, "a"), ("b", 0, 2, "b"), ("t", 0, ALWAYS_TRAINING, "t"), ("c", 0, None, "c"))
    assert data.folds == (1, 2)
    assert split(data, 1) == splits.Split((1, 2), (), (0,)) and split(data, 2) == splits.Split((0, 2), (), (1,))
    with pytest.raises(UserError, match="Fold 0 of X has no clips"):
        split(data, ALWAYS_TRAINING)
    (leak,) = find_leaks(dataset(("a", 0, 1, "g"), ("t", 0, ALWAYS_TRAINING, "g"), ("u", 0, ALWAYS_TRAINING, "g")))
    assert str(leak) == "t (the part always trained on) and a (fold 1) are of the same group"


def test_splits_that_cannot_be() -> None:
    with pytest.raises(UserError, match=r"Fold 9 of X has no clips\. Folds with clips: 1, 2"):
        split(grid(2), 9)
    with pytest.raises(UserError, match="nothing is left to train on"):
        split(grid(1), 1)
    with pytest.raises(UserError, match="too few, or of too few groups, to set 20% aside"):
        split(grid(2, per_class=2), 1, 0.2)


# --- leaks -----------------------------------------------------------------------------------------------------------


def test_a_clean_dataset_has_no_leak() -> None:
    data = grid()
    digests = {clip.id: (f"f{clip.id}", f"s{clip.id}") for clip in data.clips}
    assert find_leaks(data, digests) == () == find_leaks(data)
    refuse_leaks(data, digests)


def test_a_group_in_two_folds() -> None:
    data = dataset(("a1", 0, 1, "a"), ("a2", 0, 2, "a"), ("a3", 0, 2, "a"), ("b", 0, 1, "b"))
    (leak,) = find_leaks(data)
    assert (leak.kind, leak.first, leak.first_fold, leak.second, leak.second_fold) == ("group", "a2", 2, "a1", 1)


def test_equal_files_and_equal_sounds() -> None:
    data = dataset(*((name, 0, fold, name) for name, fold in (("a", 1), ("b", 2), ("c", 3), ("d", 3), ("e", 3))))
    digests = {"a": ("f1", "s1"), "b": ("f1", "s1"), "c": ("f2", "s1"), "d": ("f3", "s2"), "e": ("f3", "s2")}
    leaks = find_leaks(data, digests)
    assert [(leak.kind, leak.first, leak.second) for leak in leaks] == [
        ("same file", "a", "b"),
        ("same content", "a", "c"),  # d and e are the same, but in one fold
    ]
    assert str(leaks[0]) == "a (fold 1) and b (fold 2) are the same file"


def test_equal_sounds_under_other_pictures_and_silence() -> None:
    data = dataset(*((name, 0, fold, name) for name, fold in (("a", 1), ("b", 2), ("c", 3), ("d", 1))))
    digests = {"a": ("f1", "p1", "s1"), "b": ("f2", "p2", "s1"), "c": ("f3", "p3", ""), "d": ("f4", "p4", "")}
    assert [(leak.kind, leak.first, leak.second) for leak in find_leaks(data, digests)] == [("same content", "a", "b")]


def test_refusal_lists_the_first_pairs_and_the_remedy() -> None:
    data = dataset(*((f"{g}-{fold}", 0, fold, g) for g in "abcde" for fold in (1, 2)))
    with pytest.raises(LeakError) as caught:
        refuse_leaks(data)
    text = str(caught.value)
    assert len(caught.value.leaks) == 5 and isinstance(caught.value, UserError)
    assert "a-1 (fold 1) and a-2 (fold 2) are of the same group" in text
    assert "c-1" in text and "d-1" not in text and "and 2 more" in text and "5 clips" in text and "Data panel" in text


def test_leaving_the_duplicates_out_mends_it_with_the_fewest_clips() -> None:
    random = np.random.default_rng(0)
    for _ in range(30):
        clips = [(f"c{i}", 0, int(random.integers(1, 5)), f"g{random.integers(0, 25)}") for i in range(60)]
        digests = {name: (f"f{random.integers(0, 50)}", f"s{random.integers(0, 50)}") for name, *_ in clips}
        data = dataset(*clips)
        out = duplicates_to_exclude(find_leaks(data, digests))
        assert len({item.clip_id for item in out}) == len(out)
        assert find_leaks(data.without(out), digests) == ()
        only_groups = duplicates_to_exclude(find_leaks(data))
        needed = 0
        for group in {clip.group for clip in data.clips}:
            counts = Counter(clip.fold for clip in data.clips if clip.group == group)
            needed += counts.total() - max(counts.values())
        assert len(only_groups) == needed


def test_reasons_name_the_clip_that_stays() -> None:
    data = dataset(("a", 0, 1, "g"), ("b", 0, 2, "g"), ("c", 0, 1, "c"), ("d", 0, 2, "d"))
    out = duplicates_to_exclude(find_leaks(data, {"c": ("f", "s"), "d": ("f", "s")}))
    assert [(item.clip_id, item.reason) for item in out] == [
        ("b", "Its group is in fold 1 too, with a."),
        ("d", "Same file as c, which is in fold 1."),
    ]


def test_a_hundred_thousand_clips_are_fast() -> None:
    data = dataset(*((f"c{i}", i % 50, i % 5 + 1, f"g{i % 7}") for i in range(100_000)))
    start = time.perf_counter()
    leaks = find_leaks(data, {clip.id: ("same", "same") for clip in data.clips})
    assert time.perf_counter() - start < 5  # 0.3 s on an idle machine
    assert 75_000 < len(leaks) < 100_000


# --- few clips of each class -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("per_class", [1, 2, 3, 5])
def test_few_are_of_different_groups_as_far_as_there_are(per_class: int) -> None:
    clips = [(label, f"{label}-{group}") for label in range(3) for group in range(3) for _ in range(4)]
    labels, groups = [label for label, _ in clips], [group for _, group in clips]
    taken = few(labels, groups, per_class, seed=1)
    assert taken == sorted(taken)
    for label in range(3):
        mine = [groups[place] for place in taken if labels[place] == label]
        assert len(mine) == per_class and len(set(mine)) == min(per_class, 3)


def test_more_of_the_few_hold_the_fewer_and_seeds_differ() -> None:
    labels, groups = [i % 4 for i in range(80)], [str(i // 8) for i in range(80)]
    drawn = [set(few(labels, groups, count, seed=5)) for count in (1, 2, 4, 8, 99)]
    assert all(fewer < more for fewer, more in pairwise(drawn))
    assert drawn[-1] == set(range(80))  # of a class that has fewer, all
    assert few(labels, groups, 2, seed=6) != few(labels, groups, 2, seed=5)


@pytest.mark.parametrize("share", [0.0, 0.25])
def test_a_split_of_few_spares_the_rest_and_touches_neither_validation_nor_test(share: float) -> None:
    whole = split(grid(), 2, share, seed=3)
    parts = split(grid(), 2, share, seed=3, per_class=2)
    assert (parts.validation, parts.test) == (whole.validation, whole.test)
    assert Counter(grid().clips[i].label for i in parts.train) == {0: 2, 1: 2, 2: 2}
    assert sorted(parts.train + parts.spare) == sorted(whole.train) and not whole.spare
