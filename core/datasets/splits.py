"""Folds, splits and the leakage guard: what must not stand on both sides never does.

A *group* is what clips share besides their class (a source recording, a person). Clips of one group, and clips that
are byte for byte or sample for sample the same, must lie in one fold; copies of a file are trained on or set aside
together.
"""

from __future__ import annotations

import warnings
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from core.datasets.base import ALWAYS_TRAINING, Clip, Dataset, Excluded
from core.errors import UserError

# StratifiedGroupKFold keeps a dense table of groups × classes and goes through it for every group and fold.
DENSE_CELLS = 1_000_000
FOLDS = 5  # as many are made where nobody asks for another number
LEAVE_ONE_GROUP_OUT = 0  # a number of folds: each group is a fold of its own
MOST_GROUPS = 200  # that are left out one at a time: each is a training
MADE = "No folds are given:"  # how the note of folds that were made begins


@dataclass(frozen=True)
class Split:
    """Indices into `dataset.clips`, ascending."""

    train: tuple[int, ...]
    validation: tuple[int, ...]
    test: tuple[int, ...]
    spare: tuple[int, ...] = ()  # of the other folds, and in no part: fewer clips were asked for


@dataclass(frozen=True, slots=True)
class Leak:
    """Two clips of different folds that share what they must not. Leaving out `second` mends it."""

    kind: str  # "group" | "same file" | "same content"
    first: str  # clip id
    first_fold: int
    second: str
    second_fold: int

    def __str__(self) -> str:
        shared = "of the same group" if self.kind == "group" else f"the {self.kind}"
        return f"{self.first} ({_part(self.first_fold)}) and {self.second} ({_part(self.second_fold)}) are {shared}"


def _part(fold: int) -> str:
    return "the part always trained on" if fold == ALWAYS_TRAINING else f"fold {fold}"


class LeakError(UserError):
    """Training and test would share a group, a file or a sound."""

    def __init__(self, message: str, leaks: tuple[Leak, ...]) -> None:
        super().__init__(message)
        self.leaks = leaks


def possible_folds(labels: Sequence[int], groups: Sequence[str], wanted: int = 5) -> int:
    """As many folds as the rarest class has groups, at most `wanted`; classes with a single group do not count.

    Raises:
        UserError: every class has a single group, so that none can be both trained and tested.
    """
    per_class = Counter(label for label, _ in set(zip(labels, groups, strict=True)))
    several = [count for count in per_class.values() if count > 1]
    if not several:
        raise UserError(
            "No class has two clips of different groups: what is tested could not be trained. Add clips to the classes."
        )
    return min(wanted, *several)


def make_folds(labels: Sequence[int], groups: Sequence[str], folds: int = 5, seed: int = 0) -> list[int]:
    """The fold of each clip, counted from 1; groups stay whole and classes are spread evenly.

    scikit-learn's StratifiedGroupKFold, shuffled. Where every clip is its own group, or groups × classes is too large
    for its dense table, StratifiedKFold over the groups (each with its commonest label) serves instead.

    Raises:
        UserError: there are fewer groups than folds, or no class has as many clips as there are folds.
    """
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

    names, group = np.unique(np.asarray(groups, dtype=np.str_), return_inverse=True)
    if len(names) < folds:
        raise UserError(
            f"{folds} folds need at least {folds} groups of clips; there are {len(names)}. Use fewer folds."
        )
    label, of_unit = np.asarray(labels), group
    splitter: Any = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    if len(names) == len(label) or len(names) * len(np.unique(label)) > DENSE_CELLS:
        splitter = StratifiedKFold(folds, shuffle=True, random_state=seed)
        pairs = Counter(zip(group.tolist(), label.tolist(), strict=True))
        commonest = {g: name for (g, name), _ in reversed(pairs.most_common())}
        of_unit = np.arange(len(names))  # a unit is a group here, a clip above
        label = np.array([commonest[g] for g in of_unit])
    of_group = np.zeros(len(names), dtype=np.int64)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # about rare classes: the callers have their own words
            for number, (_, inside) in enumerate(splitter.split(label, label, of_unit), 1):
                of_group[of_unit[inside]] = number
    except ValueError:
        raise UserError(f"No class has {folds} clips of different groups. Use fewer folds.") from None
    without_gaps = np.unique(of_group, return_inverse=True)[1] + 1
    return [int(number) for number in without_gaps[group]]


def refolded(dataset: Dataset, folds: int) -> Dataset:
    """The dataset with folds made anew and said in its notes; always the same for the same clips.

    Folds that come with a dataset stay: official ones, and those that synthetic clips were designed with.

    Args:
        folds: how many, with groups kept whole and classes spread evenly; at most as many as the rarest class has
            groups. LEAVE_ONE_GROUP_OUT = one for each group, numbered in the order of their names.

    Raises:
        UserError: one fold, more folds than groups, no class with two groups, or too many groups to leave out each.
    """
    if dataset.official_folds or dataset.synthetic:
        return dataset
    labels, groups = [clip.label for clip in dataset.clips], [clip.group for clip in dataset.clips]
    names = sorted(set(groups))
    if folds == 1:
        raise UserError(f"One fold of {dataset.title} would leave nothing to train on. Ask for at least two.")
    possible = possible_folds(labels, groups, max(folds, FOLDS))  # refuses where nothing can be both trained and tested
    if folds == LEAVE_ONE_GROUP_OUT:
        if len(names) > MOST_GROUPS:
            raise UserError(
                f"{dataset.title} has {len(names)} groups: leaving out one at a time would be as many trainings, and "
                f"at most {MOST_GROUPS} are allowed. Ask for a number of folds instead."
            )
        place = {name: number for number, name in enumerate(names, 1)}
        made, sentence = [place[group] for group in groups], f"each of the {len(names)} groups is a fold of its own."
    else:
        if folds > max(len(names), FOLDS):
            raise UserError(
                f"{folds} folds of {dataset.title} need at least {folds} groups of clips; there are {len(names)}. "
                "Ask for fewer folds, or for each group to be a fold of its own."
            )
        made = make_folds(labels, groups, min(folds, possible), seed=0)
        sentence = f"{max(made)} were made, with groups kept whole and classes spread evenly."
    note = " ".join([MADE, sentence, *_hindrances(dataset, max(made), folds)])
    return replace(
        dataset,
        clips=tuple(replace(clip, fold=fold) for clip, fold in zip(dataset.clips, made, strict=True)),
        notes=(*(old for old in dataset.notes if not old.startswith(MADE)), note),
    )


def _hindrances(dataset: Dataset, made: int, wanted: int) -> list[str]:
    """Sentences: why there are fewer folds than were wanted, and which classes are never both trained and tested."""
    per_class = Counter(label for label, _ in {(clip.label, clip.group) for clip in dataset.clips})
    what = "clips" if len({clip.group for clip in dataset.clips}) == len(dataset.clips) else "groups"
    sentences = []
    if made < wanted:
        rarest = min(
            (label for label in per_class if per_class[label] > 1), key=lambda label: (per_class[label], label)
        )
        sentences.append(f"More cannot be made: “{dataset.classes[rarest]}” has {per_class[rarest]} {what}.")
    single = [dataset.classes[label] for label in sorted(per_class) if per_class[label] == 1]
    if single:
        shown = ", ".join(f"“{name}”" for name in single[:3]) + (f" and {len(single) - 3} more" if single[3:] else "")
        sentences.append(
            f"{shown} {'have' if len(single) > 1 else 'has'} one {what[:-1]} only: "
            "it is trained on or tested, never both. Add clips."
        )
    return sentences


def split(
    dataset: Dataset,
    fold: int,
    validation_share: float = 0.0,
    seed: int = 0,
    digests: Mapping[str, Sequence[str]] | None = None,
    per_class: int = 0,
) -> Split:
    """Test on one fold, train on the others; a share of the training clips, by group and class, may be set aside.

    With `per_class` above 0 so many clips of each class are trained on, chosen as `few` says; the others are spare.
    Clips whose fold is ALWAYS_TRAINING are trained on whichever fold is tested; clips without a fold are in no part.
    Groups that share a file, as `digests` (see `find_leaks`) say, are set aside together. Contents do not count: which
    of them are known depends on what else a study looks at, and a run must be split the same without it. A class
    whose every training clip would be set aside keeps its groups in training.

    Raises:
        UserError: the fold has no clips, nothing is left to train on, or no validation part can be made.
    """
    test = tuple(i for i, clip in enumerate(dataset.clips) if clip.fold == fold != ALWAYS_TRAINING)
    train = tuple(i for i, clip in enumerate(dataset.clips) if clip.fold not in (fold, None))
    here = ", ".join(map(str, dataset.folds)) or "none"
    if not test:
        raise UserError(f"Fold {fold} of {dataset.title} has no clips. Folds with clips: {here}.")
    if not train:
        raise UserError(f"{dataset.title} has clips in fold {fold} only: nothing is left to train on.")
    if validation_share <= 0:
        return _with_few(dataset, Split(train, (), test), per_class, seed)
    clips = [dataset.clips[i] for i in train]
    groups = _united(clips, digests or {})
    aside = _set_aside([clip.label for clip in clips], groups, validation_share, seed)
    if not aside:
        raise UserError(
            f"The training clips of fold {fold} of {dataset.title} are too few, or of too few groups, to set "
            f"{validation_share:.0%} aside for validation. Set the validation share to 0, or add clips."
        )
    validation = tuple(i for i, group in zip(train, groups, strict=True) if group in aside)
    trained = tuple(i for i, group in zip(train, groups, strict=True) if group not in aside)
    return _with_few(dataset, Split(trained, validation, test), per_class, seed)


def few(labels: Sequence[int], groups: Sequence[str], per_class: int, seed: int) -> list[int]:
    """Places of so many clips of each class, ascending; of a class that has fewer, all.

    Clips of different groups come first: four clips of one recording are hardly more than one. What is drawn for a
    number is part of what is drawn for a larger one, so that the steps of a learning curve differ in what is added.
    """
    drawn = np.random.default_rng(seed)
    turn: Counter[tuple[int, str]] = Counter()  # clips of the same class and group met so far
    order: list[tuple[int, int, int]] = []  # turn, label, place
    for place in drawn.permutation(len(labels)).tolist():
        of = labels[place], groups[place]
        order.append((turn[of], labels[place], place))
        turn[of] += 1
    order.sort(key=lambda drawn_clip: drawn_clip[0])  # stable: within a turn as they were drawn
    left = dict.fromkeys(labels, per_class)
    taken = []
    for _, label, place in order:
        if left[label]:
            left[label] -= 1
            taken.append(place)
    return sorted(taken)


def _with_few(dataset: Dataset, parts: Split, per_class: int, seed: int) -> Split:
    if not per_class:
        return parts
    clips = [dataset.clips[i] for i in parts.train]
    taken = set(few([clip.label for clip in clips], [clip.group for clip in clips], per_class, seed))
    train = tuple(i for place, i in enumerate(parts.train) if place in taken)
    return replace(parts, train=train, spare=tuple(i for i in parts.train if i not in set(train)))


def _united(clips: Sequence[Clip], digests: Mapping[str, Sequence[str]]) -> list[str]:
    """The group of each clip, where groups that share a file are one, of the first of their names."""
    above = {clip.group: clip.group for clip in clips}

    def first(group: str) -> str:
        while above[group] != group:
            group = above[group]
        return group

    met: dict[str, str] = {}  # digest of a file → group
    for clip in clips:
        for file in digests.get(clip.id, ())[:1]:
            low, high = sorted((first(clip.group), first(met.setdefault(file, clip.group))))
            above[high] = low
    return [first(clip.group) for clip in clips]


def _set_aside(labels: Sequence[int], groups: Sequence[str], share: float, seed: int) -> set[str]:
    """Groups for validation: a few of many small folds. Empty where it cannot be done."""
    per_class = Counter(label for label, _ in set(zip(labels, groups, strict=True)))
    pieces = min(Fraction(max(share, 0.05)).limit_denominator(20).denominator, max(per_class.values()))
    if pieces < 2:
        return set()
    part = make_folds(labels, groups, pieces, seed)
    taken = max(1, round(share * pieces))
    aside = {group for group, piece in zip(groups, part, strict=True) if piece <= taken}
    trained = {label for label, group in zip(labels, groups, strict=True) if group not in aside}
    return aside - {group for label, group in zip(labels, groups, strict=True) if label not in trained}


def find_leaks(dataset: Dataset, digests: Mapping[str, Sequence[str]] | None = None) -> tuple[Leak, ...]:
    """What the folds share. `digests`: clip id → sha256 of the file, then of what was decoded of it: pictures and
    sound; empty where there is nothing to compare.

    Each clip that has to go is the `second` of exactly one leak: of what is shared, the clips in the fold that has
    most of it stay (the lowest of equal folds). Linear in the number of clips.
    """
    known = digests or {}
    contents = max((len(of) for of in known.values()), default=1)
    kinds = ["group", "same file", *["same content"] * (contents - 1)]

    def shared(clip: Clip) -> tuple[str, ...]:
        """What is compared, in the order of `kinds`."""
        return (clip.group, *known.get(clip.id, [""] * contents))

    leaks: list[Leak] = []
    gone: set[str] = set()
    for part, kind in enumerate(kinds):
        sharing: defaultdict[str, list[tuple[int, str]]] = defaultdict(list)
        for clip in dataset.clips:
            if clip.fold is not None and clip.id not in gone and (value := shared(clip)[part]):
                sharing[value].append((clip.fold, clip.id))
        for members in sharing.values():
            per_fold = Counter(fold for fold, _ in members)
            if len(per_fold) == 1:
                continue
            keep = min(per_fold, key=lambda fold: (-per_fold[fold], fold))
            first = next(id for fold, id in members if fold == keep)
            leaks += [Leak(kind, first, keep, id, fold) for fold, id in members if fold != keep]
            gone.update(id for fold, id in members if fold != keep)
    return tuple(leaks)


def refuse_leaks(dataset: Dataset, digests: Mapping[str, Sequence[str]] | None = None) -> None:
    """Raises LeakError, with the pairs, where the folds share a group, a file or a sound."""
    leaks = find_leaks(dataset, digests)
    if leaks:
        shown = "; ".join(map(str, leaks[:3])) + (f"; and {len(leaks) - 3} more" if len(leaks) > 3 else "")
        raise LeakError(
            f"{dataset.title} would be tested on what it was trained on: {shown}. "
            f"Leave these out in the Data panel ({len(leaks)} clip{'s' if len(leaks) > 1 else ''}), "
            "or mend the folds and groups.",
            leaks,
        )


def duplicates_to_exclude(leaks: Sequence[Leak]) -> tuple[Excluded, ...]:
    """The fewest clips to leave out so that what is shared lies in one fold."""
    return tuple(
        Excluded(
            leak.second,
            f"{leak.kind[0].upper()}{leak.kind[1:]} as {leak.first}, which is in {_part(leak.first_fold)}."
            if leak.kind != "group"
            else f"Its group is in {_part(leak.first_fold)} too, with {leak.first}.",
        )
        for leak in leaks
    )
